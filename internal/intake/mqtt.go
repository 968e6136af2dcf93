package intake

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/tracker"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// Bounds of MQTT.
const (
	maxMessage   = 256 << 10 // of a packet, in bytes; the first, which comes from a stranger, is shorter
	connectTime  = 10 * time.Second
	maxUnread    = 256                    // messages of QoS 2 that wait for their release
	maxWrites    = 16                     // answers waiting to be sent to a client
	recheckEvery = 250 * time.Millisecond // how often it is looked whether credentials have changed
)

// Broker speaks MQTT 3.1.1 and 5. It has no subscribers: what is published becomes positions, and is kept nowhere else.
type Broker struct {
	*Port
	service *Service
	server  *mqtt.Server
	stop    context.CancelFunc
	stopped chan struct{}

	mu      sync.Mutex
	clients map[*visitor]struct{} // that were let in
}

// visitor is a connection, with who it is once that is known. It is the net.Conn that the library reads: what was read of it
// already comes first.
type visitor struct {
	*wire
	read   []byte
	login  login
	let    bool
	client *mqtt.Client
	ends   time.Time // of the credential; zero: never
}

// SetDeadline bounds reading alone: the library sets it before it reads, and an answer may be long in coming.
func (v *visitor) SetDeadline(t time.Time) error { return v.SetReadDeadline(t) }

func (v *visitor) Write(b []byte) (int, error) {
	_ = v.SetWriteDeadline(time.Now().Add(answerTime))
	return v.wire.Write(b)
}

func (v *visitor) Read(b []byte) (int, error) {
	if len(v.read) > 0 {
		n := copy(b, v.read)
		v.read = v.read[n:]
		return n, nil
	}
	return v.wire.Read(b)
}

// OpenMQTT takes clients on listener, which speaks TLS by itself where it is wanted.
func (s *Service) OpenMQTT(listener net.Listener) (*Broker, error) {
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumSessionExpiryInterval = 0 // a session has nothing to remember: nobody subscribes
	capabilities.MaximumPacketSize = maxMessage
	capabilities.MaximumClientWritesPending = maxWrites
	capabilities.ReceiveMaximum = maxUnread
	capabilities.TopicAliasMaximum = 0
	capabilities.Compatibilities.NoInheritedPropertiesOnAck = true
	capabilities.SharedSubAvailable, capabilities.WildcardSubAvailable, capabilities.SubIDAvailable = 0, 0, 0
	ctx, stop := context.WithCancel(context.Background())
	b := &Broker{service: s, stop: stop, stopped: make(chan struct{}), clients: map[*visitor]struct{}{}}
	// The library would log whole packets, and with them passwords.
	b.server = mqtt.New(&mqtt.Options{Capabilities: capabilities, Logger: slog.New(slog.DiscardHandler)})
	if err := b.server.AddHook(&hook{broker: b}, nil); err != nil {
		stop()
		return nil, err
	}
	b.Port = s.newPort(mqttName, listener, b.serve)
	go b.watch(ctx)
	return b, nil
}

// Close ends the broker as Port.Close does.
func (b *Broker) Close(ctx context.Context) error {
	err := b.Port.Close(ctx)
	b.stop()
	<-b.stopped
	return err
}

// serve reads the head of the first packet, which has to be a short CONNECT, before the library takes memory for the
// connection, and hands over to it.
func (b *Broker) serve(w *wire) {
	_ = w.SetReadDeadline(time.Now().Add(connectTime))
	head, err := tracker.ReadConnect(w)
	if err != nil {
		if errors.Is(err, tracker.ErrUnreadable) {
			b.service.figures.refused(mqttName, reasonUnreadable)
		}
		return
	}
	v := &visitor{wire: w, read: head}
	defer b.forget(v)
	_ = b.server.EstablishConnection(mqttName, v) // the end of a connection is no news
}

func (b *Broker) forget(v *visitor) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.clients, v)
}

// watch cuts off clients whose credential is good no more. Each change that any process announces is heard of within a second.
func (b *Broker) watch(ctx context.Context) {
	defer close(b.stopped)
	tick := time.NewTicker(recheckEvery)
	defer tick.Stop()
	heard := b.service.DB.Heard()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := b.service.DB.Heard()
		b.recheck(now != heard)
		heard = now
	}
}

// recheck looks at those whose credential has ended by itself, and at all of them if there was a change.
func (b *Broker) recheck(changed bool) {
	now := b.service.Now()
	b.mu.Lock()
	var some []*visitor
	for v := range b.clients {
		if changed || !v.ends.IsZero() && !now.Before(v.ends) {
			some = append(some, v)
		}
	}
	b.mu.Unlock()
	good := map[login]bool{} // many may show the same
	for _, v := range some {
		still, asked := good[v.login]
		if !asked {
			_, err := b.service.again(b.context(v), v.login)
			still = !errors.Is(err, errLogin)
			good[v.login] = still
		}
		if !still {
			b.service.figures.refused(mqttName, reasonUnauthorized)
			b.cut(v.client, packets.ErrNotAuthorized)
		}
	}
}

// cut closes a connection, and says why where the protocol has words for it.
func (b *Broker) cut(cl *mqtt.Client, code packets.Code) {
	if cl.Properties.ProtocolVersion == 5 {
		_ = b.server.DisconnectClient(cl, code)
		return
	}
	cl.Stop(code)
}

// context is that of one packet of a visitor.
func (b *Broker) context(v *visitor) context.Context {
	return web.WithRequest(context.Background(), &web.Request{ClientIP: v.from(), UserAgent: "MQTT", Log: b.service.Log})
}

// connect authenticates a visitor. It returns errLogin for a login that isn't good, and the fault of one that can't be decided.
func (b *Broker) connect(v *visitor, cl *mqtt.Client, name, secret string) error {
	ctx := b.context(v)
	v.login, v.client = newLogin(name, secret, v.from()), cl
	p, err := b.service.first(ctx, v.login)
	if err != nil {
		web.RequestOf(ctx).Refuse(fault.As(err).Message)
		b.count(ctx, "connect")
		if errors.Is(err, errLogin) || fault.Is(err, fault.TooMany) {
			b.service.figures.refused(mqttName, reasonUnauthorized)
			return errLogin
		}
		return err
	}
	v.let, v.ends = true, p.ExpiresAt
	// Two senders with different credentials may call themselves the same. Those with the same one take over from each other,
	// as the protocol says.
	cl.ID = p.ID + " " + cl.ID
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clients[v] = struct{}{}
	return nil
}

func (b *Broker) count(ctx context.Context, what string) {
	if b.service.Count != nil {
		b.service.Count(web.RequestOf(ctx), web.Route{Method: "MQTT", Pattern: what}, b.service.Now())
	}
}

// publish stores what a visitor published and returns once it is durable. The faults are Unauthenticated for a credential that
// isn't good any more, Forbidden for a topic that it may not publish to, NotFound for a tracker that isn't the account's,
// Malformed and TooLarge, TooMany and Unavailable.
func (b *Broker) publish(v *visitor, name string, body []byte) (result trail.Result, err error) {
	ctx, cancel := context.WithTimeout(b.context(v), storeWait)
	defer cancel()
	defer b.count(ctx, "publish")
	defer func() {
		if f := fault.As(err); err != nil {
			web.Note(ctx, f)
		}
	}()
	p, t, err := b.enter(ctx, v, name)
	if err != nil {
		return result, err
	}
	ctx = bearer.WithPrincipal(ctx, p)
	if err := b.service.pace(ctx, p); err != nil {
		return result, err
	}
	done, err := b.service.turn(ctx, mqttName)
	if err != nil {
		return result, err
	}
	defer done()
	if t.of.Tracker != "" {
		known, err := b.service.known(ctx, p.Account.AccountID, t.of.Tracker)
		if err != nil {
			return result, err
		}
		if !known {
			b.service.unknown(sender{mqttName, v.from()}, t.of.Tracker)
			return result, errUnknown()
		}
	}
	return b.service.counted(mqttName, func() (trail.Result, error) { return b.service.Trail.IngestBody(ctx, p.Account.AccountID, body, t.of) })
}

// enter finds out whether the visitor may still publish, and to this topic.
func (b *Broker) enter(ctx context.Context, v *visitor, name string) (*bearer.Principal, topic, error) {
	t, ok := parseTopic(name)
	p, err := b.service.again(ctx, v.login)
	switch {
	case errors.Is(err, errLogin):
		return nil, t, fault.New(fault.Unauthenticated, "Unauthenticated.")
	case err != nil:
		return nil, t, err
	}
	err = errTopic()
	if ok && (v.login.byClient || t.account == v.login.name) {
		if p, err = b.service.write.Enter(p, t.account, v.from()); fault.Is(err, fault.NotFound) {
			err = errTopic() // another's account is as one that isn't there, and as a topic that means nothing
		}
	}
	return p, t, err
}

func errTopic() error {
	return fault.New(fault.Forbidden, "The credential may not publish to this topic.")
}

// pace holds a sender back while its credential is past its limit of requests.
func (s *Service) pace(ctx context.Context, p *bearer.Principal) error {
	for {
		wait := s.Guard.Wait(p)
		if wait == 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fault.Wrap(fault.Unavailable, "Too Many Attempts.", ctx.Err())
		}
	}
}
