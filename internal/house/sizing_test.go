package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// figure is a number with its thousands, and the unit that follows it where that is one of memory.
var figure = regexp.MustCompile(`([0-9][0-9,]*(?:\.[0-9]+)?)(?: (KB|MB))?`)

// figures are the numbers of a cell and their units, "" for what is done a second.
func figures(cell string) (numbers []float64, units []string) {
	for _, found := range figure.FindAllStringSubmatch(cell, -1) {
		n, _ := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
		numbers, units = append(numbers, n), append(units, found[2])
	}
	return numbers, units
}

// section is the part of a text from a heading to the next of its level.
func section(text, heading string) string {
	_, after, _ := strings.Cut(text, "\n"+heading+"\n")
	part, _, _ := strings.Cut(after, "\n## ")
	return part
}

// cells are the rows of the tables of a text, without their heads.
func cells(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "|") {
			continue
		}
		row := strings.Split(strings.Trim(line, "|"), "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if strings.Trim(row[0], "-:") == "" {
			rows = rows[:max(0, len(rows)-1)] // what came before is the head
			continue
		}
		rows = append(rows, row)
	}
	return rows
}

// missized says where a section on sizing tells something else than the benchmarks: a comment "from" for each figure of its table, in their
// order, has the beginning of the row. What is done a second is told as half of that row's figure or more, and never as more than it;
// memory as no less than was measured, and at most twice that.
func missized(sizing string, measured [][]string) (wrong []string) {
	var told []float64
	var units []string
	for _, row := range cells(sizing) {
		n, u := figures(row[1])
		told, units = append(told, n...), append(units, u...)
	}
	from := regexp.MustCompile(`(?m)^<!-- from: (.+) -->$`).FindAllStringSubmatch(sizing, -1)
	if len(from) != len(told) || len(told) == 0 {
		return []string{strconv.Itoa(len(told)) + " figures have " + strconv.Itoa(len(from)) + " comments that say where they are from"}
	}
	for i, f := range from {
		var rows [][]string
		for _, row := range measured {
			if strings.HasPrefix(row[0], f[1]) {
				rows = append(rows, row)
			}
		}
		if len(rows) != 1 {
			wrong = append(wrong, strconv.Itoa(len(rows))+" rows of the benchmarks begin with "+f[1])
			continue
		}
		n, u := figures(rows[0][1])
		low, high := n[0]/2, n[0]
		if units[i] != "" {
			low, high = n[0], 2*n[0]
		}
		if u[0] != units[i] || told[i] < low || told[i] > high {
			wrong = append(wrong, strconv.FormatFloat(told[i], 'f', -1, 64)+" "+units[i]+" is told of "+f[1]+", measured is "+rows[0][1])
		}
	}
	return wrong
}

// TestSizingIsMeasured: the operators' guide tells of a node what the benchmarks have measured.
func TestSizingIsMeasured(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join(root, "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	benchmarks, err := os.ReadFile(filepath.Join(root, "docs", "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range missized(section(string(guide), "## Sizing"), cells(string(benchmarks))) {
		t.Error(wrong)
	}
}

func TestWrongSizingIsFound(t *testing.T) {
	measured := [][]string{{"tokens, 64 connections", "6,329 tokens/s, 252 µs CPU"}, {"memory of a connection (of 10,000)", "6.3 KB"}, {"memory of all", "92.3 MB"}}
	const table = "| what | here |\n|---|---|\n"
	for sizing, right := range map[string]bool{
		"<!-- from: tokens -->\n" + table + "| tokens | 6,000 a second |":                                     true,
		"<!-- from: tokens -->\n" + table + "| tokens | 7,000 a second |":                                     false,
		"<!-- from: tokens -->\n" + table + "| tokens | 3,000 a second |":                                     false,
		"<!-- from: memory of a connection -->\n" + table + "| memory | 7 KB |":                               true,
		"<!-- from: memory of a connection -->\n" + table + "| memory | 6 KB |":                               false,
		"<!-- from: memory of a connection -->\n" + table + "| memory | 7 MB |":                               false,
		"<!-- from: memory -->\n" + table + "| memory | 7 KB |":                                               false,
		"<!-- from: nothing -->\n" + table + "| tokens | 6,000 a second |":                                    false,
		table + "| tokens | 6,000 a second |":                                                                 false,
		"<!-- from: tokens -->\n" + table + "| both | 6,000 a second and 7 KB |":                              false,
		"<!-- from: tokens -->\n<!-- from: memory of all -->\n" + table + "| both | 6,000 and under 100 MB |": true,
	} {
		if wrong := missized(sizing, measured); (len(wrong) == 0) != right {
			t.Errorf("%s: %v", sizing, wrong)
		}
	}
}
