package server

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/webhook"
)

// newReports builds the room of reports on those whose records reports are made of.
func (r *Rooms) newReports(baseURL string, logger *slog.Logger) *reporting.Service {
	return reporting.New(r.DB, r.secret, r.Fleet, r.Audit, reporting.Options{BaseURL: baseURL, Now: r.now, Log: logger,
		Maker: report.New(r.Fleet, r.Trail, r.Trips, r.Geofences, r.Alerts, r.now), Write: document.Write, Types: report.Types(), Tell: r.tellReport})
}

// tellReport hands what became of a report to the webhooks.
func (r *Rooms) tellReport(ctx context.Context, tx store.Writer, e reporting.Event) error {
	return r.Webhooks.Enqueue(ctx, tx, []webhook.Event{{AccountID: e.AccountID, Type: e.Name, Time: *e.Report.EndedAt, Data: e.Report, Key: e.Name + ":" + e.Report.ID}})
}

// buildReports gives the room of reports what only a server has. It is built after the one that tells live.
func (s *Server) buildReports() error {
	r, c := s.Rooms, s.config
	var bucket *reporting.Bucket
	if c.ReportFiles != "" {
		var err error
		if bucket, err = reporting.NewBucket(c.ReportFiles, s.now); err != nil {
			return err
		}
	}
	r.Reports.Configure(func(o *reporting.Options) {
		o.Bucket = bucket
		o.Limits = reporting.Limits{Workers: c.ReportWorkers, Timeout: c.ReportTimeout, Size: int64(c.ReportSize) << 20, Keep: c.ReportKeep}
		if o.Limits.Workers == 0 {
			o.Limits.Workers = max(1, runtime.NumCPU()/2)
		}
		o.Show = func(e reporting.Event) { r.Live.Report(e.AccountID, e.Name, e.Assets, e.Report) }
		if s.mail != nil {
			o.Letters = s.mail.Send
		}
	})
	r.Reports.Routes(s.Router)
	return nil
}

// reportMetrics tells of reports: those of the whole installation that wait or are being made, and what this node has made.
type reportMetrics struct {
	reports                      *reporting.Service
	waiting, running, made, took *prometheus.Desc
}

func newReportMetrics(reports *reporting.Service) *reportMetrics {
	return &reportMetrics{reports,
		prometheus.NewDesc("yipii_reports", "Reports that wait or are being made, of the whole installation.", []string{"status"}, nil),
		prometheus.NewDesc("yipii_reports_running", "Reports that this node is making.", nil, nil),
		prometheus.NewDesc("yipii_reports_total", "Reports that this node ended, by type and status.", []string{"type", "status"}, nil),
		prometheus.NewDesc("yipii_report_seconds", "Time that this node spent on reports, by type.", []string{"type"}, nil)}
}

// Describe implements prometheus.Collector.
func (m *reportMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.waiting, m.running, m.made, m.took} {
		out <- d
	}
}

// Collect implements prometheus.Collector. How many wait is asked of the database at each look.
func (m *reportMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	queued, processing, err := m.reports.Waiting(ctx)
	waiting := map[string]float64{reporting.Queued: float64(queued), reporting.Processing: float64(processing)}
	for status, n := range waiting {
		if err != nil {
			n = math.NaN()
		}
		out <- prometheus.MustNewConstMetric(m.waiting, prometheus.GaugeValue, n, status)
	}
	out <- prometheus.MustNewConstMetric(m.running, prometheus.GaugeValue, float64(m.reports.Running()))
	for kind, c := range m.reports.Counts() {
		out <- prometheus.MustNewConstMetric(m.made, prometheus.CounterValue, float64(c.Completed), kind, reporting.Completed)
		out <- prometheus.MustNewConstMetric(m.made, prometheus.CounterValue, float64(c.Failed), kind, reporting.Failed)
		out <- prometheus.MustNewConstSummary(m.took, uint64(c.Tried), c.Seconds, nil, kind)
	}
}
