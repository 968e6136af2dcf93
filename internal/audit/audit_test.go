package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newLog(t testing.TB, db *store.DB) *audit.Log {
	t.Helper()
	server, err := secret.Parse(strings.Repeat("QUJD", 11))
	must(t, err)
	return audit.New(db, server)
}

// record records an event as a command of the operator does.
func record(t testing.TB, db *store.DB, l *audit.Log, e audit.Event) {
	t.Helper()
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error { return l.Record(t.Context(), tx, e) }))
}

func exec(t testing.TB, db *store.DB, statement string, args ...any) {
	t.Helper()
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), statement, args...)
		return err
	}))
}

// numbers reads a page and answers the events' numbers.
func numbers(t testing.TB, l *audit.Log, accountID int64, f audit.Filter) (list []int64, next int64) {
	t.Helper()
	events, next, err := l.List(t.Context(), accountID, f)
	must(t, err)
	for _, e := range events {
		list = append(list, e.Number)
	}
	return list, next
}

func TestRecord(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		ctx := web.WithRequest(t.Context(), &web.Request{ID: "r", UserAgent: "curl\x00/8\n" + strings.Repeat("é", 500),
			Principal: &bearer.Principal{Credential: bearer.Credential{ID: "key:7"}, User: &bearer.User{ID: 9, Name: "Ann"}}})
		must(t, db.Tx(ctx, func(tx *store.Tx) error {
			return l.Record(ctx, tx, audit.Event{AccountID: 3, Action: "client.created", Subject: "abc", SubjectName: "Reader", Detail: map[string]string{"scopes": "read:assets"}})
		}))
		record(t, db, l, audit.Event{AccountID: 3, Action: "client.deleted", Subject: "abc"})
		events, next, err := l.List(t.Context(), 3, audit.Filter{})
		must(t, err)
		if len(events) != 2 || next != 0 || events[0].UserName != audit.Operator || events[0].Action != "client.deleted" {
			t.Fatalf("%+v, next %d", events, next)
		}
		e := events[1]
		if e.Number != 1 || e.UserID != 9 || e.UserName != "Ann" || e.Credential != "key:7" || e.Detail["scopes"] != "read:assets" {
			t.Errorf("%+v", e)
		}
		if want := "curl /8 " + strings.Repeat("é", 192); e.UserAgent != want {
			t.Errorf("user agent %q", e.UserAgent)
		}
		if got, _ := numbers(t, l, audit.Installation, audit.Filter{Action: audit.Started}); len(got) != 1 {
			t.Errorf("the installation's log has %v", got)
		}
		err = db.Tx(t.Context(), func(tx *store.Tx) error {
			must(t, tx.Announce(t.Context(), "a", "b"))
			return l.Record(t.Context(), tx, audit.Event{Action: "late.event"})
		})
		if err == nil {
			t.Error("an event was recorded after an announcement")
		}
	})
}

// TestConcurrentRecords: many at once make one chain without gaps or forks.
func TestConcurrentRecords(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for range 10 {
					record(t, db, l, audit.Event{AccountID: int64(1 + i%2), Action: "thing.done"})
				}
			})
		}
		wait.Wait()
		reports, err := l.VerifyAll(t.Context())
		must(t, err)
		if len(reports) != 3 || reports[1].Events != 40 || reports[2].Events != 40 {
			t.Errorf("%+v", reports)
		}
		for _, r := range reports {
			if r.Faults != 0 {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestList(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		var events []audit.Event
		for i := range 10 {
			events = append(events, audit.Event{AccountID: 1, At: day.Add(time.Duration(i) * time.Hour), Action: []string{"client.created", "key.created"}[i%2],
				UserID: int64(1 + i%3), Subject: fmt.Sprint("key:", i%4), Credential: "session:1"})
		}
		events[9].At = day.Add(30 * time.Minute) // came late
		events = append(events, audit.Event{AccountID: 2, At: day, Action: "client.created"}, audit.Event{AccountID: 1, At: day.Add(8 * time.Hour), Action: "clients.counted"})
		must(t, db.Tx(t.Context(), func(tx *store.Tx) error { return l.RecordPast(t.Context(), tx, events) }))
		for _, c := range []struct {
			name string
			f    audit.Filter
			want string
			next int64
		}{
			{"all, by time", audit.Filter{}, "[11 9 8 7 6 5 4 3 2 10 1]", 0},
			{"a page", audit.Filter{Limit: 3}, "[11 9 8]", 8},
			{"the next", audit.Filter{Limit: 3, Before: 8}, "[7 6 5]", 5},
			{"the last", audit.Filter{Limit: 3, Before: 2}, "[10 1]", 0},
			{"an exact page", audit.Filter{Limit: 2, Before: 2}, "[10 1]", 0},
			{"an action", audit.Filter{Action: "client.created"}, "[9 7 5 3 1]", 0},
			{"a noun", audit.Filter{Action: "client."}, "[9 7 5 3 1]", 0},
			{"no such", audit.Filter{Action: "client"}, "[]", 0},
			{"a user", audit.Filter{UserID: 2}, "[8 5 2]", 0},
			{"a subject", audit.Filter{Subject: "key:3"}, "[8 4]", 0},
			{"a credential, a page", audit.Filter{Credential: "session:1", Limit: 1, Before: 10}, "[1]", 0},
			{"several", audit.Filter{Action: "client.", UserID: 1, Limit: 1}, "[7]", 7},
			{"half open", audit.Filter{From: day.Add(2 * time.Hour), To: day.Add(4 * time.Hour)}, "[4 3]", 0},
			{"between milliseconds", audit.Filter{From: day.Add(3*time.Hour + 1), To: day.Add(4*time.Hour + 1)}, "[5]", 0},
		} {
			got, next := numbers(t, l, 1, c.f)
			if fmt.Sprint(got) != c.want || next != c.next {
				t.Errorf("%s: %v, next %d", c.name, got, next)
			}
		}
		if _, _, err := l.List(t.Context(), 1, audit.Filter{Before: 99}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown cursor: %v", err)
		}
		if got, _ := numbers(t, l, 2, audit.Filter{}); len(got) != 1 {
			t.Errorf("the other account: %v", got)
		}
	})
}

// fill makes n events of account 1 without macs, quickly.
func fill(t testing.TB, db *store.DB, n int) {
	exec(t, db, `INSERT INTO audit_events (`+audit.EventColumns+`)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		SELECT 1, i, 1000 * i, CASE WHEN i % 3 = 0 THEN 'client.created' ELSE 'session.began' END, CASE WHEN i % 3 = 0 THEN 'client' ELSE 'session' END,
			i % 7, 'Ann', CASE WHEN i % 5 = 0 THEN 'key:1' ELSE 'key:2' END, CASE WHEN i % 11 = 0 THEN 'user:1' ELSE 'user:2' END, '', '203.0.113.7', 'curl', '{}', $2 FROM n`,
		n, []byte{1})
}

// filters are those that an index must serve.
func filters() map[string]audit.Filter {
	return map[string]audit.Filter{
		"none": {}, "action": {Action: "client.created"}, "noun": {Action: "client."}, "user": {UserID: 3}, "credential": {Credential: "key:1"},
		"subject": {Subject: "user:1"}, "time": {From: time.UnixMilli(2_000_000), To: time.UnixMilli(9_000_000)},
		"action and time": {Action: "client.created", From: time.UnixMilli(2_000_000)}, "user and noun": {UserID: 3, Action: "client."},
	}
}

// TestPlans: no list reads the whole table or sorts, whatever the filter and however far back the page.
func TestPlans(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		fill(t, db, 20_000)
		explain := `EXPLAIN QUERY PLAN `
		if db.Dialect == store.Postgres {
			exec(t, db, `ANALYZE audit_events`)
			explain = `EXPLAIN `
		}
		for name, f := range filters() {
			for _, newestFirst := range []bool{true, false} {
				for _, deep := range []bool{false, true} {
					query, args := f.Query(1, newestFirst, deep)
					plan := planOf(t, db, explain+query, args)
					if strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN") || strings.Contains(plan, "B-TREE") {
						t.Errorf("%s, newest first %v, deep %v:\n%s", name, newestFirst, deep, plan)
					}
				}
			}
		}
	})
}

func planOf(t *testing.T, db *store.DB, query string, args []any) string {
	t.Helper()
	var plan strings.Builder
	must(t, db.Rows(t.Context(), query, args, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(sql.NullString)
		}
		err = rows.Scan(row...)
		fmt.Fprintln(&plan, row[len(row)-1].(*sql.NullString).String)
		return err
	}))
	return plan.String()
}

// BenchmarkPage shows that a page takes no longer of a million events than of a thousand.
func BenchmarkPage(b *testing.B) {
	for _, size := range []int{1_000, 1_000_000} {
		for _, open := range []func(testing.TB) *store.DB{testkit.SQLite, testkit.Postgres} {
			db := open(b)
			l := newLog(b, db)
			fill(b, db, size)
			if db.Dialect == store.Postgres {
				exec(b, db, `ANALYZE audit_events`)
			}
			for name, f := range filters() {
				if name == "time" || name == "action and time" {
					continue // of other moments in the two sizes
				}
				f.Before = int64(size / 2)
				b.Run(fmt.Sprintf("%s/%d/%s", db.Dialect, size, name), func(b *testing.B) {
					for b.Loop() {
						if events, _, err := l.List(context.Background(), 1, f); err != nil || len(events) == 0 {
							b.Fatal(len(events), err)
						}
					}
				})
			}
		}
	}
}
