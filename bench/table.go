package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"
)

// row is one line of the table.
type row struct {
	what     string
	figure   string // the product's
	baseline string
	ratio    string
	bar      string
	verdict  verdict
}

// verdict says whether a bar is met; a row without a bar has none.
type verdict string

const (
	met     verdict = "ok"
	missed  verdict = "MISSED"
	noBar   verdict = "–"
	nothing         = "–"
)

func judge(ok bool) verdict {
	if ok {
		return met
	}
	return missed
}

func (b *bench) missed() (n int) {
	for _, r := range b.rows {
		if r.verdict == missed {
			n++
		}
	}
	return n
}

// table writes the rows as an aligned Markdown table.
func (b *bench) table() string {
	lines := [][]string{{"what", "Yipii", "baseline", "ratio (lowest to highest)", "bar", "result"}}
	for _, r := range b.rows {
		lines = append(lines, []string{r.what, r.figure, r.baseline, r.ratio, r.bar, string(r.verdict)})
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for n, line := range lines {
		for i, cell := range line {
			out.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + " ")
		}
		out.WriteString("|\n")
		if n == 0 {
			for _, width := range widths {
				out.WriteString("|" + strings.Repeat("-", width+2))
			}
			out.WriteString("|\n")
		}
	}
	return out.String()
}

// machine is what the figures depend on.
type machine struct {
	when  time.Time
	cores int
	model string
	goes  string
	load  string
}

func thisMachine() machine {
	m := machine{when: time.Now().UTC(), cores: runtime.NumCPU(), goes: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	m.model, m.load = processorModel(), loadAverage()
	return m
}

func (m machine) String() string {
	s := fmt.Sprintf("Measured on %s: %d cores", m.when.Format("2 January 2006"), m.cores)
	if m.model != "" {
		s += " (" + m.model + ")"
	}
	s += ", " + m.goes
	if m.load != "" {
		s += ", load average before the run " + m.load
	}
	return s + "."
}

const (
	markBegin = "<!-- bench: begin -->"
	markEnd   = "<!-- bench: end -->"
)

// writeTable replaces what stands between the markers in file.
func writeTable(file, machine, table string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begun := bytes.Cut(text, []byte(markBegin))
	_, after, ended := bytes.Cut(rest, []byte(markEnd))
	if !begun || !ended {
		return fmt.Errorf("%s lacks the markers %q and %q", file, markBegin, markEnd)
	}
	out := fmt.Sprintf("%s%s\n%s\n\n%s%s%s", before, markBegin, machine, table, markEnd, after)
	return os.WriteFile(file, []byte(out), 0o644)
}

// thousands writes n with a comma between groups of three digits.
func thousands(n float64) string {
	digits := fmt.Sprintf("%.0f", n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// millis writes d in milliseconds.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// megabytes writes a number of bytes in MB of 1,000,000 bytes.
func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
