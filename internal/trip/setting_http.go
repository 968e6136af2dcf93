package trip

import (
	"context"
	"net/http"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

func (s *Service) settingRoutes(r *web.Router) {
	const one, tag = web.AccountPrefix + "trip-setting", "Trips"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: web.Access{Scope: "read:trips", Role: "viewer"}, ID: "get-trip-setting", Tag: tag,
		Summary: "Read what makes a trip", Description: "The thresholds by which the account's trips and stops are told apart."}, s.serveSetting)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: web.Access{Scope: "write:trips", Role: "admin"}, ID: "update-trip-setting", Tag: tag,
		Summary:     "Change what makes a trip",
		Description: "Changes the thresholds that are given; null stands for the default. It is for positions that come from then on: trips that have ended stay as they are, unless a position falls into them late."}, s.serveUpdateSetting)
}

// TripSetting is an account's thresholds as the API tells of them. (Its name stands beside those of all rooms in the API's description.)
type TripSetting struct {
	StopAfter   int64   `json:"stop_after" doc:"Seconds: standing this long ends a trip." example:"300"`
	GapAfter    int64   `json:"gap_after" doc:"Seconds: hearing nothing this long ends a trip." example:"1200"`
	MovingSpeed float64 `json:"moving_speed" doc:"km/h, from which on an asset moves." example:"2"`
	StayRadius  float64 `json:"stay_radius" doc:"Metres, within which an asset is standing." example:"100"`
}

// TripSettingChange says what to change of the thresholds. The bounds stand in threshold.go, which checks them.
type TripSettingChange struct {
	StopAfter   web.Maybe[int64]   `json:"stop_after,omitzero" doc:"120 to 86400 seconds; null for 300."`
	GapAfter    web.Maybe[int64]   `json:"gap_after,omitzero" doc:"120 to 86400 seconds; null for 1200."`
	MovingSpeed web.Maybe[float64] `json:"moving_speed,omitzero" doc:"0.5 to 30 km/h; null for 2."`
	StayRadius  web.Maybe[float64] `json:"stay_radius,omitzero" doc:"20 to 2000 metres; null for 100."`
}

type settingInput struct{}

type updateSettingInput struct{ Body TripSettingChange }

type settingOutput struct{ Body web.Record[TripSetting] }

func (s *Service) serveSetting(ctx context.Context, _ *settingInput) (*settingOutput, error) {
	return settingAnswer(s.Thresholds(ctx, bearer.AccountID(ctx)))
}

func (s *Service) serveUpdateSetting(ctx context.Context, in *updateSettingInput) (*settingOutput, error) {
	b := in.Body
	return settingAnswer(s.setThresholds(ctx, bearer.AccountID(ctx), func(set *settings) {
		give(&set.stopAfter, b.StopAfter)
		give(&set.gapAfter, b.GapAfter)
		give(&set.movingSpeed, b.MovingSpeed)
		give(&set.stayRadius, b.StayRadius)
	}))
}

// give changes a setting if the body has it.
func give[T any](setting **T, in web.Maybe[T]) {
	if in.Given {
		*setting = in.Value
	}
}

func settingAnswer(t Thresholds, err error) (*settingOutput, error) {
	if err != nil {
		return nil, err
	}
	return &settingOutput{web.Record[TripSetting]{Data: TripSetting{int64(t.StopAfter.Seconds()), int64(t.GapAfter.Seconds()), t.MovingSpeed, t.StayRadius}}}, nil
}
