package dashboard

import (
	"net/http"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	paper "github.com/yipii/yipii/internal/document"
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
	in := reporting.Schedule{UserID: page.Caller.UserID, Name: page.get("name"), Every: page.get("every"), Minute: reporting.ParseClock(page.get("time")), Deliver: page.get("deliver"),
		Recipients: page.ids("recipients"), Enabled: true,
		Request: reporting.Request{Type: page.get("type"), Format: page.get("format"), AssetIDs: page.ids("asset_ids")}}
	day := "day"
	if in.Every == "weekly" {
		day = "weekday"
	}
	if in.Every != "daily" {
		if in.Day, err = strconv.Atoi(page.get(day)); err != nil {
			page.refuse(day, "Choose a day.")
		}
	}
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
