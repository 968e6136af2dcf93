package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Periods of a schedule, and how its reports are delivered.
const (
	daily   = "daily"
	weekly  = "weekly"
	monthly = "monthly"

	byWebhook = "webhook" // the event report.completed tells of them anyway
	byMail    = "mail"
)

// Schedule asks for a report again and again: of the day, week or month before.
type Schedule struct {
	ID         int64
	AccountID  int64
	UserID     int64 // who made it
	Name       string
	Request    Request // without dates
	Every      string  // daily, weekly or monthly
	Day        int     // weekly: 0 is Sunday; monthly: 1 to 31, the last of a month that is shorter
	Minute     int     // of the day, in the account's zone
	Deliver    string
	Recipients []int64 // members, by user id
	Enabled    bool
	NextAt     time.Time
	LastAt     *time.Time
	LastError  string // why the last report wasn't asked for, or that letters of one could not be sent; "" if all went well
	Version    int64
	CreatedAt  time.Time
	UpdatedAt  time.Time

	whole  bool
	assets []int64
}

// Bounds of schedules.
const (
	maxSchedules  = 100 // of an account
	maxRecipients = 50
	maxName       = 100
)

const scheduleNoun = "Schedule"

// next is the first time after a moment at which the schedule is due. A time of day that the clocks skip is due when they have,
// one that they have twice the first time.
func (c *Schedule) next(after time.Time, zone *time.Location) time.Time {
	day := after.In(zone).AddDate(0, 0, -1)
	for range 70 {
		at := report.ClockShows(day.Year(), day.Month(), day.Day(), c.Minute, zone)
		if at.After(after) && c.falls(day) {
			return at
		}
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 12, 0, 0, 0, zone)
	}
	panic("a schedule is due within ten weeks") // its day was checked
}

// falls reports whether a schedule is due on a day.
func (c *Schedule) falls(day time.Time) bool {
	switch c.Every {
	case weekly:
		return int(day.Weekday()) == c.Day
	case monthly:
		last := time.Date(day.Year(), day.Month()+1, 0, 12, 0, 0, 0, time.UTC).Day()
		return day.Day() == min(c.Day, last)
	}
	return true
}

// period is what a schedule's report that is due at a moment is about: the whole day, week or month before that day.
func (c *Schedule) period(due time.Time, zone *time.Location) (from, to time.Time) {
	d := due.In(zone)
	y, m, day := d.Date()
	switch c.Every {
	case weekly:
		return report.DayBegins(y, m, day-7, zone), report.DayBegins(y, m, day, zone)
	case monthly:
		return report.DayBegins(y, m-1, 1, zone), report.DayBegins(y, m, 1, zone)
	}
	return report.DayBegins(y, m, day-1, zone), report.DayBegins(y, m, day, zone)
}

// latest is the last time at or before now at which a schedule that was due at a moment was due: after a long absence, the
// reports between are not made up for.
func (c *Schedule) latest(due, now time.Time, zone *time.Location) time.Time {
	for {
		next := c.next(due, zone)
		if next.After(now) {
			return due
		}
		due = next
	}
}

// check refuses a schedule that can't be, and finds the assets that it is about.
func (s *Service) checkSchedule(ctx context.Context, in Account, c *Schedule) error {
	f, assets, err := s.read(ctx, in, c.Request)
	if err != nil && !fault.Is(err, fault.Invalid) {
		return err
	}
	c.assets, c.whole = assets, assets == nil
	c.Request.Priority = f.Priority
	c.Name = strings.TrimSpace(c.Name)
	var w wrong
	if n := len([]rune(c.Name)); n == 0 || n > maxName {
		w.add("name", fmt.Sprintf("The name field must have 1 to %d characters.", maxName))
	}
	switch c.Every {
	case daily:
		c.Day = 0
	case weekly:
		if c.Day < 0 || c.Day > 6 {
			w.add("day", "The day field of a weekly schedule must be 0 (Sunday) to 6 (Saturday).")
		}
	case monthly:
		if c.Day < 1 || c.Day > 31 {
			w.add("day", "The day field of a monthly schedule must be 1 to 31.")
		}
	default:
		w.add("every", "The every field must be daily, weekly or monthly.")
	}
	if c.Minute < 0 || c.Minute >= 24*60 {
		w.add("time", "The time field must be a time of day such as 06:30.")
	}
	slices.Sort(c.Recipients)
	c.Recipients = slices.Compact(c.Recipients)
	switch c.Deliver {
	case byWebhook:
		c.Recipients = nil
	case byMail:
		if !s.Mails() && c.Enabled { // one that was made earlier can be turned off
			w.add("deliver", "The deliver field can't be mail: this server has no mail server set.")
		}
		if len(c.Recipients) == 0 || len(c.Recipients) > maxRecipients {
			w.add("recipients", fmt.Sprintf("The recipients field must name 1 to %d members, by their ids.", maxRecipients))
		} else if err := s.checkRecipients(ctx, in.ID, c, &w); err != nil {
			return err
		}
	default:
		w.add("deliver", "The deliver field must be webhook or mail.")
	}
	if err := join(err, fault.InvalidFields(w)); err != nil {
		return err
	}
	// What the type can't be made of is told now, not at night: by the period that it would be about now.
	zone := zoneOf(f.Zone)
	from, to := c.period(s.moment(), zone)
	f.From, f.To = from.UnixMilli(), to.UnixMilli()
	q, err := s.subject(ctx, &f, assets)
	if err != nil {
		return err
	}
	return s.opt.Maker.Check(ctx, q)
}

func (s *Service) checkRecipients(ctx context.Context, accountID int64, c *Schedule, w *wrong) error {
	members, err := s.store.members(ctx, accountID, c.Recipients)
	if err != nil {
		return err
	}
	for _, id := range c.Recipients {
		if !slices.ContainsFunc(members, func(m recipient) bool { return m.id == id }) {
			w.add("recipients", fmt.Sprintf("The recipients field names no member who reads reports: %d.", id))
		}
	}
	return nil
}

// CreateSchedule makes a schedule. What is wrong comes back as Invalid by field; one too many is a Conflict.
func (s *Service) CreateSchedule(ctx context.Context, in Account, c Schedule) (*Schedule, error) {
	if err := s.checkSchedule(ctx, in, &c); err != nil {
		return nil, err
	}
	setting, err := s.Setting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := s.moment()
	c.AccountID, c.Version, c.CreatedAt, c.UpdatedAt, c.NextAt = in.ID, 1, now, now, c.next(now, zoneOf(setting.TimeZone))
	err = s.store.db.Tx(ctx, func(tx *store.Tx) error {
		n, err := countSchedules(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		if n >= maxSchedules {
			return fault.Newf(fault.Conflict, "The account has %d schedules already: delete one first.", n)
		}
		if c.ID, err = insertSchedule(ctx, tx, &c); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, c.event("report_schedule.created", c.texts()))
	})
	return &c, err
}

// UpdateSchedule changes a schedule by change, unless others have changed it since the caller has seen it (Stale).
func (s *Service) UpdateSchedule(ctx context.Context, in Account, id int64, seen web.Precondition, change func(*Schedule)) (*Schedule, error) {
	before, err := s.FindSchedule(ctx, in.ID, id)
	if err != nil {
		return nil, err
	}
	if err := seen.Check(before.Version); err != nil {
		return nil, err
	}
	after := *before
	change(&after)
	if err := s.checkSchedule(ctx, in, &after); err != nil {
		return nil, err
	}
	setting, err := s.Setting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := s.moment()
	after.Version, after.UpdatedAt, after.NextAt, after.LastError = before.Version+1, now, after.next(now, zoneOf(setting.TimeZone)), ""
	err = s.store.db.Tx(ctx, func(tx *store.Tx) error {
		done, err := updateSchedule(ctx, tx, &after, before.Version)
		if err != nil {
			return err
		}
		if !done {
			return fault.New(fault.Stale, "The record has changed since you read it.")
		}
		return s.log.Record(ctx, tx, after.event("report_schedule.changed", audit.Changes(before.texts(), after.texts())))
	})
	return &after, err
}

// FindSchedule returns a schedule of an account that the caller may see. Unknown, or another's: NotFound.
func (s *Service) FindSchedule(ctx context.Context, accountID, id int64) (*Schedule, error) {
	return s.store.findSchedule(ctx, accountID, id, bearer.PartOf(ctx, accountID))
}

// DeleteSchedule deletes a schedule, unless others have changed it since the caller has seen it (Stale). Its reports stay.
func (s *Service) DeleteSchedule(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	c, err := s.FindSchedule(ctx, accountID, id)
	if err != nil {
		return err
	}
	return s.store.db.Tx(ctx, func(tx *store.Tx) error {
		if err := seen.Check(c.Version); err != nil {
			return err
		}
		if err := deleteSchedule(ctx, tx, accountID, id); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, c.event("report_schedule.deleted", nil))
	})
}

// runSchedules asks for the reports of schedules that are due. Of several nodes that look at once, one asks.
func (s *Service) runSchedules(ctx context.Context) error {
	due, err := s.store.dueSchedules(ctx, s.moment())
	if err != nil {
		return err
	}
	for _, c := range due {
		if err := s.runSchedule(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) runSchedule(ctx context.Context, c *Schedule) error {
	in, err := s.store.account(ctx, c.AccountID)
	if err != nil {
		return err
	}
	setting, err := s.Setting(ctx, c.AccountID)
	if err != nil {
		return err
	}
	zone, now := zoneOf(setting.TimeZone), s.moment()
	at := c.latest(c.NextAt, now, zone)
	n, refused := s.scheduled(ctx, in, c, at, zone)
	if refused != nil && !fault.Is(refused, fault.Invalid) {
		return refused
	}
	return s.queue.write(ctx, func(tx store.Writer, add addJob) error {
		ours, err := advance(ctx, tx, c, c.next(now, zone), now, refused)
		if err != nil || !ours || refused != nil {
			return err
		}
		_, _, err = s.put(ctx, tx, add, n)
		return err
	})
}

// scheduled is the report that a schedule asks for. An Invalid fault is why it can't be asked for any more.
func (s *Service) scheduled(ctx context.Context, in Account, c *Schedule, due time.Time, zone *time.Location) (newReport, error) {
	f, _, err := s.read(ctx, in, c.Request)
	if err != nil {
		return newReport{}, err
	}
	from, to := c.period(due, zone)
	f.From, f.To = from.UnixMilli(), to.UnixMilli()
	assets := c.assets
	if c.whole {
		assets = nil
	}
	q, err := s.subject(ctx, &f, assets)
	if err != nil {
		return newReport{}, err
	}
	if err := s.opt.Maker.Check(ctx, q); err != nil {
		return newReport{}, err
	}
	// A report of its own even where an identical one exists: who gets it is told of it.
	same := fmt.Sprintf("schedule:%d:%d", c.ID, due.UnixMilli())
	return newReport{fields: f, userID: c.UserID, scheduleID: c.ID, assets: assets, same: same, mail: c.Deliver == byMail}, nil
}

// replan says anew when the schedules of an account are due, whose zone has changed.
func (s *Service) replan(ctx context.Context, tx *store.Tx, accountID int64, zone string) error {
	list, err := s.store.schedulesOf(ctx, tx, accountID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := setNext(ctx, tx, c, c.next(s.moment(), zoneOf(zone))); err != nil {
			return err
		}
	}
	return nil
}

// event is the log's line of something that happened to the schedule.
func (c *Schedule) event(action string, detail map[string]string) audit.Event {
	return audit.Event{AccountID: c.AccountID, Action: action, Subject: "report_schedule:" + strconv.FormatInt(c.ID, 10), SubjectName: c.Name, Detail: detail}
}

// unsentText is what a schedule's letters that could not be sent are told by; "" for none.
func unsentText(n int64) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "The letter of a report could not be sent to 1 recipient within a day."
	}
	return fmt.Sprintf("The letters of a report could not be sent to %d recipients within a day.", n)
}

func (c *Schedule) texts() map[string]string {
	return map[string]string{"name": c.Name, "type": c.Request.Type, "format": c.Request.Format, "every": c.Every, "day": strconv.Itoa(c.Day), "time": c.Clock(),
		"deliver": c.Deliver, "recipients": strings.Trim(fmt.Sprint(c.Recipients), "[]"), "enabled": strconv.FormatBool(c.Enabled)}
}

// Clock is the time of day, as in "06:30".
func (c *Schedule) Clock() string { return fmt.Sprintf("%02d:%02d", c.Minute/60, c.Minute%60) }

// ParseClock reads a time of day; -1 for what is none.
func ParseClock(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}
