package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/server"
)

// serve runs a server on a port of its own; stop ends it as a signal would and returns what Serve said.
func serve(t *testing.T, change func(*server.Config)) (s *server.Server, addr string, stop func() error) {
	t.Helper()
	config := server.Config{
		Database: server.Database{DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "yipii.db")},
		Tokens:   server.Tokens{PublicURL: "https://iot.example", SigningAlg: "ES256", TokenLifetime: time.Hour},
		Addr:     "127.0.0.1:0", OfflineGrace: time.Minute, RequestTimeout: 20 * time.Second, ShutdownTimeout: 10 * time.Second,
	}
	change(&config)
	s, err := server.New(t.Context(), config, "test", server.NewLog(io.Discard, "info", "json"), time.Now)
	must(t, err)
	listener, err := net.Listen("tcp", config.Addr)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	stop = func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			t.Error("the server does not end")
			return nil
		}
	}
	return s, listener.Addr().String(), stop
}

// TestTLS: HTTPS by certificate files, which are read again when they change, and nothing older than TLS 1.2.
func TestTLS(t *testing.T) {
	folder := t.TempDir()
	pool := x509.NewCertPool()
	pool.AddCert(writeCertificate(t, folder))
	_, addr, stop := serve(t, func(c *server.Config) {
		c.TLSCert, c.TLSKey = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "iot.example"}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + addr + "/healthz")
	must(t, err)
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, res.Proto)
	}
	if _, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, ServerName: "iot.example", MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	client.CloseIdleConnections()
	must(t, stop())
}

// writeCertificate makes cert.pem and key.pem in folder.
func writeCertificate(t *testing.T, folder string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"iot.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return cert
}

// TestTraces: spans go to the endpoint that is set, the last of them at shutdown.
func TestTraces(t *testing.T) {
	var got atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); r.URL.Path == "/v1/traces" && len(body) > 0 {
			got.Add(1)
		}
	}))
	defer collector.Close()
	_, addr, stop := serve(t, func(c *server.Config) { c.OTLPEndpoint = collector.URL + "/v1/traces" })
	res, err := http.Get("http://" + addr + "/healthz")
	must(t, err)
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	must(t, stop())
	if got.Load() == 0 {
		t.Error("no trace came")
	}
}

// TestGracefulShutdown: a request that was taken is finished, new ones are not taken.
func TestGracefulShutdown(t *testing.T) {
	_, addr, stop := serve(t, func(*server.Config) {})
	body, sender := io.Pipe()
	answered := make(chan int, 1)
	go func() {
		res, err := http.Post("http://"+addr+"/oauth/token", "application/x-www-form-urlencoded", body)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	_, err := sender.Write([]byte("grant_type=client_credentials&"))
	must(t, err)
	time.Sleep(100 * time.Millisecond) // the handler is reading now
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	time.Sleep(100 * time.Millisecond)
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("a new connection is taken")
	}
	_, err = io.Copy(sender, strings.NewReader("client_id=x&client_secret=y"))
	must(t, err)
	sender.Close()
	if status := <-answered; status != 401 {
		t.Errorf("the request that was taken: %d", status)
	}
	must(t, <-ended)
}

// TestMetricsStayInside: metrics are for the networks that are set.
func TestMetricsStayInside(t *testing.T) {
	for from, want := range map[string]int{"127.0.0.0/8": 200, "10.0.0.0/8": 404} {
		_, addr, stop := serve(t, func(c *server.Config) { c.MetricsFrom = mustPrefixes(from) })
		res, err := http.Get("http://" + addr + "/metrics")
		must(t, err)
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want || want == 200 && !strings.Contains(string(text), "yipii_database_staleness_seconds") {
			t.Errorf("from %s: %d", from, res.StatusCode)
		}
		http.DefaultClient.CloseIdleConnections()
		must(t, stop())
	}
}

// TestContradictingSettings: refused before anything is opened.
func TestContradictingSettings(t *testing.T) {
	good := server.Config{Database: server.Database{DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "yipii.db")}, Tokens: server.Tokens{SigningAlg: "ES256", TokenLifetime: time.Hour},
		Addr: "127.0.0.1:0", OfflineGrace: time.Minute, RequestTimeout: time.Minute, ShutdownTimeout: time.Minute}
	must(t, good.Check())
	if good.PublicURL != "http://127.0.0.1:0" {
		t.Errorf("public URL %s", good.PublicURL)
	}
	for name, change := range map[string]func(*server.Config){
		"address":           func(c *server.Config) { c.Addr = "nonsense" },
		"certificate alone": func(c *server.Config) { c.TLSCert = "x" },
		"two kinds of TLS":  func(c *server.Config) { c.TLSCert, c.TLSKey, c.ACMEHosts = "x", "y", []string{"z"} },
		"URL with a path":   func(c *server.Config) { c.PublicURL = "https://iot.example/api" },
		"URL of no kind":    func(c *server.Config) { c.PublicURL = "iot.example" },
		"half a second":     func(c *server.Config) { c.TokenLifetime = 1500 * time.Millisecond },
		"eleven years":      func(c *server.Config) { c.TokenLifetime = 11 * 365 * 24 * time.Hour },
		"two secrets":       func(c *server.Config) { c.ServerSecret, c.ServerSecretFile = "x", "y" },
		"NATS over HTTP":    func(c *server.Config) { c.NATSURL = "http://127.0.0.1:4222" },
		"negative limit":    func(c *server.Config) { c.RateLimit = -1 },
	} {
		c := good
		if change(&c); c.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
