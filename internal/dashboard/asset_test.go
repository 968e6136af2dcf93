package dashboard

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/trail"
)

func TestAssets(t *testing.T) {
	s := newSite(t)
	for i := range perPage + 2 {
		s.asset(s.acme, fleet.Draft{Name: fmt.Sprintf("Van %02d", i+1), Group: []string{"North", "South"}[i%2]})
	}
	s.asset(s.acme, fleet.Draft{Name: "Crane", Type: "crane", Registration: "B-YP 7"}, 5, 1)
	page := s.want(http.StatusOK, s.ada, "/acme/asset")
	s.sees(page, "1 to 50 of 53 assets", "Crane", "Van 01<", "Moving", "Unavailable", "41 km/h", "1 minute ago", "52.51000, 13.42000")
	s.not(page, "Van 51")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/asset?page=2"), "Van 51", "51 to 53 of 53 assets")
	page = s.want(http.StatusOK, s.ada, "/acme/asset?search=b-yp&page=1")
	s.sees(page, "Crane", "1 asset<", `value="b-yp"`)
	s.not(page, "Van 01")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/asset?group=North"), "26 assets")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/asset?type=ship"), "No asset matches.")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/asset?page=junk&search="+strings.Repeat("x", 3000)), "No asset matches.")
}

// TestLimitedMember: who is limited to a part of the assets sees that part, on every page.
func TestLimitedMember(t *testing.T) {
	s := newSite(t)
	north := s.asset(s.acme, fleet.Draft{Name: "Northern", Group: "North"}, 1)
	south := s.asset(s.acme, fleet.Draft{Name: "Southern", Group: "South"}, 1)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/"), "2 assets", "Northern", "Southern")
	s.must(s.pages.Accounts.SetRole(t.Context(), s.acme, s.vic, bearer.Viewer, &bearer.Part{Groups: []string{"North"}}))
	for _, path := range []string{"/acme/", "/acme/asset"} {
		page := s.want(http.StatusOK, s.vic, path)
		s.sees(page, "Northern", "1 asset<")
		s.not(page, "Southern")
	}
	s.want(http.StatusOK, s.vic, "/acme/asset/"+strconv.FormatInt(north.ID, 10))
	s.want(http.StatusNotFound, s.vic, "/acme/asset/"+strconv.FormatInt(south.ID, 10))
}

func TestTrailPage(t *testing.T) {
	s := newSite(t)
	s.now = s.now.Truncate(24 * time.Hour).Add(12 * time.Hour)
	a := s.asset(s.acme, fleet.Draft{Name: "Van <12>", VIN: "WVW123"}, 60, 40, 20)
	path := "/acme/asset/" + strconv.FormatInt(a.ID, 10)
	today, yesterday := s.now.Format(time.DateOnly), s.now.AddDate(0, 0, -1).Format(time.DateOnly)
	page := s.want(http.StatusOK, s.ada, path)
	s.sees(page, "<polyline", "rotate(70)", "Trail of Van &lt;12&gt;: 3 positions over 3.5 km", "42 km/h", "11:00:00", "11:40:00", "WVW123",
		"?from="+yesterday+"&amp;to="+yesterday, "500 m</text>")
	page = s.want(http.StatusOK, s.ada, path+"?from="+yesterday+"&to="+yesterday)
	s.sees(page, "No positions in these days.")
	s.not(page, "<polyline")
	s.sees(s.want(http.StatusOK, s.ada, path+"?from="+yesterday+"&to="+today), "<polyline")
	s.sees(s.want(http.StatusOK, s.ada, path+"?to="+today), "<polyline")
	for query, want := range map[string]string{"from=" + today + "&to=" + yesterday: "must not be before the first", "from=2020-01-01&to=" + today: "at most 31 days",
		"from=junk": "year-month-day"} {
		page := s.want(http.StatusUnprocessableEntity, s.ada, path+"?"+query)
		s.sees(page, want)
		s.not(page, "<polyline")
		checkPage(t, query, page)
	}
	never := s.asset(s.acme, fleet.Draft{Name: "New"})
	s.sees(s.want(http.StatusOK, s.ada, "/acme/asset/"+strconv.FormatInt(never.ID, 10)), "It has never reported.", "No positions in these days.")
}

// TestLongTrail: of a trail of many positions only so many are drawn.
func TestLongTrail(t *testing.T) {
	s := newSite(t)
	s.now = s.now.Truncate(24 * time.Hour).Add(12 * time.Hour)
	a := s.asset(s.acme, fleet.Draft{Name: "Van"})
	batch := make([]trail.Position, 9000)
	for i := range batch { // zigzag: nothing of it is on a straight line
		batch[i] = trail.Position{AssetID: a.ID, Time: s.now.Add(-time.Duration(i) * time.Second).UnixMilli(), Latitude: float64(i%7) + float64(i)/1000, Longitude: float64(i%11) + float64(i)/500}
	}
	_, err := s.pages.Trail.Ingest(t.Context(), s.acme, batch)
	s.must(err)
	page := s.want(http.StatusOK, s.ada, "/acme/asset/"+strconv.FormatInt(a.ID, 10))
	s.sees(page, "9,000 positions")
	_, line, _ := strings.Cut(page, `points="`)
	line, _, _ = strings.Cut(line, `"`)
	if n := len(strings.Fields(line)); n > maxDrawn || n < 100 {
		t.Errorf("%d points are drawn", n)
	}
}
