package dashboard

import (
	"fmt"
	"net/http"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// assetList is a page of the list of assets.
type assetList struct {
	frame
	form   // what was searched for
	Now    time.Time
	Assets []fleet.Asset
	Pages  pager
}

// serveAssets lists assets by name, with what the query searches for.
func (s *Service) serveAssets(w http.ResponseWriter, r *http.Request) error {
	page := assetList{frame: s.frame(r, "asset", "Assets"), Now: s.Now(), form: form{values: r.URL.Query()}, Pages: pagerOf(r, "page", "asset")}
	account := bearer.PrincipalOf(r.Context()).Account
	filter := fleet.Filter{Search: shortened(page.get("search"), 200), Group: page.get("group"), Type: page.get("type")}
	var err error
	page.Assets, page.Pages.Total, err = s.Fleet.List(r.Context(), account.AccountID, filter, web.PageInput{Page: page.Pages.Page, PerPage: perPage, Sort: "name"})
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, assetListPage(page))
}

// shortened is text cut to n characters.
func shortened(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n])
	}
	return text
}

// given is a text that may be missing.
func given(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// assetView is one asset with a stretch of its trail.
type assetView struct {
	frame
	form
	Now      time.Time
	Asset    *fleet.Asset
	From, To time.Time // days; the trail reaches to the end of To
	Trail    figures
	Map      *trailMap // nil where there is nothing to draw
}

// Bounds of the trail that is shown.
const (
	maxDays   = 31
	maxPoints = 20_000 // read of a trail; further ones are left out, and the page says so
)

func (s *Service) serveAsset(w http.ResponseWriter, r *http.Request) error {
	id, err := fleet.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	asset, err := s.Fleet.Find(r.Context(), bearer.AccountID(r.Context()), id)
	if err != nil {
		return err
	}
	page := assetView{frame: s.frame(r, "asset", asset.Name), Now: s.Now(), Asset: asset, form: form{values: r.URL.Query()}}
	page.chooseDays()
	status := http.StatusOK
	if page.bad() {
		status = http.StatusUnprocessableEntity
	} else if err := s.drawTrail(r, &page); err != nil {
		return err
	}
	return s.show(w, r, status, assetPage(page))
}

// chooseDays reads which days of the trail are asked for; none stands for the day of the last position.
func (p *assetView) chooseDays() {
	last := p.Now
	if p.Asset.Position != nil {
		last = p.Asset.Position.Timestamp
	}
	last = last.UTC().Truncate(24 * time.Hour)
	from, to := p.oneDay("from"), p.oneDay("to")
	switch {
	case from.IsZero() && to.IsZero():
		from, to = last, last
	case from.IsZero():
		from = to
	case to.IsZero():
		to = from
	}
	switch {
	case p.bad():
	case to.Before(from):
		p.refuse("to", "The last day must not be before the first.")
	case to.Sub(from) >= maxDays*24*time.Hour:
		p.refuse("to", fmt.Sprintf("Choose at most %d days.", maxDays))
	}
	p.From, p.To = from, to
}

func (p *assetView) oneDay(name string) time.Time {
	text := p.get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		p.refuse(name, "Write the day as year-month-day, such as 2027-01-31.")
	}
	return t
}

// dayPath is the page of the asset's trail some days earlier or later.
func (p assetView) dayPath(days int) string {
	return p.assetPath(*p.Asset) + "?from=" + p.From.AddDate(0, 0, days).Format(time.DateOnly) + "&to=" + p.To.AddDate(0, 0, days).Format(time.DateOnly)
}

// drawTrail reads the chosen days and draws them.
func (s *Service) drawTrail(r *http.Request, page *assetView) error {
	var points []place
	err := s.Trail.Between(r.Context(), page.Asset.AccountID, page.Asset.ID, page.From, page.To.AddDate(0, 0, 1), maxPoints, func(p *trail.Position) {
		page.Trail.add(p)
		points = append(points, place{p.Latitude, p.Longitude})
	})
	if err != nil || len(points) == 0 {
		return err
	}
	page.Map = drawMap(points, page.Trail.heading)
	return nil
}

// figures sums a trail up.
type figures struct {
	Points      int
	First, Last time.Time
	Top         float64 // km/h
	Distance    float64 // km
	heading     trail.Maybe[float64]
	before      place
}

func (f *figures) add(p *trail.Position) {
	at, here := time.UnixMilli(p.Time).UTC(), place{p.Latitude, p.Longitude}
	if f.Points == 0 {
		f.First = at
	} else {
		f.Distance += f.before.distance(here)
	}
	f.Points++
	f.Last, f.before, f.heading = at, here, p.Heading
	if p.Speed.Known {
		f.Top = max(f.Top, p.Speed.Value)
	}
}

// kilometres writes a distance with as many places as are of use.
func kilometres(km float64) string {
	if km < 100 {
		return fmt.Sprintf("%.1f km", km)
	}
	return grouped(int64(km+0.5)) + " km"
}
