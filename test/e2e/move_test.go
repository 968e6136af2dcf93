package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
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
	file := strings.TrimPrefix(in.database, "sqlite:")
	in.environment = slices.DeleteFunc(slices.Clone(in.environment), func(v string) bool { return strings.HasPrefix(v, "YIPII_DATABASE_URL=") })
	settings, command := documentedMove(t, in.folder, target, file)
	said := string(in.run(command...))
	for _, want := range []string{"All of " + file + " is in ", "Give each node the server secret of " + file + ".secret"} {
		if !strings.Contains(said, want) {
			t.Errorf("it doesn't say %q:\n%s", want, said)
		}
	}
	in.run("--config", settings, "audit", "verify")

	nodes := [2]*installation{}
	for i := range nodes {
		nodes[i] = &installation{made: in.made, t: t, binary: in.binary, folder: t.TempDir(), database: target, log: in.log, flags: in.flags,
			environment: append(slices.Clone(in.environment), "YIPII_CONFIG="+settings)}
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

// documentedMove takes the settings and the command from the guide, for another database and other files: the name of the settings' file, and
// the words of the command behind yipii.
func documentedMove(t *testing.T, folder, target, file string) (settings string, command []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/operating.md")
	must(t, err)
	_, section, _ := strings.Cut(string(text), "### From SQLite to PostgreSQL\n")
	settings = filepath.Join(folder, "yipii.toml")
	for old, now := range map[string]string{"/var/lib/yipii/yipii.db": file, "/etc/yipii/yipii.toml": settings,
		"postgres://yipii:PASSWORD@db.example.com/yipii?sslmode=verify-full": target} {
		if !strings.Contains(section, old) {
			t.Fatalf("the guide does not name %s", old)
		}
		section = strings.ReplaceAll(section, old, now)
	}
	blocks := regexp.MustCompile("(?s)```(toml|sh)\n(.*?)```").FindAllStringSubmatch(section, 2)
	must(t, os.WriteFile(settings, []byte(blocks[0][2]), 0o600))
	_, line, _ := strings.Cut(strings.TrimSpace(blocks[1][2]), "sudo -u yipii yipii ")
	return settings, strings.Fields(line)
}

// settler is a customer whose server is moved.
type settler struct {
	t  *testing.T
	in *installation // the node that is called

	token, key, personal, revoked, public, publicToken, hookSecret, lastEvent string
	week                                                                      string // a range in a query that has what was driven
	cookie                                                                    *http.Cookie
	ids                                                                       map[string]string // of a record of each kind, by what comes before it in a path
	hooks                                                                     chan hook
	takesLater                                                                atomic.Bool // the other webhook's receiver
	later, laterSecret                                                        string      // that webhook
	secrets                                                                   []string
}

// hook is what a webhook's receiver got.
type hook struct {
	path   string
	header http.Header
	body   []byte
}

func newSettler(t *testing.T, in *installation) *settler {
	s := &settler{t: t, in: in, ids: map[string]string{}, hooks: make(chan hook, 1000)}
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
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		for data := " "; data != "" && !strings.Contains(data, "36.125"); {
			data, _ = events()
		}
	}()
	s.in = nodes[0]
	at := time.Now().Add(3 * time.Minute)
	s.until("the change is seen live", func() bool { // the other node may hear a little later that somebody follows here
		at = at.Add(time.Second)
		s.do("POST", moved+"position", s.token, `{"asset_id":`+s.ids[moved+"asset"]+`,"timestamp":`+quoted(at)+`,"latitude":36.125,"longitude":14.4}`)
		select {
		case <-seen:
			return true
		case <-time.After(time.Second):
			return false
		}
	})
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
	s.do("POST", moved+"webhook/"+s.ids[moved+"webhook"]+"/test", s.token, "")
	s.gets("/", s.hookSecret, "test")
	// What couldn't be delivered before the move: it would be tried again by and by.
	s.takesLater.Store(true)
	var list struct{ Data []struct{ ID json.Number } }
	must(s.t, json.Unmarshal([]byte(s.do("GET", moved+"webhook/"+s.later+"/delivery?per_page=100", s.token, "")), &list))
	oldest := list.Data[len(list.Data)-1].ID.String()
	s.do("POST", moved+"webhook/"+s.later+"/delivery/"+oldest+"/replay", s.token, "")
	s.gets("/later", s.laterSecret, s.ids["/api/v1/reports"])
}

// gets waits for a webhook that tells of something, signed with a secret from before the move.
func (s *settler) gets(path, secret, what string) {
	s.t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	must(s.t, err)
	for late := time.After(time.Minute); ; {
		select {
		case h := <-s.hooks:
			if h.path != path || !strings.Contains(string(h.body), what) {
				continue
			}
			if err := verifier.Verify(h.body, h.header); err != nil {
				s.t.Errorf("a webhook is signed otherwise: %v", err)
			}
			return
		case <-late:
			s.t.Fatalf("no webhook at %s tells of %s", path, what)
		}
	}
}
