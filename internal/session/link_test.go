package session_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func (h *house) invite(ctx context.Context, accountID int64, email string) string {
	h.t.Helper()
	link, err := h.Invite(ctx, session.Invitation{AccountID: accountID, Email: email, Role: bearer.Viewer, Part: &bearer.Part{Groups: []string{"North"}}})
	check(h.t, err)
	return tokenOf(h.t, link, "/invite")
}

// TestInvitation: made, shown, replaced, revoked, accepted once, expired.
func TestInvitation(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		ctx := h.as(h.signIn().Cookie)
		first := h.invite(ctx, h.acme.ID, "Bob@Example.com")
		token := h.invite(ctx, h.acme.ID, "bob@example.com")
		if _, err := h.Invited(ctx, first); !fault.Is(err, fault.NotFound) {
			t.Errorf("a replaced invitation: %v", err)
		}
		for range 2 { // looking doesn't use it up
			got, err := h.Invited(h.visitor("192.0.2.2"), token)
			if err != nil || got.AccountName != "Acme" || got.AccountKey != "acme" || got.Email != "bob@example.com" || got.Role != bearer.Viewer || got.Known || got.Here {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		list, err := h.Invitations(ctx, h.acme.ID)
		if err != nil || len(list) != 1 || list[0].MadeBy != h.ann || list[0].Part == nil || list[0].ExpiresAt.Sub(list[0].CreatedAt) != 7*24*time.Hour {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Bob", "short"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a short password: %v", err)
		}
		res, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Bob B.", password)
		check(t, err)
		if !h.in(res.Cookie) || res.User.Name != "Bob B." || len(res.User.Memberships) != 1 || res.User.Memberships[0].Role != bearer.Viewer ||
			!slices.Equal(res.User.Memberships[0].Part.Groups, []string{"North"}) {
			t.Errorf("%+v", res.User)
		}
		if _, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Bob", password); !fault.Is(err, fault.NotFound) {
			t.Errorf("accepted twice: %v", err)
		}
		if _, err := h.SignIn(h.visitor("192.0.2.2"), "bob@example.com", password); err != nil {
			t.Error(err)
		}
		if _, err := h.Invite(ctx, session.Invitation{AccountID: h.acme.ID, Email: "bob@example.com", Role: bearer.Admin}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a member is invited: %v", err)
		}
		carol := h.invite(ctx, h.acme.ID, "carol@example.com")
		list, err = h.Invitations(ctx, h.acme.ID)
		check(t, err)
		if err := h.RevokeInvitation(ctx, h.acme.ID+1, list[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another account revokes it: %v", err)
		}
		check(t, h.RevokeInvitation(ctx, h.acme.ID, list[0].ID))
		late := h.invite(ctx, h.acme.ID, "dave@example.com")
		h.wait(7*24*time.Hour + time.Minute)
		for name, token := range map[string]string{"revoked": carol, "expired": late, "none": secret.NewText("yipl_"), "nonsense": "yipl_x"} {
			if _, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "X", password); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := h.events(h.acme.ID, "invitation."); got != "invitation.created invitation.created invitation.accepted invitation.created invitation.revoked invitation.created" {
			t.Error(got)
		}
	})
}

// TestInvitationChecks: what can't be asked for.
func TestInvitationChecks(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), false)
	for name, in := range map[string]session.Invitation{
		"no address":      {Role: bearer.Viewer},
		"no role":         {Email: "bob@example.com"},
		"a limited admin": {Email: "bob@example.com", Role: bearer.Admin, Part: &bearer.Part{Assets: []int64{1}}},
		"a strange name":  {Email: "bob@example.com", Role: bearer.Viewer, Name: "a\x00b"},
		"a member":        {Email: "ann@example.com", Role: bearer.Viewer},
	} {
		in.AccountID = h.acme.ID
		if _, err := h.Invite(t.Context(), in); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := session.New(h.db, h.server, h.accounts, nil, session.Options{})
	if _, err := s.Invite(t.Context(), session.Invitation{AccountID: h.acme.ID, Email: "bob@example.com", Role: bearer.Viewer}); !fault.Is(err, fault.Conflict) {
		t.Errorf("without a public URL: %v", err)
	}
}

// TestInvitingSomebodyKnown: they have to be signed in, and an invitation never sets the password of somebody who is in
// another account: its link was in the hands of this account's admins.
func TestInvitingSomebodyKnown(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		globex, boss, err := h.accounts.Create(t.Context(), account.NewAccount{Key: "globex", Name: "Globex", Email: "boss@example.com"})
		check(t, err)
		token := h.invite(t.Context(), globex.ID, "ann@example.com")
		if got, err := h.Invited(h.visitor("192.0.2.2"), token); err != nil || !got.Known || got.Here {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Mallory", "another password"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("accepted by a stranger: %v", err)
		}
		ann := h.signIn() // with the old password
		res, err := h.AcceptInvitation(h.as(ann.Cookie), token, "Mallory", "another password")
		check(t, err)
		if res.Cookie != "" || res.User.ID != h.ann {
			t.Errorf("%+v", res)
		}
		h.signIn() // and it is still the password
		if u, err := h.accounts.User(t.Context(), h.ann); err != nil || len(u.Memberships) != 2 || u.Name != "Ann" {
			t.Errorf("%+v, %v", u, err)
		}

		token = h.invite(t.Context(), h.acme.ID, "boss@example.com") // who has no password, and is admin elsewhere
		if _, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Mallory", "another password"); !fault.Is(err, fault.Conflict) {
			t.Errorf("the password of another account's admin is set: %v", err)
		}
		check(t, h.accounts.SuspendAccount(t.Context(), globex.ID, true))
		if _, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Mallory", "another password"); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same while that account is suspended: %v", err)
		}
		link, err := h.ResetLink(t.Context(), boss)
		check(t, err)
		check(t, h.ResetPassword(h.visitor("192.0.2.3"), tokenOf(t, link, "/reset"), password))
		in, err := h.SignIn(h.visitor("192.0.2.3"), "boss@example.com", password)
		check(t, err)
		if _, err := h.AcceptInvitation(h.as(in.Cookie), token, "", ""); err != nil {
			t.Errorf("signed in: %v", err)
		}
	})
}

// TestOneInvitationOneMember: of many who accept at once, one does.
func TestOneInvitationOneMember(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		token := h.invite(t.Context(), h.acme.ID, "bob@example.com")
		in := make([]bool, 3)
		var wait sync.WaitGroup
		for i := range in {
			wait.Go(func() {
				_, err := h.AcceptInvitation(h.visitor("192.0.2.2"), token, "Bob", fmt.Sprintf("password number %d", i))
				in[i] = err == nil
			})
		}
		wait.Wait()
		if n := len(slices.DeleteFunc(in, func(ok bool) bool { return !ok })); n != 1 {
			t.Errorf("%d accepted", n)
		}
	})
}

// TestReset: once, within the hour, the newest alone; all sessions end, the second factor stays.
func TestReset(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, false)
		one := h.signIn()
		h.withTOTP(h.as(one.Cookie))
		reset := func() string {
			link, err := h.ResetLink(t.Context(), h.ann)
			check(t, err)
			return tokenOf(t, link, "/reset")
		}
		old, token := reset(), reset()
		if err := h.ResetPassword(t.Context(), old, "a new password"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a replaced link: %v", err)
		}
		if email, err := h.ResetFor(t.Context(), token); err != nil || email != "ann@example.com" {
			t.Errorf("%s, %v", email, err)
		}
		if err := h.ResetPassword(t.Context(), token, "ANN@example.com"); !fault.Is(err, fault.Invalid) {
			t.Errorf("the address as password: %v", err)
		}
		check(t, h.ResetPassword(h.visitor("192.0.2.1"), token, "a new password"))
		if h.in(one.Cookie) {
			t.Error("a session outlives a reset")
		}
		if err := h.ResetPassword(t.Context(), token, "a newer password"); !fault.Is(err, fault.NotFound) {
			t.Errorf("used twice: %v", err)
		}
		res, err := h.SignIn(h.visitor("192.0.2.1"), "ann@example.com", "a new password")
		if err != nil || !res.Half {
			t.Errorf("%+v, %v", res, err)
		}
		late := reset()
		h.wait(time.Hour + time.Minute)
		if err := h.ResetPassword(t.Context(), late, "a newer password"); !fault.Is(err, fault.NotFound) {
			t.Errorf("after an hour: %v", err)
		}
		dead := reset()
		check(t, h.accounts.SuspendUser(t.Context(), h.ann, true))
		if err := h.ResetPassword(t.Context(), dead, "a newer password"); !fault.Is(err, fault.NotFound) {
			t.Errorf("by a suspended person: %v", err)
		}
		if _, err := h.ResetLink(t.Context(), h.ann); !fault.Is(err, fault.Conflict) {
			t.Errorf("for a suspended person: %v", err)
		}
		rows := h.rows(h.acme.ID)
		for _, e := range rows {
			if e.Action == "password_reset.requested" && e.UserName != "operator" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestLetters: a letter for who exists, silence for who doesn't, the same answer to both, and not without end.
func TestLetters(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, true)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			h.Run(ctx)
			close(done)
		}()
		defer func() { stop(); <-done }()
		check(t, h.RequestReset(h.visitor("192.0.2.1"), "nobody@example.com"))
		check(t, h.RequestReset(h.visitor("192.0.2.1"), " Ann@Example.com"))
		letter := h.box.Next(t)
		if letter.To != "ann@example.com" || !h.box.Empty() {
			t.Errorf("%+v", letter)
		}
		_, rest, _ := strings.Cut(letter.Text, publicURL+"/reset#")
		token, _, _ := strings.Cut(rest, "\r\n")
		check(t, h.ResetPassword(h.visitor("192.0.2.1"), token, "a new password"))
		for _, email := range []string{"ann@example.com", "nobody@example.com"} {
			var err error
			for range 3 {
				err = h.RequestReset(h.visitor("192.0.2.1"), email)
			}
			if !fault.Is(err, fault.TooMany) {
				t.Errorf("%s: the fourth letter: %v", email, err)
			}
		}
		_, err := h.Invite(t.Context(), session.Invitation{AccountID: h.acme.ID, Email: "bob@example.com", Role: bearer.Viewer})
		check(t, err)
		for range 3 {
			if l := h.box.Next(t); l.To == "bob@example.com" {
				if !strings.Contains(l.Text, publicURL+"/invite#yipl_") || l.Subject != "Invitation to Acme" {
					t.Errorf("%+v", l)
				}
				break
			}
		}
		for _, e := range h.rows(h.acme.ID) {
			if e.Action == "password_reset.requested" && (e.UserID != 0 || e.IP != "192.0.2.1" || e.UserName != "somebody") {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestLettersAreBounded: what nobody sends doesn't pile up, and without a mail server the person is told.
func TestLettersAreBounded(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), true)
	for i := range session.MaxErrands + 10 {
		check(t, h.RequestReset(h.visitor(fmt.Sprintf("10.0.%d.%d", i/200, i%200+1)), fmt.Sprintf("p%d@example.com", i)))
	}
	if n := h.Errands(); n != session.MaxErrands {
		t.Errorf("%d letters wait", n)
	}
	without := newHouse(t, testkit.SQLite(t), false)
	if err := without.RequestReset(without.visitor("192.0.2.1"), "ann@example.com"); !fault.Is(err, fault.Conflict) || without.CanMail() {
		t.Errorf("without a mail server: %v", err)
	}
}
