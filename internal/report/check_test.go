package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/docs"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/testkit"
)

func TestCheck(t *testing.T) {
	m, z := &Maker{}, zone(t, "Europe/Malta")
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, z)
	many := make([]int64, 1001)
	for _, test := range []struct {
		request Request
		field   string // "" for none
	}{
		{Request{Type: "mileage", From: from, To: from.AddDate(0, 0, 366)}, ""},
		{Request{Type: "mileage", From: from, To: from.AddDate(0, 0, 367)}, "date_to"},
		{Request{Type: "mileage", From: from, To: from}, "date_to"},
		{Request{Type: "mileage", From: from}, "date_to"},
		{Request{Type: "mileage", To: from}, "date_from"},
		{Request{Type: "mileage", From: from, To: from.Add(1), Assets: many}, "asset_ids"},
		{Request{Type: "alerts", From: from, To: from.Add(1), Assets: many}, ""},
		{Request{Type: "trips", From: from, To: from.Add(1), Assets: many[:101]}, "asset_ids"},
		{Request{Type: "trail", From: from, To: from.Add(1), Assets: many[:2]}, "asset_ids"},
		{Request{Type: "trail", From: from, To: from.Add(1), Assets: many[:1]}, ""},
		{Request{Type: "beacon", From: from, To: from.Add(1), Assets: many[:1]}, "beacon_id"},
		{Request{Type: "driver", From: from, To: from.Add(1), Assets: many[:1]}, "driver_id"},
		{Request{Type: "gossip", From: from, To: from.Add(1)}, "type"},
	} {
		err := m.Check(t.Context(), test.request)
		if test.field == "" {
			if err != nil {
				t.Errorf("%+v: %v", test.request, err)
			}
			continue
		}
		if !fault.Is(err, fault.Invalid) || !slices.ContainsFunc(fault.As(err).Fields, func(f fault.Field) bool { return f.Name == test.field }) {
			t.Errorf("%s of %d assets from %v to %v: %v, want a fault of %s", test.request.Type, len(test.request.Assets), test.request.From, test.request.To, err, test.field)
		}
	}
}

// TestLimitsAreTold: the guide says of each type about how many assets it can be.
func TestLimitsAreTold(t *testing.T) {
	guide, err := docs.Files.ReadFile("reporting.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for line := range strings.Lines(string(guide)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			for _, name := range regexp.MustCompile("`[a-z]+`").FindAllString(cells[1], -1) {
				told[strings.Trim(name, "`")] = strings.ReplaceAll(strings.TrimSpace(cells[3]), ",", "")
			}
		}
	}
	for _, k := range kinds() {
		want := strconv.Itoa(k.most)
		if k.most == math.MaxInt {
			want = "any number"
		}
		if told[k.name] != want {
			t.Errorf("%s is said to be about %q assets at most, not %s", k.name, told[k.name], want)
		}
	}
	if days := fmt.Sprintf("A range has %d days at most.", int(maxRange/(24*time.Hour))); !strings.Contains(string(guide), days) {
		t.Errorf("the guide doesn't say: %s", days)
	}
}

// A range without data makes a report that says so, of every type; and its values are of the kinds that its columns say.
func TestNothing(t *testing.T) {
	s := newScene(t, testkit.SQLite(t))
	for _, kind := range Types() {
		r := s.ask(kind)
		full := s.report(r)
		if full.Nothing != "" {
			t.Errorf("%s has nothing: %s", kind, full.Nothing)
		}
		holdKinds(t, full)
		r.From, r.To = r.From.AddDate(-1, 0, 0), r.To.AddDate(-1, 0, 0)
		empty := s.report(r)
		if empty.Nothing == "" {
			t.Errorf("%s of a time without data doesn't say so", kind)
		}
		holdKinds(t, empty)
	}
}

// holdKinds holds the values of a document to their kinds.
func holdKinds(t *testing.T, doc *document.Document) {
	check := func(what string, kind document.Kind, value any) {
		if value == nil {
			return
		}
		ok := false
		switch kind {
		case document.Text:
			_, ok = value.(string)
		case document.Count:
			_, ok = value.(int64)
		case document.Moment, document.Day:
			_, ok = value.(time.Time)
		default:
			var f float64
			f, ok = value.(float64)
			ok = ok && !math.IsNaN(f) && !math.IsInf(f, 0)
		}
		if !ok {
			t.Errorf("%s: %s is a %T, %v", doc.Type, what, value, value)
		}
	}
	keys := map[string]bool{}
	for _, f := range doc.Figures {
		check(f.Key, f.Kind, f.Value)
	}
	for _, section := range doc.Sections {
		switch s := section.(type) {
		case *document.Table:
			if keys[s.Key] {
				t.Errorf("%s has two sections %s", doc.Type, s.Key)
			}
			keys[s.Key] = true
			for _, row := range cells(t, doc, s.Key) {
				for _, c := range s.Columns {
					check(s.Key+"."+c.Key, c.Kind, row[c.Key])
				}
			}
		case *document.Chart:
			for _, line := range s.Series {
				if len(line.Values) != len(s.Labels) {
					t.Errorf("%s: %d values of %s for %d labels", doc.Type, len(line.Values), line.Label, len(s.Labels))
				}
			}
		}
	}
}
