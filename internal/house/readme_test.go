package house

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/testkit"
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
	addr := fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t))
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

// TestReadmeRuns runs the samples of the README against the demonstration. The address and the credentials come from the
// environment, as it says; nothing else is changed.
func TestReadmeRuns(t *testing.T) {
	readme := find(t, "README.md")
	readme.blocks = slices.DeleteFunc(readme.blocks, func(b block) bool { return b.info != "sh run" })
	if len(readme.blocks) == 0 {
		t.Fatal("the README has no sample that runs")
	}
	outputs := runChain(t, startDemo(t), shell, readme.blocks)
	for _, want := range []string{`"key":"acme-logistics"`, `"data":[{`, `"position":{`, `"latitude":`, `"next_cursor":`} {
		if !strings.Contains(strings.Join(outputs, ""), want) {
			t.Errorf("no answer has %s:\n%s", want, outputs)
		}
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
