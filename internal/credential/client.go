package credential

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

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
	Reach         []int64 // ids of further accounts of its owner
	Secrets       []Secret
}

// Secret is what is known of a client's secret.
type Secret struct {
	ID        int64
	CreatedAt time.Time
	hash      [32]byte
}

// Live reports whether the client may be used at t.
func (c *Client) Live(t time.Time) bool {
	return !c.Disabled && (c.ExpiresAt.IsZero() || t.Before(c.ExpiresAt))
}

// MayUse reports whether the client may use the grant.
func (c *Client) MayUse(grant string) bool { return slices.Contains(c.GrantTypes, grant) }

// Service makes, finds and authenticates credentials. Its methods may be called from many goroutines.
type Service struct {
	db      *store.DB
	hasher  hasher
	clients *store.Cache[string, *Client] // nil: there is no such client
	keys    *store.Cache[[32]byte, *Key]  // by hash; nil: there is no such key
	now     func() time.Time
}

// cached bounds the clients and the keys held in memory; one takes about half a kilobyte.
const cached = 20_000

// New makes the service and subscribes it to changes.
func New(db *store.DB, server secret.Server, now func() time.Time) *Service {
	s := &Service{db: db, hasher: newHasher(server), now: now}
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
	Reach         []int64
}

// badName says what goodName asks of the trimmed name of a client or a key.
const badName = "The name must be 1 to 200 characters, none of them a control character."

func goodName(name string) bool {
	return name != "" && len([]rune(name)) <= 200 && !strings.ContainsFunc(name, unicode.IsControl)
}

func (in *NewClient) check() error {
	in.Name = strings.TrimSpace(in.Name)
	var wrong []fault.Field
	if !goodName(in.Name) {
		wrong = append(wrong, fault.Field{Name: "name", Message: badName})
	}
	if in.TokenLifetime < 0 || in.TokenLifetime > MaxLifetime || in.TokenLifetime%time.Second != 0 {
		wrong = append(wrong, fault.Field{Name: "token_lifetime", Message: "The token lifetime must be whole seconds, from 1 second to 10 years."})
	}
	for _, grant := range in.GrantTypes {
		if grant != ClientCredentials {
			wrong = append(wrong, fault.Field{Name: "grant_types", Message: "The only grant type is client_credentials."})
		}
	}
	return fault.InvalidFields(wrong)
}

// Create makes a client with its first secret, which is returned and never seen again.
func (s *Service) Create(ctx context.Context, in NewClient) (*Client, string, error) {
	if err := in.check(); err != nil {
		return nil, "", err
	}
	now := time.UnixMilli(s.db.Now()).UTC()
	c := &Client{ID: uuid.NewString(), AccountID: in.AccountID, OwnerID: in.OwnerID, Name: in.Name, Scopes: in.Scopes,
		GrantTypes: in.GrantTypes, TokenLifetime: in.TokenLifetime, ExpiresAt: in.ExpiresAt, CreatedAt: now, Reach: in.Reach}
	text := newSecret(SecretPrefix)
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := insertClient(ctx, tx, c); err != nil {
			return err
		}
		stored := Secret{CreatedAt: now, hash: s.hasher.hash(text)}
		var err error
		if stored.ID, err = insertSecret(ctx, tx, c.ID, stored); err != nil {
			return err
		}
		c.Secrets = []Secret{stored}
		return tx.Announce(ctx, "client", c.ID)
	})
	if err != nil {
		return nil, "", err
	}
	return c, text, nil
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

// AddSecret makes another secret of the client, beside the one it has, and returns it with its id.
func (s *Service) AddSecret(ctx context.Context, accountID int64, clientID string) (string, int64, error) {
	text := newSecret(SecretPrefix)
	var id int64
	err := s.change(ctx, accountID, clientID, func(tx *store.Tx) error {
		n, err := countSecrets(ctx, tx, clientID)
		if err != nil {
			return err
		}
		if n >= MaxSecrets {
			return fault.Newf(fault.Conflict, "The client has %d secrets already: delete one first.", n)
		}
		id, err = insertSecret(ctx, tx, clientID, Secret{CreatedAt: time.UnixMilli(s.db.Now()), hash: s.hasher.hash(text)})
		return err
	})
	if err != nil {
		return "", 0, err
	}
	return text, id, nil
}

// DeleteSecret makes one secret of the client worthless. Tokens that it got go on working.
func (s *Service) DeleteSecret(ctx context.Context, accountID int64, clientID string, id int64) error {
	return s.change(ctx, accountID, clientID, func(tx *store.Tx) error { return deleteSecret(ctx, tx, clientID, id) })
}

// Disable makes the client and all of its tokens dead, or lets them live again.
func (s *Service) Disable(ctx context.Context, accountID int64, clientID string, disabled bool) error {
	return s.change(ctx, accountID, clientID, func(tx *store.Tx) error {
		return updateDisabled(ctx, tx, clientID, disabled, s.db.Now())
	})
}

// Delete removes the client; its tokens die with it.
func (s *Service) Delete(ctx context.Context, accountID int64, clientID string) error {
	return s.change(ctx, accountID, clientID, func(tx *store.Tx) error { return deleteClient(ctx, tx, clientID) })
}

// change runs fn on an account's client, locked against other changes, and announces it.
func (s *Service) change(ctx context.Context, accountID int64, clientID string, fn func(*store.Tx) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockClient(ctx, tx, accountID, clientID, s.db.Now()); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Announce(ctx, "client", clientID)
	})
}

// Client returns the client with this id from memory or the database, nil if there is none.
func (s *Service) Client(ctx context.Context, clientID string) (*Client, error) {
	return s.clients.Get(ctx, clientID)
}

// Authenticate returns the client whose id and secret these are, nil if they aren't anybody's. The error is a
// database's that could not be asked.
//
// A right secret is recognised from memory. A wrong one costs a look into the database, whether or not the client
// exists: so a secret made a moment ago on another node works at once, and the two cases take the same time.
func (s *Service) Authenticate(ctx context.Context, clientID, text string) (*Client, error) {
	if len(clientID) > 64 || !wellFormed(SecretPrefix, text) {
		return nil, nil
	}
	given := s.hasher.hash(text)
	known, _ := s.clients.Peek(clientID)
	if match(known, given) {
		return known.ifLive(s.now()), nil
	}
	fresh, err := s.clients.Fresh(ctx, clientID)
	if err != nil {
		return nil, err
	}
	if match(fresh, given) {
		return fresh.ifLive(s.now()), nil
	}
	return nil, nil
}

func (c *Client) ifLive(t time.Time) *Client {
	if c.Live(t) {
		return c
	}
	return nil
}

// match compares in constant time with MaxSecrets hashes, whatever the client has, and with none if there is none.
func match(c *Client, given [32]byte) bool {
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
		same := subtle.ConstantTimeCompare(stored[i][:], given[:])
		equal |= same & subtle.ConstantTimeLessOrEq(i+1, live)
	}
	return equal == 1
}
