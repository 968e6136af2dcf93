package server_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/jsonschema/v6"
)

// oddRequests is how many odd requests each operation gets, unless YIPII_TEST_ODD_REQUESTS says so.
const oddRequests = 60

// TestOddRequests sends every described operation requests that are drawn from the description, most of them wrong in some
// place. No answer is an error of ours, and each is as the description says: its status, its type and its body.
//
// YIPII_TEST_ODD_REQUESTS sets how many each operation gets; YIPII_TEST_ODD_SEED repeats a run.
func TestOddRequests(t *testing.T) {
	count, seed := oddRequests, rand.Uint64()
	if text := os.Getenv("YIPII_TEST_ODD_REQUESTS"); text != "" {
		n, err := strconv.Atoi(text)
		must(t, err)
		count = n
	}
	if text := os.Getenv("YIPII_TEST_ODD_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		must(t, err)
		seed = n
	}
	c := newOddClient(t, seed)
	for range count {
		for _, op := range c.operations {
			c.send(op)
			if len(c.found) > 60 {
				break
			}
		}
	}
	for what, request := range c.found {
		t.Errorf("%s\n%s", what, request)
	}
	if t.Failed() {
		t.Logf("YIPII_TEST_ODD_SEED=%d", seed)
	}
	sent, good := 0, 0
	for _, op := range c.operations {
		sent, good = sent+op.sent, good+op.good
		if op.good == 0 && count >= 300 && !slices.Contains(mayFail, op.id) {
			t.Errorf("%s: not one of %d requests was taken: its statuses are %v", op.id, op.sent, op.statuses)
		}
	}
	if len(c.operations) < 100 || good < sent/10 {
		t.Errorf("%d operations got %d requests, of which %d were taken: this proves too little", len(c.operations), sent, good)
	}
	t.Logf("%d operations got %d requests, of which %d were taken", len(c.operations), sent, good)
}

// operation is one of the description.
type operation struct {
	id, method, path string
	doc              object
	pointer          string // to it, in the description
	sent, good       int
	statuses         map[int]int
}

// turn is when in a round the operation is called.
func (op *operation) turn() int {
	switch {
	case op.method == "DELETE" || strings.HasPrefix(op.id, "revoke"):
		return 4
	case op.method == "PATCH":
		return 3
	case op.method == "GET":
		return 2
	}
	return min(1, strings.Count(strings.Replace(op.path, "{account_key}", "", 1), "{"))
}

// mayFail are operations that take no request here: nobody is asked for addresses, nothing looks for alerts, and nothing makes
// the files of reports.
var mayFail = []string{"get-address", "get-alert", "acknowledge-alert", "link-report", "download-report", "download-report-by-link"}

// oddClient sends odd requests to a whole server and looks at the answers.
type oddClient struct {
	dice
	t          *testing.T
	handler    http.Handler
	log        *logBuffer
	compiler   *jsonschema.Compiler
	compiled   map[string]*jsonschema.Schema
	operations []*operation
	shared     object // answers that several operations have, by name
	clientID   string
	secret     string
	token      string
	address    string              // where requests come from
	known      map[string][]string // ids by the path of their collection, which they are made at
	found      map[string]string   // what is wrong with an answer, and a request that it was given to
}

func newOddClient(t *testing.T, seed uint64) *oddClient {
	log := &logBuffer{}
	h, id, secret, _ := wholeServer(t, log)
	c := &oddClient{t: t, address: "192.0.2.1:1", handler: h, log: log, clientID: id, secret: secret, compiled: map[string]*jsonschema.Schema{}, known: map[string][]string{}, found: map[string]string{}}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	answer := c.do("POST", "/oauth/token", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form.Encode())
	must(t, json.Unmarshal(answer.body.Bytes(), &token))
	c.token = token.AccessToken

	text := c.do("GET", "/openapi.json", nil, "").body.Bytes()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	must(t, err)
	c.compiler = jsonschema.NewCompiler()
	c.compiler.AssertFormat()
	must(t, c.compiler.AddResource("https://iot.example/openapi.json", doc))
	var described object
	must(t, json.Unmarshal(text, &described)) // numbers as float64, unlike the compiler's
	c.dice = dice{rand.New(rand.NewPCG(seed, 0)), described["components"].(object)["schemas"].(object)}
	c.shared = described["components"].(object)["responses"].(object)
	for path, methods := range described["paths"].(object) {
		for method, op := range methods.(object) {
			o := op.(object)
			c.operations = append(c.operations, &operation{id: o["operationId"].(string), method: strings.ToUpper(method), path: path, doc: o, statuses: map[int]int{},
				pointer: "/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" + method})
		}
	}
	// Making before reading before deleting, so that there is something to read and to delete.
	slices.SortFunc(c.operations, func(a, b *operation) int {
		if a.turn() == 4 && b.turn() == 4 {
			return strings.Compare(b.path, a.path) // one record before all of them
		}
		return cmp.Or(a.turn()-b.turn(), strings.Compare(a.path, b.path), strings.Compare(a.method, b.method))
	})
	return c
}

// send draws a request of an operation, sends it, and looks at the answer.
func (c *oddClient) send(op *operation) {
	odd := pick(c.dice, 0, 0, 8, 20) // how odd this request is: not at all, much, a little
	path, at, id := c.path(op, odd)
	header := http.Header{}
	query := c.parameters(op, odd, header)
	body := c.body(op, odd, header)
	c.authorize(op, odd, id, header)
	if odd > 0 && c.oneIn(20) {
		header[pick(c.dice, "Accept", "Accept-Encoding", "X-Request-Id", "X-Forwarded-For", "If-Match", "If-None-Match", "Range", "Origin", "Content-Type", "User-Agent", "Expect", "Last-Event-ID")] = []string{c.oddText()}
	}
	target := path
	if query != "" {
		target += "?" + query
	}
	c.log.clear()
	c.address = fmt.Sprintf("10.%d.%d.1:1", c.IntN(256), c.IntN(256)) // not one that is held back for what others tried
	a := c.do(op.method, target, header, body)
	op.sent++
	op.statuses[a.status]++
	if wrong := c.look(op, a); wrong != "" {
		if _, known := c.found[wrong]; !known {
			c.found[wrong] = fmt.Sprintf("  %s %.500q %v\n  %.1000q\n  → %d %v %.600s\n  %.1500s", op.method, target, without(header, "Authorization"), body, a.status, a.header, a.body.String(), c.log.String())
		}
	}
	if a.status/100 == 2 || a.status == http.StatusNotModified {
		op.good++
		c.learn(op, path, at, id, a)
	}
	if a.status == http.StatusUnauthorized && c.do("GET", "/api/user", http.Header{"Authorization": {"Bearer " + c.token}}, "").status == http.StatusUnauthorized {
		c.t.Fatalf("%s %q took the test's own credential away", op.method, target)
	}
}

func without(h http.Header, name string) http.Header {
	h = h.Clone()
	h.Del(name)
	return h
}

// path fills in the parameters of an operation's path, with records that there are for most of them. It answers the path as it
// is sent, that of the last record's collection, and the record.
func (c *oddClient) path(op *operation, odd int) (path, collection, id string) {
	segments := strings.Split(op.path, "/")
	for i, segment := range segments {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		at := strings.Join(segments[:i], "/")
		ids := c.known[at]
		switch {
		case odd > 0 && c.oneIn(15):
			segments[i] = url.PathEscape(pick(c.dice, c.oddText(), strconv.FormatUint(c.Uint64(), 10), strconv.Itoa(100+c.IntN(900))))
			if strings.Trim(segments[i], ".") == "" {
				segments[i] = "%20" // the mux cleans a path, and would redirect
			}
		case segment == "{account_key}":
			segments[i] = "acme"
		case len(ids) > 0:
			segments[i] = pick(c.dice, ids[max(0, len(ids)-5):]...)
		default:
			segments[i] = "4711"
		}
		collection, id = at, segments[i]
	}
	return strings.Join(segments, "/"), collection, id
}

// parameters draws the query, and puts parameters that are headers into header.
func (c *oddClient) parameters(op *operation, odd int, header http.Header) string {
	list, _ := op.doc["parameters"].([]any)
	var query []string
	add := func(name, value string) { query = append(query, url.QueryEscape(name)+"="+url.QueryEscape(value)) }
	for _, p := range list {
		p := p.(object)
		name, in := p["name"].(string), p["in"].(string)
		if in == "path" || p["required"] != true && !c.oneIn(4) {
			continue
		}
		value := ""
		switch v := c.value(p["schema"].(object), 0, 0).(type) {
		case string:
			value = v
		default:
			value = string(appendJSON(nil, v))
		}
		if name == "account_name" {
			value = "acme"
		}
		if odd > 0 && c.oneIn(odd) {
			value = c.oddText()
		}
		if in == "header" {
			if name == "If-Match" && c.oneIn(2) {
				value = "*"
			}
			header[http.CanonicalHeaderKey(name)] = []string{value}
			continue
		}
		add(name, value)
		if odd > 0 && c.oneIn(20) {
			add(name, c.oddText())
		}
	}
	if odd > 0 && c.oneIn(30) {
		query = append(query, pick(c.dice, "%zz", ";", "a;b", "=", "&&", "unknown=1", "page", "access_token=x", "page[]=1", strings.Repeat("a=b&", 3000)))
	}
	return strings.Join(query, "&")
}

// body draws a body of a type that the operation takes.
func (c *oddClient) body(op *operation, odd int, header http.Header) string {
	request, _ := op.doc["requestBody"].(object)
	content, _ := request["content"].(object)
	if content == nil {
		return ""
	}
	kinds := make([]string, 0, len(content))
	for kind := range content {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	kind := pick(c.dice, kinds...)
	header.Set("Content-Type", kind)
	media := content[kind].(object)
	drawn := c.value(media["schema"].(object), odd, 0)
	if example, ok := media["example"]; ok && c.oneIn(2) {
		drawn = example
	}
	if examples, ok := media["examples"].(object); ok && c.oneIn(2) {
		for _, e := range examples {
			drawn = e.(object)["value"]
		}
	}
	if o, ok := drawn.(object); ok {
		c.fill(op, o)
	}
	body := ""
	switch text, isText := drawn.(string); {
	case isText && kind != "application/json":
		body = text
	case kind == "application/x-www-form-urlencoded":
		form := url.Values{}
		if o, ok := drawn.(object); ok {
			for name, value := range o {
				form.Add(name, strings.Trim(string(appendJSON(nil, value)), `"`))
			}
		}
		body = form.Encode()
	default:
		body = string(appendJSON(nil, drawn))
	}
	if odd == 0 || !c.oneIn(12) {
		return body
	}
	switch c.IntN(8) {
	case 0:
		return body[:c.IntN(len(body)+1)]
	case 1:
		return body + pick(c.dice, "x", "{}", "\x00", "\n\n", ",")
	case 2:
		header["Content-Type"] = []string{pick(c.dice, "", "text/plain", "application/json; charset=\xff", "a/b;;", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/csv", "application/x-ndjson")}
		return body
	case 3:
		header.Set("Content-Encoding", pick(c.dice, "gzip", "br", "gzip, gzip", "\xff"))
		return body
	case 4:
		return "\ufeff" + body
	case 5:
		return pick(c.dice, "", "null", "[]", "{", `"`, strings.Repeat("[", 100_000), strings.Repeat("9", 100_000), strings.Repeat(" ", 2<<20))
	case 6:
		return c.oddText()
	}
	return strings.Replace(body, `"`, "'", 1+c.IntN(3))
}

// fill puts what only the server knows into a body, so that some requests are taken.
func (c *oddClient) fill(op *operation, body object) {
	for field, collection := range map[string]string{"asset_id": "asset", "beacon_id": "beacon", "geofence_id": "geofence", "driver_id": "driver"} {
		if ids := c.known["/api/acme/"+collection]; body[field] != nil && len(ids) > 0 && !c.oneIn(5) {
			body[field] = raw(pick(c.dice, ids...))
		}
	}
	if ids := c.known["/api/acme/asset"]; body["asset_ids"] != nil && len(ids) > 0 && !c.oneIn(5) {
		body["asset_ids"] = []any{raw(ids[len(ids)-1])}
	}
	if body["account_name"] != nil && !c.oneIn(4) {
		body["account_name"] = "acme"
	}
	if body["date_from"] != nil && !c.oneIn(4) {
		body["date_from"], body["date_to"] = "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"
	}
	switch {
	case op.id == "issue-token" && !c.oneIn(4):
		body["client_id"], body["client_secret"] = c.clientID, c.secret
		delete(body, "scope")
	case op.id == "create-public-tracking-session" && !c.oneIn(4):
		body["pin"] = "4711"
	case op.id == "create-tracking-link" && !c.oneIn(4):
		body["pin"], body["until"] = "4711", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		delete(body, "show")
	case op.id == "update-tracking-link" && !c.oneIn(3):
		maps.DeleteFunc(body, func(name string, _ any) bool { return name != "name" })
	case strings.HasSuffix(op.id, "e-report-schedule") && !c.oneIn(3): // create and replace: their words are told in prose
		maps.Copy(body, object{"account_name": "acme", "type": "mileage", "format": "pdf", "every": "daily", "time": "06:30", "deliver": "webhook"})
		maps.DeleteFunc(body, func(name string, _ any) bool {
			return strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "_ids") || name == "day" || name == "recipients" || name == "priority"
		})
	case op.id == "authorize-channel" && !c.oneIn(4):
		body["socket_id"], body["channel_name"] = "1.2", "private-account.acme"
	}
}

// authorize shows the credential that the operation asks for.
func (c *oddClient) authorize(op *operation, odd int, id string, header http.Header) {
	switch {
	case odd > 0 && c.oneIn(30):
		header["Authorization"] = pick(c.dice, nil, []string{""}, []string{"Bearer"}, []string{"Bearer " + c.oddText()}, []string{"Basic " + c.oddText()}, []string{"Bearer a.b.c", "Bearer a.b.c"}, []string{"Bearer " + strings.Repeat("a", 9000)})
	case strings.HasPrefix(op.path, "/oauth/") && !strings.HasPrefix(op.path, "/oauth/personal"):
		if op.id != "issue-token" {
			r := http.Request{Header: header}
			r.SetBasicAuth(c.clientID, c.secret)
		}
	case op.id == "get-public-tracking-state":
		if tokens := c.known["session of "+id]; len(tokens) > 0 {
			header.Set("Authorization", "Bearer "+pick(c.dice, tokens...))
		}
	default:
		header.Set("Authorization", "Bearer "+c.token)
	}
}

// learn remembers what was made, and forgets what was deleted.
func (c *oddClient) learn(op *operation, path, at, id string, a oddAnswer) {
	if op.method == "DELETE" && strings.HasSuffix(op.path, "}") {
		c.known[at] = slices.DeleteFunc(c.known[at], func(known string) bool { return known == id })
		return
	}
	var made struct {
		Data  json.RawMessage
		Token json.RawMessage
	}
	var record struct {
		ID       json.RawMessage
		ClientID string `json:"client_id"`
		URL      string
	}
	if op.method != "POST" && op.method != "GET" || json.Unmarshal(a.body.Bytes(), &made) != nil {
		return
	}
	if op.id == "create-public-tracking-session" {
		c.known["session of "+id] = []string{strings.Trim(string(made.Token), `"`)}
		return
	}
	if op.id == "create-personal-access-token" {
		made.Data = made.Token
	}
	if op.id == "generate-report" {
		path, made.Data = strings.TrimSuffix(path, "/generate"), a.body.Bytes()
	}
	var several []json.RawMessage
	if json.Unmarshal(made.Data, &several) == nil && len(several) > 0 {
		made.Data = several[c.IntN(len(several))]
	}
	if json.Unmarshal(made.Data, &record) != nil {
		return
	}
	if op.id == "test-webhook" {
		path = strings.TrimSuffix(path, "test") + "delivery"
	}
	if id := strings.Trim(string(record.ID), `"`); id != "" {
		if op.id != "list-members" || id != "1" { // who owns the test's own credential
			c.known[path] = append(c.known[path], id)
		}
	} else if record.ClientID != "" && op.id == "create-client" {
		c.known[path] = append(c.known[path], record.ClientID)
	}
	if op.id == "create-tracking-link" && record.URL != "" {
		links := "/api/public/tracking"
		c.known[links] = append(c.known[links], record.URL[strings.LastIndex(record.URL, "/")+1:])
	}
}
