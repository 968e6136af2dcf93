package reporting

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// schedules is not below prefix: http.ServeMux could not tell …/schedules/{id} from …/{id}/download.
const schedules = "/api/v1/report-schedules"

func (s *Service) scheduleRoutes(r *web.Router) {
	read := web.Access{Scope: "read:reports", Role: "viewer", Enters: true}
	write := web.Access{Scope: "write:reports", Role: "manager", Enters: true}
	const one, tag = schedules + "/{id}", "Reports"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: schedules, Access: read, ID: "list-report-schedules", Tag: tag,
		Summary: "List schedules of reports", Description: "Of one account or of all that the credential reaches: those whose assets the caller may see. Sorts by id, name or next_at."}, s.serveSchedules)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: schedules, Access: write, ID: "create-report-schedule", Tag: tag,
		Summary: "Make a schedule of reports",
		Description: "Asks for a report of the day, the week or the month before, at a time of day in the account's zone. It is told by the webhook event report.completed, " +
			"or by a letter with a link to the members that are named. After an absence of the server only the last report that was due is made.",
		Document: func(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }}, s.serveCreateSchedule)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-report-schedule", Tag: tag, Summary: "Read a schedule of reports",
		Description: "One schedule: what it asks for, and when next."}, s.serveFindSchedule)
	web.Operation(r, web.Route{Method: http.MethodPut, Pattern: one, Access: write, ID: "replace-report-schedule", Tag: tag,
		Summary: "Replace a schedule of reports", Description: "The schedule is as the body says from then on."}, s.serveUpdateSchedule)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-report-schedule", Tag: tag,
		Summary: "Delete a schedule of reports", Description: "The reports that it asked for stay."}, s.serveDeleteSchedule)
}

// ScheduleFields is what can be set of a schedule.
type ScheduleFields struct {
	AccountName string  `json:"account_name,omitempty" example:"acme-logistics" doc:"The account's key. A credential that reaches one account alone may leave it out. It can't be changed."`
	Name        string  `json:"name" example:"Mileage of the month"`
	Type        string  `json:"type" example:"mileage"`
	Format      string  `json:"format" example:"pdf"`
	AssetIDs    []int64 `json:"asset_ids,omitempty" doc:"Assets that its reports are about; all that the caller sees if left out."`
	BeaconID    *int64  `json:"beacon_id,omitempty"`
	DriverID    *int64  `json:"driver_id,omitempty"`
	Title       string  `json:"title,omitempty"`
	Priority    string  `json:"priority,omitempty" doc:"low, standard or high; standard if left out. It orders the account's own reports: accounts take turns."`
	Every       string  `json:"every" example:"monthly" doc:"daily, weekly or monthly."`
	Day         int     `json:"day,omitempty" example:"1" doc:"Weekly: 0 (Sunday) to 6. Monthly: 1 to 31, which is the last day of a shorter month. Daily: left out."`
	Time        string  `json:"time" example:"06:30" doc:"Time of day in the account's zone."`
	Deliver     string  `json:"deliver" example:"mail" doc:"webhook or mail."`
	Recipients  []int64 `json:"recipients,omitempty" doc:"Mail: the user ids of the members who get letters."`
	Enabled     *bool   `json:"enabled,omitempty" doc:"False: no reports are asked for. True if left out."`
}

// ReportSchedule is a schedule as the API tells of it.
type ReportSchedule struct {
	ID int64 `json:"id"`
	ScheduleFields
	NextAt    *time.Time `json:"next_at" doc:"When it asks for a report next; null if it is not enabled."`
	LastAt    *time.Time `json:"last_at" doc:"When it asked for a report last."`
	LastError *string    `json:"last_error" doc:"Why it could not ask for a report the last time, or to how many recipients the letters of one could not be sent. Null once the next goes well."`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// set gives a schedule what a body says.
func (b *ScheduleFields) set(c *Schedule) {
	c.Name, c.Every, c.Day, c.Minute, c.Deliver, c.Recipients = b.Name, b.Every, b.Day, ParseClock(b.Time), b.Deliver, b.Recipients
	c.Request = Request{Type: b.Type, Format: b.Format, Title: b.Title, Priority: b.Priority, AssetIDs: b.AssetIDs, BeaconID: value(b.BeaconID), DriverID: value(b.DriverID)}
	c.Enabled = b.Enabled == nil || *b.Enabled
}

func (c *Schedule) record(accountKey string) ReportSchedule {
	q := &c.Request
	out := ReportSchedule{ID: c.ID, LastAt: c.LastAt, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, ScheduleFields: ScheduleFields{
		AccountName: accountKey, Name: c.Name, Type: q.Type, Format: q.Format, AssetIDs: q.AssetIDs, BeaconID: optional(q.BeaconID), DriverID: optional(q.DriverID),
		Title: q.Title, Priority: q.Priority, Every: c.Every, Day: c.Day, Time: c.Clock(), Deliver: c.Deliver, Recipients: c.Recipients, Enabled: &c.Enabled}}
	if c.Enabled {
		out.NextAt = &c.NextAt
	}
	if c.LastError != "" {
		out.LastError = &c.LastError
	}
	return out
}

type schedulesInput struct {
	web.PageInput
	AccountName string `query:"account_name" maxLength:"63" doc:"Only schedules of this account, by its key."`
}

type schedulesOutput struct{ Body web.Page[ReportSchedule] }

func (s *Service) serveSchedules(ctx context.Context, in *schedulesInput) (*schedulesOutput, error) {
	accounts := bearer.Enterable(ctx)
	query := url.Values{}
	if in.AccountName != "" {
		m, err := bearer.Enter(ctx, in.AccountName)
		if err != nil {
			return nil, err
		}
		accounts = []bearer.Membership{*m}
		query.Set("account_name", in.AccountName)
	}
	list, total, err := s.store.listSchedules(ctx, accounts, in.PageInput)
	if err != nil {
		return nil, err
	}
	keys := map[int64]string{}
	for _, m := range accounts {
		keys[m.AccountID] = m.Key
	}
	var records []ReportSchedule
	for _, c := range list {
		records = append(records, c.record(keys[c.AccountID]))
	}
	return &schedulesOutput{web.NewPage(records, total, in.PageInput, s.opt.BaseURL+schedules, query)}, nil
}

// Schedules returns one page of an account's schedules, as far as the caller may see them, and how many there are.
func (s *Service) Schedules(ctx context.Context, accountID int64, page web.PageInput) ([]*Schedule, int, error) {
	return s.store.listSchedules(ctx, []bearer.Membership{{AccountID: accountID, Part: bearer.PartOf(ctx, accountID)}}, page)
}

type createScheduleInput struct{ Body ScheduleFields }

func (s *Service) serveCreateSchedule(ctx context.Context, in *createScheduleInput) (*web.Made[ReportSchedule], error) {
	account, err := enter(ctx, in.Body.AccountName)
	if err != nil {
		return nil, err
	}
	c := Schedule{UserID: bearer.PrincipalOf(ctx).UserID}
	in.Body.set(&c)
	made, err := s.CreateSchedule(ctx, account, c)
	if err != nil {
		return nil, err
	}
	return &web.Made[ReportSchedule]{Location: s.opt.BaseURL + schedules + "/" + strconv.FormatInt(made.ID, 10), ETag: web.Tag(made.Version),
		Body: web.Record[ReportSchedule]{Data: made.record(account.Key)}}, nil
}

// reachSchedule enters the account of a schedule.
func (s *Service) reachSchedule(ctx context.Context, text string) (Account, int64, error) {
	id, err := web.ParseID(text, scheduleNoun)
	if err != nil {
		return Account{}, 0, err
	}
	if _, err = reach(ctx, scheduleNoun, func() (int64, error) { return s.store.scheduleAccount(ctx, id) }); err != nil {
		return Account{}, 0, err
	}
	m := bearer.PrincipalOf(ctx).Account
	return Account{m.AccountID, m.Key, m.Name}, id, nil
}

type scheduleInput struct {
	ID string `path:"id" maxLength:"32" doc:"The schedule's id."`
	web.Revalidation
}

func (s *Service) serveFindSchedule(ctx context.Context, in *scheduleInput) (*web.Tagged[ReportSchedule], error) {
	account, id, err := s.reachSchedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.FindSchedule(ctx, account.ID, id)
	if err != nil {
		return nil, err
	}
	record := c.record(account.Key)
	tag, err := web.LiveTag(c.Version, record)
	return web.NewTagged(record, tag).Unless(in.Revalidation), err
}

type updateScheduleInput struct {
	ID string `path:"id" maxLength:"32" doc:"The schedule's id."`
	web.Precondition
	Body ScheduleFields
}

func (s *Service) serveUpdateSchedule(ctx context.Context, in *updateScheduleInput) (*web.Tagged[ReportSchedule], error) {
	account, id, err := s.reachSchedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.UpdateSchedule(ctx, account, id, in.Precondition, in.Body.set)
	if err != nil {
		return nil, err
	}
	record := c.record(account.Key)
	tag, err := web.LiveTag(c.Version, record)
	return web.NewTagged(record, tag), err
}

type deleteScheduleInput struct {
	ID string `path:"id" maxLength:"32" doc:"The schedule's id."`
	web.Precondition
}

func (s *Service) serveDeleteSchedule(ctx context.Context, in *deleteScheduleInput) (*struct{}, error) {
	account, id, err := s.reachSchedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteSchedule(ctx, account.ID, id, in.Precondition)
}
