package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/tracking"
	"github.com/yipii/yipii/internal/web"
)

// linkSection is the path of the public links' pages below the account's.
const linkSection = "tracking-links"

// linkList is the page of an account's public links.
type linkList struct {
	frame
	Now   time.Time
	Links []sharedLink
	Pages pager
}

// sharedLink is a link as the pages show it.
type sharedLink struct {
	*tracking.Link
	Status string
	URL    string // "" for who may not hand it on
	By     string
}

func (s *Service) serveLinks(w http.ResponseWriter, r *http.Request) error {
	caller := bearer.PrincipalOf(r.Context())
	page := linkList{frame: s.frame(r, linkSection, "Public links"), Now: s.Now(), Pages: pagerOf(r, "page", "link")}
	links, total, err := s.Tracking.List(r.Context(), caller.Account.AccountID, 0, web.PageInput{Page: page.Pages.Page, PerPage: perPage, Sort: "-id"})
	if err != nil {
		return err
	}
	names, err := s.people(r.Context(), caller)
	if err != nil {
		return err
	}
	page.Pages.Total = total
	for _, l := range links {
		one := sharedLink{Link: l, Status: l.Status(page.Now), By: names[l.CreatedBy]}
		if page.may(bearer.Manager) && l.Token != "" {
			one.URL = s.Tracking.URL(l)
		}
		page.Links = append(page.Links, one)
	}
	return s.show(w, r, http.StatusOK, linkListPage(page))
}

// badge is what to know of a link at a glance.
func (l sharedLink) badge() (word, class string) {
	switch l.Status {
	case tracking.Active:
		return "Active", "good"
	case tracking.Pending:
		return "Not yet", ""
	case tracking.Expired:
		return "Expired", "warn"
	}
	return "Revoked", "bad"
}

// ended reports whether nothing of the link works any more.
func (l sharedLink) ended() bool { return l.Status == tracking.Revoked || l.Status == tracking.Expired }

// linkForm is the page on which a link is made.
type linkForm struct {
	frame
	form
	Assets []fleet.Asset
	Total  int // of assets; more than Assets where the list would be too long
}

func (linkForm) fields() []string {
	return []string{"name", "asset_ids", "from", "until", "pin", "show", "destination_name", "latitude", "longitude"}
}

// offered is how many assets the form offers.
const offered = 500

func (s *Service) linkForm(r *http.Request) (linkForm, error) {
	page := linkForm{frame: s.frame(r, linkSection, "New public link")}
	var err error
	page.Assets, page.Total, err = s.Fleet.List(r.Context(), bearer.AccountID(r.Context()), fleet.Filter{}, web.PageInput{Page: 1, PerPage: offered, Sort: "name"})
	return page, err
}

// minuteLayout is that of an input of the type datetime-local.
const minuteLayout = "2006-01-02T15:04"

func (s *Service) serveNewLink(w http.ResponseWriter, r *http.Request) error {
	page, err := s.linkForm(r)
	if err != nil {
		return err
	}
	now := s.Now().UTC()
	page.form = formWith("from", now.Format(minuteLayout), "until", now.Add(24*time.Hour).Format(minuteLayout), "show", tracking.Position)
	return s.show(w, r, http.StatusOK, linkFormPage(page))
}

func (s *Service) serveCreateLink(w http.ResponseWriter, r *http.Request) error {
	page, err := s.linkForm(r)
	if err != nil {
		return err
	}
	if page.form, err = formOf(r); err != nil {
		return err
	}
	fields := page.tracking()
	if !page.bad() {
		_, err := s.Tracking.Create(r.Context(), bearer.AccountID(r.Context()), fields)
		if err == nil {
			return see(w, page.in(linkSection))
		}
		if err := page.take(err); err != nil {
			return err
		}
		if message := page.wrong["destination.name"]; message != "" {
			page.refuse("destination_name", message)
			delete(page.wrong, "destination.name")
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, linkFormPage(page))
}

func some[T any](value T) web.Maybe[T] { return web.Maybe[T]{Given: true, Value: &value} }

// tracking reads the fields of a link, and refuses what can't be read.
func (p *linkForm) tracking() tracking.LinkFields {
	f := tracking.LinkFields{Name: some(p.get("name")), Show: some(p.get("show")), From: p.minute("from"), Until: p.minute("until")}
	ids := []int64{}
	for _, text := range p.values["asset_ids"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			p.refuse("asset_ids", "Choose assets of the list.")
			continue
		}
		ids = append(ids, id)
	}
	f.AssetIDs = some(ids)
	if pin := p.get("pin"); pin != "" {
		f.PIN = some(pin)
	}
	if p.get("show") == tracking.Arrival {
		f.Destination = some(tracking.Destination{Name: p.get("destination_name"), Latitude: p.degree("latitude"), Longitude: p.degree("longitude")})
	}
	return f
}

func (p *linkForm) minute(name string) web.Maybe[time.Time] {
	at, err := time.Parse(minuteLayout, p.get(name))
	if err != nil {
		p.refuse(name, "Enter a day and a time.")
	}
	return some(at)
}

func (p *linkForm) degree(name string) float64 {
	value, err := strconv.ParseFloat(p.get(name), 64)
	if err != nil {
		p.refuse(name, "Enter degrees, such as 52.52.")
	}
	return value
}

func (p linkForm) chosen(id int64) bool {
	return slices.Contains(p.values["asset_ids"], strconv.FormatInt(id, 10))
}

// linkShows are the choices of what a link shows.
func linkShows() []option {
	return []option{{Value: tracking.Position, Label: "Last positions"}, {Value: tracking.Trail, Label: "Last positions and trails"},
		{Value: tracking.Arrival, Label: "Last positions and an estimated arrival"}}
}

// linkView is the page that asks before a link is revoked.
type linkView struct {
	frame
	Link *tracking.Link
}

func (s *Service) viewLink(r *http.Request) (linkView, error) {
	view := linkView{frame: s.frame(r, linkSection, "Revoke this link?")}
	id, err := web.ParseID(r.PathValue("id"), "Tracking link")
	if err != nil {
		return view, err
	}
	view.Link, err = s.Tracking.Find(r.Context(), bearer.AccountID(r.Context()), id)
	return view, err
}

func (s *Service) serveAskRevokeLink(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewLink(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, revokeLinkPage(view))
}

func (s *Service) serveRevokeLink(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewLink(r)
	if err != nil {
		return err
	}
	if _, err := s.Tracking.Revoke(r.Context(), view.Link.AccountID, view.Link.ID, web.Precondition{}); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return see(w, view.in(linkSection))
}
