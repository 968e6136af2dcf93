package trail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// chain is a follower whose every conclusion depends on all positions before, in their order: one that is taken twice, left
// out, or taken out of order spoils all that come after.
type chain struct{ fails func(assetID int64) bool }

type link struct {
	parent             *chain
	accountID, assetID int64
	Sum                float64
	Count              int64
	rows               [][]any
}

func (c *chain) Key() string { return "chain" }

func (c *chain) Memory(accountID, assetID int64, saved json.RawMessage) (Memory, error) {
	l := &link{parent: c, accountID: accountID, assetID: assetID}
	if saved == nil {
		return l, nil
	}
	state := struct {
		Sum   float64
		Count int64
	}{}
	err := json.Unmarshal(saved, &state)
	l.Sum, l.Count = state.Sum, state.Count
	return l, err
}

func (l *link) Begin(context.Context) error { return nil }

func (l *link) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"Sum":%s,"Count":%d}`, string(must(json.Marshal(l.Sum))), l.Count), nil
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func (l *link) Step(step *Step) {
	if l.parent.fails != nil && l.parent.fails(l.assetID) {
		panic("a follower that fails")
	}
	l.Count++
	l.Sum = l.Sum/2 + step.Position.Latitude + step.Moved
	l.rows = append(l.rows, []any{l.accountID, l.assetID, step.Position.Time, l.Count, l.Sum})
}

func (c *chain) Write(ctx context.Context, tx store.Writer, outcomes []Outcome) error {
	for _, o := range outcomes {
		if o.Redone {
			if _, err := tx.Do(ctx, `DELETE FROM chain WHERE asset_id = $1 AND settled > $2 AND settled <= $3`, o.AssetID, o.After, o.Through); err != nil {
				return err
			}
		}
		l := o.Memory.(*link)
		if err := tx.DoEach(ctx, `INSERT INTO chain (account_id, asset_id, settled, count, sum) VALUES ($1, $2, $3, $4, $5)`, l.rows); err != nil {
			return err
		}
		l.rows = nil
	}
	return nil
}

// newChainNode makes a node with a chain, whose table it makes.
func newChainNode(t *testing.T, db *store.DB, c *chain) *node {
	err := db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `CREATE TABLE chain (account_id BIGINT NOT NULL, asset_id BIGINT NOT NULL, settled BIGINT NOT NULL,
			count BIGINT NOT NULL, sum DOUBLE PRECISION NOT NULL, PRIMARY KEY (asset_id, settled))`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{tb: t, db: db, acme: testkit.Account(t, db, "acme"), other: testkit.Account(t, db, "other"), followers: []Follower{c}}
	n.start()
	return n
}

// links lists what the chain has concluded of an asset: settled, count, sum.
func (n *node) links(assetID int64) []string {
	var list []string
	err := n.db.View(n.tb.Context(), func(tx store.Writer) error {
		return tx.Each(n.tb.Context(), `SELECT settled, count, sum FROM chain WHERE asset_id = $1 ORDER BY settled`, []any{assetID}, func(scan func(...any) error) error {
			var settled, count int64
			var sum float64
			err := scan(&settled, &count, &sum)
			list = append(list, fmt.Sprint(settled, count, sum))
			return err
		})
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	return list
}

// expected is what a chain concludes of positions in order of time.
func expected(t *testing.T, positions []Position) []string {
	sorted := slices.Clone(positions)
	slices.SortStableFunc(sorted, func(a, b Position) int { return int(a.Time - b.Time) })
	sorted = slices.CompactFunc(sorted, func(a, b Position) bool { return a.Time == b.Time })
	e := &engine{followers: []Follower{&chain{}}}
	m, err := e.remember(1, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range sorted {
		if err := m.take(&sorted[i]); err != nil {
			t.Fatal(err)
		}
	}
	var list []string
	for _, r := range m.parts[0].(*link).rows {
		list = append(list, fmt.Sprint(r[2], r[3], r[4]))
	}
	return list
}

func (n *node) catchUp() {
	n.tb.Helper()
	if err := n.service.engine.catchUp(n.tb.Context()); err != nil {
		n.tb.Fatal(err)
	}
}

// Whatever the order in which positions come, however often, over which node, and wherever a node starts anew, the
// conclusions are those of the sorted positions.
func TestFollowingIsExact(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		first := newChainNode(t, db, &chain{})
		nodes := []*node{first, first.second(db)}
		for seed := range uint64(6) {
			random := rand.New(rand.NewPCG(seed, 7))
			assets := []int64{first.asset(first.acme, ""), first.asset(first.acme, ""), first.asset(first.other, "")}
			all := map[int64][]Position{}
			for _, asset := range assets {
				for i := range 60 + random.IntN(60) {
					p := at(asset, i*20)
					p.Latitude = 50 + float64(i)*0.001
					all[asset] = append(all[asset], p)
				}
			}
			for _, asset := range assets {
				account := first.acme
				if asset == assets[2] {
					account = first.other
				}
				left := shuffled(random, all[asset], int(seed)*8)
				for len(left) > 0 {
					n := nodes[random.IntN(len(nodes))]
					size := min(len(left), 1+random.IntN(25))
					if _, err := n.service.Ingest(t.Context(), account, slices.Clone(left[:size])); err != nil {
						t.Fatal(err)
					}
					left = left[size:]
					switch random.IntN(8) {
					case 0:
						n.catchUp()
					case 1:
						if err := n.service.engine.save(t.Context()); err != nil {
							t.Fatal(err)
						}
					case 2: // a crash
						nodes[random.IntN(2)] = first.second(db)
					}
				}
			}
			for _, n := range nodes {
				n.catchUp()
			}
			for _, asset := range assets {
				if diff := cmp.Diff(expected(t, all[asset]), first.links(asset)); diff != "" {
					t.Fatalf("seed %d: %s", seed, diff)
				}
			}
		}
	})
}

// shuffled mixes positions up, the more the further, and repeats some.
func shuffled(random *rand.Rand, positions []Position, far int) []Position {
	type place struct {
		at float64
		p  Position
	}
	var places []place
	for i, p := range positions {
		places = append(places, place{float64(i) + random.Float64()*float64(far), p})
		if random.IntN(5) == 0 {
			places = append(places, place{float64(i) + random.Float64()*float64(far), p})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	list := make([]Position, len(places))
	for i, p := range places {
		list[i] = p.p
	}
	return list
}

// A long history is followed in several transactions, with memories kept on the way, and a late position is followed from
// the memory before it.
func TestFollowingOfALongHistory(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newChainNode(t, db, &chain{})
		asset := n.asset(n.acme, "")
		var all []Position
		for i := range redoPositions + 2500 {
			p := at(asset, i-10_000)
			p.Latitude = 50 + float64(i%100)*0.001
			all = append(all, p)
		}
		late := all[redoPositions+1700]
		n.service.engine.memories.Purge()
		n.ingest(all[7000:]...) // the first are followed at once
		n.ingest(append(slices.Clone(all[:redoPositions+1700]), all[redoPositions+1701:7000]...)...)
		n.catchUp()
		var kept int
		count := func() {
			err := db.View(t.Context(), func(tx store.Writer) error {
				return tx.Each(t.Context(), `SELECT COUNT(*) FROM asset_memories WHERE asset_id = $1 AND kept = 1`, []any{asset}, func(scan func(...any) error) error { return scan(&kept) })
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if count(); kept != 7 {
			t.Errorf("%d memories are kept", kept)
		}
		n.ingest(late) // comes last
		n.catchUp()
		if count(); kept != 7 {
			t.Errorf("%d memories are kept after a late position", kept)
		}
		if diff := cmp.Diff(expected(t, all), n.links(asset)); diff != "" {
			t.Error(diff)
		}
		memory, motion, err := n.service.Recall(t.Context(), n.acme, asset, "chain")
		if err != nil || memory.(*link).Count != int64(len(all)) || motion.Time != all[len(all)-1].Time {
			t.Errorf("%+v, %+v, %v", memory, motion, err)
		}
	})
}

// A follower that fails holds up neither positions nor the other assets, and what it missed is followed once it works.
func TestFollowerThatFails(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		var bad int64
		c := &chain{}
		n := newChainNode(t, db, c)
		bad = n.asset(n.acme, "")
		good := n.asset(n.acme, "")
		failing := true
		c.fails = func(assetID int64) bool { return failing && assetID == bad }
		n.ingest(at(bad, 0), at(good, 0))
		n.ingest(at(bad, 1), at(good, 1))
		n.service.engine.memories.Purge()
		n.ingest(at(bad, 2), at(good, 2))
		if err := n.service.engine.catchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "a follower that fails") {
			t.Errorf("catching up: %v", err)
		}
		if got := n.links(bad); len(got) != 0 {
			t.Errorf("concluded: %v", got)
		}
		if got := n.links(good); len(got) != 3 {
			t.Errorf("concluded of the other: %v", got)
		}
		failing = false
		n.catchUp()
		if got := n.links(bad); len(got) != 3 {
			t.Errorf("concluded once it works: %v", got)
		}
	})
}

// A transaction that fails takes no memory along.
func TestFailedTransactionIsFollowedAnew(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newChainNode(t, db, &chain{})
		asset := n.asset(n.acme, "")
		n.ingest(at(asset, 0))
		p := &pass{engine: n.service.engine}
		broken := errors.New("broken")
		positions := []Position{at(asset, 1)}
		rows := []row{{accountID: n.acme, assetID: asset, position: &positions[0]}}
		err := n.store.writing(t.Context(), func(tx store.Writer) error {
			if _, err := p.advance(t.Context(), tx, rows); err != nil {
				return err
			}
			if err := p.follow(t.Context(), tx, rows); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || !p.forget() {
			t.Fatal(err)
		}
		n.ingest(at(asset, 1), at(asset, 2))
		n.catchUp()
		if diff := cmp.Diff(expected(t, []Position{at(asset, 0), at(asset, 1), at(asset, 2)}), n.links(asset)); diff != "" {
			t.Error(diff)
		}
	})
}
