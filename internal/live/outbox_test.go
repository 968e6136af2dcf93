package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/trail"
)

func testChannel() *channel {
	a := &audience{service: &Service{}}
	none := ""
	a.cursor.Store(&none)
	return &channel{name: "private-account.acme", audience: a, subs: map[*subscription]struct{}{}}
}

func moveAt(asset, at int64) trail.Move {
	return trail.Move{AssetID: asset, Time: at, JSON: fmt.Appendf(nil, `{"asset_id":%d,"at":%d}`, asset, at)}
}

// TestOutbox: whatever is offered and taken in whatever order, a reader gets the newest position of each asset last, in order of
// time, gets everything while it keeps up, and no more than a bounded number of frames waits for it. Who goes on at a cursor that it
// was told misses nothing that was offered up to there.
func TestOutbox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, sub := &outbox{}, &subscription{channel: testChannel()}
		newest, got := map[int64]int64{}, map[int64]int64{}
		offered, received, waiting, overflowed := 0, 0, 0, false
		var sent []trail.Move
		take := func() bool {
			f := o.next()
			if f == nil {
				return false
			}
			waiting--
			for _, m := range f.moves {
				if m.Time <= got[m.AssetID] {
					t.Fatalf("asset %d at %d after %d", m.AssetID, m.Time, got[m.AssetID])
				}
				got[m.AssetID] = m.Time
				received++
			}
			if f.cursor != "" {
				cursor, err := strconv.ParseInt(f.cursor, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range sent {
					if m.Time <= cursor && got[m.AssetID] < m.Time {
						t.Fatalf("told to go on at %d before asset %d at %d", cursor, m.AssetID, m.Time)
					}
				}
			}
			return true
		}
		steps := rapid.Int64Range(1, 400).Draw(t, "steps")
		for at := int64(1); at <= steps; at++ {
			if rapid.IntRange(0, 3).Draw(t, "take") == 0 {
				take()
				continue
			}
			cursor := strconv.FormatInt(at, 10)
			if rapid.IntRange(0, 9).Draw(t, "alert") == 0 {
				if waiting < mostEvents {
					o.offer(&frame{event: eventAlert, data: []byte("{}"), cursor: cursor}, sub, time.Now())
					waiting++
				}
				continue
			}
			asset := rapid.Int64Range(1, 250).Draw(t, "asset")
			newest[asset] = at
			offered++
			waiting++
			overflowed = overflowed || waiting > queueLength
			sent = append(sent, moveAt(asset, at))
			if _, tooSlow := o.offer(sub.channel.frame([]trail.Move{moveAt(asset, at)}, cursor), sub, time.Now()); tooSlow {
				t.Fatal("too slow at once")
			}
			positions := 0
			for _, f := range o.queue {
				positions += min(len(f.moves), 1)
			}
			if positions > queueLength+250/mostMoves+1 {
				t.Fatalf("%d frames wait", positions)
			}
		}
		for take() {
		}
		for asset, at := range newest {
			if got[asset] != at {
				t.Fatalf("asset %d was told at %d, not at %d", asset, got[asset], at)
			}
		}
		if !overflowed && received != offered {
			t.Fatalf("%d of %d", received, offered)
		}
	})
}

// TestOutboxPatience: who stays behind for too long is let go, and so is who leaves too many events unread.
func TestOutboxPatience(t *testing.T) {
	o, sub := &outbox{}, &subscription{channel: testChannel()}
	start := time.Now()
	slow := false
	for n := range int64(100) {
		_, slow = o.offer(sub.channel.frame([]trail.Move{moveAt(1, n+1)}, ""), sub, start.Add(time.Duration(n)*time.Second))
	}
	if !slow {
		t.Error("a reader that reads nothing is kept for ever")
	}
	o, slow = &outbox{}, false
	for range mostEvents + 1 {
		_, slow = o.offer(&frame{event: eventAlert, data: []byte("{}")}, sub, start)
	}
	if !slow || len(o.queue) > mostEvents {
		t.Errorf("%d events wait", len(o.queue))
	}
}

// TestFrame: what is sent is JSON whose data is a string of JSON.
func TestFrame(t *testing.T) {
	moves := []trail.Move{{AssetID: 7, JSON: []byte(`{"asset_id":7,"sensors":{"a\\\"b":1}}`)}, moveAt(8, 1)}
	var outer struct{ Event, Channel, Data string }
	if err := json.Unmarshal(testChannel().frame(moves, "").encode(), &outer); err != nil {
		t.Fatal(err)
	}
	var inner []map[string]any
	if err := json.Unmarshal([]byte(outer.Data), &inner); err != nil || len(inner) != 2 || outer.Event != ".location.updated" || outer.Channel != "private-account.acme" {
		t.Errorf("%+v %v", outer, err)
	}
}

// TestWithoutSensors: what the slim tier sends is JSON without sensors, whatever they are called.
func TestWithoutSensors(t *testing.T) {
	m := withoutSensors(trail.Move{JSON: []byte(`{"asset_id":7,"driver_id":null,"sensors":{"x":1,"sensors":2}}`)})
	if string(m.JSON) != `{"asset_id":7,"driver_id":null}` {
		t.Errorf("%s", m.JSON)
	}
}

// FuzzTake: no message of a client breaks the server, and each is answered with JSON or with nothing.
func FuzzTake(f *testing.F) {
	for _, seed := range []string{`{"event":"pusher:ping","data":{}}`, `{"event":"pusher:subscribe","data":{"channel":"private-account.a","auth":"yipii:00"}}`,
		`{"event":"pusher:subscribe","data":"{\"channel\":\"private-asset.1\"}"}`, `{"event":"pusher:unsubscribe","data":{"channel":"x"}}`,
		`{"event":"client-x","data":1}`, `{}`, `[`, `{"event":1}`, strings.Repeat("[", 5000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &socket{service: &Service{opt: Options{AppKey: "yipii", Now: time.Now}}, id: "1.1", subs: map[string]*subscription{}}
		c.outbox.busy = true // nobody sends: there is no connection
		c.take(text)
		for _, said := range c.outbox.queue {
			if b := said.encode(); !json.Valid(b) || !bytes.Contains(b, []byte("pusher:")) {
				t.Errorf("%s", b)
			}
		}
	})
}

// TestParseChannel: what names nothing is refused, and what is taken apart names what it says.
func TestParseChannel(t *testing.T) {
	for name, want := range map[string]bool{"private-account.acme": true, "private-asset.7": true, "private-group.12": true, "private-tracking.AB": true,
		"private-asset.07": false, "private-asset.-1": false, "private-asset.": false, "private-asset.7x": false, "account.acme": false, "presence-account.acme": false,
		"private-encrypted-account.acme": false, "": false, "private-account." + strings.Repeat("a", 200): false} {
		if _, ok := parseChannel(name); ok != want {
			t.Errorf("%q: %v", name, ok)
		}
	}
}

// TestOneEncoding: all who may see the same of a channel get the same frame, which is encoded once.
func TestOneEncoding(t *testing.T) {
	c := testChannel()
	north := &bearer.Part{Groups: []string{"North"}}
	for range 100 {
		for _, part := range []*bearer.Part{nil, north} {
			c.subs[&subscription{channel: c, part: part, partKey: partKey(part)}] = struct{}{}
		}
	}
	frames := map[*frame]int{}
	for _, d := range c.addressed(nil, []trail.Move{moveAt(7, 1), moveAt(8, 1)}, []place{{group: "North"}, {group: "South"}}) {
		frames[d.frame]++
		if first := d.frame.wire(); &first[0] != &d.frame.wire()[0] {
			t.Fatal("it is encoded again")
		}
		if seen := len(d.frame.moves); seen != 2 && d.sub.part == nil || seen != 1 && d.sub.part != nil {
			t.Errorf("%d positions for %v", seen, d.sub.part)
		}
	}
	if len(frames) != 2 {
		t.Errorf("%d frames", len(frames))
	}
}
