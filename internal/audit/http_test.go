package audit_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// gate lets everyone into account 1 as Ann. The real guard is tested where it lives.
type gate struct{}

func (gate) Guard(_ web.Route, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("account_key") != "acme" {
			web.WriteError(w, r, fault.Missing("Account"))
			return
		}
		p := &bearer.Principal{Credential: bearer.Credential{ID: "key:7"}, User: &bearer.User{ID: 9, Name: "Ann"}, Account: bearer.Membership{AccountID: 1}}
		ctx := web.WithRequest(r.Context(), &web.Request{ID: "r"})
		next.ServeHTTP(w, r.WithContext(bearer.WithPrincipal(ctx, p)))
	}), nil
}

func routerOf(t *testing.T, l *audit.Log) *web.Router {
	t.Helper()
	r := web.NewRouter(web.Info{Title: "test", Version: "test"}, gate{}, nil)
	l.Routes(r)
	must(t, r.Err())
	return r
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestPages(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		chain(t, db, l, 5)
		r := routerOf(t, l)
		path, list := "/api/acme/audit?limit=2", ""
		for path != "" {
			answer := get(r, path)
			var page audit.Page
			must(t, json.Unmarshal(answer.Body.Bytes(), &page))
			for _, e := range page.Data {
				list += fmt.Sprint(e.Number, " ")
			}
			path = ""
			if page.Meta.NextCursor != nil {
				path = "/api/acme/audit?limit=2&cursor=" + *page.Meta.NextCursor
			}
		}
		if list != "5 4 3 2 1 " {
			t.Errorf("pages have %s", list)
		}
		one := get(r, "/api/acme/audit?subject=thing:3&action=thing.").Body.String()
		if !strings.HasPrefix(one, `{"data":[{"number":3,"at":"`) || !strings.Contains(one, `"user_id":null,"user_name":"","credential":"","subject":"thing:3"`) || !strings.Contains(one, `"meta":{"next_cursor":null}`) {
			t.Error(one)
		}
		for query, want := range map[string]string{
			"limit=501": "from 1 to 500", "limit=0": "from 1 to 500", "limit=x": "from 1 to 500", "cursor=99": "next_cursor", "cursor=-1": "next_cursor",
			"user_id=x": "user's id", "from=yesterday": "RFC 3339", "colour=red": "unknown", "action=a&action=b": "given twice", "format=xml": "json, csv or jsonl",
			"format=csv&limit=5": "goes with a page", "format=csv&cursor=5": "goes with a page", "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z": "must not be before", "%zz": "can't be read",
		} {
			if answer := get(r, "/api/acme/audit?"+query); answer.Code != 422 || !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: %d %s", query, answer.Code, answer.Body)
			}
		}
		if answer := get(r, "/api/other/audit"); answer.Code != 404 {
			t.Errorf("another account: %d", answer.Code)
		}
		if access := r.Routes()[0].Access; access.Scope != "manage:credentials" || access.Role != "admin" {
			t.Errorf("%+v", access)
		}
	})
}

func TestExport(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		day := time.Date(2026, 3, 1, 8, 30, 0, 5e6, time.UTC)
		must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
			return l.RecordPast(t.Context(), tx, []audit.Event{
				{AccountID: 1, At: day, Action: "client.created", UserID: 9, UserName: "=cmd()", Subject: "@x", SubjectName: `-a "b", c`, UserAgent: "+1", IP: "203.0.113.7", Detail: map[string]string{"scopes": "<read>"}},
				{AccountID: 1, At: day.Add(-time.Hour), Action: "key.created"},
				{AccountID: 2, At: day, Action: "client.created"},
			})
		}))
		r := routerOf(t, l)
		answer := get(r, "/api/acme/audit?format=csv&action=client.&from=2026-03-01T00:00:00Z")
		rows, err := csv.NewReader(answer.Body).ReadAll()
		if err != nil || len(rows) != 2 || fmt.Sprintf("%q", rows[1]) != fmt.Sprintf("%q", []string{"1", "2026-03-01T08:30:00.005Z", "client.created", "9", "'=cmd()", "",
			"'@x", `'-a "b", c`, "203.0.113.7", "'+1", `{"scopes":"<read>"}`}) {
			t.Errorf("%q, %v", rows, err)
		}
		if h := answer.Header(); h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Content-Disposition") != `attachment; filename="audit-acme.csv"` {
			t.Errorf("%v", h)
		}
		lines := get(r, "/api/acme/audit?format=jsonl").Body.String()
		if strings.Count(lines, "\n") != 3 || !strings.HasPrefix(lines, `{"number":2,`) || !strings.Contains(lines, `"detail":{"action":"client.","format":"csv","from":"2026-03-01T00:00:00Z"}}`) ||
			!strings.Contains(lines, `"action":"audit.exported","user_id":9,"user_name":"Ann","credential":"key:7"`) {
			t.Error(lines)
		}
		var whole struct{ Data []audit.Entry }
		text := get(r, "/api/acme/audit?format=json").Body.Bytes()
		if err := json.Unmarshal(text, &whole); err != nil || len(whole.Data) != 4 || whole.Data[1].Detail["scopes"] != "<read>" {
			t.Errorf("%s, %v", text, err)
		}
		for format, want := range map[string]string{"json": "{\"data\":[]}\n", "jsonl": "", "csv": "number,at,action,user_id,user_name,credential,subject,subject_name,ip,user_agent,detail\r\n"} {
			answer := get(r, "/api/acme/audit?action=none&format="+format)
			if got := answer.Body.String(); got != want || answer.Header().Get("Content-Disposition") == "" {
				t.Errorf("nothing as %s: %q %v", format, got, answer.Header())
			}
		}
	})
}

// TestLongExport: an export is read in batches, whole, in order of time and without repeats.
func TestLongExport(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		chain(t, db, l, 2500) // most of them of the same millisecond or two
		lines := strings.Split(strings.TrimSpace(get(routerOf(t, l), "/api/acme/audit?format=jsonl").Body.String()), "\n")
		if len(lines) != 2500 {
			t.Fatalf("%d lines", len(lines))
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, fmt.Sprintf(`{"number":%d,`, i+1)) {
				t.Fatalf("line %d: %s", i+1, line)
			}
		}
		out := &failing{left: 50_000}
		if err := l.Export(t.Context(), 1, audit.Filter{}, audit.CSV, out); !errors.Is(err, errFull) {
			t.Errorf("a reader that is gone: %v", err)
		}
	})
}

var errFull = errors.New("full")

type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}
