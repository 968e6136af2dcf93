package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// build makes the binary as a release is made.
func build(ctx context.Context, root, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "./cmd/yipii")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}

// installation is a database with one account, as `yipii init` makes it, and what was added to it.
type installation struct {
	bench        *bench
	name         string
	url          string
	AccountKey   string `json:"account_key"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Email        string `json:"email"`
	Password     string `json:"password"`
	clients      int    // in all; clientID(n) for n below it
}

// install makes a fresh database at databaseURL.
func (b *bench) install(ctx context.Context, name, databaseURL string) (*installation, error) {
	in := &installation{bench: b, name: name, url: databaseURL, clients: 1}
	out, err := in.command(ctx, "init", "--account", "bench-fleet", "--name", "Bench Fleet", "--email", "bench@example.com", "--output", "json").Output()
	if err != nil {
		return nil, commandError("yipii init", err)
	}
	if err := json.Unmarshal(out, in); err != nil {
		return nil, fmt.Errorf("the answer of yipii init: %w", err)
	}
	return in, nil
}

// sqlite is a fresh SQLite installation in the run's folder.
func (b *bench) sqlite(ctx context.Context, name string) (*installation, error) {
	return b.install(ctx, name, "sqlite:"+filepath.Join(b.dir, name+".db"))
}

// withClients is a SQLite installation with n clients.
func (b *bench) withClients(ctx context.Context, name string, n int) (*installation, error) {
	in, err := b.sqlite(ctx, name)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := fillClients(ctx, in.url, in.ClientID, n); err != nil {
		return nil, err
	}
	in.clients = n
	b.logf("%s clients inserted in %.1f s", thousands(float64(n)), time.Since(start).Seconds())
	return in, nil
}

// smallInstallation has 100 clients.
func (b *bench) smallInstallation(ctx context.Context) (_ *installation, err error) {
	if b.small == nil {
		b.small, err = b.withClients(ctx, "small", 100)
	}
	return b.small, err
}

// largeInstallation has 1,000,000 clients.
func (b *bench) largeInstallation(ctx context.Context) (_ *installation, err error) {
	if b.large == nil {
		b.large, err = b.withClients(ctx, "large", 1_000_000)
	}
	return b.large, err
}

func (in *installation) command(ctx context.Context, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, in.bench.binary, arguments...)
	cmd.Dir = in.bench.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + in.bench.dir, "TZ=UTC",
		"YIPII_DATABASE_URL=" + in.url, "YIPII_SERVER_SECRET=" + in.bench.secret}
	return cmd
}

func commandError(what string, err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %w\n%s", what, err, exit.Stderr)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// service is a running binary or HTTP baseline.
type service struct {
	*process
	addr string
}

// serve runs the binary on the installation, with limits on and the log going to a file, as in production. The limit
// is one that no client here reaches. More are further flags.
func (in *installation) serve(ctx context.Context, more ...string) (*service, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	// Not bound to ctx: stop ends it in order.
	cmd := in.command(context.WithoutCancel(ctx), append([]string{"serve", "--addr", addr, "--rate-limit", "100000000", "--log-level", "info"}, more...)...)
	p, err := launch(cmd, filepath.Join(in.bench.dir, in.name+".log"))
	if err != nil {
		return nil, err
	}
	s := &service{p, addr}
	return s, p.awaitReady(ctx, func() error { return s.probe("/readyz") })
}

// probe asks for path on a new connection and wants 200.
func (s *service) probe(path string) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	status, _, err := c.do(get(path, ""))
	if err == nil && status != 200 {
		err = fmt.Errorf("%s answers %d", path, status)
	}
	return err
}

// tokenForm is the token request of the installation's client with this id. All have the same secret.
func (in *installation) tokenForm(clientID string) []byte {
	form := "grant_type=client_credentials&client_id=" + clientID + "&client_secret=" + url.QueryEscape(in.ClientSecret)
	return post("/oauth/token", "", "application/x-www-form-urlencoded", []byte(form))
}

// client is the id of the installation's n-th client, from 0.
func (in *installation) client(n int) string {
	if n == 0 {
		return in.ClientID
	}
	return clientID(n)
}

// token gets a token for the client with this id.
func (s *service) token(in *installation, clientID string) (string, error) {
	c, err := dial(s.addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.token(in.tokenForm(clientID))
}

// token sends a token request and returns the token.
func (c *conn) token(request []byte) (string, error) {
	status, body, err := c.do(request)
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
		return "", fmt.Errorf("the token endpoint answers %d: %s", status, body)
	}
	return answer.AccessToken, nil
}

// tracker is the identity of the n-th asset's tracker.
func tracker(n int) string { return fmt.Sprintf("35630704244%04d", n) }

// assets makes n assets and returns their ids.
func (s *service) assets(in *installation, token string, n int) ([]int64, error) {
	c, err := dial(s.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ids := make([]int64, n)
	for i := range ids {
		body := `{"name":"Van ` + strconv.Itoa(i+1) + `","tracker":"` + tracker(i) + `"}`
		status, answer, err := c.do(post("/api/"+in.AccountKey+"/asset", token, "application/json", []byte(body)))
		if err != nil {
			return nil, err
		}
		var record struct {
			Data struct {
				ID int64 `json:"id"`
			} `json:"data"`
		}
		if err := json.Unmarshal(answer, &record); err != nil || status != 201 {
			return nil, fmt.Errorf("making an asset answers %d: %s", status, answer)
		}
		ids[i] = record.Data.ID
	}
	return ids, nil
}
