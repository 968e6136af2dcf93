package trail

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/web"
)

// change is a place in the order in which the last positions of an account changed: behind the asset's change of that number.
// The zero value is the beginning.
type change struct{ number, assetID int64 }

func (c change) cursor() string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(c.number)), uint64(c.assetID))
	return base64.RawURLEncoding.EncodeToString(b)
}

func changeOf(cursor string) (c change, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) != 16 {
		return c, false
	}
	c = change{int64(binary.BigEndian.Uint64(raw)), int64(binary.BigEndian.Uint64(raw[8:]))}
	return c, c.number >= 0 && c.assetID >= 0
}

// LastRecord is an asset's last position and what follows from it, for the API description alone: appendLast writes it.
type LastRecord struct {
	AssetID     int64          `json:"asset_id" example:"7"`
	Status      string         `json:"status" doc:"As it is now: moving, in_traffic, slow_moving, idle, parked, garage, offline or disconnected." example:"moving"`
	Odometer    *float64       `json:"odometer" doc:"Kilometres; null if nothing is known."`
	EngineHours *float64       `json:"engine_hours" doc:"Hours with the ignition on since the first position."`
	DriverID    *int64         `json:"driver_id" doc:"Who drove; null for nobody known."`
	Position    fleet.Position `json:"position"`
}

// LastPage is what has changed, for the API description alone.
type LastPage struct {
	Data []LastRecord `json:"data"`
	Meta LastMeta     `json:"meta"`
}

// LastMeta says where the changes go on.
type LastMeta struct {
	NextCursor string `json:"next_cursor" doc:"Send it as changed_since the next time."`
	More       bool   `json:"more" doc:"There is more already: ask again at once."`
}

const changedDescription = `The last positions of the account's assets, each with its status, in the order in which they changed.

Without ` + "`changed_since`" + ` it begins at the beginning, and so gives all of them. With the ` + "`next_cursor`" + ` of the answer before, it gives
those that have changed since: a program that polls so misses no asset's newest state, and is told none twice. An asset that has
changed several times is told once, as it is now.

An asset that has never reported isn't there. One that falls silent doesn't change: its status is told when somebody asks. Nor
are you told what was deleted, or what you may see since today though it changed before: begin anew from time to time.`

func (s *Service) changedRoute(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "position", Access: web.Access{Scope: "read:positions", Role: "viewer"},
		ID: "list-last-positions", Tag: "Positions", Summary: "List last positions, or those that changed", Description: changedDescription,
		Document: documentChanged}, http.HandlerFunc(s.serveChanged))
}

func documentChanged(op *huma.Operation, schemas huma.Registry) {
	least, most := 1.0, float64(maxLimit)
	op.Parameters = append(op.Parameters,
		&huma.Param{Name: "changed_since", In: "query", Description: "next_cursor of the answer before.", Schema: &huma.Schema{Type: huma.TypeString}},
		&huma.Param{Name: "limit", In: "query", Description: "Most assets of an answer.",
			Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: defaultLimit}})
	op.Responses["200"] = &huma.Response{Description: "What has changed.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[LastPage](), true, "LastPage")}}}
	op.Responses["422"] = &huma.Response{Description: "A parameter is wrong, unknown or repeated.", Content: op.Responses["default"].Content}
}

func (s *Service) serveChanged(w http.ResponseWriter, r *http.Request) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.release(buffer)
	if err := s.writeChanged(r, buffer); err != nil {
		web.WriteError(w, r, err)
		return
	}
	web.WriteBytes(w, http.StatusOK, "application/json", *buffer)
}

// parseChanged reads the query.
func parseChanged(rawQuery string) (since change, limit int, err error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return since, 0, fault.InvalidField("query", "The query string can't be read.")
	}
	p := parameters{values: values}
	p.only("changed_since", "limit")
	limit = defaultLimit
	if text, ok := p.get("limit"); ok {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxLimit {
			p.refuse("limit", fmt.Sprintf("The limit field must be a whole number from 1 to %d.", maxLimit))
		}
	}
	if text, ok := p.get("changed_since"); ok {
		if since, ok = changeOf(text); !ok {
			p.refuse("changed_since", "The changed_since field must be a next_cursor that this list gave.")
		}
	}
	return since, limit, fault.InvalidFields(p.wrong)
}

// writeChanged makes the answer in buffer.
func (s *Service) writeChanged(r *http.Request, buffer *[]byte) error {
	since, limit, err := parseChanged(r.URL.RawQuery)
	if err != nil {
		return err
	}
	b := append((*buffer)[:0], `{"data":[`...)
	ctx, accountID, part := r.Context(), bearer.AccountID(r.Context()), bearer.PartOf(r.Context(), bearer.AccountID(r.Context()))
	next, more := since, false
	done := false
	if since == (change{}) {
		b, next, done, err = s.appendWhole(ctx, b, accountID, part, limit)
	}
	if !done && err == nil {
		next, more, err = s.changedSince(ctx, accountID, part, since, limit, func(l *lastKnown, status string) {
			if b[len(b)-1] != '[' {
				b = append(b, ',')
			}
			b = appendLast(b, l, status)
		})
	}
	b = append(append(append(b, `],"meta":{"next_cursor":"`...), next.cursor()...), `","more":`...)
	*buffer = append(strconv.AppendBool(b, more), "}}\n"...)
	return err
}

// appendWhole appends all last positions of an account in the order of their changes, if they are at most limit. Where they
// lie is the order of their assets: reading them so and sorting what was written takes half the time of looking each of them
// up. It reports false, with b as it was, for an account that has more.
func (s *Service) appendWhole(ctx context.Context, b []byte, accountID int64, part *bearer.Part, limit int) (_ []byte, last change, done bool, err error) {
	in, err := s.store.settings.Get(ctx, accountID)
	if err != nil {
		return b, last, false, err
	}
	if exceeds, err := s.store.exceeds(ctx, accountID, limit); err != nil || exceeds {
		return b, last, false, err
	}
	type piece struct {
		change
		from, to int // in unsorted
	}
	scratch := s.buffers.Get().(*[]byte)
	defer s.release(scratch)
	unsorted := (*scratch)[:0]
	var pieces []piece
	now := s.store.now().UnixMilli()
	err = s.store.whole(ctx, accountID, part, limit+1, func(at change, l *lastKnown) {
		from := len(unsorted)
		unsorted = appendLast(unsorted, l, statusOf(l, in, now))
		pieces = append(pieces, piece{at, from, len(unsorted)})
	})
	*scratch = unsorted
	if err != nil || len(pieces) > limit { // some came since they were counted
		return b, last, false, err
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.assetID, b.assetID))
	})
	for i, p := range pieces {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, unsorted[p.from:p.to]...)
		last = p.change
	}
	return b, last, true, nil
}

// changedSince hands to each what has changed in an account since a place in the order, at most limit of it, and returns the
// place behind the last, and whether there is more. A lastKnown is reused: each keeps nothing of it.
func (s *Service) changedSince(ctx context.Context, accountID int64, part *bearer.Part, since change, limit int, each func(*lastKnown, string)) (next change, more bool, err error) {
	in, err := s.store.settings.Get(ctx, accountID)
	if err != nil {
		return since, false, err
	}
	now := s.store.now().UnixMilli()
	count := 0
	if since, err = s.store.sameLife(ctx, since); err != nil {
		return since, false, err
	}
	next = since
	err = s.store.changed(ctx, accountID, part, since, limit+1, func(at change, l *lastKnown) {
		if count++; count > limit {
			more = true
			return
		}
		next = at
		each(l, statusOf(l, in, now))
	})
	return next, more, err
}

// appendLast writes what LastRecord describes.
func appendLast(b []byte, l *lastKnown, status string) []byte {
	b = strconv.AppendInt(append(b, `{"asset_id":`...), l.AssetID, 10)
	b = append(append(append(b, `,"status":"`...), status...), '"')
	odometer := l.Odometer
	if !odometer.Known {
		odometer = l.distance
	}
	b = appendMaybe(b, `,"odometer":`, odometer)
	b = appendMaybe(b, `,"engine_hours":`, Maybe[float64]{l.engine.Value / 3_600_000, l.engine.Known})
	b = append(b, `,"driver_id":`...)
	if l.driver != 0 {
		b = strconv.AppendInt(b, l.driver, 10)
	} else {
		b = append(b, "null"...)
	}
	b = appendPosition(append(b, `,"position":`...), &l.Position)
	return append(b, '}')
}
