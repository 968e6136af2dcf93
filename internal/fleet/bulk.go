package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
)

// MaxBulk is the most assets that one Upsert takes.
const MaxBulk = 1000

// Row is one asset of many that are made or changed together, as it was read: what it says, and what of it couldn't be read.
// Its Tracker says which asset it is.
type Row struct {
	Change
	Wrong []fault.Field
}

// RowResult is what became of a row.
type RowResult struct {
	Index  int                 `json:"index" doc:"The row's place in the request, from 0; of CSV, not counting the header." example:"0"`
	Result string              `json:"result" enum:"created,updated,unchanged,rejected"`
	ID     *int64              `json:"id" nullable:"true" doc:"The asset; null if the row was rejected." example:"7"`
	Errors map[string][]string `json:"errors,omitempty" doc:"Why the row was rejected, by field."`
}

// What becomes of a row.
const (
	rowCreated   = "created"
	rowUpdated   = "updated"
	rowUnchanged = "unchanged"
	rowRejected  = "rejected"
)

// Count is how many rows each thing became of.
type Count struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Rejected  int `json:"rejected"`
}

// Add counts results.
func (c *Count) Add(results []RowResult) {
	for _, r := range results {
		switch r.Result {
		case rowCreated:
			c.Created++
		case rowUpdated:
			c.Updated++
		case rowUnchanged:
			c.Unchanged++
		case rowRejected:
			c.Rejected++
		}
	}
}

// Upsert makes the assets whose trackers the account doesn't know, and changes the others, in one transaction: fields that a
// row doesn't give stay as they are. A row that is wrong is rejected, and the others are done. A tracker of an asset
// that the caller doesn't see has been taken. More than MaxBulk rows are TooLarge. The results come in the rows' order.
func (s *Service) Upsert(ctx context.Context, accountID int64, rows []Row) ([]RowResult, error) {
	if len(rows) > MaxBulk {
		return nil, errBulk()
	}
	b := &bulk{results: make([]RowResult, len(rows)), byTracker: make(map[string]int, len(rows))}
	for i, row := range rows {
		b.results[i] = RowResult{Index: i}
		b.take(i, row)
	}
	if err := b.place(ctx, s.store, accountID); err != nil {
		return nil, err
	}
	if len(b.byTracker) == 0 {
		return b.results, nil
	}
	return b.results, s.store.upsert(ctx, accountID, b)
}

// bulk is an Upsert on its way.
type bulk struct {
	changes   []Change // by row; of good ones only
	results   []RowResult
	byTracker map[string]int // the good rows
}

// take checks a row by itself and against those before it.
func (b *bulk) take(i int, row Row) {
	change, err := row.checked()
	wrong := row.Wrong
	if err != nil {
		wrong = append(wrong, fault.As(err).Fields...)
	}
	tracker := textOf(change.Tracker)
	first, repeated := b.byTracker[tracker]
	switch {
	case tracker == "" && !slices.ContainsFunc(wrong, func(f fault.Field) bool { return f.Name == "tracker" }):
		wrong = append(wrong, fault.Field{Name: "tracker", Message: "The tracker field is required."})
	case repeated:
		wrong = append(wrong, fault.Field{Name: "tracker", Message: fault.Newf(fault.Invalid, "The tracker stands in row %d too.", first).Message})
	}
	b.changes = append(b.changes, change)
	if len(wrong) > 0 {
		b.reject(i, wrong...)
	} else {
		b.byTracker[tracker] = i
	}
}

// reject says why a row isn't done.
func (b *bulk) reject(i int, wrong ...fault.Field) {
	r := &b.results[i]
	r.Result, r.ID, r.Errors = rowRejected, nil, map[string][]string{}
	for _, f := range wrong {
		r.Errors[f.Name] = append(r.Errors[f.Name], f.Message)
	}
	if tracker := textOf(b.changes[i].Tracker); b.byTracker[tracker] == i {
		delete(b.byTracker, tracker)
	}
}

// place rejects what a limited member may not do, before anything is locked for it.
func (b *bulk) place(ctx context.Context, s fleetStore, accountID int64) error {
	if bearer.PartOf(ctx, accountID) == nil {
		return nil
	}
	known := map[string]int64{}
	if err := s.knownTrackers(ctx, accountID, b.trackers(), known); err != nil {
		return err
	}
	for tracker, i := range maps.Clone(b.byTracker) {
		c, id := b.changes[i], known[tracker]
		if id != 0 && c.Group == nil {
			continue
		}
		if err := mayPlace(ctx, accountID, id, textOf(c.Group)); err != nil {
			b.reject(i, fault.As(err).Fields...)
		}
	}
	return nil
}

// trackers are those of the good rows, sorted.
func (b *bulk) trackers() []string { return slices.Sorted(maps.Keys(b.byTracker)) }

// groups are those that the good rows name, sorted.
func (b *bulk) groups() []string {
	names := map[string]struct{}{}
	for _, i := range b.byTracker {
		if group := textOf(b.changes[i].Group); group != "" {
			names[group] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// onto is an asset as the change makes it; same says that it was so already.
func (c Change) onto(a Asset) (after Asset, same bool) {
	after = a
	for _, field := range [...]struct {
		to    *string
		value *string
	}{{&after.Name, c.Name}, {&after.Type, c.Type}} {
		if field.value != nil {
			*field.to = *field.value
		}
	}
	for _, field := range [...]struct {
		to    **string
		value *string
	}{{&after.Group, c.Group}, {&after.Registration, c.Registration}, {&after.VIN, c.VIN}, {&after.Tracker, c.Tracker}} {
		if field.value != nil {
			if *field.to = field.value; *field.value == "" {
				*field.to = nil
			}
		}
	}
	return after, maps.Equal(a.audited(), after.audited())
}

// set gives a field its value. false if there is no such field.
func (c *Change) set(name string, value string) bool {
	switch name {
	case "name":
		c.Name = &value
	case "type":
		c.Type = &value
	case "group":
		c.Group = &value
	case "registration":
		c.Registration = &value
	case "vin":
		c.VIN = &value
	case "tracker":
		c.Tracker = &value
	default:
		return false
	}
	return true
}

// decodeRows reads the rows of a JSON body: one object, or an array of them. What isn't JSON at all is Malformed, and more
// than MaxBulk are TooLarge, before they are looked at; what is wrong with one row is told in it.
func decodeRows(body []byte) ([]Row, error) {
	malformed := fault.New(fault.Malformed, "The request body is not a JSON object or an array of them.")
	if !json.Valid(body) {
		return nil, malformed
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	switch start, _ := decoder.Token(); start {
	case json.Delim('{'):
		return []Row{decodeRow(body)}, nil
	case json.Delim('['):
	default:
		return nil, malformed
	}
	rows := []Row{}
	for decoder.More() {
		if len(rows) == MaxBulk {
			return nil, errBulk()
		}
		var item json.RawMessage
		if err := decoder.Decode(&item); err != nil {
			return nil, malformed
		}
		rows = append(rows, decodeRow(item))
	}
	return rows, nil
}

// errBulk is the fault of more than MaxBulk rows.
func errBulk() error {
	return fault.Newf(fault.TooLarge, "At most %d assets can be sent at a time.", MaxBulk)
}

func decodeRow(item json.RawMessage) (row Row) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(item, &fields); err != nil || fields == nil {
		row.Wrong = []fault.Field{{Name: "asset", Message: "The row is not an object."}}
		return row
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var value *string
		err := json.Unmarshal(fields[name], &value)
		switch {
		case !row.set(name, textOf(value)):
			row.Wrong = append(row.Wrong, fault.Field{Name: name, Message: "There is no such field."})
		case err != nil:
			row.Wrong = append(row.Wrong, fault.Field{Name: name, Message: "The " + name + " field must be a text."})
		}
	}
	return row
}
