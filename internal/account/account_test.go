package account_test

import (
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestCheckKey(t *testing.T) {
	for _, good := range []string{"acme-logistics", "abc", "a1b", "0-0"} {
		if err := account.CheckKey(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a", "ab", "-abc", "abc-", "Acme", "a_b", "a b", "ä12", "v1", "user", "oauth", "docs", "api", "public", string(make([]byte, 64))} {
		if err := account.CheckKey(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken: %v", bad, err)
		}
	}
}

func TestCheckEmail(t *testing.T) {
	for given, want := range map[string]string{"Ann@Example.com": "ann@example.com", " a.b+c@d-e.example ": "a.b+c@d-e.example", "a@xn--mnchen-3ya.example": "a@xn--mnchen-3ya.example",
		"root@localhost": "root@localhost"} {
		if got, err := account.CheckEmail(given); err != nil || got != want {
			t.Errorf("%q is taken as %q: %v", given, got, err)
		}
	}
	for _, bad := range []string{"", "a", "@b", "a@", "a b@c", "a@b@c", "a@bשלום", "ä@b", "a@b_c", "a@-b", "a@b-.c", "a@b..c", "a@.b", "a@b.", "a@[1.2.3.4]", `"a b"@c`,
		"Ann <a@b.c>", "a@" + strings.Repeat("b", 64), strings.Repeat("a", 65) + "@b", "a@" + strings.Repeat("b.", 126) + "c"} {
		if got, err := account.CheckEmail(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken as %q: %v", bad, got, err)
		}
	}
}

// TestMembers: one person, several accounts, one directory entry that follows every change.
func TestMembers(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		ctx, s := t.Context(), account.New(db, testkit.Audit(t, db), "")
		acme, ann, err := s.Create(ctx, account.NewAccount{Key: "acme", Name: "Acme", Email: "Ann@Example.com", AdminName: "Ann", Password: "correct horse"})
		if err != nil {
			t.Fatal(err)
		}
		globex, again, err := s.Create(ctx, account.NewAccount{Key: "globex", Name: "Globex", Email: "ann@example.com"})
		if err != nil || again != ann {
			t.Fatalf("the same address became user %d beside %d: %v", again, ann, err)
		}
		if _, _, err := s.Create(ctx, account.NewAccount{Key: "acme", Name: "Other", Email: "x@example.com"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("taken key: %v", err)
		}
		for name, in := range map[string]account.NewAccount{"no name": {Key: "abc", Email: "x@example.com"}, "bad address": {Key: "abc", Name: "x", Email: "x"}} {
			if _, _, err := s.Create(ctx, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		roles := func() string {
			u, err := s.User(ctx, ann)
			if err != nil || u == nil {
				t.Fatal(u, err)
			}
			out := ""
			for _, m := range u.Memberships {
				out += m.Key + "=" + m.Role.String() + " "
			}
			return out
		}
		want := func(what, want string) {
			t.Helper()
			if got := roles(); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		want("at first", "acme=admin globex=admin ")
		if _, err := s.AddMember(ctx, globex.ID, "", "ann@example.com", bearer.Viewer); !fault.Is(err, fault.Conflict) {
			t.Errorf("the last admin became a viewer: %v", err)
		}
		if err := s.RemoveMember(ctx, globex.ID, ann); !fault.Is(err, fault.Conflict) {
			t.Errorf("the last admin was removed: %v", err)
		}
		if _, err := s.AddMember(ctx, globex.ID, "", "bob@example.com", bearer.Admin); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddMember(ctx, globex.ID, "", "ann@example.com", bearer.Viewer); err != nil {
			t.Fatal(err)
		}
		want("role changed", "acme=admin globex=viewer ")
		if err := s.SuspendAccount(ctx, acme.ID, true); err != nil {
			t.Fatal(err)
		}
		want("account suspended", "globex=viewer ")
		if err := s.SuspendAccount(ctx, acme.ID, false); err != nil {
			t.Fatal(err)
		}
		if err := s.RemoveMember(ctx, globex.ID, ann); err != nil {
			t.Fatal(err)
		}
		want("removed", "acme=admin ")
		if err := s.RemoveMember(ctx, globex.ID, ann); !fault.Is(err, fault.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
		if u, err := s.User(ctx, 999); u != nil || err != nil {
			t.Errorf("unknown user: %v %v", u, err)
		}
	})
}
