package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// baselineSetup is what a baseline process is told, in a file.
type baselineSetup struct {
	Addr   string
	Header map[string]string // of the answer that the product gave
	Body   []byte
	URL    string // of the database
	feed          // what is inserted or read
	Sizes  []int  // of the pages that are rendered, in bytes
}

// baseline starts this program again as a process that serves the baseline of this name.
func (b *bench) baseline(ctx context.Context, name string, setup baselineSetup) (*service, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if setup.Addr, err = freeAddr(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(setup)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, "baseline-"+name+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	p, err := launch(command(self, "baseline", name, file), filepath.Join(b.dir, "baseline-"+name+".log"))
	if err != nil {
		return nil, err
	}
	s := &service{p, setup.Addr}
	return s, p.awaitReady(ctx, func() error { return s.probe("/ready") })
}

// runBaseline is the baseline process.
func runBaseline(name string, arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("a baseline takes the file with its setup")
	}
	text, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	var setup baselineSetup
	if err := json.Unmarshal(text, &setup); err != nil {
		return err
	}
	if name == "frames" {
		listener, err := net.Listen("tcp", setup.Addr)
		if err != nil {
			return err
		}
		return frames(listener)
	}
	var h http.Handler
	switch name {
	case "token":
		h, err = signing(setup)
	case "user":
		h = repeating(setup)
	case "ingest":
		h, err = inserting(setup)
	case "trail":
		h, err = encoding(setup)
	case "simplify":
		h, err = scanning(setup)
	case "latest":
		h, err = encodingLatest(setup)
	case "crowd":
		h, err = holding(setup)
	case "dashboard":
		h, err = rendering(setup)
	default:
		err = fmt.Errorf("there is no baseline %q", name)
	}
	if err != nil {
		return err
	}
	return http.ListenAndServe(setup.Addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			return
		}
		h.ServeHTTP(w, r)
	}))
}

// repeating writes the product's answer.
func repeating(setup baselineSetup) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeAnswer(w, setup.Header, setup.Body)
	})
}

func writeAnswer(w http.ResponseWriter, header map[string]string, body []byte) {
	h := w.Header()
	for name, value := range header {
		h.Set(name, value)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
}

// signing parses the form, makes one ES256 signature (RFC 7518 §3.4) over the bytes that the product signed, and
// writes the product's answer with it.
func signing(setup baselineSetup) (http.Handler, error) {
	before, rest, _ := strings.Cut(string(setup.Body), `"access_token":"`)
	token, after, found := strings.Cut(rest, `"`)
	dot := strings.LastIndexByte(token, '.')
	if !found || dot < 0 {
		return nil, errors.New("the product's answer has no token")
	}
	before, after = before+`"access_token":"`, `"`+after
	signed := []byte(token[:dot])
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") == "" || r.PostForm.Get("client_id") == "" || r.PostForm.Get("client_secret") == "" {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		digest := sha256.Sum256(signed)
		x, y, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			http.Error(w, "no signature", http.StatusInternalServerError)
			return
		}
		var signature [64]byte
		x.FillBytes(signature[:32])
		y.FillBytes(signature[32:])
		body := make([]byte, 0, len(setup.Body))
		body = append(body, before...)
		body = append(body, signed...)
		body = append(body, '.')
		body = base64.RawURLEncoding.AppendEncode(body, signature[:])
		body = append(body, after...)
		writeAnswer(w, setup.Header, body)
	}), nil
}
