package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Bounds of a password, in characters. Nothing is asked of what it is made of: length is what helps (NIST SP 800-63B).
const (
	minPassword = 10
	maxPassword = 200
)

// checkNewPassword refuses what must not become a password.
func checkNewPassword(field, password, email string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || n > maxPassword:
		return fault.InvalidField(field, fmt.Sprintf("The password must not be longer than %d characters.", maxPassword))
	case n < minPassword:
		return fault.InvalidField(field, fmt.Sprintf("The password must have at least %d characters.", minPassword))
	case strings.EqualFold(strings.TrimSpace(password), email):
		return fault.InvalidField(field, "The password must not be the e-mail address.")
	}
	return nil
}

// hashing bounds how many passwords are hashed at once: each takes 64 MiB and a core or two for a tenth of a second,
// which requests for data must not wait for.
type hashing struct {
	slots chan struct{}
	decoy string       // a hash that no password has, for who has none
	done  atomic.Int64 // how many were hashed
}

// maxHashes bounds the memory that hashing takes, on machines with many cores too.
const maxHashes = 4

// hashWait is how long one waits for a turn.
const hashWait = 4 * time.Second

func newHashing() *hashing {
	slots := min(maxHashes, max(1, runtime.GOMAXPROCS(0)/2))
	return &hashing{slots: make(chan struct{}, slots), decoy: decoy(account.PasswordCosts())}
}

// decoy writes down the hash of nothing: random bytes in argon2id's encoded form, at the costs of real ones.
func decoy(p argon2id.Params) string {
	random := make([]byte, p.SaltLength+p.KeyLength)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism,
		encode(random[:p.SaltLength]), encode(random[p.SaltLength:]))
}

// turn waits for a slot; the caller gives it back by calling leave.
func (h *hashing) turn(ctx context.Context) (leave func(), err error) {
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		h.done.Add(1)
		return func() { <-h.slots }, nil
	case <-ctx.Done():
	case <-timer.C:
	}
	f := fault.New(fault.Unavailable, "Too many people are signing in. Try again in a moment.")
	f.RetryAfter = hashWait
	return nil, f
}

// verify reports whether a password has this hash. "" stands for who has none: the work is the same, and the answer no.
func (h *hashing) verify(ctx context.Context, password, hash string) (bool, error) {
	leave, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	if len(password) > 4*maxPassword {
		password = "" // longer than any password, which takes at most four bytes a character
	}
	right, err := argon2id.ComparePasswordAndHash(password, hash)
	return right && known, err
}

// hash makes the stored form of a password.
func (h *hashing) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return account.HashPassword(password)
}

// ChangePassword gives the caller another password and signs them out everywhere else. The old one is asked for; who has
// none must have just shown who they are.
func (s *Service) ChangePassword(ctx context.Context, current, password string) error {
	user, sessionID, err := s.self(ctx)
	if err != nil {
		return err
	}
	has, err := s.Factors(ctx, user.ID)
	if err != nil {
		return err
	}
	if has.Password {
		err = s.checkPassword(ctx, user, current)
	} else {
		_, _, err = s.fresh(ctx)
	}
	if err != nil {
		return err
	}
	if err := checkNewPassword("password", password, user.Email); err != nil {
		return err
	}
	hash, err := s.hashing.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.change(ctx, user.ID, func(tx *store.Tx, user *bearer.User) error {
		if err := s.setPassword(ctx, tx, user, hash, sessionID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.password_changed"})
	})
}

// setPassword stores a password and ends what the old one opened: all sessions but one, and links to reset it.
func (s *Service) setPassword(ctx context.Context, tx *store.Tx, user *bearer.User, hash string, except int64) error {
	if err := s.accounts.SetPassword(ctx, tx, user.ID, hash); err != nil {
		return err
	}
	if _, err := deleteSessions(ctx, tx, user.ID, except); err != nil {
		return err
	}
	return deleteResets(ctx, tx, user.ID)
}
