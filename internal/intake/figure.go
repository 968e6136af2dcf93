package intake

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/yipii/yipii/internal/trail"
)

// Why something that came was not taken.
const (
	reasonUnknown      = "unknown"      // nobody has the tracker
	reasonUnreadable   = "unreadable"   // not what the protocol says
	reasonUnauthorized = "unauthorized" // no good credential, or one that may not
	reasonUnavailable  = "unavailable"  // it could not be stored; not acknowledged
	reasonCrowded      = "crowded"      // a connection too many
)

// figures are what the doors count.
type figures struct {
	positions   *prometheus.CounterVec
	refusals    *prometheus.CounterVec
	connections *prometheus.GaugeVec
}

func newFigures() *figures {
	return &figures{
		positions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "yipii_intake_positions_total",
			Help: "Positions that came by the doors for trackers, by protocol and what became of them."}, []string{"protocol", "result"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "yipii_intake_refusals_total",
			Help: "What the doors for trackers did not take, by protocol and reason; unknown counts trackers that nobody has."}, []string{"protocol", "reason"}),
		connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "yipii_intake_connections",
			Help: "Open connections of trackers, by protocol."}, []string{"protocol"}),
	}
}

// Figures are the room's metrics, to be registered.
func (s *Service) Figures() []prometheus.Collector {
	return []prometheus.Collector{s.figures.positions, s.figures.refusals, s.figures.connections}
}

func (f *figures) stored(protocol string, r trail.Result) {
	f.positions.WithLabelValues(protocol, "accepted").Add(float64(r.Accepted))
	f.positions.WithLabelValues(protocol, "duplicate").Add(float64(r.Duplicates))
	f.positions.WithLabelValues(protocol, "rejected").Add(float64(len(r.Rejected)))
}

func (f *figures) refused(protocol, reason string) {
	f.refusals.WithLabelValues(protocol, reason).Inc()
}
