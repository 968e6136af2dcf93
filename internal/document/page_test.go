package document

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// elements are all elements of a page with a name.
func elements(n *html.Node, name string) (found []*html.Node) {
	for child := range n.Descendants() {
		if child.Type == html.ElementNode && child.Data == name {
			found = append(found, child)
		}
	}
	return found
}

func inner(n *html.Node) string {
	var text strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
		}
	}
	return strings.TrimSpace(spaces.ReplaceAllString(text.String(), " "))
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// parsePage parses a page, and refuses what would run, be fetched, or escape from where it was put.
func parsePage(t failer, data []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	allowed := " html head meta title style body main header footer section div p h1 h2 dl dt dd ul li span table thead tbody tfoot tr th td svg path rect circle text g clippath "
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			t.Fatalf("a comment: %.100s", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !strings.Contains(allowed, " "+strings.ToLower(n.Data)+" ") {
			t.Fatalf("an element %s", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "href" || a.Key == "src" {
				t.Fatalf("an attribute %s of %s", a.Key, n.Data)
			}
		}
	}
	if styles := elements(root, "style"); len(styles) != 1 || strings.TrimSpace(inner(styles[0])) == "" || strings.Contains(inner(styles[0]), "url(") {
		t.Fatal("not one style sheet of its own")
	}
	return root
}

func TestPage(t *testing.T) {
	for _, d := range []*Document{sample(t), kilometres(t)} {
		r := read(t, write(t, d, JSON))
		root := parsePage(t, write(t, d, HTML))
		if got := inner(elements(root, "h1")[0]); got != d.Title {
			t.Errorf("the title is %q", got)
		}
		for _, dd := range elements(root, "dd") {
			key := attribute(dd, "data-key")
			for _, figure := range d.Figures {
				if figure.Key != key {
					continue
				}
				want := seen(t, string(figure.Kind), r.Figures[key])
				if want == "" {
					want = "–"
				}
				if got := inner(elements(dd, "span")[0]); got != want {
					t.Errorf("the figure %s is %q, not %q", key, got, want)
				}
			}
		}
		tables := elements(root, "table")
		if len(tables) != 2 {
			t.Fatalf("%d tables", len(tables))
		}
		for i, table := range tables {
			want := r.Tables[i]
			rows := elements(elements(table, "tbody")[0], "tr")
			if len(rows) != len(want.Rows) {
				t.Fatalf("%s: %d rows", want.Key, len(rows))
			}
			for j, row := range rows {
				for k, cell := range elements(row, "td") {
					column := want.Columns[k]
					shown := seen(t, column.Kind, want.Rows[j][column.Key])
					if shown == "" {
						shown = "–"
					}
					if got := inner(cell); got != shown {
						t.Errorf("%s, row %d, %s: %q, not %q", want.Key, j, column.Key, got, shown)
					}
				}
			}
			k := -1
			for cell := range elements(elements(table, "tfoot")[0], "tr")[0].ChildNodes() {
				k++
				column := want.Columns[k]
				if total, ok := want.Totals[column.Key]; ok && inner(cell) != seen(t, column.Kind, total) {
					t.Errorf("%s: the total of %s is %q, not %q", want.Key, column.Key, inner(cell), seen(t, column.Kind, total))
				}
			}
		}
		if drawings := elements(root, "svg"); len(drawings) != 3 || attribute(drawings[1], "aria-label") == "" {
			t.Errorf("%d drawings", len(drawings))
		}
		if text := inner(root); !strings.Contains(text, "No alerts in this range.") || !strings.Contains(text, d.Notes[1]) || !strings.Contains(text, "1 – 31 March 2026") {
			t.Error("the page lacks the sentence of an empty table, a note, or the range")
		}
	}
	if text := inner(parsePage(t, write(t, empty(t), HTML))); !strings.Contains(text, "There is no data in this range.") {
		t.Errorf("an empty document: %s", text)
	}
}

// TestPagePolicy: the policy names the style sheet that pages have.
func TestPagePolicy(t *testing.T) {
	root := parsePage(t, write(t, empty(t), HTML))
	style := elements(root, "style")[0].FirstChild.Data
	if style != "\n"+pageStyle || !strings.Contains(PagePolicy(), "'sha256-") {
		t.Errorf("the style sheet isn't the one that %s is of", PagePolicy())
	}
}

// TestInks: pages and PDFs have the same colours.
func TestInks(t *testing.T) {
	light, _, _ := strings.Cut(pageStyle, "@media")
	for i := inkPaper; i < inkSeries+seriesInks; i++ {
		r, g, b := inkRGB(i)
		if want := fmt.Sprintf("--%s: #%02x%02x%02x;", inkName(i), r, g, b); !strings.Contains(light, want) {
			t.Errorf("page.css has no %s", want)
		}
	}
}
