package session_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// TestUnknownAndWrongAreAlike: the same fault, and the same work, whoever does or doesn't exist.
func TestUnknownAndWrongAreAlike(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		h.member("nopass@example.com", bearer.Viewer)
		suspended := h.member("gone@example.com", bearer.Viewer)
		check(t, h.accounts.SuspendUser(t.Context(), suspended, true))
		var first error
		for i, email := range []string{"ann@example.com", "nobody@example.com", "nopass@example.com", "gone@example.com", "not an address", ""} {
			before := h.Hashed()
			_, err := h.SignIn(h.visitor(fmt.Sprintf("192.0.2.%d", i+10)), email, "wrong password")
			if first == nil {
				first = err
			}
			if !fault.Is(err, fault.Unauthenticated) || !reflect.DeepEqual(fault.As(err), fault.As(first)) {
				t.Errorf("%q: %v, the first was %v", email, err, first)
			}
			if n := h.Hashed() - before; n != 1 {
				t.Errorf("%q: %d passwords were hashed, want 1", email, n)
			}
		}
		if n := count(t, db, `SELECT COUNT(*) FROM sessions`); n != 0 {
			t.Errorf("%d sessions", n)
		}
		if got := h.events(h.acme.ID, "session."); got != "" {
			t.Errorf("refused sign-ins wrote %s", got)
		}
		if len(h.refused) != 6 || h.refused[0].AccountID != h.acme.ID || h.refused[0].SubjectName != "ann@example.com" ||
			h.refused[1].AccountID != 0 || h.refused[1].SubjectName != "" || h.refused[1].IP != "192.0.2.11" {
			t.Errorf("%+v", h.refused)
		}
	})
}

// TestGuesserIsStopped: by address, by name and address, and by name alone; a rest helps.
func TestGuesserIsStopped(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	try := func(address, email string) error {
		_, err := h.SignIn(h.visitor(address), email, "wrong password")
		return err
	}
	for i := range 10 {
		if err := try("198.51.100.1", "ann@example.com"); !fault.Is(err, fault.Unauthenticated) {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	before := h.Hashed()
	err := try("198.51.100.1", "ANN@example.com ")
	if !fault.Is(err, fault.TooMany) || fault.As(err).RetryAfter <= 0 {
		t.Errorf("the eleventh guess: %v", err)
	}
	if h.Hashed() != before {
		t.Error("a refused attempt hashed a password")
	}
	h.signIn() // from elsewhere
	h.wait(2 * time.Minute)
	if err := try("198.51.100.1", "ann@example.com"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after a rest: %v", err)
	}
}

// TestOneAddressManyNames: a network is stopped whatever names it tries, and an IPv6 network is one.
func TestOneAddressManyNames(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	leave := h.Occupy() // so that nothing is hashed: this test is about who gets so far
	defer leave()
	var wait sync.WaitGroup
	stopped := make([]bool, 40)
	for i := range stopped {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(h.visitor(fmt.Sprintf("2001:db8::%d", i+1)), 300*time.Millisecond)
			defer cancel()
			_, err := h.SignIn(ctx, fmt.Sprintf("p%d@example.com", i), "wrong password")
			stopped[i] = fault.Is(err, fault.TooMany)
		})
	}
	wait.Wait()
	n := 0
	for _, s := range stopped {
		if s {
			n++
		}
	}
	if n != 10 {
		t.Errorf("%d of 40 were stopped, want 10", n)
	}
}

// TestBusy: who doesn't get a turn is told to come again, soon.
func TestBusy(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	leave := h.Occupy()
	ctx, cancel := context.WithTimeout(h.visitor("192.0.2.1"), 300*time.Millisecond)
	defer cancel()
	_, err := h.SignIn(ctx, "ann@example.com", password)
	if !fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter <= 0 {
		t.Errorf("%v", err)
	}
	leave()
	h.signIn()
}

// TestChangePassword: the old one is asked for, the rules hold, and other sessions end.
func TestChangePassword(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		here, elsewhere := h.signIn(), h.signIn()
		h.in(elsewhere.Cookie)
		ctx := h.as(here.Cookie)
		for name, c := range map[string][2]string{"wrong": {"wrong password", "a new password"}, "short": {password, "123456789"}, "address": {password, "Ann@Example.com"},
			"long": {password, strings.Repeat("ä", 201)}, "not text": {password, "abcdefghijk\xff"}} {
			if err := h.ChangePassword(ctx, c[0], c[1]); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		check(t, h.ChangePassword(ctx, password, strings.Repeat("ä", 200)))
		if !h.in(here.Cookie) || h.in(elsewhere.Cookie) {
			t.Error("the other session, and that alone, should have ended")
		}
		if _, err := h.SignIn(h.visitor("192.0.2.1"), "ann@example.com", password); err == nil {
			t.Error("the old password works")
		}
		if _, err := h.SignIn(h.visitor("192.0.2.1"), "ann@example.com", strings.Repeat("ä", 200)); err != nil {
			t.Errorf("the new password: %v", err)
		}
		if err := h.ChangePassword(h.visitor("192.0.2.1"), password, "a new password"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("by nobody: %v", err)
		}
		if got := h.events(h.acme.ID, "user."); got != "user.password_changed" {
			t.Error(got)
		}
	})
}

// TestProof: a sensitive change needs a sign-in or the password within ten minutes.
func TestProof(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		ctx := h.as(h.signIn().Cookie)
		fresh, err := h.IsFresh(ctx)
		if !fresh || err != nil {
			t.Errorf("after signing in: %v, %v", fresh, err)
		}
		h.wait(11 * time.Minute)
		if fresh, _ := h.IsFresh(ctx); fresh {
			t.Error("fresh after eleven minutes")
		}
		for name, change := range map[string]func() error{
			"TOTP on":  func() error { _, err := h.EnrollTOTP(ctx); return err },
			"TOTP off": func() error { return h.DisableTOTP(ctx) },
			"codes":    func() error { _, err := h.RecoveryCodes(ctx); return err },
			"passkey":  func() error { _, _, err := h.BeginPasskeyRegistration(ctx); return err },
			"deleting": func() error { return h.DeletePasskey(ctx, 1) },
		} {
			if err := change(); !session.NeedsProof(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.Prove(ctx, "wrong password"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
		check(t, h.Prove(ctx, password))
		if _, err := h.EnrollTOTP(ctx); err != nil {
			t.Errorf("after the password: %v", err)
		}
		defer h.Occupy()() // nothing is hashed from here on
		hasty, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		for range 20 {
			err = h.Prove(hasty, "wrong password")
			if fault.Is(err, fault.TooMany) {
				return
			}
		}
		t.Errorf("a guesser in an open session isn't stopped: %v", err)
	})
}

// TestNothingIsReadable: no secret stands in any row, by no means that a copy of the database gives.
func TestNothingIsReadable(t *testing.T) {
	db := testkit.SQLite(t)
	h := newHouse(t, db, false)
	one := h.signIn()
	ctx := h.as(one.Cookie)
	device := h.withTOTP(ctx)
	codes, err := h.RecoveryCodes(ctx)
	check(t, err)
	invitation, err := h.Invite(ctx, session.Invitation{AccountID: h.acme.ID, Email: "bob@example.com", Role: bearer.Viewer})
	check(t, err)
	reset, err := h.ResetLink(t.Context(), h.ann)
	check(t, err)
	half := h.signIn()
	secrets := append([]string{one.Cookie, half.Cookie, tokenOf(t, invitation, "/invite"), tokenOf(t, reset, "/reset"), device.secret, string(device.key()), password}, codes...)
	for _, text := range dump(t, db) {
		for _, s := range secrets {
			bare := strings.TrimPrefix(strings.TrimPrefix(s, "yipw_"), "yipl_")
			for _, form := range []string{s, bare, strings.ReplaceAll(s, "-", "")} {
				if strings.Contains(text, form) {
					t.Errorf("%q stands in %.200q", form, text)
				}
			}
		}
	}
}

// dump is every value of every row of a SQLite database.
func dump(t *testing.T, db *store.DB) (out []string) {
	t.Helper()
	rows, err := db.Read().QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table'`)
	check(t, err)
	var tables []string
	for rows.Next() {
		var name string
		check(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	check(t, errors.Join(rows.Err(), rows.Close()))
	for _, table := range tables {
		rows, err := db.Read().QueryContext(t.Context(), `SELECT * FROM `+table)
		check(t, err)
		columns, err := rows.Columns()
		check(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new([]byte)
			}
			check(t, rows.Scan(values...))
			for i := range values {
				out = append(out, string(*values[i].(*[]byte)))
			}
		}
		check(t, errors.Join(rows.Err(), rows.Close()))
	}
	return out
}

// FuzzTexts: no cookie, ceremony, token or path, whatever is in it, does more than being refused.
func FuzzTexts(f *testing.F) {
	f.Add(secret.NewText("yipw_"), "")
	f.Add("yipw_", "/acme")
	f.Add(secret.NewText("yipl_"), "//evil.example")
	f.Add("AAAA", `/\evil`)
	db := testkit.SQLite(f)
	server, _ := secret.New()
	s := session.New(db, server, nil, nil, session.Options{PublicURL: publicURL})
	f.Fuzz(func(t *testing.T, text, next string) {
		if p, err := s.Identify(request(t.Context(), "GET", "/", "")); p != nil || err != nil {
			t.Fatal(p, err)
		}
		if res, err := s.Waiting(t.Context(), text); res.Half || err != nil {
			t.Errorf("%q is half a session: %v", text, err)
		}
		if err := s.SignOut(t.Context(), text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := s.Invited(t.Context(), text); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q is an invitation: %v", text, err)
		}
		if _, err := s.ResetFor(t.Context(), text); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q is a reset: %v", text, err)
		}
		if _, err := s.FinishPasskey(t.Context(), "", text, []byte(next)); err == nil {
			t.Errorf("%q and %q sign in", text, next)
		}
		if to := session.SafeNext(next); to[0] != '/' || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
			t.Errorf("%q leads to %q", next, to)
		}
	})
}
