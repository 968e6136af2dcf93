package reporting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// ask asks for a report of an account, and returns its id.
func (w *world) ask(accountID int64, key, title, priority string) string {
	w.t.Helper()
	w.clock.Advance(time.Millisecond) // no two of the same moment
	r, made, err := w.Generate(context.Background(), Account{accountID, key, key}, 1,
		Request{Type: "mileage", Format: "json", Title: title, Priority: priority, DateFrom: "2026-05-01", DateTo: "2026-05-31"})
	must(w.t, err)
	if !made {
		w.t.Fatalf("%s of %s is there already", title, key)
	}
	return r.ID
}

// lorry gives an account an asset.
func (w *world) lorry(accountID int64) {
	w.t.Helper()
	_, err := w.fleet.Create(w.t.Context(), accountID, fleet.Draft{Name: "Lorry"})
	must(w.t, err)
}

// order keeps the reports that makers begin, as "account title".
func (w *world) order(makers ...*maker) (begun func() []string) {
	var mu sync.Mutex
	var list []string
	for _, m := range makers {
		m.saw = func(r report.Request) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, r.AccountKey+" "+r.Title)
		}
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}

// idle waits until nothing is queued or made.
func (w *world) idle() {
	w.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if queued, processing, err := w.Waiting(w.t.Context()); err == nil && queued+processing == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("they are not made within three minutes")
		}
	}
}

// testTurns: an account that asks for many reports lets another's be made between them, and its own go by priority, then age.
func testTurns(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.pace.lease = 20 * time.Second // nobody is overtaken
	third := testkit.Account(t, db, "third")
	w.lorry(w.other)
	w.lorry(third)
	const many = 200
	for i := range many {
		w.ask(w.acme, "acme", fmt.Sprint(i), "standard")
	}
	w.ask(w.acme, "acme", "low", "low")
	w.ask(w.acme, "acme", "high", "high")
	w.ask(w.other, "other", "one", "low")
	w.ask(third, "third", "first", "low")
	w.ask(third, "third", "second", "low")
	w.ask(third, "third", "third", "high")
	begun := w.order(w.maker)
	// One is broken off, and tried again: it waits for its turn as the others do.
	tries := 0
	w.maker.wait = func(context.Context) error {
		if tries++; tries == 4 {
			return fault.New(fault.Unavailable, "away")
		}
		return nil
	}
	w.run(w.node)
	w.idle()
	got := begun()
	want := []string{"acme high", "other one", "third third", "acme 0", "third first"}
	if len(got) != many+7 || !slices.Equal(got[:len(want)], want) {
		t.Fatalf("%d begun, first %v, want %v", len(got), got[:min(len(got), 8)], want)
	}
	// The rest of the third account came between those of the first, and those of the first came in order but for the one broken off.
	if i := slices.Index(got, "third second"); i > 7 {
		t.Errorf("third second was begun as number %d", i)
	}
	var first []string
	for _, line := range got[4:] {
		if title, ours := strings.CutPrefix(line, "acme "); ours && title != "0" {
			first = append(first, title)
		}
	}
	for i := range many - 1 {
		if first[i] != fmt.Sprint(i+1) {
			t.Fatalf("number %d of acme is %s", i+1, first[i])
		}
	}
	if first[many-1] != "low" {
		t.Errorf("the last of acme is %s", first[many-1])
	}
	// What is left of the line goes with the next turn.
	must(t, w.work(t.Context(), ""))
	var left int
	must(t, db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM report_turns`).Scan(&left))
	if left > 0 {
		t.Errorf("%d accounts wait for nothing", left)
	}
}

// testTurnsOfNodes: with several nodes each report is made once, and one of another account among the next few.
func testTurnsOfNodes(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.lorry(w.other)
	second := w.start(&maker{})
	begun := w.order(w.maker, second.maker)
	const many = 60
	for i := range many {
		w.ask(w.acme, "acme", fmt.Sprint(i), "high")
	}
	// Four workers have begun one each when the other account asks.
	let := make(chan struct{})
	for _, n := range []*node{w.node, second} {
		n.pace.lease = 20 * time.Second
		n.Configure(func(o *Options) { o.Limits.Workers = 2 })
		n.maker.wait = func(context.Context) error { <-let; return nil }
		w.run(n)
	}
	for len(begun()) < 4 {
		time.Sleep(5 * time.Millisecond)
	}
	w.ask(w.other, "other", "one", "low")
	close(let)
	w.idle()
	got := begun()
	// Whoever claims first needn't begin first: each of the four may be at one.
	if at := slices.Index(got, "other one"); at < 4 || at > 4+4 {
		t.Errorf("it was begun as number %d", at)
	}
	slices.Sort(got)
	if len(got) != many+1 || len(slices.Compact(got)) != many+1 {
		t.Errorf("%d were begun, %d of them different, want %d", len(got), len(slices.Compact(slices.Clone(got))), many+1)
	}
}

// testLostTurn: where a job was lost with the process that had taken it, the report is made all the same.
func testLostTurn(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	id := w.ask(w.acme, "acme", "May", "standard")
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Do(t.Context(), `DELETE FROM river_job`)
		if n != 1 {
			t.Errorf("%d jobs", n)
		}
		return err
	}))
	must(t, w.spare(t.Context()))
	w.run(w.node)
	w.until(id, Completed)
}
