package webhook

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func scanText(out *[]string) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		*out = append(*out, text)
		return err
	}
}

const acme = "/api/acme/webhook"

func testWebhookLife(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	status, header, content := w.call("POST", acme, `{"url":" https://example.com/hook?token=abc ","event_types":["alert.*","trip.ended"],"description":"Orders"}`)
	if status != 201 {
		t.Fatalf("%d %v", status, content)
	}
	data := content["data"].(map[string]any)
	path := fmt.Sprintf("%s/%v", acme, data["id"])
	if header.Get("Location") != publicURL+path {
		t.Errorf("Location %s", header.Get("Location"))
	}
	text := data["secret"].(string)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil || len(key) != 32 || !strings.HasPrefix(text, "whsec_") {
		t.Errorf("secret %s: %d bytes, %v", text, len(key), err)
	}
	delete(data, "secret")
	want := map[string]any{"id": data["id"], "url": "https://example.com/hook?token=abc", "event_types": []any{"alert.*", "trip.ended"}, "description": "Orders", "enabled": true,
		"disabled_reason": nil, "failing_since": nil, "old_secret_until": nil, "created_at": data["created_at"], "updated_at": data["created_at"]}
	if diff := cmp.Diff(want, data); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, w.want(200, "GET", path, "")); diff != "" {
		t.Error(diff)
	}
	rotated := w.want(201, "POST", path+"/secret", "")
	again := rotated["secret"].(string)
	if again == text || rotated["old_secret_until"] == nil {
		t.Errorf("rotated: %v", rotated)
	}
	changed := w.want(200, "PATCH", path, `{"enabled":false,"description":"","event_types":["*"]}`)
	if changed["enabled"] != false || changed["description"] != "" || len(changed["event_types"].([]any)) != 1 {
		t.Errorf("changed: %v", changed)
	}
	if revoked := w.want(201, "POST", path+"/secret", `{"revoke_old":true}`); revoked["old_secret_until"] != nil {
		t.Errorf("revoked: %v", revoked)
	}
	list := w.want(200, "GET", acme+"?sort=-url", "")
	if len(list["data"].([]any)) != 1 || strings.Contains(fmt.Sprint(list), "whsec") {
		t.Errorf("list: %v", list)
	}
	nowhere(t, db, text, again, string(key), "token=abc")
	if status, _, _ := w.call("DELETE", path, ""); status != 204 {
		t.Errorf("deleted: %d", status)
	}
	w.want(404, "GET", path, "")
	if diff := cmp.Diff([]string{"webhook.created", "webhook.secret_rotated", "webhook.changed", "webhook.disabled", "webhook.secret_rotated", "webhook.deleted"}, w.actions()); diff != "" {
		t.Error(diff)
	}
}

func testConditions(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	made, _ := w.webhook("https://example.com/hook")
	path := fmt.Sprintf("%s/%d", acme, made.ID)
	before := testkit.ETag(t, w.node.router, path)
	w.want(201, "POST", path+"/secret", "")
	if after := testkit.ETag(t, w.node.router, path); after == before || !strings.HasPrefix(after, `"2-`) {
		t.Errorf("%s after a new secret, %s before", after, before)
	}
	testkit.Conditions(t, w.node.router, path, `{"description":"Hook %d"}`)
}

// nowhere fails where one of the texts stands in the webhooks' secrets or the audit log.
func nowhere(t *testing.T, db *store.DB, texts ...string) {
	t.Helper()
	var stored []string
	must(t, db.Rows(t.Context(), `SELECT secret FROM webhooks`, nil, scanText(&stored)))
	must(t, db.Rows(t.Context(), `SELECT detail FROM audit_events`, nil, scanText(&stored)))
	if len(stored) < 3 {
		t.Fatalf("looked at %d columns only", len(stored))
	}
	for _, text := range texts {
		if strings.Contains(strings.Join(stored, "\n"), text) {
			t.Errorf("%q is stored", text)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	db := testkit.SQLite(t)
	w := newWorld(t, db)
	for body, field := range map[string]string{
		`{"url":""}`:                                                "url",
		`{"url":"example.com/hook"}`:                                "url",
		`{"url":"ftp://example.com"}`:                               "url",
		`{"url":"https://"}`:                                        "url",
		`{"url":"https:example.com"}`:                               "url",
		`{"url":"https://user:pass@example.com"}`:                   "url",
		`{"url":"https://user@example.com"}`:                        "url",
		`{"url":"https://example.com/#part"}`:                       "url",
		`{"url":"https://example.com/a b"}`:                         "url",
		`{"url":"https://exämple.com/"}`:                            "url",
		`{"url":"https://example.com/\u0000"}`:                      "url",
		`{"url":"https://10.0.0.1/"}`:                               "url",
		`{"url":"https://[::ffff:169.254.169.254]/"}`:               "url",
		`{"url":"http://8.8.8.8/"}`:                                 "url",
		`{"url":"https://e.com/` + strings.Repeat("x", 2000) + `"}`: "url",
		`{"url":"https://e.com","event_types":["alert.trigered"]}`:  "event_types",
		`{"url":"https://e.com","event_types":["alert*"]}`:          "event_types",
		`{"url":"https://e.com","event_types":["a b"]}`:             "event_types",
		`{"url":"https://e.com","event_types":["boat.*"]}`:          "event_types",
		`{"url":"https://e.com","description":"a\u0001b"}`:          "description",
		`{"url":"https://e.com","secret":"whsec_mine"}`:             "secret",
	} {
		got := w.want(422, "POST", acme, body)
		if errs, _ := got["errors"].(map[string]any); errs[field] == nil {
			t.Errorf("%.200s: %v", body, got)
		}
	}
	for range maxWebhooks {
		w.webhook("https://example.com")
	}
	w.want(409, "POST", acme, `{"url":"https://example.com"}`)
	w.node.opt.Networks = nil
	w.want(422, "POST", acme, `{"url":"http://example.com"}`)
}

// testWhoMay: another account's webhook isn't there; a limited member may nothing; and a webhook tells nobody what they
// could not read.
func testWhoMay(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	mine, _ := w.webhook("https://example.com")
	w.tell("one")
	delivery := w.log(mine.ID)[0].ID
	one := fmt.Sprintf("/%d", mine.ID)
	calls := [][2]string{{"GET", one}, {"PATCH", one}, {"POST", one + "/secret"}, {"GET", one + "/delivery"}, {"GET", fmt.Sprintf("%s/delivery/%d", one, delivery)},
		{"POST", fmt.Sprintf("%s/delivery/%d/replay", one, delivery)}, {"POST", one + "/test"}, {"DELETE", one}}
	for _, c := range calls {
		for _, path := range []string{"/api/other/webhook" + c[1], strings.Replace(acme+c[1], one, "/999999", 1), strings.Replace(acme+c[1], one, "/x", 1)} {
			if got := w.want(404, c[0], path, "{}"); !strings.HasSuffix(got["message"].(string), " not found.") {
				t.Errorf("%s %s: %v", c[0], path, got)
			}
		}
	}
	w.caller.Account.Part = &bearer.Part{Groups: []string{"North"}}
	for _, c := range append(calls, [2]string{"GET", ""}) {
		w.want(403, c[0], acme+c[1], "{}")
	}
	w.want(403, "POST", acme, `{"url":"https://example.com"}`)
	w.caller.Account.Part = nil

	w.caller.Scopes, _ = bearer.ParseScopes("write:webhooks read:trips")
	w.want(201, "POST", acme, `{"url":"https://example.com","event_types":["trip.*"]}`)
	w.want(403, "POST", acme, `{"url":"https://example.com"}`)
	w.want(403, "POST", acme, `{"url":"https://example.com","event_types":["alert.*"]}`)
	w.want(403, "PATCH", acme+one, `{"url":"https://example.org"}`)
	w.want(403, "POST", acme+one+"/secret", "")
	w.want(403, "GET", fmt.Sprintf("%s%s/delivery/%d", acme, one, delivery), "")
	w.want(403, "POST", fmt.Sprintf("%s%s/delivery/%d/replay", acme, one, delivery), "")
	w.want(200, "GET", acme+one+"/delivery", "")
}

// testEnqueue: what is committed is told of, once, to those who want it; what is rolled back isn't.
func testEnqueue(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	all, _ := w.webhook("https://example.com/all")
	trips, _, err := w.node.Create(t.Context(), w.acme, Draft{URL: "https://example.com/trips", Types: []string{"trip.*"}})
	must(t, err)
	off, _, err := w.node.Create(t.Context(), w.acme, Draft{URL: "https://example.com/off", Disabled: true})
	must(t, err)
	theirs, _, err := w.node.Create(t.Context(), w.other, Draft{URL: "https://example.com/theirs"})
	must(t, err)
	at := time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.FixedZone("", 3600))
	trip := Event{AccountID: w.acme, AssetID: 3, Type: "trip.ended", Time: at, Key: "trip:1:ended", Data: map[string]any{"distance": 1.5, "place": "A & B <C>"}}
	alert := Event{AccountID: w.acme, Type: "alert.triggered", Key: "alert:1"}
	enqueue := func(fail error) error {
		return db.Tx(t.Context(), func(tx *store.Tx) error {
			if err := w.node.Enqueue(t.Context(), tx, []Event{trip, alert}); err != nil {
				return err
			}
			return fail
		})
	}
	if err := enqueue(sql.ErrTxDone); err == nil || len(w.log(all.ID)) != 0 {
		t.Errorf("rolled back: %v, %v", err, w.log(all.ID))
	}
	for range 3 {
		must(t, enqueue(nil))
	}
	types := func(id int64) (out []string) {
		for _, d := range w.log(id) {
			out = append(out, d.Type)
		}
		slices.Sort(out)
		return out
	}
	for id, want := range map[int64][]string{all.ID: {"alert.triggered", "trip.ended"}, trips.ID: {"trip.ended"}, off.ID: nil} {
		if diff := cmp.Diff(want, types(id)); diff != "" {
			t.Errorf("webhook %d: %s", id, diff)
		}
	}
	if list, _, err := w.node.listDeliveries(t.Context(), w.other, theirs.ID, DeliveryFilter{}, web.PageInput{Page: 1, PerPage: 50}); err != nil || len(list) != 0 {
		t.Errorf("the other account's: %v %v", list, err)
	}
	d, err := w.node.Delivery(t.Context(), w.acme, trips.ID, w.log(trips.ID)[0].ID)
	must(t, err)
	if d.Payload != `{"type":"trip.ended","timestamp":"2026-03-04T04:06:07.89Z","data":{"distance":1.5,"place":"A & B <C>"}}` || d.AssetID != 3 || d.Status != waiting {
		t.Errorf("%+v", d)
	}
	if other := w.log(all.ID); other[0].MessageID == other[1].MessageID || other[0].MessageID == d.MessageID {
		t.Error("two messages have one id")
	}
}

// TestEnqueueOfPgx: the transactions that take positions in on PostgreSQL are of another library.
func TestEnqueueOfPgx(t *testing.T) {
	db := testkit.Postgres(t)
	w := newWorld(t, db)
	mine, _ := w.webhook("https://example.com")
	events := []Event{{AccountID: w.acme, Type: "trip.started", Key: "b"}, {AccountID: w.acme, Type: "trip.started", Key: "a"}}
	for range 2 {
		must(t, db.PostgresTx(t.Context(), func(tx pgx.Tx) error { return w.node.Enqueue(t.Context(), store.PostgresWriter(tx), events) }))
	}
	if log := w.log(mine.ID); len(log) != 2 {
		t.Errorf("%+v", log)
	}
}

// statements counts what is asked of a transaction.
type statements struct {
	store.Writer
	n int
}

func (s *statements) Each(ctx context.Context, query string, args []any, fn func(func(...any) error) error) error {
	s.n++
	return s.Writer.Each(ctx, query, args, fn)
}

func (s *statements) DoEach(ctx context.Context, query string, rows [][]any) error {
	s.n += min(len(rows), 1)
	return s.Writer.DoEach(ctx, query, rows)
}

// TestEnqueueCostsNothing where nobody wants the events, from the second time on; and a webhook that is made then is
// known at once.
func TestEnqueueCostsNothing(t *testing.T) {
	db := testkit.SQLite(t)
	w := newWorld(t, db)
	count := func() int {
		counted := &statements{}
		must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
			counted.Writer = tx
			return w.node.Enqueue(t.Context(), counted, []Event{{AccountID: w.acme, Type: "alert.triggered", Key: fmt.Sprint(w.clock.Now().UnixNano())}})
		}))
		return counted.n
	}
	count()
	if n := count(); n != 0 {
		t.Errorf("%d statements", n)
	}
	w.webhook("https://example.com")
	if n := count(); n != 2 {
		t.Errorf("%d statements with a new webhook", n)
	}
	if n := count(); n != 1 {
		t.Errorf("%d statements with a known webhook", n)
	}
}
