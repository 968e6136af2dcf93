package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// key is a passkey in somebody's pocket.
type key struct {
	party virtualwebauthn.RelyingParty
	made  virtualwebauthn.Authenticator
	cred  virtualwebauthn.Credential
}

// newKey makes a key pair. The library drops leading zeros of a coordinate, which no real authenticator does (RFC 9053
// §7.1.1), so a key that has some is drawn again.
func newKey() virtualwebauthn.Credential {
	const whole = 77 // bytes of a COSE key with both coordinates in full
	for {
		if made := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(made.Key.AttestationData()) == whole {
			return made
		}
	}
}

// register makes a passkey for the caller of ctx.
func (h *house) register(ctx context.Context) *key {
	h.t.Helper()
	options, state, err := h.BeginPasskeyRegistration(ctx)
	check(h.t, err)
	asked, err := virtualwebauthn.ParseAttestationOptions(string(options))
	check(h.t, err)
	k := &key{party: virtualwebauthn.RelyingParty{ID: "iot.example.com", Name: "Yipii", Origin: publicURL},
		made: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(asked.UserID)}),
		cred: newKey()}
	answer := virtualwebauthn.CreateAttestationResponse(k.party, k.made, k.cred, *asked)
	if _, _, err = h.FinishPasskeyRegistration(ctx, state, "Pocket", []byte(answer)); err != nil {
		h.t.Fatal(err)
	}
	return k
}

// answer is what the browser sends when this key is shown, as many times as it was used.
func (k *key) answer(t *testing.T, options []byte) []byte {
	t.Helper()
	asked, err := virtualwebauthn.ParseAssertionOptions(string(options))
	check(t, err)
	k.cred.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(k.party, k.made, k.cred, *asked))
}

// use shows the key.
func (h *house) use(k *key, cookie string) (session.Result, error) {
	h.t.Helper()
	ctx := h.visitor("192.0.2.1")
	options, state, err := h.BeginPasskey(ctx, cookie)
	check(h.t, err)
	return h.FinishPasskey(ctx, cookie, state, k.answer(h.t, options))
}

// TestPasskey: alone, as second factor, renamed, deleted.
func TestPasskey(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		ctx := h.as(h.signIn().Cookie)
		k := h.register(ctx)
		alone, err := h.use(k, "")
		check(t, err)
		if alone.Half || alone.User.ID != h.ann || !h.in(alone.Cookie) {
			t.Errorf("%+v", alone)
		}
		half := h.signIn()
		if !half.Half || !half.Passkey || half.TOTP || !half.Recovery {
			t.Fatalf("%+v", half)
		}
		whole, err := h.use(k, half.Cookie)
		check(t, err)
		if !h.in(whole.Cookie) || h.in(half.Cookie) {
			t.Errorf("%+v", whole)
		}
		list, err := h.Passkeys(ctx, h.ann)
		check(t, err)
		if len(list) != 1 || list[0].Name != "Pocket" || list[0].UsedAt.IsZero() {
			t.Fatalf("%+v", list)
		}
		check(t, h.RenamePasskey(ctx, list[0].ID, "Drawer"))
		check(t, h.DeletePasskey(ctx, list[0].ID))
		if _, err := h.use(k, ""); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a deleted passkey signs in: %v", err)
		}
		if err := h.RenamePasskey(ctx, list[0].ID, "x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
		if h.signIn().Half {
			t.Error("a passkey is asked for that there is none of")
		}
		if got := h.events(h.acme.ID, "user."); got != "user.passkey_added user.passkey_deleted" {
			t.Error(got)
		}
		if how := h.rows(h.acme.ID); !strings.Contains(how[len(how)-3].Detail["how"]+how[len(how)-4].Detail["how"]+how[len(how)-5].Detail["how"], "passkey") {
			t.Errorf("%+v", how)
		}
	})
}

// TestPasskeyRefusals: what is answered twice, late, elsewhere, by a copy, by another's key, or without looking who it is.
func TestPasskeyRefusals(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		one := h.signIn()
		ctx := h.as(one.Cookie)
		k := h.register(ctx)
		refused := func(name string, err error) {
			t.Helper()
			if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v", name, err)
			}
		}
		options, state, err := h.BeginPasskey(ctx, "")
		check(t, err)
		answer := k.answer(t, options)
		if _, err := h.FinishPasskey(ctx, "", state, answer); err != nil {
			t.Fatal(err)
		}
		_, err = h.FinishPasskey(ctx, "", state, answer)
		refused("the same answer again", err)
		_, err = h.FinishPasskey(ctx, "", state, k.answer(t, options))
		refused("another answer to an answered challenge", err)

		options, state, err = h.BeginPasskey(ctx, "")
		check(t, err)
		late := k.answer(t, options)
		h.wait(6 * time.Minute)
		_, err = h.FinishPasskey(ctx, "", state, late)
		refused("after six minutes", err)

		elsewhere := *k
		elsewhere.party.Origin = "https://iot.example.org"
		_, err = h.use(&elsewhere, "")
		refused("on another site", err)

		unverified := *k
		unverified.made.Options.UserNotVerified = true
		_, err = h.use(&unverified, "")
		refused("alone, without verification", err)
		if _, err = h.use(&unverified, h.signIn().Cookie); err != nil {
			t.Errorf("after the password, without verification: %v", err)
		}

		k.cred.Counter = 100
		if _, err = h.use(k, ""); err != nil {
			t.Fatal(err)
		}
		copied := *k
		copied.cred.Counter = 50
		_, err = h.use(&copied, "")
		refused("by a copy", err)

		another := *k
		another.cred = newKey()
		_, err = h.use(&another, "")
		refused("by a key that nobody has", err)

		first, second := h.signIn(), h.signIn()
		options, state, err = h.BeginPasskey(ctx, first.Cookie)
		check(t, err)
		_, err = h.FinishPasskey(ctx, second.Cookie, state, k.answer(t, options))
		refused("for another half session", err)

		options, state, err = h.BeginPasskeyRegistration(h.as(one.Cookie))
		if !session.NeedsProof(err) {
			check(t, err)
		}
		_, err = h.FinishPasskey(ctx, "", state, k.answer(t, []byte(`{"publicKey":{"challenge":"AAAA"}}`)))
		refused("with the state of a registration", err)
		_ = options
	})
}

// TestPasskeyOfAnother: nobody's key opens another's half session, and nobody deletes another's key.
func TestPasskeyOfAnother(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	annsKey := h.register(h.as(h.signIn().Cookie))
	link, err := h.Invite(t.Context(), session.Invitation{AccountID: h.acme.ID, Email: "bob@example.com", Role: bearer.Viewer})
	check(t, err)
	bob, err := h.AcceptInvitation(h.visitor("192.0.2.2"), tokenOf(t, link, "/invite"), "Bob", password)
	check(t, err)
	bobs := h.as(bob.Cookie)
	bobsKey := h.register(bobs)
	if _, err := h.use(bobsKey, h.signIn().Cookie); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("Bob's key opens Ann's half session: %v", err)
	}
	list, err := h.Passkeys(t.Context(), h.ann)
	check(t, err)
	if err := h.DeletePasskey(bobs, list[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("Bob deletes Ann's key: %v", err)
	}
	if res, err := h.use(annsKey, ""); err != nil || res.User.ID != h.ann {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestPasskeysNeedAName: an address instead of a host name makes them unavailable, not broken.
func TestPasskeysNeedAName(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	for url, want := range map[string]bool{"": false, "http://192.0.2.1:8080": false, "http://[2001:db8::1]": false, "http://localhost:8080": true, "https://iot.example.com": true} {
		s := session.New(h.db, h.server, h.accounts, nil, session.Options{PublicURL: url})
		if s.HasPasskeys() != want {
			t.Errorf("%q: %v", url, s.HasPasskeys())
		}
		if _, _, err := s.BeginPasskey(t.Context(), ""); (err == nil) != want {
			t.Errorf("%q: %v", url, err)
		}
	}
}
