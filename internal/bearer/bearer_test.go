package bearer

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

func TestScopes(t *testing.T) {
	all := AllScopes.Names()
	if len(all) != 19 || all[0] != "read:assets" || all[18] != ManageCredentials {
		t.Fatalf("scopes %v", all)
	}
	rapid.Check(t, func(t *rapid.T) {
		set := Scopes(rapid.Uint32Range(0, uint32(AllScopes)).Draw(t, "set"))
		again, err := ParseScopes(set.String())
		if err != nil || again != set {
			t.Fatalf("%v became %v: %v", set, again, err)
		}
		for _, name := range set.Names() {
			if read, ok := strings.CutPrefix(name, "write:"); ok {
				if need, _ := ParseScopes("read:" + read); !set.Has(need) {
					t.Fatalf("%s does not imply reading", name)
				}
			}
		}
	})
	if s, _ := ParseScopes("read:assets"); s.Has(1 << len(resources)) {
		t.Error("reading implies writing")
	}
	for _, bad := range []string{"read", "read:", ":assets", "assets", "read:planes", "delete:assets", "READ:assets"} {
		if _, err := ParseScopes(bad); err == nil {
			t.Errorf("%q is taken for a scope", bad)
		}
	}
}

func TestNeedOfRefusesWhatItCannotEnforce(t *testing.T) {
	for _, access := range []web.Access{{Scope: "read:planes", Role: "viewer"}, {Scope: "read:assets", Role: "king"}} {
		if _, err := needOf(web.Route{Pattern: "/api/{account_key}/x", Access: access}); err == nil {
			t.Errorf("%+v is taken", access)
		}
	}
	if _, err := needOf(web.Route{Pattern: "/api/user", Access: web.Access{Scope: "read:assets", Role: "viewer"}}); err == nil {
		t.Error("a role without an account is taken")
	}
}

// TestLimiter holds the limiter against a bucket counted by hand: never more than limit requests in any window that
// the rule allows, and one more after each interval.
func TestLimiter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		l := NewLimiter(limit, time.Minute)
		now := time.Unix(1_700_000_000, 0)
		tokens, last := float64(limit), now
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			tokens = min(float64(limit), tokens+now.Sub(last).Seconds()/(l.period/time.Duration(limit)).Seconds())
			last = now
			_, _, wait := l.Take("x", now)
			switch {
			case tokens >= 1.0001 && wait != 0:
				t.Fatalf("refused with %f tokens left", tokens)
			case tokens < 0.9999 && wait == 0:
				t.Fatalf("allowed with %f tokens left", tokens)
			}
			if wait == 0 {
				tokens--
			}
		}
	})
	if l := NewLimiter(0, time.Minute); l != nil {
		if limit, _, wait := l.Take("x", time.Now()); limit != 0 || wait != 0 {
			t.Error("no limit refuses")
		}
	}
}

// TestLimiterForgets: memory follows the names in use.
func TestLimiterForgets(t *testing.T) {
	l := NewLimiter(10, time.Second)
	now := time.Unix(1_700_000_000, 0)
	for i := range 10_000 {
		l.Take(strings.Repeat("x", i%100)+string(rune('a'+i%26))+time.Duration(i).String(), now)
	}
	for i := range 1000 {
		l.Take(time.Duration(i).String(), now.Add(time.Minute))
	}
	held := 0
	for i := range l.shards {
		held += len(l.shards[i].full)
	}
	if held > 1000 {
		t.Errorf("%d buckets are held, of 1000 in use", held)
	}
}

// FuzzAuthorization: whatever the header, a token comes out clean or the fault is an Unauthenticated one.
func FuzzAuthorization(f *testing.F) {
	f.Add("Bearer abc.def.ghi")
	f.Add("bearer  x ")
	f.Add("Basic YTpi")
	f.Add("Bearer")
	f.Fuzz(func(t *testing.T, value string) {
		token, err := TokenOf(&http.Request{Header: http.Header{"Authorization": {value}}})
		switch {
		case err != nil && !fault.Is(err, fault.Unauthenticated):
			t.Errorf("fault %v", err)
		case err == nil && (token == "" || len(token) > maxToken || strings.ContainsAny(token, " \t")):
			t.Errorf("token %q", token)
		}
	})
}
