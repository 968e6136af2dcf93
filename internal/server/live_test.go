package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/web"
)

// pusher is a client of the protocol that shows all that it is told.
type pusher struct {
	t      *testing.T
	conn   *websocket.Conn
	socket string
}

// said is a message of the server.
type said struct {
	Event   string `json:"event"`
	Channel string `json:"channel"`
	Data    string `json:"data"`
	Last    string `json:"last_event_id"`
}

// dial connects to a node's socket.
func (w *world) dial(n *node) *pusher {
	w.t.Helper()
	p := &pusher{t: w.t, conn: w.connect(n, "yipii?protocol=7&client=test")}
	hello := p.next()
	var data struct {
		SocketID string `json:"socket_id"`
		Activity int    `json:"activity_timeout"`
	}
	if hello.Event != "pusher:connection_established" || json.Unmarshal([]byte(hello.Data), &data) != nil || data.Activity != 120 {
		w.t.Fatalf("hello: %+v", hello)
	}
	p.socket = data.SocketID
	return p
}

// connect opens a socket for an app key and a query.
func (w *world) connect(n *node, app string) *websocket.Conn {
	w.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(n.url, "http")+"/app/"+app, nil)
	must(w.t, err)
	w.t.Cleanup(func() { conn.Close() })
	return conn
}

func (p *pusher) read(wait time.Duration) (m said, err error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(wait))
	_, text, err := p.conn.ReadMessage()
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

func (p *pusher) next() said {
	p.t.Helper()
	m, err := p.read(30 * time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// ended waits for the code that the server closes with.
func (p *pusher) ended() int {
	p.t.Helper()
	for {
		_, err := p.read(30 * time.Second)
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *pusher) say(event string, data any) {
	p.t.Helper()
	must(p.t, p.conn.WriteJSON(map[string]any{"event": event, "data": data}))
}

// authorize asks a node to sign a subscription.
func (w *world) authorize(n *node, token, socket, channel string) (status int, auth string) {
	w.t.Helper()
	form := url.Values{"socket_id": {socket}, "channel_name": {channel}}
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	a := w.post(n, "/broadcasting/auth", form, header)
	var body struct{ Auth string }
	_ = json.Unmarshal([]byte(a.body), &body)
	return a.status, body.Auth
}

// follow subscribes to a channel and fails unless that works.
func (w *world) follow(p *pusher, n *node, token, channel string) {
	w.t.Helper()
	status, auth := w.authorize(n, token, p.socket, channel)
	if status != http.StatusOK {
		w.t.Fatalf("%s: %d", channel, status)
	}
	p.say("pusher:subscribe", map[string]string{"channel": channel, "auth": auth})
	if m := p.next(); m.Event != "pusher_internal:subscription_succeeded" || m.Channel != channel {
		w.t.Fatalf("%+v", m)
	}
}

// moveTo sends one position.
func (w *world) moveTo(n *node, token, account string, asset int64, at time.Time, latitude float64) {
	w.t.Helper()
	w.want(http.StatusOK, "a position", w.call(n, http.MethodPost, "/api/"+account+"/position", token, map[string]any{"asset_id": asset,
		"timestamp": at.UTC().Format(time.RFC3339), "latitude": latitude, "longitude": 14.5, "speed": 42, "sensors": map[string]any{"fuel": 61.5}}))
}

// asset makes an asset.
func (w *world) asset(n *node, token, account, name string) int64 {
	w.t.Helper()
	made := w.want(http.StatusCreated, name, w.call(n, http.MethodPost, "/api/"+account+"/asset", token, map[string]any{"name": name}))
	return int64(made["id"].(float64))
}

func sqliteURL(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "yipii.db") }

type update struct {
	AssetID  int64              `json:"asset_id"`
	Latitude float64            `json:"latitude"`
	Speed    float64            `json:"speed"`
	Status   string             `json:"status"`
	Sensors  map[string]float64 `json:"sensors"`
}

// updates reads a location event: one object or an array.
func updates(t *testing.T, m said) (list []update) {
	t.Helper()
	if m.Event != ".location.updated" {
		t.Fatalf("%+v", m)
	}
	if strings.HasPrefix(m.Data, "[") {
		must(t, json.Unmarshal([]byte(m.Data), &list))
		return list
	}
	list = make([]update, 1)
	must(t, json.Unmarshal([]byte(m.Data), &list[0]))
	return list
}

func noSnapshot(c *server.Config) { c.LiveNoSnapshot = true }

// TestLive: who follows an account, an asset or a group is told where things are, on the node where it becomes known and on another.
func TestLive(t *testing.T) {
	onBoth(t, noSnapshot, func(t *testing.T, w *world) {
		token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		foreign := w.token(w.node, w.globex.clientID, w.globex.secret, "")
		first, second := w.asset(w.node, token, w.acme.account.Key, "Van 1"), w.asset(w.node, token, w.acme.account.Key, "Van 2")
		nodes := []*node{w.node}
		if strings.HasPrefix(w.config.DatabaseURL, "postgres") {
			nodes = append(nodes, w.startNode())
		}
		far := nodes[len(nodes)-1]
		account := "private-account." + w.acme.account.Key
		one := fmt.Sprintf("private-asset.%d", first)

		all, single := w.dial(far), w.dial(far)
		w.follow(all, w.node, token, account) // signed by one node, for a connection of the other
		w.follow(single, far, token, one)
		w.within("the other node hears that somebody follows", func() bool { return w.node.Rooms.Live.Watched(w.acme.account.ID) })

		start := time.Now().Add(-time.Minute)
		w.moveTo(w.node, token, w.acme.account.Key, second, start, 35.8)
		if got := updates(t, all.next()); len(got) != 1 || got[0].AssetID != second || got[0].Latitude != 35.8 || got[0].Status != "moving" || got[0].Sensors["fuel"] != 61.5 {
			t.Errorf("%+v", got)
		}
		w.moveTo(w.node, token, w.acme.account.Key, first, start, 35.9)
		if got := updates(t, single.next()); len(got) != 1 || got[0].AssetID != first {
			t.Errorf("%+v", got)
		}
		updates(t, all.next())

		// What comes late isn't where the asset is.
		w.moveTo(w.node, token, w.acme.account.Key, first, start.Add(-time.Minute), 35.1)
		w.moveTo(w.node, token, w.acme.account.Key, first, start.Add(time.Second), 35.95)
		if got := updates(t, all.next()); len(got) != 1 || got[0].Latitude != 35.95 {
			t.Errorf("%+v", got)
		}

		// Nobody is let onto another account's channels, nor told that they are there.
		for _, channel := range []string{account, one, "private-account.no-such-account", "private-asset.999999", "private-group.1", "private-tracking.x", "presence-room", "private-asset.01"} {
			if status, auth := w.authorize(w.node, foreign, all.socket, channel); status != http.StatusForbidden || auth != "" {
				t.Errorf("%s: %d %q", channel, status, auth)
			}
		}
		if status, _ := w.authorize(w.node, "", all.socket, account); status != http.StatusUnauthorized {
			t.Errorf("without a token: %d", status)
		}
	})
}

// TestLiveProtocol: what a client may say, and what it is answered.
func TestLiveProtocol(t *testing.T) {
	w := newWorld(t, sqliteURL(t), noSnapshot)
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	account := "private-account." + w.acme.account.Key
	p := w.dial(w.node)
	p.say("pusher:ping", map[string]any{})
	if m := p.next(); m.Event != "pusher:pong" {
		t.Errorf("%+v", m)
	}
	for name, c := range map[string]struct{ event, data, want string }{
		"client event":  {"client-typing", `{}`, `"code":4301`},
		"unknown event": {"pusher:dance", `{}`, "not known"},
		"no channel":    {"pusher:subscribe", `{}`, "names a channel"},
	} {
		must(t, p.conn.WriteMessage(websocket.TextMessage, []byte(`{"event":"`+c.event+`","data":`+c.data+`}`)))
		if m := p.next(); m.Event != "pusher:error" || !strings.Contains(m.Data, c.want) {
			t.Errorf("%s: %+v", name, m)
		}
	}
	must(t, p.conn.WriteMessage(websocket.TextMessage, []byte(`}`)))
	if m := p.next(); m.Event != "pusher:error" {
		t.Errorf("%+v", m)
	}
	_, auth := w.authorize(w.node, token, p.socket, account)
	for name, data := range map[string]map[string]string{
		"no signature":            {"channel": account},
		"somebody else's":         {"channel": account, "auth": "yipii:" + strings.Repeat("0", 64)},
		"of another channel":      {"channel": "private-asset.1", "auth": auth},
		"a channel without guard": {"channel": "everybody", "auth": auth},
	} {
		p.say("pusher:subscribe", data)
		if m := p.next(); m.Event != "pusher:subscription_error" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	w.follow(p, w.node, token, account)
	p.say("pusher:unsubscribe", map[string]string{"channel": account})
	w.follow(p, w.node, token, account) // and again

	for query, code := range map[string]int{"yipii": 4008, "yipii?protocol=3": 4007, "nobody?protocol=7": 4001} {
		turned := &pusher{t: t, conn: w.connect(w.node, query)}
		if m := turned.next(); m.Event != "pusher:error" || !strings.Contains(m.Data, fmt.Sprint(code)) {
			t.Errorf("%s: %+v", query, m)
		}
		if got := turned.ended(); got != code {
			t.Errorf("%s: %d", query, got)
		}
	}
	long := w.dial(w.node)
	must(t, long.conn.WriteMessage(websocket.TextMessage, make([]byte, 11<<10)))
	if code := long.ended(); code != websocket.CloseMessageTooBig {
		t.Errorf("a long message ends with %d", code)
	}
	if a := w.get(w.node, "/app/yipii?protocol=7", ""); a.status != http.StatusBadRequest {
		t.Errorf("without an upgrade: %d %s", a.status, a.body)
	}
}

// TestLiveBounds: a connection has at most 100 channels, one that is silent is asked and then let go, and half a frame harms nobody.
func TestLiveBounds(t *testing.T) {
	// The clock is moved by minutes: that must not look like minutes without news of revocations.
	w := newWorld(t, sqliteURL(t), func(c *server.Config) { c.LiveNoSnapshot, c.OfflineGrace = true, time.Hour })
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	p := w.dial(w.node)
	for n := range 101 {
		channel := fmt.Sprintf("private-asset.%d", w.asset(w.node, token, w.acme.account.Key, fmt.Sprint("Van ", n)))
		if n < 100 {
			w.follow(p, w.node, token, channel)
			continue
		}
		_, auth := w.authorize(w.node, token, p.socket, channel)
		p.say("pusher:subscribe", map[string]string{"channel": channel, "auth": auth})
		if m := p.next(); m.Event != "pusher:subscription_error" || !strings.Contains(m.Data, "LimitReached") {
			t.Errorf("%+v", m)
		}
	}
	half := w.dial(w.node)
	_, err := half.conn.NetConn().Write([]byte{0x81, 0xfe, 0x10}) // a text of 4,096 bytes and more, of which nothing follows
	must(t, err)
	w.clock.Advance(121 * time.Second)
	if m := p.next(); m.Event != "pusher:ping" {
		t.Errorf("%+v", m)
	}
	p.say("pusher:pong", map[string]any{})
	p.say("pusher:ping", map[string]any{})
	if m := p.next(); m.Event != "pusher:pong" {
		t.Errorf("%+v", m)
	}
	w.clock.Advance(40 * time.Second)
	if code := half.ended(); code != 4201 {
		t.Errorf("who says nothing is let go with %d", code)
	}
	p.say("pusher:ping", map[string]any{})
	if m := p.next(); m.Event != "pusher:pong" {
		t.Errorf("%+v", m)
	}
}

// TestLiveEnds: a connection ends within a second of its credential.
func TestLiveEnds(t *testing.T) {
	ctx := context.Background()
	onBoth(t, noSnapshot, func(t *testing.T, w *world) {
		account := "private-account." + w.acme.account.Key
		far := w.startNode()
		for name, lose := range map[string]func(id, token string){
			"revoked token": func(_, token string) {
				p, err := w.node.Guard.Identify(ctx, token)
				must(t, err)
				must(t, w.node.Rooms.Revocations.RevokeToken(ctx, p.TokenID, p.ExpiresAt))
			},
			"client disabled": func(id, _ string) { must(t, w.node.Rooms.Credentials.Disable(ctx, w.acme.account.ID, id, true)) },
			"expired":         func(string, string) { w.clock.Advance(2 * time.Hour) },
		} {
			// A busy machine may be late once; who is told late each time isn't told within a second.
			for try := 1; ; try++ {
				id, secret := w.client(credential.NewClient{AccountID: w.acme.account.ID, OwnerID: w.acme.adminID, Scopes: bearer.AllScopes, TokenLifetime: time.Hour})
				token := w.token(w.node, id, secret, "")
				p := w.dial(far)
				w.follow(p, far, token, account)
				lose(id, token)
				start := time.Now()
				if code := p.ended(); code != 4009 {
					t.Errorf("%s: %d", name, code)
				}
				took := time.Since(start)
				if took <= time.Second {
					break
				}
				if try == 3 {
					t.Errorf("%s: after %v", name, took)
					break
				}
			}
		}
	})
}

// TestLiveParts: members who are limited to groups see those assets, and no others, as groups change.
func TestLiveParts(t *testing.T) {
	w := newWorld(t, sqliteURL(t), nil)
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	bob, err := w.node.Rooms.Accounts.AddMember(context.Background(), w.acme.account.ID, "", "bob@acme-logistics.example", bearer.Manager)
	must(t, err)
	must(t, w.node.Rooms.Accounts.SetRole(context.Background(), w.acme.account.ID, bob, bearer.Manager, &bearer.Part{Groups: []string{"North"}}))
	limited := w.key(w.acme.account.ID, bob, bearer.AllScopes)
	north, south := w.asset(w.node, token, w.acme.account.Key, "North 1"), w.asset(w.node, token, w.acme.account.Key, "South 1")
	path := func(id int64) string { return fmt.Sprintf("/api/%s/asset/%d", w.acme.account.Key, id) }
	w.want(200, "into North", w.call(w.node, "PATCH", path(north), token, map[string]any{"group": "North"}))
	w.want(200, "into South", w.call(w.node, "PATCH", path(south), token, map[string]any{"group": "South"}))
	start := time.Now().Add(-time.Minute)
	w.moveTo(w.node, token, w.acme.account.Key, north, start, 1)
	w.moveTo(w.node, token, w.acme.account.Key, south, start, 2)
	p := w.dial(w.node)
	w.follow(p, w.node, limited, "private-account."+w.acme.account.Key)
	if got := updates(t, p.next()); len(got) != 1 || got[0].AssetID != north { // the snapshot
		t.Errorf("%+v", got)
	}
	w.moveTo(w.node, token, w.acme.account.Key, south, start.Add(time.Second), 3)
	w.moveTo(w.node, token, w.acme.account.Key, north, start.Add(time.Second), 4)
	if got := updates(t, p.next()); len(got) != 1 || got[0].AssetID != north || got[0].Latitude != 4 {
		t.Errorf("%+v", got)
	}
	if status, _ := w.authorize(w.node, limited, p.socket, fmt.Sprintf("private-asset.%d", south)); status != http.StatusForbidden {
		t.Errorf("an asset of another group: %d", status)
	}
	groups, _, err := w.node.Rooms.Fleet.ListGroups(context.Background(), w.acme.account.ID, "", web.PageInput{Page: 1, PerPage: 10})
	must(t, err)
	for _, g := range groups {
		want := map[string]int{"North": http.StatusOK, "South": http.StatusForbidden}[g.Name]
		if status, _ := w.authorize(w.node, limited, p.socket, fmt.Sprintf("private-group.%d", g.ID)); status != want {
			t.Errorf("the group %s: %d", g.Name, status)
		}
	}
	w.want(200, "into North too", w.call(w.node, "PATCH", path(south), token, map[string]any{"group": "North"}))
	w.moveTo(w.node, token, w.acme.account.Key, south, start.Add(2*time.Second), 5)
	if got := updates(t, p.next()); len(got) != 1 || got[0].AssetID != south {
		t.Errorf("%+v", got)
	}
}

// TestLiveStream: Server-Sent Events begin with where everything is, go on with what happens, and continue after a break.
func TestLiveStream(t *testing.T) {
	onBoth(t, func(c *server.Config) { c.RequestTimeout = time.Second }, func(t *testing.T, w *world) {
		token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		van := w.asset(w.node, token, w.acme.account.Key, "Van 1")
		start := time.Now().Add(-time.Minute)
		w.moveTo(w.node, token, w.acme.account.Key, van, start, 1)
		w.within("the position is settled", func() bool {
			return strings.Contains(w.get(w.node, "/api/"+w.acme.account.Key+"/position", token).body, `"asset_id"`)
		})
		open := func(last string) (next func() (event, id, data string), stop func()) {
			req, err := http.NewRequest(http.MethodGet, w.node.url+"/api/"+w.acme.account.Key+"/live", nil)
			must(t, err)
			req.Header.Set("Authorization", "Bearer "+token)
			if last != "" {
				req.Header.Set("Last-Event-ID", last)
			}
			answer, err := http.DefaultClient.Do(req)
			must(t, err)
			if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
				t.Fatal(answer.Status)
			}
			lines := bufio.NewScanner(answer.Body)
			return func() (event, id, data string) {
				for lines.Scan() {
					name, value, _ := strings.Cut(lines.Text(), ": ")
					switch {
					case name == "event":
						event = value
					case name == "id":
						id = value
					case name == "data":
						data = value
					case lines.Text() == "" && event != "":
						return event, id, data
					}
				}
				return "", "", ""
			}, func() { answer.Body.Close() }
		}
		next, stop := open("")
		event, _, data := next()
		if event != "location.updated" || !strings.Contains(data, `"latitude":1,`) {
			t.Errorf("%s %s", event, data)
		}
		time.Sleep(1500 * time.Millisecond) // longer than a request may last
		w.moveTo(w.node, token, w.acme.account.Key, van, start.Add(time.Second), 2)
		event, id, data := next()
		if event != "location.updated" || !strings.Contains(data, `"latitude":2,`) || id == "" {
			t.Errorf("%s %s %s", event, id, data)
		}
		stop()
		w.moveTo(w.node, token, w.acme.account.Key, van, start.Add(2*time.Second), 3)
		next, stop = open(id)
		if event, _, data = next(); event != "location.updated" || !strings.Contains(data, `"latitude":3,`) {
			t.Errorf("%s %s", event, data)
		}
		p, err := w.node.Guard.Identify(context.Background(), token)
		must(t, err)
		must(t, w.node.Rooms.Revocations.RevokeToken(context.Background(), p.TokenID, p.ExpiresAt))
		if event, _, _ = next(); event != "" {
			t.Errorf("%s after the token was revoked", event)
		}
		stop()
	})
}
