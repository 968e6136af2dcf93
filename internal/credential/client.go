package credential

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
)

// ClientCredentials is the one grant that clients may have (RFC 6749 §4.4).
const ClientCredentials = "client_credentials"

// MaxSecrets is how many live secrets a client may have: the old and the new while it is rotated.
const MaxSecrets = 2

// MaxLifetime bounds the lifetime of a client's tokens: ten years.
const MaxLifetime = 10 * 365 * 24 * time.Hour

// Client is an OAuth client (RFC 6749 §2). It holds no secret that could be read.
type Client struct {
	ID            string // the client_id, a UUID
	AccountID     int64  // where it was made
	OwnerID       int64  // the user in whose name it acts
	Name          string
	Scopes        bearer.Scopes
	GrantTypes    []string      // empty: it may introspect and revoke, but get no token
	TokenLifetime time.Duration // 0: the server's
	Disabled      bool
	ExpiresAt     time.Time // zero: never
	CreatedAt     time.Time
	Networks      bearer.Networks // that it may be used from
	MadeBy        string          // the credential that it was made with; "" for the operator's command
	Reach         []int64         // ids of further accounts of its owner
	Secrets       []Secret
}

// Secret is what is known of a client's secret.
type Secret struct {
	ID        int64
	CreatedAt time.Time
	hash      [32]byte
}

// Credential names the secret as a credential: "secret:12".
func (s *Secret) Credential() string { return bearer.SecretName(s.ID) }

// credentials are the names of the client and its secrets, as credentials.
func (c *Client) credentials() []string {
	names := []string{c.ID}
	for i := range c.Secrets {
		names = append(names, c.Secrets[i].Credential())
	}
	return names
}

// Live reports whether the client may be used at t.
func (c *Client) Live(t time.Time) bool {
	return !c.Disabled && (c.ExpiresAt.IsZero() || t.Before(c.ExpiresAt))
}

// MayUse reports whether the client may use the grant.
func (c *Client) MayUse(grant string) bool { return slices.Contains(c.GrantTypes, grant) }

// Service makes, finds and authenticates credentials. Its methods may be called from many goroutines.
type Service struct {
	db       *store.DB
	hasher   hasher
	accounts *account.Service
	log      *audit.Log
	baseURL  string
	clients  *store.Cache[string, *Client] // nil: there is no such client
	keys     *store.Cache[[32]byte, *Key]  // by hash; nil: there is no such key
	now      func() time.Time

	// LastUsed tells when credentials of an account were used last, by their names. Set it before serving; nil tells of none.
	LastUsed func(ctx context.Context, accountID int64, credentials []string) (map[string]time.Time, error)
}

func (s *Service) lastUsed(ctx context.Context, accountID int64, credentials []string) (map[string]time.Time, error) {
	if s.LastUsed == nil || len(credentials) == 0 {
		return nil, nil
	}
	return s.LastUsed(ctx, accountID, credentials)
}

// cached bounds the clients and the keys held in memory; one takes about half a kilobyte.
const cached = 20_000

// New makes the service and subscribes it to changes. baseURL begins the links of its lists.
func New(db *store.DB, server secret.Server, accounts *account.Service, log *audit.Log, baseURL string, now func() time.Time) *Service {
	s := &Service{db: db, hasher: newHasher(server), accounts: accounts, log: log, baseURL: baseURL, now: now}
	s.clients = store.NewCache(cached, s.loadClient)
	s.keys = store.NewCache(cached, s.loadKey)
	db.Subscribe("client", store.Subscriber{Reset: s.clients.Reset, Changed: s.clients.Drop})
	db.Subscribe("api_key", store.Subscriber{Reset: s.keys.Reset, Changed: func(string) { s.keys.Reset() }})
	return s
}

// NewClient is what Create needs.
type NewClient struct {
	AccountID     int64
	OwnerID       int64
	Name          string
	Scopes        bearer.Scopes
	GrantTypes    []string
	TokenLifetime time.Duration // 0: the server's
	ExpiresAt     time.Time     // zero: never
	Networks      bearer.Networks
	Reach         []int64
}

// badName says what goodName asks of the trimmed name of a client or a key.
const badName = "The name must be 1 to 200 characters, none of them a control character."

const badLifetime = "The token lifetime must be whole seconds, from 1 second to 10 years."

func goodName(name string) bool {
	return name != "" && len([]rune(name)) <= 200 && !strings.ContainsFunc(name, unicode.IsControl)
}

// checkClient refuses what no client can have.
func (s *Service) checkClient(c *Client) error {
	var wrong []fault.Field
	if !goodName(c.Name) {
		wrong = append(wrong, fault.Field{Name: "name", Message: badName})
	}
	if c.TokenLifetime < 0 || c.TokenLifetime > MaxLifetime || c.TokenLifetime%time.Second != 0 {
		wrong = append(wrong, fault.Field{Name: "token_lifetime", Message: badLifetime})
	}
	for _, grant := range c.GrantTypes {
		if grant != ClientCredentials {
			wrong = append(wrong, fault.Field{Name: "grant_types", Message: "The only grant type is client_credentials."})
		}
	}
	return fault.InvalidFields(wrong)
}

// Create makes a client with its first secret, which is returned and never seen again.
func (s *Service) Create(ctx context.Context, in NewClient) (*Client, string, error) {
	now := time.UnixMilli(s.db.Now()).UTC()
	c := &Client{ID: uuid.NewString(), AccountID: in.AccountID, OwnerID: in.OwnerID, Name: strings.TrimSpace(in.Name), Scopes: in.Scopes,
		GrantTypes: in.GrantTypes, TokenLifetime: in.TokenLifetime, ExpiresAt: in.ExpiresAt, CreatedAt: now, Networks: in.Networks, Reach: in.Reach}
	if err := s.checkClient(c); err != nil {
		return nil, "", err
	}
	terms, err := s.terms(ctx, c.AccountID)
	if err != nil {
		return nil, "", err
	}
	made, err := s.bound(ctx, terms, strength{c.Scopes, c.Networks, c.ExpiresAt})
	if err != nil {
		return nil, "", err
	}
	c.Networks, c.ExpiresAt, c.MadeBy = made.networks, made.expires, maker(ctx)
	text := newSecret(SecretPrefix)
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := insertClient(ctx, tx, c); err != nil {
			return err
		}
		stored := Secret{CreatedAt: now, hash: s.hasher.hash(text)}
		var err error
		if stored.ID, err = insertSecret(ctx, tx, c.ID, stored); err != nil {
			return err
		}
		c.Secrets = []Secret{stored}
		if err := s.log.Record(ctx, tx, c.event("client.created", c.texts())); err != nil {
			return err
		}
		return tx.Announce(ctx, "client", c.ID)
	})
	if err != nil {
		return nil, "", err
	}
	return c, text, nil
}

// event is the log's line of something that happened to the client.
func (c *Client) event(action string, detail map[string]string) audit.Event {
	return audit.Event{AccountID: c.AccountID, Action: action, Subject: c.ID, SubjectName: c.Name, Detail: detail}
}

// texts are what can be changed of a client, as the log tells it.
func (c *Client) texts() map[string]string {
	lifetime := ""
	if c.TokenLifetime > 0 {
		lifetime = c.TokenLifetime.String()
	}
	return map[string]string{"name": c.Name, "scopes": c.Scopes.String(), "token_lifetime": lifetime, "expires_at": expiryText(c.ExpiresAt), "allowed_networks": c.Networks.String()}
}

func expiryText(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// Find returns an account's client.
func (s *Service) Find(ctx context.Context, accountID int64, clientID string) (*Client, error) {
	c, err := s.loadClient(ctx, clientID)
	if err != nil {
		return nil, err
	}
	if c == nil || c.AccountID != accountID {
		return nil, fault.Missing("Client")
	}
	return c, nil
}

// Client returns the client with this id from memory or the database, nil if there is none.
func (s *Service) Client(ctx context.Context, clientID string) (*Client, error) {
	return s.clients.Get(ctx, clientID)
}

// Authenticate returns the client whose id and secret these are, and the secret's id; nil if they aren't anybody's. The
// error is a database's that could not be asked.
//
// A right secret is recognised from memory. A wrong one costs a look into the database, whether or not the client
// exists: so a secret made a moment ago on another node works at once, and the two cases take the same time.
func (s *Service) Authenticate(ctx context.Context, clientID, text string) (*Client, int64, error) {
	if len(clientID) > 64 || !wellFormed(SecretPrefix, text) {
		return nil, 0, nil
	}
	given := s.hasher.hash(text)
	known, _ := s.clients.Peek(clientID)
	if i, ok := match(known, given); ok {
		return known.ifLive(s.now()), known.Secrets[i].ID, nil
	}
	fresh, err := s.clients.Fresh(ctx, clientID)
	if err != nil {
		return nil, 0, err
	}
	if i, ok := match(fresh, given); ok {
		return fresh.ifLive(s.now()), fresh.Secrets[i].ID, nil
	}
	return nil, 0, nil
}

// Known returns the client with this id if it is in memory, nil otherwise: for saying whose a refused request claimed to
// be, after it was refused.
func (s *Service) Known(clientID string) *Client {
	c, _ := s.clients.Peek(clientID)
	return c
}

func (c *Client) ifLive(t time.Time) *Client {
	if c.Live(t) {
		return c
	}
	return nil
}

// match compares in constant time with MaxSecrets hashes, whatever the client has, and with none if there is none. It
// says which of the client's secrets it is.
func match(c *Client, given [32]byte) (which int, ok bool) {
	var stored [MaxSecrets][32]byte
	live := 0
	if c != nil {
		live = min(len(c.Secrets), MaxSecrets)
		for i := range live {
			stored[i] = c.Secrets[i].hash
		}
	}
	equal := 0
	for i := range stored {
		same := subtle.ConstantTimeCompare(stored[i][:], given[:]) & subtle.ConstantTimeLessOrEq(i+1, live)
		which = subtle.ConstantTimeSelect(same, i, which)
		equal |= same
	}
	return which, equal == 1
}
