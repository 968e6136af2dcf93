package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"yipii": main})
}

// TestScripts runs the program as an operator does: each script of testdata/script has a folder of its own, in which
// "exec yipii" runs this build of the program, and the commands below talk to a server of it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Values[serversKey{}] = map[string]*running{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": startServer, "end": endServer, "keep": keepJSON, "token": askToken, "get": get, "post": post, "within": within, "mode": checkMode, "sql": tamper, "head": keepHead,
		},
	})
}

// running is a server or demonstration that a script has started.
type running struct {
	process *exec.Cmd
	ended   chan error
}

type serversKey struct{}

// startServer: serve NAME [ARG…] starts "yipii ARG…" in the background, "serve" where there is none, on a free port,
// and waits until it listens. Its output goes to the files NAME.out and NAME.log; YIPII_URL is its address from then on.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serve NAME [ARG…]")
	}
	name, args := args[0], args[1:]
	if len(args) == 0 {
		args = []string{"serve"}
	}
	program, err := exec.LookPath("yipii")
	ts.Check(err)
	cmd := exec.Command(program, append(args, "--addr", "127.0.0.1:0")...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	out, err := os.Create(ts.MkAbs(name + ".out"))
	ts.Check(err)
	log, err := os.Create(ts.MkAbs(name + ".log"))
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = out, log
	ts.Check(cmd.Start())
	r := &running{process: cmd, ended: make(chan error, 1)}
	go func() { r.ended <- cmd.Wait() }()
	ts.Defer(func() { _ = r.stop(syscall.SIGKILL) })
	servers(ts)[name] = r
	ts.Setenv("YIPII_URL", waitForAddress(ts, r, out.Name(), log.Name()))
}

// servers are the ones that a script has started, by name.
func servers(ts *testscript.TestScript) map[string]*running {
	return ts.Value(serversKey{}).(map[string]*running)
}

var address = regexp.MustCompile(`"url":"([^"]+)"|YIPII_URL=(\S+)`)

func waitForAddress(ts *testscript.TestScript, r *running, files ...string) string {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, file := range files {
			text, _ := os.ReadFile(file)
			if found := address.FindSubmatch(text); found != nil && bytes.HasSuffix(text, []byte("\n")) {
				return string(found[1]) + string(found[2])
			}
		}
		select {
		case err := <-r.ended:
			ts.Fatalf("the server has ended: %v", err)
		default:
		}
	}
	ts.Fatalf("the server doesn't listen")
	return ""
}

// stop ends the process if it runs and answers how it ended.
func (r *running) stop(signal os.Signal) error {
	if r.process == nil {
		return nil
	}
	_ = r.process.Process.Signal(signal)
	r.process = nil
	select {
	case err := <-r.ended:
		return err
	case <-time.After(time.Minute):
		return fmt.Errorf("it doesn't end")
	}
}

// endServer: end NAME ends a server by SIGTERM, which it must answer with exit code 0.
func endServer(ts *testscript.TestScript, neg bool, args []string) {
	if err := servers(ts)[args[0]].stop(syscall.SIGTERM); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// keepJSON: keep FILE [PREFIX] makes a variable of each text and number of a JSON object: client_id becomes CLIENT_ID.
func keepJSON(ts *testscript.TestScript, neg bool, args []string) {
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &object))
	for name, value := range object {
		switch v := value.(type) {
		case string:
			ts.Setenv(strings.ToUpper(name), v)
		case float64:
			ts.Setenv(strings.ToUpper(name), strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
}

// askToken: token STATUS [SCOPE] asks the server for a token with CLIENT_ID and CLIENT_SECRET. TOKEN is the token.
func askToken(ts *testscript.TestScript, neg bool, args []string) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {ts.Getenv("CLIENT_ID")}, "client_secret": {ts.Getenv("CLIENT_SECRET")}}
	answer, err := http.PostForm(ts.Getenv("YIPII_URL")+"/oauth/token", form)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != args[0] {
		ts.Fatalf("token: %s %s", answer.Status, body)
	}
	var token struct {
		Token string `json:"access_token"`
	}
	ts.Check(json.Unmarshal(body, &token))
	if answer.StatusCode == http.StatusOK {
		ts.Setenv("TOKEN", token.Token)
		ts.Check(os.WriteFile(ts.MkAbs("token.txt"), []byte(token.Token+"\n"), 0o600))
	}
}

// get: get STATUS PATH [PATTERN] reads a path of the server with TOKEN.
func get(ts *testscript.TestScript, neg bool, args []string) {
	request(ts, "GET", args[0], args[1], "", args[2:])
}

// post: post STATUS PATH BODY [PATTERN] posts JSON with TOKEN.
func post(ts *testscript.TestScript, neg bool, args []string) {
	request(ts, "POST", args[0], args[1], args[2], args[3:])
}

func request(ts *testscript.TestScript, method, status, path, body string, patterns []string) {
	if problem := attempt(ts, method, status, path, body, patterns); problem != "" {
		ts.Fatalf("%s", problem)
	}
}

func attempt(ts *testscript.TestScript, method, status, path, body string, patterns []string) (problem string) {
	r, err := http.NewRequest(method, ts.Getenv("YIPII_URL")+path, strings.NewReader(body))
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+ts.Getenv("TOKEN"))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != status {
		return fmt.Sprintf("%s %s: %s %s", method, path, answer.Status, text)
	}
	for _, pattern := range patterns {
		if !regexp.MustCompile(pattern).Match(text) {
			return fmt.Sprintf("%s %s: %s has no %s", method, path, text, pattern)
		}
	}
	return ""
}

// within: within TIME STATUS PATH [PATTERN] is a get that must come true in time.
func within(ts *testscript.TestScript, neg bool, args []string) {
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	problem := ""
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if problem = attempt(ts, "GET", args[1], args[2], "", args[3:]); problem == "" {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %s still: %s", limit, problem)
		}
	}
}

// checkMode: mode FILE OCTAL compares a file's mode.
func checkMode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}
