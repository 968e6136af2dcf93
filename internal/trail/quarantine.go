package trail

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// A position of a known asset that can't be true is kept apart, with the reason, before the call is answered: somebody may
// want to know what the tracker says. One of an unknown asset, and what is no position to begin with, is told and not kept.

// quarantineKept is how many are kept of an asset, the newest: a broken tracker must not fill the disk.
const quarantineKept = 1000

// Why a position is kept apart.
const (
	reasonFuture = "future" // it says a time that is still to come
	reasonPast   = "past"   // or one before there were such trackers
	reasonPlace  = "place"  // outside the globe
	reasonSpeed  = "speed"  // below nothing or faster than anything
	reasonValue  = "value"  // something else is out of bounds
)

// reason is why a position is kept apart for what is wrong with it, "" if it isn't.
func (w *wrong) reason(p *Position) string {
	switch w.field {
	case "asset_id", "tracker":
		return ""
	case "timestamp":
		if p.Time < earliest {
			return reasonPast
		}
		return reasonFuture
	case "latitude", "longitude":
		return reasonPlace
	case "speed":
		return reasonSpeed
	}
	return reasonValue
}

// suspect is a position that is to be kept apart.
type suspect struct {
	assetID         int64
	time            int64
	reason, message string
	position        string // JSON
}

// suspects are those of one call.
type suspects []suspect

func (l *suspects) add(assetID int64, p *Position, w *wrong) {
	if reason := w.reason(p); reason != "" {
		*l = append(*l, suspect{assetID, p.Time, reason, w.message, string(appendSuspect(nil, assetID, p))})
	}
}

// newest drops what would be deleted at once: of each asset all but the last that came.
func (l suspects) newest() suspects {
	if len(l) <= quarantineKept {
		return l
	}
	count := map[int64]int{}
	kept := make(suspects, 0, len(l))
	for _, s := range slices.Backward(l) {
		if count[s.assetID]++; count[s.assetID] <= quarantineKept {
			kept = append(kept, s)
		}
	}
	slices.Reverse(kept)
	return kept
}

// appendSuspect writes a position as the API gives positions out, and the tracker if it named that. JSON has no words for
// what is no number: it is null, and the largest number there is.
func appendSuspect(b []byte, assetID int64, p *Position) []byte {
	plain := *p
	plain.AssetID = assetID
	bound := func(v float64) float64 { return max(-math.MaxFloat64, min(math.MaxFloat64, v)) }
	for _, m := range [...]*Maybe[float64]{&plain.Speed, &plain.Heading, &plain.Altitude, &plain.Accuracy, &plain.Odometer, &plain.Battery} {
		m.Known = m.Known && !math.IsNaN(m.Value)
		m.Value = bound(m.Value)
	}
	for _, v := range [...]*float64{&plain.Latitude, &plain.Longitude} {
		if *v = bound(*v); math.IsNaN(*v) {
			*v = 0 // the message tells
		}
	}
	b = appendPosition(b, &plain)
	if p.Tracker != "" {
		b, _ = jsontext.AppendQuote(append(b[:len(b)-1], `,"tracker":`...), p.Tracker)
		b = append(b, '}')
	}
	return b
}

// QuarantinedPosition is a position that was kept apart.
type QuarantinedPosition struct {
	ID         int64          `json:"id" example:"12"`
	AssetID    int64          `json:"asset_id" example:"7"`
	ReceivedAt time.Time      `json:"received_at" doc:"When it came."`
	Reason     string         `json:"reason" enum:"future,past,place,speed,value" doc:"What can't be true: its time, its place, its speed or another value."`
	Message    string         `json:"message" doc:"What the sender was told." example:"The timestamp field must not be before the year 2000."`
	Position   map[string]any `json:"position" doc:"The position as it came, in the shape of a position."`
}

// quarantineFilter picks some of an account's; zero values pick all.
type quarantineFilter struct {
	assetID  int64
	reason   string
	from, to int64 // received, Unix milliseconds; to is not included
}

func (s *Service) quarantineRoutes(r *web.Router) {
	const all, tag = web.AccountPrefix + "quarantined-position", "Positions"
	write := web.Access{Scope: "write:positions", Role: "manager"}
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: web.Access{Scope: "read:positions", Role: "viewer"}, ID: "list-quarantined-positions", Tag: tag,
		Summary: "List positions that were kept apart", Description: fmt.Sprintf("Positions of the account's assets that were rejected because they can't be true: from the future or from before the year 2000, "+
			"outside the globe, faster than 2,000 km/h, or out of another bound. The newest %d of each asset are kept, and one that is sent again is kept once.", quarantineKept)}, s.serveQuarantine)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: all, Access: write, ID: "delete-quarantined-positions", Tag: tag,
		Summary: "Delete positions that were kept apart", Description: "Deletes those that the filter picks; all of them without one."}, s.serveEmptyQuarantine)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: all + "/{id}", Access: write, ID: "delete-quarantined-position", Tag: tag,
		Summary: "Delete a position that was kept apart", Description: "Forgets one position that was kept apart.", Document: func(op *huma.Operation, _ huma.Registry) {
			op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "Its id.",
				Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 12})
		}}, s.serveDeleteQuarantined)
}

// QuarantineFilter is the filter of a list of positions that were kept apart, as a query. (Exported, as the describer of the
// API skips what is not.)
type QuarantineFilter struct {
	AssetID int64  `query:"asset_id" minimum:"1" doc:"Only those of this asset."`
	Reason  string `query:"reason" enum:"future,past,place,speed,value" doc:"Only those with this reason."`
	From    string `query:"from" doc:"Only those that came at this time or later, RFC 3339." example:"2026-03-01T00:00:00Z"`
	To      string `query:"to" doc:"Only those that came before this time, RFC 3339."`
}

func (q *QuarantineFilter) filter() (quarantineFilter, error) {
	f := quarantineFilter{assetID: q.AssetID, reason: q.Reason, to: math.MaxInt64}
	var p parameters
	if q.From != "" {
		f.from = p.time("from", q.From)
	}
	if q.To != "" {
		f.to = p.time("to", q.To)
	}
	return f, fault.InvalidFields(p.wrong)
}

func (q *QuarantineFilter) values() url.Values {
	values := url.Values{}
	if q.AssetID != 0 {
		values.Set("asset_id", strconv.FormatInt(q.AssetID, 10))
	}
	for _, v := range [...][2]string{{"reason", q.Reason}, {"from", q.From}, {"to", q.To}} {
		if v[1] != "" {
			values.Set(v[0], v[1])
		}
	}
	return values
}

type quarantineInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	QuarantineFilter
}

type quarantineOutput struct {
	Body web.Page[QuarantinedPosition]
}

func (s *Service) serveQuarantine(ctx context.Context, in *quarantineInput) (*quarantineOutput, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	list, total, err := s.store.quarantined(ctx, bearer.AccountID(ctx), bearer.PartOf(ctx, bearer.AccountID(ctx)), filter, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &quarantineOutput{Body: web.NewPage(list, total, in.PageInput, s.baseURL+"/api/"+in.AccountKey+"/quarantined-position", in.values())}, nil
}

type emptyQuarantineInput struct {
	QuarantineFilter
}

func (s *Service) serveEmptyQuarantine(ctx context.Context, in *emptyQuarantineInput) (*struct{}, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	return nil, s.store.db.Tx(ctx, func(tx *store.Tx) error {
		n, err := emptyQuarantine(ctx, tx, accountID, bearer.PartOf(ctx, accountID), filter)
		if err != nil || n == 0 {
			return err
		}
		detail := map[string]string{"count": strconv.FormatInt(n, 10)}
		for name, values := range in.values() {
			detail[name] = values[0]
		}
		return s.record(ctx, tx, audit.Event{AccountID: accountID, Action: "quarantined_positions.deleted", Detail: detail})
	})
}

type quarantinedInput struct {
	ID string `path:"id"`
}

func (s *Service) serveDeleteQuarantined(ctx context.Context, in *quarantinedInput) (*struct{}, error) {
	const noun = "Quarantined position"
	id, err := web.ParseID(in.ID, noun)
	if err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	return nil, s.store.db.Tx(ctx, func(tx *store.Tx) error {
		if err := deleteQuarantined(ctx, tx, accountID, bearer.PartOf(ctx, accountID), id, noun); err != nil {
			return err
		}
		return s.record(ctx, tx, audit.Event{AccountID: accountID, Action: "quarantined_position.deleted", Subject: "quarantined_position:" + in.ID})
	})
}

// record tells the audit log, if there is one, what tx does.
func (s *Service) record(ctx context.Context, tx *store.Tx, e audit.Event) error {
	if s.Audit == nil {
		return nil
	}
	return s.Audit.Record(ctx, tx, e)
}

// asGiven reads the JSON of a position that was kept apart.
func asGiven(text string) map[string]any {
	var position map[string]any
	// It was made by this package; should the database have been meddled with, what can be read is given.
	_ = json.Unmarshal([]byte(text), &position)
	return position
}
