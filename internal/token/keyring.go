package token

import (
	"cmp"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
)

// Alg is a signature algorithm of access tokens (RFC 7518 §3.1, RFC 8037).
type Alg = jose.SignatureAlgorithm

// Algs are the algorithms that tokens may be signed with; the first is the default.
var Algs = []Alg{jose.ES256, jose.EdDSA, jose.RS256}

// SigningKey is one key of the ring. Its private part never leaves this package unsealed.
type SigningKey struct {
	KID           string
	Alg           Alg
	CreatedAt     time.Time
	SignsFrom     time.Time
	VerifiesUntil time.Time // zero: for as long as it is the newest
	private       crypto.Signer
}

// Keyring holds the signing keys. New tokens are signed with the newest key whose time has come; every key verifies
// until the last token that it can have signed has expired.
type Keyring struct {
	db     *store.DB
	sealer cipher.AEAD
	now    func() time.Time

	keys   atomic.Pointer[[]SigningKey] // newest first
	reload sync.Mutex
	looked time.Time // when an unknown kid last led to a look into the database
}

// NewKeyring makes a ring that Load fills, and subscribes it to changes.
func NewKeyring(db *store.DB, server secret.Server, now func() time.Time) *Keyring {
	key := server.Derive("signing keys")
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // a 32-byte key always fits
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	k := &Keyring{db: db, sealer: sealer, now: now}
	k.keys.Store(&[]SigningKey{})
	refresh := func() { _ = k.Load(context.Background()) } // an unknown kid leads to another look
	db.Subscribe("signing_key", store.Subscriber{Changed: func(string) { refresh() }, Reset: refresh})
	return k
}

// Load reads the ring from the database.
func (k *Keyring) Load(ctx context.Context) error {
	k.reload.Lock()
	defer k.reload.Unlock()
	return k.load(ctx)
}

func (k *Keyring) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	keys, err := k.selectKeys(ctx)
	if err != nil {
		return err
	}
	k.keys.Store(&keys)
	return nil
}

// Ensure makes the first key where there is none. Two nodes that start at once make one each, which does no harm:
// both are in the ring, and the newer one signs. longest finds the longest lifetime of a token; it is asked only where a
// key is made, for it may have to look at every client.
func (k *Keyring) Ensure(ctx context.Context, alg Alg, longest func() (time.Duration, error)) error {
	if err := k.Load(ctx); err != nil {
		return err
	}
	if signer, ok := k.signer(k.now()); ok && signer.Alg == alg {
		return nil
	}
	lifetime, err := longest()
	if err != nil {
		return err
	}
	_, err = k.Rotate(ctx, alg, 0, lifetime)
	return err
}

// Rotate makes a new key that signs from after now on, in place of any that is still waiting to. The keys before it go on verifying until the last token that
// they can have signed has expired, where lifetime is the longest that a token may have.
func (k *Keyring) Rotate(ctx context.Context, alg Alg, after, lifetime time.Duration) (SigningKey, error) {
	if err := k.Load(ctx); err != nil {
		return SigningKey{}, err
	}
	private, err := generate(alg)
	if err != nil {
		return SigningKey{}, err
	}
	current := ""
	if signer, ok := k.signer(k.now()); ok {
		current = signer.KID
	}
	now := k.now().UTC().Truncate(time.Millisecond)
	key := SigningKey{KID: newKID(), Alg: alg, CreatedAt: now, SignsFrom: now.Add(after), private: private}
	sealed, err := k.seal(key)
	if err != nil {
		return SigningKey{}, err
	}
	err = k.db.Tx(ctx, func(tx *store.Tx) error {
		if err := retireKeys(ctx, tx, current, now, key.SignsFrom.Add(lifetime)); err != nil {
			return err
		}
		if err := insertKey(ctx, tx, key, sealed); err != nil {
			return err
		}
		return tx.Announce(ctx, "signing_key", key.KID)
	})
	return key, err
}

// List returns the ring, newest first.
func (k *Keyring) List() []SigningKey { return slices.Clone(*k.keys.Load()) }

// signer is the newest key whose time has come.
func (k *Keyring) signer(t time.Time) (*SigningKey, bool) {
	keys := *k.keys.Load()
	for i := range keys {
		if !keys[i].SignsFrom.After(t) && keys[i].verifies(t) {
			return &keys[i], true
		}
	}
	return nil, false
}

func (k *Keyring) find(kid string) *SigningKey {
	now := k.now()
	keys := *k.keys.Load()
	for i := range keys {
		if keys[i].KID == kid && keys[i].verifies(now) {
			return &keys[i]
		}
	}
	return nil
}

func (key *SigningKey) verifies(t time.Time) bool {
	return key.VerifiesUntil.IsZero() || t.Before(key.VerifiesUntil)
}

// lookAgain bounds how often tokens with unknown key ids can make this process ask the database.
const lookAgain = 100 * time.Millisecond

// verifier returns the key with this id, nil for none. One that isn't known is looked for in the database: another
// node may have rotated a moment ago.
func (k *Keyring) verifier(ctx context.Context, kid string) (*SigningKey, error) {
	if key := k.find(kid); key != nil {
		return key, nil
	}
	k.reload.Lock()
	defer k.reload.Unlock()
	if key := k.find(kid); key != nil || k.now().Sub(k.looked) < lookAgain {
		return key, nil
	}
	k.looked = k.now()
	if err := k.load(ctx); err != nil {
		return nil, err
	}
	return k.find(kid), nil
}

// public lists the keys that verify now, as a JWK Set publishes them (RFC 7517).
func (k *Keyring) public() jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	now := k.now()
	for _, key := range *k.keys.Load() {
		if key.verifies(now) {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.private.Public(), KeyID: key.KID, Algorithm: string(key.Alg), Use: "sig"})
		}
	}
	return set
}

func newKID() string {
	var random [12]byte
	_, _ = rand.Read(random[:])
	return base64.RawURLEncoding.EncodeToString(random[:])
}

func generate(alg Alg) (crypto.Signer, error) {
	switch alg {
	case jose.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case jose.RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("unknown signing algorithm %q: use ES256, EdDSA or RS256", alg)
}

// seal encrypts a private key with AES-256-GCM, bound to its id and algorithm.
func (k *Keyring) seal(key SigningKey) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(key.private)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, k.sealer.NonceSize())
	_, _ = rand.Read(nonce)
	return k.sealer.Seal(nonce, nonce, plain, []byte(key.KID+" "+string(key.Alg))), nil
}

func (k *Keyring) unseal(key *SigningKey, sealed []byte) error {
	n := k.sealer.NonceSize()
	if len(sealed) < n {
		return fmt.Errorf("signing key %s: sealed form is too short", key.KID)
	}
	plain, err := k.sealer.Open(nil, sealed[:n], sealed[n:], []byte(key.KID+" "+string(key.Alg)))
	if err != nil {
		return fmt.Errorf("signing key %s can't be opened: is this the server secret that sealed it?", key.KID)
	}
	private, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return fmt.Errorf("signing key %s: %w", key.KID, err)
	}
	key.private = private.(crypto.Signer)
	return nil
}

func newestFirst(a, b SigningKey) int {
	return cmp.Or(b.SignsFrom.Compare(a.SignsFrom), cmp.Compare(b.KID, a.KID))
}
