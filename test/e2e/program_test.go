// Package e2e drives the built program as its users do: real clients, real files, and an end by kill -9.
//
// program_test.go builds and runs it; clients_test.go asks for tokens with the clients of other languages, story_test.go with our
// own; package_test.go and reference_test.go run their samples and those of the API reference;
// move_test.go moves it from SQLite to PostgreSQL, with what move_before_test.go made; import_test.go imports recorded tracks; kill_test.go and intake_test.go kill it in the middle of its work; leak_test.go
// searches what it wrote for secrets.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/testkit"
)

// scratch holds what is built once for all tests.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "yipii-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := testkit.Suite(m).Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(scratch, "yipii")
	cmd := exec.Command("go", "build", "-o", file, "github.com/yipii/yipii/cmd/yipii")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return file, nil
})

// installation is a database with an account and a client, and the program on it.
type installation struct {
	t           *testing.T
	binary      string // the built program
	environment []string
	folder      string
	database    string
	log         *lockedBuffer // what every command wrote to stderr
	process     *exec.Cmd
	url         string
	flags       []string // more of the server's
	doors       doors

	made struct {
		AccountKey   string `json:"account_key"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		Email        string `json:"email"`
		Password     string `json:"password"`
	}
	secrets []string // none of these may stand in a log or in the database
}

// doors are the addresses where trackers send, by protocol.
type doors struct {
	mu   sync.Mutex
	addr map[string]string
}

// at waits until the server listens for a protocol and returns the address.
func (d *doors) at(t *testing.T, protocol string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		d.mu.Lock()
		addr := d.addr[protocol]
		d.mu.Unlock()
		if addr != "" {
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not listen for %s", protocol)
		}
	}
}

func (d *doors) set(protocol, addr string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.addr == nil || protocol == "" {
		d.addr = map[string]string{}
	}
	d.addr[protocol] = addr
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// onBoth runs test on a fresh installation of each database, both at once.
func onBoth(t *testing.T, test func(t *testing.T, in *installation)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, install(t, testkit.StartPostgres(t, true).URL("yipii")))
	})
}

func install(t *testing.T, database string) *installation {
	t.Helper()
	binary, err := build()
	must(t, err)
	in := &installation{t: t, binary: binary, folder: t.TempDir(), database: database, log: &lockedBuffer{}}
	in.environment = append(os.Environ(), "YIPII_DATABASE_URL="+database,
		"YIPII_PUBLIC_URL=https://iot.example") // the issuer of tokens: it stays, though the port changes at each start
	if !strings.HasPrefix(database, "sqlite:") {
		_, text := secret.New()
		in.environment = append(in.environment, "YIPII_SERVER_SECRET="+text)
		in.secrets = append(in.secrets, text)
	}
	out := in.run("init", "--account", "acme-logistics", "--name", "Acme Logistics", "--email", "admin@acme.example", "--output", "json")
	if err := json.Unmarshal(out, &in.made); err != nil || in.made.ClientSecret == "" || in.made.Password == "" {
		t.Fatalf("init printed something else: %v", err)
	}
	in.secrets = append(in.secrets, in.made.ClientSecret, in.made.Password)
	t.Cleanup(in.nothingLeaked)
	return in
}

func (in *installation) command(args ...string) *exec.Cmd {
	cmd := exec.Command(in.binary, args...)
	cmd.Env, cmd.Dir, cmd.Stderr = in.environment, in.folder, in.log
	return cmd
}

// run runs a command to its end and returns what it printed.
func (in *installation) run(args ...string) []byte {
	in.t.Helper()
	out, err := in.command(args...).Output()
	if err != nil {
		in.t.Fatalf("yipii %s: %v\n%s", args[0], err, in.log)
	}
	return out
}

// serve starts the server and waits until it listens.
func (in *installation) serve() {
	in.t.Helper()
	in.doors.set("", "")
	in.process = in.command(append([]string{"serve", "--addr", "127.0.0.1:0"}, in.flags...)...)
	in.process.Stderr = nil // read line by line instead
	stderr, err := in.process.StderrPipe()
	must(in.t, err)
	must(in.t, in.process.Start())
	process, listening, read := in.process, make(chan string, 1), make(chan struct{})
	go func() { defer close(read); in.follow(stderr, listening) }()
	in.t.Cleanup(func() { // asked to end, it writes the last lines of its log, which are searched
		_ = process.Process.Signal(syscall.SIGTERM)
		select {
		case <-read:
		case <-time.After(30 * time.Second):
			_ = process.Process.Kill()
			<-read
		}
		_ = process.Wait()
	})
	select {
	case addr := <-listening:
		in.url = "http://" + addr
	case <-time.After(time.Minute):
		in.t.Fatalf("the server does not listen:\n%s", in.log)
	}
}

// follow copies a server's log and tells the address that it listens on.
func (in *installation) follow(stderr io.Reader, listening chan<- string) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		fmt.Fprintln(in.log, lines.Text())
		var line struct{ Msg, Addr, Protocol string }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		switch line.Msg {
		case "listening":
			listening <- line.Addr
		case "listening for trackers":
			in.doors.set(line.Protocol, line.Addr)
		}
	}
}

// kill ends the server as a power cut would.
func (in *installation) kill() {
	in.t.Helper()
	must(in.t, in.process.Process.Kill())
	_ = in.process.Wait()
}

// token asks for a token with a client's credentials.
func (in *installation) token(clientID, clientSecret string) string {
	in.t.Helper()
	status, body := in.call("POST", "/oauth/token", "", url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {clientSecret}}.Encode())
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &answer); status != 200 || err != nil || answer.AccessToken == "" {
		in.t.Fatalf("no token: %d", status)
	}
	in.secrets = append(in.secrets, answer.AccessToken)
	return answer.AccessToken
}

// call makes one request; a body is a form below /oauth/ and JSON elsewhere.
func (in *installation) call(method, path, token, body string) (int, []byte) {
	in.t.Helper()
	status, text, err := in.try(method, path, token, body)
	must(in.t, err)
	return status, text
}

func (in *installation) try(method, path, token, body string) (int, []byte, error) {
	req, err := http.NewRequest(method, in.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/oauth/") {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

// asset makes an asset and returns its id.
func (in *installation) asset(token, name, tracker string) int64 {
	in.t.Helper()
	status, body := in.call("POST", "/api/acme-logistics/asset", token, fmt.Sprintf(`{"name":%q,"tracker":%q}`, name, tracker))
	var made struct{ Data struct{ ID int64 } }
	if err := json.Unmarshal(body, &made); status != 201 || err != nil {
		in.t.Fatalf("no asset: %d %s", status, body)
	}
	return made.Data.ID
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
