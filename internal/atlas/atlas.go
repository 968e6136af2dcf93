package atlas

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed static/* lib/*.gz
var embedded embed.FS

// Pattern is where the files are served, as http.ServeMux takes it. The version stands in the path, so that the modules
// find each other by relative paths and a browser never mixes those of two releases.
const Pattern = "/static/atlas/{version}/{file}"

// file is one file, as it is and compressed.
type file struct {
	contentType   string
	plain, packed []byte
}

// library is all files, and the hash of their content.
type library struct {
	version string
	files   map[string]file
}

// files reads the embedded files once.
var files = sync.OnceValue(func() library {
	l := library{files: map[string]file{}}
	for _, folder := range []string{"static", "lib"} {
		entries, err := fs.ReadDir(embedded, folder)
		if err != nil {
			panic(err) // it is embedded by the lines above
		}
		for _, entry := range entries {
			body, err := fs.ReadFile(embedded, folder+"/"+entry.Name())
			if err != nil {
				panic(err)
			}
			name, packed := strings.CutSuffix(entry.Name(), ".gz")
			l.files[name] = newFile(name, body, packed)
		}
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		sum.Write([]byte(name))
		sum.Write(l.files[name].plain)
	}
	l.version = hex.EncodeToString(sum.Sum(nil)[:6])
	return l
})

func newFile(name string, body []byte, packed bool) file {
	f := file{plain: body, packed: body, contentType: map[string]string{".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
		".css": "text/css; charset=utf-8", ".json": "application/json"}[path.Ext(name)]}
	if packed {
		unpacked, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			f.plain, err = io.ReadAll(unpacked)
		}
		if err != nil {
			panic(err) // make libraries writes what can be read
		}
		return f
	}
	var b bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one that there is
	_, _ = writer.Write(body)                                  // a buffer takes all
	_ = writer.Close()
	f.packed = b.Bytes()
	return f
}

// Path is the address of a file, such as "live-page.js".
func Path(name string) string { return "/static/atlas/" + files().version + "/" + name }

// Handler serves the files, below [Pattern].
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := files()
		f, known := l.files[r.PathValue("file")]
		h := w.Header()
		if !known || r.PathValue("version") != l.version {
			h.Set("Cache-Control", "no-store") // another release may have it
			http.Error(w, "Not found.", http.StatusNotFound)
			return
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", `"`+l.version+`"`)
		h.Set("Vary", "Accept-Encoding")
		if r.Header.Get("If-None-Match") == `"`+l.version+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := f.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = f.packed
		}
		h.Set("Content-Type", f.contentType)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a browser that went away needs no answer
		}
	})
}
