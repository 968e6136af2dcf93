package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/yipii/yipii/internal/store"
)

const (
	// subjects is the beginning of the subject that all nodes publish on and subscribe to. The name of their installation follows.
	subjects = "yipii.live."
	// installationSetting has the name of the installation: one for each database, so that two of them on one NATS cluster hear
	// nothing of each other.
	installationSetting = "relay_installation"

	// natsFrame is the most bytes of a frame, natsLeast the fewest that a server must take.
	natsFrame = 64 << 10
	natsLeast = 512
	// natsBehind is how many bytes of frames may wait for who hears them. Beyond, they are lost.
	natsBehind = 8 << 20

	natsDial = 2 * time.Second
	// natsPing is how often a silent server is asked whether it still lives; twice without an answer it doesn't.
	natsPing = 10 * time.Second
)

// CheckURL refuses what can't be the URL of a NATS server, or of several with commas between them. What it says has nothing of
// the URL, which may hold a password.
func CheckURL(natsURL string) error {
	for one := range strings.SplitSeq(natsURL, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("the NATS URL must be nats://HOST:PORT or tls://HOST:PORT, with NAME:PASSWORD@ or TOKEN@ before the host where the server asks for them")
		}
	}
	return nil
}

// natsCarrier carries frames over a NATS server or a cluster of them.
type natsCarrier struct {
	db   *store.DB
	url  string
	node string

	mu      sync.Mutex
	conn    *nats.Conn // nil while there is none
	subject string
}

func newNATSCarrier(db *store.DB, natsURL, node string) *natsCarrier {
	return &natsCarrier{db: db, url: natsURL, node: node}
}

func (c *natsCarrier) use(conn *nats.Conn, subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.subject = conn, subject
}

func (c *natsCarrier) connected() (conn *nats.Conn, subject string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil || !c.conn.IsConnected() {
		return nil, "", errAway
	}
	return c.conn, c.subject, nil
}

func (c *natsCarrier) form() (form, error) {
	conn, _, err := c.connected()
	if err != nil {
		return form{}, err
	}
	size := min(natsFrame, conn.MaxPayload())
	if size < natsLeast {
		return form{}, fmt.Errorf("the NATS server's max_payload is under %d bytes", natsLeast)
	}
	return form{size: int(size)}, nil
}

func (c *natsCarrier) send(ctx context.Context, frames []string) error {
	conn, subject, err := c.connected()
	if err != nil {
		return err
	}
	for _, frame := range frames {
		err := conn.Publish(subject, []byte(frame))
		if errors.Is(err, nats.ErrMaxPayload) { // the server took more when the frame was made
			return fmt.Errorf("%w: %w", errRefused, err)
		}
		if err != nil {
			return err
		}
	}
	return conn.FlushWithContext(ctx) // the server's answer: it has them
}

// installation reads the name of the installation, and gives it one if it has none.
func (c *natsCarrier) installation(ctx context.Context) (string, error) {
	name, err := c.db.Setting(ctx, installationSetting)
	if err == nil && name == "" {
		name, err = c.db.SetSettingOnce(ctx, installationSetting, newName()+newName())
	}
	return name, err
}

func (c *natsCarrier) listen(ctx context.Context, h hearing) error {
	installation, err := c.installation(ctx)
	if err != nil {
		return err
	}
	subject := subjects + installation
	closed := make(chan error, 1)
	conn, err := nats.Connect(c.url,
		nats.Name("yipii "+c.node),
		nats.Timeout(natsDial),
		nats.SetCustomDialer(dialer{ctx}),
		nats.NoEcho(),
		nats.PingInterval(natsPing),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(sendTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectBufSize(-1), // what can't be sent waits in the outbox, which is bounded
		nats.CustomReconnectDelay(func(attempts int) time.Duration {
			return min(firstPause<<min(attempts, 10), longestPause)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err == nil {
				err = errAway
			}
			h.down(err)
		}),
		nats.ReconnectHandler(func(conn *nats.Conn) { confirm(ctx, conn, h) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) {
				h.lost()
				return
			}
			h.down(err) // such as a subject that this user may not use
		}),
		nats.ClosedHandler(func(conn *nats.Conn) { closed <- conn.LastError() }),
	)
	if err != nil {
		return err
	}
	// Not waited for: it may be in the middle of connecting, which ends soon as its dialer ends with ctx.
	defer func() { go conn.Close() }()
	sub, err := conn.Subscribe(subject, func(m *nats.Msg) { h.heard(string(m.Data)) })
	if err == nil {
		err = sub.SetPendingLimits(-1, natsBehind)
	}
	if err != nil {
		return err
	}
	c.use(conn, subject)
	defer c.use(nil, "")
	confirm(ctx, conn, h)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-closed:
		return cmp.Or(err, errAway)
	}
}

// confirm waits until the server has the subscription, and says that frames are heard from now on. If the connection breaks, the
// next one is confirmed.
func confirm(ctx context.Context, conn *nats.Conn, h hearing) {
	for ctx.Err() == nil && conn.IsConnected() {
		answer, cancel := context.WithTimeout(ctx, sendTimeout)
		err := conn.FlushWithContext(answer)
		cancel()
		if err == nil {
			h.up()
			return
		}
		h.down(err)
	}
}

// dialer connects until ctx ends, and breaks then what is connected: the library's own calls know no context.
type dialer struct{ ctx context.Context }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: natsDial}).DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &dialed{conn, context.AfterFunc(d.ctx, func() { conn.Close() })}, nil
}

// dialed is a connection that ends with its dialer's context.
type dialed struct {
	net.Conn
	forget func() bool
}

func (d *dialed) Close() error {
	d.forget()
	return d.Conn.Close()
}
