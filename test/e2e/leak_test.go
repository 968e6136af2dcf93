package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nothingLeaked searches what an installation wrote, its log and (on SQLite) every byte of its database files, for the
// secrets, tokens and keys of the test. The same search of PostgreSQL's rows stands with the server's scenarios.
func (in *installation) nothingLeaked() {
	in.t.Helper()
	searched := map[string][]byte{"log": []byte(in.log.String())}
	if file, ok := strings.CutPrefix(in.database, "sqlite:"); ok {
		files, err := filepath.Glob(file + "*")
		must(in.t, err)
		for _, name := range files {
			content, err := os.ReadFile(name)
			must(in.t, err)
			searched[filepath.Base(name)] = content
		}
		if len(searched[filepath.Base(file)]) == 0 {
			in.t.Error("the search saw no database: it proves nothing")
		}
	}
	for name, content := range searched {
		for _, secret := range in.secrets {
			if bytes.Contains(content, []byte(secret)) {
				in.t.Errorf("a secret stands in %s", name)
			}
		}
	}
	if in.url != "" && !strings.Contains(in.log.String(), `"msg":"request"`) {
		in.t.Error("the search saw no request in the log: it proves nothing")
	}
}

// TestLeakSearchFinds: the search would find a secret, in the log and in a database file.
func TestLeakSearchFinds(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "yipii.db"), []byte("xx the-secret xx"), 0o600))
	probe := &testing.T{}
	in := &installation{t: probe, log: &lockedBuffer{}, database: "sqlite:" + filepath.Join(folder, "yipii.db"), secrets: []string{"the-secret"}}
	if in.nothingLeaked(); !probe.Failed() {
		t.Error("a secret in a database file is not found")
	}
}
