package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"image/png"
	"net/url"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// One-time codes as RFC 6238 has them and every authenticator app knows them: SHA-1, six digits, thirty seconds. A code
// of the step before or after is taken too, for clocks that differ (§5.2).
const (
	stepSeconds = 30
	stepsApart  = 1
	totpBytes   = 20 // of the shared secret, as RFC 4226 §4 recommends
)

// Enrollment is a shared secret on its way into an authenticator app. It is shown this once.
type Enrollment struct {
	Secret string // in base32, to be typed
	URL    string // otpauth://…
	QR     string // the URL as a picture, in a data: URI
}

var errHasTOTP = fault.New(fault.Conflict, "One-time codes are on already: turn them off first.")

// EnrollTOTP makes a shared secret for the caller. It counts for nothing until ConfirmTOTP; another one replaces it.
func (s *Service) EnrollTOTP(ctx context.Context) (Enrollment, error) {
	user, _, err := s.fresh(ctx)
	if err != nil {
		return Enrollment{}, err
	}
	key := make([]byte, totpBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		saved, err := saveTOTP(ctx, tx, user.ID, s.totp.Seal(key, bearer.UserSubject(user.ID)), s.moment().UnixMilli())
		if err == nil && !saved {
			err = errHasTOTP
		}
		return err
	})
	if err != nil {
		return Enrollment{}, err
	}
	return s.enrollment(user, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key))
}

func (s *Service) enrollment(user *bearer.User, secret string) (Enrollment, error) {
	issuer := "Yipii"
	if u, err := url.Parse(s.opt.PublicURL); err == nil && u.Hostname() != "" {
		issuer += " " + u.Hostname() // a person may use more than one server
	}
	query := url.Values{"secret": {secret}, "issuer": {issuer}}.Encode()
	e := Enrollment{Secret: secret,
		URL: "otpauth://totp/" + url.PathEscape(issuer+":"+user.Email) + "?" + strings.ReplaceAll(query, "+", "%20")}
	key, err := otp.NewKeyFromURL(e.URL)
	if err != nil {
		return e, err
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return e, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return e, err
	}
	e.QR = "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
	return e, nil
}

// ConfirmTOTP turns one-time codes on once the app shows a right one. It returns recovery codes where the caller has none
// yet.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) ([]string, error) {
	user, _, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.throttle.ofUser(s.throttle.factor, user.ID, s.opt.Now()); err != nil {
		return nil, err
	}
	stored, err := s.loadTOTP(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if stored == nil || stored.confirmed {
		return nil, fault.New(fault.Conflict, "There is nothing to confirm: begin again.")
	}
	step, ok, err := s.stepOf(user.ID, stored, code)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.InvalidField("code", "The code is wrong. Is the clock of the device right?")
	}
	var codes []string
	err = s.change(ctx, user.ID, func(tx *store.Tx, user *bearer.User) error {
		confirmed, err := confirmTOTP(ctx, tx, user.ID, stored.sealed, step, s.moment().UnixMilli())
		if err == nil && !confirmed {
			err = fault.New(fault.Conflict, "Another secret was made meanwhile: begin again.")
		}
		if err != nil {
			return err
		}
		if codes, err = s.firstCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.totp_enabled"})
	})
	return codes, err
}

// DisableTOTP turns the caller's one-time codes off.
func (s *Service) DisableTOTP(ctx context.Context) error {
	user, _, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	return s.change(ctx, user.ID, func(tx *store.Tx, user *bearer.User) error {
		if err := deleteTOTP(ctx, tx, user.ID); err != nil {
			return err
		}
		if err := deleteUselessCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.totp_disabled"})
	})
}

// storedTOTP is a user's row.
type storedTOTP struct {
	sealed    []byte
	step      int64
	confirmed bool
}

// takeTOTP reports whether a code is right, and makes it and all before it worthless.
func (s *Service) takeTOTP(ctx context.Context, tx *store.Tx, userID int64, code string) (bool, error) {
	stored, err := findTOTP(ctx, tx, userID)
	if err != nil || stored == nil || !stored.confirmed {
		return false, err
	}
	step, ok, err := s.stepOf(userID, stored, code)
	if err != nil || !ok {
		return false, err
	}
	return takeStep(ctx, tx, userID, step)
}

// stepOf finds the time step that a code belongs to, among those that are taken now and weren't before.
func (s *Service) stepOf(userID int64, stored *storedTOTP, code string) (step int64, ok bool, err error) {
	key, err := s.totp.Open(stored.sealed, bearer.UserSubject(userID))
	if err != nil {
		return 0, false, err
	}
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
	code = strings.Map(dropSpaces, code)
	now := s.opt.Now().Unix() / stepSeconds
	for candidate := now - stepsApart; candidate <= now+stepsApart; candidate++ {
		want, err := hotp.GenerateCode(secret, uint64(candidate))
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && candidate > stored.step {
			return candidate, true, nil
		}
	}
	return 0, false, nil
}

// dropSpaces drops what apps and people put between the digits.
func dropSpaces(r rune) rune {
	if r == ' ' || r == '-' || r == '\u00a0' || r == '\t' {
		return -1
	}
	return r
}
