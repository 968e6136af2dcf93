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

//go:embed static page.html
var files embed.FS

// sheet is a text as it is sent: packed.
type sheet []byte

func pack(text []byte) sheet {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is one that there is
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

// book is all that is made of the guides, ready to be sent.
type book struct {
	pages    map[string]sheet // by slug
	markdown map[string]sheet
	index    sheet // what is searched in
	summary  sheet // llms.txt
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
	Style, Own     string // URLs of the stylesheets
	Script, Icon   string
	Shelves        []shelf
	Parts          []*part // the headings of the second level
	Before, After  *link
	Body           template.HTML
	Landing        bool
	Stranger       template.HTML // what is said to who isn't signed in
	MarkdownOfThis string
}

// bind makes everything of the guides.
func (s *Service) bind() (*book, error) {
	layout, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	var all []source
	for _, slug := range Slugs() {
		src, err := readSource(slug)
		if err != nil {
			return nil, err
		}
		src.text = addressed(src.text, s.PublicURL)
		all = append(all, src)
	}
	b := &book{pages: map[string]sheet{}, markdown: map[string]sheet{}}
	var hits []hit
	spoken := languages()
	for i, src := range all {
		made, err := render(src.text, spoken)
		if err != nil {
			return nil, fmt.Errorf("render the guide %s: %w", src.slug, err)
		}
		f := frame{Title: src.title, Lead: src.lead, Path: PathOf(src.slug), Style: s.Style, Own: s.static.url("guide.css"), Script: s.static.url("guide.js"), Icon: s.Icon,
			Shelves: shelves(all, src.slug), Body: template.HTML(made.html), Landing: src.slug == landing, Stranger: template.HTML(stranger(src.slug)),
			MarkdownOfThis: markdownPath(src.slug)}
		for _, p := range made.parts {
			if p.Level == 2 {
				f.Parts = append(f.Parts, p)
			}
			if text := strings.Join(strings.Fields(p.text.String()), " "); p.Title != "" {
				h := hit{Path: PathOf(src.slug), Page: src.title, Text: text}
				if p.Level > 1 {
					h.Path, h.Title = h.Path+"#"+p.Anchor, p.Title
				}
				hits = append(hits, h)
			}
		}
		if i > 1 {
			f.Before = &link{Path: PathOf(all[i-1].slug), Title: all[i-1].title}
		}
		if i > 0 && i+1 < len(all) {
			f.After = &link{Path: PathOf(all[i+1].slug), Title: all[i+1].title}
		}
		var out bytes.Buffer
		if err := layout.Execute(&out, f); err != nil {
			return nil, err
		}
		b.pages[src.slug], b.markdown[src.slug] = pack(out.Bytes()), pack([]byte(src.text))
	}
	index, err := json.Marshal(hits)
	if err != nil {
		return nil, err
	}
	b.index, b.summary = pack(index), pack([]byte(summary(all, s.PublicURL)))
	return b, nil
}

// shelves is the navigation as a page shows it.
func shelves(all []source, here string) []shelf {
	var out []shelf
	for _, section := range Sections() {
		of := shelf{Title: section.Title}
		for _, slug := range section.Slugs {
			for _, src := range all {
				if src.slug == slug {
					of.Links = append(of.Links, link{PathOf(slug), src.title, src.lead, slug == here})
				}
			}
		}
		out = append(out, of)
	}
	return append(out, shelf{Title: "Reference", Links: []link{{Path: "/docs/api", Title: "API reference", Lead: "Every operation, with its parameters, answers and errors."}}})
}

func markdownPath(slug string) string { return "/docs/" + slug + ".md" }

// summary is llms.txt: which guides there are, for programs that read (llmstxt.org).
func summary(all []source, publicURL string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Yipii IoT API\n\n> %s\n\n", all[0].lead)
	for _, section := range Sections() {
		fmt.Fprintf(&out, "## %s\n\n", section.Title)
		for _, slug := range section.Slugs {
			for _, src := range all {
				if src.slug == slug {
					fmt.Fprintf(&out, "- [%s](%s%s): %s\n", src.title, publicURL, markdownPath(slug), src.lead)
				}
			}
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "## Reference\n\n- [OpenAPI 3.1](%s/openapi.json): every operation, for programs\n- [API reference](%s/docs/api): the same, for people\n- [Collection](%s/docs/postman.json): the same, for Postman and Bruno\n", publicURL, publicURL, publicURL)
	return out.String()
}
