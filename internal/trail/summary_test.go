package trail

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// TestCountsAgreeWithStatus holds the status in SQL to the one in Go, over every border between two of them.
func TestCountsAgreeWithStatus(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		now := n.now.UnixMilli()
		want := map[string]int{statusUnavailable: 1}
		n.asset(n.acme, "never-reported")
		n.asset(n.other, "not-ours")
		in := DefaultSettings()
		offline, lost := time.Duration(in.OfflineAfter)*time.Second, time.Duration(in.DisconnectedAfter)*time.Second
		i := 0
		for _, age := range []time.Duration{-time.Minute, 0, offline - time.Millisecond, offline, time.Hour, lost - time.Millisecond, lost} {
			for _, speed := range []Maybe[float64]{{}, Some(0.0), Some(1.9), Some(2.0), Some(10.0), Some(10.1)} {
				for _, ignition := range []Maybe[bool]{{}, Some(false), Some(true)} {
					for flags := range 4 {
						p := lastKnown{Position: Position{AssetID: n.asset(n.acme, "t"+strconv.Itoa(i)), Time: now - age.Milliseconds(), Speed: speed, Ignition: ignition},
							stopAndGo: flags&1 != 0, home: flags&2 != 0}
						n.ingest(p.Position)
						err := n.db.Tx(t.Context(), func(tx *store.Tx) error {
							_, err := tx.ExecContext(t.Context(), `UPDATE last_positions SET stop_and_go = $1, at_home = $2 WHERE asset_id = $3`,
								bit(p.stopAndGo), bit(p.home), p.AssetID)
							return err
						})
						if err != nil {
							t.Fatal(err)
						}
						want[statusOf(&p, in, now)]++
						i++
					}
				}
			}
		}
		got, err := n.service.Counts(t.Context(), n.acme, nil)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	})
}

func TestNewestAndParts(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		var ids []int64
		for i, group := range []string{"North", "South", "North"} {
			asset, err := n.fleet.Create(t.Context(), n.acme, fleet.Draft{Name: "Van", Group: group})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, asset.ID)
			n.ingest(at(asset.ID, i))
		}
		for _, c := range []struct {
			part *bearer.Part
			want []int64
		}{
			{nil, []int64{ids[2], ids[1], ids[0]}},
			{&bearer.Part{Groups: []string{"North", "East"}}, []int64{ids[2], ids[0]}},
			{&bearer.Part{Groups: []string{"North"}, Assets: []int64{ids[1], 99}}, []int64{ids[2], ids[1], ids[0]}},
			{&bearer.Part{}, nil},
		} {
			list, err := n.service.Newest(t.Context(), n.acme, c.part, 10)
			if err != nil || len(list) != len(c.want) {
				t.Fatalf("%+v: %d, %v", c.part, len(list), err)
			}
			for i, asset := range list {
				if asset.ID != c.want[i] || asset.Name != "Van" || asset.Position == nil || asset.Status == "" {
					t.Errorf("%+v: %+v", c.part, asset)
				}
			}
			counts, err := n.service.Counts(t.Context(), n.acme, c.part)
			total := 0
			for _, count := range counts {
				total += count
			}
			if err != nil || total != len(c.want) {
				t.Errorf("%+v: %v, %v", c.part, counts, err)
			}
		}
		if list, err := n.service.Newest(t.Context(), n.acme, nil, 1); err != nil || len(list) != 1 || list[0].ID != ids[2] {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
