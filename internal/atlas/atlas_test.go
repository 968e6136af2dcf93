package atlas

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+Pattern, Handler())
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, r)
	return answer
}

// TestFiles: each file comes with its type, is kept for good, and is the same packed and not.
func TestFiles(t *testing.T) {
	for name, contentType := range map[string]string{"live-map.js": "text/javascript; charset=utf-8", "maplibre-gl.mjs": "text/javascript; charset=utf-8",
		"maplibre-gl-worker.mjs": "text/javascript; charset=utf-8", "maplibre-gl.css": "text/css; charset=utf-8", "world.json": "application/json", "pusher.js": "text/javascript; charset=utf-8"} {
		plain, packed := ask(t, Path(name)), ask(t, Path(name), "Accept-Encoding", "br, gzip")
		if plain.Code != http.StatusOK || plain.Header().Get("Content-Type") != contentType || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, plain.Code, plain.Header())
		}
		reader, err := gzip.NewReader(packed.Body)
		if err != nil || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %v, %v", name, err, packed.Header())
		}
		if unpacked, err := io.ReadAll(reader); err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
			t.Errorf("%s is another file when it is packed: %v", name, err)
		}
		if answer := ask(t, Path(name), "If-None-Match", plain.Header().Get("ETag")); answer.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", name, answer.Code)
		}
	}
	for _, path := range []string{Path("no-such.js"), "/static/atlas/0/live-map.js", Path("world.json.gz")} {
		if answer := ask(t, path); answer.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
}

// TestLibraries: what pages load is small enough, names no other host to load from, and has its licence.
func TestLibraries(t *testing.T) {
	sum := 0
	for name, f := range files().files {
		sum += len(f.packed)
		if f.contentType == "" {
			t.Errorf("%s has no type", name)
		}
		if strings.Contains(string(f.plain), "sourceMappingURL=") && !strings.HasPrefix(name, "maplibre") {
			t.Errorf("%s names a source map", name)
		}
	}
	if sum > 700_000 {
		t.Errorf("all files have %d bytes packed", sum)
	}
	var world struct {
		Features []struct {
			Properties map[string]any
			Geometry   struct{ Type string }
		}
	}
	if err := json.Unmarshal(files().files["world.json"].plain, &world); err != nil || len(world.Features) < 150 || len(files().files["world.json"].plain) > 400_000 {
		t.Errorf("the outline has %d features in %d bytes: %v", len(world.Features), len(files().files["world.json"].plain), err)
	}
}

func TestPage(t *testing.T) {
	var b bytes.Buffer
	err := Page(&b, PageOptions{Title: `<b>"Van"`, Options: Options{Assets: []Asset{{ID: 7, Name: `</script>"'<img>`}}, Trail: true}})
	if err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"&lt;b&gt;", Path("live-page.js"), Path("live-map.css"), Path("maplibre-gl.css"), "asset_id"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the page: %s", want, text)
		}
	}
	for _, bad := range []string{"<b>", "<img", "style="} {
		if strings.Contains(text, bad) {
			t.Errorf("%s is in the page: %s", bad, text)
		}
	}
}

func TestContentSecurity(t *testing.T) {
	const tiles = "https://tiles.example.com:8443/a/{z}/{x}/{y}.png?key=1"
	if err := CheckTiles(tiles); err != nil {
		t.Error(err)
	}
	if got := ContentSecurity(tiles); strings.Count(got, " https://tiles.example.com:8443;") != 2 || strings.Contains(got, "unsafe") || !strings.Contains(got, "default-src 'none'") {
		t.Error(got)
	}
	if Referrer("") != "no-referrer" || Referrer(tiles) != "strict-origin" {
		t.Error("the hosts of tiles don't learn which site asks, or others do")
	}
	if got := ContentSecurity(""); strings.Contains(got, "http") {
		t.Error(got)
	}
	for _, bad := range []string{"http://t.example/{z}/{x}/{y}", "https://t.example/{z}/{x}", "https://{x}.example/{z}/{x}/{y}", "https:///{z}/{x}/{y}",
		"https://a:b@t.example/{z}/{x}/{y}", "https://t.example;script-src/{z}/{x}/{y}", "x"} {
		if err := CheckTiles(bad); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
