package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// news polls for what has changed, and returns the times told by asset and the next cursor.
func (n *node) news(query string) (told map[int64]int64, meta LastMeta) {
	n.tb.Helper()
	answer := n.send(httptest.NewRequest("GET", path("position?%s", query), nil))
	var page LastPage
	if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || answer.Code != 200 {
		n.tb.Fatalf("%s: %d %.300s: %v", query, answer.Code, answer.Body, err)
	}
	told = map[int64]int64{}
	for _, l := range page.Data {
		if _, twice := told[l.AssetID]; twice || l.Position.AssetID != l.AssetID {
			n.tb.Errorf("asset %d is told twice", l.AssetID)
		}
		told[l.AssetID] = l.Position.Timestamp.UnixMilli()
	}
	return told, page.Meta
}

func TestChangedSince(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		a, b, c := n.asset(n.acme, ""), n.asset(n.acme, ""), n.asset(n.acme, "")
		theirs := n.asset(n.other, "")
		if _, err := n.service.Ingest(t.Context(), n.other, []Position{at(theirs, 0)}); err != nil {
			t.Fatal(err)
		}
		told, meta := n.news("")
		if len(told) != 0 || meta.More {
			t.Errorf("before anything: %v %+v", told, meta)
		}
		n.ingest(at(a, 1), at(b, 1))
		expect := func(query string, more bool, want map[int64]int64) string {
			t.Helper()
			told, meta := n.news(query)
			if diff := cmp.Diff(want, told); diff != "" || meta.More != more {
				t.Errorf("%s: %s, more %v", query, diff, meta.More)
			}
			return meta.NextCursor
		}
		first, second := at(a, 1).Time, at(a, 2).Time
		both := expect("changed_since="+meta.NextCursor, false, map[int64]int64{a: first, b: first})
		one, meta := n.news("limit=1") // either of them: they may have been stored side by side
		two, end := n.news("limit=1&changed_since=" + meta.NextCursor)
		maps.Copy(one, two)
		if diff := cmp.Diff(map[int64]int64{a: first, b: first}, one); diff != "" || !meta.More || end.More || end.NextCursor != both {
			t.Error(diff, meta, end)
		}
		if again := expect("changed_since="+both, false, map[int64]int64{}); again != both {
			t.Error("the cursor moved though nothing has changed")
		}
		n.ingest(at(a, 2), at(c, 2))
		n.ingest(at(c, 2)) // a repeat is no change
		last := expect("changed_since="+both, false, map[int64]int64{a: second, c: second})
		expect("", false, map[int64]int64{a: second, b: first, c: second})
		// The highest number goes with its asset, and isn't used again.
		if err := n.fleet.Delete(t.Context(), n.acme, c); err != nil {
			t.Fatal(err)
		}
		n.ingest(at(a, 3))
		expect("changed_since="+last, false, map[int64]int64{a: at(a, 3).Time})
	})
}

func TestChangedRecord(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "")
	p := Position{AssetID: id, Time: goodTime(), Latitude: 1, Longitude: 2, Speed: Some(50.0), Ignition: Some(true), Odometer: Some(12.5)}
	n.ingest(p)
	position := n.want(200, "GET", path("asset/%d/position", id), "")["data"]
	want := map[string]any{"asset_id": float64(id), "status": "moving", "odometer": 12.5, "engine_hours": 0.0, "driver_id": nil, "position": position}
	if diff := cmp.Diff([]any{want}, n.want(200, "GET", path("position"), "")["data"]); diff != "" {
		t.Error(diff)
	}
	n.now = n.now.Add(time.Hour)
	if got := n.want(200, "GET", path("position"), "")["data"].([]any)[0].(map[string]any)["status"]; got != "offline" {
		t.Errorf("an hour later it is %v", got)
	}
	for query, field := range map[string]string{"limit=0": "limit", "limit=10001": "limit", "changed_since=x": "changed_since", "changed_since=": "changed_since",
		"changed_since=__________________________8": "changed_since", "cursor=x": "cursor", "limit=1&limit=2": "limit", "%zz": "query"} {
		if errors := n.want(422, "GET", path("position?%s", query), "")["errors"].(map[string]any); errors[field] == nil || len(errors) != 1 {
			t.Errorf("%s: %v", query, errors)
		}
	}
}

// Who is limited to a part sees theirs alone.
func TestChangedOfAPart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		a, b := n.asset(n.acme, ""), n.asset(n.acme, "")
		n.ingest(at(a, 1), at(b, 1))
		for _, tt := range []struct {
			part *bearer.Part
			want []int64
		}{{&bearer.Part{Assets: []int64{b}}, []int64{b}}, {&bearer.Part{}, nil}, {nil, []int64{a, b}}} {
			var told []int64
			_, _, err := n.service.changedSince(t.Context(), n.acme, tt.part, change{}, 10, func(l *lastKnown, _ string) { told = append(told, l.AssetID) })
			slices.Sort(told) // they may have been stored side by side
			if diff := cmp.Diff(tt.want, told); diff != "" || err != nil {
				t.Error(tt.part, diff, err)
			}
		}
	})
}

// A transaction with a lower number that commits later must not be passed over.
func TestChangedWaitsForTransactionsUnderWay(t *testing.T) {
	n := newNode(t, testkit.Postgres(t))
	slow, quick := n.asset(n.acme, ""), n.asset(n.acme, "")
	n.ingest(at(slow, 1), at(quick, 1))
	_, meta := n.news("")
	err := n.db.PostgresTx(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE last_positions SET time = time + 1, changed = pg_current_xact_id()::text::bigint WHERE asset_id = $1`, slow)
		n.ingest(at(quick, 2)) // commits first, with the higher number
		if told, again := n.news("changed_since=" + meta.NextCursor); len(told) != 0 || again != meta {
			t.Errorf("%v %+v", told, again)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	told, _ := n.news("changed_since=" + meta.NextCursor)
	if diff := cmp.Diff(map[int64]int64{slow: at(slow, 1).Time + 1, quick: at(quick, 2).Time}, told); diff != "" {
		t.Error(diff)
	}
}

// Who asks once what was missed is told what is committed, though a transaction with a lower number is under way, and finds behind the
// cursor what that one brings.
func TestMissedIsToldAtOnce(t *testing.T) {
	n := newNode(t, testkit.Postgres(t))
	slow, quick := n.asset(n.acme, ""), n.asset(n.acme, "")
	n.ingest(at(slow, 1), at(quick, 1))
	missed := func(since string) (told map[int64]int64, next string) {
		t.Helper()
		told = map[int64]int64{}
		next, err := n.service.Changed(t.Context(), n.acme, nil, since, func(m Move) { told[m.AssetID] = m.Time })
		if err != nil {
			t.Fatal(err)
		}
		return told, next
	}
	_, before := missed("")
	next := ""
	err := n.db.PostgresTx(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE last_positions SET time = time + 1, changed = pg_current_xact_id()::text::bigint WHERE asset_id = $1`, slow)
		n.ingest(at(quick, 2))
		var told map[int64]int64
		if told, next = missed(before); len(told) != 1 || told[quick] != at(quick, 2).Time || next != before {
			t.Errorf("%v, and the cursor goes from %s to %s", told, before, next)
		}
		if told, _ = missed(""); len(told) != 2 || told[quick] != at(quick, 2).Time || told[slow] != at(slow, 1).Time {
			t.Errorf("from the beginning: %v", told)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	told, _ := missed(next)
	if diff := cmp.Diff(map[int64]int64{slow: at(slow, 1).Time + 1, quick: at(quick, 2).Time}, told); diff != "" {
		t.Error(diff)
	}
}

// What a poller has heard is what is stored, however many write at the same time.
func TestPollerMissesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		nodes := []*node{n, n}
		if db.Dialect == store.Postgres {
			nodes[1] = n.second(db)
		}
		const assets, writers, rounds = 12, 6, 25
		var ids []int64
		for range assets {
			ids = append(ids, n.asset(n.acme, ""))
		}
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range rounds {
					id := ids[(w*5+i*7)%assets]
					if _, err := nodes[w%2].service.Ingest(t.Context(), n.acme, []Position{at(id, i*writers+w), at(ids[(w+i)%assets], i*writers+w)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() {
			writing.Wait()
			close(done)
		}()
		heard := map[int64]int64{}
		cursor, polls := "", 0
		for last := false; ; polls++ {
			query := fmt.Sprintf("limit=%d", 1+polls%5)
			if cursor != "" {
				query += "&changed_since=" + cursor
			}
			told, meta := n.news(query)
			for id, ms := range told {
				if ms < heard[id] {
					t.Errorf("asset %d went back", id)
				}
				heard[id] = ms
			}
			if cursor = meta.NextCursor; last && !meta.More {
				break
			}
			select {
			case <-done:
				last = true
			default:
			}
		}
		all, _ := n.news("")
		if diff := cmp.Diff(all, heard); diff != "" {
			t.Errorf("after %d polls: %s", polls, diff)
		}
	})
}

// A database that was written out and read into another server counts anew: pollers begin anew there.
func TestChangedInAnotherLife(t *testing.T) {
	n := newNode(t, testkit.Postgres(t))
	id := n.asset(n.acme, "")
	n.ingest(at(id, 1))
	err := n.db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE last_positions SET changed = 1000000000000`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	former := change{1_000_000_000_000, id}.cursor()
	if told, _ := n.news("changed_since=" + former); len(told) != 0 {
		t.Error(told)
	}
	if err := n.store.newLife(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, meta := n.news("changed_since=" + former)
	if len(told) != 1 {
		t.Error("not told anew")
	}
	n.ingest(at(id, 2))
	if told, _ = n.news("changed_since=" + meta.NextCursor); len(told) != 1 {
		t.Error("the next change is missed")
	}
}

// A database that was moved from SQLite counts on from there: pollers go on with the cursors that they have.
func TestChangedAfterAMove(t *testing.T) {
	const far = 1_000_000_000_000 // more than PostgreSQL has had transactions
	n, sqlite := newNode(t, testkit.Postgres(t)), testkit.SQLite(t)
	a, b := n.asset(n.acme, ""), n.asset(n.acme, "")
	n.ingest(at(a, 1), at(b, 1))
	from, _ := sqlite.Pools()
	_, to := n.db.Pools()
	if _, err := from.ExecContext(t.Context(), `UPDATE position_changes SET number = $1`, far); err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginFunc(t.Context(), to, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `UPDATE last_positions SET changed = $1 + asset_id - $2`, far, b); err != nil {
			return err
		}
		return TakeOver(t.Context(), from, tx)
	}); err != nil {
		t.Fatal(err)
	}
	if err := n.store.newLife(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, former := change{far, b}.cursor(), change{far - 1, a}.cursor()
	_, meta := n.news("")
	if meta.NextCursor != seen {
		t.Errorf("the head is %s, not %s", meta.NextCursor, seen)
	}
	if told, _ := n.news("changed_since=" + seen); len(told) != 0 {
		t.Errorf("told again: %v", told)
	}
	if told, _ := n.news("changed_since=" + former); len(told) != 1 || told[b] == 0 {
		t.Errorf("behind the last but one: %v", told)
	}
	n.ingest(at(a, 2))
	if told, _ := n.news("changed_since=" + seen); len(told) != 1 || told[a] == 0 {
		t.Errorf("the next change is missed: %v", told)
	}
}

// A copy of an SQLite file in the file's place knows nothing of what was told since: pollers begin anew there too.
func TestChangedInACopy(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "")
	n.ingest(at(id, 1))
	_, meta := n.news("")
	if told, _ := n.news("changed_since=" + meta.NextCursor); len(told) != 0 {
		t.Error("told twice")
	}
	told, meta := n.news("changed_since=" + change{1000, id}.cursor())
	if len(told) != 1 {
		t.Error("not told anew")
	}
	n.ingest(at(id, 2))
	if told, _ = n.news("changed_since=" + meta.NextCursor); len(told) != 1 {
		t.Error("the next change is missed")
	}
}

func FuzzChangedQuery(f *testing.F) {
	for _, seed := range []string{"", "limit=5&changed_since=" + change{5, 7}.cursor(), "changed_since=x", "limit=1&limit=2", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		since, limit, err := parseChanged(query)
		if err == nil && (limit < 1 || limit > maxLimit || since.number < 0 || since.assetID < 0) {
			t.Errorf("%q: %+v, %d", query, since, limit)
		}
	})
}

// An account that fits into one answer is read in another way than one that doesn't: both tell the same, in the same order.
func TestWholeIsWhatItsPagesAre(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		var ids []int64
		for range 7 {
			ids = append(ids, n.asset(n.acme, ""))
		}
		for i, k := range []int{3, 0, 6, 2, 5, 1, 4, 0, 5} {
			n.ingest(at(ids[k], i+1))
		}
		for _, part := range []*bearer.Part{nil, {Assets: []int64{ids[1], ids[5], ids[6]}}, {}} {
			want, from := "", change{}
			for more := true; more; {
				var err error
				if from, more, err = n.service.changedSince(t.Context(), n.acme, part, from, 2, func(l *lastKnown, status string) {
					if want != "" {
						want += ","
					}
					want += string(appendLast(nil, l, status))
				}); err != nil {
					t.Fatal(err)
				}
			}
			got, last, done, err := n.service.appendWhole(t.Context(), nil, n.acme, part, len(ids))
			if string(got) != want || last != from || !done || err != nil {
				t.Errorf("%+v: %s\nwant %s\n%v %v %v %v", part, got, want, last, from, done, err)
			}
		}
		if got, _, done, err := n.service.appendWhole(t.Context(), []byte("["), n.acme, nil, len(ids)-1); string(got) != "[" || done || err != nil {
			t.Errorf("one more than the limit: %s %v %v", got, done, err)
		}
	})
}

// TestMovesOfAPart: who is told the newest positions of a part reads that part, from the beginning and from a cursor.
func TestMovesOfAPart(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		a, b, c := n.asset(n.acme, ""), n.asset(n.acme, ""), n.asset(n.acme, "")
		n.want(200, "PATCH", path("asset/%d", b), `{"group":"North"}`)
		n.ingest(at(a, 1), at(b, 1), at(c, 1))
		told := func(part *bearer.Part, since string) (ids []int64, next string) {
			t.Helper()
			next, err := n.service.Changed(t.Context(), n.acme, part, since, func(m Move) {
				if m.AccountID != n.acme || m.Time != at(m.AssetID, 1).Time && m.Time != at(m.AssetID, 2).Time || !bytes.Contains(m.JSON, []byte(`"status":`)) {
					t.Errorf("%+v %s", m, m.JSON)
				}
				ids = append(ids, m.AssetID)
			})
			if err != nil {
				t.Error(err)
			}
			slices.Sort(ids)
			return ids, next
		}
		all, cursor := told(nil, "")
		one, _ := told(&bearer.Part{Assets: []int64{c}}, "")
		group, _ := told(&bearer.Part{Groups: []string{"North"}}, "")
		both, _ := told(&bearer.Part{Groups: []string{"North"}, Assets: []int64{a}}, "no cursor")
		none, _ := told(&bearer.Part{}, "")
		if diff := cmp.Diff([][]int64{{a, b, c}, {c}, {b}, {a, b}, nil}, [][]int64{all, one, group, both, none}); diff != "" {
			t.Error(diff)
		}
		if head, err := n.service.Head(t.Context(), n.acme); err != nil || head != cursor {
			t.Errorf("behind all there is %s, not %s (%v)", cursor, head, err)
		}
		n.ingest(at(b, 2), at(c, 2))
		one, _ = told(&bearer.Part{Assets: []int64{c}}, cursor)
		group, _ = told(&bearer.Part{Assets: []int64{a}}, cursor)
		if diff := cmp.Diff([][]int64{{c}, nil}, [][]int64{one, group}); diff != "" {
			t.Error(diff)
		}
	})
}
