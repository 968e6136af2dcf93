package trail

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// What is stored is what was sent, whatever was reported and whatever was not.
func TestIngestKeepsEveryField(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "imei-1")
		rapid.Check(t, func(t *rapid.T) {
			p := anyPosition(goodTime()).Draw(t, "position")
			p.AssetID = id
			if _, err := n.service.Ingest(context.Background(), n.acme, []Position{p}); err != nil {
				t.Fatal(err)
			}
			var got Position
			err := n.store.between(context.Background(), n.acme, id, p.Time, p.Time+1, 1, func(p *Position) { got = *p })
			if err != nil {
				t.Fatal(err)
			}
			if got != p && !t.Failed() {
				// A time that was drawn before keeps what was stored first.
				if again, err := n.service.Ingest(context.Background(), n.acme, []Position{p}); err != nil || again.Duplicates != 1 {
					t.Fatalf("%s, %v", cmp.Diff(p, got), err)
				}
			}
		})
	})
}

func TestIngestIsIdempotent(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		a, b := n.asset(n.acme, "imei-a"), n.asset(n.acme, "imei-b")
		first := []Position{at(a, 30), at(b, 10), at(a, 10)}
		if got := n.ingest(first...); got.Accepted != 3 || got.Duplicates != 0 {
			t.Errorf("first: %+v", got)
		}
		if got := n.ingest(first...); got.Accepted != 0 || got.Duplicates != 3 {
			t.Errorf("again: %+v", got)
		}
		// The first stored wins: another place at the same time changes nothing, within a call as well.
		changed, fresh, repeated := at(a, 10), at(a, 20), at(a, 20)
		changed.Latitude, repeated.Latitude = 1, 2
		byTracker := at(0, 40)
		byTracker.Tracker = "imei-a"
		if got := n.ingest(changed, fresh, repeated, byTracker); got.Accepted != 2 || got.Duplicates != 2 {
			t.Errorf("mixed: %+v", got)
		}
		if diff := cmp.Diff([]Position{at(a, 10), at(a, 20), at(a, 30), at(a, 40)}, n.stored(n.acme, a)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]Position{at(b, 10)}, n.stored(n.acme, b)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLastPositionIsTheNewest(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id, silent := n.asset(n.acme, ""), n.asset(n.acme, "")
		last := func() any { return n.want(200, "GET", path("asset/%d/position", id), "")["data"] }
		if got := n.want(404, "GET", path("asset/%d/position", id), "")["message"]; got != "Position not found." {
			t.Error(got)
		}
		n.ingest(at(id, 20))
		before := last()
		n.ingest(at(id, 10), at(id, -3_000_000)) // late ones, one of another month
		if diff := cmp.Diff(before, last()); diff != "" {
			t.Errorf("a late position: %s", diff)
		}
		newest := at(id, 3000)
		newest.Speed, newest.Ignition, newest.Sensors = Some(55.5), Some(true), `{"fuel":1.5}`
		n.ingest(newest, at(id, 30))
		want := map[string]any{"asset_id": float64(id), "timestamp": "2026-03-01T08:20:00.123Z", "latitude": newest.Latitude, "longitude": 13.5, "speed": 55.5,
			"heading": nil, "altitude": nil, "accuracy": nil, "satellites": nil, "ignition": true, "odometer": nil, "battery": nil, "sensors": map[string]any{"fuel": 1.5}}
		if diff := cmp.Diff(any(want), last()); diff != "" {
			t.Error(diff)
		}
		// The list of assets shows the same, with the status.
		list := n.want(200, "GET", path("asset"), "")["data"].([]any)
		moving, still := list[0].(map[string]any), list[1].(map[string]any)
		if moving["status"] != "moving" || cmp.Diff(any(want), moving["position"]) != "" {
			t.Errorf("in the list: %v", moving)
		}
		if still["id"] != float64(silent) || still["status"] != "unavailable" || still["position"] != nil {
			t.Errorf("never reported: %v", still)
		}
		n.now = n.now.Add(30 * time.Minute)
		if got := n.want(200, "GET", path("asset/%d", id), "")["data"].(map[string]any)["status"]; got != "offline" {
			t.Errorf("after a while it is %v", got)
		}
	})
}

func TestIngestRejectsWhatIsNotTheAccounts(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		mine, theirs := n.asset(n.acme, "imei-1"), n.asset(n.other, "imei-2")
		unknown, foreign := at(0, 2), at(0, 3)
		unknown.Tracker, foreign.Tracker = "nobody", "imei-2"
		result, err := n.service.Ingest(t.Context(), n.acme, []Position{at(theirs, 1), at(mine, 1), unknown, at(mine+1000, 1), foreign, {AssetID: mine}})
		want := Result{Accepted: 1, Rejected: []Rejection{{0, "Asset not found.", "asset_id"}, {2, "Tracker not found.", "tracker"}, {3, "Asset not found.", "asset_id"},
			{4, "Tracker not found.", "tracker"}, {5, "The timestamp field must not be before the year 2000.", "timestamp"}}}
		if diff := cmp.Diff(want, result, cmp.AllowUnexported(Rejection{})); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if got := n.stored(n.other, theirs); len(got) > 0 {
			t.Errorf("the other account has %v", got)
		}
		if _, err := n.service.Ingest(t.Context(), n.acme, make([]Position, MaxPositions+1)); !fault.Is(err, fault.TooLarge) {
			t.Errorf("too many: %v", err)
		}
		if got, err := n.service.Ingest(t.Context(), n.acme, nil); err != nil || got.Rejected == nil {
			t.Errorf("none: %+v, %v", got, err)
		}
	})
}

// An asset that is deleted between the look-up and the transaction leaves nothing behind.
func TestDeletedAssetLeavesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		kept, deleted := n.asset(n.acme, ""), n.asset(n.acme, "")
		n.ingest(at(kept, 0), at(deleted, 0))
		if err := n.fleet.Delete(t.Context(), n.acme, deleted); err != nil {
			t.Fatal(err)
		}
		positions := []Position{at(kept, 1), at(deleted, 1), at(deleted, 2)}
		var rows []row
		for i := range positions {
			p := &positions[i]
			rows = append(rows, row{accountID: n.acme, assetID: p.AssetID, month: monthOf(p.Time), index: i, position: p})
		}
		c := &call{rows: rows, done: make(chan struct{})}
		if err := n.service.writer.submit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if c.accepted != 1 || !slices.Equal(c.gone, []int{1, 2}) {
			t.Errorf("%d accepted, %v gone", c.accepted, c.gone)
		}
		if got := n.stored(n.acme, deleted); len(got) > 0 {
			t.Errorf("left behind: %v", got)
		}
		if fixes, err := n.store.Last(t.Context(), n.acme, []int64{deleted}); err != nil || fixes[deleted].Position != nil {
			t.Errorf("left behind: %v, %v", fixes, err)
		}
	})
}

// Many callers on two nodes send overlapping positions over many months: each position is accepted exactly once, and
// every caller's counts are its own.
func TestIngestFromManyAtOnce(t *testing.T) {
	test := func(t *testing.T, nodes []*node) {
		const callers, calls, size = 8, 6, 60
		n := nodes[0]
		var assets []int64
		for range 5 {
			assets = append(assets, n.asset(n.acme, ""))
		}
		var mu sync.Mutex
		accepted, sent := 0, map[[2]int64]bool{}
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(caller)))
				for range calls {
					positions := make([]Position, size)
					for i := range positions {
						positions[i] = at(assets[random.IntN(len(assets))], -random.IntN(6)*2_500_000-random.IntN(20))
					}
					result, err := nodes[caller%len(nodes)].service.Ingest(t.Context(), n.acme, positions)
					if err != nil || len(result.Rejected) > 0 || result.Accepted+result.Duplicates != size {
						t.Errorf("%+v, %v", result, err)
						return
					}
					mu.Lock()
					accepted += result.Accepted
					for _, p := range positions {
						sent[[2]int64{p.AssetID, p.Time}] = true
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		stored := 0
		for _, id := range assets {
			trail := n.stored(n.acme, id)
			stored += len(trail)
			fixes, err := n.store.Last(t.Context(), n.acme, []int64{id})
			if err != nil || fixes[id].Position.Timestamp.UnixMilli() != trail[len(trail)-1].Time {
				t.Errorf("last position of %d: %+v, %v", id, fixes[id], err)
			}
		}
		if accepted != len(sent) || stored != len(sent) {
			t.Errorf("%d sent, %d accepted, %d stored", len(sent), accepted, stored)
		}
	}
	t.Run("sqlite", func(t *testing.T) { test(t, []*node{newNode(t, testkit.SQLite(t))}) })
	t.Run("postgres", func(t *testing.T) {
		url := testkit.PostgresURL(t)
		n := newNode(t, testkit.OpenPostgres(t, url))
		test(t, []*node{n, n.second(testkit.OpenPostgres(t, url))})
	})
}

func TestIngestBodies(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		id := n.asset(n.acme, "imei-1")
		item := func(second int, more string) string {
			return fmt.Sprintf(`{"asset_id":%d,"timestamp":"2026-03-01T08:00:%02dZ","latitude":1,"longitude":2%s}`, id, second, more)
		}
		counts := func(accepted, duplicates float64, rejected ...any) map[string]any {
			return map[string]any{"accepted": accepted, "duplicates": duplicates, "rejected": append([]any{}, rejected...)}
		}
		for _, test := range []struct {
			name, body string
			want       map[string]any
		}{
			{"object", item(0, ""), counts(1, 0)},
			{"repeat", item(0, ""), counts(0, 1)},
			{"array", "[" + item(1, "") + "," + item(0, "") + "]", counts(1, 1)},
			{"stream", item(2, "") + "\n" + item(3, "") + "\n", counts(2, 0)},
			{"empty array", "[]", counts(0, 0)},
			{"some wrong", "[" + item(4, `,"sped":1`) + ",1," + item(5, `,"speed":-1`) + "," + item(5, "") + "]", counts(1, 0,
				map[string]any{"index": 0., "message": `The field "sped" is unknown.`}, map[string]any{"index": 1., "message": "A position must be a JSON object."},
				map[string]any{"index": 2., "message": "The speed field must be within 0 to 2000."})},
			{"all wrong", "[1]", counts(0, 0, map[string]any{"index": 0., "message": "A position must be a JSON object."})},
		} {
			if diff := cmp.Diff(test.want, n.want(200, "POST", path("position"), test.body)); diff != "" {
				t.Errorf("%s: %s", test.name, diff)
			}
		}
		for body, field := range map[string]string{item(9, `,"battery":101`): "battery", item(9, `,"sped":1`): "sped", `{}`: "timestamp",
			strings.Replace(item(9, ""), fmt.Sprintf(`"asset_id":%d`, id), `"tracker":"x"`, 1): "tracker"} {
			content := n.want(422, "POST", path("position"), body)
			if content["errors"].(map[string]any)[field] == nil {
				t.Errorf("%s: %v", body, content)
			}
		}
		n.want(400, "POST", path("position"), "["+item(10, "")+",")
		n.want(400, "POST", path("position"), "")
		if got := len(n.stored(n.acme, id)); got != 5 {
			t.Errorf("%d positions are stored", got)
		}
	})
}

func packed(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise is what can't be packed smaller.
func noise(size int) []byte {
	b := make([]byte, size)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(b)
	return b
}

func TestIngestBodyLimits(t *testing.T) {
	n := newNode(t, testkit.SQLite(t))
	id := n.asset(n.acme, "")
	good := packed(t, body1000(id, n.now.Add(-time.Hour)))
	for _, test := range []struct {
		name, encoding string
		body           []byte
		want           int
	}{
		{"gzip", "gzip", good, 200},
		{"x-gzip", "X-GZIP", good, 200},
		{"identity", "identity", []byte("[]"), 200},
		{"another encoding", "br", good, 400},
		{"no gzip", "gzip", []byte("[]"), 400},
		{"cut off", "gzip", good[:len(good)/2], 400},
		{"a wrong checksum", "gzip", append(bytes.Clone(good[:len(good)-8]), 0, 0, 0, 0, 0, 0, 0, 0), 400},
		{"a bomb", "gzip", packed(t, bytes.Repeat([]byte(" "), maxUnpacked+1)), 413},
		{"too large", "", bytes.Repeat([]byte(" "), maxBody+1), 413},
		{"too large packed", "gzip", packed(t, noise(maxBody)), 413},
		{"too many", "gzip", packed(t, []byte("["+strings.Repeat("1,", MaxPositions)+"1]")), 413},
	} {
		request := httptest.NewRequest("POST", path("position"), bytes.NewReader(test.body))
		request.Header.Set("Content-Encoding", test.encoding)
		if answer := n.send(request); answer.Code != test.want {
			t.Errorf("%s: %d %.300s", test.name, answer.Code, answer.Body)
		}
	}
	request := httptest.NewRequest("POST", path("position"), strings.NewReader(`{"asset_id":1}`))
	request.Header.Set("Content-Type", "application/x-ndjson; charset=utf-8")
	if answer := n.send(request); answer.Code != http.StatusOK {
		t.Errorf("a declared stream of one wrong object: %d", answer.Code)
	}
}

// Run it with -fuzzminimizetime=10x: the database works beside it, which makes coverage vary, and the fuzzer would spend
// its time on making inputs smaller that are no different.
func FuzzIngestBody(f *testing.F) {
	n := newNode(f, testkit.SQLite(f))
	id := n.asset(n.acme, "imei-1")
	for _, seed := range []string{goodPosition, "[" + goodPosition + "," + goodPosition + "]", goodPosition + "\n" + goodPosition,
		with(`,"speed":1e2,"heading":0,"satellites":3,"ignition":true,"sensors":{"a":1,"b\u0000":2}`), `[null,{},[],"",1e999]`, `{"a":{"b":[{}]}}`,
		`{"tracker":"imei-1","timestamp":"2026-03-01T08:30:00+23:59","latitude":-0,"longitude":180}`} {
		f.Add([]byte(strings.Replace(seed, `"asset_id":7`, fmt.Sprintf(`"asset_id":%d`, id), -1)), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, stream bool) {
		b, err := decode(body, stream)
		if err != nil {
			if !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.TooLarge) {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(b.positions)+len(b.rejected) != b.count || len(b.items) != len(b.positions) {
			t.Fatalf("%d positions, %d rejected of %d", len(b.positions), len(b.rejected), b.count)
		}
		sent := append([]Position{}, b.positions...)
		result, err := n.service.Ingest(context.Background(), n.acme, b.positions)
		if err != nil {
			t.Fatal(err)
		}
		bad := map[int]bool{}
		for _, r := range result.Rejected {
			bad[r.Index] = true
		}
		if got := result.Accepted + result.Duplicates + len(b.allRejected(result.Rejected)); got != b.count {
			t.Fatalf("%d answered of %d", got, b.count)
		}
		for i := range sent {
			if why := sent[i].check(n.now.UnixMilli()); (why != nil) && !bad[i] {
				t.Fatalf("%+v was taken: %+v", sent[i], why)
			}
		}
	})
}
