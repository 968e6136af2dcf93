package guide

import (
	"io/fs"
	"strings"

	"github.com/yipii/yipii/docs"
)

// Section is a heading of the navigation, with its guides in the order in which they are read.
type Section struct {
	Title string
	Slugs []string
}

// Sections lists all guides but the landing page.
func Sections() []Section {
	return []Section{
		{"Start", []string{"quick-start", "migrating"}},
		{"Access", []string{"authentication", "account-key", "api-keys", "tokens"}},
		{"Good programs", []string{"errors", "best-practices"}},
		{"Your fleet", []string{"fleet", "ingestion", "live-tracking", "reporting", "webhooks"}},
		{"Your server", []string{"operating", "security"}},
	}
}

// landing is the slug of the page at /docs itself, overview that of the reference's first page.
const (
	landing  = "index"
	overview = "api"
)

// Slugs lists the guides in reading order, the landing page first.
func Slugs() []string {
	all := []string{landing}
	for _, s := range Sections() {
		all = append(all, s.Slugs...)
	}
	return all
}

// PathOf is where a guide is served.
func PathOf(slug string) string {
	if slug == landing {
		return "/docs"
	}
	return "/docs/" + slug
}

// source is a guide as it is written.
type source struct {
	slug, text  string
	title, lead string // the first heading, and the first paragraph without its marks
}

func readSource(slug string) (source, error) {
	text, err := fs.ReadFile(docs.Files, slug+".md")
	if err != nil {
		return source{}, err
	}
	s := source{slug: slug, text: string(text)}
	for _, part := range strings.Split(s.text, "\n\n") {
		if title, is := strings.CutPrefix(part, "# "); is && s.title == "" {
			s.title = strings.TrimSpace(title)
		} else if s.title != "" {
			s.lead = plain(part)
			break
		}
	}
	return s, nil
}

// plain takes the marks of Markdown out of a paragraph.
func plain(paragraph string) string {
	var out strings.Builder
	for rest := strings.Join(strings.Fields(paragraph), " "); rest != ""; {
		open := strings.IndexByte(rest, '[')
		mid := strings.Index(rest, "](")
		if open < 0 || mid < open {
			out.WriteString(rest)
			break
		}
		end := strings.IndexByte(rest[mid:], ')')
		if end < 0 {
			out.WriteString(rest)
			break
		}
		out.WriteString(rest[:open] + rest[open+1:mid])
		rest = rest[mid+end+1:]
	}
	return strings.NewReplacer("`", "", "**", "").Replace(out.String())
}

// exampleURL and exampleKey stand in the guides for the address of the server and for the reader's account.
const (
	exampleURL = "https://yipii.example.com"
	exampleKey = "acme-logistics"
)

// addressed puts the server's own address in the place of the example's.
func addressed(text, publicURL string) string {
	host := publicURL
	if _, after, found := strings.Cut(host, "://"); found {
		host = after
	}
	name, _, _ := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") {
		name, _, _ = strings.Cut(host, "]")
		name += "]"
	}
	return strings.NewReplacer(exampleURL, publicURL, strings.TrimPrefix(exampleURL, "https://"), name).Replace(text)
}
