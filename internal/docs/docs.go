// Package docs serves the API description and its readable reference from the binary.
//
// /openapi.json is made from the declarations that serve the routes, so it can't tell of another API than the one
// that answers. /docs/api shows it with Swagger UI (folder swagger, Apache License 2.0, version 5.35.0, unchanged but
// for the source map line, and kept compressed), which asks no other host for anything; samples.js writes the examples beside
// each operation. /docs/postman.json is the same API as a collection for Postman and its like (collection.go). The package owns
// no table.
package docs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

//go:embed swagger/* api.html api.js api.css samples.js
var files embed.FS

// contentSecurity lets the page load what this server serves, and nothing else. Swagger UI sets style attributes.
const contentSecurity = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// assets are the files of the reference page, by their path below /docs/.
var assets = map[string]struct{ file, contentType string }{
	"api":                  {"api.html", "text/html; charset=utf-8"},
	"api.js":               {"api.js", "text/javascript; charset=utf-8"},
	"samples.js":           {"samples.js", "text/javascript; charset=utf-8"},
	"api.css":              {"api.css", "text/css; charset=utf-8"},
	"swagger-ui-bundle.js": {"swagger/swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"},
	"swagger-ui.css":       {"swagger/swagger-ui.css.gz", "text/css; charset=utf-8"},
}

// Routes declares the room's routes. Call it at any time: the description holds what is declared later too.
func Routes(r *web.Router) {
	public := web.Access{Public: true}
	describe := sync.OnceValues(func() ([]byte, error) { return r.OpenAPI(bearer.ScopeMeanings(), tags) })
	r.Handle(web.Route{Method: "GET", Pattern: "/openapi.json", Access: public, ID: "get-openapi", Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := describe()
			if err != nil {
				web.WriteError(w, req, err)
				return
			}
			web.WriteBytes(w, http.StatusOK, "application/json", body)
		}))
	r.Handle(web.Route{Method: "GET", Pattern: "/docs/postman.json", Access: public, ID: "get-collection", Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := describe()
			if err == nil {
				body, err = collect(body)
			}
			if err != nil {
				web.WriteError(w, req, err)
				return
			}
			web.WriteBytes(w, http.StatusOK, "application/json", body)
		}))
	for path, asset := range assets {
		body, err := files.ReadFile(asset.file)
		if err != nil {
			panic(err) // the file is embedded by the line above
		}
		id := "docs-" + strings.ReplaceAll(path, ".", "-")
		r.Handle(web.Route{Method: "GET", Pattern: "/docs/" + path, Access: public, ID: id, Hidden: true},
			http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				w.Header().Set("Content-Security-Policy", contentSecurity)
				w.Header().Set("Referrer-Policy", "no-referrer")
				if strings.HasSuffix(asset.file, ".gz") {
					writePacked(w, req, asset.contentType, body)
					return
				}
				web.WriteBytes(w, http.StatusOK, asset.contentType, body)
			}))
	}
}

// writePacked answers with a gzipped body as it is; who can't read that gets it unpacked.
func writePacked(w http.ResponseWriter, r *http.Request, contentType string, packed []byte) {
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		web.WriteBytes(w, http.StatusOK, contentType, packed)
		return
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		var body []byte
		if body, err = io.ReadAll(unpacked); err == nil {
			web.WriteBytes(w, http.StatusOK, contentType, body)
			return
		}
	}
	web.WriteError(w, r, err)
}
