package reporting

import (
	"context"
	"strconv"
	"time"
	_ "time/tzdata" // zones on machines that have none

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Setting is what an account has set for its reports.
type Setting struct {
	TimeZone string // IANA name
	Units    string // km or mi
}

// The defaults.
const (
	defaultZone  = "UTC"
	defaultUnits = string(document.Kilometres)
)

// settingTopic is what a change of an account's settings is announced under; the subject is the account's id.
const settingTopic = "report_setting"

func (s *Service) dropSetting(subject string) {
	if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
		s.settings.Drop(id)
	}
}

// Setting is what is in force in an account.
func (s *Service) Setting(ctx context.Context, accountID int64) (Setting, error) {
	set, err := s.settings.Get(ctx, accountID)
	return set.filled(), err
}

func (set Setting) filled() Setting {
	if set.TimeZone == "" {
		set.TimeZone = defaultZone
	}
	if set.Units == "" {
		set.Units = defaultUnits
	}
	return set
}

// zoneOf is a zone that was checked when it was set; UTC for one that this program doesn't know any more.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC
	}
	return zone
}

func (set Setting) check() error {
	var w wrong
	if _, err := time.LoadLocation(set.TimeZone); err != nil || set.TimeZone == "Local" || len(set.TimeZone) > 64 {
		w.add("time_zone", "The time_zone field must be the name of a zone such as Europe/Malta.")
	}
	if set.Units != string(document.Kilometres) && set.Units != string(document.Miles) {
		w.add("units", "The units field must be km or mi.")
	}
	return fault.InvalidFields(w)
}

func (set Setting) texts() map[string]string {
	return map[string]string{"time_zone": set.TimeZone, "units": set.Units}
}

// SetSetting changes what an account has set, and returns what is in force then. Schedules go by the new zone from then on.
func (s *Service) SetSetting(ctx context.Context, accountID int64, change func(*Setting)) (Setting, error) {
	var after Setting
	err := s.store.db.Tx(ctx, func(tx *store.Tx) error {
		before, err := holdSetting(ctx, tx, accountID)
		if err != nil {
			return err
		}
		before = before.filled()
		after = before
		change(&after)
		after = after.filled()
		if err := after.check(); err != nil {
			return err
		}
		changed := audit.Changes(before.texts(), after.texts())
		if len(changed) == 0 {
			return nil
		}
		if err := writeSetting(ctx, tx, accountID, after); err != nil {
			return err
		}
		if before.TimeZone != after.TimeZone {
			if err := s.replan(ctx, tx, accountID, after.TimeZone); err != nil {
				return err
			}
		}
		if err := s.log.Record(ctx, tx, audit.Event{AccountID: accountID, Action: "report_setting.changed",
			Subject: "account:" + strconv.FormatInt(accountID, 10), Detail: changed}); err != nil {
			return err
		}
		return tx.Announce(ctx, settingTopic, strconv.FormatInt(accountID, 10))
	})
	return after, err
}
