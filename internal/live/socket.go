package live

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Times and bounds of a connection.
const (
	activityTimeout = 120 * time.Second // silence after which the other side is asked whether it is there
	pongTimeout     = 30 * time.Second
	writeTimeout    = 10 * time.Second // of an answer that somebody waits for
	stuckTimeout    = 2 * patience     // of a frame that the client doesn't read: while others wait behind it, patience ends before
	closeTimeout    = time.Second      // how long a client may take to be told why the connection ends
	mostChannels    = 100
	longestMessage  = 10 << 10 // of a client, bytes
)

// Codes of Pusher's protocol. From 4000 on a client stays away, from 4100 on it comes again after a while, and from 4200 on at once.
const (
	closeUnknownApp   = 4001
	closeProtocol     = 4007
	closeNoProtocol   = 4008
	closeUnauthorized = 4009
	closeFull         = 4100
	closeAgain        = 4200
	closeNoPong       = 4201
	codeClientEvent   = 4301
)

// socket is one connection of a Pusher client.
type socket struct {
	service *Service
	id      string
	conn    *websocket.Conn
	raw     syscall.RawConn // see straight
	packed  bool            // messages are compressed, if the client can read that
	outbox  outbox

	mu     sync.Mutex
	subs   map[string]*subscription
	closed bool

	heard  atomic.Int64 // Unix ms of the last message
	pinged atomic.Bool
}

func (s *Service) socketRoutes(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Pattern: "/app/{app_key}", Access: web.Access{Public: true}, ID: "connect", Hidden: true}, http.HandlerFunc(s.serveSocket))
}

// serveSocket opens a connection. Which site a page comes from says nothing here: channels are authorized one by one.
func (s *Service) serveSocket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{ReadBufferSize: 512, WriteBufferPool: &s.buffers, WriteBufferSize: 4096,
		CheckOrigin: func(*http.Request) bool { return true }, HandshakeTimeout: writeTimeout, EnableCompression: s.opt.Compress,
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			web.WriteError(w, r, fault.New(fault.Malformed, "This address takes WebSocket connections of Pusher clients: "+reason.Error()+"."))
		}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it is answered
	}
	c := &socket{service: s, conn: conn, id: fmt.Sprintf("%d.%d", rand.Uint32(), rand.Uint32()), subs: map[string]*subscription{}, packed: s.opt.Compress}
	if !c.packed {
		c.raw = straight(conn)
	}
	conn.SetReadLimit(longestMessage)
	if code, reason := s.admit(r.PathValue("app_key"), r.URL.Query().Get("protocol")); code != 0 {
		c.refuse(code, reason)
		return
	}
	if s.opt.Most > 0 && s.open.Load() >= int64(s.opt.Most) {
		c.refuse(closeFull, "This server has as many connections as it takes.")
		return
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		c.refuse(closeAgain, errEnding.Error())
		return
	}
	s.sockets[c.id] = c
	s.mu.Unlock()
	s.open.Add(1)
	c.heard.Store(s.opt.Now().UnixMilli())
	c.say("pusher:connection_established", "", fmt.Appendf(nil, `{"socket_id":%q,"activity_timeout":%d}`, c.id, int(activityTimeout.Seconds())))
	go c.read() // the handler returns, and what it needed is free
}

// admit checks how a client introduces itself, and returns the code to turn it away with, 0 for none.
func (s *Service) admit(appKey, protocol string) (code int, reason string) {
	switch {
	case appKey != s.opt.AppKey:
		return closeUnknownApp, "There is no app with this key."
	case protocol == "":
		return closeNoProtocol, "No protocol version is given."
	case protocol != "7" && protocol != "6" && protocol != "5":
		return closeProtocol, "This protocol version isn't supported."
	}
	return 0, ""
}

// refuse says why and closes a connection that was never opened in full.
func (c *socket) refuse(code int, reason string) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_ = c.conn.WriteMessage(websocket.TextMessage, (&frame{event: "pusher:error", data: errorData(code, reason)}).encode())
	_ = c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(writeTimeout))
	_ = c.conn.Close()
}

func errorData(code int, message string) []byte {
	b, _ := json.Marshal(map[string]any{"code": code, "message": message}) // a number and a text
	return b
}

// read takes the client's messages until the connection ends.
func (c *socket) read() {
	defer c.gone()
	c.conn.SetPingHandler(func(data string) error {
		c.alive()
		c.offer(&frame{opcode: websocket.PongMessage, data: []byte(data)}, nil)
		return nil
	})
	c.conn.SetCloseHandler(func(code int, _ string) error {
		c.finish(websocket.FormatCloseMessage(code, ""))
		return nil
	})
	c.conn.SetPongHandler(func(string) error { c.alive(); return nil })
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		c.alive()
		c.take(text)
	}
}

func (c *socket) alive() {
	c.heard.Store(c.service.opt.Now().UnixMilli())
	c.pinged.Store(false)
}

// take does what a message asks for.
func (c *socket) take(text []byte) {
	var m struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	if json.Unmarshal(text, &m) != nil || m.Event == "" {
		c.say("pusher:error", "", []byte(`{"code":null,"message":"The message is not JSON with an event."}`))
		return
	}
	switch {
	case m.Event == "pusher:ping":
		c.say("pusher:pong", "", []byte(`{}`))
	case m.Event == "pusher:pong":
	case m.Event == "pusher:subscribe":
		c.subscribe(m.Data)
	case m.Event == "pusher:unsubscribe":
		var data struct {
			Channel string `json:"channel"`
		}
		if unquoted(m.Data, &data) == nil {
			c.unsubscribe(data.Channel)
		}
	case strings.HasPrefix(m.Event, "client-"):
		c.say("pusher:error", "", errorData(codeClientEvent, "Clients send no events here."))
	default:
		c.say("pusher:error", "", []byte(`{"code":null,"message":"This event is not known."}`))
	}
}

// unquoted reads data, which is an object or, from some clients, a string that holds one.
func unquoted(data json.RawMessage, into any) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = json.RawMessage(text)
	}
	return json.Unmarshal(data, into)
}

// subscribe puts the connection on a channel. since continues where an earlier connection ended.
func (c *socket) subscribe(raw json.RawMessage) {
	var data struct {
		Channel string  `json:"channel"`
		Auth    string  `json:"auth"`
		Since   *string `json:"since"`
	}
	if unquoted(raw, &data) != nil || data.Channel == "" {
		c.say("pusher:error", "", []byte(`{"code":null,"message":"A subscription names a channel."}`))
		return
	}
	s := c.service
	at, ok := parseChannel(data.Channel)
	c.mu.Lock()
	_, already := c.subs[data.Channel]
	full := len(c.subs) >= mostChannels
	c.mu.Unlock()
	switch {
	case !ok && isUnsupported(data.Channel):
		c.failed(data.Channel, "UnsupportedChannel", "This server has no presence channels and no encrypted ones.", http.StatusForbidden)
		return
	case !ok:
		c.failed(data.Channel, "UnknownChannel", "There is no such channel.", http.StatusNotFound)
		return
	case already:
		c.failed(data.Channel, "AlreadySubscribed", "The connection is on this channel already.", http.StatusConflict)
		return
	case full:
		c.failed(data.Channel, "LimitReached", fmt.Sprintf("A connection has at most %d channels.", mostChannels), http.StatusTooManyRequests)
		return
	}
	key, signature, _ := strings.Cut(data.Auth, ":")
	if key != s.opt.AppKey || !equal(signature, s.signature(c.id, data.Channel)) {
		c.unauthorized(data.Channel)
		return
	}
	// Waiting for another node's word and reading the database happen here, in the connection's own goroutine: nobody else waits.
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	h := s.redeem(ctx, grantKey{c.id, data.Channel})
	if h == nil {
		c.unauthorized(data.Channel)
		return
	}
	may, err := s.right(ctx, h, at)
	if err != nil {
		c.unauthorized(data.Channel)
		return
	}
	h.expires = may.expires
	late := (s.opt.Snapshot || data.Since != nil) && at.kind != ofLink // a link's session tells where its assets are
	sub := s.subscribe(ctx, c, data.Channel, at, h, may, late,
		&frame{event: "pusher_internal:subscription_succeeded", channel: data.Channel, data: []byte(`{}`)})
	c.mu.Lock()
	gone := c.closed
	if !gone {
		c.subs[data.Channel] = sub
	}
	c.mu.Unlock()
	if gone {
		s.unsubscribe(sub)
		return
	}
	if late {
		since := ""
		if data.Since != nil {
			since = *data.Since
		}
		if err := s.catchUp(ctx, sub, since); err != nil {
			// What it has missed can't be said, so it is to come again.
			c.close(closeFull, "The service is temporarily unavailable.")
		}
	}
}

func (c *socket) failed(channel, kind, message string, status int) {
	data, _ := json.Marshal(map[string]any{"type": kind, "error": message, "status": status}) // texts and a number
	c.say("pusher:subscription_error", channel, data)
}

// unauthorized refuses a channel: the rest of the connection goes on.
func (c *socket) unauthorized(channel string) {
	c.failed(channel, "AuthError", "The subscription is not authorized.", http.StatusForbidden)
}

func (c *socket) unsubscribe(channel string) {
	c.mu.Lock()
	sub := c.subs[channel]
	delete(c.subs, channel)
	c.mu.Unlock()
	if sub != nil {
		c.service.unsubscribe(sub)
		c.outbox.forget(sub)
	}
}

// say sends an event of the protocol.
func (c *socket) say(event, channel string, data []byte) {
	c.offer(&frame{event: event, channel: channel, data: data}, nil)
}

// offer implements reader.
func (c *socket) offer(f *frame, sub *subscription) {
	start, tooSlow := c.outbox.offer(f, sub, c.service.opt.Now())
	if tooSlow {
		c.close(closeFull, "The connection reads too slowly.")
	} else if start {
		c.flush()
	}
}

// end implements reader.
func (c *socket) end(reason error) {
	code := closeUnauthorized
	if reason == errEnding {
		code = closeAgain
	}
	c.close(code, "The credential has ended.")
}

// close says why and ends the connection, without waiting for the client to read it.
func (c *socket) close(code int, reason string) { c.finish(websocket.FormatCloseMessage(code, reason)) }

// finish sends a last message, before all that waits, and ends the connection.
func (c *socket) finish(message []byte) {
	if c.outbox.finish(&frame{opcode: websocket.CloseMessage, data: message, last: true}) {
		c.flush()
	} else {
		_ = c.conn.NetConn().SetWriteDeadline(time.Now().Add(closeTimeout)) // of what is being written
	}
}

// gone forgets a connection that has ended.
func (c *socket) gone() {
	c.hangUp()
	c.mu.Lock()
	c.closed = true
	subs := c.subs
	c.subs = nil
	c.mu.Unlock()
	for _, sub := range subs {
		c.service.unsubscribe(sub)
	}
	s := c.service
	s.mu.Lock()
	delete(s.sockets, c.id)
	s.mu.Unlock()
	s.open.Add(-1)
}

// sweep asks silent connections whether they are there, and ends those that don't say so.
func (s *Service) sweep(now time.Time) {
	var ask, end []*socket
	s.mu.RLock()
	for _, c := range s.sockets {
		silent := now.UnixMilli() - c.heard.Load()
		switch {
		case silent > (activityTimeout + pongTimeout).Milliseconds():
			end = append(end, c)
		case silent > activityTimeout.Milliseconds() && c.pinged.CompareAndSwap(false, true):
			ask = append(ask, c)
		}
	}
	s.mu.RUnlock()
	for _, c := range ask {
		c.say("pusher:ping", "", []byte(`{}`))
	}
	for _, c := range end {
		c.close(closeNoPong, "The connection has been silent.")
	}
}
