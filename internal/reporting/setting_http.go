package reporting

import (
	"context"
	"net/http"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

func (s *Service) settingRoutes(r *web.Router) {
	const one = web.AccountPrefix + "report-setting"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: web.Access{Scope: "read:reports", Role: "viewer"}, ID: "get-report-setting", Tag: tag,
		Summary: "Read the zone and units of reports", Description: "The time zone in which the account's reports count days, and the units in which they show distances and speeds."}, s.serveSetting)
	web.Operation(r, web.Route{Method: http.MethodPut, Pattern: one, Access: web.Access{Scope: "write:reports", Role: "admin"}, ID: "set-report-setting", Tag: tag,
		Summary: "Set the zone and units of reports", Description: "What is left out is the default. Reports that were asked for before stay as they are; schedules go by the new zone from then on."}, s.serveSetSetting)
}

// ReportSetting is what an account has set for its reports, as the API tells of it.
type ReportSetting struct {
	TimeZone string `json:"time_zone,omitempty" doc:"IANA name; UTC if left out." example:"Europe/Malta"`
	Units    string `json:"units,omitempty" doc:"km or mi; km if left out." example:"km"`
}

type setSettingInput struct{ Body ReportSetting }

type settingOutput struct{ Body web.Record[ReportSetting] }

func (s *Service) serveSetting(ctx context.Context, _ *struct{}) (*settingOutput, error) {
	return settingAnswer(s.Setting(ctx, bearer.AccountID(ctx)))
}

func (s *Service) serveSetSetting(ctx context.Context, in *setSettingInput) (*settingOutput, error) {
	return settingAnswer(s.SetSetting(ctx, bearer.AccountID(ctx), func(set *Setting) { *set = Setting(in.Body) }))
}

func settingAnswer(set Setting, err error) (*settingOutput, error) {
	if err != nil {
		return nil, err
	}
	return &settingOutput{web.Record[ReportSetting]{Data: ReportSetting(set)}}, nil
}
