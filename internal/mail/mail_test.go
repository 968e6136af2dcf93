package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/testkit"
)

// TestMain gives the tests a certificate that the process trusts, as an operator's own authority is trusted.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "yipii-mail-")
	if err != nil {
		panic(err)
	}
	file := filepath.Join(folder, "ca.pem")
	if err := makeCertificate(file, file+".key"); err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", file)
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

func makeCertificate(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(0, 0, 0, 0)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	file := os.Getenv("SSL_CERT_FILE")
	pair, err := tls.LoadX509KeyPair(file, file+".key")
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}

func send(t *testing.T, url string) error {
	t.Helper()
	s, err := mail.New(url, "Yipii <noreply@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	return s.Send(t.Context(), "ann@example.com", "Grüße", "A line.\nA längere one: https://example.com/reset#abc=\n")
}

// elsewhere names this machine by an address that isn't the loopback's, though it leads there.
func elsewhere(box *testkit.Mailbox) string {
	return strings.Replace(box.Address, "127.0.0.1", "0.0.0.0", 1)
}

func TestSend(t *testing.T) {
	for name, c := range map[string]struct {
		server    testkit.MailOptions
		url       func(*testkit.Mailbox) string
		encrypted bool
	}{
		"TLS from the first byte": {testkit.MailOptions{TLS: certificate(t), Implicit: true, User: "u@x", Password: "p:w"},
			func(b *testkit.Mailbox) string { return "smtps://u%40x:p%3Aw@" + b.Address }, true},
		"STARTTLS": {testkit.MailOptions{TLS: certificate(t), User: "u@x", Password: "p:w"},
			func(b *testkit.Mailbox) string { return "smtp://u%40x:p%3Aw@" + elsewhere(b) }, true},
		"plain, on this machine": {testkit.MailOptions{},
			func(b *testkit.Mailbox) string { return "smtp://" + b.Address }, false},
	} {
		t.Run(name, func(t *testing.T) {
			box := testkit.StartMail(t, c.server)
			if err := send(t, c.url(box)); err != nil {
				t.Fatal(err)
			}
			l := box.Next(t)
			if l.From != "noreply@example.com" || l.To != "ann@example.com" || l.Subject != "Grüße" || l.User != c.server.User || l.Encrypted != c.encrypted ||
				!strings.Contains(l.Text, "A längere one: https://example.com/reset#abc=") {
				t.Errorf("%+v", l)
			}
		})
	}
}

// TestRefusals: nothing is sent unencrypted to another machine, and no error shows the password.
func TestRefusals(t *testing.T) {
	plain := testkit.StartMail(t, testkit.MailOptions{User: "u", Password: "right"})
	stranger := testkit.StartMail(t, testkit.MailOptions{TLS: certificate(t), User: "u", Password: "right"})
	for name, url := range map[string]string{
		"no encryption":  "smtp://u:hidden-password@" + elsewhere(plain),
		"wrong password": "smtp://u:hidden-password@" + stranger.Address,
		"nobody there":   "smtp://u:hidden-password@127.0.0.1:1",
	} {
		err := send(t, url)
		if err == nil || strings.Contains(err.Error(), "hidden-password") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !plain.Empty() || !stranger.Empty() {
		t.Error("a letter was sent")
	}
}

func TestNew(t *testing.T) {
	for _, url := range []string{"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:hidden-password@", "smtp://h:hidden-password", "smtp://h/path", "smtp://u:hidden-password@h?x=y", "smtp://h:99999", "smtp://u:hidden-password@h:%zz"} {
		if _, err := mail.New(url, "a@example.com"); err == nil || strings.Contains(err.Error(), "hidden-password") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := mail.New("smtp://h", "nobody"); err == nil {
		t.Error("a sender without an address is taken")
	}
	s, err := mail.New("smtp://u:hidden-password@mail.example.com", "a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v", s, s, s)} {
		if strings.Contains(shown, "hidden-password") || !strings.Contains(shown, "mail.example.com") {
			t.Errorf("shown as %s", shown)
		}
	}
	if err := s.Send(t.Context(), "x@example.com\nBcc: y@example.com", "s", "t"); err == nil {
		t.Error("an address of two lines is taken")
	}
}
