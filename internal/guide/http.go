package guide

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"

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
	// Reader finds the account key of who is signed in and asks, "" for all others. nil: nobody is ever signed in.
	Reader func(*http.Request) string
}

// Service serves the guides.
type Service struct {
	Options
	static staticSet
	book   func() (*book, error)
}

// New makes the service. The guides are rendered when the first is asked for.
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
	for _, slug := range Slugs() {
		add(PathOf(slug), slug, s.servePage(slug))
		add(markdownPath(slug), slug+"-md", s.serveText("text/markdown; charset=utf-8", func(b *book) sheet { return b.markdown[slug] }))
	}
	add("/docs/{$}", "slash", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/docs")
		w.WriteHeader(http.StatusMovedPermanently)
	})
	add("/docs/search.json", "search", s.serveText("application/json", func(b *book) sheet { return b.index }))
	add("/llms.txt", "llms", s.serveText("text/plain; charset=utf-8", func(b *book) sheet { return b.summary }))
	for _, f := range s.static {
		add("/docs/"+f.name, "static-"+f.name, f.serve)
	}
}

// servePage shows a guide. For who is signed in it holds their account key, so it is theirs alone.
func (s *Service) servePage(slug string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := s.book()
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurity)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding, Cookie")
		key := s.reader(r)
		if key == "" {
			h.Set("Cache-Control", "no-cache")
			send(w, r, htmlType, b.pages[slug])
			return
		}
		whole, err := b.pages[slug].unpack()
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		h.Set("Cache-Control", "private, no-store")
		web.WriteBytes(w, http.StatusOK, htmlType, personal(whole, slug, key))
	}
}

const htmlType = "text/html; charset=utf-8"

// stranger is what a page says to who isn't signed in.
func stranger(slug string) string {
	return `<a href="/login?next=` + url.QueryEscape(PathOf(slug)) + `">Sign in</a><span> to see your account key in the samples</span>`
}

// personal is a page for who is signed in to an account.
func personal(page []byte, slug, key string) []byte {
	safe := html.EscapeString(key)
	page = bytes.Replace(page, []byte(stranger(slug)), []byte(`<span>The samples are for </span><a href="/`+safe+`/">`+safe+`</a>`), 1)
	return bytes.ReplaceAll(page, []byte(exampleKey), []byte(safe))
}

// serveText serves a text that is the same for everybody.
func (s *Service) serveText(contentType string, pick func(*book) sheet) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := s.book()
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		h.Set("Vary", "Accept-Encoding")
		send(w, r, contentType, pick(b))
	}
}

func (s *Service) reader(r *http.Request) string {
	if s.Reader == nil {
		return ""
	}
	return s.Reader(r)
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
	}
	for i := range set {
		body, err := files.ReadFile("static/" + set[i].name)
		if err != nil {
			panic(err) // it is embedded
		}
		sum := sha256.Sum256(body)
		set[i].packed, set[i].hash = pack(body), hex.EncodeToString(sum[:6])
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
