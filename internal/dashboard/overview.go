package dashboard

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/usage"
)

// overview is what an account's first page shows.
type overview struct {
	frame
	Now      time.Time
	Statuses []statusCount
	Assets   int
	Newest   []fleet.Asset
	Expiring []credential.Expiring // nil for who may not see it
	Traffic  traffic
}

// Bounds of the overview's lists.
const (
	newestShown   = 8
	expiringShown = 8
	expiresSoon   = 30 * 24 * time.Hour
)

func (s *Service) serveOverview(w http.ResponseWriter, r *http.Request) error {
	ctx, account := r.Context(), bearer.PrincipalOf(r.Context()).Account
	page := overview{frame: s.frame(r, "", "Overview"), Now: s.Now()}
	now, err := s.summary(ctx, account)
	if err != nil {
		return err
	}
	page.Statuses, page.Assets = statusCounts(now.counts)
	page.Newest = now.newest
	if page.may(bearer.Admin) {
		if page.Expiring, err = s.Credentials.Expiring(ctx, account.AccountID, page.Now.Add(expiresSoon), expiringShown); err != nil {
			return err
		}
	}
	hours, err := s.Usage.Hours(ctx, account.AccountID, page.Now.Add(-23*time.Hour))
	if err != nil {
		return err
	}
	page.Traffic = trafficOf(hours)
	return s.show(w, r, http.StatusOK, overviewPage(page))
}

// statusCount is how many assets have a status, with its bar in the strip of all.
type statusCount struct {
	Status   string
	Count    int
	X, Width string // of 1000
}

// statusCounts lays statuses out in the order of trail.Statuses, as shares of a strip.
func statusCounts(counts map[string]int) (list []statusCount, total int) {
	for _, n := range counts {
		total += n
	}
	before := 0
	for _, status := range trail.Statuses() {
		n := counts[status]
		if n == 0 {
			continue
		}
		list = append(list, statusCount{status, n, thousandth(before, total), thousandth(n, total)})
		before += n
	}
	return list, total
}

func thousandth(n, of int) string {
	return strconv.FormatFloat(1000*float64(n)/float64(of), 'f', 2, 64)
}

// statusLabel is a status for people.
func statusLabel(status string) string {
	switch status {
	case "moving":
		return "Moving"
	case "in_traffic":
		return "In traffic"
	case "slow_moving":
		return "Slow moving"
	case "idle":
		return "Idle"
	case "parked":
		return "Parked"
	case "garage":
		return "Garage"
	case "offline":
		return "Offline"
	case "disconnected":
		return "Disconnected"
	}
	return "Unavailable"
}

// coordinates writes a place as people paste it into maps.
func coordinates(p *fleet.Position) string {
	return fmt.Sprintf("%.5f, %.5f", p.Latitude, p.Longitude)
}

// speedOf is a position's speed, "" where it wasn't reported.
func speedOf(p *fleet.Position) string {
	if p.Speed == nil {
		return ""
	}
	return fmt.Sprintf("%.0f km/h", *p.Speed)
}

// traffic is a day of requests, as bars.
type traffic struct {
	Requests, Refusals, Peak int64
	PeakAt                   time.Time
	Bars                     []bar
	Hours                    []usage.Hour
}

// bar is an hour in the chart: the refusals stand on the bottom line, the other requests on them.
type bar struct {
	X, Y, Height            string
	RefusedY, RefusedHeight string
	Refused, Any            bool
}

// The chart is this wide and high in its own units; a browser stretches it.
const (
	chartWidth  = 240
	chartHeight = 100
)

func trafficOf(hours []usage.Hour) traffic {
	t := traffic{Hours: hours}
	for _, h := range hours {
		t.Requests += h.Requests
		t.Refusals += h.Refusals
		if all := h.Requests + h.Refusals; all > t.Peak {
			t.Peak, t.PeakAt = all, h.At
		}
	}
	units := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	// An hour with any request is seen, however many others had.
	height := func(n int64) float64 {
		if n == 0 {
			return 0
		}
		return max(1.5, float64(n)/float64(max(1, t.Peak))*(chartHeight-2))
	}
	step := float64(chartWidth) / float64(max(1, len(hours)))
	for i, h := range hours {
		refused := height(h.Refusals)
		served := height(h.Requests)
		t.Bars = append(t.Bars, bar{
			X: units(float64(i)*step + step*0.14), Any: served > 0, Refused: refused > 0,
			Y: units(chartHeight - refused - served), Height: units(served),
			RefusedY: units(chartHeight - refused), RefusedHeight: units(refused),
		})
	}
	return t
}

// barWidth is the width of a bar in the chart's units.
func (t traffic) barWidth() string {
	return strconv.FormatFloat(float64(chartWidth)/float64(max(1, len(t.Hours)))*0.72, 'f', 2, 64)
}

// summary says the chart in words.
func (t traffic) summary() string {
	if t.Peak == 0 {
		return "No requests in the last 24 hours."
	}
	return fmt.Sprintf("%s that went through in the last 24 hours and %s that were refused; most in one hour: %s, from %s UTC.",
		plural(int(t.Requests), "request"), grouped(t.Refusals), grouped(t.Peak), t.PeakAt.UTC().Format("15:04"))
}
