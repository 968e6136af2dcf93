package session

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Recovery codes are for who has lost the second factor: sixty random bits each, in letters and digits that can't be
// taken for one another.
const (
	recoveryCodes    = 10
	recoveryDigits   = 12
	recoveryAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's base32
)

// RecoveryCodes makes ten new recovery codes for the caller, which are shown this once; older ones are worth nothing then.
func (s *Service) RecoveryCodes(ctx context.Context) ([]string, error) {
	user, _, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	has, err := s.factors(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if !has.Second() {
		return nil, fault.New(fault.Conflict, "Recovery codes stand in for a second factor: add one first.")
	}
	var codes []string
	err = s.change(ctx, user.ID, func(tx *store.Tx, user *bearer.User) (err error) {
		if codes, err = s.newCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.recovery_codes_made"})
	})
	return codes, err
}

// firstCodes makes recovery codes for who has none.
func (s *Service) firstCodes(ctx context.Context, tx *store.Tx, userID int64) ([]string, error) {
	n, err := countCodes(ctx, tx, userID)
	if err != nil || n > 0 {
		return nil, err
	}
	return s.newCodes(ctx, tx, userID)
}

func (s *Service) newCodes(ctx context.Context, tx *store.Tx, userID int64) ([]string, error) {
	if err := deleteCodes(ctx, tx, userID); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		code := newCode()
		codes[i] = code[:4] + "-" + code[4:8] + "-" + code[8:]
		if err := insertCode(ctx, tx, userID, s.hashCode(userID, code)); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

func newCode() string {
	random := make([]byte, 8)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	return base32.NewEncoding(recoveryAlphabet).EncodeToString(random)[:recoveryDigits]
}

// foldCode reads a code as people write it: in small letters, with or without hyphens, O for 0, I and L for 1.
func foldCode(code string) string {
	code = strings.ToUpper(strings.Map(dropSpaces, code))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(code)
}

// hashCode binds a code to its user, so that equal codes of two people can't be seen.
func (s *Service) hashCode(userID int64, code string) [32]byte {
	return s.codes.Hash(strconv.FormatInt(userID, 10) + " " + code)
}

// takeRecoveryCode reports whether a code is the user's, and makes it worthless.
func (s *Service) takeRecoveryCode(ctx context.Context, tx *store.Tx, user *bearer.User, code string) (bool, error) {
	code = foldCode(code)
	if len(code) != recoveryDigits {
		return false, nil
	}
	right, err := deleteCode(ctx, tx, user.ID, s.hashCode(user.ID, code))
	if err != nil || !right {
		return false, err
	}
	return true, s.record(ctx, tx, user, audit.Event{Action: "user.recovery_code_used"})
}
