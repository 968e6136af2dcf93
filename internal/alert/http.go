package alert

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	s.ruleRoutes(r)
	read := web.Access{Scope: "read:alerts", Role: "viewer"}
	write := web.Access{Scope: "write:alerts", Role: "manager"}
	const all, one, tag = web.AccountPrefix + "alert", web.AccountPrefix + "alert/{id}", "Alerts"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-alerts", Tag: tag,
		Summary: "List alerts",
		Description: "The account's alerts, the newest first. Those that were withdrawn, because a position that came late showed that it wasn't so, " +
			"are listed with state=withdrawn alone."}, s.serveList)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-alert", Tag: tag,
		Summary: "Read an alert", Description: "One alert, with who acknowledged it and when.", Document: documentID("The alert's id.")}, s.serveFind)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: one + "/acknowledge", Access: write, ID: "acknowledge-alert", Tag: tag,
		Summary:     "Acknowledge an alert",
		Description: "Marks the alert as seen by the caller. One that is so already stays as it is.",
		Document:    documentID("The alert's id.")}, s.serveAcknowledge)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all + "/acknowledge", Access: write, ID: "acknowledge-alerts", Tag: tag,
		Summary:     "Acknowledge alerts",
		Description: "Marks up to 500 alerts as seen by the caller. Those that are so already stay as they are."}, s.serveAcknowledgeAll)
}

type listInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	AssetID  int64     `query:"asset_id" minimum:"1" doc:"Only alerts of this asset."`
	RuleID   int64     `query:"rule_id" minimum:"1" doc:"Only alerts of this rule."`
	Type     string    `query:"type" enum:"speed,idle,geofence,offline,power_cut,temperature,service_due" doc:"Only alerts of this type."`
	Severity string    `query:"severity" enum:"info,warning,critical" doc:"Only alerts of this severity."`
	State    string    `query:"state" enum:"open,acknowledged,ended,withdrawn" doc:"Only alerts in this state; all but withdrawn ones if left out."`
	From     time.Time `query:"from" doc:"Only alerts triggered at or after this time."`
	To       time.Time `query:"to" doc:"Only alerts triggered before this time."`
}

type listOutput struct{ Body web.Page[Alert] }

type alertOutput struct{ Body web.Record[Alert] }

func (s *Service) serveList(ctx context.Context, in *listInput) (*listOutput, error) {
	if !in.From.IsZero() && !in.To.IsZero() && in.To.Before(in.From) {
		return nil, fault.InvalidField("to", "The to field must not be before from.")
	}
	f := Filter{in.AssetID, in.RuleID, in.Type, in.Severity, in.State, in.From, in.To}
	alerts, total, err := s.store.list(ctx, bearer.AccountID(ctx), f, in.PageInput)
	if err != nil {
		return nil, err
	}
	query := queryOf([][2]string{{"asset_id", number64(in.AssetID)}, {"rule_id", number64(in.RuleID)}, {"type", in.Type}, {"severity", in.Severity},
		{"state", in.State}, {"from", timeText(in.From)}, {"to", timeText(in.To)}})
	return &listOutput{web.NewPage(alerts, total, in.PageInput, s.baseURL+"/api/"+in.AccountKey+"/alert", query)}, nil
}

func number64(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (s *Service) serveFind(ctx context.Context, in *findInput) (*web.Tagged[Alert], error) {
	id, err := web.ParseID(in.ID, noun)
	if err != nil {
		return nil, err
	}
	a, err := s.Find(ctx, bearer.AccountID(ctx), id)
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(1, *a) // it has no version, as nobody changes it with If-Match
	return web.NewTagged(*a, tag).Unless(in.Revalidation), err
}

func answer(a *Alert, err error) (*alertOutput, error) {
	if err != nil {
		return nil, err
	}
	return &alertOutput{web.Record[Alert]{Data: *a}}, nil
}

type acknowledgeInput struct {
	ID   string `path:"id"`
	Body struct {
		Note string `json:"note,omitempty" doc:"Up to 1,000 characters." example:"Called the driver."`
	}
}

func (s *Service) serveAcknowledge(ctx context.Context, in *acknowledgeInput) (*alertOutput, error) {
	id, err := web.ParseID(in.ID, noun)
	if err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	if _, err := s.Acknowledge(ctx, accountID, []int64{id}, in.Body.Note); err != nil {
		return nil, err
	}
	return answer(s.Find(ctx, accountID, id))
}

type acknowledgeAllInput struct {
	Body struct {
		IDs  []int64 `json:"ids" minItems:"1" maxItems:"500" doc:"Ids of alerts."`
		Note string  `json:"note,omitempty" doc:"Up to 1,000 characters, for all of them."`
	}
}

// AcknowledgedAlerts says which alerts are acknowledged now.
type AcknowledgedAlerts struct {
	Acknowledged []int64 `json:"acknowledged" doc:"Ids of those that are acknowledged now, in order."`
	NotFound     []int64 `json:"not_found" doc:"Ids of which there is no alert."`
}

type acknowledgeAllOutput struct {
	Body web.Record[AcknowledgedAlerts]
}

func (s *Service) serveAcknowledgeAll(ctx context.Context, in *acknowledgeAllInput) (*acknowledgeAllOutput, error) {
	found, err := s.Acknowledge(ctx, bearer.AccountID(ctx), in.Body.IDs, in.Body.Note)
	if err != nil {
		return nil, err
	}
	missing := []int64{}
	for _, id := range in.Body.IDs {
		if !slices.Contains(found, id) && !slices.Contains(missing, id) {
			missing = append(missing, id)
		}
	}
	return &acknowledgeAllOutput{web.Record[AcknowledgedAlerts]{Data: AcknowledgedAlerts{found, missing}}}, nil
}
