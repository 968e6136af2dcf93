package server

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/web"
)

// TestRequestLineIsSlogs: the line that is written without slog reads as slog would have written it.
func TestRequestLineIsSlogs(t *testing.T) {
	rt := web.Route{Method: "GET", Pattern: "/api/{account_key}/asset"}
	req := &web.Request{ID: "0123abcd", ClientIP: netip.MustParseAddr("2001:db8::1"), AccountKey: "acme", Credential: "key:7"}
	clock := regexp.MustCompile(`"time":"[0-9T:.+Z-]+"`)
	line := func(status int, bySlog bool) string {
		var out bytes.Buffer
		log := NewLog(&out, "info", "json")
		if bySlog {
			log.requests = nil
		}
		newObserver(Config{}, log).lineOf(rt)(req, &recorder{status: status, bytes: 42}, time.Now(), 1500*time.Microsecond)
		if !clock.Match(out.Bytes()) {
			t.Errorf("no time in %s", out.String())
		}
		return clock.ReplaceAllString(out.String(), "")
	}
	for _, status := range []int{200, 503} {
		ours, slogs := line(status, false), line(status, true)
		if ours != slogs {
			t.Errorf("ours  %sslog's %s", ours, slogs)
		}
	}
}

// TestClientIP: only a trusted proxy's word is taken, and only back to the first hop that isn't one.
func TestClientIP(t *testing.T) {
	o := newObserver(Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, NewLog(&bytes.Buffer{}, "info", "json"))
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"203.0.113.5:1234", "198.51.100.1", "203.0.113.5"},
		{"10.0.0.1:1234", "", "10.0.0.1"},
		{"10.0.0.1:1234", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1234", `nonsense"`, "10.0.0.1"},
		{"10.0.0.1:1234", `fe80::1%a"b`, "fe80::1"},
		{"[::ffff:203.0.113.5]:1234", "", "203.0.113.5"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := o.clientIP(r).String(); got != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

// TestRequestContext: the deadline holds for who waits for it, and the request's facts are found.
func TestRequestContext(t *testing.T) {
	c := &requestContext{Context: context.Background(), deadline: time.Now().Add(20 * time.Millisecond)}
	c.request.ID = "x"
	if web.RequestID(context.WithValue(c, http.ServerContextKey, nil)) != "x" {
		t.Error("the request's facts are not found")
	}
	if c.Err() != nil {
		t.Error("ended before its time")
	}
	select {
	case <-c.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the deadline is not kept")
	}
	if c.Err() != context.DeadlineExceeded {
		t.Errorf("ended with %v", c.Err())
	}
	answered := &requestContext{Context: context.Background(), deadline: time.Now().Add(time.Hour)}
	child, cancel := context.WithCancel(answered)
	defer cancel()
	answered.end()
	<-child.Done()
	unasked := &requestContext{Context: context.Background(), deadline: time.Now().Add(time.Hour)}
	if unasked.end(); unasked.Done() != nil || unasked.timed == nil {
		t.Error("a timer was made after the end")
	}
}

// TestPanic: a handler's panic is one 500, one log line of it, and nothing of it in the answer.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	h := newObserver(Config{RequestTimeout: time.Minute}, NewLog(&log, "info", "json")).
		wrap(web.Route{Method: "GET", Pattern: "/x", Access: web.Access{Public: true}}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("inner words") }))
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/x?access_token=hidden", nil))
	if answer.Code != 500 || answer.Body.String() != `{"message":"Server Error"}`+"\n" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if !bytes.Contains(log.Bytes(), []byte("inner words")) || !bytes.Contains(log.Bytes(), []byte(`"status":500`)) || bytes.Contains(log.Bytes(), []byte("hidden")) {
		t.Errorf("log %s", log.String())
	}
}

// TestSecondText: times read as RFC 3339 with milliseconds, whichever second was asked before.
func TestSecondText(t *testing.T) {
	var s secondText
	zone := time.FixedZone("", 2*3600)
	for _, now := range []time.Time{time.Unix(1_700_000_000, 999_999_999), time.Unix(1_700_000_000, 0).UTC(), time.Unix(1_700_000_001, 7_000_000).In(zone), time.Unix(1_700_000_000, 41e6).In(zone)} {
		s = secondText{} // one log has one zone
		if got, want := string(s.append(nil, now)), now.Format("2006-01-02T15:04:05.000Z07:00"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		later := now.Add(11 * time.Millisecond)
		if got, want := string(s.append(nil, later)), later.Format("2006-01-02T15:04:05.000Z07:00"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
