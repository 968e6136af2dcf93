package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"

	"github.com/yipii/yipii/internal/web"
)

//go:embed static
var staticFiles embed.FS

// staticFile is a file that pages load.
type staticFile struct {
	name, contentType, hash string
	body                    []byte
}

// staticSet are the files that pages load. Their URLs carry a hash of the content, so that browsers keep them for good
// and load a changed one at once.
type staticSet []staticFile

func newStaticSet() staticSet {
	set := staticSet{
		{name: "app.css", contentType: "text/css; charset=utf-8"},
		{name: "app.js", contentType: "text/javascript; charset=utf-8"},
		{name: "signin.js", contentType: "text/javascript; charset=utf-8"},
		{name: "icon.svg", contentType: "image/svg+xml"},
	}
	for i := range set {
		body, err := staticFiles.ReadFile("static/" + set[i].name)
		if err != nil {
			panic(err) // it is embedded by the line above
		}
		sum := sha256.Sum256(body)
		set[i].body, set[i].hash = body, hex.EncodeToString(sum[:6])
	}
	return set
}

// Look is where the stylesheet and the picture are that other pages of the server share with these.
func (s *Service) Look() (style, icon string) {
	return s.static.url("app.css"), s.static.url("icon.svg")
}

func (set staticSet) url(name string) string {
	for _, f := range set {
		if f.name == name {
			return "/static/" + name + "?v=" + f.hash
		}
	}
	return ""
}

// routes declares a route for each file.
func (set staticSet) routes(r *web.Router) {
	for _, f := range set {
		r.Handle(web.Route{Method: http.MethodGet, Pattern: "/static/" + f.name, Access: web.Access{Public: true},
			ID: "page-static-" + f.name, Hidden: true}, f)
	}
}

// ServeHTTP serves the file. Under a URL with another hash, or none, it may be another file tomorrow.
func (f staticFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	keep := "no-cache"
	if r.URL.Query().Get("v") == f.hash {
		keep = "public, max-age=31536000, immutable"
	}
	h := w.Header()
	h.Set("Cache-Control", keep)
	h.Set("ETag", `"`+f.hash+`"`)
	if r.Header.Get("If-None-Match") == `"`+f.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	web.WriteBytes(w, http.StatusOK, f.contentType, f.body)
}
