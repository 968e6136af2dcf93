package trail

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Settings are what an account decides for its trails: where one status ends and the next begins, and how long positions are
// kept.
type Settings struct {
	StillBelow        float64 `json:"still_below" doc:"An asset slower than this, in km/h, stands still." example:"2"`
	MovingAbove       float64 `json:"moving_above" doc:"Faster than this, in km/h, it moves; from still_below up to this it moves slowly." example:"10"`
	OfflineAfter      int64   `json:"offline_after" doc:"Seconds of silence after which it is offline." example:"1800"`
	DisconnectedAfter int64   `json:"disconnected_after" doc:"Seconds of silence after which it is disconnected." example:"86400"`
	RetentionDays     *int64  `json:"retention_days" doc:"Days for which positions are kept; null for ever." example:"365"`
}

// DefaultSettings are those of an account that has decided nothing.
func DefaultSettings() Settings {
	return Settings{StillBelow: 2, MovingAbove: 10, OfflineAfter: 30 * 60, DisconnectedAfter: 24 * 60 * 60}
}

// Bounds of the settings.
const (
	maxThreshold = 100                // km/h
	maxSilence   = 366 * 24 * 60 * 60 // seconds
	maxRetention = 36_500             // days
)

func (in *Settings) check() error {
	var wrong []fault.Field
	refuse := func(field, message string) { wrong = append(wrong, fault.Field{Name: field, Message: message}) }
	if !(in.StillBelow > 0 && in.StillBelow <= maxThreshold) {
		refuse("still_below", "The still_below field must be above 0 and at most 100.")
	}
	if !(in.MovingAbove >= in.StillBelow && in.MovingAbove <= maxThreshold) {
		refuse("moving_above", "The moving_above field must be at least still_below, and at most 100.")
	}
	if in.OfflineAfter < 1 || in.OfflineAfter > maxSilence {
		refuse("offline_after", "The offline_after field must be from 1 second to 366 days.")
	}
	if in.DisconnectedAfter < in.OfflineAfter || in.DisconnectedAfter > maxSilence {
		refuse("disconnected_after", "The disconnected_after field must be at least offline_after, and at most 366 days.")
	}
	if in.RetentionDays != nil && (*in.RetentionDays < 1 || *in.RetentionDays > maxRetention) {
		refuse("retention_days", "The retention_days field must be from 1 to 36500, or null.")
	}
	return fault.InvalidFields(wrong)
}

// Settings returns an account's settings.
func (s *Service) Settings(ctx context.Context, accountID int64) (Settings, error) {
	return s.store.settings.Get(ctx, accountID)
}

// UpdateSettings changes an account's settings, all of them. They are in force on the next request, on other nodes within a
// second. Shortening the retention deletes positions soon after.
func (s *Service) UpdateSettings(ctx context.Context, accountID int64, in Settings) error {
	if err := in.check(); err != nil {
		return err
	}
	before, err := s.store.settings.Fresh(ctx, accountID)
	if err != nil {
		return err
	}
	changed := audit.Changes(before.texts(), in.texts())
	if len(changed) == 0 {
		return nil
	}
	return s.store.db.Tx(ctx, func(tx *store.Tx) error {
		if err := putSettings(ctx, tx, accountID, in); err != nil {
			return err
		}
		if s.Audit != nil {
			if err := s.Audit.Record(ctx, tx, audit.Event{AccountID: accountID, Action: "trail.settings_changed",
				Subject: "account:" + strconv.FormatInt(accountID, 10), Detail: changed}); err != nil {
				return err
			}
		}
		return tx.Announce(ctx, settingsTopic, strconv.FormatInt(accountID, 10))
	})
}

// texts are the settings as the log tells them.
func (in Settings) texts() map[string]string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	seconds := func(v int64) string { return (time.Duration(v) * time.Second).String() }
	kept := ""
	if in.RetentionDays != nil {
		kept = strconv.FormatInt(*in.RetentionDays, 10)
	}
	return map[string]string{"still_below": number(in.StillBelow), "moving_above": number(in.MovingAbove),
		"offline_after": seconds(in.OfflineAfter), "disconnected_after": seconds(in.DisconnectedAfter), "retention_days": kept}
}

func (s *Service) settingRoutes(r *web.Router) {
	const pattern, tag = web.AccountPrefix + "trail-setting", "Positions"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: pattern, Access: web.Access{Scope: "read:positions", Role: "viewer"},
		ID: "get-trail-setting", Tag: tag, Summary: "Read how statuses are told",
		Description: "Where one status ends and the next begins, and how long positions are kept."}, s.serveSettings)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: pattern, Access: web.Access{Scope: "write:positions", Role: "admin"},
		ID: "update-trail-setting", Tag: tag, Summary: "Change how statuses are told",
		Description: "Changes the fields that are given. Positions that are older than a shorter retention_days are deleted soon after; that can't be undone."}, s.serveUpdateSettings)
}

type settingsInput struct{}

type settingsOutput struct{ Body web.Record[Settings] }

type updateSettingsInput struct {
	Body struct {
		StillBelow        *float64         `json:"still_below,omitempty"`
		MovingAbove       *float64         `json:"moving_above,omitempty"`
		OfflineAfter      *int64           `json:"offline_after,omitempty"`
		DisconnectedAfter *int64           `json:"disconnected_after,omitempty"`
		RetentionDays     web.Maybe[int64] `json:"retention_days,omitzero"`
	}
}

func (s *Service) serveSettings(ctx context.Context, _ *settingsInput) (*settingsOutput, error) {
	settings, err := s.Settings(ctx, bearer.AccountID(ctx))
	return &settingsOutput{Body: web.Record[Settings]{Data: settings}}, err
}

func (s *Service) serveUpdateSettings(ctx context.Context, in *updateSettingsInput) (*settingsOutput, error) {
	settings, err := s.store.settings.Fresh(ctx, bearer.AccountID(ctx))
	if err != nil {
		return nil, err
	}
	b := &in.Body
	set(&settings.StillBelow, b.StillBelow)
	set(&settings.MovingAbove, b.MovingAbove)
	set(&settings.OfflineAfter, b.OfflineAfter)
	set(&settings.DisconnectedAfter, b.DisconnectedAfter)
	if b.RetentionDays.Given {
		settings.RetentionDays = b.RetentionDays.Value
	}
	if err := s.UpdateSettings(ctx, bearer.AccountID(ctx), settings); err != nil {
		return nil, err
	}
	return &settingsOutput{Body: web.Record[Settings]{Data: settings}}, nil
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}
