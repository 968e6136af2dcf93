package tracking

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"

	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

//go:embed static
var files embed.FS

// staticFile is a file that the page loads.
type staticFile struct {
	name, contentType, hash string
	body                    []byte
}

func staticFiles() []staticFile {
	set := []staticFile{{name: "page.css", contentType: "text/css; charset=utf-8"}, {name: "page.js", contentType: "text/javascript; charset=utf-8"},
		{name: "map.js", contentType: "text/javascript; charset=utf-8"}}
	for i := range set {
		body, err := files.ReadFile("static/" + set[i].name)
		if err != nil {
			panic(err) // it is embedded by the lines above
		}
		sum := sha256.Sum256(body)
		set[i].body, set[i].hash = body, hex.EncodeToString(sum[:6])
	}
	return set
}

// ServeHTTP serves the file, which may be another one tomorrow unless its URL has the hash of this one.
func (f staticFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == f.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	web.WriteBytes(w, http.StatusOK, f.contentType, f.body)
}

func (s *Service) fileURL(name string) string {
	for _, f := range s.static {
		if f.name == name {
			return "/t/" + name + "?v=" + f.hash
		}
	}
	return ""
}

// Map says how the page's map is drawn and followed.
type Map struct {
	LiveKey     string // the app key of live tracking
	Tiles       string // as atlas takes it; "" for the outline of the world
	Attribution string
}

// text is what the page's script reads.
func (m Map) text() (string, error) {
	b, err := json.Marshal(map[string]string{"key": m.LiveKey, "tiles": m.Tiles, "attribution": m.Attribution,
		"map": atlas.Path("live-map.js"), "link": atlas.Path("live-map-link.js")})
	return string(b), err
}

// contentSecurity lets the page load what this server serves and the map's tiles, and no form go anywhere: the script sends the PIN.
func (s *Service) contentSecurity(framedBy string) string {
	return strings.NewReplacer("form-action 'self'", "form-action 'none'", "frame-ancestors 'none'", "frame-ancestors "+framedBy).Replace(atlas.ContentSecurity(s.Map.Tiles))
}

// Pages declares the page of a link, and the same for other sites' frames. r is a router of its own, made by [web.NewPages] with
// Present: beside the accounts' pages /{account_key}/… these patterns would be ambiguous. No account key is as short as "t".
func (s *Service) Pages(r *web.Router) {
	add := func(pattern, id string, h http.Handler) {
		r.Handle(web.Route{Method: http.MethodGet, Pattern: pattern, Access: web.Access{Public: true}, ID: id, Hidden: true}, h)
	}
	add("/t/{link}", "page-tracking", s.servePage("'none'"))
	// Everybody may frame this one: it shows what everybody may see who has the link, sets no cookie and takes no change.
	add("/t/{link}/embed", "page-tracking-embed", s.servePage("*"))
	for _, f := range s.static {
		add("/t/"+f.name, "page-tracking-"+f.name, f) // a link's token has no dot
	}
}

// view is what the template shows.
type view struct {
	Title, Message string
	Link           string // "" where there is nothing to open
	PIN            bool
	Style, Script  string
	MapStyles      []string
	MapScript, Map string
	Embedded       bool
}

func (s *Service) servePage(framedBy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		err := s.ask(ctx)
		var l *Link
		if err == nil {
			l, err = s.opened(ctx, r.PathValue("link"))
		}
		if err != nil {
			s.present(w, r, err, framedBy)
			return
		}
		status, v := s.viewOf(l, r.PathValue("link"))
		v.Embedded = framedBy == "*"
		s.show(w, status, v, framedBy)
	})
}

// viewOf is the page of a link. A page holds no positions: the script asks for them with a session.
func (s *Service) viewOf(l *Link, token string) (status int, v view) {
	switch known := s.statusOf(l); {
	case known.Status == Active:
		v = view{Title: "Live tracking", Link: token, PIN: known.Access == PIN}
		if known.Name != nil {
			v.Title = *known.Name
		}
		return http.StatusOK, v
	case known.StartsAt != nil:
		return http.StatusOK, view{Title: "Not yet", Message: "This link begins to work on " + known.StartsAt.Format("2 January 2006, 15:04") + " UTC."}
	case known.Status == Expired:
		return http.StatusGone, view{Title: "This link has expired", Message: "Ask whoever sent it to you for another one."}
	}
	return http.StatusGone, view{Title: "This link was revoked", Message: "Whoever sent it to you has ended it."}
}

// Present shows a fault as a page. It is what a router of these pages answers with (see [web.NewPages]).
func (s *Service) Present(w http.ResponseWriter, r *http.Request, err error) {
	s.present(w, r, err, "'none'")
}

func (s *Service) present(w http.ResponseWriter, r *http.Request, err error, framedBy string) {
	f := fault.As(err)
	web.Note(r.Context(), f)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", web.RetrySeconds(f.RetryAfter))
	}
	if f.Allow != "" {
		w.Header().Set("Allow", f.Allow)
	}
	v := view{Title: "This did not work", Message: "Try again in a while."}
	switch f.Kind {
	case fault.NotFound:
		v = view{Title: "There is no such link", Message: "Check the address: it must be complete."}
	case fault.TooMany:
		v = view{Title: "Too many requests", Message: "Try again in a minute."}
	}
	s.show(w, web.StatusOf(f.Kind), v, framedBy)
}

// show answers with the page. The address of a link is its key: no other site learns it as a referrer, no search engine keeps it.
func (s *Service) show(w http.ResponseWriter, status int, v view, framedBy string) {
	v.Style, v.Script = s.fileURL("page.css"), s.fileURL("page.js")
	v.MapStyles, v.MapScript = []string{atlas.Path("maplibre-gl.css"), atlas.Path("live-map.css")}, s.fileURL("map.js")
	var body bytes.Buffer
	page, err := template.ParseFS(files, "static/page.html")
	if err == nil {
		v.Map, err = s.Map.text()
	}
	if err == nil {
		err = page.Execute(&body, v)
	}
	if err != nil {
		http.Error(w, "Server Error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", s.contentSecurity(framedBy))
	h.Set("Referrer-Policy", atlas.Referrer(s.Map.Tiles)) // the site's name at most, never the path
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", noStore)
	web.WriteBytes(w, status, "text/html; charset=utf-8", body.Bytes())
}
