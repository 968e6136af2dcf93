package server

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

type health struct {
	Status string `json:"status"`
}

// operations mounts what operators' machines ask.
func (s *Server) operations(o *observer) {
	public := web.Access{Public: true}
	s.Router.Handle(web.Route{Method: "GET", Pattern: "/healthz", Access: public, ID: "healthz", Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { web.WriteJSON(w, http.StatusOK, health{"ok"}) }))
	s.Router.Handle(web.Route{Method: "GET", Pattern: "/readyz", Access: public, ID: "readyz", Hidden: true}, http.HandlerFunc(s.ready))

	o.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "yipii_database_staleness_seconds",
		Help: "Time since this node last saw all changes of the others."}, func() float64 { return s.Rooms.DB.Staleness().Seconds() }))
	s.webhookMetrics(o.registry)
	o.registry.MustRegister(newReportMetrics(s.Rooms.Reports))
	metrics := promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{})
	s.Router.Handle(web.Route{Method: "GET", Pattern: "/metrics", Access: public, ID: "metrics", Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			addr := web.RequestOf(r.Context()).ClientIP
			if !slices.ContainsFunc(s.config.MetricsFrom, func(p netip.Prefix) bool { return p.Contains(addr) }) {
				web.WriteError(w, r, fault.New(fault.NotFound, "Not found."))
				return
			}
			metrics.ServeHTTP(w, r)
		}))
}

// webhookMetrics tells of deliveries to webhooks. How many wait is asked of the database at each look.
func (s *Server) webhookMetrics(registry *prometheus.Registry) {
	webhooks := s.Rooms.Webhooks
	const attempts, attemptsHelp = "yipii_webhook_attempts_total", "Attempts to deliver to webhooks that this node made, by outcome."
	registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: attempts, Help: attemptsHelp, ConstLabels: prometheus.Labels{"outcome": "delivered"}},
			func() float64 { return float64(webhooks.Counts().Delivered) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: attempts, Help: attemptsHelp, ConstLabels: prometheus.Labels{"outcome": "failed"}},
			func() float64 { return float64(webhooks.Counts().Failed) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "yipii_webhook_given_up_total", Help: "Deliveries to webhooks whose last attempt failed, on this node."},
			func() float64 { return float64(webhooks.Counts().Ended) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "yipii_webhook_waiting", Help: "Deliveries to webhooks that wait for an attempt, of the whole installation."},
			func() float64 {
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
				defer cancel()
				n, err := webhooks.Waiting(ctx)
				if err != nil {
					return math.NaN()
				}
				return float64(n)
			}))
}

// ready says whether a balancer should send requests here: not while the database is out of reach, nor while the
// server is shutting down.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch {
	case s.stopping.Load():
		web.WriteJSON(w, http.StatusServiceUnavailable, health{"shutting down"})
	case s.Rooms.DB.Ping(ctx) != nil:
		web.WriteJSON(w, http.StatusServiceUnavailable, health{"the database can't be reached"})
	default:
		web.WriteJSON(w, http.StatusOK, health{"ok"})
	}
}
