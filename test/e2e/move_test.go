package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/yipii/yipii/internal/testkit"
)

// TestMove is a server on SQLite that becomes two nodes on PostgreSQL: who calls it sees the same as before, with what they had before.
func TestMove(t *testing.T) {
	t.Parallel()
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.flags = []string{"--webhook-networks", "127.0.0.0/8", "--auth-failures", "0"}
	in.serve()
	s := newSettler(t, in)
	s.furnish()
	before := s.all()
	s.opens()
	cursor := s.field("GET", "/api/acme-logistics/position", s.token, "", "meta", "next_cursor")

	// The end is a power cut, with reports that wait.
	var waiting []string
	for i := range 12 {
		waiting = append(waiting, s.report(fmt.Sprintf("Report %d", i)))
	}
	s.refusedWhileServed()
	in.kill()

	target := testkit.StartPostgres(t, true).URL("yipii")
	environment, file := in.environment, strings.TrimPrefix(in.database, "sqlite:")
	in.environment = append(slices.Clone(environment), "YIPII_DATABASE_URL="+target)
	said := string(in.run("move", "--from", in.database))
	for _, want := range []string{"All of " + file + " is in ", "Copy " + file + ".secret to each node"} {
		if !strings.Contains(said, want) {
			t.Errorf("it doesn't say %q:\n%s", want, said)
		}
	}
	in.run("audit", "verify", "--server-secret-file", file+".secret")

	nodes := [2]*installation{}
	for i := range nodes {
		nodes[i] = &installation{made: in.made, t: t, binary: in.binary, folder: t.TempDir(), database: target, log: in.log, flags: in.flags,
			environment: append(slices.Clone(in.environment), "YIPII_SERVER_SECRET_FILE="+file+".secret")}
		nodes[i].serve()
	}
	for _, node := range nodes {
		s.in = node
		s.same(before, s.all())
		s.opens()
	}
	for i, id := range waiting {
		s.in = nodes[i%2]
		s.completed(id)
	}
	s.goesOn(nodes, cursor)
	in.secrets = append(in.secrets, s.secrets...)
}

// settler is a customer whose server is moved.
type settler struct {
	t  *testing.T
	in *installation // the node that is called

	token, key, personal, revoked, public, publicToken, hookSecret, lastEvent string
	week                                                                      string // a range in a query that has what was driven
	cookie                                                                    *http.Cookie
	ids                                                                       map[string]string // of a record of each kind, by what comes before it in a path
	hooks                                                                     chan *http.Request
	hookBodies                                                                chan string
	secrets                                                                   []string
}

func newSettler(t *testing.T, in *installation) *settler {
	s := &settler{t: t, in: in, ids: map[string]string{}, hooks: make(chan *http.Request, 1000), hookBodies: make(chan string, 1000)}
	s.token = in.token(in.made.ClientID, in.made.ClientSecret)
	s.week = url.Values{"from": {time.Now().Add(-20 * 24 * time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}}.Encode()
	return s
}

// do makes a request that must be answered with one of the statuses of success, and returns the answer.
func (s *settler) do(method, path, token, body string) string {
	s.t.Helper()
	status, text := s.in.call(method, path, token, body)
	if status < 200 || status > 299 {
		s.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return string(text)
}

// field is a value of an answer, at the end of a path of names.
func (s *settler) field(method, path, token, body string, names ...string) string {
	s.t.Helper()
	var value any
	text := s.do(method, path, token, body)
	must(s.t, json.Unmarshal([]byte(text), &value))
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	if number, ok := value.(float64); ok {
		return fmt.Sprintf("%.0f", number)
	}
	if value == nil {
		s.t.Fatalf("%s %s has no %v: %s", method, path, names, text)
	}
	return fmt.Sprint(value)
}

// record makes a record and keeps its id.
func (s *settler) record(path, body string) string {
	s.t.Helper()
	s.ids[path] = s.field("POST", path, s.token, body, "data", "id")
	return s.ids[path]
}

const moved = "/api/acme-logistics/"

// furnish makes something of each kind. Silence is long in coming to mean anything, so that statuses don't depend on the moment.
func (s *settler) furnish() {
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.hooks <- r
		s.hookBodies <- string(body)
	}))
	s.t.Cleanup(receiver.Close)
	hook := s.do("POST", moved+"webhook", s.token, fmt.Sprintf(`{"url":%q,"event_types":["alert.*","geofence.*","trip.*"]}`, receiver.URL))
	var made struct {
		Data struct {
			ID     json.Number
			Secret string
		}
	}
	must(s.t, json.Unmarshal([]byte(hook), &made))
	s.ids[moved+"webhook"], s.hookSecret = made.Data.ID.String(), made.Data.Secret

	asset := s.record(moved+"asset", `{"name":"Żebbuġ 🚚 1","tracker":"van-1","group":"North depot","type":"van"}`)
	other := s.field("POST", moved+"asset", s.token, `{"name":"Van 2","tracker":"van-2"}`, "data", "id")
	s.do("DELETE", moved+"asset/"+s.field("POST", moved+"asset", s.token, `{"name":"Gone"}`, "data", "id"), s.token, "") // its number is not given again
	s.ids[moved+"group"] = "1"
	beacon := s.record(moved+"beacon", `{"identity":"7cd9f407f95c","name":"Cold box","kind":"temperature","asset_id":`+asset+`}`)
	driver := s.record(moved+"driver", `{"name":"Ada Okafor","ibutton":"00000158FBA2","beacon_id":`+beacon+`}`)
	assignment := moved + "driver/" + driver + "/assignment"
	s.ids[assignment] = s.field("POST", assignment, s.token, `{"asset_id":`+asset+`}`, "data", "id")
	s.record(moved+"geofence", `{"name":"Depot","category":"home","geometry":{"type":"Point","coordinates":[14.4,35.9]},"radius":150.5}`)
	s.record(moved+"alert-rule", `{"name":"Too fast","type":"speed","severity":"critical","config":{"limit":50}}`)
	s.do("PUT", moved+"live-setting", s.token, `{"tier":"detailed"}`)
	s.do("PUT", moved+"report-setting", s.token, `{"time_zone":"Europe/Malta","units":"mi"}`)
	s.do("PATCH", moved+"trail-setting", s.token, `{"still_below":2.5,"offline_after":40000,"disconnected_after":80000}`)
	s.do("PATCH", moved+"trip-setting", s.token, `{"stop_after":240}`)
	s.do("POST", moved+"member", s.token, `{"email":"drew@acme.example","role":"viewer","limited_to":{"groups":["North depot"],"assets":[]}}`)
	s.positions(asset, other)

	s.ids[moved+"alert"] = s.first(moved + "alert")
	s.ids[moved+"webhook/"+s.ids[moved+"webhook"]+"/delivery"] = s.delivered()
	link := s.do("POST", moved+"tracking-link", s.token, `{"name":"Delivery 4711","asset_ids":[`+asset+`],"show":"trail","pin":"471100","until":`+quoted(time.Now().Add(48*time.Hour))+`}`)
	var public struct {
		Data struct {
			ID  json.Number
			URL string
		}
	}
	must(s.t, json.Unmarshal([]byte(link), &public))
	s.ids[moved+"tracking-link"], s.public = public.Data.ID.String(), public.Data.URL[strings.LastIndex(public.Data.URL, "/")+1:]
	s.publicToken = s.field("POST", "/api/public/tracking/"+s.public+"/session", "", `{"pin":"471100"}`, "token")

	s.ids["/api/v1/reports"] = s.report("Before")
	s.completed(s.ids["/api/v1/reports"])
	s.ids["/api/v1/report-schedules"] = s.field("POST", "/api/v1/report-schedules", s.token, `{"name":"Mileage","type":"mileage","format":"pdf","every":"monthly","day":1,"time":"06:30","deliver":"webhook"}`, "data", "id")
	s.credentials()
}

func quoted(at time.Time) string { return `"` + at.UTC().Format(time.RFC3339) + `"` }

// positions drives an asset six days ago, for trips and reports, and just now, fast, into a geofence and to a stand there: rules and geofences
// conclude nothing of the time before they were made. Another asset reports once.
func (s *settler) positions(asset, other string) {
	start := time.Now().Add(-6 * 24 * time.Hour)
	s.drive(asset, start, 10*time.Second, 400)
	s.do("POST", moved+"position", s.token, `{"asset_id":`+other+`,"timestamp":`+quoted(start.Add(-40*24*time.Hour))+`,"latitude":35.8,"longitude":14.5}`)
	_, _ = s.in.call("POST", moved+"position", s.token, `{"asset_id":`+other+`,"timestamp":"1999-01-01T00:00:00Z","latitude":35.8,"longitude":14.5}`) // set apart
	s.drive(asset, time.Now().Add(2*time.Second), time.Second, 40)
	s.until("an event of the live stream has an id", func() bool {
		answer, events := s.follow("")
		defer answer.Body.Close()
		_, s.lastEvent = events()
		return s.lastEvent != ""
	})
}

// drive sends positions at an interval, of which the second half stand.
func (s *settler) drive(asset string, from time.Time, every time.Duration, count int) {
	var list []string
	for i := range count {
		list = append(list, fmt.Sprintf(`{"asset_id":%s,"timestamp":%s,"latitude":%f,"longitude":14.4,"speed":%f,"heading":0,"altitude":12.5,"ignition":%v,"sensors":{"temp":4.25}}`,
			asset, quoted(from.Add(time.Duration(i)*every)), 35.9+0.0002*float64(max(count/2-i, 0)), 80.1*float64(1-2*i/count), i < count/2))
	}
	s.do("POST", moved+"position", s.token, "["+strings.Join(list, ",")+"]")
}

// follow opens the live stream, behind an event if it names one. events gives the next one.
func (s *settler) follow(last string) (answer *http.Response, events func() (data, id string)) {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", s.in.url+moved+"live", nil)
	must(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	answer, err = http.DefaultClient.Do(request)
	must(s.t, err)
	lines := bufio.NewScanner(answer.Body)
	return answer, func() (data, id string) {
		s.t.Helper()
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); {
			case name == "data":
				data = value
			case name == "id":
				id = value
			case name == "" && data != "":
				return data, id
			}
		}
		return "", ""
	}
}

// first is the id of the first record of a list.
func (s *settler) first(path string) string {
	s.t.Helper()
	var list struct{ Data []struct{ ID any } }
	must(s.t, json.Unmarshal([]byte(s.do("GET", path, s.token, "")), &list))
	if len(list.Data) == 0 {
		s.t.Fatalf("GET %s lists nothing", path)
	}
	return fmt.Sprint(list.Data[0].ID)
}

// delivered waits until the outbox is empty, and answers one of its deliveries.
func (s *settler) delivered() string {
	path := moved + "webhook/" + s.ids[moved+"webhook"] + "/delivery"
	s.until("all is delivered", func() bool { return !strings.Contains(s.do("GET", path, s.token, ""), `"waiting"`) })
	for len(s.hooks) > 0 {
		<-s.hooks
		<-s.hookBodies
	}
	return s.first(path)
}

func (s *settler) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not in a minute: %s\n%s", what, s.in.log)
		}
	}
}

// report asks for a report.
func (s *settler) report(title string) string {
	s.t.Helper()
	return s.field("POST", "/api/v1/reports/generate", s.token, fmt.Sprintf(`{"account_name":"acme-logistics","type":"mileage","format":"json","title":%q,"date_from":%s,"date_to":%s}`,
		title, quoted(time.Now().Add(-20*24*time.Hour)), quoted(time.Now().Add(-24*time.Hour))), "id")
}

func (s *settler) completed(id string) {
	s.t.Helper()
	s.until("the report is made", func() bool { return s.field("GET", "/api/v1/reports/"+id, s.token, "", "status") == "completed" })
}

// credentials makes one of each kind, and revokes one.
func (s *settler) credentials() {
	s.revoked = s.in.token(s.in.made.ClientID, s.in.made.ClientSecret)
	s.do("POST", "/oauth/revoke", "", url.Values{"token": {s.revoked}, "client_id": {s.in.made.ClientID}, "client_secret": {s.in.made.ClientSecret}}.Encode())
	var key struct{ Data map[string]any }
	must(s.t, json.Unmarshal([]byte(s.do("POST", moved+"api-key", s.token, `{"name":"Spreadsheet","scopes":["read:assets"]}`)), &key))
	s.key, _ = key.Data["key"].(string)
	s.personal = s.field("POST", "/oauth/personal-access-tokens", s.token, `{"name":"Laptop","scopes":["read:assets"]}`, "accessToken")
	form := url.Values{"email": {s.in.made.Email}, "password": {s.in.made.Password}}
	request, err := http.NewRequest("POST", s.in.url+"/login", strings.NewReader(form.Encode()))
	must(s.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := http.DefaultTransport.RoundTrip(request)
	must(s.t, err)
	answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == "__Host-yipii" {
			s.cookie = c
		}
	}
	if s.key == "" || s.personal == "" || s.cookie == nil {
		s.t.Fatalf("key %v, token %v, cookie %v: %s", s.key != "", s.personal != "", s.cookie != nil, answer.Status)
	}
	s.secrets = append(s.secrets, s.key, s.cookie.Value, s.revoked, s.publicToken, s.hookSecret)
}

// apart are the GET routes that can't be the same at two moments, or that are asked elsewhere here.
var apart = []string{
	"/api/v1/reports",                         // some are asked for in between
	"/api/v1/reports/{id}/file",               // by the link of a download
	"/api/public/tracking/{link}",             // by its token, see opens
	"/api/public/tracking/{link}/state",       // also
	"/api/{account_key}/address",              // of a provider
	"/api/{account_key}/live",                 // does not end, see goesOn
	"/api/{account_key}/position/osmand",      // writes
	"/.well-known/oauth-authorization-server", // settings alone, which differ in nothing
}

// used is what changes with each use of a credential.
var used = regexp.MustCompile(`"last_used(_at)?":("[^"]*"|null)`)

// all asks all GET routes that the API's description lists.
func (s *settler) all() map[string]string {
	s.t.Helper()
	var described struct{ Paths map[string]map[string]any }
	must(s.t, json.Unmarshal([]byte(s.do("GET", "/openapi.json", "", "")), &described))
	answers := map[string]string{}
	for pattern, operations := range described.Paths {
		if operations["get"] == nil || slices.Contains(apart, pattern) {
			continue
		}
		path := s.fill(pattern)
		answers[path] = used.ReplaceAllString(s.do("GET", path, s.token, ""), `"last_used":…`)
	}
	for _, more := range []string{"asset/" + s.ids[moved+"asset"] + "/trail?format=gpx", "asset/" + s.ids[moved+"asset"] + "/trail?tolerance=5", "position?limit=1", "asset?per_page=1"} {
		path := moved + more
		if strings.Contains(path, "trail") {
			path += "&" + s.week
		}
		answers[path] = s.do("GET", path, s.token, "")
	}
	return answers
}

// fill puts the ids of what was made into a path.
func (s *settler) fill(pattern string) string {
	path := strings.Replace(pattern, "{account_key}", "acme-logistics", 1)
	for {
		start, end := strings.Index(path, "{"), strings.Index(path, "}")
		if start < 0 {
			break
		}
		id := s.ids[path[:start-1]]
		if strings.HasSuffix(path[:start], "/client/") {
			id = s.in.made.ClientID
		}
		if strings.HasSuffix(path[:start], "/member/") {
			id = "1"
		}
		if id == "" {
			s.t.Fatalf("%s: nothing of the kind was made", pattern)
		}
		path = path[:start] + id + path[end+1:]
	}
	if strings.HasSuffix(path, "/trail") || strings.HasSuffix(path, "/trip") || strings.HasSuffix(path, "event") {
		path += "?" + s.week
	}
	return path
}

// same compares answers byte by byte.
func (s *settler) same(before, after map[string]string) {
	s.t.Helper()
	if len(before) < 50 || len(before) != len(after) {
		s.t.Errorf("%d answers before, %d after", len(before), len(after))
	}
	for path, want := range before {
		if got := after[path]; got != want {
			s.t.Errorf("GET %s\n%s\nwas\n%s", path, got, want)
		}
		if strings.Contains(want, `"data":[]`) && !strings.HasSuffix(path, "/oauth/personal-access-tokens") {
			s.t.Errorf("GET %s lists nothing: it proves nothing", path)
		}
	}
}

// refusedWhileServed: what is served isn't moved, as what comes in meanwhile would be lost.
func (s *settler) refusedWhileServed() {
	s.t.Helper()
	command := s.in.command("move", "--from", s.in.database)
	command.Env = append(slices.Clone(s.in.environment), "YIPII_DATABASE_URL=postgres://ann:hidden-password@127.0.0.1:1/yipii")
	said := &lockedBuffer{}
	command.Stderr = said
	if err := command.Run(); err == nil || !strings.Contains(said.String(), "stop the server") || strings.Contains(said.String(), "hidden-password") {
		s.t.Errorf("a move while the server runs: %v %s", err, said)
	}
}

// opens tries what was handed out before the move.
func (s *settler) opens() {
	s.t.Helper()
	for what, token := range map[string]string{"API key": s.key, "personal token": s.personal} {
		if status, body := s.in.call("GET", moved+"asset", token, ""); status != 200 {
			s.t.Errorf("the %s: %d %s", what, status, body)
		}
	}
	if status, _ := s.in.call("GET", moved+"asset", s.revoked, ""); status != 401 {
		s.t.Errorf("a token that was revoked: %d", status)
	}
	s.secrets = append(s.secrets, s.in.token(s.in.made.ClientID, s.in.made.ClientSecret))
	if got := s.do("GET", "/api/public/tracking/"+s.public+"/state", s.publicToken, ""); !strings.Contains(got, "35.9") {
		s.t.Errorf("the public link shows %s", got)
	}
	s.field("POST", "/api/public/tracking/"+s.public+"/session", "", `{"pin":"471100"}`, "token")

	page, err := http.NewRequest("GET", s.in.url+"/acme-logistics/asset", nil)
	must(s.t, err)
	page.AddCookie(s.cookie)
	answer, err := http.DefaultTransport.RoundTrip(page)
	must(s.t, err)
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != 200 || !strings.Contains(string(text), "Acme Logistics") {
		s.t.Errorf("the dashboard: %s %s", answer.Status, answer.Header.Get("Location"))
	}
}

// goesOn: what happens after the move follows on what was before. It is told by one node and seen on the other.
func (s *settler) goesOn(nodes [2]*installation, cursor string) {
	s.t.Helper()
	s.in = nodes[1]
	answer, events := s.follow(s.lastEvent)
	defer answer.Body.Close()
	s.in = nodes[0]
	s.do("POST", moved+"position", s.token, `{"asset_id":`+s.ids[moved+"asset"]+`,"timestamp":`+quoted(time.Now().Add(3*time.Minute))+`,"latitude":36.125,"longitude":14.4}`)
	for seen := ""; !strings.Contains(seen, "36.125"); {
		if seen, _ = events(); seen == "" {
			s.t.Fatal("the live stream has ended")
		}
	}
	s.in = nodes[1]
	s.until("the change is told", func() bool {
		list := s.do("GET", moved+"position?changed_since="+cursor, s.token, "")
		if strings.Count(list, `"status"`) > 1 {
			s.t.Fatalf("more than what has changed is told: %s", list)
		}
		return strings.Contains(list, "36.125")
	})
	next := s.field("POST", moved+"asset", s.token, `{"name":"Van 4"}`, "data", "id")
	if next != "4" {
		s.t.Errorf("the fourth asset has the number %s", next)
	}
	s.until("a webhook is delivered with the secret of before", func() bool {
		s.do("POST", moved+"webhook/"+s.ids[moved+"webhook"]+"/test", s.token, "")
		select {
		case r := <-s.hooks:
			verifier, err := standardwebhooks.NewWebhook(s.hookSecret)
			must(s.t, err)
			if err := verifier.Verify([]byte(<-s.hookBodies), r.Header); err != nil {
				s.t.Errorf("a webhook is signed otherwise: %v", err)
			}
			return true
		case <-time.After(time.Second):
			return false
		}
	})
}
