package reporting

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/yipii/yipii/internal/testkit"
)

// s3rver starts a store that others wrote, which compares signatures, and returns its host.
func s3rver(t *testing.T) string {
	program := filepath.Join("..", "..", "test", "clients", "node_modules", ".bin", "s3rver")
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" || os.Getenv("YIPII_REQUIRE_CLIENTS") != "" {
			t.Fatal("s3rver is not installed: make clients")
		}
		t.Skip("s3rver is not installed: make clients")
	}
	port := testkit.FreePort(t)
	cmd := exec.Command(program, "--directory", t.TempDir(), "--address", "127.0.0.1", "--port", strconv.Itoa(port), "--configure-bucket", "files")
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return "127.0.0.1:" + strconv.Itoa(port)
}

// signed stands before a store, which s3rver is that compares no signatures: it lets those requests through that AWS's own library
// signs with the same.
func signed(t *testing.T, store string, secret string) *httptest.Server {
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 has it
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: store})
	pass.Transport, pass.ErrorLog = &http.Transport{}, log.New(io.Discard, "", 0) // until the store has started
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Authorization")
		_, names, _ := strings.Cut(given, "SignedHeaders=")
		names, _, _ = strings.Cut(names, ",")
		body, err := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:])
		again, wrong := http.NewRequestWithContext(t.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
		if err != nil || wrong != nil || r.Header.Get("X-Amz-Content-Sha256") != hash {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, name := range strings.Split(names, ";") {
			if values := r.Header.Values(name); name != "host" {
				again.Header[http.CanonicalHeaderKey(name)] = values
			}
		}
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err == nil {
			err = signer.SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "S3RVER", SecretAccessKey: secret}, again, hash, "s3", "us-east-1", at)
		}
		if err != nil || given != again.Header.Get("Authorization") {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestBucketOfOthers: files go into a store that isn't the tests' own and come out again, in one call, in parts and from an offset on, by
// signatures that AWS's own library makes likewise; with the wrong secret nothing does.
func TestBucketOfOthers(t *testing.T) {
	t.Parallel()
	const right = "a/secret+of=its own"
	host := strings.TrimPrefix(signed(t, s3rver(t), right).URL, "http://")
	open := func(secret string) *Bucket {
		b, err := NewBucket("http://"+url.UserPassword("S3RVER", secret).String()+"@"+host+"/files/of/yipii", time.Now)
		must(t, err)
		return b
	}
	b := open(right)
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		_, err := b.read(t.Context(), "none", 0)
		if errors.Is(err, errGone) { // it answers, and has no such object
			break
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal("s3rver doesn't answer: ", err)
		}
	}
	long := make([]byte, 2*partSize+1000)
	_, _ = rand.Read(long)
	for name, file := range map[string][]byte{"a report, 50 % done + ä.pdf": []byte("short"), "long.json": long} {
		u := b.upload(name)
		rest := file
		for ; len(rest) > partSize; rest = rest[partSize:] {
			must(t, u.part(t.Context(), rest[:partSize]))
		}
		must(t, u.close(t.Context(), rest))
		for _, from := range []int{0, 3, len(file) - 1} {
			body, err := b.read(t.Context(), name, int64(from))
			must(t, err)
			got, err := io.ReadAll(body)
			body.Close()
			if err != nil || !bytes.Equal(got, file[from:]) {
				t.Errorf("%s from %d: %d bytes of %d, %v", name, from, len(got), len(file)-from, err)
			}
		}
		if _, err := open("another").read(t.Context(), name, 0); err == nil || errors.Is(err, errGone) || strings.Contains(err.Error(), "another") {
			t.Errorf("%s with the wrong secret: %v", name, err)
		}
		must(t, b.delete(t.Context(), name))
		if _, err := b.read(t.Context(), name, 0); !errors.Is(err, errGone) {
			t.Errorf("%s is there after it was deleted: %v", name, err)
		}
	}
	u := b.upload("given up")
	must(t, u.part(t.Context(), long[:partSize]))
	u.abort(t.Context())
	if _, err := b.read(t.Context(), "given up", 0); !errors.Is(err, errGone) {
		t.Errorf("a file that was given up is there: %v", err)
	}
}
