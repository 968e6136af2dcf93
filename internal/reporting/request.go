package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/store"
)

// Request is what somebody asks for.
type Request struct {
	Type, Format, Title, Priority string
	AssetID                       int64
	AssetIDs                      []int64
	BeaconID, DriverID            int64
	DateFrom, DateTo              string // ISO 8601; see parseDate
}

// Account is the one that a report is asked for in.
type Account struct {
	ID        int64
	Key, Name string
}

// fields are a request after it was read: what is stored of it. Two requests with the same fields are identical.
type fields struct {
	Type     string  `json:"type"`
	Format   string  `json:"format"`
	Title    string  `json:"title"`
	Priority string  `json:"priority"`
	AssetID  int64   `json:"asset_id,omitempty"`
	Named    []int64 `json:"named,omitempty"` // as named, in order
	AllOf    bool    `json:"all_of"`          // nobody named any
	BeaconID int64   `json:"beacon_id,omitempty"`
	DriverID int64   `json:"driver_id,omitempty"`
	From     int64   `json:"from"` // Unix milliseconds
	To       int64   `json:"to"`
	Zone     string  `json:"zone"`
	Units    string  `json:"units"`
	Account  Account `json:"-"`
}

// Bounds of a request.
const (
	maxTitle = 200
	maxNamed = 1000
	maxRange = 400 * 24 * time.Hour
)

var priorities = []string{"high", "standard", "low"} // the order in which an account's reports are made

// wrong gathers what is wrong with a request.
type wrong []fault.Field

func (w *wrong) add(name, message string) { *w = append(*w, fault.Field{Name: name, Message: message}) }

// read checks what can be checked of a request without its dates, and finds the assets that it is about: nil for the whole account.
func (s *Service) read(ctx context.Context, in Account, r Request) (f fields, assets []int64, err error) {
	var w wrong
	f = fields{Type: r.Type, Format: r.Format, Title: strings.TrimSpace(r.Title), Priority: r.Priority, AssetID: r.AssetID, BeaconID: r.BeaconID,
		DriverID: r.DriverID, Account: in}
	if f.Priority == "" {
		f.Priority = "standard"
	}
	if !slices.Contains(s.opt.Types, f.Type) {
		w.add("type", "The type field must be one of "+strings.Join(s.opt.Types, ", ")+".")
	}
	switch document.Format(f.Format) {
	case document.JSON, document.PDF, document.Excel, document.HTML:
	default:
		w.add("format", "The format field must be one of json, pdf, excel, html.")
	}
	if !slices.Contains(priorities, f.Priority) {
		w.add("priority", "The priority field must be one of low, standard, high.")
	}
	if len([]rune(f.Title)) > maxTitle || strings.ContainsFunc(f.Title, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		w.add("title", fmt.Sprintf("The title field must have at most %d characters, all of them printable.", maxTitle))
	}
	if assets, err = s.readSubjects(ctx, &f, r, &w); err != nil {
		return f, nil, err
	}
	setting, err := s.Setting(ctx, in.ID)
	f.Zone, f.Units = setting.TimeZone, setting.Units
	if err != nil {
		return f, nil, err
	}
	return f, assets, fault.InvalidFields(w)
}

// readSubjects finds the assets, the driver and the beacon that a request names, as far as the caller sees them.
func (s *Service) readSubjects(ctx context.Context, f *fields, r Request, w *wrong) ([]int64, error) {
	accountID := f.Account.ID
	var assets []int64 // an empty list names none, as no list does
	assets = append(assets, r.AssetIDs...)
	if r.AssetID != 0 {
		assets = append(assets, r.AssetID)
	}
	slices.Sort(assets)
	assets = slices.Compact(assets)
	f.Named, f.AllOf = assets, len(assets) == 0
	if len(assets) > maxNamed {
		w.add("asset_ids", fmt.Sprintf("The asset_ids field must name at most %d assets: name none for all of them.", maxNamed))
		return nil, nil
	}
	if len(assets) > 0 {
		seen, err := s.store.assets(ctx, accountID, bearer.PartOf(ctx, accountID), assets)
		if err != nil {
			return nil, err
		}
		for _, id := range assets {
			if !slices.Contains(seen, id) {
				name := "asset_ids"
				if id == r.AssetID && id != 0 {
					name = "asset_id"
				}
				w.add(name, fmt.Sprintf("The %s field names no asset: %d.", name, id))
			}
		}
	} else if part := bearer.PartOf(ctx, accountID); part != nil {
		var err error
		if assets, err = s.store.assets(ctx, accountID, part, nil); err != nil {
			return nil, err
		}
		if len(assets) == 0 {
			w.add("asset_ids", "You see no asset that a report could be about.")
		}
	}
	if r.BeaconID != 0 {
		if _, err := s.fleet.FindBeacon(ctx, accountID, r.BeaconID); fault.Is(err, fault.NotFound) {
			w.add("beacon_id", "The beacon_id field names no beacon.")
		} else if err != nil {
			return nil, err
		}
	}
	if r.DriverID != 0 {
		if _, err := s.fleet.FindDriver(ctx, accountID, r.DriverID); fault.Is(err, fault.NotFound) {
			w.add("driver_id", "The driver_id field names no driver.")
		} else if err != nil {
			return nil, err
		}
	}
	return assets, nil
}

// readDates reads the range of a request in the zone of f.
func (f *fields) readDates(from, to string) error {
	var w wrong
	zone := zoneOf(f.Zone)
	read := func(name, text string, end bool) time.Time {
		t, ok := parseDate(text, zone, end)
		switch {
		case text == "":
			w.add(name, "The "+name+" field is required.")
		case !ok:
			w.add(name, "The "+name+" field must be a date such as 2026-05-31, or a date and time by ISO 8601.")
		case t.Year() < 1970 || t.Year() > 9998:
			w.add(name, "The "+name+" field must lie in the years 1970 to 9998.")
		}
		return t
	}
	begin, end := read("date_from", from, false), read("date_to", to, true)
	if len(w) == 0 && !end.After(begin) {
		w.add("date_to", "The date_to field must be after date_from.")
	}
	if len(w) == 0 && end.Sub(begin) > maxRange {
		w.add("date_to", "The range must not be longer than 400 days.")
	}
	f.From, f.To = begin.UnixMilli(), end.UnixMilli()
	return fault.InvalidFields(w)
}

// subject is what the maker of reports is asked. assets is nil for the whole account.
func (s *Service) subject(ctx context.Context, f *fields, assets []int64) (report.Request, error) {
	if assets == nil {
		var err error
		if assets, err = s.store.assets(ctx, f.Account.ID, nil, nil); err != nil {
			return report.Request{}, err
		}
		if len(assets) == 0 {
			return report.Request{}, fault.InvalidField("asset_ids", "The account has no assets that a report could be about.")
		}
	}
	return report.Request{AccountID: f.Account.ID, AccountKey: f.Account.Key, AccountName: f.Account.Name, Zone: zoneOf(f.Zone),
		Units: document.Units(f.Units), Type: f.Type, Title: f.Title, Assets: assets, AllOf: f.AllOf, BeaconID: f.BeaconID, DriverID: f.DriverID,
		From: time.UnixMilli(f.From).UTC(), To: time.UnixMilli(f.To).UTC()}, nil
}

// Generate asks for a report. made is false where an identical one exists over the same data, which is returned then: one
// that neither failed nor is past keeping. What is wrong comes back as Invalid by field.
func (s *Service) Generate(ctx context.Context, in Account, userID int64, r Request) (out *Report, made bool, err error) {
	f, assets, err := s.read(ctx, in, r)
	dates := f.readDates(r.DateFrom, r.DateTo)
	if both := join(err, dates); both != nil {
		return nil, false, both
	}
	q, err := s.subject(ctx, &f, assets)
	if err != nil {
		return nil, false, err
	}
	if err := s.opt.Maker.Check(ctx, q); err != nil {
		return nil, false, err
	}
	same, err := s.same(ctx, &f, assets, q)
	if err != nil {
		return nil, false, err
	}
	// Most who ask again find it without a transaction.
	if found, err := s.store.alike(ctx, in.ID, same, s.moment()); err != nil || found != nil {
		return s.shown(found, err), false, err
	}
	var id string
	err = s.queue.write(ctx, func(tx store.Writer, add addJob) error {
		id, made, err = s.put(ctx, tx, add, newReport{fields: f, userID: userID, assets: assets, same: same})
		return err
	})
	if err != nil {
		return nil, false, err
	}
	found, err := s.store.find(ctx, in.ID, id, nil)
	return s.shown(found, err), made, err
}

func (s *Service) shown(r *Report, err error) *Report {
	if err == nil && r != nil {
		s.show(r)
	}
	return r
}

// join is one fault of all fields that two are about.
func join(a, b error) error {
	if a == nil || b == nil || !fault.Is(a, fault.Invalid) || !fault.Is(b, fault.Invalid) {
		if a == nil {
			return b
		}
		return a
	}
	return fault.InvalidFields(append(slices.Clone(fault.As(a).Fields), fault.As(b).Fields...))
}

// newReport is one to be stored.
type newReport struct {
	fields
	userID, scheduleID int64
	assets             []int64 // nil for the whole account
	same               string
	mail               bool
}

// put stores a report and its job, or finds the one that is alike.
func (s *Service) put(ctx context.Context, tx store.Writer, add addJob, n newReport) (id string, made bool, err error) {
	if err := lineUp(ctx, tx, n.Account.ID); err != nil {
		return "", false, err
	}
	now := s.moment()
	id = uuid.NewString()
	made, err = insertReport(ctx, tx, id, n, now, now.Add(s.limits().Keep))
	if err != nil {
		return "", false, err
	}
	if !made {
		id, err = alikeID(ctx, tx, n.Account.ID, n.same)
		return id, false, err
	}
	return id, true, add(ctx, id, time.Time{})
}

// same is a sum of the request and of the data that it is about.
func (s *Service) same(ctx context.Context, f *fields, assets []int64, q report.Request) (string, error) {
	fingerprint, err := s.opt.Maker.Fingerprint(ctx, q)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(struct {
		Fields      *fields
		Assets      []int64
		Fingerprint string
	}{f, assets, fingerprint})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Write makes a report at once and writes its file, without a record: for operators. What is wrong comes back as Invalid by field.
func (s *Service) Write(ctx context.Context, in Account, r Request, w io.Writer) error {
	f, assets, err := s.read(ctx, in, r)
	if err := join(err, f.readDates(r.DateFrom, r.DateTo)); err != nil {
		return err
	}
	q, err := s.subject(ctx, &f, assets)
	if err != nil {
		return err
	}
	d, err := s.opt.Maker.Make(ctx, q)
	if err != nil {
		return err
	}
	return s.opt.Write(ctx, w, d, document.Format(f.Format))
}

// Types lists the types of reports, as the API names them.
func Types() []string { return report.Types() }
