package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	paper "github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/web"
)

// reportSection is the path of the reports' pages below the account's.
const reportSection = "report"

// reportList is the page of an account's reports and their schedules.
type reportList struct {
	frame
	Now       time.Time
	Reports   []*reporting.Report
	Pages     pager
	Schedules []*reporting.Schedule
	Zone      *time.Location
}

func (s *Service) serveReports(w http.ResponseWriter, r *http.Request) error {
	accountID := bearer.AccountID(r.Context())
	page := reportList{frame: s.frame(r, reportSection, "Reports"), Now: s.Now(), Pages: pagerOf(r, "page", "report")}
	var err error
	if page.Reports, page.Pages.Total, err = s.Reports.List(r.Context(), accountID, reporting.Filter{}, web.PageInput{Page: page.Pages.Page, PerPage: perPage}); err != nil {
		return err
	}
	if page.Schedules, _, err = s.Reports.Schedules(r.Context(), accountID, web.PageInput{Page: 1, PerPage: 500, Sort: "name"}); err != nil {
		return err
	}
	page.Zone, err = s.reportZone(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, reportListPage(page))
}

// reportZone is the zone in which the account's reports count days.
func (s *Service) reportZone(r *http.Request) (*time.Location, error) {
	setting, err := s.Reports.Setting(r.Context(), bearer.AccountID(r.Context()))
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(setting.TimeZone)
	if err != nil {
		return time.UTC, nil // a zone that this program doesn't know any more
	}
	return zone, nil
}

// open reports whether any of the reports is to be made still: the page looks again then.
func (p reportList) open() bool {
	return slices.ContainsFunc(p.Reports, func(r *reporting.Report) bool {
		return r.Status == reporting.Queued || r.Status == reporting.Processing
	})
}

// reportName is what a report is called in a list.
func reportName(r *reporting.Report) string {
	if r.Title != "" {
		return r.Title
	}
	return reportTypeLabel(r.Type)
}

// reportSpan is the range of a report, in days if it is of whole ones.
func reportSpan(r *reporting.Report, zone *time.Location) string {
	from, to := r.DateFrom.In(zone), r.DateTo.In(zone)
	if from.Hour()+from.Minute() > 0 || to.Hour()+to.Minute() > 0 {
		return from.Format(minuteText) + " to " + to.Format(minuteText)
	}
	first, last := from.Format(time.DateOnly), to.Add(-time.Millisecond).Format(time.DateOnly)
	if first == last {
		return first
	}
	return first + " to " + last
}

const minuteText = "2006-01-02 15:04"

func reportTypeLabel(kind string) string {
	if kind == "" {
		return ""
	}
	return string(kind[0]-'a'+'A') + kind[1:]
}

// reportForm is the page on which a report, or a schedule of reports, is asked for.
type reportForm struct {
	frame
	form
	Zone     string
	Assets   []fleet.Asset
	Total    int // of assets; more than Assets where the list would be too long
	Drivers  []fleet.Driver
	Beacons  []fleet.Beacon
	Members  []account.Member
	Mails    bool  // letters can be sent
	Schedule int64 // the schedule that is edited; 0 for what is new
}

func (reportForm) fields() []string {
	return []string{"name", "title", "type", "format", "asset_ids", "driver_id", "beacon_id", "date_from", "date_to", "every", "weekday", "day", "time", "deliver", "recipients", "enabled"}
}

func (p reportForm) chosen(id int64) bool {
	return slices.Contains(p.values["asset_ids"], strconv.FormatInt(id, 10))
}

func (s *Service) reportForm(r *http.Request, title string) (reportForm, error) {
	page := reportForm{frame: s.frame(r, reportSection, title), Mails: s.Reports.Mails()}
	accountID := bearer.AccountID(r.Context())
	setting, err := s.Reports.Setting(r.Context(), accountID)
	if err != nil {
		return page, err
	}
	page.Zone = setting.TimeZone
	page.Assets, page.Total, err = s.Fleet.List(r.Context(), accountID, fleet.Filter{}, web.PageInput{Page: 1, PerPage: offered, Sort: "name"})
	if err != nil {
		return page, err
	}
	named := web.PageInput{Page: 1, PerPage: offered, Sort: "name"}
	if page.Drivers, _, err = s.Fleet.ListDrivers(r.Context(), accountID, fleet.DriverFilter{}, named); err != nil {
		return page, err
	}
	if page.Beacons, _, err = s.Fleet.ListBeacons(r.Context(), accountID, fleet.BeaconFilter{}, named); err != nil {
		return page, err
	}
	members, err := s.Accounts.Members(r.Context(), accountID)
	page.Members = slices.DeleteFunc(members, func(m account.Member) bool { return m.Role < bearer.Viewer || m.Suspended })
	return page, err
}

func (s *Service) serveNewReport(w http.ResponseWriter, r *http.Request) error {
	page, err := s.reportForm(r, "New report")
	if err != nil {
		return err
	}
	zone, err := s.reportZone(r)
	if err != nil {
		return err
	}
	today := s.Now().In(zone)
	page.form = formWith("type", "mileage", "format", string(paper.PDF), "date_from", today.AddDate(0, 0, -7).Format(time.DateOnly), "date_to", today.AddDate(0, 0, -1).Format(time.DateOnly))
	return s.show(w, r, http.StatusOK, reportFormPage(page))
}

// ids reads the numbers of a field.
func (f *form) ids(name string) []int64 {
	var ids []int64
	for _, text := range f.values[name] {
		if text == "" {
			continue
		}
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			f.refuse(name, "Choose from the list.")
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

// about are the driver and the beacon that a report of the chosen type is about; 0 for a type that is about none.
func (f *form) about() (driver, beacon int64) {
	one := func(name string) int64 {
		if ids := f.ids(name); f.get("type")+"_id" == name && len(ids) > 0 {
			return ids[0]
		}
		return 0
	}
	return one("driver_id"), one("beacon_id")
}

// account is the one that the caller is in, as the room of reports takes it.
func reportAccount(r *http.Request) reporting.Account {
	m := bearer.PrincipalOf(r.Context()).Account
	return reporting.Account{ID: m.AccountID, Key: m.Key, Name: m.Name}
}

func (s *Service) serveCreateReport(w http.ResponseWriter, r *http.Request) error {
	page, err := s.reportForm(r, "New report")
	if err != nil {
		return err
	}
	if page.form, err = formOf(r); err != nil {
		return err
	}
	in := reporting.Request{Type: page.get("type"), Format: page.get("format"), Title: page.get("title"), AssetIDs: page.ids("asset_ids"),
		DateFrom: page.get("date_from"), DateTo: page.get("date_to")}
	in.DriverID, in.BeaconID = page.about()
	if !page.bad() {
		_, _, err := s.Reports.Generate(r.Context(), reportAccount(r), bearer.PrincipalOf(r.Context()).UserID, in)
		if err == nil {
			return see(w, page.in(reportSection))
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, reportFormPage(page))
}

// reportView is the page of one report, and the one that asks before it is deleted.
type reportView struct {
	frame
	Report *reporting.Report
	Zone   *time.Location
}

func (s *Service) viewReport(r *http.Request, title string) (reportView, error) {
	view := reportView{frame: s.frame(r, reportSection, title)}
	var err error
	if view.Report, err = s.Reports.Find(r.Context(), bearer.AccountID(r.Context()), r.PathValue("id")); err != nil {
		return view, err
	}
	if view.Title == "" {
		view.Title = reportName(view.Report)
	}
	view.Zone, err = s.reportZone(r)
	return view, err
}

func (s *Service) serveReport(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewReport(r, "")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, reportPage(view))
}

// serveReportFile sends a report's file: to be stored, or where it is a page to be looked at within a page of ours.
func (s *Service) serveReportFile(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewReport(r, "")
	if err != nil {
		return err
	}
	if view.Report.Status != reporting.Completed {
		return see(w, view.in(reportSection, view.Report.ID))
	}
	s.Reports.ServeFile(w, r, view.Report, r.URL.Query().Get("preview") == "")
	return nil
}

func (s *Service) serveAskDeleteReport(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewReport(r, "Delete this report?")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, deleteReportPage(view))
}

func (s *Service) serveDeleteReport(w http.ResponseWriter, r *http.Request) error {
	if err := s.Reports.Delete(r.Context(), bearer.AccountID(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return see(w, pathIn(bearer.PrincipalOf(r.Context()).Account.Key, reportSection))
}
