package guide

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed static page.html reference.html overview.tmpl
var files embed.FS

// sheet is a text as it is sent: packed.
type sheet []byte

func pack(text []byte, level int) sheet {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, level) // the level is one that there is
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}

func (s sheet) unpack() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(s))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// book is all that is made of the guides and the reference, ready to be sent.
type book struct {
	pages    map[string]sheet // by path
	markdown map[string]sheet // by the path of the page
	index    sheet            // what is searched in
	summary  sheet            // llms.txt
}

// hit is a part of a page as the search knows it. The names are short, as the file is sent whole.
type hit struct {
	Path  string `json:"p"`
	Page  string `json:"t"`
	Title string `json:"h,omitempty"`
	Text  string `json:"x"`
}

// link is a page in a list of pages.
type link struct {
	Path, Title, Lead string
	Here              bool
	Parts             []link // of the page that is here, where the list shows them
	Method            string // of a part that is an operation
}

// shelf is a section of the navigation.
type shelf struct {
	Title string
	Links []link
}

// frame is what the template of a page shows.
type frame struct {
	Title, Lead    string
	Path           string
	Style, Icon    string   // URLs
	Styles         []string // URLs of the page's own
	Scripts        []string
	Shelves        []shelf
	Parts          []link // the headings of the second level
	Before, After  *link
	Body           template.HTML
	Landing        bool
	Reference      bool
	Stranger       template.HTML // what is said to who isn't signed in
	MarkdownOfThis string
}

// binder makes a book, page by page.
type binder struct {
	*Service
	layout *template.Template
	all    []source
	api    *api // nil for none
	book   *book
	hits   []hit
}

// bind makes everything of the guides and the reference.
func (s *Service) bind() (*book, error) {
	layout, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	b := &binder{Service: s, layout: layout, book: &book{pages: map[string]sheet{}, markdown: map[string]sheet{}}}
	for _, slug := range Slugs() {
		src, err := readSource(slug)
		if err != nil {
			return nil, err
		}
		src.text = addressed(src.text, s.PublicURL)
		b.all = append(b.all, src)
	}
	if s.Reference != nil {
		api, err := s.Reference()
		if err != nil {
			return nil, err
		}
		b.api = chaptersOf(api)
	}
	for i := range b.all {
		if err := b.guide(i); err != nil {
			return nil, err
		}
	}
	if err := b.reference(); err != nil {
		return nil, err
	}
	index, err := json.Marshal(b.hits)
	if err != nil {
		return nil, err
	}
	b.book.index, b.book.summary = pack(index, gzip.BestCompression), pack([]byte(b.summary()), gzip.BestCompression)
	return b.book, nil
}

// guide makes the page of a guide.
func (b *binder) guide(i int) error {
	src := b.all[i]
	made, err := render(src.text, languages())
	if err != nil {
		return fmt.Errorf("render the guide %s: %w", src.slug, err)
	}
	path := PathOf(src.slug)
	f := frame{Title: src.title, Lead: src.lead, Path: path, Shelves: b.shelves(path), Body: template.HTML(made.html), Landing: src.slug == landing,
		Styles: []string{"guide.css"}, Scripts: []string{"guide.js"}, MarkdownOfThis: markdownPath(src.slug)}
	for _, p := range made.parts {
		if p.Level == 2 {
			f.Parts = append(f.Parts, link{Path: "#" + p.Anchor, Title: p.Title})
		}
		if text := strings.Join(strings.Fields(p.text.String()), " "); p.Title != "" {
			h := hit{Path: path, Page: src.title, Text: text}
			if p.Level > 1 {
				h.Path, h.Title = h.Path+"#"+p.Anchor, p.Title
			}
			b.hits = append(b.hits, h)
		}
	}
	if i > 1 {
		f.Before = &link{Path: PathOf(b.all[i-1].slug), Title: b.all[i-1].title}
	}
	if i > 0 && i+1 < len(b.all) {
		f.After = &link{Path: PathOf(b.all[i+1].slug), Title: b.all[i+1].title}
	}
	return b.add(f, src.text)
}

// add puts a page into the book, framed.
func (b *binder) add(f frame, markdown string) error {
	f.Style, f.Icon, f.Stranger = b.Style, b.Icon, template.HTML(stranger(f.Path))
	for i := range f.Styles {
		f.Styles[i] = b.static.url(f.Styles[i])
	}
	for i := range f.Scripts {
		f.Scripts[i] = b.static.url(f.Scripts[i])
	}
	var out bytes.Buffer
	if err := b.layout.Execute(&out, f); err != nil {
		return err
	}
	b.book.pages[f.Path], b.book.markdown[f.Path] = pack(out.Bytes(), gzip.BestCompression), pack([]byte(markdown), gzip.BestCompression)
	return nil
}

// shelves is the navigation as a page shows it: the page's own part of the house first.
func (b *binder) shelves(here string) []shelf {
	var guides []shelf
	for _, section := range Sections() {
		of := shelf{Title: section.Title}
		for _, slug := range section.Slugs {
			for _, src := range b.all {
				if src.slug == slug {
					of.Links = append(of.Links, link{Path: PathOf(slug), Title: src.title, Lead: src.lead, Here: PathOf(slug) == here})
				}
			}
		}
		guides = append(guides, of)
	}
	top := link{Path: PathOf(overview), Title: "API reference", Lead: "Every operation, with its parameters, its answers and samples, to be tried.", Here: here == PathOf(overview)}
	reference := shelf{Title: "Reference", Links: []link{top}}
	if here != top.Path && !strings.HasPrefix(here, top.Path+"/") {
		return append(guides, reference)
	}
	reference.Links[0].Title = "Overview"
	reference.Title = "API reference"
	for _, c := range b.chapters() {
		l := link{Path: c.path(), Title: c.Name, Here: c.path() == here}
		for _, op := range c.Operations {
			if l.Here {
				l.Parts = append(l.Parts, link{Path: "#" + op.ID, Title: op.Summary, Method: op.Method})
			}
		}
		reference.Links = append(reference.Links, l)
	}
	return append([]shelf{reference}, guides...)
}

func markdownPath(slug string) string { return "/docs/" + slug + ".md" }

// summary is llms.txt: which pages there are, for programs that read (llmstxt.org).
func (b *binder) summary() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Yipii IoT API\n\n> %s\n\n", b.all[0].lead)
	for _, section := range Sections() {
		fmt.Fprintf(&out, "## %s\n\n", section.Title)
		for _, slug := range section.Slugs {
			for _, src := range b.all {
				if src.slug == slug {
					fmt.Fprintf(&out, "- [%s](%s%s): %s\n", src.title, b.PublicURL, markdownPath(slug), src.lead)
				}
			}
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "## Reference\n\n- [OpenAPI 3.1](%s/openapi.json): every operation, for programs\n- [API reference](%s/docs/api.md): how to call it, and a list of all operations\n", b.PublicURL, b.PublicURL)
	for _, c := range b.chapters() {
		fmt.Fprintf(&out, "- [%s](%s%s.md): %s\n", c.Name, b.PublicURL, c.path(), c.Description)
	}
	fmt.Fprintf(&out, "- [Collection](%s/docs/postman.json): the same, for Postman and Bruno\n", b.PublicURL)
	return out.String()
}
