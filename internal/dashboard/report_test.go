package dashboard

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	paper "github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/web"
)

// plainMaker makes reports that say nothing. One of the title "Slow" is half made until the gate is closed.
type plainMaker struct{ gate chan struct{} }

func (plainMaker) Check(context.Context, report.Request) error                 { return nil }
func (plainMaker) Fingerprint(context.Context, report.Request) (string, error) { return "", nil }
func (m plainMaker) Make(_ context.Context, r report.Request) (*paper.Document, error) {
	if r.Title == "Slow" {
		r.Progress(0.5)
		<-m.gate
	}
	return &paper.Document{Type: r.Type, Title: "A page of " + r.Title, Account: r.AccountName, From: r.From, To: r.To, Zone: r.Zone, Units: r.Units,
		MadeAt: r.To, Nothing: "There is nothing to say."}, nil
}

// reports is the room of reports, which makes none before it runs.
func (s *site) reports(server secret.Server, assets *fleet.Service, log *audit.Log) *reporting.Service {
	return reporting.New(s.db, server, assets, log, reporting.Options{BaseURL: publicURL, Now: func() time.Time { return s.now }, Maker: plainMaker{s.gate}, Types: reporting.Types(),
		Write: func(ctx context.Context, w io.Writer, d *paper.Document, f paper.Format) error {
			return paper.Write(ctx, w, d, f)
		}, Letters: func(context.Context, string, string, string) error { return nil }})
}

// made runs the room of reports until all that was asked for is made.
func (s *site) made() {
	s.tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.pages.Reports.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for range 1000 {
		queued, processing, err := s.pages.Reports.Waiting(ctx)
		s.must(err)
		if queued+processing == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.tb.Fatal("not made within ten seconds")
}

// TestReports: a manager asks for a report, looks at it and deletes it; a viewer looks alone; schedules; the zone is set by an admin.
func TestReports(t *testing.T) {
	s := newSite(t)
	mia, err := s.pages.Accounts.AddMember(t.Context(), s.acme, "Mia Manager", "mia@example.com", bearer.Manager)
	s.must(err)
	s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 1)
	s.sees(s.want(http.StatusOK, mia, "/acme/report"), "There are no reports yet.", "/acme/report/new")
	s.not(s.want(http.StatusOK, s.vic, "/acme/report"), "/acme/report/new", "data-refresh")
	s.sees(s.want(http.StatusOK, mia, "/acme/report/new"), "Van 12", "Mileage", "Days in UTC.")
	s.want(http.StatusForbidden, s.vic, "/acme/report/new")
	s.want(http.StatusForbidden, s.vic, "/acme/report", "type", "mileage")
	s.sees(s.want(http.StatusUnprocessableEntity, mia, "/acme/report", "type", "mileage", "format", "html", "date_from", "2026-05-02", "date_to", "2026-04-02"), "The date_to field must be after date_from.")
	s.want(http.StatusSeeOther, mia, "/acme/report", "type", "mileage", "format", "html", "date_from", "2026-05-01", "date_to", "2026-05-31", "title", "May <i>")
	page := s.want(http.StatusOK, s.vic, "/acme/report")
	s.sees(page, "May &lt;i&gt;", "Waiting", "2026-05-01 to 2026-05-31", "data-refresh")
	reports, _, err := s.pages.Reports.List(t.Context(), s.acme, reporting.Filter{}, web.PageInput{Page: 1, PerPage: 9})
	s.must(err)
	one := "/acme/report/" + reports[0].ID
	s.want(http.StatusSeeOther, s.vic, one+"/file")
	s.made()
	page = s.want(http.StatusOK, s.vic, "/acme/report")
	s.sees(page, "Ready", one+"/file")
	s.not(page, "data-refresh", one+"/delete")
	s.sees(s.want(http.StatusOK, s.vic, one), `<iframe class="preview" sandbox=""`, one+"/file?preview=yes")
	s.sees(s.want(http.StatusOK, s.vic, one+"/file?preview=yes"), "A page of May")
	s.want(http.StatusNotFound, s.oscar, strings.Replace(one, "acme", "other", 1))
	s.want(http.StatusForbidden, s.vic, one+"/delete", "x", "")
	s.sees(s.want(http.StatusOK, mia, one+"/delete"), "May &lt;i&gt;")
	s.want(http.StatusSeeOther, mia, one+"/delete", "x", "")
	s.want(http.StatusNotFound, mia, one)

	s.sees(s.want(http.StatusOK, mia, "/acme/report-schedule/new"), "Mia Manager", `value="mail" selected`)
	letters := func(send func(context.Context, string, string, string) error) {
		s.pages.Reports.Configure(func(o *reporting.Options) { o.Letters = send })
	}
	letters(nil)
	s.sees(s.want(http.StatusOK, mia, "/acme/report-schedule/new"), `value="webhook" selected`, "this server has no mail server set")
	letters(func(context.Context, string, string, string) error { return nil })
	s.want(http.StatusUnprocessableEntity, mia, "/acme/report-schedule", "name", "", "type", "mileage", "format", "pdf", "every", "daily", "time", "nine", "deliver", "mail")
	s.want(http.StatusSeeOther, mia, "/acme/report-schedule", "name", "Mondays", "type", "mileage", "format", "pdf", "every", "weekly", "weekday", "1", "time", "06:30", "deliver", "webhook")
	s.sees(s.want(http.StatusOK, s.vic, "/acme/report"), "Mondays", "every Monday at 06:30", "by webhook")
	s.editSchedule(mia)
	s.want(http.StatusForbidden, s.vic, "/acme/report-schedule/1/delete")
	s.want(http.StatusSeeOther, mia, "/acme/report-schedule/1/delete", "x", "")
	s.not(s.want(http.StatusOK, mia, "/acme/report"), "Tuesdays")

	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, "/acme/settings", "name", "Acme", "time_zone", "Europe/Atlantis", "units", "km"), "must be the name of a zone")
	s.want(http.StatusSeeOther, s.ada, "/acme/settings", "name", "Acme", "time_zone", "Europe/Malta", "units", "mi")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/settings"), `value="Europe/Malta"`, `value="mi" selected`)
	s.sees(s.want(http.StatusOK, mia, "/acme/report/new"), "Days in Europe/Malta.")
}

// TestReportsOfDriversAndBeacons: the types that are about a driver or a beacon can be asked for on the pages, once and by a schedule.
func TestReportsOfDriversAndBeacons(t *testing.T) {
	s := newSite(t)
	s.asset(s.acme, fleet.Draft{Name: "Van 12"}, 1)
	driver, err := s.pages.Fleet.CreateDriver(t.Context(), s.acme, fleet.DriverChange{Name: new("Dora <b>")})
	s.must(err)
	beacon, err := s.pages.Fleet.CreateBeacon(t.Context(), s.acme, fleet.BeaconChange{Identity: new("7cd9f407f95c"), Name: new("Cold box")})
	s.must(err)
	driverID, beaconID := strconv.FormatInt(driver.ID, 10), strconv.FormatInt(beacon.ID, 10)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/report/new"), `<option value="`+driverID+`">Dora &lt;b&gt;`, `<option value="`+beaconID+`">Cold box`)
	both := []string{"format", "html", "driver_id", driverID, "beacon_id", beaconID}
	once := append(slices.Clone(both), "date_from", "2026-05-01", "date_to", "2026-05-31")
	for _, kind := range []string{"driver", "beacon", "mileage"} {
		s.want(http.StatusSeeOther, s.ada, "/acme/report", append(slices.Clone(once), "type", kind)...)
	}
	reports, _, err := s.pages.Reports.List(t.Context(), s.acme, reporting.Filter{}, web.PageInput{Page: 1, PerPage: 9})
	s.must(err)
	for _, r := range reports {
		if (r.DriverID != nil && *r.DriverID == driver.ID) != (r.Type == "driver") || (r.BeaconID != nil && *r.BeaconID == beacon.ID) != (r.Type == "beacon") {
			t.Errorf("a report of type %s is about driver %v, beacon %v", r.Type, r.DriverID, r.BeaconID)
		}
	}
	again := append(slices.Clone(both), "name", "Dora's week", "every", "weekly", "weekday", "1", "time", "06:30", "deliver", "webhook")
	s.want(http.StatusSeeOther, s.ada, "/acme/report-schedule", append(slices.Clone(again), "type", "driver")...)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/report-schedule/1"), `<option value="`+driverID+`" selected>Dora`)
	s.want(http.StatusSeeOther, s.ada, "/acme/report-schedule/1", append(slices.Clone(again), "type", "beacon", "version", "1", "enabled", "yes")...)
	c, err := s.pages.Reports.FindSchedule(t.Context(), s.acme, 1)
	s.must(err)
	if c.Request.DriverID != 0 || c.Request.BeaconID != beacon.ID {
		t.Errorf("%+v", c.Request)
	}
}

// editSchedule: the form of a schedule says what it is, saving changes that alone, and nothing that others changed meanwhile.
func (s *site) editSchedule(mia int64) {
	s.tb.Helper()
	const one = "/acme/report-schedule/1"
	find := func() *reporting.Schedule {
		s.tb.Helper()
		c, err := s.pages.Reports.FindSchedule(s.tb.Context(), s.acme, 1)
		s.must(err)
		return c
	}
	assets, _, err := s.pages.Fleet.List(s.tb.Context(), s.acme, fleet.Filter{}, web.PageInput{Page: 1, PerPage: 1})
	s.must(err)
	van := strconv.FormatInt(assets[0].ID, 10)
	// What the form has no field for, by the API.
	_, err = s.pages.Reports.UpdateSchedule(s.tb.Context(), reporting.Account{ID: s.acme, Key: "acme", Name: "Acme"}, 1, web.Precondition{}, func(c *reporting.Schedule) {
		c.Request.Title, c.Request.Priority, c.Request.AssetIDs, c.Enabled = "Ours", "high", []int64{assets[0].ID}, false
	})
	s.must(err)
	s.sees(s.want(http.StatusOK, mia, "/acme/report"), `href="`+one+`"`)
	s.not(s.want(http.StatusOK, s.vic, "/acme/report"), `href="`+one+`"`)
	s.want(http.StatusForbidden, s.vic, one)
	s.want(http.StatusForbidden, s.vic, one, "name", "Mine")
	s.sees(s.want(http.StatusOK, mia, one), `action="`+one+`"`, `name="version" value="2"`, `value="Mondays"`, `value="weekly" selected`, `<option value="1" selected>Monday`, `value="06:30"`,
		`value="webhook" selected`, `value="no" selected`, `<option value="`+van+`" selected>Van 12`)
	fields := func(change ...string) []string {
		return append(change, "name", "Tuesdays", "type", "mileage", "format", "excel", "asset_ids", van, "every", "weekly", "weekday", "2", "time", "07:15", "deliver", "mail",
			"recipients", strconv.FormatInt(mia, 10), "enabled", "yes")
	}
	s.sees(s.want(http.StatusUnprocessableEntity, mia, one, "version", "2", "name", "", "type", "mileage", "format", "pdf", "every", "weekly", "weekday", "x", "time", "06:30", "deliver", "webhook"), "Choose a day.")
	s.sees(s.want(http.StatusUnprocessableEntity, mia, one, fields("version", "1")...), "Somebody else has changed this schedule", `value="Tuesdays"`)
	s.want(http.StatusUnprocessableEntity, mia, one, fields()...)
	if c := find(); c.Name != "Mondays" || c.Version != 2 {
		s.tb.Errorf("what was refused changed it: %+v", c)
	}
	s.want(http.StatusSeeOther, mia, one, fields("version", "2")...)
	c := find()
	if c.Name != "Tuesdays" || c.Request.Format != "excel" || c.Every != "weekly" || c.Day != 2 || c.Clock() != "07:15" || c.Deliver != "mail" || !slices.Equal(c.Recipients, []int64{mia}) || !c.Enabled ||
		!slices.Equal(c.Request.AssetIDs, []int64{assets[0].ID}) || c.Version != 3 {
		s.tb.Errorf("%+v", c)
	}
	if c.Request.Title != "Ours" || c.Request.Priority != "high" || c.UserID != mia {
		s.tb.Errorf("what the form has no field for: %+v by %d", c.Request, c.UserID)
	}
	s.sees(s.want(http.StatusOK, s.vic, "/acme/report"), "Tuesdays", "every Tuesday at 07:15", "by mail to 1 member")
}
