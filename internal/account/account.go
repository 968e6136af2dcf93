package account

import (
	"context"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/alexedwards/argon2id"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Account is a tenant.
type Account struct {
	ID        int64     `json:"id"`
	Key       string    `json:"key"`
	Name      string    `json:"name"`
	Suspended bool      `json:"suspended"`
	CreatedAt time.Time `json:"created_at"`
	// Terms are what it asks of its credentials.
	Terms bearer.Terms `json:"-"`
}

// Service makes and changes accounts and users. Its methods may be called from many goroutines.
type Service struct {
	db    *store.DB
	log   *audit.Log
	users *store.Cache[int64, *bearer.User]

	baseURL string
}

// cachedUsers bounds the directory. A user takes about half a kilobyte.
const cachedUsers = 20_000

// New makes the service and subscribes it to changes. baseURL begins the links of its lists.
func New(db *store.DB, log *audit.Log, baseURL string) *Service {
	s := &Service{db: db, log: log, baseURL: baseURL}
	s.users = store.NewCache(cachedUsers, s.loadUser)
	db.Subscribe("user", store.Subscriber{Reset: s.users.Reset, Changed: func(subject string) {
		if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
			s.users.Drop(id)
		}
	}})
	// Who is in the account isn't known here without asking the database; accounts change seldom.
	db.Subscribe("account", store.Subscriber{Reset: s.users.Reset, Changed: func(string) { s.users.Reset() }})
	return s
}

var keyShape = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$`)

// reservedKeys are the first path segments in use, here or in the documented service (contract §1): an account key
// stands first in the dashboard's paths.
var reservedKeys = []string{"api", "app", "apps", "assets", "broadcasting", "docs", "health", "healthz", "livez", "login", "logout",
	"metrics", "oauth", "openapi", "password", "public", "readyz", "reset", "invite", "static", "user", "v1", "v2", "well-known"}

// CheckKey refuses what can't be an account key.
func CheckKey(key string) error {
	switch {
	case !keyShape.MatchString(key):
		return fault.InvalidField("key", "The account key must be 3 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit.")
	case slices.Contains(reservedKeys, key):
		return fault.InvalidField("key", "The account key "+key+" is reserved.")
	}
	return nil
}

// CheckName returns a name as it is stored, or an Invalid fault.
func CheckName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", fault.InvalidField("name", "The name field is required.")
	case len([]rune(name)) > 200:
		return "", fault.InvalidField("name", "The name must not be longer than 200 characters.")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", fault.InvalidField("name", "The name must not have control characters.")
	}
	return name, nil
}

// hostName is a domain of RFC 1123 in small letters.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckEmail returns an e-mail address as it is stored, or an Invalid fault. It is one of RFC 5321 §4.1.2, without quotes and without an
// address in place of the domain: not every mail server takes others (RFC 6531), and an international domain has a form with xn--.
func CheckEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if strings.ContainsFunc(email, func(c rune) bool { return c > unicode.MaxASCII }) {
		return "", fault.InvalidField("email", "The email must be in ASCII: write an international domain with xn--.")
	}
	parsed, err := mail.ParseAddress(email)
	local, domain, _ := strings.Cut(email, "@")
	if err != nil || parsed.Address != email || len(email) > 254 || len(local) > 64 || !hostName.MatchString(domain) {
		return "", fault.InvalidField("email", "The email must be a valid e-mail address.")
	}
	return email, nil
}

// passwordParams are argon2id's costs: RFC 9106 §4's second choice, 64 MiB and three passes.
var passwordParams = argon2id.Params{Memory: 64 * 1024, Iterations: 3, Parallelism: 2, SaltLength: 16, KeyLength: 32}

// NewAccount is what Create needs: an account and its first admin.
type NewAccount struct {
	Key   string
	Name  string
	Email string // the admin's; a user with this address who exists becomes admin here
	// AdminName is the admin's name; "" stands for the part of Email before the @.
	AdminName string
	Password  string // the admin's, of a new user; "" for one who can't sign in yet
}

// Create makes an account and its admin. It returns the account and the admin's user id. A taken key is a Conflict.
func (s *Service) Create(ctx context.Context, in NewAccount) (Account, int64, error) {
	if err := CheckKey(in.Key); err != nil {
		return Account{}, 0, err
	}
	name, err := CheckName(in.Name)
	if err != nil {
		return Account{}, 0, err
	}
	user, err := newUser(in.AdminName, in.Email, in.Password)
	if err != nil {
		return Account{}, 0, err
	}
	a := Account{Key: in.Key, Name: name, CreatedAt: time.UnixMilli(s.db.Now()).UTC()}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if a.ID, err = insertAccount(ctx, tx, a); err != nil {
			if store.IsDuplicate(err) {
				return fault.Newf(fault.Conflict, "The account key %s is taken.", in.Key)
			}
			return err
		}
		if user.id, err = upsertUser(ctx, tx, user, s.db.Now()); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, audit.Event{AccountID: a.ID, Action: "account.created", Subject: "account:" + a.Key, SubjectName: a.Name}); err != nil {
			return err
		}
		return s.setRole(ctx, tx, a.ID, user.id, bearer.Admin, nil)
	})
	return a, user.id, err
}

type user struct {
	id                        int64
	name, email, passwordHash string
}

func newUser(name, email, password string) (user, error) {
	email, err := CheckEmail(email)
	if err != nil {
		return user{}, err
	}
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	if name, err = CheckName(name); err != nil {
		return user{}, err
	}
	u := user{name: name, email: email}
	if password != "" {
		u.passwordHash, err = argon2id.CreateHash(password, &passwordParams)
	}
	return u, err
}

// SuspendAccount takes the account out of every credential's reach, or gives it back.
func (s *Service) SuspendAccount(ctx context.Context, accountID int64, suspended bool) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := updateSuspended(ctx, tx, "accounts", "Account", accountID, suspended); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, audit.Event{AccountID: accountID, Action: "account." + suspension(suspended), Subject: "account:" + strconv.FormatInt(accountID, 10)}); err != nil {
			return err
		}
		return tx.Announce(ctx, "account", strconv.FormatInt(accountID, 10))
	})
}

func suspension(suspended bool) string {
	if suspended {
		return "suspended"
	}
	return "resumed"
}

// SuspendUser makes all of the user's credentials dead, or lets them live again. Every account that they are in is told.
func (s *Service) SuspendUser(ctx context.Context, userID int64, suspended bool) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := updateSuspended(ctx, tx, "users", "User", userID, suspended); err != nil {
			return err
		}
		accounts, err := accountsOf(ctx, tx, userID)
		if err != nil {
			return err
		}
		for _, accountID := range append([]int64{audit.Installation}, accounts...) {
			if err := s.log.Record(ctx, tx, audit.Event{AccountID: accountID, Action: "user." + suspension(suspended), Subject: bearer.UserSubject(userID)}); err != nil {
				return err
			}
		}
		return announceUser(ctx, tx, userID)
	})
}

func announceUser(ctx context.Context, tx *store.Tx, userID int64) error {
	return tx.Announce(ctx, "user", strconv.FormatInt(userID, 10))
}

// User returns who the user is now, with the memberships of accounts that aren't suspended; nil for one that doesn't
// exist. It makes the service a bearer.Directory.
func (s *Service) User(ctx context.Context, id int64) (*bearer.User, error) {
	return s.users.Get(ctx, id)
}
