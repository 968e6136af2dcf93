package reporting

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// prefix begins the paths of reports (contract §8).
const prefix = "/api/v1/reports"

const tag = "Reports"

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:reports", Role: "viewer", Enters: true}
	write := web.Access{Scope: "write:reports", Role: "manager", Enters: true}
	const one = prefix + "/{id}"
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: prefix + "/generate", Access: write, ID: "generate-report", Tag: tag,
		Summary: "Ask for a report",
		Description: "The report is made in the background: read status_url until its status is completed or failed, or follow the account live. " +
			"Days and times without an offset are in the account's zone. The range has its date_from in it and its date_to not; a date_to that is a date alone has that day in it. " +
			"An identical request over unchanged data is answered with 200 and the report that exists.",
		Document: func(op *huma.Operation, schemas huma.Registry) {
			op.DefaultStatus = http.StatusCreated
			op.Responses["200"] = &huma.Response{Description: "The report that an identical request made, over the same data.",
				Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[Report](), true, "")}}}
		}}, s.serveGenerate)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: prefix, Access: read, ID: "list-reports", Tag: tag,
		Summary: "List reports", Description: "The newest first, of one account or of all that the credential reaches: those whose assets the caller may see. Sorts by created_at, ended_at, type or status."}, s.serveList)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-report", Tag: tag, Summary: "Read a report's status",
		Description: "One report: what was asked for, how far it is, and where its file is."}, s.serveFind)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-report", Tag: tag,
		Summary: "Delete a report", Description: "Deletes the report and its file. One that is queued or being made is made no more."}, s.serveDelete)
	r.Handle(web.Route{Method: http.MethodGet, Pattern: one + "/download", Access: read, ID: "download-report", Tag: tag, Stream: true,
		Summary: "Download a report", Description: "The file, or the parts of it that Range names. 409 until the report is completed.", Document: describeFile}, http.HandlerFunc(s.serveDownload))
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: one + "/link", Access: read, ID: "link-report", Tag: tag,
		Summary: "Make a link to a report", Description: "The link downloads the file without a credential until it expires, or the report is deleted.",
		Document: func(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }}, s.serveLink)
	r.Handle(web.Route{Method: http.MethodGet, Pattern: one + "/file", Access: web.Access{Public: true}, ID: "download-report-by-link", Tag: tag, Stream: true,
		Summary: "Download a report by a link", Description: "What a link to a report leads to.", Document: describeLink}, http.HandlerFunc(s.serveLinked))
	s.scheduleRoutes(r)
	s.settingRoutes(r)
}

// ReportRequest is what somebody asks for.
type ReportRequest struct {
	Type        string  `json:"type" example:"mileage" doc:"trail, trips, stops, mileage, summary, utilization, speeding, geofence, alerts, beacon, temperature or driver."`
	Format      string  `json:"format" example:"pdf" doc:"json, pdf, excel or html."`
	AssetID     *int64  `json:"asset_id,omitempty" doc:"An asset that it is about."`
	AssetIDs    []int64 `json:"asset_ids,omitempty" doc:"Assets that it is about; all that the caller sees if neither is given."`
	BeaconID    *int64  `json:"beacon_id,omitempty"`
	DriverID    *int64  `json:"driver_id,omitempty"`
	DateFrom    string  `json:"date_from" example:"2026-05-01" doc:"Where its range begins, ISO 8601: a date, or a date and time with or without an offset."`
	DateTo      string  `json:"date_to" example:"2026-05-31" doc:"Where its range ends, itself not in it; a date alone has that day in it."`
	AccountName string  `json:"account_name,omitempty" example:"acme-logistics" doc:"The account's key. A credential that reaches one account alone may leave it out."`
	Title       string  `json:"title,omitempty" doc:"Up to 200 characters; the type's own if left out."`
	Priority    string  `json:"priority,omitempty" doc:"low, standard or high; standard if left out. It orders the account's own reports: accounts take turns."`
}

func (b *ReportRequest) request() Request {
	return Request{Type: b.Type, Format: b.Format, Title: b.Title, Priority: b.Priority, AssetID: value(b.AssetID), AssetIDs: b.AssetIDs,
		BeaconID: value(b.BeaconID), DriverID: value(b.DriverID), DateFrom: b.DateFrom, DateTo: b.DateTo}
}

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

type generateInput struct{ Body ReportRequest }

type generateOutput struct {
	Status   int
	Location string `header:"Location" doc:"URL of the report."`
	Body     *Report
}

// enter enters the account that a request names, or the only one that the credential reaches.
func enter(ctx context.Context, key string) (Account, error) {
	if key == "" {
		if all := bearer.PrincipalOf(ctx).Accounts; len(all) == 1 {
			key = all[0].Key
		} else {
			return Account{}, fault.InvalidField("account_name", "The account_name field is required, as the credential reaches several accounts.")
		}
	}
	m, err := bearer.Enter(ctx, key)
	if err != nil {
		return Account{}, err
	}
	return Account{m.AccountID, m.Key, m.Name}, nil
}

func (s *Service) serveGenerate(ctx context.Context, in *generateInput) (*generateOutput, error) {
	account, err := enter(ctx, in.Body.AccountName)
	if err != nil {
		return nil, err
	}
	r, made, err := s.Generate(ctx, account, bearer.PrincipalOf(ctx).UserID, in.Body.request())
	if err != nil {
		return nil, err
	}
	out := &generateOutput{Status: http.StatusOK, Location: r.StatusURL, Body: r}
	if made {
		out.Status = http.StatusCreated
	}
	return out, nil
}

type listInput struct {
	web.PageInput
	AccountName string `query:"account_name" maxLength:"63" doc:"Only reports of this account, by its key."`
	Type        string `query:"type" maxLength:"32" doc:"Only reports of this type."`
	Status      string `query:"status" enum:"queued,processing,completed,failed" doc:"Only reports in this status."`
	ScheduleID  int64  `query:"schedule_id" minimum:"1" doc:"Only reports that this schedule asked for."`
}

type listOutput struct{ Body web.Page[*Report] }

func (s *Service) serveList(ctx context.Context, in *listInput) (*listOutput, error) {
	accounts := bearer.Enterable(ctx)
	if in.AccountName != "" {
		m, err := bearer.Enter(ctx, in.AccountName)
		if err != nil {
			return nil, err
		}
		accounts = []bearer.Membership{*m}
	}
	f := Filter{in.Type, in.Status, in.ScheduleID}
	reports, total, err := s.list(ctx, accounts, f, in.PageInput)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	for name, text := range map[string]string{"account_name": in.AccountName, "type": in.Type, "status": in.Status, "schedule_id": idText(in.ScheduleID)} {
		if text != "" {
			query.Set(name, text)
		}
	}
	return &listOutput{web.NewPage(reports, total, in.PageInput, s.opt.BaseURL+prefix, query)}, nil
}

// List returns one page of an account's reports, as far as the caller may see them, and how many there are.
func (s *Service) List(ctx context.Context, accountID int64, f Filter, page web.PageInput) ([]*Report, int, error) {
	return s.list(ctx, []bearer.Membership{{AccountID: accountID, Part: bearer.PartOf(ctx, accountID)}}, f, page)
}

func (s *Service) list(ctx context.Context, accounts []bearer.Membership, f Filter, page web.PageInput) ([]*Report, int, error) {
	reports, total, err := s.store.list(ctx, accounts, f, page)
	for _, r := range reports {
		s.show(r)
	}
	return reports, total, err
}

// Find returns a report of an account that the caller may see. Unknown, or another's: NotFound.
func (s *Service) Find(ctx context.Context, accountID int64, id string) (*Report, error) {
	r, err := s.store.find(ctx, accountID, id, bearer.PartOf(ctx, accountID))
	return s.shown(r, err), err
}

// Delete deletes a report of an account that the caller may see, and ends its making.
func (s *Service) Delete(ctx context.Context, accountID int64, id string) error {
	if _, err := s.Find(ctx, accountID, id); err != nil {
		return err
	}
	return s.store.db.Tx(ctx, func(tx *store.Tx) error {
		there, err := deleteReport(ctx, tx, accountID, id)
		if err == nil && !there {
			err = fault.Missing(noun)
		}
		return err
	})
}

// reach enters the account of a record, and returns its id. Who may not even see it learns nothing of it.
func reach(ctx context.Context, noun string, accountOf func() (int64, error)) (int64, error) {
	accountID, err := accountOf()
	if err != nil {
		return 0, err
	}
	if _, err = bearer.EnterID(ctx, accountID); err == nil {
		return accountID, nil
	}
	for _, m := range bearer.PrincipalOf(ctx).Accounts {
		if m.AccountID == accountID && m.Role >= bearer.Viewer {
			return 0, err
		}
	}
	return 0, fault.Missing(noun)
}

func (s *Service) reach(ctx context.Context, id string) (*Report, error) {
	accountID, err := reach(ctx, noun, func() (int64, error) { return s.store.accountOf(ctx, id) })
	if err != nil {
		return nil, err
	}
	return s.Find(ctx, accountID, id)
}

type findInput struct {
	ID string `path:"id" maxLength:"64" doc:"The report's id."`
}

type findOutput struct{ Body *Report }

func (s *Service) serveFind(ctx context.Context, in *findInput) (*findOutput, error) {
	r, err := s.reach(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &findOutput{r}, nil
}

func (s *Service) serveDelete(ctx context.Context, in *findInput) (*struct{}, error) {
	r, err := s.reach(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Delete(ctx, r.row.accountID, r.ID)
}

type linkInput struct {
	ID   string `path:"id" maxLength:"64" doc:"The report's id."`
	Body struct {
		ExpiresIn int64 `json:"expires_in,omitempty" minimum:"60" maximum:"604800" default:"3600" doc:"Seconds that the link is good for."`
	}
}

// ReportLink is a link to a report's file.
type ReportLink struct {
	URL       string    `json:"url" format:"uri"`
	ExpiresAt time.Time `json:"expires_at"`
}

type linkOutput struct{ Body web.Record[ReportLink] }

func (s *Service) serveLink(ctx context.Context, in *linkInput) (*linkOutput, error) {
	r, err := s.reach(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if r.Status != Completed {
		return nil, notReady(r)
	}
	link := s.Link(r.ID, time.Duration(max(in.Body.ExpiresIn, 60))*time.Second)
	return &linkOutput{web.Record[ReportLink]{Data: link}}, nil
}
