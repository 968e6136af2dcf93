package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/fault"
)

func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("%s is read as %q, %v", f, got, err)
		}
		if f.ContentType() == "application/octet-stream" || f.Extension() == "" {
			t.Errorf("%s has no type or extension", f)
		}
	}
	for _, name := range []string{"", "JSON", "xlsx", "csv"} {
		if _, err := ParseFormat(name); !fault.Is(err, fault.Invalid) || fault.As(err).Fields[0].Name != "format" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestSameBytes: the same Document makes the same file.
func TestSameBytes(t *testing.T) {
	for _, f := range Formats() {
		if !bytes.Equal(write(t, sample(t), f), write(t, sample(t), f)) {
			t.Errorf("two files of %s differ", f)
		}
	}
}

type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

// TestErrors: whose fault it is can be told.
func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	table := func(rows ...[]any) *Document {
		d := empty(t)
		d.Sections = []Section{&Table{Key: "t", Title: "T", Columns: []Column{{"a", "A", Count, true}}, Rows: rowsOf(rows...)}}
		return d
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, f := range Formats() {
		d := table()
		d.Sections[0].(*Table).Rows = func(yield func([]any, error) bool) {
			_ = yield([]any{int64(1)}, nil) && yield(nil, broken)
		}
		if err := Write(t.Context(), io.Discard, d, f); !errors.Is(err, broken) {
			t.Errorf("%s, rows that fail: %v", f, err)
		}
		if err := Write(t.Context(), &failing{200}, sample(t), f); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s, a writer that fails: %v", f, err)
		}
		if err := Write(ended, io.Discard, sample(t), f); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, a context that is over: %v", f, err)
		}
		long := table()
		later, stop := context.WithCancel(t.Context())
		long.Sections[0].(*Table).Rows = func(yield func([]any, error) bool) {
			for i := 0; yield([]any{int64(i)}, nil); i++ {
				if i == 2000 {
					stop()
				}
			}
		}
		if err := Write(later, io.Discard, long, f); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, a context that ends on the way: %v", f, err)
		}
		for name, d := range map[string]*Document{
			"another type":   table([]any{"one"}),
			"a short row":    table([]any{}),
			"a figure":       {Figures: []Figure{{"a", "A", Day, 1}}},
			"units":          {Units: "furlong"},
			"a kind":         {Figures: []Figure{{"a", "A", "colour", 1}}},
			"no columns":     {Sections: []Section{&Table{}}},
			"a short series": {Sections: []Section{&Chart{Kind: Count, Labels: []string{"a"}, Series: []Series{{}}}}},
		} {
			if err := Write(t.Context(), io.Discard, d, f); err == nil || fault.As(err).Kind != fault.Internal || !strings.Contains(err.Error(), "document:") {
				t.Errorf("%s, %s: %v", f, name, err)
			}
		}
	}
	if err := writeWorkbook(t.Context(), io.Discard, sample(t), 139); !fault.Is(err, fault.TooLarge) || !strings.Contains(err.Error(), `"Trips" has more than 139 rows`) {
		t.Errorf("too many rows: %v", err)
	}
	if err := writeWorkbook(t.Context(), io.Discard, sample(t), 140); err != nil {
		t.Errorf("just enough rows: %v", err)
	}
}

// TestOdd: no text and no number breaks a file, wherever it stands.
func TestOdd(t *testing.T) {
	names := []string{"", "a", "<b>&\"'", "=1+1", "@x", "]]>", "-->", "</style>", "\x00\x01\x1b", "\xff\xfe", "\u202Eabc", "\uFFFE\uFFFF", "😀", "\U00010000", "שלום", "شاحنة 12", "_x000D_", "a\nb\tc", "\u0301", strings.Repeat("W", 400), "車両"}
	numbers := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 1e-9, 123456789.125, 1e15, 1e16, 1e22, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}
	papers := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := func() string {
			if rapid.Bool().Draw(rt, "known") {
				return rapid.SampledFrom(names).Draw(rt, "name")
			}
			return string(rapid.SliceOfN(rapid.Byte(), 0, 24).Draw(rt, "bytes"))
		}
		number := func() float64 {
			if rapid.Bool().Draw(rt, "odd") {
				return rapid.SampledFrom(numbers).Draw(rt, "number")
			}
			return rapid.Float64().Draw(rt, "float")
		}
		moment := func() time.Time { return time.Unix(rapid.Int64Range(-1e11, 3e11).Draw(rt, "time"), 0) }
		d := &Document{
			Type: text(), Title: text(), Account: text(), Subjects: []string{text(), text()}, From: moment(), To: moment(), MadeAt: moment(), Nothing: text(),
			Zone: zone(rt, rapid.SampledFrom([]string{"UTC", "Asia/Kathmandu", "America/St_Johns"}).Draw(rt, "zone")), Units: rapid.SampledFrom([]Units{Kilometres, Miles}).Draw(rt, "units"), Notes: []string{text()},
			Figures: []Figure{{"a", text(), Text, text()}, {"b", text(), Distance, number()}, {"c", text(), Duration, number()}, {"d", text(), Moment, moment()}},
		}
		var columns []Column
		for i, k := range kinds() {
			columns = append(columns, Column{fmt.Sprintf("k%d%s", i, text()), text(), k, rapid.Bool().Draw(rt, "total")})
		}
		var rows [][]any
		for range rapid.IntRange(0, 4).Draw(rt, "rows") {
			row := make([]any, len(columns))
			for i, column := range columns {
				switch {
				case rapid.IntRange(0, 5).Draw(rt, "unknown") == 0:
				case column.Kind == Text:
					row[i] = text()
				case column.Kind == Moment || column.Kind == Day:
					row[i] = moment()
				case column.Kind == Count:
					row[i] = rapid.Int64().Draw(rt, "count")
				default:
					row[i] = number()
				}
			}
			rows = append(rows, row)
		}
		place := func() Place { return Place{number(), number()} }
		good := Place{rapid.Float64Range(-90, 90).Draw(rt, "latitude"), rapid.Float64Range(-180, 180).Draw(rt, "longitude")}
		d.Sections = []Section{
			&Table{Key: text(), Title: text(), Nothing: text(), Columns: columns, Rows: rowsOf(rows...)},
			&Chart{Key: text(), Title: text(), Kind: rapid.SampledFrom([]Kind{Count, Distance, Duration, Temperature}).Draw(rt, "kind"), Lines: rapid.Bool().Draw(rt, "lines"),
				Labels: []string{text(), text()}, Series: []Series{{text(), []float64{number(), number()}}, {text(), []float64{number(), number()}}}},
			&Map{Key: text(), Title: text(), Lines: []Line{{text(), []Place{place(), good, place()}}}, Shapes: []Shape{{text(), [][]Place{{place(), good, {1, 2}, {good.Latitude, 3}}}}},
				Marks: []Mark{{text(), Start, good}, {text(), Event, place()}}},
		}
		for _, f := range Formats() {
			if f == PDF {
				if papers++; papers > 60 {
					continue // the slowest
				}
			}
			var b bytes.Buffer
			if err := Write(t.Context(), &b, d, f); err != nil {
				rt.Fatalf("%s: %v", f, err)
			}
			switch f {
			case JSON:
				if !json.Valid(b.Bytes()) {
					rt.Fatalf("no JSON: %s", &b)
				}
			case HTML:
				parsePage(rt, b.Bytes())
			case Excel:
				wellFormed(rt, b.Bytes())
			case PDF:
				if !bytes.HasPrefix(b.Bytes(), []byte("%PDF-1.")) || !bytes.HasSuffix(bytes.TrimSpace(b.Bytes()), []byte("%%EOF")) {
					rt.Fatal("no PDF")
				}
			}
		}
	})
}

// FuzzText: no text breaks what all texts go through.
func FuzzText(f *testing.F) {
	for _, s := range []string{"Van 1", "شاحنة 12 (x)", "=1", "_x0041_", "\xff\x00", "שלום abc 12", "a\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := plain(s)
		for _, r := range clean {
			if !printable(r) {
				t.Fatalf("%q has %U", clean, r)
			}
		}
		for _, piece := range pieces(clean) {
			for _, r := range piece.drawn {
				if r > 0xFFFF || !piece.arabic && !covered(r) {
					t.Fatalf("%q draws %U", clean, r)
				}
			}
		}
		if name := sheetName(map[string]bool{}, s, "key"); name == "" || strings.ContainsAny(name, `[]:*?/\`) {
			t.Fatalf("a sheet called %q", name)
		}
		if _, err := json.Marshal(string(appendQuoted(nil, s))); err != nil || !json.Valid(appendQuoted(nil, s)) {
			t.Fatalf("%q is no JSON text", appendQuoted(nil, s))
		}
		if strings.ContainsAny(string(appendEscaped(nil, s)), `<>"'`) {
			t.Fatal("not escaped")
		}
	})
}

// BenchmarkWrite makes files of 90,000 rows of ten columns: nearly as many as a PDF may have.
func BenchmarkWrite(b *testing.B) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	row := []any{"Ħal Għaxaq", nil, 35.9, 14.5, 62.5, 270.0, 123.4, 60.0, nil, int64(12)}
	d := empty(b)
	d.Zone, d.Nothing = zone(b, "Europe/Malta"), ""
	d.Sections = []Section{&Table{Key: "positions", Title: "Positions", Columns: []Column{
		{"asset", "Asset", Text, false}, {"time", "Time", Moment, false}, {"latitude", "Latitude", Degrees, false}, {"longitude", "Longitude", Degrees, false}, {"speed", "Speed", Speed, false},
		{"heading", "Heading", Heading, false}, {"distance", "Distance", Distance, true}, {"duration", "Duration", Duration, true}, {"temperature", "Temperature", Temperature, false}, {"satellites", "Satellites", Count, false},
	}, Rows: func(yield func([]any, error) bool) {
		for i := range 90_000 {
			row[1], row[2], row[6] = start.Add(time.Duration(i)*20*time.Second), 35.9+float64(i)/1e6, float64(i)/1e3
			if !yield(row, nil) {
				return
			}
		}
	}}}
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(b.Context(), io.Discard, d, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
