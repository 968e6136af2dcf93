package server_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/yipii/yipii/internal/server"
)

// TestLiveRefusals: channels that the product doesn't have are refused, by the socket and by /broadcasting/auth, and the connection goes on.
func TestLiveRefusals(t *testing.T) {
	w := newWorld(t, sqliteURL(t), noSnapshot)
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	p := w.dial(w.node)
	for channel, want := range map[string]struct {
		kind   string
		status int
	}{
		"presence-account." + w.acme.account.Key:          {"UnsupportedChannel", 403},
		"private-encrypted-account." + w.acme.account.Key: {"UnsupportedChannel", 403},
		"everybody":         {"UnknownChannel", 404},
		"private-everybody": {"UnknownChannel", 404},
	} {
		if status, auth := w.authorize(w.node, token, p.socket, channel); status != http.StatusForbidden || auth != "" {
			t.Errorf("%s is signed: %d %s", channel, status, auth)
		}
		p.say("pusher:subscribe", map[string]string{"channel": channel, "auth": "yipii:00", "channel_data": `{"user_id":"1"}`})
		var said struct {
			Type   string
			Status int
		}
		m := p.next()
		if json.Unmarshal([]byte(m.Data), &said) != nil || m.Event != "pusher:subscription_error" || m.Channel != channel || said.Type != want.kind || said.Status != want.status {
			t.Errorf("%s: %+v", channel, m)
		}
	}
	w.follow(p, w.node, token, "private-account."+w.acme.account.Key)
	p.say("client-typing", map[string]string{}) // also on a channel of one's own
	if m := p.next(); m.Event != "pusher:error" || !strings.Contains(m.Data, `"code":4301`) {
		t.Errorf("%+v", m)
	}
}

// TestLiveFlood: a client that asks for 10,000 channels is refused each, keeps its connection, and is in nobody's way.
func TestLiveFlood(t *testing.T) {
	w := newWorld(t, sqliteURL(t), noSnapshot)
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	account := "private-account." + w.acme.account.Key
	van := w.asset(w.node, token, w.acme.account.Key, "Van 1")
	other, p := w.dial(w.node), w.dial(w.node)
	w.follow(other, w.node, token, account)
	const channels = 10_000
	sent := make(chan error, 1)
	go func() {
		for n := range channels {
			if err := p.conn.WriteJSON(map[string]any{"event": "pusher:subscribe", "data": map[string]string{"channel": fmt.Sprintf("private-asset.%d", n+1), "auth": "yipii:" + strings.Repeat("0", 64)}}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for n := range channels {
		if m := p.next(); m.Event != "pusher:subscription_error" || m.Channel != fmt.Sprintf("private-asset.%d", n+1) {
			t.Fatalf("%d: %+v", n, m)
		}
		if n == channels/2 {
			w.moveTo(w.node, token, w.acme.account.Key, van, time.Now().Add(-time.Minute), 1)
			if got := updates(t, other.next()); len(got) != 1 || got[0].AssetID != van {
				t.Errorf("%+v", got)
			}
		}
	}
	must(t, <-sent)
	w.follow(p, w.node, token, account)
}

// TestLiveNeverReads: who reads nothing is let go with a code upon which it comes again, and until then nobody else misses a position.
func TestLiveNeverReads(t *testing.T) {
	w := newWorld(t, sqliteURL(t), func(c *server.Config) { c.LiveNoSnapshot, c.OfflineGrace = true, time.Hour })
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	key, account := w.acme.account.Key, "private-account."+w.acme.account.Key
	var vans []int64
	for n := range 50 {
		vans = append(vans, w.asset(w.node, token, key, fmt.Sprint("Van ", n)))
	}
	idle, reader := w.dial(w.node), w.dial(w.node)
	w.follow(idle, w.node, token, account)
	w.follow(reader, w.node, token, account)
	at := time.Now().Add(-time.Hour)
	all := func() {
		t.Helper()
		at = at.Add(time.Second)
		list := make([]map[string]any, len(vans))
		for i, van := range vans { // the note makes the socket's buffers full sooner
			list[i] = map[string]any{"asset_id": van, "timestamp": at.UTC().Format(time.RFC3339), "latitude": 1.5, "longitude": 2.5, "sensors": map[string]any{strings.Repeat("s", 60): 1.5, strings.Repeat("t", 60): 2.5}}
		}
		w.want(http.StatusOK, "positions", w.call(w.node, http.MethodPost, "/api/"+key+"/position", token, list))
		for got := 0; got < len(vans); {
			got += len(updates(t, reader.next()))
		}
	}
	for range 300 { // 7 MB: more than the system keeps for a connection, and the server for a reader
		all()
	}
	w.clock.Advance(31 * time.Second)
	all()
	if code := idle.ended(); code != 4100 {
		t.Errorf("who reads nothing is let go with %d", code)
	}
	all()
}

// TestLiveCompression: by setting, who can read compressed messages gets them; who can't, and everybody without the setting, gets
// them as they are.
func TestLiveCompression(t *testing.T) {
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprint(on), func(t *testing.T) {
			w := newWorld(t, sqliteURL(t), func(c *server.Config) { c.LiveNoSnapshot, c.LiveCompress = true, on })
			token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
			key := w.acme.account.Key
			van := w.asset(w.node, token, key, "Van 1")
			counted := &countedConn{}
			dialer := websocket.Dialer{EnableCompression: true, NetDial: func(network, addr string) (net.Conn, error) {
				c, err := net.Dial(network, addr)
				counted.Conn = c
				return counted, err
			}}
			conn, answer, err := dialer.Dial("ws"+strings.TrimPrefix(w.node.url, "http")+"/app/yipii?protocol=7", nil)
			must(t, err)
			t.Cleanup(func() { conn.Close() })
			if offered := strings.Contains(answer.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate"); offered != on {
				t.Errorf("compression is %v", offered)
			}
			packed, plain := &pusher{t: t, conn: conn}, w.dial(w.node)
			var hello struct {
				SocketID string `json:"socket_id"`
			}
			must(t, json.Unmarshal([]byte(packed.next().Data), &hello))
			packed.socket = hello.SocketID
			for _, p := range []*pusher{packed, plain} {
				w.follow(p, w.node, token, "private-account."+key)
			}
			var list []map[string]any
			start := time.Now().Add(-time.Hour)
			for n := range 100 {
				list = append(list, map[string]any{"asset_id": van, "timestamp": start.Add(time.Duration(n) * time.Second).UTC().Format(time.RFC3339), "latitude": 1.5, "longitude": 2.5})
			}
			before := counted.read
			w.want(http.StatusOK, "positions", w.call(w.node, http.MethodPost, "/api/"+key+"/position", token, list))
			got, other := packed.next(), plain.next()
			if got.Data != other.Data || len(updates(t, got)) != 100 {
				t.Errorf("%s and %s", got.Data, other.Data)
			}
			if size := counted.read - before; (size < len(got.Data)/4) != on {
				t.Errorf("%d bytes for %d", size, len(got.Data))
			}
			packed.say("pusher:ping", map[string]any{}) // a client compresses too
			if m := packed.next(); m.Event != "pusher:pong" {
				t.Errorf("%+v", m)
			}
		})
	}
}

// countedConn counts what is read. One goroutine reads.
type countedConn struct {
	net.Conn
	read int
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read += n
	return n, err
}

// TestLiveLinkEnds: who follows a public link is cut off when it is revoked on another node, or gets another PIN, and can't open it again.
func TestLiveLinkEnds(t *testing.T) {
	onBoth(t, noSnapshot, func(t *testing.T, w *world) {
		far := w.startNode()
		token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		key := w.acme.account.Key
		van := w.asset(w.node, token, key, "Van 1")
		for name, end := range map[string]struct {
			method, path string
			body         any
		}{
			"revoked":     {http.MethodPost, "/revoke", nil},
			"deleted":     {http.MethodDelete, "", nil},
			"another PIN": {http.MethodPatch, "", map[string]any{"pin": "4711"}},
			"ended":       {http.MethodPatch, "", map[string]any{"until": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)}},
		} {
			made := w.want(http.StatusCreated, "a link", w.call(w.node, http.MethodPost, "/api/"+key+"/tracking-link", token, map[string]any{"name": "Delivery", "asset_ids": []int64{van},
				"from": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}))
			address := made["url"].(string)
			link := address[strings.LastIndex(address, "/")+1:]
			public := "/api/public/tracking/" + link + "/session"
			var session struct{ Token, Channel string }
			opened := w.do(far, http.MethodPost, public, http.Header{"Content-Type": {"application/json"}}, "{}")
			if json.Unmarshal([]byte(opened.body), &session) != nil || opened.status != http.StatusOK || session.Channel != "private-tracking."+link {
				t.Fatalf("%d %s", opened.status, opened.body)
			}
			p := w.dial(far)
			if status, _ := w.authorize(far, session.Token, p.socket, "private-account."+key); status != http.StatusForbidden {
				t.Errorf("a guest follows the account: %d", status)
			}
			w.follow(p, far, session.Token, session.Channel)
			path := fmt.Sprintf("/api/%s/tracking-link/%.0f%s", key, made["id"], end.path)
			if a := w.call(w.node, end.method, path, token, end.body); a.status/100 != 2 {
				t.Fatalf("%s: %d %s", name, a.status, a.body)
			}
			if code := p.ended(); code != 4009 {
				t.Errorf("%s: %d", name, code)
			}
			if status, _ := w.authorize(far, session.Token, w.dial(far).socket, session.Channel); status/100 != 4 {
				t.Errorf("%s: it is signed again: %d", name, status)
			}
			if a := w.do(far, http.MethodPost, public, http.Header{"Content-Type": {"application/json"}}, "{}"); a.status/100 != 4 {
				t.Errorf("%s: it is opened again: %d %s", name, a.status, a.body)
			}
		}
	})
}
