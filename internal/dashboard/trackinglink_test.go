package dashboard

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/web"
)

// TestPublicLinks: a manager makes a link and revokes it; a viewer sees that it is there, and not its address.
func TestPublicLinks(t *testing.T) {
	s := newSite(t)
	mia, err := s.pages.Accounts.AddMember(t.Context(), s.acme, "Mia Manager", "mia@example.com", bearer.Manager)
	s.must(err)
	van := strconv.FormatInt(s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 1).ID, 10)
	foreign := strconv.FormatInt(s.asset(s.other, fleet.Draft{Name: "Theirs"}, 1).ID, 10)
	s.not(s.want(http.StatusOK, mia, "/acme/tracking-links/new"), "Theirs")
	from, until := s.now.Format(minuteLayout), s.now.Add(24*time.Hour).Format(minuteLayout)

	page := s.want(http.StatusUnprocessableEntity, mia, "/acme/tracking-links", "name", "", "asset_ids", van, "from", from, "until", from, "show", "arrival",
		"pin", "4711x", "destination_name", "", "latitude", "1", "longitude", "2")
	s.sees(page, "The name field is required.", "The until field must be after from.", "The pin field must be 4 to 12 digits.", "The destination.name field is required.",
		`value="`+van+`" selected`)
	s.not(page, "4711x")
	s.sees(s.want(http.StatusUnprocessableEntity, mia, "/acme/tracking-links", "name", "x", "asset_ids", foreign, "from", from, "until", until, "show", "position"), "was not found")
	s.want(http.StatusUnprocessableEntity, mia, "/acme/tracking-links", "name", "x", "asset_ids", "y", "from", "never", "until", until, "show", "arrival", "latitude", "north")

	s.want(http.StatusSeeOther, mia, "/acme/tracking-links", "name", "Delivery", "asset_ids", van, "from", from, "until", until, "show", "position", "pin", "4711")
	links, _, err := s.pages.Tracking.List(t.Context(), s.acme, 0, web.PageInput{Page: 1, PerPage: 9})
	s.must(err)
	one, address := "/acme/tracking-links/"+strconv.FormatInt(links[0].ID, 10), publicURL+"/t/"+links[0].Token
	s.sees(s.want(http.StatusOK, mia, "/acme/tracking-links"), "Delivery", `data-copy="`+address+`"`, "PIN", "Active", one+"/revoke")
	page = s.want(http.StatusOK, s.vic, "/acme/tracking-links")
	s.sees(page, "Delivery")
	s.not(page, links[0].Token, one+"/revoke", "/acme/tracking-links/new")
	for _, path := range []string{"/acme/tracking-links/new", one + "/revoke"} {
		s.want(http.StatusForbidden, s.vic, path)
	}
	s.want(http.StatusForbidden, s.vic, one+"/revoke", "x", "")
	s.sees(s.want(http.StatusOK, mia, one+"/revoke"), "Delivery")
	s.want(http.StatusSeeOther, mia, one+"/revoke", "x", "")
	page = s.want(http.StatusOK, mia, "/acme/tracking-links")
	s.sees(page, "Revoked")
	s.not(page, links[0].Token)
}
