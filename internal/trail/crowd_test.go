package trail

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// crowd are senders that send at once, over two nodes, what is good, what can't be true and what is too old, much of it twice.
type crowd struct {
	mu                                     sync.Mutex
	sent, accepted, duplicates, old, wrong int
}

// days says how long ago positions were taken.
const (
	keptLong, keptShort = 30, 10
	crowdSenders        = 8
	crowdCalls          = 10
)

// recentOf are positions of an asset that stay, and each of which two senders send; pastOf are one sender's, from the days that go.
func recentOf(asset int64, pair, call int) (list []Position) {
	for i := range 12 {
		list = append(list, crowdPosition(asset, goodTime()-int64(1+i%(keptShort-1))*dayMillis+int64((pair*crowdCalls+call)*100+i)*1000))
	}
	return list
}

func pastOf(asset int64, sender, call int) (list []Position) {
	for i := range 6 {
		list = append(list, crowdPosition(asset, goodTime()-int64(keptShort+1+i*3)*dayMillis+int64((sender*crowdCalls+call)*100+i)*1000))
	}
	return list
}

// untrueOf are positions that all senders send, in another order each.
func untrueOf(asset int64, call int) []Position {
	future, place := crowdPosition(asset, goodTime()+dayMillis+int64(call)*1000), crowdPosition(asset, goodTime()-int64(call+1)*7_000)
	place.Latitude = 91
	return []Position{future, place, crowdPosition(asset, int64(call)*1000)}
}

func crowdPosition(asset, at int64) Position {
	return Position{AssetID: asset, Time: at, Latitude: float64(at/1000%80) + 0.5, Longitude: 13}
}

func (c *crowd) send(n *node, sender int, assets []int64) error {
	random := rand.New(rand.NewPCG(uint64(sender), 3))
	for call := range crowdCalls {
		var list []Position
		for _, asset := range assets {
			list = append(append(append(list, recentOf(asset, sender/2, call)...), pastOf(asset, sender, call)...), untrueOf(asset, call)...)
		}
		list = append(list, crowdPosition(assets[0], goodTime()-(keptLong+5)*dayMillis))
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		result, err := n.service.Ingest(n.tb.Context(), n.acme, list)
		if err != nil {
			return err
		}
		old := 0
		for _, r := range result.Rejected {
			if strings.Contains(r.Message, "older than the account keeps") {
				old++
			}
		}
		c.mu.Lock()
		c.sent, c.accepted, c.duplicates = c.sent+len(list), c.accepted+result.Accepted, c.duplicates+result.Duplicates
		c.old, c.wrong = c.old+old, c.wrong+len(result.Rejected)-old
		c.mu.Unlock()
	}
	return nil
}

// While many send at once and positions are deleted as they grow too old for the account, nothing is lost and nothing is there twice:
// neither what was acknowledged, nor what was kept apart, nor what followed from it. In the end nothing is left that is too old.
func TestManySendWhilePositionsAreDeleted(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newChainNode(t, db, &chain{})
		second := n.second(db)
		n.keep(n.acme, keptLong)
		var assets []int64
		for range 4 {
			assets = append(assets, n.asset(n.acme, ""))
		}
		c := &crowd{}
		errs := make([]error, crowdSenders)
		var sending sync.WaitGroup
		for sender := range crowdSenders {
			sending.Go(func() { errs[sender] = c.send([]*node{n, second}[sender%2], sender, assets) })
		}
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			sending.Wait()
		}()
		rounds := 0
		for over := false; !over; rounds++ {
			select {
			case <-sent:
				over = true
			default:
			}
			n.catchUp()
			n.retain()
			if rounds == 1 {
				n.keep(n.acme, keptShort)
			}
		}
		for sender, err := range errs {
			if err != nil {
				t.Fatalf("sender %d: %v", sender, err)
			}
		}
		n.keep(n.acme, keptShort) // should they have been quicker
		n.catchUp()
		n.retain()

		const each = crowdCalls * 4 // calls of a sender, times assets
		recent, past := crowdSenders*each*12, crowdSenders*each*6
		if c.accepted+c.duplicates+c.old+c.wrong != c.sent || c.duplicates != recent/2 || c.wrong != crowdSenders*each*3 ||
			c.accepted != recent/2+past+crowdSenders*crowdCalls-c.old {
			t.Errorf("after %d rounds: %+v of %d recent and %d older ones", rounds, c, recent, past)
		}
		t.Logf("%d rounds while they sent; %d were too old when they came", rounds, c.old)
		apart := map[string]int{}
		for page := 1; ; page++ {
			list := n.apart(fmt.Sprintf("per_page=500&page=%d", page))
			for _, q := range list {
				apart[fmt.Sprint(q.AssetID, " ", q.Reason, " ", q.Position["timestamp"])]++
			}
			if len(list) < 500 {
				break
			}
		}
		wantApart := map[string]int{}
		for _, asset := range assets {
			want := map[int64]bool{}
			for call := range crowdCalls {
				for pair := range crowdSenders / 2 {
					for _, p := range recentOf(asset, pair, call) {
						want[p.Time] = true
					}
				}
				for i, p := range untrueOf(asset, call) {
					wantApart[fmt.Sprint(asset, " ", []string{"future", "place", "past"}[i], " ", time.UnixMilli(p.Time).UTC().Format(time.RFC3339Nano))] = 1
				}
			}
			var stored []int64
			for _, p := range n.stored(n.acme, asset) {
				stored = append(stored, p.Time)
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), stored); diff != "" {
				t.Errorf("stored of asset %d: %.500s", asset, diff)
			}
			n.followedExactly(t, asset, want)
		}
		if diff := cmp.Diff(wantApart, apart); diff != "" {
			t.Errorf("kept apart: %.500s", diff)
		}
	})
}

// followedExactly says that what was concluded of an asset followed from its positions in their order, each once, and that these times
// are among them.
func (n *node) followedExactly(t *testing.T, asset int64, times map[int64]bool) {
	t.Helper()
	var followed []Position
	links := n.links(asset)
	for _, l := range links {
		var at int64
		if err := json.Unmarshal([]byte(l[:strings.IndexByte(l, ' ')]), &at); err != nil {
			t.Fatal(err)
		}
		followed = append(followed, crowdPosition(asset, at))
	}
	if diff := cmp.Diff(expected(t, followed), links); diff != "" {
		t.Errorf("concluded of asset %d: %.500s", asset, diff)
	}
	for _, p := range followed {
		delete(times, p.Time)
	}
	if len(times) > 0 {
		t.Errorf("%d positions of asset %d were not followed", len(times), asset)
	}
}
