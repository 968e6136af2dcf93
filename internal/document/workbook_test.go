package document

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// wellFormed reads each part of a workbook.
func wellFormed(t failer, data []byte) map[string]string {
	t.Helper()
	book, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, part := range book.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[part.Name] = string(text)
		for decoder := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := decoder.Token(); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("%s: %v", part.Name, err)
				}
				break
			}
		}
	}
	return parts
}

// TestWorkbookInLibreOffice: another program opens the workbooks, does the sums again, and shows what the JSON document says.
func TestWorkbookInLibreOffice(t *testing.T) {
	dir := t.TempDir()
	profile := filepath.Join(dir, "profile")
	must(t, os.MkdirAll(filepath.Join(profile, "user"), 0o700))
	// It would show the sums that the file brings along: it is told to do them.
	must(t, os.WriteFile(filepath.Join(profile, "user", "registrymodifications.xcu"), []byte(`<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>`), 0o600))
	// CSV of all sheets, in UTF-8, as shown.
	args := []string{"-env:UserInstallation=file://" + profile, "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1", "--outdir", dir}
	documents := map[string]*Document{"miles": sample(t), "kilometres": kilometres(t), "empty": empty(t)}
	for name, d := range documents {
		data := write(t, d, Excel)
		wellFormed(t, data)
		if name == "kilometres" { // the sums that the file brings along are wrong here, so that only those which are done again can be right
			data = spoilSums(t, data)
		}
		path := filepath.Join(dir, name+".xlsx")
		must(t, os.WriteFile(path, data, 0o600))
		args = append(args, path)
	}
	program(t, "soffice", "", args...)
	cells := func(name, sheet string) [][]string {
		t.Helper()
		f, err := os.Open(filepath.Join(dir, name+"-"+sheet+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.FieldsPerRecord = -1
		all, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, name := range []string{"miles", "kilometres"} {
		d := documents[name]
		r := read(t, write(t, d, JSON))
		summary := cells(name, "Summary")
		if summary[0][0] != d.Title || summary[1][0] != d.Account {
			t.Errorf("%s: the summary begins with %q", name, summary[:2])
		}
		for _, figure := range d.Figures {
			want := seen(t, string(figure.Kind), r.Figures[figure.Key])
			if !slices.ContainsFunc(summary, func(row []string) bool { return row[0] == figure.Label && row[1] == want }) {
				t.Errorf("%s: no figure %s of %s in the summary", name, figure.Label, want)
			}
		}
		for _, note := range d.Notes {
			if !slices.ContainsFunc(summary, func(row []string) bool { return row[0] == note }) {
				t.Errorf("%s: no note %q", name, note)
			}
		}
		for i, sheet := range []string{"Trips", "Every kind of value cell"} {
			table, rows := r.Tables[i], cells(name, sheet)
			if len(rows) != len(table.Rows)+2 {
				t.Fatalf("%s, %s: %d rows", name, sheet, len(rows))
			}
			for j, row := range table.Rows {
				for k, column := range table.Columns {
					if got, want := rows[j+1][k], seen(t, column.Kind, row[column.Key]); got != want {
						t.Errorf("%s, %s, row %d, %s: %q, not %q", name, sheet, j+1, column.Key, got, want)
					}
				}
			}
			for k, column := range table.Columns {
				total, ok := table.Totals[column.Key]
				if ok && rows[len(rows)-1][k] != seen(t, column.Kind, total) {
					t.Errorf("%s, %s: the total of %s is %q, not %q", name, sheet, column.Key, rows[len(rows)-1][k], seen(t, column.Kind, total))
				}
			}
		}
		if alerts := cells(name, "Alerts"); alerts[1][0] != "No alerts in this range." {
			t.Errorf("%s: an empty table says %q", name, alerts)
		}
		if marks := cells(name, "The way of Van 1"); len(marks) != 5 || marks[2][1] != "23:10 Ħal Għaxaq" {
			t.Errorf("%s: the marks of the map: %q", name, marks)
		}
		if chart := cells(name, "Temperature in the hold"); chart[11][1] != "" || chart[1][1] != "4.0" {
			t.Errorf("%s: the values of a chart: %q", name, chart)
		}
	}
	if summary := cells("empty", "Summary"); !slices.ContainsFunc(summary, func(row []string) bool { return row[0] == "There is no data in this range." }) {
		t.Errorf("an empty document: %q", summary)
	}
}

// spoilSums replaces what formulas last gave by a number that is wrong.
func spoilSums(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	formulas := 0
	for name, text := range wellFormed(t, data) {
		parts := strings.Split(text, "</f><v>")
		for i := 1; i < len(parts); i++ {
			_, rest, _ := strings.Cut(parts[i], "</v>")
			parts[i] = "1</v>" + rest
			formulas++
		}
		part, err := w.Create(name)
		must(t, err)
		_, err = part.Write([]byte(strings.Join(parts, "</f><v>")))
		must(t, err)
	}
	must(t, w.Close())
	if formulas != 7 {
		t.Fatalf("%d formulas", formulas)
	}
	return out.Bytes()
}

// TestWorkbookParts: what LibreOffice doesn't tell: headings that stay, filters, text that is no formula, the sums that are brought along.
func TestWorkbookParts(t *testing.T) {
	parts := wellFormed(t, write(t, sample(t), Excel))
	trips := parts["xl/worksheets/sheet4.xml"]
	for _, want := range []string{`state="frozen"`, `<autoFilter ref="A1:H141"/>`, `<f>SUBTOTAL(109,D2:D141)</f><v>5125.099</v>`, `t="inlineStr"><is><t xml:space="preserve">=HYPERLINK(`} {
		if !strings.Contains(trips, want) {
			t.Errorf("the sheet of trips has no %s", want)
		}
	}
	if strings.Count(trips, "<f>") != 3 {
		t.Errorf("%d formulas in the sheet of trips", strings.Count(trips, "<f>"))
	}
	if chart := parts["xl/charts/chart1.xml"]; !strings.Contains(chart, "<c:barChart>") || strings.Count(chart, "<c:ser>") != 2 {
		t.Errorf("the first chart is %s", chart)
	}
	if !strings.Contains(parts["xl/charts/chart2.xml"], "<c:lineChart>") {
		t.Error("the second chart has no lines")
	}
}

func TestSheetNames(t *testing.T) {
	taken := map[string]bool{"summary": true, "history": true}
	for _, try := range [][2]string{
		{"Trips", "Trips"}, {"trips", "trips (2)"}, {"TRIPS", "TRIPS (3)"}, {"Summary", "Summary (2)"}, {"History", "History (2)"}, {"a/b:c*?[d]\\", "a b c d"}, {"'quoted'", "quoted"},
		{"", "key"}, {strings.Repeat("long ", 20), "long long long long long long l"}, {strings.Repeat("long ", 20), "long long long long long lo (2)"},
		{strings.Repeat("😀", 20), strings.Repeat("😀", 15)},
	} {
		if got := sheetName(taken, try[0], "key"); got != try[1] {
			t.Errorf("%q is called %q, not %q", try[0], got, try[1])
		}
	}
	for name := range taken {
		if len(utf16.Encode([]rune(name))) > 31 {
			t.Errorf("%q is too long", name)
		}
	}
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := string(columnName(i)); got != want {
			t.Errorf("column %s is called %s, not %s", strconv.Itoa(i), got, want)
		}
	}
	if got := escapeUnits("_x0041_ _x41_ _xZZZZ_ _x0041"); got != "_x005F_x0041_ _x41_ _xZZZZ_ _x0041" {
		t.Errorf("escaped: %s", got)
	}
}

func must(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
