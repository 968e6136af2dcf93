package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// observer is the outermost handler of every route.
type observer struct {
	log      Log
	timeout  time.Duration
	proxies  []netip.Prefix
	buffers  sync.Pool // *[]byte, for log lines
	second   secondText
	rooms    *Rooms // that are told of requests; nil: none are
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
}

func newObserver(c Config, log Log) *observer {
	o := &observer{log: log, timeout: c.RequestTimeout, proxies: c.TrustedProxies, registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "yipii_http_request_duration_seconds",
			Help: "Time from a request's arrival to its answer, by route and status class.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10)},
			[]string{"method", "route", "status"})}
	o.buffers.New = func() any { return new([]byte) }
	o.registry.MustRegister(o.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return o
}

// wrap gives a route its request id, deadline, recovery, log line and metrics.
func (o *observer) wrap(rt web.Route, next http.Handler) http.Handler {
	// A class of status has its histogram from the first answer on, so that /metrics isn't a list of what never happened.
	var classes [6]func() prometheus.Observer
	for class := range classes {
		classes[class] = sync.OnceValue(func() prometheus.Observer {
			return o.duration.WithLabelValues(rt.Method, rt.Pattern, fmt.Sprintf("%dxx", class))
		})
	}
	line := o.lineOf(rt)
	timeout := o.timeout
	if rt.Stream {
		timeout = 100 * 365 * 24 * time.Hour
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := &exchange{ctx: requestContext{Context: r.Context(), deadline: start.Add(timeout)}, out: recorder{ResponseWriter: w}}
		ctx, req, out := &x.ctx, &x.ctx.request, &x.out
		req.ID, req.ClientIP, req.Log = requestID(r), o.clientIP(r), o.log.Logger
		if agent := r.Header["User-Agent"]; len(agent) > 0 {
			req.UserAgent = agent[0]
		}
		h := w.Header()
		x.id[0] = req.ID
		h["X-Request-Id"] = x.id[:]
		h["X-Content-Type-Options"] = noSniff
		if !rt.Access.Public {
			h["Cache-Control"] = privateNoCache
		}
		r = r.WithContext(ctx)
		defer func() {
			o.recovered(out, r, recover())
			took := time.Since(start)
			classes[min(5, max(1, out.status/100))]().Observe(took.Seconds())
			line(req, out, start, took)
			o.count(req, &rt, start)
			ctx.end()
		}()
		next.ServeHTTP(out, r)
	})
}

// exchange is what a request and its answer need, in one piece of memory.
type exchange struct {
	ctx requestContext
	out recorder
	id  [1]string
}

// recovered answers a request whose handler panicked. http.ErrAbortHandler means to break the connection and does.
func (o *observer) recovered(out *recorder, r *http.Request, panicked any) {
	if panicked == nil {
		if out.status == 0 {
			out.status = http.StatusOK
		}
		return
	}
	if panicked == http.ErrAbortHandler {
		panic(panicked)
	}
	o.log.Error("panic", "request_id", web.RequestID(r.Context()), "value", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	if out.status == 0 {
		web.WriteError(out, r, fault.New(fault.Internal, "Server Error"))
	}
}

// Header values that every answer shares; nobody changes them.
var noSniff, privateNoCache = []string{"nosniff"}, []string{"private, no-cache"}

// lineOf returns what writes the one log line of a request of this route. It has the route's pattern, never the path or
// the query as sent: what a caller puts there may be a secret.
func (o *observer) lineOf(rt web.Route) func(*web.Request, *recorder, time.Time, time.Duration) {
	log := o.log.With("method", rt.Method, "route", rt.Pattern)
	fixed := `,"msg":"request","method":` + strconv.Quote(rt.Method) + `,"route":` + strconv.Quote(rt.Pattern) + `,"request_id":"`
	return func(req *web.Request, out *recorder, start time.Time, took time.Duration) {
		level := slog.LevelInfo
		if out.status >= 500 {
			level = slog.LevelError
		}
		if o.log.requests != nil {
			o.jsonLine(level, fixed, req, out, start.Add(took), took)
			return
		}
		log.LogAttrs(context.Background(), level, "request",
			slog.String("request_id", req.ID), slog.Int("status", out.status), slog.Int64("bytes", out.bytes), slog.Int64("us", took.Microseconds()),
			slog.String("ip", req.ClientIP.String()), slog.String("account", req.AccountKey), slog.String("credential", req.Credential))
	}
}

// jsonLine is the line as slog's JSON handler would write it. Nothing in it needs escaping: ids, keys and credentials
// that get here are of our own making or were checked to be hexadecimal.
func (o *observer) jsonLine(level slog.Level, fixed string, req *web.Request, out *recorder, now time.Time, took time.Duration) {
	buffer := o.buffers.Get().(*[]byte)
	b := append((*buffer)[:0], `{"time":"`...)
	b = o.second.append(b, now)
	b = append(b, `","level":"`...)
	b = append(b, level.String()...)
	b = append(b, '"')
	b = append(b, fixed...)
	b = append(b, req.ID...)
	b = append(b, `","status":`...)
	b = strconv.AppendInt(b, int64(out.status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, out.bytes, 10)
	b = append(b, `,"us":`...)
	b = strconv.AppendInt(b, took.Microseconds(), 10)
	b = append(b, `,"ip":"`...)
	b = req.ClientIP.AppendTo(b)
	b = append(b, `","account":"`...)
	b = append(b, req.AccountKey...)
	b = append(b, `","credential":"`...)
	b = append(b, req.Credential...)
	b = append(b, "\"}\n"...)
	_, _ = o.log.requests.Write(b)
	*buffer = b
	o.buffers.Put(buffer)
}

// requestID takes the caller's X-Request-Id if it is one that a log can hold, and makes one otherwise.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); len(id) >= 8 && len(id) <= 64 && !strings.ContainsFunc(id, func(c rune) bool {
		return !(c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c >= '0' && c <= '9' || c == '-')
	}) {
		return id // hexadecimal digits and hyphens only: no secret of ours fits
	}
	var random [16]byte // unique, not secret
	binary.BigEndian.PutUint64(random[:8], rand.Uint64())
	binary.BigEndian.PutUint64(random[8:], rand.Uint64())
	var text [32]byte
	return string(hex.AppendEncode(text[:0], random[:]))
}

// clientIP is the nearest address that isn't a trusted proxy's.
func (o *observer) clientIP(r *http.Request) netip.Addr {
	addr := addrOf(r.RemoteAddr)
	if !o.trusted(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		if addr = next.Unmap().WithZone(""); !o.trusted(addr) { // a zone could hold any text
			break
		}
	}
	return addr
}

func addrOf(hostPort string) netip.Addr {
	addr, _ := netip.ParseAddrPort(hostPort)
	return addr.Addr().Unmap()
}

func (o *observer) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(o.proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// recorder notes status and size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (o *recorder) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *recorder) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(b)
	o.bytes += int64(n)
	return n, err
}

// Hijack hands the connection to a WebSocket.
func (o *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if o.status == 0 {
		o.status = http.StatusSwitchingProtocols
	}
	return http.NewResponseController(o.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach the connection.
func (o *recorder) Unwrap() http.ResponseWriter { return o.ResponseWriter }
