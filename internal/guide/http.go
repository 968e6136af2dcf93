package guide

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"

	"github.com/yipii/yipii/internal/docs"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// contentSecurity lets a page load what this server serves and nothing else: no foreign host, nothing inline.
const contentSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// Options say for which server the guides are, and how it looks.
type Options struct {
	// PublicURL is the address of the server, without a path.
	PublicURL string
	// Style and Icon are the addresses of the stylesheet and the picture that all pages of the server share.
	Style, Icon string
	// Reference is the API, for the pages that tell of each operation. It is called once, when the first page is asked for.
	Reference func() (*docs.Reference, error)
	// Reader finds who is signed in and asks, nil for all others. nil: nobody is ever signed in.
	Reader func(*http.Request) *Reader
}

// Service serves the guides and the reference.
type Service struct {
	Options
	static staticSet
	book   func() (*book, error)
}

// New makes the service. The pages are rendered when the first is asked for.
func New(o Options) *Service {
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	s := &Service{Options: o, static: newStaticSet()}
	s.book = sync.OnceValues(s.bind)
	return s
}

// Routes declares the room's routes, all of them public.
func (s *Service) Routes(r *web.Router) {
	add := func(pattern, id string, h http.HandlerFunc) {
		r.Handle(web.Route{Method: http.MethodGet, Pattern: pattern, Access: web.Access{Public: true}, ID: "guide-" + id, Hidden: true}, h)
	}
	const markdown = "text/markdown; charset=utf-8"
	for _, slug := range append(Slugs(), overview) {
		path := PathOf(slug)
		add(path, slug, s.open(func(w http.ResponseWriter, r *http.Request, b *book) { s.servePage(w, r, path, b.pages[path]) }))
		add(markdownPath(slug), slug+"-md", s.open(func(w http.ResponseWriter, r *http.Request, b *book) { serveText(w, r, markdown, b.markdown[path]) }))
	}
	add(PathOf(overview)+"/{page}", "reference", s.open(func(w http.ResponseWriter, r *http.Request, b *book) {
		path, text := strings.CutSuffix(r.URL.Path, ".md")
		switch page, there := b.pages[path]; {
		case !there:
			web.WriteError(w, r, fault.Missing("Page"))
		case text:
			serveText(w, r, markdown, b.markdown[path])
		default:
			s.servePage(w, r, path, page)
		}
	}))
	add("/docs/{$}", "slash", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/docs")
		w.WriteHeader(http.StatusMovedPermanently)
	})
	add("/docs/search.json", "search", s.open(func(w http.ResponseWriter, r *http.Request, b *book) { serveText(w, r, "application/json", b.index) }))
	add("/llms.txt", "llms", s.open(func(w http.ResponseWriter, r *http.Request, b *book) {
		serveText(w, r, "text/plain; charset=utf-8", b.summary)
	}))
	for _, f := range s.static {
		add("/docs/"+f.name, "static-"+f.name, f.serve)
	}
}

// open is a handler of what is in the book.
func (s *Service) open(serve func(http.ResponseWriter, *http.Request, *book)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := s.book()
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		serve(w, r, b)
	}
}

// servePage shows a page. For who is signed in it holds their account key, so it is theirs alone.
func (s *Service) servePage(w http.ResponseWriter, r *http.Request, path string, page sheet) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentSecurity)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Vary", "Accept-Encoding, Cookie")
	h.Set("Cache-Control", "no-cache")
	if reader := s.reader(r); reader != nil {
		whole, err := page.unpack()
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		h.Set("Cache-Control", "private, no-store")
		page = pack(reader.personal(whole, path), gzip.BestSpeed)
	}
	send(w, r, "text/html; charset=utf-8", page)
}

// serveText serves a text that is the same for everybody.
func serveText(w http.ResponseWriter, r *http.Request, contentType string, text sheet) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Vary", "Accept-Encoding")
	send(w, r, contentType, text)
}

// send answers with a packed text; who can't read that gets it unpacked, and who has it already nothing.
func send(w http.ResponseWriter, r *http.Request, contentType string, packed sheet) {
	h := w.Header()
	if !strings.Contains(h.Get("Cache-Control"), "no-store") {
		sum := sha256.Sum256(packed)
		tag := `"` + hex.EncodeToString(sum[:8]) + `"`
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		web.WriteBytes(w, http.StatusOK, contentType, packed)
		return
	}
	whole, err := packed.unpack()
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	web.WriteBytes(w, http.StatusOK, contentType, whole)
}

// staticFile is a file that pages load.
type staticFile struct {
	name, contentType, hash string
	packed                  sheet
}

// staticSet are the files that pages load. Their addresses carry a hash of the content, so that browsers keep them.
type staticSet []staticFile

func newStaticSet() staticSet {
	set := staticSet{
		{name: "guide.css", contentType: "text/css; charset=utf-8"},
		{name: "guide.js", contentType: "text/javascript; charset=utf-8"},
		{name: "reference.css", contentType: "text/css; charset=utf-8"},
		{name: "reference.js", contentType: "text/javascript; charset=utf-8"},
	}
	for i := range set {
		body, err := files.ReadFile("static/" + set[i].name)
		if err != nil {
			panic(err) // it is embedded
		}
		sum := sha256.Sum256(body)
		set[i].packed, set[i].hash = pack(body, gzip.BestCompression), hex.EncodeToString(sum[:6])
	}
	return set
}

func (set staticSet) url(name string) string {
	for _, f := range set {
		if f.name == name {
			return "/docs/" + name + "?v=" + f.hash
		}
	}
	return ""
}

func (f staticFile) serve(w http.ResponseWriter, r *http.Request) {
	keep := "no-cache"
	if r.URL.Query().Get("v") == f.hash {
		keep = "public, max-age=31536000, immutable"
	}
	w.Header().Set("Cache-Control", keep)
	w.Header().Set("Vary", "Accept-Encoding")
	send(w, r, f.contentType, f.packed)
}
