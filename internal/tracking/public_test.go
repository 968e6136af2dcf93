package tracking

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func testPublicSide(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	van := w.asset("", 5)
	_, token := w.link("", van)
	if got := w.want(200, "GET", public(token), ""); got["access"] != "open" || got["status"] != "active" || got["name"] != "Delivery" || got["until"] == nil {
		t.Errorf("%v", got)
	}
	session := w.want(200, "POST", public(token)+"/session", "")
	bearer := "Bearer " + session["token"].(string)
	state := w.want(200, "GET", public(token)+"/state", "", bearer)
	asset := state["assets"].([]any)[0].(map[string]any)
	if asset["name"] != "Van" || asset["position"].(map[string]any)["latitude"] != 52.5 || asset["trail"] != nil || asset["arrival"] != nil {
		t.Errorf("%v", asset)
	}
	if fmt.Sprint(session["assets"]) != fmt.Sprint(state["assets"]) {
		t.Errorf("%v, and %v", session, state)
	}
	// Unknown links are all alike.
	unknown := w.ask(w.router, "GET", public(newToken()), "", "")
	for _, path := range []string{public(newToken()), public("x"), public(strings.ToLower(token)), public(strings.Repeat("A", 300))} {
		for _, c := range []struct{ method, more string }{{"GET", ""}, {"POST", "/session"}} {
			got := w.ask(w.router, c.method, path+c.more, "", "")
			if got.Code != 404 || got.Body.String() != unknown.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(unknown.Header()) {
				t.Errorf("%s %s: %d %s", c.method, path, got.Code, got.Body)
			}
		}
	}
	_, second := w.link("", van)
	for name, c := range map[string][2]string{
		"none": {token, ""}, "Basic": {token, "Basic " + session["token"].(string)}, "noise": {token, "Bearer yts_x"}, "another link's": {second, bearer},
		"cut": {token, bearer[:len(bearer)-2]}, "longer": {token, bearer + "A"},
	} {
		got := w.ask(w.router, "GET", public(c[0])+"/state", "", c[1])
		if got.Code != 401 || !strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	// A session ends by itself, and another one can be had.
	w.wait(sessionLasts + time.Second)
	if got := w.want(401, "GET", public(token)+"/state", "", bearer); got["error_description"] != "The access token has expired." {
		t.Errorf("%v", got)
	}
	w.want(200, "POST", public(token)+"/session", "")
}

func testPINs(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	van := w.asset("", 5)
	path, token := w.link(`,"pin":"4711"`, van)
	if got := w.want(200, "GET", public(token), ""); got["access"] != "pin" || got["name"] != nil {
		t.Errorf("%v", got)
	}
	session := w.want(200, "POST", public(token)+"/session", `{"pin":"4711"}`)["token"].(string)
	wrong := w.ask(w.router, "POST", public(token)+"/session", `{"pin":"4712"}`, "")
	if none := w.ask(w.router, "POST", public(token)+"/session", "", ""); wrong.Code != 422 || none.Code != 422 || none.Body.String() != wrong.Body.String() {
		t.Errorf("%d %s, none %s", wrong.Code, wrong.Body, none.Body)
	}
	// Another PIN ends the sessions that the old one opened.
	w.want(200, "PATCH", path, `{"pin":"471100"}`)
	w.want(401, "GET", public(token)+"/state", "", "Bearer "+session)
	session = w.want(200, "POST", public(token)+"/session", `{"pin":"471100"}`)["token"].(string)
	w.want(200, "PATCH", path, `{"pin":"471100","name":"Same PIN"}`)
	w.want(200, "GET", public(token)+"/state", "", "Bearer "+session)
	// A guesser is stopped, also with the right PIN, and others go on.
	for range 4 {
		w.want(422, "POST", public(token)+"/session", `{"pin":"0000"}`)
	}
	stopped := w.ask(w.router, "POST", public(token)+"/session", `{"pin":"471100"}`, "")
	if stopped.Code != 429 || stopped.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", stopped.Code, stopped.Body)
	}
	w.from = "203.0.113.8"
	for range 20 { // right ones don't count
		w.want(200, "POST", public(token)+"/session", `{"pin":"471100"}`)
	}
	// One with many networks is stopped too.
	for i := range 95 {
		w.from = fmt.Sprintf("198.51.100.%d", i)
		w.want(422, "POST", public(token)+"/session", `{"pin":"0000"}`)
	}
	w.from = "192.0.2.1"
	w.want(429, "POST", public(token)+"/session", `{"pin":"471100"}`)
	w.wait(15 * time.Minute)
	w.want(200, "POST", public(token)+"/session", `{"pin":"471100"}`)
	// What a wrong PIN is told doesn't tell whether the link is over.
	w.want(200, "POST", path+"/revoke", "")
	w.wait(15 * time.Minute)
	if got := w.ask(w.router, "POST", public(token)+"/session", `{"pin":"0000"}`, ""); got.Code != wrong.Code || got.Body.String() != wrong.Body.String() {
		t.Errorf("of a revoked link: %d %s", got.Code, got.Body)
	}
	w.want(403, "POST", public(token)+"/session", `{"pin":"471100"}`)
}

func testEndsOfALink(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	van := w.asset("", 5)
	// is wants the status of a link, that it opens only when it is active, and that a session ends with it.
	is := func(token, session, status string, starts bool) {
		t.Helper()
		got := w.want(200, "GET", public(token), "")
		if got["status"] != status || (got["starts_at"] != nil) != starts || status != "active" && got["name"] != nil {
			t.Errorf("%v, want %s", got, status)
		}
		code, state := 403, 401
		if status == "active" {
			code, state = 200, 200
		}
		w.want(code, "POST", public(token)+"/session", "")
		if session != "" {
			w.want(state, "GET", public(token)+"/state", "", "Bearer "+session)
		}
	}
	open := func(token string) string {
		return w.want(200, "POST", public(token)+"/session", "")["token"].(string)
	}
	path, token := w.link("", van)
	session := open(token)
	is(token, session, "active", false)
	w.want(200, "PATCH", path, fmt.Sprintf(`{"from":%q}`, w.now().Add(time.Minute).Format(time.RFC3339)))
	is(token, session, "expired", true)
	w.wait(2 * time.Minute)
	is(token, session, "active", false)
	// A session never lasts beyond the link.
	w.want(200, "PATCH", path, fmt.Sprintf(`{"until":%q}`, w.now().Add(5*time.Minute).Format(time.RFC3339)))
	short := w.want(200, "POST", public(token)+"/session", "")
	if until, _ := time.Parse(time.RFC3339, short["expires_at"].(string)); until.Sub(w.now()) > 5*time.Minute {
		t.Errorf("until %v", short["expires_at"])
	}
	w.wait(5 * time.Minute)
	is(token, session, "expired", false)

	path, token = w.link("", van)
	session = open(token)
	w.want(200, "POST", path+"/revoke", "")
	is(token, session, "revoked", false)

	path, token = w.link("", van)
	session = open(token)
	w.want(204, "DELETE", path, "")
	w.want(404, "GET", public(token), "")
	w.want(404, "POST", public(token)+"/session", "")
	w.want(401, "GET", public(token)+"/state", "", "Bearer "+session)

	_, token = w.link("", van)
	session = open(token)
	accounts := account.New(db, testkit.Audit(t, db), publicURL)
	w.must(accounts.SuspendAccount(t.Context(), w.acme, true))
	is(token, session, "revoked", false)
	w.must(accounts.SuspendAccount(t.Context(), w.acme, false))
	is(token, session, "active", false)
	w.must(w.fleet.Delete(t.Context(), w.acme, van))
	is(token, session, "revoked", false)
}

func testWhatIsShown(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	show := func(token string) map[string]any {
		t.Helper()
		return w.want(200, "POST", public(token)+"/session", "")["assets"].([]any)[0].(map[string]any)
	}
	// Positions before the link begins are not shown, neither as the last nor in the trail.
	early := w.asset("", 90)
	_, token := w.link(`,"show":"trail"`, early)
	if got := show(token); got["position"] != nil || got["trail"] != nil {
		t.Errorf("%v", got)
	}
	van := w.asset("", 90, 50, 20, 10)
	_, token = w.link(`,"show":"trail"`, van)
	if got := show(token); got["position"].(map[string]any)["longitude"] != 13.43 || len(got["trail"].([]any)) < 2 || got["trail"].([]any)[0].(map[string]any)["longitude"] != 13.41 {
		t.Errorf("%v", got)
	}
	// Nor is one after its end, as of a clock that runs ahead.
	path, token := w.link("", van)
	w.want(200, "PATCH", path, fmt.Sprintf(`{"until":%q}`, w.now().Add(time.Minute).Format(time.RFC3339)))
	w.report(van, w.now().Add(10*time.Minute), 52.5, 13.5)
	if got := show(token); got["position"] != nil {
		t.Errorf("%v", got)
	}

	const harbour = `,"show":"arrival","destination":{"name":"Harbour","latitude":52.5,"longitude":13.6}`
	moving := w.asset("", 20, 15, 10, 5, 1)
	_, token = w.link(harbour, moving)
	arrival := show(token)["arrival"].(map[string]any)
	at, err := time.Parse(time.RFC3339, fmt.Sprint(arrival["estimated_at"]))
	// 2.72 km in 19 minutes are 8.6 km/h; 10.9 km, and three tenths, take 99 minutes from a minute ago.
	if left := at.Sub(w.now()); err != nil || arrival["arrived"] != false || left < 90*time.Minute || left > 105*time.Minute {
		t.Errorf("%v: %s", arrival, left)
	}
	w.wait(time.Hour - time.Minute)
	if arrival := show(token)["arrival"].(map[string]any); arrival["estimated_at"] != nil {
		t.Errorf("long silent: %v", arrival)
	}
	there := w.asset("")
	w.report(there, w.now(), 52.5, 13.6)
	_, token = w.link(harbour, there)
	if arrival := show(token)["arrival"].(map[string]any); arrival["arrived"] != true || arrival["estimated_at"] != nil {
		t.Errorf("%v", arrival)
	}
}

// testNothingReadable searches the log and every column of the room's tables, of the changes and of the audit log.
func testNothingReadable(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	path, token := w.link(`,"pin":"90210777"`, w.asset("", 1))
	session := w.want(200, "POST", public(token)+"/session", `{"pin":"90210777"}`)["token"].(string)
	w.want(422, "POST", public(token)+"/session", `{"pin":"90210778"}`)
	w.want(200, "PATCH", path, `{"pin":"90210779"}`)
	w.want(200, "POST", path+"/revoke", "")
	var dump strings.Builder
	for _, table := range []string{"tracking_links", "tracking_link_assets", "changes", "audit_events"} {
		w.must(db.Rows(t.Context(), `SELECT * FROM `+table, nil, func(rows *sql.Rows) error {
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			if err := rows.Scan(row...); err != nil {
				return err
			}
			for i := range row {
				if text, ok := (*row[i].(*any)).([]byte); ok {
					dump.Write(text)
				}
				fmt.Fprintln(&dump, *row[i].(*any))
			}
			return nil
		}))
	}
	if !strings.Contains(dump.String(), w.service.Hash(token)) {
		t.Error("the hash isn't found: the search proves nothing")
	}
	for _, text := range []string{token, session, "90210777", "90210778", "90210779"} {
		if strings.Contains(dump.String(), text) || strings.Contains(w.logs.String(), text) {
			t.Errorf("%s can be read", text)
		}
	}
}

func testPages(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	path, token := w.link("", w.asset("", 1))
	_, withPIN := w.link(`,"pin":"1234"`, w.asset("", 1))
	page := func(status int, path, frames string, wants ...string) {
		t.Helper()
		got := w.ask(w.pages, "GET", path, "", "")
		if got.Code != status {
			t.Errorf("%s: %d", path, got.Code)
		}
		csp := got.Header().Get("Content-Security-Policy")
		if !strings.HasSuffix(csp, "frame-ancestors "+frames) || !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", path, csp)
		}
		h := got.Header()
		if h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("X-Robots-Tag"), "noindex") || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, h)
		}
		for _, want := range wants {
			if !strings.Contains(got.Body.String(), want) {
				t.Errorf("%s lacks %s: %s", path, want, got.Body)
			}
		}
	}
	page(200, "/t/"+token, "'none'", "<title>Delivery</title>", `<div id="map" data-map=`, `data-access="open"`)
	page(200, "/t/"+token+"/embed", "*", `class="embedded"`)
	page(200, "/t/"+withPIN, "'none'", "<title>Live tracking</title>", `data-access="pin"`)
	page(404, "/t/"+newToken(), "'none'", "There is no such link")
	page(404, "/t/%3Cscript%3E/embed", "*", "There is no such link")
	page(404, "/t/", "'none'")
	w.want(200, "PATCH", path, fmt.Sprintf(`{"from":%q}`, w.now().Add(time.Minute).Format(time.RFC3339)))
	page(200, "/t/"+token, "'none'", "begins to work on")
	w.want(200, "POST", path+"/revoke", "")
	page(410, "/t/"+token, "'none'", "This link was revoked")
	for _, f := range w.service.static {
		if got := w.ask(w.pages, "GET", w.service.fileURL(f.name), "", ""); got.Code != 200 || !strings.Contains(got.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", f.name, got.Code, got.Header())
		}
	}
}

// TestSessionTokens: of whatever text, only what this installation has made is taken, and not a bit of it can be another.
func TestSessionTokens(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	rapid.Check(t, func(t *rapid.T) {
		c := claims{link: newToken(), generation: rapid.Int64().Draw(t, "generation"), until: w.now().Add(time.Minute).UTC().Truncate(time.Second)}
		text := w.service.newSession(c)
		if got, err := w.service.readSession(text); err != nil || got != c {
			t.Fatalf("%+v, %v, want %+v", got, err, c)
		}
		i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		other := text[:i] + rapid.StringN(0, 2, 4).Draw(t, "other") + text[i+1:]
		if _, err := w.service.readSession(other); err == nil && other != text {
			t.Fatalf("%q is taken", other)
		}
	})
}

func FuzzReadSession(f *testing.F) {
	w := newWorld(f, testkit.SQLite(f))
	good := w.service.newSession(claims{link: newToken(), until: w.now().Add(1000 * time.Hour)})
	f.Add(good)
	f.Add("")
	f.Add(SessionPrefix)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := w.service.readSession(text); err == nil && text != good {
			t.Errorf("%q is taken", text)
		}
		if _, _, err := w.service.Session(context.Background(), text); err == nil {
			t.Errorf("%q opens a link", text)
		}
	})
}

// TestManyPINsAtOnce: of many wrong PINs at the same time no more are looked at than of many in a row.
func TestManyPINsAtOnce(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	_, token := w.link(`,"pin":"4711"`, w.asset("", 1))
	var all sync.WaitGroup
	var looked atomic.Int64
	for range 40 {
		all.Go(func() {
			if w.ask(w.router, "POST", public(token)+"/session", `{"pin":"0000"}`, "").Code == 422 {
				looked.Add(1)
			}
		})
	}
	all.Wait()
	if looked.Load() != 5 {
		t.Errorf("%d were looked at", looked.Load())
	}
}

// TestStrangersAreBounded: one network can't ask without end, and what it is told has a Retry-After.
func TestStrangersAreBounded(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	for range 600 {
		w.want(404, "GET", public("x"), "")
	}
	if got := w.ask(w.router, "GET", public("x"), "", ""); got.Code != 429 || got.Header().Get("Retry-After") == "" {
		t.Errorf("%d", got.Code)
	}
	if got := w.ask(w.pages, "GET", "/t/x", "", ""); got.Code != 429 || got.Header().Get("Retry-After") == "" {
		t.Errorf("page %d", got.Code)
	}
	w.from = "203.0.113.9"
	w.want(404, "GET", public("x"), "")
}
