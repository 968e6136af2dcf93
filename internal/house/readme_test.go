package house

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestReadmePicturesEveryRoom(t *testing.T) {
	for _, b := range find(t, "README.md").blocks {
		if !strings.HasPrefix(b.text, "rank\n") {
			continue
		}
		for rank, rooms := range ranks {
			for _, room := range rooms {
				name := strings.TrimPrefix(room, "internal/")
				if !regexp.MustCompile(`(?m)^ *` + strconv.Itoa(rank) + `  .*\b` + name + `\b`).MatchString(b.text) {
					t.Errorf("README.md: %s is not pictured at rank %d", name, rank)
				}
			}
		}
		return
	}
	t.Error("README.md has no picture of the house")
}

// output is a process's, read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// demonstration is a running "yipii demo".
type demonstration struct{ url, clientID, clientSecret string }

var (
	printedID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	printedSecret = regexp.MustCompile(`yips_[0-9A-Za-z]{49}`)
)

// startDemo starts the demonstration in an empty folder on a free port, and stops it when t ends. What a reader of its
// banner would paste is read from the banner.
func startDemo(t *testing.T) demonstration {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()

	printed := &output{}
	demo := exec.CommandContext(t.Context(), program(t), "demo", "--addr", addr)
	demo.Dir = t.TempDir()
	demo.Env = []string{"HOME=" + demo.Dir, "PATH=" + os.Getenv("PATH")}
	demo.Stdout, demo.Stderr = printed, printed
	demo.Cancel = func() error { return demo.Process.Signal(syscall.SIGTERM) }
	demo.WaitDelay = 10 * time.Second
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- demo.Wait() }()
	t.Cleanup(func() {
		_ = demo.Process.Signal(syscall.SIGTERM)
		<-ended
	})

	url := "http://" + addr
	deadline := time.After(time.Minute)
	for {
		text := printed.String()
		id, secret := printedID.FindString(text), printedSecret.FindString(text)
		if id != "" && secret != "" && ready(t.Context(), url) {
			return demonstration{url, id, secret}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("yipii demo ended: %v\n%s", err, text)
		case <-deadline:
			t.Fatalf("yipii demo printed no client, or does not answer, after a minute:\n%s", text)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusOK
}

// runnable joins the blocks of a document that are marked "sh run", in order.
func (d document) runnable() string {
	script := "set -eu\n"
	for _, b := range d.blocks {
		if b.info == "sh run" {
			script += b.text
		}
	}
	return script
}

// TestSamplesRun runs the samples of the documents in sh against the demonstration. The address and the credentials
// come from the environment, as the documents say; nothing else is changed.
func TestSamplesRun(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("SKIPPED: the samples need %s: %v", tool, err)
		}
	}
	demo := startDemo(t)
	for document, wants := range map[string][]string{
		"README.md":         {`"key":"acme-logistics"`, `"data":[{`, `"position":{`, `"latitude":`, `"next_cursor":`},
		"docs/ingestion.md": {`"tracker":"356307042440017"`, `"accepted":1,"duplicates":0,"rejected":[]`},
		"docs/fleet.md": {`"ignition":true`, `"moving_above":12`, `"driver_name":"Ada Okafor"`, `"type":"FeatureCollection"`, `"type":"service_due"`,
			`"name":"North gate"`, `"unit":"°C"`, "\n304\n", "412\n", `"retention_days":365`, `"polyline":`, "<gpx"},
		"docs/authentication.md": {`"token_type":"Bearer"`, `"key":"acme-logistics"`, `"data":[{`, `"active":false`},
	} {
		t.Run(path.Base(document), func(t *testing.T) {
			folder := t.TempDir()
			sh := exec.CommandContext(t.Context(), "sh", "-c", find(t, document).runnable())
			sh.Dir = folder
			sh.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "no_proxy=127.0.0.1", "YIPII_URL=" + demo.url,
				"YIPII_CLIENT_ID=" + demo.clientID, "YIPII_CLIENT_SECRET=" + demo.clientSecret, "YIPII_ACCOUNT_KEY=acme-logistics"}
			out, err := sh.CombinedOutput()
			text := string(out)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if strings.Contains(text, `"message":`) {
				t.Errorf("a sample was answered with an error:\n%s", text)
			}
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("no answer has %s:\n%s", want, text)
				}
			}
		})
	}
}

// TestDockerfileNamesWhatExists checks what can be checked without building the image.
func TestDockerfileNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	helps := commands(t)
	_, settings := settingRows()
	counts := map[string]int{}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		counts[words[0]]++
		switch {
		case words[0] == "COPY" && !strings.HasPrefix(words[1], "--from"):
			for _, source := range words[1 : len(words)-1] {
				if _, err := os.Stat(filepath.Join(root, source)); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		case words[0] == "ENV":
			if name, _, _ := strings.Cut(words[1], "="); !knownVariable(name, settings) {
				t.Errorf("%s: there is no such setting", line)
			}
		case words[0] == "CMD" || words[0] == "HEALTHCHECK":
			for _, match := range regexp.MustCompile(`"([a-z][a-z-]*)"`).FindAllStringSubmatch(line, -1) {
				if _, known := helps[match[1]]; !known {
					t.Errorf("%s: there is no command %s", line, match[1])
				}
			}
		}
	}
	for _, word := range []string{"FROM", "COPY", "ENV", "USER", "VOLUME", "ENTRYPOINT", "CMD"} {
		if counts[word] == 0 {
			t.Errorf("the Dockerfile has no %s", word)
		}
	}
}

func TestUnitNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "deploy/yipii.service"))
	if err != nil {
		t.Fatal(err)
	}
	start := regexp.MustCompile(`(?m)^ExecStart=(.+)$`).FindSubmatch(text)
	if start == nil {
		t.Fatal("the unit has no ExecStart")
	}
	if wrong := checkCommand(string(start[1]), commands(t)); wrong != "" {
		t.Errorf("ExecStart: %s", wrong)
	}
	_, settings := settingRows()
	for _, name := range regexp.MustCompile(`YIPII_[A-Z_]+`).FindAllString(string(text), -1) {
		if !knownVariable(name, settings) {
			t.Errorf("there is no variable %s", name)
		}
	}
}
