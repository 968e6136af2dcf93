package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/testkit"
)

// follower is a program of another language that follows an account and prints what happens, a line of JSON each.
type follower struct {
	t     *testing.T
	lines chan string
	seen  []string
}

// startFollower starts a program of test/clients.
func (in *installation) startFollower(file string, environment ...string) *follower {
	in.t.Helper()
	folder, err := filepath.Abs("../clients")
	must(in.t, err)
	if _, err := exec.LookPath("node"); err != nil || !exists(filepath.Join(folder, "node_modules/pusher-js")) {
		lacking(in.t, "node or node_modules/pusher-js")
	}
	cmd := exec.Command("node", filepath.Join(folder, file))
	cmd.Env = append(append(os.Environ(), "YIPII_URL="+in.url, "YIPII_CLIENT_ID="+in.made.ClientID, "YIPII_CLIENT_SECRET="+in.made.ClientSecret,
		"YIPII_ACCOUNT_KEY="+in.made.AccountKey), environment...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(in.t, err)
	must(in.t, cmd.Start())
	in.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	f := &follower{t: in.t, lines: make(chan string, 1000)}
	go func() {
		defer close(f.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f.lines <- lines.Text()
		}
	}()
	return f
}

// sees waits until a line has each of parts.
func (f *follower) sees(parts ...string) {
	f.t.Helper()
	deadline := time.After(30 * time.Second)
next:
	for {
		select {
		case line, ok := <-f.lines:
			if !ok {
				f.t.Fatalf("it ended before it saw %v; it saw %s", parts, f.seen)
			}
			f.seen = append(f.seen, line)
			for _, part := range parts {
				if !strings.Contains(line, part) {
					continue next
				}
			}
			return
		case <-deadline:
			f.t.Fatalf("it did not see %v; it saw %s", parts, f.seen)
		}
	}
}

// onePort lets the server listen on the same port whenever it starts.
func (in *installation) onePort() {
	in.flags = append(in.flags, "--addr", fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(in.t)))
}

// moves sends a position of now.
func (in *installation) moves(token string, asset int64, latitude float64) {
	in.t.Helper()
	status, body := in.call("POST", "/api/acme-logistics/position", token, fmt.Sprintf(`{"asset_id":%d,"timestamp":%q,"latitude":%v,"longitude":14.5,"speed":42}`,
		asset, time.Now().UTC().Format(time.RFC3339Nano), latitude))
	if status != 200 {
		in.t.Fatalf("a position answers %d: %s", status, body)
	}
}

// TestLiveClients: pusher-js and laravel-echo follow an account unchanged, come back after the server's restart, and are cut off when
// their client is disabled.
func TestLiveClients(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, in *installation) {
		in.onePort()
		in.serve()
		token := in.token(in.made.ClientID, in.made.ClientSecret)
		van := in.asset(token, "Van 1", "350000000000001")
		in.moves(token, van, 35.1)
		f := in.startFollower("live-pusher.mjs")
		f.sees(`"subscribed":"private-account.acme-logistics"`)
		f.sees(`"latitude":35.1,`, `"status":"moving"`) // where it is
		in.moves(token, van, 35.2)
		f.sees(`"latitude":35.2,`) // where it goes

		stranger := in.startFollower("live-pusher.mjs", "YIPII_CHANNEL=private-account.globex")
		stranger.sees(`"refused":403`)

		in.kill()
		f.sees(`"state":"connecting"`)
		in.serve()
		f.sees(`"subscribed":"private-account.acme-logistics"`)
		in.moves(token, van, 35.3)
		f.sees(`"latitude":35.3,`)

		status, body := in.call("POST", "/api/acme-logistics/alert-rule", token, `{"name":"Too fast","type":"speed","config":{"limit":30}}`)
		if status != 201 {
			t.Fatalf("no rule: %d %s", status, body)
		}
		for n := range 3 {
			in.moves(token, van, 35.31+float64(n)/1000)
			time.Sleep(50 * time.Millisecond)
		}
		f.sees(`"alert":"speed"`)

		in.run("client", "disable", in.made.ClientID, "--account", in.made.AccountKey)
		f.sees(`"error":4009`)
	})
}

// TestLiveCurl: Server-Sent Events can be read by curl.
func TestLiveCurl(t *testing.T) {
	t.Parallel()
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.serve()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	van := in.asset(token, "Van 1", "350000000000001")
	in.moves(token, van, 35.2)
	if _, err := exec.LookPath("curl"); err != nil {
		lacking(t, "curl")
	}
	cmd := exec.Command("curl", "-sN", "--max-time", "5", "-H", "@-", in.url+"/api/acme-logistics/live")
	cmd.Stdin = strings.NewReader("Authorization: Bearer " + token)
	go func() { time.Sleep(time.Second); in.moves(token, van, 35.3) }()
	out, _ := cmd.Output() // it ends by its time limit
	if !strings.Contains(string(out), "event: location.updated\n") || !strings.Contains(string(out), `"latitude":35.2,`) || !strings.Contains(string(out), `"latitude":35.3,`) {
		t.Errorf("curl printed %s", out)
	}
}
