package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDescriptionPassesTheLinter: the description of the API has no warning. test/openapi says what is asked of it.
func TestDescriptionPassesTheLinter(t *testing.T) {
	node(t, "../openapi")
	out, err := lint(t, "../../clients/openapi.json")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// And the linter finds what is wrong.
	text, err := os.ReadFile("../../clients/openapi.json")
	must(t, err)
	wrong := filepath.Join(t.TempDir(), "openapi.json")
	must(t, os.WriteFile(wrong, []byte(strings.Replace(string(text), `"operationId": "get-asset"`, `"operationId": "get-driver"`, 1)), 0o600))
	if out, err := lint(t, wrong); err == nil || !strings.Contains(string(out), "operation-operationId-unique") {
		t.Errorf("a wrong description passes: %v\n%s", err, out)
	}
}

func lint(t *testing.T, file string) ([]byte, error) {
	file, err := filepath.Abs(file)
	must(t, err)
	cmd := exec.Command("node", "node_modules/@redocly/cli/bin/cli.js", "lint", "--config", "redocly.yaml", "--lint-config", "error", "--format", "stylish", file)
	cmd.Dir = "../openapi"
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1")
	return cmd.CombinedOutput()
}

// node skips a test where Node.js or what a folder needs of npm is not installed.
func node(t *testing.T, folder string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil || !exists(filepath.Join(folder, "node_modules")) {
		lacking(t, "Node.js, or what npm ci installs in "+folder)
	}
}
