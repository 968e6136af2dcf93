package document

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// paperText is the text of a PDF as pdftotext reads it, a page in each element, without the marks of direction that it adds.
func paperText(t testing.TB, data []byte) []string {
	t.Helper()
	text := string(program(t, "pdftotext", string(data), "-layout", "-", "-"))
	text = strings.Map(func(r rune) rune {
		if 0x202A <= r && r <= 0x202E || r == 0x200E || r == 0x200F {
			return -1
		}
		return r
	}, text)
	return strings.Split(strings.TrimSuffix(text, "\f"), "\f")
}

// TestPaperEnds: on the last page that there may be, tables end with what they come to and how many rows they have beyond.
func TestPaperEnds(t *testing.T) {
	rows := func(n int) func(func([]any, error) bool) {
		return func(yield func([]any, error) bool) {
			for i := range n {
				if !yield([]any{"Row " + strconv.Itoa(i+1) + ".", 2}, nil) {
					return
				}
			}
		}
	}
	d := &Document{Title: "Long", Account: "Acme", Sections: []Section{}}
	for key, n := range []int{5000, 700} {
		d.Sections = append(d.Sections, &Table{Key: "t" + strconv.Itoa(key), Title: "Table " + strconv.Itoa(n), Columns: []Column{{Key: "name", Label: "Name", Kind: Text},
			{Key: "two", Label: "Twos", Kind: Count, Total: true}}, Rows: rows(n)})
	}
	checked, err := check(d)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writePaper(t.Context(), &out, checked, 6); err != nil {
		t.Fatal(err)
	}
	pages := paperText(t, out.Bytes())
	if len(pages) < 6 || len(pages) > 6+2*2 {
		t.Errorf("%d pages", len(pages))
	}
	text := spaces.ReplaceAllString(strings.Join(pages, " "), " ")
	drawn := len(regexp.MustCompile(`Row \d+\.`).FindAllString(text, -1))
	left := 0
	for _, found := range regexp.MustCompile(`The table has ([\d,]+) more rows`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
		if err != nil {
			t.Error(err)
		}
		left += n
	}
	if drawn+left != 5700 || drawn < 200 {
		t.Errorf("%d rows are drawn and %d said to be beyond, of 5700", drawn, left)
	}
	for _, total := range []string{"Total 10,000", "Total 1,400"} {
		if !strings.Contains(text, total) {
			t.Errorf("no %q", total)
		}
	}
}

func TestPaper(t *testing.T) {
	for _, d := range []*Document{sample(t), kilometres(t)} {
		r := read(t, write(t, d, JSON))
		data := write(t, d, PDF)
		pages := paperText(t, data)
		for i, page := range pages {
			if number := regexp.MustCompile(`\s` + strconv.Itoa(i+1) + ` ?/ ?` + strconv.Itoa(len(pages)) + `\s*$`); !number.MatchString(page) {
				t.Errorf("page %d of %d has no number", i+1, len(pages))
			}
		}
		if len(pages) < 5 {
			t.Errorf("%d pages", len(pages))
		}
		cover := spaces.ReplaceAllString(pages[0], " ")
		for _, figure := range d.Figures {
			if want := seen(t, string(figure.Kind), r.Figures[figure.Key]); !strings.Contains(cover, want) {
				t.Errorf("no figure %s of %s on the cover", figure.Label, want)
			}
		}
		for _, want := range []string{d.Title, d.Account, "1 – 31 March 2026", "Europe/Malta", d.Notes[0], d.Notes[1]} {
			if !strings.Contains(cover, want) {
				t.Errorf("no %q on the cover:\n%s", want, cover)
			}
		}
		all := strings.Split(strings.Join(pages, "\n"), "\n")
		for i := range all {
			all[i] = spaces.ReplaceAllString(strings.TrimSpace(all[i]), " ")
		}
		// The lines of the tables, but for text, which may be on more than one line: each in its order.
		at := 0
		for _, table := range r.Tables[:2] {
			for j, row := range table.Rows {
				line := ""
				for _, column := range table.Columns {
					if Kind(column.Kind) == Text {
						continue
					}
					shown := seen(t, column.Kind, row[column.Key])
					if shown == "" {
						shown = "–"
					}
					line += " " + shown
				}
				for at < len(all) && !strings.HasSuffix(" "+all[at], line) {
					at++
				}
				if at == len(all) {
					t.Fatalf("%s: no row %d:%s", table.Key, j, line)
				}
				at++
			}
		}
		text := strings.Join(all, "\n")
		for _, want := range []string{
			"Total " + seen(t, "distance", r.Tables[0].Totals["distance"]) + " " + seen(t, "duration", r.Tables[0].Totals["duration"]) + " 210",
			"Ħal Għaxaq – Ġebel & Żebbuġ", "Φορτηγό Αθήνα", "Грузовик «Север»", "شاحنة", "شاحنة ا\u0644س\uFEFCم", `=HYPERLINK("http://x","y")`, "<script>alert(1)</script>", "Łódź Çeşme Ñandú Ōtsu Ệ",
			"No alerts in this range.", "Stop of 2 h", "35.9° N",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in the text", want)
			}
		}
		if headings := strings.Count(text, "Stops"); headings < 4 {
			t.Errorf("the headings of the trips stand on %d pages", headings)
		}
		if images := strings.Count(string(program(t, "pdfimages", string(data), "-list", "-")), "\n"); images > 2 { // two lines of headings
			t.Errorf("maps and charts are %d images", images-2)
		}
		info := string(program(t, "pdfinfo", string(data), "-"))
		for _, want := range []string{`Title:\s+Trips of March – Vjaġġi ta’ Marzu`, `Author:\s+Acme Logistics & Ko\. Ltd`, `Tagged:\s+yes`} {
			if !regexp.MustCompile(want).MatchString(info) {
				t.Errorf("no %s in what pdfinfo says:\n%s", want, info)
			}
		}
	}
	if text := spaces.ReplaceAllString(paperText(t, write(t, empty(t), PDF))[0], " "); !strings.Contains(text, "There is no data in this range.") || !regexp.MustCompile(`1 ?/ ?1 $`).MatchString(text) {
		t.Errorf("an empty document: %s", text)
	}
}

// TestPaperIsDrawn: pages have something on them, in black and in colours.
func TestPaperIsDrawn(t *testing.T) {
	pictures := program(t, "pdftoppm", string(write(t, sample(t), PDF)), "-r", "24", "-")
	pages := 0
	for len(pictures) > 0 {
		fields := bytes.SplitN(pictures, []byte("\n"), 4)
		if len(fields) < 4 || string(fields[0]) != "P6" {
			t.Fatalf("no picture: %.20q", pictures)
		}
		size := strings.Fields(string(fields[1]))
		w, _ := strconv.Atoi(size[0])
		h, _ := strconv.Atoi(size[1])
		pixels := fields[3][:w*h*3]
		pictures = fields[3][w*h*3:]
		pages++
		dark, colored := 0, 0
		for i := 0; i < len(pixels); i += 3 {
			r, g, b := int(pixels[i]), int(pixels[i+1]), int(pixels[i+2])
			if r < 160 && g < 160 && b < 160 {
				dark++
			}
			if max(r, g, b)-min(r, g, b) > 60 {
				colored++
			}
		}
		if dark < 40 {
			t.Errorf("page %d is as good as blank", pages)
		}
		if pages == 2 && colored < 400 {
			t.Errorf("the page of the chart and the map has %d pixels with a colour", colored)
		}
	}
	if pages < 5 {
		t.Errorf("%d pages", pages)
	}
}

func TestArabic(t *testing.T) {
	draw := func(s string) (drawn string) {
		for _, piece := range pieces(s) {
			drawn += piece.drawn
		}
		return drawn
	}
	for _, try := range []struct{ what, text, want string }{
		{"initial, medial, final; the last on the left", "بيت", "\uFE96\uFEF4\uFE91"},
		{"letters that join only what is before them", "دار", "\uFEAD\uFE8D\uFEA9"},
		{"lam and alef", "سلام", "\uFEE1\uFEFC\uFEB3"},
		{"hamza joins nothing", "ماء", "\uFE80\uFE8E\uFEE3"},
		{"marks are left out", "بَيت", "\uFE96\uFEF4\uFE91"},
		{"Persian", "پیک", "\uFB8F\uFBFF\uFB58"},
		{"Latin first", "Truck بيت 7 (Valletta)", "Truck 7 \uFE96\uFEF4\uFE91 (Valletta)"},
		{"Arabic first", "بيت (Valletta) 7", "7 (Valletta) \uFE96\uFEF4\uFE91"},
		{"a number in between", "Van بيت 7 دار x", "Van \uFEAD\uFE8D\uFEA9 7 \uFE96\uFEF4\uFE91 x"},
		{"brackets around Latin", "بيت [abc]", "[abc] \uFE96\uFEF4\uFE91"},
		{"a number of two parts", "بيت 12.5 دار", "\uFEAD\uFE8D\uFEA9 12.5 \uFE96\uFEF4\uFE91"},
		{"brackets", "(بيت)", "(\uFE96\uFEF4\uFE91)"},
		{"no letters for it", "車 1", "\uFFFD 1"},
		{"no letters for it, to the left", "שלום 7", "7 \uFFFD\uFFFD\uFFFD\uFFFD"},
	} {
		if got := draw(try.text); got != try.want {
			t.Errorf("%s: %q is drawn as %+q, not %+q", try.what, try.text, got, try.want)
		}
	}
}

// TestNoLetters: what the fonts have no letters for is drawn as U+FFFD, which can be seen, and found and copied as it was written.
func TestNoLetters(t *testing.T) {
	names := []string{"車両 12", "משאית 7", "รถบรรทุก 3", "트럭 5", "ट्रक 4", "Van 車 (רכב) x", "🚚 8"}
	var rows [][]any
	for _, name := range names {
		rows = append(rows, []any{name, 1})
	}
	for _, name := range names {
		data := write(t, &Document{Title: name, Account: "Acme", Sections: []Section{&Table{Key: "t", Title: "T", Columns: []Column{{Key: "n", Label: "Name", Kind: Text},
			{Key: "c", Label: "Count", Kind: Count}}, Rows: func(yield func([]any, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}}}}, PDF)
		text := spaces.ReplaceAllString(strings.Join(paperText(t, data), " "), " ")
		for _, word := range []string{"車両", "משאית", "รถบรรทุก", "트럭", "ट्रक", "車", "רכב", "🚚"} {
			want := 1
			if strings.Contains(name, word) {
				want = 2 // beside the table
			}
			if n := strings.Count(text, word); n < want {
				t.Errorf("%q is there %d times in\n%s", word, n, text)
			}
		}
		// The title stands between 95 and 130 points from the top.
		picture := program(t, "pdftoppm", string(data), "-r", "72", "-gray", "-f", "1", "-l", "1", "-")
		header, pixels := picture[:bytes.Index(picture, []byte("\n255\n"))], picture[bytes.Index(picture, []byte("\n255\n"))+5:]
		width, err := strconv.Atoi(strings.Fields(string(header))[1])
		must(t, err)
		dark := 0
		for _, pixel := range pixels[95*width : 130*width] {
			if pixel < 128 {
				dark++
			}
		}
		if dark < 100 {
			t.Errorf("%q: %d points of the title's letters are to be seen", name, dark)
		}
	}
}

// TestCovered: covered says what the fonts have.
func TestCovered(t *testing.T) {
	for name, packed := range map[string][]byte{"regular": fontRegular, "bold": fontBold, "arabic": fontArabic, "arabic bold": fontArabicBold} {
		data, err := unpack(packed)
		must(t, err)
		has := letters(t, data)
		for r := rune(' '); r < 0xFFFE; r++ {
			claimed := covered(r)
			if strings.HasPrefix(name, "arabic") {
				claimed = arabicLetter(r)
			}
			if claimed && !has[r] {
				t.Errorf("%s has no %U", name, r)
			}
			if !strings.HasPrefix(name, "arabic") && has[r] && !claimed && r != 0x2066 && (r < 0x2066 || r > 0x206F) {
				t.Errorf("%s has %U, which covered doesn't know", name, r)
			}
		}
		for r := rune(0x621); strings.HasPrefix(name, "arabic") && r <= 0x6D3; r++ {
			f, ok := formOf(r)
			forms := 2
			switch {
			case f.joins:
				forms = 4
			case r == 0x621:
				forms = 1
			}
			for i := 0; ok && f.alone != 0 && i < forms; i++ {
				at := f.alone + rune(i)
				if !has[at] || norm.NFKC.String(string(at)) != norm.NFKC.String(string(r)) {
					t.Errorf("%U isn't a form of %U that %s has", at, r, name)
				}
			}
		}
	}
}

// letters reads the character map (format 4) of a TrueType font.
func letters(t testing.TB, data []byte) map[rune]bool {
	t.Helper()
	u16 := func(at int) int { return int(data[at])<<8 | int(data[at+1]) }
	u32 := func(at int) int { return u16(at)<<16 | u16(at+2) }
	has := map[rune]bool{}
	for i := range u16(4) {
		if record := 12 + 16*i; string(data[record:record+4]) == "cmap" {
			table := u32(record + 8)
			for j := range u16(table + 2) {
				sub := table + u32(table+4+8*j+4)
				if u16(sub) != 4 {
					continue
				}
				segments := u16(sub+6) / 2
				for k := range segments {
					end, start := u16(sub+14+2*k), u16(sub+16+2*segments+2*k)
					for r := start; r <= end && r < 0xFFFF; r++ {
						has[rune(r)] = true
					}
				}
			}
		}
	}
	if len(has) < 100 {
		t.Fatalf("%d letters", len(has))
	}
	return has
}
