package trip

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Thresholds say when a trip begins and ends in an account. Zero stands for the default. A change is for positions that are taken
// from then on, early or late: what was concluded before stays, and what was being concluded goes on under the new ones.
type Thresholds struct {
	StopAfter   time.Duration // standing this long ends a trip: 5 minutes
	GapAfter    time.Duration // hearing nothing this long ends a trip: 20 minutes
	MovingSpeed float64       // km/h, from which on an asset moves: 2, as for its status
	StayRadius  float64       // metres, within which it stands: 100
}

// The defaults, and their bounds. A stop must be longer than what is taken for noise.
const (
	defaultStopAfter   = 5 * time.Minute
	defaultGapAfter    = 20 * time.Minute
	defaultMovingSpeed = 2
	defaultStayRadius  = 100

	minAfter, maxAfter   = 120, 86_400 // seconds
	minSpeed, maxSpeed   = 0.5, 30
	minRadius, maxRadius = 20, 2000
)

// filled are the thresholds with the defaults where none are set.
func (t Thresholds) filled() Thresholds {
	if t.StopAfter == 0 {
		t.StopAfter = defaultStopAfter
	}
	if t.GapAfter == 0 {
		t.GapAfter = defaultGapAfter
	}
	if t.MovingSpeed == 0 {
		t.MovingSpeed = defaultMovingSpeed
	}
	if t.StayRadius == 0 {
		t.StayRadius = defaultStayRadius
	}
	return t
}

// limits are thresholds in the units of positions.
type limits struct {
	stop, gap int64   // milliseconds
	speed     float64 // km/h
	radius    float64 // km
}

func (t Thresholds) limits() limits {
	t = t.filled()
	return limits{t.StopAfter.Milliseconds(), t.GapAfter.Milliseconds(), t.MovingSpeed, t.StayRadius / 1000}
}

// settings are what an account has set; nil for what it hasn't.
type settings struct {
	stopAfter, gapAfter     *int64 // seconds
	movingSpeed, stayRadius *float64
}

func (s settings) check() error {
	var wrong []fault.Field
	refuse := func(name, bounds string, a ...any) {
		wrong = append(wrong, fault.Field{Name: name, Message: "The " + name + " field must be within " + fmt.Sprintf(bounds, a...) + "."})
	}
	after := func(name string, seconds *int64) {
		if seconds != nil && (*seconds < minAfter || *seconds > maxAfter) {
			refuse(name, "%d to %d seconds", minAfter, maxAfter)
		}
	}
	after("stop_after", s.stopAfter)
	after("gap_after", s.gapAfter)
	if v := s.movingSpeed; v != nil && !(*v >= minSpeed && *v <= maxSpeed) {
		refuse("moving_speed", "%v to %v km/h", minSpeed, maxSpeed)
	}
	if v := s.stayRadius; v != nil && !(*v >= minRadius && *v <= maxRadius) {
		refuse("stay_radius", "%v to %v metres", minRadius, maxRadius)
	}
	return fault.InvalidFields(wrong)
}

func (s settings) thresholds() Thresholds {
	var t Thresholds
	if s.stopAfter != nil {
		t.StopAfter = time.Duration(*s.stopAfter) * time.Second
	}
	if s.gapAfter != nil {
		t.GapAfter = time.Duration(*s.gapAfter) * time.Second
	}
	if s.movingSpeed != nil {
		t.MovingSpeed = *s.movingSpeed
	}
	if s.stayRadius != nil {
		t.StayRadius = *s.stayRadius
	}
	return t
}

// texts are the settings as the audit log tells them; "" for a default.
func (s settings) texts() map[string]string {
	whole := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	number := func(n *float64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatFloat(*n, 'g', -1, 64)
	}
	return map[string]string{"stop_after": whole(s.stopAfter), "gap_after": whole(s.gapAfter),
		"moving_speed": number(s.movingSpeed), "stay_radius": number(s.stayRadius)}
}

// settingTopic is what a change of an account's settings is announced under; the subject is the account's id.
const settingTopic = "trip_setting"

func (s *Service) dropThresholds(subject string) {
	if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
		s.limits.Drop(id)
	}
}

// Thresholds are those in force in an account, none of them zero.
func (s *Service) Thresholds(ctx context.Context, accountID int64) (Thresholds, error) {
	t, err := s.limits.Get(ctx, accountID)
	return t.filled(), err
}

// setThresholds changes an account's thresholds by change, and returns those in force then. Out of bounds: Invalid by field.
func (s *Service) setThresholds(ctx context.Context, accountID int64, change func(*settings)) (Thresholds, error) {
	var after settings
	err := s.store.db.Tx(ctx, func(tx *store.Tx) error {
		before, err := holdSettings(ctx, tx, accountID)
		if err != nil {
			return err
		}
		after = before
		change(&after)
		if err := after.check(); err != nil {
			return err
		}
		changed := audit.Changes(before.texts(), after.texts())
		if len(changed) == 0 {
			return nil
		}
		if err := writeSettings(ctx, tx, accountID, after); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, audit.Event{AccountID: accountID, Action: "trip_setting.changed",
			Subject: "account:" + strconv.FormatInt(accountID, 10), Detail: changed}); err != nil {
			return err
		}
		return tx.Announce(ctx, settingTopic, strconv.FormatInt(accountID, 10))
	})
	return after.thresholds().filled(), err
}
