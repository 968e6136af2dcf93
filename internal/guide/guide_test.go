package guide

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/docs"
	"github.com/yipii/yipii/internal/web"
)

const publicURL = "https://iot.example.org:8443"

// site is the guides and the reference of the whole API alone, of which a reader is signed in who belongs to the accounts of the header
// Test-Accounts.
func site(t *testing.T) http.Handler {
	t.Helper()
	r := web.NewRouter(web.Info{Title: "Yipii IoT API", Version: "test"}, nil, nil)
	New(Options{PublicURL: publicURL + "/", Style: "/static/app.css", Icon: "/static/icon.svg",
		Reference: func() (*docs.Reference, error) { return docs.Refer(description(t)) },
		Reader: func(r *http.Request) *Reader {
			reader := &Reader{Name: "Nora"}
			for _, key := range strings.Fields(r.Header.Get("Test-Accounts")) {
				reader.Accounts = append(reader.Accounts, Account{Key: key, Name: "The account " + key, Role: "viewer"})
			}
			return reader
		}}).Routes(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// description is the API's, as the clients are made of it; a test of the server compares it with the one that is served.
func description(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../clients/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(text, []byte("https://iot.example"), []byte(publicURL))
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer
}

// TestPages: every guide is a page with its title, names this server in place of the example's, and is there as Markdown
// and in the files for programs.
func TestPages(t *testing.T) {
	h := site(t)
	llms := get(t, h, "/llms.txt").Body.String()
	for _, slug := range Slugs() {
		page, markdown := get(t, h, PathOf(slug)), get(t, h, "/docs/"+slug+".md")
		for name, answer := range map[string]*httptest.ResponseRecorder{"page": page, "Markdown": markdown} {
			if answer.Code != http.StatusOK || strings.Contains(answer.Body.String(), "yipii.example.com") {
				t.Errorf("%s: the %s has status %d, or names the example's host", slug, name, answer.Code)
			}
		}
		src, err := readSource(slug)
		if err != nil || src.title == "" || len(src.lead) < 40 {
			t.Errorf("%s: %v, title %q, first paragraph %q", slug, err, src.title, src.lead)
		}
		if !strings.HasPrefix(markdown.Body.String(), "# "+src.title+"\n") || markdown.Header().Get("Content-Type") != "text/markdown; charset=utf-8" {
			t.Errorf("%s: the Markdown begins %.40q as %s", slug, markdown.Body.String(), markdown.Header().Get("Content-Type"))
		}
		if csp := page.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: the policy is %q", slug, csp)
		}
		if slug != landing && !strings.Contains(llms, "("+publicURL+"/docs/"+slug+".md)") {
			t.Errorf("llms.txt has no %s", slug)
		}
	}
	if answer := get(t, h, "/docs/nothing"); answer.Code != http.StatusNotFound {
		t.Errorf("a guide that isn't there: %d", answer.Code)
	}
	if answer := get(t, h, "/docs/"); answer.Header().Get("Location") != "/docs" {
		t.Errorf("/docs/: %d %s", answer.Code, answer.Header().Get("Location"))
	}
}

// TestReadersAccount: who is signed in reads samples for their account, which no cache may keep; for others pages are the
// same, and have a tag.
func TestReadersAccount(t *testing.T) {
	h := site(t)
	anonymous := get(t, h, "/docs/quick-start")
	tag := anonymous.Header().Get("ETag")
	if body := anonymous.Body.String(); !strings.Contains(body, exampleKey) || !strings.Contains(body, `href="/login?next=%2Fdocs%2Fquick-start"`) || tag == "" {
		t.Errorf("tag %q, %.300s", tag, body)
	}
	if answer := get(t, h, "/docs/quick-start", "If-None-Match", tag); answer.Code != http.StatusNotModified {
		t.Errorf("with its tag: %d", answer.Code)
	}
	mine := get(t, h, "/docs/quick-start", "Test-Accounts", "north-star", "If-None-Match", tag)
	if body := mine.Body.String(); strings.Contains(body, exampleKey) || !strings.Contains(body, `YIPII_ACCOUNT_KEY=north-star`) || strings.Contains(body, "/login?next") {
		t.Errorf("%.600s", body)
	}
	if keep := mine.Header().Get("Cache-Control"); keep != "private, no-store" || mine.Header().Get("ETag") != "" {
		t.Errorf("it may be kept: %q, tag %q", keep, mine.Header().Get("ETag"))
	}
}

// TestSearchIndex: each place that the search knows is there.
func TestSearchIndex(t *testing.T) {
	h := site(t)
	var hits []hit
	if err := json.Unmarshal(get(t, h, "/docs/search.json").Body.Bytes(), &hits); err != nil {
		t.Fatal(err)
	}
	if len(hits) < 80 {
		t.Errorf("%d places only", len(hits))
	}
	pages := map[string]string{}
	for _, one := range hits {
		path, anchor, _ := strings.Cut(one.Path, "#")
		if pages[path] == "" {
			pages[path] = get(t, h, path).Body.String()
		}
		if one.Page == "" || anchor != "" && !strings.Contains(pages[path], `id="`+anchor+`"`) {
			t.Errorf("%+v is not there", one)
		}
	}
}

// TestAnchorsAreOne: no two places of a page have one name, as the second couldn't be gone to.
func TestAnchorsAreOne(t *testing.T) {
	h := site(t)
	id := regexp.MustCompile(` id="([^"]*)"`)
	paths := append(referencePaths(t), "/docs")
	for _, slug := range Slugs() {
		paths = append(paths, PathOf(slug))
	}
	for _, at := range paths {
		seen := map[string]bool{}
		for _, match := range id.FindAllStringSubmatch(get(t, h, at).Body.String(), -1) {
			if seen[match[1]] {
				t.Errorf("%s has two of #%s", at, match[1])
			}
			seen[match[1]] = true
		}
	}
}

// TestLinksOfPages: a link of a rendered guide, or of the reference, leads to a page of this server that there is, and to a heading that it has.
// Pages of other rooms are named here.
func TestLinksOfPages(t *testing.T) {
	h := site(t)
	others := map[string]bool{"/openapi.json": true, "/docs/postman.json": true, "/login": true, "/static/app.css": true, "/static/icon.svg": true}
	href := regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	pages := referencePaths(t)
	for _, slug := range Slugs() {
		pages = append(pages, PathOf(slug))
	}
	for _, at := range pages {
		body := get(t, h, at).Body.String()
		found := href.FindAllStringSubmatch(body, -1)
		for _, match := range found {
			address := strings.TrimPrefix(match[1], publicURL)
			path, anchor, _ := strings.Cut(address, "#")
			path, _, _ = strings.Cut(path, "?")
			if strings.Contains(path, "://") || others[path] {
				continue
			}
			to := body
			if path != "" {
				answer := get(t, h, path)
				if to = answer.Body.String(); answer.Code != http.StatusOK {
					t.Errorf("%s: %s is answered %d", at, match[1], answer.Code)
				}
			}
			if anchor != "" && !strings.Contains(to, `id="`+anchor+`"`) {
				t.Errorf("%s: %s has no such heading", at, match[1])
			}
		}
		if len(found) < 20 {
			t.Errorf("%s: %d links only", at, len(found))
		}
	}
}

// TestAuthenticationIsComplete: the guide that programs are written by has all of its parts, and shows how to get a token, use
// it and renew it in eight languages.
func TestAuthenticationIsComplete(t *testing.T) {
	body := get(t, site(t), "/docs/authentication").Body.String()
	for _, title := range []string{"OAuth2 client credentials flow", "Flow overview", "Obtaining tokens", "Token endpoint", "Request parameters", "Code examples",
		"Token response", "Using access tokens", "Account key", "Finding your account key", "Token management", "Token expiration", "Handling expired tokens",
		"Security best practices", "Do", "Don't", "Environment variable example", "Error responses", "Invalid credentials", "Expired token", "Next steps"} {
		if !strings.Contains(body, `id="`+Anchor(title)+`"`) {
			t.Errorf("there is no %q", title)
		}
	}
	for _, title := range []string{"Code examples", "Using access tokens", "Handling expired tokens"} {
		_, rest, _ := strings.Cut(body, `id="`+Anchor(title)+`"`)
		_, group, _ := strings.Cut(rest, `data-tabs="Language"`)
		group, _, _ = strings.Cut(group, "</div>")
		for _, language := range []string{"curl", "axios", "fetch", "php", "python", "go", "csharp", "java"} {
			if !strings.Contains(group, `data-tab="`+language+`"`) {
				t.Errorf("%s: nothing in %s", title, language)
			}
		}
	}
}

func TestRender(t *testing.T) {
	made, err := render("# One\n\nText.\n\n<!-- prints: x -->\n```sh run\ncurl 'a' # b\n```\n```python run\nreturn \"<\"\n```\n```json answer\n{}\n```\n\n## `Two` *and* more\n\n"+
		"[a](errors.md#x) [b](../Makefile) [c](https://example.org)\n\n```json answer\n{\"a\": 1}\n```\n", languages())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`data-tabs="Language"`, `data-tab="curl"><figcaption>curl<`, `<span class="s">&#39;a&#39;</span>`, `<span class="c"> # b</span>`,
		`<span class="k">return</span> <span class="s">&#34;&lt;&#34;</span>`, `<h2 id="two-and-more">`, `href="/docs/errors#x">a<`, ` b `, `href="https://example.org"`, `<figcaption>Answer<`} {
		if !strings.Contains(made.html, want) {
			t.Errorf("%s is missing in\n%s", want, made.html)
		}
	}
	for _, wrong := range []string{"prints", "Makefile"} {
		if strings.Contains(made.html, wrong) {
			t.Errorf("%s stands in\n%s", wrong, made.html)
		}
	}
	if strings.Count(made.html, "data-tabs") != 1 || len(made.parts) != 3 {
		t.Errorf("%d parts in\n%s", len(made.parts), made.html)
	}
}

func TestAddressed(t *testing.T) {
	const text = "https://yipii.example.com/docs and mqtt://yipii.example.com:1883"
	for url, want := range map[string]string{
		"http://127.0.0.1:8080":   "http://127.0.0.1:8080/docs and mqtt://127.0.0.1:1883",
		"https://iot.example.org": "https://iot.example.org/docs and mqtt://iot.example.org:1883",
		"http://[::1]:8080":       "http://[::1]:8080/docs and mqtt://[::1]:1883",
	} {
		if got := addressed(text, url); got != want {
			t.Errorf("%s: %s", url, got)
		}
	}
}
