package testkit

import (
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mailbox is a mail server of a test's own, on 127.0.0.1, that keeps what it is given.
type Mailbox struct {
	Address string // host:port
	letters chan Letter
}

// Letter is one that arrived.
type Letter struct {
	From, To  string // of the envelope
	Subject   string
	Text      string
	User      string // who signed in to send it, "" for nobody
	Encrypted bool
}

// MailOptions say what sort of mail server it is.
type MailOptions struct {
	TLS            *tls.Config // offered by STARTTLS; nil: none
	Implicit       bool        // TLS from the first byte
	User, Password string      // asked for where User isn't ""
}

// StartMail starts a mail server and stops it when t ends.
func StartMail(t testing.TB, opt MailOptions) *Mailbox {
	t.Helper()
	box := &Mailbox{letters: make(chan Letter, 100)}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{box: box, conn: c, opt: opt}, nil
	}))
	server.Domain, server.AllowInsecureAuth = "localhost", true
	server.ErrorLog = quiet{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box.Address = listener.Addr().String()
	if opt.Implicit {
		listener = tls.NewListener(listener, opt.TLS)
	} else {
		server.TLSConfig = opt.TLS
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return box
}

// Next waits for the next letter.
func (b *Mailbox) Next(t testing.TB) Letter {
	t.Helper()
	select {
	case l := <-b.letters:
		return l
	case <-time.After(30 * time.Second):
		t.Fatal("no letter arrived")
		return Letter{}
	}
}

// Empty reports whether no letter waits.
func (b *Mailbox) Empty() bool { return len(b.letters) == 0 }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type mailSession struct {
	box    *Mailbox
	conn   *smtp.Conn
	opt    MailOptions
	letter Letter
}

func (s *mailSession) Reset()        { s.letter = Letter{User: s.letter.User} }
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) AuthMechanisms() []string {
	if s.opt.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.opt.User || password != s.opt.Password {
			return errors.New("wrong name or password")
		}
		s.letter.User = user
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.opt.User != "" && s.letter.User == "" {
		return smtp.ErrAuthRequired
	}
	s.letter.From = from
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.To = to
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body := message.Body
	if message.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	_, s.letter.Encrypted = s.conn.TLSConnectionState()
	s.letter.Subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	s.letter.Text = string(text)
	s.box.letters <- s.letter
	return err
}
