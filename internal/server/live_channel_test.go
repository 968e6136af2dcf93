package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/server"
)

// TestLiveChannels: the channels of one asset and of a group begin with their own newest positions and go on with those alone; who comes
// back with since is told what moved meanwhile.
func TestLiveChannels(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		key := w.acme.account.Key
		north, south := w.asset(w.node, token, key, "North 1"), w.asset(w.node, token, key, "South 1")
		for id, group := range map[int64]string{north: "North", south: "South"} {
			w.want(200, group, w.call(w.node, "PATCH", fmt.Sprintf("/api/%s/asset/%d", key, id), token, map[string]any{"group": group}))
		}
		var groups struct {
			Data []struct {
				ID   int64
				Name string
			}
		}
		must(t, json.Unmarshal([]byte(w.get(w.node, "/api/"+key+"/group?sort=name", token).body), &groups))
		if len(groups.Data) != 2 || groups.Data[0].Name != "North" {
			t.Fatalf("%+v", groups)
		}
		at := time.Now().Add(-time.Hour)
		move := func(asset int64, latitude float64) {
			t.Helper()
			at = at.Add(time.Second)
			w.moveTo(w.node, token, key, asset, at, latitude)
		}
		move(north, 1)
		move(south, 2)
		one, group := w.dial(w.node), w.dial(w.node)
		w.follow(one, w.node, token, fmt.Sprintf("private-asset.%d", south))
		w.follow(group, w.node, token, fmt.Sprintf("private-group.%d", groups.Data[0].ID))
		is := func(p *pusher, asset int64, latitude float64) said {
			t.Helper()
			m := p.next()
			if got := updates(t, m); len(got) != 1 || got[0].AssetID != asset || got[0].Latitude != latitude {
				t.Errorf("%+v", got)
			}
			return m
		}
		is(one, south, 2)
		is(group, north, 1)
		move(south, 3)
		move(north, 4)
		is(one, south, 3)
		is(group, north, 4)
		w.want(200, "into South", w.call(w.node, "PATCH", fmt.Sprintf("/api/%s/asset/%d", key, north), token, map[string]any{"group": "South"}))
		w.want(200, "into North", w.call(w.node, "PATCH", fmt.Sprintf("/api/%s/asset/%d", key, south), token, map[string]any{"group": "North"}))
		move(north, 5)
		move(south, 6)
		is(group, south, 6)
		is(one, south, 6)

		// The server's cursor goes on every few seconds: until then who comes back is told a little more than was missed.
		all := w.dial(w.node)
		w.follow(all, w.node, token, "private-account."+key)
		if got := updates(t, all.next()); len(got) != 2 {
			t.Errorf("%+v", got)
		}
		move(south, 7)
		last := is(all, south, 7).Last
		all.conn.Close()
		move(north, 8)
		again := w.dial(w.node)
		_, auth := w.authorize(w.node, token, again.socket, "private-account."+key)
		again.say("pusher:subscribe", map[string]string{"channel": "private-account." + key, "auth": auth, "since": last})
		if m := again.next(); last == "" || m.Event != "pusher_internal:subscription_succeeded" {
			t.Fatalf("%q %+v", last, m)
		}
		missed := map[int64]float64{}
		for missed[north] != 8 {
			for _, u := range updates(t, again.next()) {
				missed[u.AssetID] = u.Latitude
			}
		}
	})
}

// TestLiveSlim: an account in the slim tier is told one position of an asset each 25 seconds, the newest, without sensors, and no alerts.
func TestLiveSlim(t *testing.T) {
	w := newWorld(t, sqliteURL(t), func(c *server.Config) { c.LiveNoSnapshot, c.OfflineGrace = true, time.Hour })
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	key := w.acme.account.Key
	van := w.asset(w.node, token, key, "Van 1")
	w.want(200, "slim", w.call(w.node, http.MethodPut, "/api/"+key+"/live-setting", token, map[string]any{"tier": "slim"}))
	p := w.dial(w.node)
	w.follow(p, w.node, token, "private-account."+key)
	at := time.Now().Add(-time.Hour)
	is := func(latitude float64) {
		t.Helper()
		if got := updates(t, p.next()); len(got) != 1 || got[0].Latitude != latitude || got[0].Sensors != nil {
			t.Errorf("%+v", got)
		}
	}
	for n := range 4 {
		w.moveTo(w.node, token, key, van, at.Add(time.Duration(n)*time.Second), float64(n))
	}
	is(0)
	w.node.Rooms.Live.Alert(w.acme.account.ID, van, map[string]any{"id": 1})
	w.clock.Advance(26 * time.Second)
	is(3)
	w.want(200, "detailed", w.call(w.node, http.MethodPut, "/api/"+key+"/live-setting", token, map[string]any{"tier": "detailed"}))
	w.node.Rooms.Live.Alert(w.acme.account.ID, van, map[string]any{"id": 2})
	if m := p.next(); m.Event != ".alert.triggered" || m.Data != `{"id":2}` {
		t.Errorf("%+v", m)
	}
}

// TestLiveFull: a node takes as many connections as it may, and ends all of them with a code upon which clients come again.
func TestLiveFull(t *testing.T) {
	w := newWorld(t, sqliteURL(t), func(c *server.Config) { c.LiveConnections = 1 })
	first := w.dial(w.node)
	conn := w.connect(w.node, "yipii?protocol=7")
	if code := (&pusher{t: t, conn: conn}).ended(); code != 4100 {
		t.Errorf("one too many is sent away with %d", code)
	}
	w.node.Rooms.Live.Close()
	if code := first.ended(); code != 4200 {
		t.Errorf("at the server's end the code is %d", code)
	}
}

// TestLiveSnapshotInParts: of a snapshot that comes in several messages only the last says where to go on, so that a connection that
// breaks before it misses nothing. What moves meanwhile says nothing of it either.
func TestLiveSnapshotInParts(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		const assets = 250
		token, key := w.token(w.node, w.acme.clientID, w.acme.secret, ""), w.acme.account.Key
		var bulk, positions []map[string]any
		for n := range assets {
			tracker := fmt.Sprintf("tracker-%d", n)
			bulk = append(bulk, map[string]any{"name": tracker, "tracker": tracker})
			positions = append(positions, map[string]any{"tracker": tracker, "timestamp": time.Now().Add(-time.Minute), "latitude": 1, "longitude": 2})
		}
		w.want(200, "assets", w.call(w.node, "POST", "/api/"+key+"/asset/bulk", token, bulk))
		w.want(200, "positions", w.call(w.node, "POST", "/api/"+key+"/position", token, positions))
		w.within("the positions are settled", func() bool {
			return strings.Count(w.get(w.node, "/api/"+key+"/position?limit=1000", token).body, `"asset_id":`) >= assets
		})
		p := w.dial(w.node)
		w.follow(p, w.node, token, "private-account."+key)
		for told := 0; told < assets; {
			m := p.next()
			if told += len(updates(t, m)); (m.Last != "") != (told == assets) {
				t.Errorf("after %d of %d: last_event_id %q", told, assets, m.Last)
			}
		}
	})
}

// TestLiveLinkFrom: a public link shows nothing of what was before it begins, also where that comes late and is the newest that is known.
func TestLiveLinkFrom(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		token, key := w.token(w.node, w.acme.clientID, w.acme.secret, ""), w.acme.account.Key
		van := w.asset(w.node, token, key, "Van 1")
		begins := time.Now().Add(-time.Minute)
		made := w.want(201, "a link", w.call(w.node, "POST", "/api/"+key+"/tracking-link", token,
			map[string]any{"name": "Parcel", "asset_ids": []int64{van}, "from": begins, "until": begins.Add(time.Hour)}))
		url := made["url"].(string)
		link := url[strings.LastIndexByte(url, '/')+1:]
		session, _ := w.call(w.node, "POST", "/api/public/tracking/"+link+"/session", "", map[string]any{}).json["token"].(string)
		p := w.dial(w.node)
		w.follow(p, w.node, session, "private-tracking."+link)
		w.moveTo(w.node, token, key, van, begins.Add(-10*time.Second), 1)
		w.moveTo(w.node, token, key, van, begins.Add(10*time.Second), 2)
		if got := updates(t, p.next()); len(got) != 1 || got[0].Latitude != 2 {
			t.Errorf("%+v", got)
		}
	})
}

// TestLiveRole: a driver follows nothing, as the API gives a driver no positions; who becomes one is cut off.
func TestLiveRole(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		ctx, key := context.Background(), w.acme.account.Key
		van := w.asset(w.node, w.token(w.node, w.acme.clientID, w.acme.secret, ""), key, "Van 1")
		bob, err := w.node.Rooms.Accounts.AddMember(ctx, w.acme.account.ID, "", "bob@acme-logistics.example", bearer.Viewer)
		must(t, err)
		token := w.key(w.acme.account.ID, bob, bearer.AllScopes)
		p := w.dial(w.node)
		w.follow(p, w.node, token, "private-account."+key)
		must(t, w.node.Rooms.Accounts.SetRole(ctx, w.acme.account.ID, bob, bearer.Driver, nil))
		if code := p.ended(); code != 4009 {
			t.Errorf("who has become a driver is cut off with %d", code)
		}
		p = w.dial(w.node)
		for _, channel := range []string{"private-account." + key, fmt.Sprintf("private-asset.%d", van)} {
			if status, auth := w.authorize(w.node, token, p.socket, channel); status != http.StatusForbidden || auth != "" {
				t.Errorf("%s: a driver is answered %d %q", channel, status, auth)
			}
		}
	})
}

// TestLiveAlertScope: who may not read alerts isn't told of them live either.
func TestLiveAlertScope(t *testing.T) {
	w := newWorld(t, sqliteURL(t), noSnapshot)
	token, key := w.token(w.node, w.acme.clientID, w.acme.secret, "read:positions"), w.acme.account.Key
	all := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	van := w.asset(w.node, all, key, "Van 1")
	p, full := w.dial(w.node), w.dial(w.node)
	w.follow(p, w.node, token, "private-account."+key)
	w.follow(full, w.node, all, "private-account."+key)
	w.node.Rooms.Live.Alert(w.acme.account.ID, van, map[string]any{"id": 1})
	if m := full.next(); m.Event != ".alert.triggered" {
		t.Errorf("%+v", m)
	}
	w.moveTo(w.node, all, key, van, time.Now().Add(-time.Minute), 1)
	if m := p.next(); m.Event != ".location.updated" {
		t.Errorf("%+v", m)
	}
}
