package session_test

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"image/png"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// device is an authenticator app.
type device struct {
	h      *house
	secret string
	codes  []string // recovery codes, on paper
}

func (d *device) code() string {
	d.h.t.Helper()
	code, err := totp.GenerateCode(d.secret, d.h.now())
	check(d.h.t, err)
	return code
}

func (d *device) key() []byte {
	d.h.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(d.secret)
	check(d.h.t, err)
	return key
}

// withTOTP turns one-time codes on, and lets the step of the confirming code pass.
func (h *house) withTOTP(ctx context.Context) *device {
	h.t.Helper()
	e, err := h.EnrollTOTP(ctx)
	check(h.t, err)
	d := &device{h: h, secret: e.Secret}
	d.codes, err = h.ConfirmTOTP(ctx, d.code())
	check(h.t, err)
	h.wait(30 * time.Second)
	return d
}

// TestTOTP: on, needed, each code once, off.
func TestTOTP(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		ctx := h.as(h.signIn().Cookie)
		d := h.withTOTP(ctx)
		if len(d.codes) != 10 {
			t.Errorf("%d recovery codes", len(d.codes))
		}
		half := h.signIn()
		if !half.Half || !half.TOTP || half.Passkey || !half.Recovery || h.in(half.Cookie) {
			t.Fatalf("the password alone gives %+v", half)
		}
		if waiting, err := h.Waiting(ctx, half.Cookie); err != nil || !waiting.Half || !waiting.TOTP {
			t.Errorf("%+v, %v", waiting, err)
		}
		if _, err := h.VerifyTOTP(ctx, half.Cookie, "000000x"); !fault.Is(err, fault.Unauthenticated) || session.StartAgain(err) {
			t.Errorf("a wrong code: %v", err)
		}
		code := d.code()
		whole, err := h.VerifyTOTP(h.visitor("192.0.2.1"), half.Cookie, " "+code[:3]+" "+code[3:])
		check(t, err)
		if whole.Half || !h.in(whole.Cookie) || h.in(half.Cookie) || whole.Cookie == half.Cookie {
			t.Errorf("%+v", whole)
		}
		if _, err := h.VerifyTOTP(ctx, half.Cookie, d.code()); !session.StartAgain(err) {
			t.Errorf("half a session is used twice: %v", err)
		}
		again := h.signIn()
		if _, err := h.VerifyTOTP(ctx, again.Cookie, code); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a code is taken twice: %v", err)
		}
		if _, err := h.EnrollTOTP(h.as(whole.Cookie)); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second secret: %v", err)
		}
		check(t, h.DisableTOTP(h.as(whole.Cookie)))
		if h.signIn().Half {
			t.Error("a code is asked for that there is none of")
		}
		if n := count(t, db, `SELECT COUNT(*) FROM recovery_codes`); n != 0 {
			t.Errorf("%d recovery codes stand in for nothing", n)
		}
		if got := h.events(h.acme.ID, "user."); got != "user.totp_enabled user.totp_disabled" {
			t.Error(got)
		}
	})
}

// TestOneCodeOneSession: of many who show one code at once, one gets in.
func TestOneCodeOneSession(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		d := h.withTOTP(h.as(h.signIn().Cookie))
		halves := []session.Result{h.signIn(), h.signIn(), h.signIn()}
		code, in := d.code(), make([]bool, 6)
		var wait sync.WaitGroup
		for i := range in {
			wait.Go(func() {
				_, err := h.VerifyTOTP(h.visitor("192.0.2.1"), halves[i%3].Cookie, code)
				in[i] = err == nil
			})
		}
		wait.Wait()
		n := 0
		for _, ok := range in {
			if ok {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d got in", n)
		}
	})
}

// TestCodesAreCounted: five to a password, ten to a person and hour, however many passwords.
func TestCodesAreCounted(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		d := h.withTOTP(h.as(h.signIn().Cookie))
		h.wait(2 * time.Hour)
		half := h.signIn()
		for i := range session.MaxFailures {
			if _, err := h.VerifyTOTP(t.Context(), half.Cookie, "123"); !fault.Is(err, fault.Unauthenticated) || session.StartAgain(err) {
				t.Fatalf("code %d: %v", i, err)
			}
		}
		if _, err := h.VerifyTOTP(t.Context(), half.Cookie, d.code()); !session.StartAgain(err) {
			t.Errorf("a sixth code is looked at: %v", err)
		}
		half = h.signIn()
		for i := range 4 {
			if _, err := h.VerifyTOTP(t.Context(), half.Cookie, "123"); !fault.Is(err, fault.Unauthenticated) {
				t.Fatalf("code %d: %v", i, err)
			}
		}
		if _, err := h.VerifyTOTP(t.Context(), half.Cookie, d.code()); !fault.Is(err, fault.TooMany) {
			t.Errorf("an eleventh code is looked at: %v", err)
		}
		h.wait(2 * time.Hour)
		half = h.signIn()
		h.wait(11 * time.Minute)
		if _, err := h.VerifyTOTP(t.Context(), half.Cookie, d.code()); !session.StartAgain(err) {
			t.Errorf("half a session lasts for eleven minutes: %v", err)
		}
	})
}

// TestEnrollment: what an app gets to read, and that nothing counts before it is confirmed.
func TestEnrollment(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	ctx := h.as(h.signIn().Cookie)
	first, err := h.EnrollTOTP(ctx)
	check(t, err)
	u, err := url.Parse(first.URL)
	check(t, err)
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Yipii iot.example.com:ann@example.com" || u.Query().Get("secret") != first.Secret || u.Query().Get("issuer") != "Yipii iot.example.com" {
		t.Error(first.URL)
	}
	picture, _ := strings.CutPrefix(first.QR, "data:image/png;base64,")
	if _, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(picture))); err != nil {
		t.Errorf("the picture: %v", err)
	}
	if h.signIn().Half {
		t.Error("a secret counts before it is confirmed")
	}
	second, err := h.EnrollTOTP(ctx)
	check(t, err)
	if _, err := h.ConfirmTOTP(ctx, (&device{h: h, secret: first.Secret}).code()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a replaced secret is confirmed: %v", err)
	}
	if _, err = h.ConfirmTOTP(ctx, (&device{h: h, secret: second.Secret}).code()); err != nil {
		t.Error(err)
	}
	if _, err := h.ConfirmTOTP(ctx, (&device{h: h, secret: second.Secret}).code()); !fault.Is(err, fault.Conflict) {
		t.Errorf("confirmed twice: %v", err)
	}
}

// TestRecoveryCodes: each once, in the way that people write them, and none of an older sheet.
func TestRecoveryCodes(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		ctx := h.as(h.signIn().Cookie)
		if _, err := h.RecoveryCodes(ctx); !fault.Is(err, fault.Conflict) {
			t.Errorf("codes without a factor: %v", err)
		}
		old := h.withTOTP(ctx).codes
		codes, err := h.RecoveryCodes(ctx)
		check(t, err)
		slices.Sort(codes)
		if len(slices.Compact(codes)) != 10 {
			t.Error("two codes are alike")
		}
		half := h.signIn()
		for name, code := range map[string]string{"old": old[0], "empty": "", "short": codes[0][:10]} {
			if _, err := h.VerifyRecoveryCode(ctx, half.Cookie, code); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v", name, err)
			}
		}
		written := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(codes[0], "-", " "), "0", "o"))
		whole, err := h.VerifyRecoveryCode(h.visitor("192.0.2.1"), half.Cookie, written)
		check(t, err)
		if !h.in(whole.Cookie) {
			t.Error("not in")
		}
		if _, err := h.VerifyRecoveryCode(ctx, h.signIn().Cookie, codes[0]); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a code is taken twice: %v", err)
		}
		if has, err := h.Factors(ctx, h.ann); err != nil || has.RecoveryCodes != 9 || !has.TOTP || !has.Password {
			t.Errorf("%+v, %v", has, err)
		}
		if got := h.events(h.acme.ID, "user.rec"); got != "user.recovery_codes_made user.recovery_code_used" {
			t.Error(got)
		}
		check(t, h.DropSecondFactors(t.Context(), h.ann))
		if h.in(whole.Cookie) || h.signIn().Half {
			t.Error("factors are dropped, and go on")
		}
	})
}
