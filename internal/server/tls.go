package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// secure puts TLS on the listener where it is set.
func (s *Server) secure(listener net.Listener) (net.Listener, error) {
	config, err := s.tlsConfig()
	if config == nil || err != nil {
		return listener, err
	}
	return tls.NewListener(listener, config), nil
}

// tlsConfig is how connections are encrypted, nil where they aren't.
func (s *Server) tlsConfig() (*tls.Config, error) {
	c := s.config
	switch {
	case c.TLSCert != "":
		files := &certificateFiles{cert: c.TLSCert, key: c.TLSKey}
		if _, err := files.get(nil); err != nil {
			return nil, fmt.Errorf("read the certificate: %w", err)
		}
		return &tls.Config{GetCertificate: files.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
	case len(c.ACMEHosts) > 0:
		manager := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(c.ACMEHosts...),
			Cache: autocert.DirCache(c.ACMECache), Email: c.ACMEEmail}
		config := manager.TLSConfig()
		config.MinVersion = tls.VersionTLS12
		return config, nil
	}
	return nil, nil
}

// certificateFiles reads the certificate again when its file has changed, looking at most once a minute, so that a
// renewed one needs no restart.
type certificateFiles struct {
	cert, key string

	mu      sync.Mutex
	looked  time.Time
	written time.Time
	current *tls.Certificate
}

func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil && time.Since(f.looked) < time.Minute {
		return f.current, nil
	}
	f.looked = time.Now()
	info, err := os.Stat(f.cert)
	if err == nil && f.current != nil && info.ModTime().Equal(f.written) {
		return f.current, nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		if f.current != nil {
			return f.current, nil // half written: the old one is better than none
		}
		return nil, err
	}
	if info != nil {
		f.written = info.ModTime()
	}
	f.current = &pair
	return f.current, nil
}
