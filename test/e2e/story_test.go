package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/client"
)

// caller is a program that calls the API through one of our clients. Each word that it is told is answered with a line.
type caller interface {
	say(word string) string
}

// TestTokenStory is the life of tokens in each of our clients, against the program: of many callers at once, one gets the
// token, and one the next when it is about to end, has ended or has been revoked; a wrong secret is told without being told.
func TestTokenStory(t *testing.T) {
	t.Parallel()
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.serve()
	stories := map[string]func(t *testing.T, environment []string) []caller{"go": goCallers, "typescript": nodeCallers, "php": phpCallers}
	keep := &sync.Mutex{} // of in.secrets
	for name, start := range stories {
		for lifetime, pause := range map[time.Duration]time.Duration{
			3 * time.Second: 3200 * time.Millisecond, // it has ended
			6 * time.Second: 5 * time.Second,         // it is in its last fifth, which is for getting the next one
		} {
			var made struct {
				ID     string `json:"client_id"`
				Secret string `json:"client_secret"`
			}
			must(t, json.Unmarshal(in.run("client", "create", "--account", "acme-logistics", "--name", name, "--token-lifetime", lifetime.String(), "--output", "json"), &made))
			in.secrets = append(in.secrets, made.Secret)
			t.Run(name+" "+lifetime.String(), func(t *testing.T) {
				t.Parallel()
				between := newBetween(t, in.url)
				s := &story{t: t, between: between, id: made.ID, secret: made.Secret, pause: pause}
				s.callers = start(t, []string{"YIPII_URL=" + between.url, "YIPII_CLIENT_ID=" + made.ID, "YIPII_CLIENT_SECRET=" + made.Secret})
				s.tell()
				keep.Lock()
				defer keep.Unlock()
				in.secrets = append(in.secrets, between.tokens...)
			})
		}
	}
}

type story struct {
	t          *testing.T
	callers    []caller
	between    *between
	id, secret string
	pause      time.Duration // after which a token is not used any more
}

func (s *story) tell() {
	t := s.t
	s.call("the first calls", 1)
	s.call("calls while the token is good", 1)
	time.Sleep(s.pause)
	s.call("calls when its time is over", 2)
	form := url.Values{"token": {s.between.last()}, "client_id": {s.id}, "client_secret": {s.secret}}
	res, err := http.PostForm(s.between.server+"/oauth/revoke", form)
	must(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("revoke: %d", res.StatusCode)
	}
	s.call("calls after it was revoked", 3)
	s.between.busy()
	s.call("calls while the server is busy", 3, 4) // the second that it asks for may be the token's last
	before := s.between.count()
	said := s.callers[0].say("wrong")
	if !strings.HasPrefix(said, "error 401 invalid_client ") || !strings.Contains(said, "Client authentication failed") {
		t.Errorf("a wrong secret: %s", said)
	}
	if n := s.between.count() - before; n != 1 {
		t.Errorf("a wrong secret was tried %d times", n)
	}
	said += s.callers[0].say("show")
	for _, secret := range append(s.between.tokens, s.secret) {
		if strings.Contains(said, secret) {
			t.Errorf("a secret or a token is shown: %s", said)
		}
	}
	if !strings.Contains(said, s.id) && !strings.Contains(said, "Yipii") {
		t.Errorf("nothing is shown: %s", said)
	}
}

// call lets all callers call at once, and compares how many tokens the server has given by then.
func (s *story) call(what string, want ...int) {
	s.t.Helper()
	answers := make([]string, len(s.callers))
	var wait sync.WaitGroup
	for i, c := range s.callers {
		wait.Go(func() { answers[i] = c.say("call") })
	}
	wait.Wait()
	for _, answer := range answers {
		if answer == "" || strings.Trim(strings.ReplaceAll(answer, "acme-logistics", ""), " ") != "" {
			s.t.Fatalf("%s: %q", what, answer)
		}
	}
	if got := s.between.count(); got != want[0] && got != want[len(want)-1] {
		s.t.Fatalf("%s: the server was asked for %d tokens by then, want %v", what, got, want)
	}
}

// between stands between the callers and the server, and counts.
type between struct {
	url, server string
	mu          sync.Mutex
	asked       int
	tokens      []string
	refuse      bool
}

func newBetween(t *testing.T, server string) *between {
	to, err := url.Parse(server)
	must(t, err)
	b := &between{server: server}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(res *http.Response) error {
		if res.Request.URL.Path != "/oauth/token" {
			return nil
		}
		text, err := io.ReadAll(res.Body)
		res.Body = io.NopCloser(bytes.NewReader(text))
		var answer struct {
			AccessToken string `json:"access_token"`
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.asked++
		if json.Unmarshal(text, &answer) == nil && answer.AccessToken != "" {
			b.tokens = append(b.tokens, answer.AccessToken)
		}
		return err
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			time.Sleep(50 * time.Millisecond) // so that callers do wait at the same time
		} else if b.refused() {
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"message":"Too Many Attempts."}`, http.StatusTooManyRequests)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	b.url = h.URL
	return b
}

// busy makes the next call be refused for a second.
func (b *between) busy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = true
}

func (b *between) refused() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.refuse
	b.refuse = false
	return was
}

func (b *between) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked
}

func (b *between) last() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tokens[len(b.tokens)-1]
}

// goCaller is one of many goroutines that share a client.
type goCaller struct {
	t           *testing.T
	yipii       *client.Client
	url         string
	credentials client.Credentials
}

func goCallers(t *testing.T, environment []string) []caller {
	set := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		set[name] = value
	}
	c := &goCaller{t: t, url: set["YIPII_URL"], credentials: client.Credentials{ID: set["YIPII_CLIENT_ID"], Secret: set["YIPII_CLIENT_SECRET"]}}
	c.yipii = client.New(c.url, c.credentials)
	callers := make([]caller, 20)
	for i := range callers {
		callers[i] = c
	}
	return callers
}

func (c *goCaller) say(word string) string {
	yipii := c.yipii
	switch word {
	case "show":
		return fmt.Sprintf("%v %+v %#v %v %q", c.credentials, c.credentials, c.credentials, client.NewTokens(c.url, c.credentials, nil), client.Key(c.credentials.Secret))
	case "wrong":
		wrong := c.credentials
		wrong.Secret = "not-" + wrong.Secret
		yipii = client.New(c.url, wrong)
	}
	var user client.Profile
	err := yipii.Get(c.t.Context(), "/api/user", nil, &user)
	var refused *client.Error
	switch {
	case errors.As(err, &refused):
		return fmt.Sprintf("error %d %s %v", refused.Status, refused.Code, err)
	case err != nil:
		return err.Error()
	}
	return user.Accounts[0].Key
}

// program is a caller that is a process.
type program struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func start(t *testing.T, environment []string, name string, args ...string) caller {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return &program{t, in, bufio.NewReaderSize(out, 1<<20)}
}

func (p *program) say(word string) string {
	if _, err := io.WriteString(p.in, word+"\n"); err != nil {
		p.t.Error(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Errorf("%s: %v", word, err)
	}
	return strings.TrimSpace(line)
}

// nodeCallers is one process, whose twenty callers share a client.
func nodeCallers(t *testing.T, environment []string) []caller {
	return []caller{start(t, environment, "node", "../../clients/typescript/test/story.mjs", filepath.Join(typescriptPackage(t), "dist/index.js"))}
}

// phpCallers are processes that share a file.
func phpCallers(t *testing.T, environment []string) []caller {
	php(t)
	file := filepath.Join(t.TempDir(), "token")
	callers := make([]caller, 6)
	for i := range callers {
		callers[i] = start(t, environment, "php", "../../clients/php/test/story.php", file)
	}
	t.Cleanup(func() {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file with the token: %v %v", info, err)
		}
	})
	return callers
}

func php(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("php", "-r", `echo PHP_VERSION_ID >= 80200 && extension_loaded("curl");`).Output(); err != nil || string(out) != "1" {
		lacking(t, "PHP 8.2 with curl")
	}
}

const typescript = "../../clients/typescript"

// compiled builds the npm package once for all tests, into a folder of its own, as npm would install it.
var compiled = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(scratch, "node_modules/@yipii/client")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	text, err := os.ReadFile(typescript + "/package.json")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "package.json"), text, 0o600)
	}
	if err != nil {
		return "", err
	}
	out, err := exec.Command("node", typescript+"/node_modules/typescript/bin/tsc", "--project", typescript, "--outDir", filepath.Join(folder, "dist")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tsc: %w\n%s", err, out)
	}
	return folder, nil
})

// typescriptPackage is the folder of the built npm package.
func typescriptPackage(t *testing.T) string {
	t.Helper()
	node(t, typescript)
	folder, err := compiled()
	must(t, err)
	return folder
}
