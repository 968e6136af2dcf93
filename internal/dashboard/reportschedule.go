package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	paper "github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/web"
)

// scheduleSection is the path of the pages of schedules below the account's.
const scheduleSection = "report-schedule"

func (s *Service) serveNewSchedule(w http.ResponseWriter, r *http.Request) error {
	page, err := s.reportForm(r, "New schedule")
	if err != nil {
		return err
	}
	page.form = formWith("type", "mileage", "format", string(paper.PDF), "every", "monthly", "day", "1", "weekday", "1", "time", "06:00", "deliver", "mail",
		"recipients", strconv.FormatInt(page.Caller.UserID, 10))
	if !page.Mails {
		page.values.Set("deliver", "webhook")
	}
	return s.show(w, r, http.StatusOK, scheduleFormPage(page))
}

func (s *Service) serveCreateSchedule(w http.ResponseWriter, r *http.Request) error {
	page, err := s.reportForm(r, "New schedule")
	if err != nil {
		return err
	}
	if page.form, err = formOf(r); err != nil {
		return err
	}
	in := reporting.Schedule{UserID: page.Caller.UserID}
	page.schedule()(&in)
	if !page.bad() {
		_, err := s.Reports.CreateSchedule(r.Context(), reportAccount(r), in)
		if err == nil {
			return see(w, page.in(reportSection))
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, scheduleFormPage(page))
}

// schedule reads the fields of a schedule, refuses what can't be read, and returns the change of a schedule to them. What the
// form has no field for stays.
func (p *reportForm) schedule() func(*reporting.Schedule) {
	every, day, at, recipients, assets := p.get("every"), 0, reporting.ParseClock(p.get("time")), p.ids("recipients"), p.ids("asset_ids")
	if every != "daily" {
		field := "day"
		if every == "weekly" {
			field = "weekday"
		}
		var err error
		if day, err = strconv.Atoi(p.get(field)); err != nil {
			p.refuse(field, "Choose a day.")
		}
	}
	driver, beacon := p.about()
	return func(c *reporting.Schedule) {
		c.Name, c.Every, c.Day, c.Minute, c.Deliver, c.Recipients, c.Enabled = p.get("name"), every, day, at, p.get("deliver"), recipients, p.get("enabled") != "no"
		q := &c.Request
		q.Type, q.Format, q.AssetIDs, q.DriverID, q.BeaconID = p.get("type"), p.get("format"), assets, driver, beacon
	}
}

// fillSchedule is the form with what a schedule says.
func fillSchedule(c *reporting.Schedule) form {
	f := formWith("name", c.Name, "type", c.Request.Type, "format", c.Request.Format, "every", c.Every, "day", "1", "weekday", "1", "time", c.Clock(), "deliver", c.Deliver,
		"enabled", "yes", "version", strconv.FormatInt(c.Version, 10))
	switch c.Every {
	case "weekly":
		f.values.Set("weekday", strconv.Itoa(c.Day))
	case "monthly":
		f.values.Set("day", strconv.Itoa(c.Day))
	}
	if !c.Enabled {
		f.values.Set("enabled", "no")
	}
	for name, ids := range map[string][]int64{"asset_ids": c.Request.AssetIDs, "recipients": c.Recipients, "driver_id": {c.Request.DriverID}, "beacon_id": {c.Request.BeaconID}} {
		for _, id := range ids {
			if id == 0 {
				continue
			}
			f.values.Add(name, strconv.FormatInt(id, 10))
		}
	}
	return f
}

// with is a list with the record of an id in it, if that isn't 0 and was not deleted.
func with[T any](list []T, id int64, idOf func(T) int64, find func(int64) (T, error)) ([]T, error) {
	if id == 0 || slices.ContainsFunc(list, func(one T) bool { return idOf(one) == id }) {
		return list, nil
	}
	one, err := find(id)
	if fault.Is(err, fault.NotFound) {
		return list, nil
	}
	return append(list, one), err
}

// editSchedule is the form of a schedule that exists, which it returns too.
func (s *Service) editSchedule(r *http.Request) (reportForm, *reporting.Schedule, error) {
	view, err := s.viewSchedule(r)
	if err != nil {
		return reportForm{}, nil, err
	}
	c := view.Schedule
	page, err := s.reportForm(r, "Edit schedule")
	page.Schedule = c.ID
	// What the lists are too short for must not be lost by saving.
	if err == nil {
		page.Drivers, err = with(page.Drivers, c.Request.DriverID, func(d fleet.Driver) int64 { return d.ID }, func(id int64) (fleet.Driver, error) {
			return s.Fleet.FindDriver(r.Context(), c.AccountID, id)
		})
	}
	if err == nil {
		page.Beacons, err = with(page.Beacons, c.Request.BeaconID, func(b fleet.Beacon) int64 { return b.ID }, func(id int64) (fleet.Beacon, error) {
			return s.Fleet.FindBeacon(r.Context(), c.AccountID, id)
		})
	}
	for _, id := range c.Request.AssetIDs {
		if err != nil || slices.ContainsFunc(page.Assets, func(a fleet.Asset) bool { return a.ID == id }) {
			continue
		}
		var a *fleet.Asset
		if a, err = s.Fleet.Find(r.Context(), c.AccountID, id); err == nil {
			page.Assets = append(page.Assets, *a)
		} else if fault.Is(err, fault.NotFound) {
			err = nil // it was deleted
		}
	}
	return page, c, err
}

func (s *Service) serveEditSchedule(w http.ResponseWriter, r *http.Request) error {
	page, c, err := s.editSchedule(r)
	if err != nil {
		return err
	}
	page.form = fillSchedule(c)
	return s.show(w, r, http.StatusOK, scheduleFormPage(page))
}

func (s *Service) serveUpdateSchedule(w http.ResponseWriter, r *http.Request) error {
	page, c, err := s.editSchedule(r)
	if err != nil {
		return err
	}
	if page.form, err = formOf(r); err != nil {
		return err
	}
	change := page.schedule()
	if !page.bad() {
		_, err := s.Reports.UpdateSchedule(r.Context(), reportAccount(r), c.ID, web.Precondition{IfMatch: `"` + page.get("version") + `"`}, change)
		if err == nil {
			return see(w, page.in(reportSection))
		}
		if fault.Is(err, fault.Stale) {
			page.message = "Somebody else has changed this schedule meanwhile. Open it again to see what it says now."
		} else if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, scheduleFormPage(page))
}

// scheduleView is the page that asks before a schedule is deleted.
type scheduleView struct {
	frame
	Schedule *reporting.Schedule
}

func (s *Service) viewSchedule(r *http.Request) (scheduleView, error) {
	view := scheduleView{frame: s.frame(r, reportSection, "Delete this schedule?")}
	id, err := web.ParseID(r.PathValue("id"), "Schedule")
	if err != nil {
		return view, err
	}
	view.Schedule, err = s.Reports.FindSchedule(r.Context(), bearer.AccountID(r.Context()), id)
	return view, err
}

func (s *Service) serveAskDeleteSchedule(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewSchedule(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, deleteSchedulePage(view))
}

func (s *Service) serveDeleteSchedule(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewSchedule(r)
	if err != nil {
		return err
	}
	if err := s.Reports.DeleteSchedule(r.Context(), view.Schedule.AccountID, view.Schedule.ID, web.Precondition{}); err != nil {
		return err
	}
	return see(w, view.in(reportSection))
}

// scheduleTimes says when a schedule is due: "every Monday at 06:00".
func scheduleTimes(c *reporting.Schedule) string {
	switch c.Every {
	case "weekly":
		return "every " + time.Weekday(c.Day).String() + " at " + c.Clock()
	case "monthly":
		return "every month on day " + strconv.Itoa(c.Day) + " at " + c.Clock()
	}
	return "every day at " + c.Clock()
}
