//go:build !race

package dashboard

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit/browser"
	"github.com/yipii/yipii/internal/trail"
)

// parked is an asset that has reported once, at a place.
func (s *site) at(name string, latitude, longitude float64, minutesAgo int, speed float64) *fleet.Asset {
	s.tb.Helper()
	a, err := s.pages.Fleet.Create(s.tb.Context(), s.acme, fleet.Draft{Name: name})
	s.must(err)
	_, err = s.pages.Trail.Ingest(s.tb.Context(), s.acme, []trail.Position{{AssetID: a.ID, Time: s.now.Add(-time.Duration(minutesAgo) * time.Minute).UnixMilli(),
		Latitude: latitude, Longitude: longitude, Speed: trail.Some(speed), Heading: trail.Some(200.0)}})
	s.must(err)
	return a
}

func TestLiveMap(t *testing.T) {
	s := newSite(t)
	s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 60, 50, 40, 30, 20, 10, 1)
	s.at("Truck 3", 53.55, 10.0, 3, 0)
	s.at("Car 4", 52.23, 21.01, 200, 0)
	s.at("Bus 9", 50.08, 14.43, 1, 12)
	p := s.openAs(t, s.ada)
	p.As(browser.Look{})
	p.Goto("/acme/map")
	p.Do(chromedp.WaitVisible(".lm-list li button"))
	p.Do(chromedp.Poll[chromedp.Void](`document.querySelector("[data-live-map]").liveMap?.map?.isStyleLoaded()`))
	time.Sleep(3 * time.Second)
	s.picture(p, "map-desk")
	if f := p.Faults(); len(f) > 0 {
		t.Error(strings.Join(f, "\n"))
	}
}
