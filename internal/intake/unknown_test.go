package intake

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestUnknown(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		ctx, now := context.Background(), time.UnixMilli(1_700_000_000_000).UTC()
		clock := func() time.Time { return now }
		here, there := NewUnknown(db, clock), NewUnknown(db, clock) // two nodes
		for range 3 {
			here.Count(teltonika, "a", netip.MustParseAddr("192.0.2.1"))
			now = now.Add(time.Second)
		}
		there.Count(teltonika, "a", netip.MustParseAddr("192.0.2.2"))
		there.Count(osmAnd, "a", netip.Addr{})
		must(t, there.Flush(ctx)) // what came last is written first
		must(t, here.Flush(ctx))
		must(t, here.Flush(ctx))
		list, err := here.List(ctx, 10)
		must(t, err)
		want := UnknownTracker{teltonika, "a", "192.0.2.2", now.Add(-3 * time.Second), now, 4}
		if len(list) != 2 || list[0] != want || list[1].Protocol != osmAnd || list[1].Attempts != 1 {
			t.Errorf("%+v", list)
		}
		now = now.Add(unknownKept + time.Second)
		here.Count(mqttName, "b", netip.Addr{})
		must(t, here.Flush(ctx))
		if list, err = here.List(ctx, 10); err != nil || len(list) != 1 || list[0].Identity != "b" {
			t.Errorf("after 90 days: %+v, %v", list, err)
		}
	})
}

// TestUnknownIsBounded: in memory and in the table.
func TestUnknownIsBounded(t *testing.T) {
	ctx, now := context.Background(), time.UnixMilli(1_700_000_000_000)
	db := testkit.SQLite(t)
	u := NewUnknown(db, func() time.Time { return now })
	for round := range 2 {
		now = now.Add(time.Second)
		for i := range maxUnknown + 100 {
			u.Count(teltonika, fmt.Sprint(round, " ", i), netip.Addr{})
		}
		if len(u.counts) != maxUnknown {
			t.Fatalf("%d in memory", len(u.counts))
		}
		must(t, u.Flush(ctx))
	}
	list, err := u.List(ctx, 3*maxUnknown)
	must(t, err)
	if len(list) != maxUnknown || list[maxUnknown-1].Identity[0] != '1' {
		t.Errorf("%d in the table, the last is %+v", len(list), list[len(list)-1])
	}
}

// TestUnknownKeepsWhatIsNotWritten: a write that fails loses no count.
func TestUnknownKeepsWhatIsNotWritten(t *testing.T) {
	db := testkit.SQLite(t)
	u := NewUnknown(db, time.Now)
	u.Count(teltonika, "a", netip.Addr{})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if u.Flush(ended) == nil {
		t.Fatal("written")
	}
	u.Count(teltonika, "a", netip.Addr{})
	must(t, u.Flush(context.Background()))
	if list, err := u.List(context.Background(), 10); err != nil || len(list) != 1 || list[0].Attempts != 2 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestTopics(t *testing.T) {
	for name, want := range map[string]topic{
		"acme/position": {account: "acme"},
		"acme/asset/7/position": func() (t topic) {
			t.account, t.of.AssetID = "acme", 7
			return t
		}(),
		"acme/tracker/a/b/position": func() (t topic) {
			t.account, t.of.Tracker = "acme", "a/b"
			return t
		}(),
	} {
		if got, ok := parseTopic(name); !ok || got != want {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "acme", "/position", "acme/", "acme/positions", "acme/asset/position", "acme/asset//position", "acme/asset/x/position", "acme/tracker//position",
		"acme/tracker/é/position", "acme/driver/1/position", "acme/asset/7/position/", "acme/asset/7"} {
		if got, ok := parseTopic(name); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
