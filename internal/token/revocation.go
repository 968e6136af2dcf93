package token

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// Kind is what a revocation speaks of.
type Kind string

// The kinds of revocation. One of a token refuses it until its expiry; the others refuse every token of the client,
// user or account that was issued up to a moment.
const (
	OfToken   Kind = "token"   // subject: the jti
	OfClient  Kind = "client"  // subject: the client id
	OfUser    Kind = "user"    // subject: the user's id
	OfAccount Kind = "account" // subject: the id of the account that the client was made in
)

// revocation is one row. It travels whole in its change notice, so that no node need ask for it.
type revocation struct {
	Kind        Kind   `json:"kind"`
	Subject     string `json:"subject"`
	IssuedUntil int64  `json:"issued_until"` // Unix ms, inclusive
	KeepUntil   int64  `json:"keep_until"`   // Unix ms
}

type revoked struct {
	kind    Kind
	subject string
}

// Revocations holds in memory what has been revoked. Its size follows the number of revocations of the last token
// lifetime, never the number of tokens.
type Revocations struct {
	db *store.DB

	mu    sync.RWMutex
	until map[revoked]revocation
}

// NewRevocations makes an empty memory that Load fills, and subscribes it to changes.
func NewRevocations(db *store.DB) *Revocations {
	r := &Revocations{db: db, until: map[revoked]revocation{}}
	db.Subscribe("revocation", store.Subscriber{
		Changed: func(subject string) {
			var row revocation
			if json.Unmarshal([]byte(subject), &row) == nil {
				r.apply(row)
			}
		},
		// What is known stays true; what was missed is read again until it has been.
		Reset: func() { go r.loadUntilDone() },
	})
	return r
}

func (r *Revocations) loadUntilDone() {
	for r.Load(context.Background()) != nil {
		time.Sleep(time.Second)
	}
}

// Load reads all revocations from the database.
func (r *Revocations) Load(ctx context.Context) error {
	rows, err := r.selectRevocations(ctx)
	for _, row := range rows {
		r.apply(row)
	}
	r.db.Learned()
	return err
}

func (r *Revocations) apply(row revocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := revoked{row.Kind, row.Subject}
	if row.IssuedUntil >= r.until[key].IssuedUntil {
		r.until[key] = row
	}
}

// RevokeToken refuses one token until it expires.
func (r *Revocations) RevokeToken(ctx context.Context, id string, expires time.Time) error {
	return r.revoke(ctx, revocation{OfToken, id, r.db.Now(), expires.UnixMilli()})
}

// RevokeIssued refuses every token of subject issued up to now. lifetime is the longest that one may have.
func (r *Revocations) RevokeIssued(ctx context.Context, kind Kind, subject string, lifetime time.Duration) error {
	now := r.db.Now()
	return r.revoke(ctx, revocation{kind, subject, now, now + lifetime.Milliseconds()})
}

func (r *Revocations) revoke(ctx context.Context, row revocation) error {
	notice, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return r.db.Tx(ctx, func(tx *store.Tx) error {
		if err := upsertRevocation(ctx, tx, row); err != nil {
			return err
		}
		return tx.Announce(ctx, "revocation", string(notice))
	})
}

// covers reports whether a token is revoked.
func (r *Revocations) covers(id, clientID string, userID, accountID, issued int64) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.until) == 0 {
		return false
	}
	if _, ok := r.until[revoked{OfToken, id}]; ok {
		return true
	}
	return r.issuedUntil(OfClient, clientID) >= issued ||
		r.issuedUntil(OfUser, strconv.FormatInt(userID, 10)) >= issued ||
		r.issuedUntil(OfAccount, strconv.FormatInt(accountID, 10)) >= issued
}

func (r *Revocations) issuedUntil(kind Kind, subject string) int64 {
	return r.until[revoked{kind, subject}].IssuedUntil
}

// Purge forgets, here and in the database, what speaks of expired tokens only.
func (r *Revocations) Purge(ctx context.Context) error {
	now := r.db.Now()
	r.mu.Lock()
	for key, row := range r.until {
		if row.KeepUntil < now {
			delete(r.until, key)
		}
	}
	r.mu.Unlock()
	return r.db.Tx(ctx, func(tx *store.Tx) error { return deleteRevocations(ctx, tx, now) })
}
