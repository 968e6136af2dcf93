package trail

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// every is one position each so many minutes, count of them, the last one a minute before now.
func every(id int64, minutes, count int) []Position {
	list := make([]Position, count)
	for i := range list {
		list[i] = Position{AssetID: id, Time: goodTime() - 60_000 - int64(count-1-i)*int64(minutes)*60_000, Latitude: float64(i%50) / 10, Longitude: 13}
	}
	return list
}

func (n *node) keep(accountID int64, days int64) {
	n.tb.Helper()
	in := DefaultSettings()
	if days > 0 {
		in.RetentionDays = &days
	}
	if err := n.service.UpdateSettings(n.tb.Context(), accountID, in); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *node) retain() {
	n.tb.Helper()
	if err := n.service.retain(n.tb.Context(), 500); err != nil {
		n.tb.Fatal(err)
	}
}

// months lists the partitions of positions; nil on SQLite, which has none.
func (n *node) months() (names []string) {
	n.tb.Helper()
	if n.db.Dialect != store.Postgres {
		return nil
	}
	err := n.db.View(n.tb.Context(), func(tx store.Writer) error {
		list, err := partitions(n.tb.Context(), tx)
		for _, m := range list {
			names = append(names, strings.TrimPrefix(m.name, "positions_"))
		}
		return err
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	return names
}

// What is older than an account keeps it goes, nobody else's does, and what followers concluded of it stays, even when they have to
// go back for a late position.
func TestRetention(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newChainNode(t, db, &chain{})
		a, b, theirs := n.asset(n.acme, ""), n.asset(n.acme, ""), n.asset(n.other, "")
		often, daily, foreign := every(a, 20, 2000), every(b, 24*60, 90), every(theirs, 24*60, 90)
		n.ingest(often...)
		n.ingest(daily...)
		if _, err := n.service.Ingest(t.Context(), n.other, foreign); err != nil {
			t.Fatal(err)
		}
		n.catchUp()
		all := n.months()
		n.retain()
		if got := len(n.stored(n.acme, a)); got != len(often) {
			t.Fatalf("%d positions, though they are kept for ever", got)
		}
		n.keep(n.acme, 10)
		cut := goodTime() - 10*dayMillis
		n.retain()
		rest := func(list []Position) []Position {
			return list[slices.IndexFunc(list, func(p Position) bool { return p.Time >= cut }):]
		}
		if diff := cmp.Diff([]int{len(rest(often)), len(rest(daily)), len(foreign)},
			[]int{len(n.stored(n.acme, a)), len(n.stored(n.acme, b)), len(n.stored(n.other, theirs))}); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(all, n.months()); diff != "" {
			t.Errorf("a month that is still needed: %s", diff)
		}
		// A late one, on an empty memory of what has passed.
		late := Position{AssetID: a, Time: cut + 90_500, Latitude: 3.25, Longitude: 13}
		n.service.engine.memories.Purge()
		n.ingest(late)
		n.catchUp()
		if diff := cmp.Diff(expected(t, append(often, late)), n.links(a)); diff != "" {
			t.Errorf("after a late position: %.500s", diff)
		}
		result, err := n.service.Ingest(t.Context(), n.acme, []Position{{AssetID: a, Time: cut - 1, Latitude: 1}})
		if err != nil || len(result.Rejected) != 1 || !strings.Contains(result.Rejected[0].Message, "older than the account keeps") || len(n.apart("")) != 0 {
			t.Errorf("%+v, %v", result, err)
		}
		// One that slipped in from a time that is gone: it goes as well, and nothing is concluded anew.
		n.keep(n.acme, 0)
		n.ingest(Position{AssetID: a, Time: cut - 30*dayMillis, Latitude: 1, Longitude: 1})
		n.catchUp()
		if diff := cmp.Diff(expected(t, append(often, late)), n.links(a)); diff != "" {
			t.Errorf("after one from a time that is gone: %.500s", diff)
		}
		n.keep(n.acme, 10)
		// When nobody needs them any more, months go as a whole.
		n.keep(n.other, 12)
		n.retain()
		if got := n.months(); db.Dialect == store.Postgres && !slices.Equal(got, []string{"2026_02", "2026_03"}) {
			t.Errorf("these months are left: %v", got)
		}
		if got := n.stored(n.other, theirs); len(got) != 12 || len(n.links(theirs)) != len(foreign) {
			t.Errorf("%d positions are left, %d conclusions", len(got), len(n.links(theirs)))
		}
		// They are made anew when something comes.
		n.keep(n.other, 0)
		old := Position{AssetID: n.asset(n.other, ""), Time: foreign[0].Time, Latitude: 1, Longitude: 1}
		if result, err := n.service.Ingest(t.Context(), n.other, []Position{old}); err != nil || result.Accepted != 1 {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

func TestRetentionWaitsForFollowers(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "")
	n.ingest(every(id, 24*60, 30)...)
	n.keep(n.acme, 10)
	pending := func(value any) {
		err := n.db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Do(t.Context(), `UPDATE last_positions SET pending = $1`, value)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pending(0)
	n.retain()
	if got := len(n.stored(n.acme, id)); got != 30 {
		t.Errorf("%d are left", got)
	}
	pending(nil)
	n.retain()
	if got := len(n.stored(n.acme, id)); got != 10 {
		t.Errorf("%d are left", got)
	}
}

// One node is at it, and it waits for nobody who reads or stores.
func TestRetentionGivesWay(t *testing.T) {
	n := newNode(t, testkit.Postgres(t))
	id := n.asset(n.acme, "")
	n.ingest(every(id, 24*60, 60)...)
	n.keep(n.acme, 10)
	n.keep(n.other, 10)
	before := n.months()
	err := n.db.PostgresTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock($1)`, retentionLock); err != nil {
			return err
		}
		n.retain()
		return nil
	})
	if got := len(n.stored(n.acme, id)); err != nil || got != 60 {
		t.Errorf("%d are left though another node is at it, %v", got, err)
	}
	now := n.store.now().UnixMilli()
	first := partition{name: "positions_" + before[0], end: goodTime() - 28*dayMillis}
	err = n.db.PostgresTx(t.Context(), func(tx pgx.Tx) error {
		var any int
		if err := tx.QueryRow(t.Context(), `SELECT 1 FROM positions LIMIT 1`).Scan(&any); err != nil {
			return err
		}
		if done, err := n.store.drop(t.Context(), first, now); done || err != nil {
			t.Errorf("dropped under somebody who reads: %v %v", done, err)
		}
		return nil
	})
	if diff := cmp.Diff(before, n.months()); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if done, err := n.store.drop(t.Context(), first, now); !done || err != nil || len(n.months()) != len(before)-1 {
		t.Error(done, err, n.months())
	}
	// Somebody keeps more than was thought when it was chosen.
	second := partition{name: "positions_" + before[1], end: goodTime()}
	if done, err := n.store.drop(t.Context(), second, now); !done || err != nil || len(n.months()) != len(before)-1 {
		t.Error(done, err, n.months())
	}
}
