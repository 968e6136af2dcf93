package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// Kinds of error of an attempt, as the log tells them.
const (
	kindStatus    = "status"            // answered, but not with 200 to 299
	kindRedirect  = "redirect"          // answered with 300 to 399: redirects aren't followed
	kindGone      = "gone"              // answered with 410: the webhook is turned off
	kindTimeout   = "timeout"           // no whole answer within the time
	kindName      = "name"              // the host's name can't be resolved
	kindForbidden = "forbidden_address" // it resolves to where this server may not send
	kindTLS       = "tls"               // no TLS, or a certificate that isn't good
	kindConnect   = "connection"        // refused, reset or unreachable
)

// bodyKept is how much of an answer is read, for the log.
const bodyKept = 1024

// agent names us to receivers.
const agent = "Yipii-Webhook/1"

// errForbidden is that of connecting to where requests may not go.
var errForbidden = errors.New("requests may not go to this address")

// sender makes requests to receivers. No proxy, no redirect, no cookie: what is sent goes to the address that was looked
// at, or nowhere.
type sender struct {
	https, http *http.Transport
}

func newSender(s *Service) *sender {
	// The settings are read when connecting: they may come after New.
	return &sender{https: newTransport(func(a netip.Addr) bool { return mayReach(a, false, s.opt.Networks) }),
		http: newTransport(func(a netip.Addr) bool { return mayReach(a, true, s.opt.Networks) })}
}

func newTransport(may func(netip.Addr) bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second,
		// Called with each address that the name has resolved to, right before the connection is made: a name that
		// resolves to something else the next time has gained nothing.
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !may(at.Addr()) {
				return errForbidden
			}
			return nil
		}}
	return &http.Transport{Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second, MaxIdleConns: 256, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second,
		DisableCompression: true, MaxResponseHeaderBytes: 16 << 10}
}

func (s *sender) close() {
	s.https.CloseIdleConnections()
	s.http.CloseIdleConnections()
}

// reply is how an attempt went.
type reply struct {
	at       time.Time
	took     time.Duration
	response int    // HTTP status; 0 for no answer
	body     string // the beginning of the answer
	kind     string // of error; "" for success
	asked    time.Duration
}

// send makes one attempt. at is the time that it is signed with.
func (s *sender) send(ctx context.Context, w *Webhook, c *claim, at time.Time) reply {
	started := time.Now()
	r := s.exchange(ctx, w, c, at)
	r.at, r.took = at, time.Since(started)
	return r
}

func (s *sender) exchange(ctx context.Context, w *Webhook, c *claim, at time.Time) reply {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, strings.NewReader(c.payload))
	if err != nil {
		return reply{kind: kindConnect}
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {agent},
		"Webhook-Id": {c.messageID}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)},
		"Webhook-Signature": {signature(w.keysAt(at), c.messageID, at, []byte(c.payload))}}
	transport := s.https
	if req.URL.Scheme == "http" {
		transport = s.http
	}
	res, err := transport.RoundTrip(req) // a transport follows no redirect
	if err != nil {
		return reply{kind: kindOf(err)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyKept))
	r := reply{response: res.StatusCode, body: printable(body)}
	switch {
	case err != nil:
		r.kind = kindOf(err)
	case res.StatusCode == http.StatusGone:
		r.kind = kindGone
	case res.StatusCode >= 300 && res.StatusCode < 400:
		r.kind = kindRedirect
	case res.StatusCode < 200 || res.StatusCode >= 300:
		r.kind = kindStatus
	}
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable {
		r.asked = retryAfter(res.Header.Get("Retry-After"), at)
	}
	return r
}

// kindOf tells of an error what a webhook's owner can do something with. The error itself isn't kept: it may name
// addresses of our own network.
func kindOf(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var host x509.HostnameError
	var timeout net.Error
	switch {
	case errors.Is(err, errForbidden):
		return kindForbidden
	case errors.As(err, &name) && !name.IsTimeout:
		return kindName
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &host):
		return kindTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return kindTimeout
	}
	return kindConnect
}

// printable is text that both databases keep, whatever was answered.
func printable(body []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(body), "�"))
}
