package webhook

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/testkit"
)

// TestSignature is the example that the libraries of Standard Webhooks test themselves with.
func TestSignature(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	must(t, err)
	got := signature([][]byte{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

func TestWhereRequestsMayGo(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32"), netip.MustParsePrefix("::ffff:10.2.0.0/112")}
	for text, want := range map[string]string{ // by https and by http, with those networks allowed
		"8.8.8.8": "https", "1.1.1.1": "https", "172.15.255.255": "https", "172.32.0.0": "https", "100.63.255.255": "https", "100.128.0.0": "https",
		"2606:4700:4700::1111": "https", "2a00:1450:4001:81b::200e": "https", "::ffff:8.8.8.8": "https",
		"10.1.2.3": "both", "::ffff:10.1.2.3": "both", "fd00:1::5": "both", "10.2.255.255": "both",
		"0.0.0.0": "", "0.1.2.3": "", "10.0.0.1": "", "10.3.0.0": "", "127.0.0.1": "", "127.255.255.254": "", "169.254.169.254": "", "172.16.0.1": "", "172.31.255.255": "",
		"192.168.1.1": "", "100.64.0.1": "", "100.100.100.200": "", "192.0.0.192": "", "192.0.2.1": "", "198.18.0.1": "", "198.51.100.1": "", "203.0.113.1": "",
		"224.0.0.1": "", "239.255.255.250": "", "240.0.0.1": "", "255.255.255.255": "", "168.63.129.16": "",
		"::": "", "::1": "", "::ffff:127.0.0.1": "", "::ffff:169.254.169.254": "", "::127.0.0.1": "", "fe80::1": "", "fe80::1%eth0": "", "2606:4700::1%eth0": "",
		"fec0::1": "", "fc00::1": "", "fd00:ec2::254": "", "ff02::1": "", "64:ff9b::7f00:1": "", "64:ff9b:1::a00:1": "", "2002:7f00:1::": "", "2001:0:7f00:1::": "",
		"2001:db8::1": "", "3fff::1": "", "5f00::1": "", "100::1": "",
	} {
		addr := netip.MustParseAddr(text)
		got := map[[2]bool]string{{true, true}: "both", {true, false}: "https", {false, true}: "http", {}: ""}[[2]bool{mayReach(addr, false, allowed), mayReach(addr, true, allowed)}]
		if got != want {
			t.Errorf("%s may be reached by %q, want %q", text, got, want)
		}
		if bare := want == "both"; !bare && mayReach(addr, false, nil) != (want == "https") || mayReach(addr, true, nil) {
			t.Errorf("%s where nothing is allowed", text)
		}
	}
}

// TestForbiddenAddresses: nothing gets to a private address, by what name or form ever it is asked for.
func TestForbiddenAddresses(t *testing.T) {
	w, r := newWorld(t, testkit.SQLite(t)), newReceiver(t)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something arrived") }))
	defer secure.Close()
	t.Setenv("HTTPS_PROXY", r.server.URL)
	t.Setenv("HTTP_PROXY", r.server.URL)
	w.node.Allow(nil)
	port := secure.URL[strings.LastIndex(secure.URL, ":")+1:]
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]", "127.1", "2130706433", "0x7f.1", "localhost."} {
		got := w.node.client.send(t.Context(), &Webhook{URL: "https://" + host + ":" + port + "/", key: []byte("k")}, &claim{payload: "{}"}, w.clock.Now())
		if got.kind != kindForbidden && (got.kind != kindName || strings.Contains(host, "::") || host == "127.0.0.1" || host == "localhost") {
			t.Errorf("https://%s: %+v", host, got)
		}
		if got := w.node.client.send(t.Context(), &Webhook{URL: strings.Replace(r.server.URL, "127.0.0.1", host, 1), key: []byte("k")}, &claim{payload: "{}"}, w.clock.Now()); got.kind == "" {
			t.Errorf("http://%s: %+v", host, got)
		}
	}
	if len(r.messages()) > 0 {
		t.Errorf("%d messages arrived", len(r.messages()))
	}
	w.node.Allow([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	if got := w.node.client.send(t.Context(), &Webhook{URL: secure.URL, key: []byte("k")}, &claim{payload: "{}"}, w.clock.Now()); got.kind != kindTLS {
		t.Errorf("a certificate of nobody's: %+v", got)
	}
}

// TestAnswers: what receivers may answer, and what is kept of it.
func TestAnswers(t *testing.T) {
	w, r := newWorld(t, testkit.SQLite(t)), newReceiver(t)
	w.node.limits.timeout = 300 * time.Millisecond
	d := newDeliverer(w.node.Service)
	made, _ := w.webhook(r.server.URL)
	closed := httptest.NewServer(nil)
	closed.Close()
	elsewhere := newReceiver(t)
	for i, c := range []struct {
		name     string
		handler  http.HandlerFunc
		kind     string
		response int
		body     string
	}{
		{"long", func(out http.ResponseWriter, _ *http.Request) { fmt.Fprint(out, strings.Repeat("x", 5000)) }, "", 200, strings.Repeat("x", 1024)},
		{"bytes", func(out http.ResponseWriter, _ *http.Request) { out.Write([]byte("a\x00b\xff\x1b[0m\nc")) }, "", 200, "a b� [0m\nc"},
		{"redirect", func(out http.ResponseWriter, req *http.Request) {
			http.Redirect(out, req, elsewhere.server.URL, http.StatusTemporaryRedirect)
		}, kindRedirect, 307, ""},
		{"not found", func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(404) }, kindStatus, 404, ""},
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, kindConnect, 0, ""},
		{"silent", func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, kindTimeout, 0, ""},
		{"drip", func(out http.ResponseWriter, req *http.Request) {
			out.WriteHeader(200)
			fmt.Fprint(out, "slowly")
			out.(http.Flusher).Flush()
			<-req.Context().Done()
		}, kindTimeout, 200, "slowly"},
		{"huge header", func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("X-Long", strings.Repeat("x", 64<<10))
		}, kindConnect, 0, ""},
	} {
		r.answers(c.handler)
		w.tell(strconv.Itoa(i))
		must(t, d.turn(t.Context()))
		d.wait.Wait()
		must(t, d.turn(t.Context()))
		one, err := w.node.Delivery(t.Context(), w.acme, made.ID, w.log(made.ID)[i].ID)
		must(t, err)
		if one.Kind != c.kind || one.Response != c.response || one.Answer != c.body && c.name != "redirect" || one.Attempts != 1 {
			t.Errorf("%s: %+v", c.name, one)
		}
	}
	if len(elsewhere.messages()) > 0 {
		t.Error("a redirect was followed")
	}
	if got := w.node.client.send(t.Context(), &Webhook{URL: closed.URL, key: []byte("k")}, &claim{payload: "{}"}, w.clock.Now()); got.kind != kindConnect {
		t.Errorf("nobody listens: %+v", got)
	}
	if got := w.node.client.send(t.Context(), &Webhook{URL: "https://nobody.invalid", key: []byte("k")}, &claim{payload: "{}"}, w.clock.Now()); got.kind != kindName && got.kind != kindConnect {
		t.Errorf("no such name: %+v", got)
	}
}

// TestWait: each wait is its step, a fifth more or less, and never less than was asked for, up to an hour.
func TestWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempt := rapid.Int64Range(1, 12).Draw(t, "attempt")
		asked := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "asked"))
		random := rapid.Float64Range(0, 0.999).Draw(t, "random")
		got, again := wait(attempt, asked, random)
		if again != (attempt <= 9) {
			t.Fatalf("after attempt %d another one: %v", attempt, again)
		}
		if !again {
			return
		}
		step := schedule()[attempt-1]
		least, most := max(step*79/100, min(asked, longestAsked)), max(step*121/100, min(asked, longestAsked))
		if got < least || got > most {
			t.Fatalf("waits %v, want %v to %v", got, least, most)
		}
	})
	if !slices.IsSorted(schedule()) {
		t.Error("the schedule goes back")
	}
}

func TestMatches(t *testing.T) {
	for pattern, want := range map[string][]string{
		"*": {"alert.triggered", "trip.ended"}, "alert.*": {"alert.triggered"}, "trip.ended": {"trip.ended"}, "trip": nil, "trip.": nil, "trip*": nil, ".*": nil, "": nil, "**": nil, "trip.end*": nil,
	} {
		var got []string
		for _, kind := range []string{"alert.triggered", "trip.ended"} {
			if matches(pattern, kind) {
				got = append(got, kind)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q picks %v, want %v", pattern, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{"", "5", "-1", "99999999999999999999", now.Add(time.Minute).Format(http.TimeFormat), "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := retryAfter(text, now); got < 0 || got > longestAsked {
			t.Errorf("%q: %v", text, got)
		}
	})
}

// FuzzURL: what is taken for a URL leads to where it says: a request made of it has that host and no credentials.
func FuzzURL(f *testing.F) {
	for _, text := range []string{"https://example.com/a?b=c", "https://example.com:8443", "http://10.1.2.3/", "https://user@e.com", "https://e.com#f", "https://[fe80::1%25eth0]/", "https://e.com\\@f.com"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if urlFault(text, nil) != "" {
			return
		}
		req, err := http.NewRequest(http.MethodPost, text, nil)
		if err != nil || req.URL.Scheme != "https" || req.URL.Host == "" || req.URL.User != nil || req.URL.Fragment != "" || len(text) > maxURL {
			t.Errorf("%q is taken: %v", text, err)
		}
	})
}
