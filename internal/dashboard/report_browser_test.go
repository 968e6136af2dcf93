//go:build !race

package dashboard

import (
	"context"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit/browser"
)

// TestReportProgress: the page shows by itself that a report is begun, how far it is, and that it is ready; then it asks no more.
func TestReportProgress(t *testing.T) {
	s := newSite(t)
	s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 1)
	s.want(http.StatusSeeOther, s.ada, "/acme/report", "type", "mileage", "format", "html", "date_from", "2026-05-01", "date_to", "2026-05-31", "title", "Slow")
	p := s.openAs(t, s.ada)
	p.As(browser.Look{})
	p.Goto("/acme/report")
	p.Do(chromedp.WaitVisible("#report-list[data-refresh] .badge"))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.pages.Reports.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	p.Do(chromedp.WaitVisible(`progress[value="35"]`))
	s.picture(p, "report-progress")
	close(s.gate)
	p.Do(chromedp.WaitVisible("#report-list:not([data-refresh]) .badge.good"))
	p.Goto("/acme/report")
	p.Do(chromedp.Click("a.name"), chromedp.WaitVisible("iframe.preview"))
	p.Check()
}
