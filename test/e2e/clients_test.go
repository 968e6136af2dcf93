package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// TestClients: the clients of other languages get a token and read an asset, unchanged.
func TestClients(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve()
		in.asset(in.token(in.made.ClientID, in.made.ClientSecret), "Van 1", "350000000000001")
		folder, err := filepath.Abs("../clients")
		must(t, err)
		samples := []struct {
			file    string
			program []string
			needs   string // a file or folder without which the client isn't installed
		}{
			{"curl.sh", []string{"bash"}, ""}, {"curl-basic.sh", []string{"bash"}, ""},
			{"fetch.mjs", []string{"node"}, ""},
			{"axios-form.mjs", []string{"node"}, "node_modules/axios"}, {"axios-json.mjs", []string{"node"}, "node_modules/axios"},
			{"php-curl.php", []string{"php"}, ""},
			{"requests_form.py", []string{python()}, ""}, {"requests_basic.py", []string{python()}, ""},
		}
		for _, s := range samples {
			t.Run(s.file, func(t *testing.T) {
				if _, err := exec.LookPath(s.program[0]); err != nil || s.needs != "" && !exists(filepath.Join(folder, s.needs)) {
					lacking(t, s.program[0]+" or "+s.needs)
				}
				if s.program[0] == python() && exec.Command(python(), "-c", "import requests").Run() != nil {
					lacking(t, "Python's requests")
				}
				cmd := exec.Command(s.program[0], append(s.program[1:], filepath.Join(folder, s.file))...)
				cmd.Env = append(os.Environ(), "YIPII_URL="+in.url, "YIPII_CLIENT_ID="+in.made.ClientID,
					"YIPII_CLIENT_SECRET="+in.made.ClientSecret, "YIPII_ACCOUNT_KEY="+in.made.AccountKey)
				out, err := cmd.CombinedOutput()
				if err != nil || strings.TrimSpace(string(out)) != "Van 1" {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
		for name, style := range map[string]oauth2.AuthStyle{"params": oauth2.AuthStyleInParams, "header": oauth2.AuthStyleInHeader, "detect": oauth2.AuthStyleAutoDetect} {
			t.Run("go-oauth2-"+name, func(t *testing.T) { goClient(t, in, style) })
		}
	})
}

func goClient(t *testing.T, in *installation, style oauth2.AuthStyle) {
	config := clientcredentials.Config{ClientID: in.made.ClientID, ClientSecret: in.made.ClientSecret, TokenURL: in.url + "/oauth/token",
		Scopes: []string{"read:assets"}, AuthStyle: style}
	res, err := config.Client(context.Background()).Get(in.url + "/api/" + in.made.AccountKey + "/asset")
	must(t, err)
	defer res.Body.Close()
	var page struct{ Data []struct{ Name string } }
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil || res.StatusCode != http.StatusOK || len(page.Data) != 1 || page.Data[0].Name != "Van 1" {
		t.Errorf("%d %v %v", res.StatusCode, page, err)
	}
}

// python is an interpreter that has requests, where the setting names one.
func python() string {
	if named := os.Getenv("YIPII_TEST_PYTHON"); named != "" {
		return named
	}
	if exec.Command("python3", "-c", "import requests").Run() == nil {
		return "python3"
	}
	return "/usr/bin/python3"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lacking skips a test whose client isn't installed, where that is allowed.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("YIPII_REQUIRE_CLIENTS") != "" || os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("SKIPPED: %s is not installed", what)
}
