package guide

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	htmlrenderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// part is a heading with the text below it, down to the next.
type part struct {
	Level         int
	Title, Anchor string
	text          strings.Builder
}

// rendered is a guide as HTML, and what it consists of.
type rendered struct {
	html  string
	parts []*part
}

// Anchor is the name that a heading gets in an address: lower case, hyphens for blanks, no punctuation.
func Anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-':
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// render makes HTML of a guide, whose samples are in some of the languages.
func render(markdown string, languages map[string]language) (rendered, error) {
	shape := &shaper{}
	md := goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(shape, 100))),
		// The guides are our own: what HTML they hold may stand.
		goldmark.WithRendererOptions(htmlrenderer.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(samples{languages}, 100))),
	)
	var out bytes.Buffer
	if err := md.Convert([]byte(markdown), &out); err != nil {
		return rendered{}, err
	}
	// A wide table scrolls by itself.
	page := strings.NewReplacer("<table>", `<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>`, "</table>", "</table></div>").Replace(out.String())
	return rendered{html: page, parts: shape.parts}, nil
}

// group is samples that follow one another: of one thing in several languages.
type group struct{ ast.BaseBlock }

// groupKind is the kind of node that a group is.
var groupKind = ast.NewNodeKind("SampleGroup")

func (*group) Kind() ast.NodeKind             { return groupKind }
func (g *group) Dump(source []byte, deep int) { ast.DumpHelper(g, source, deep, nil, nil) }

// shaper brings a parsed guide into the form in which it is shown: headings get anchors, samples that follow one another
// become groups, comments go, and links lead to where the guides are served.
type shaper struct{ parts []*part }

// Transform does it.
func (s *shaper) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	src := reader.Source()
	var next ast.Node
	for n := doc.FirstChild(); n != nil; n = next {
		next = n.NextSibling()
		if block, is := n.(*ast.HTMLBlock); is && block.HTMLBlockType == ast.HTMLBlockType2 {
			doc.RemoveChild(doc, n)
		}
	}
	for n := doc.FirstChild(); n != nil; n = next {
		next = n.NextSibling()
		if n.Kind() != ast.KindFencedCodeBlock {
			continue
		}
		g := &group{}
		doc.InsertBefore(doc, n, g)
		for first := true; n != nil && n.Kind() == ast.KindFencedCodeBlock && (first || !isAnswer(n, src)); first = false {
			next = n.NextSibling()
			doc.RemoveChild(doc, n)
			g.AppendChild(g, n)
			n = next
		}
	}
	s.parts = []*part{{}}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			title := textOf(n, src)
			n.SetAttributeString("id", []byte(Anchor(title)))
			s.parts = append(s.parts, &part{Level: n.Level, Title: title, Anchor: Anchor(title)})
			s.links(n)
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			p := s.parts[len(s.parts)-1]
			p.text.Write(n.Segment.Value(src))
			if n.SoftLineBreak() || n.NextSibling() == nil {
				p.text.WriteByte(' ')
			}
		case *ast.FencedCodeBlock:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	s.links(doc)
}

// isAnswer reports whether a block shows what the samples before it are answered: it stands below them.
func isAnswer(n ast.Node, src []byte) bool {
	block := n.(*ast.FencedCodeBlock)
	return block.Info != nil && strings.HasPrefix(string(block.Info.Segment.Value(src)), "json")
}

// links turns links between files into links between pages. One to a file that is not served becomes its text.
func (s *shaper) links(within ast.Node) {
	var found []*ast.Link
	_ = ast.Walk(within, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if link, is := n.(*ast.Link); is && entering {
			found = append(found, link)
		}
		return ast.WalkContinue, nil
	})
	for _, link := range found {
		to, served := target(string(link.Destination))
		if served {
			link.Destination = []byte(to)
			continue
		}
		parent := link.Parent()
		for child := link.FirstChild(); child != nil; child = link.FirstChild() {
			link.RemoveChild(link, child)
			parent.InsertBefore(parent, link, child)
		}
		parent.RemoveChild(parent, link)
	}
}

// target is where a link of a guide leads, and whether there is anything.
func target(destination string) (string, bool) {
	file, anchor, hasAnchor := strings.Cut(destination, "#")
	if hasAnchor {
		anchor = "#" + anchor
	}
	switch {
	case file == "", strings.Contains(file, "://"), strings.HasPrefix(file, "/"):
		return destination, true
	}
	slug := strings.TrimSuffix(file, ".md")
	for _, known := range Slugs() {
		if slug == known {
			return PathOf(slug) + anchor, true
		}
	}
	return "", false
}

// textOf is the text of a node without its marks.
func textOf(n ast.Node, src []byte) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, is := n.(*ast.Text); is && entering {
			out.Write(t.Segment.Value(src))
			if t.SoftLineBreak() {
				out.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// samples renders code blocks and their groups.
type samples struct{ languages map[string]language }

// RegisterFuncs tells goldmark which nodes it renders.
func (s samples) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(groupKind, renderGroup)
	r.Register(ast.KindFencedCodeBlock, s.renderSample)
	r.Register(ast.KindHeading, renderHeading)
}

// tabsBegin and groupEnd stand around samples that are tabs.
const (
	tabsBegin = `<div class="samples" data-tabs="Language">` + "\n"
	groupEnd  = "</div>\n"
)

func renderGroup(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	switch {
	case !entering:
		_, _ = w.WriteString(groupEnd)
	case n.ChildCount() > 1:
		_, _ = w.WriteString(tabsBegin)
	default:
		_, _ = w.WriteString(`<div class="samples">` + "\n")
	}
	return ast.WalkContinue, nil
}

func (s samples) renderSample(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkSkipChildren, nil
	}
	block := n.(*ast.FencedCodeBlock)
	var code strings.Builder
	for i := range block.Lines().Len() {
		line := block.Lines().At(i)
		code.Write(line.Value(src))
	}
	info := ""
	if block.Info != nil {
		info = string(block.Info.Segment.Value(src))
	}
	l := languageOf(s.languages, info, code.String())
	_, err := w.WriteString(figure(l, code.String()))
	return ast.WalkSkipChildren, err
}

// figure is a block of code in a language.
func figure(l language, code string) string {
	label := html.EscapeString(l.label)
	return fmt.Sprintf(`<figure class="code" data-tab="%s"><figcaption>%s</figcaption><pre tabindex="0" role="region" aria-label="%s"><code>%s</code></pre></figure>`+"\n",
		l.tab, label, label, highlight(l, code))
}

// renderHeading gives each heading a link to itself.
func renderHeading(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	h := n.(*ast.Heading)
	if entering {
		_, _ = fmt.Fprintf(w, `<h%d id="%s">`, h.Level, Anchor(textOf(h, src)))
		return ast.WalkContinue, nil
	}
	if h.Level > 1 {
		title := textOf(h, src)
		_, _ = fmt.Fprintf(w, `<a class="anchor" href="#%s" aria-label="Link to %s">#</a>`, Anchor(title), html.EscapeString(title))
	}
	_, err := fmt.Fprintf(w, "</h%d>\n", h.Level)
	return ast.WalkContinue, err
}
