package testkit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func ask(t testing.TB, routes http.Handler, method, path, body, header, tag string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if header != "" {
		r.Header.Set(header, tag)
	}
	answer := httptest.NewRecorder()
	routes.ServeHTTP(answer, r)
	return answer
}

// ETag reads a record and returns its tag. It fails t unless the record is answered 304, with that tag and no body, to who has it.
func ETag(t testing.TB, routes http.Handler, path string) string {
	t.Helper()
	answer := ask(t, routes, "GET", path, "", "", "")
	tag := answer.Header().Get("ETag")
	if answer.Code != http.StatusOK || tag == "" {
		t.Fatalf("GET %s: %d, ETag %q", path, answer.Code, tag)
	}
	if same := ask(t, routes, "GET", path, "", "If-None-Match", `"x", W/`+tag); same.Code != http.StatusNotModified || same.Body.Len() > 0 || same.Header().Get("ETag") != tag {
		t.Errorf("GET %s not modified: %d %q, ETag %s", path, same.Code, same.Body, same.Header().Get("ETag"))
	}
	return tag
}

// Conditions holds a record at path to If-Match and If-None-Match, and deletes it. change is the body of a PATCH that changes it,
// with a %d for the number that makes it another change.
func Conditions(t testing.TB, routes http.Handler, path, change string) {
	t.Helper()
	want := func(status int, method, body, header, tag string) {
		t.Helper()
		if answer := ask(t, routes, method, path, body, header, tag); answer.Code != status {
			t.Errorf("%s %s %s with %s %s: %d, want %d: %s", method, path, body, header, tag, answer.Code, status, answer.Body)
		}
	}
	first := ETag(t, routes, path)
	want(http.StatusPreconditionFailed, "PATCH", fmt.Sprintf(change, 0), "If-Match", `"99"`)
	want(http.StatusPreconditionFailed, "DELETE", "", "If-Match", `"99"`)
	want(http.StatusOK, "PATCH", `{}`, "If-Match", first)
	want(http.StatusOK, "PATCH", `{}`, "If-Match", first) // a change of nothing is none

	// Of several who change what they have all seen, one does.
	var all sync.WaitGroup
	codes := make([]int, 4)
	for i := range codes {
		all.Go(func() { codes[i] = ask(t, routes, "PATCH", path, fmt.Sprintf(change, i+1), "If-Match", first).Code })
	}
	all.Wait()
	changed := 0
	for _, code := range codes {
		if code == http.StatusOK {
			changed++
		} else if code != http.StatusPreconditionFailed {
			t.Errorf("PATCH %s with If-Match: %d", path, code)
		}
	}
	if changed != 1 {
		t.Errorf("PATCH %s with If-Match: %d of %d went through", path, changed, len(codes))
	}
	want(http.StatusOK, "GET", "", "If-None-Match", first)
	second := ETag(t, routes, path)
	want(http.StatusPreconditionFailed, "DELETE", "", "If-Match", first)
	want(http.StatusNoContent, "DELETE", "", "If-Match", `"0", `+second)
	want(http.StatusNotFound, "GET", "", "If-None-Match", "*")
}
