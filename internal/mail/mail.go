package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Sender sends letters. Its methods may be called from many goroutines.
type Sender struct {
	host    string
	options []gomail.Option
	from    string
}

// timeout bounds a whole delivery, from the connection to the last answer.
const timeout = 30 * time.Second

// New makes a sender from the URL of a mail server and the address that letters come from, such as
// "Yipii <noreply@example.com>". smtp:// asks for STARTTLS (port 587), smtps:// encrypts from the first byte (port 465).
// Name and password stand in the URL, percent-encoded. New connects to nothing.
func New(smtpURL, from string) (*Sender, error) {
	u, err := url.Parse(smtpURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the SMTP URL must be smtp://HOST:PORT or smtps://HOST:PORT, with NAME:PASSWORD@ before the host where the server asks for them")
	}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("the sender's address %q must be an e-mail address, with or without a name", from)
	}
	s := &Sender{host: u.Hostname(), from: from, options: []gomail.Option{gomail.WithTimeout(timeout)}}
	s.encrypt(u)
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(name), gomail.WithPassword(password))
	}
	if text := u.Port(); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil || port < 1 || port > 65535 {
			return nil, errors.New("the SMTP URL's port must be from 1 to 65535")
		}
		s.options = append(s.options, gomail.WithPort(port))
	}
	return s, nil
}

// encrypt chooses how the connection is encrypted. Only a server on this machine may go without.
func (s *Sender) encrypt(u *url.URL) {
	switch {
	case u.Scheme == "smtps":
		s.options = append(s.options, gomail.WithSSL(), gomail.WithPort(gomail.DefaultPortSSL))
	case isLoopback(u.Hostname()):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithPort(gomail.DefaultPortTLS))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(gomail.DefaultPortTLS))
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Send hands a letter to the mail server and returns once the server has taken it.
func (s *Sender) Send(ctx context.Context, to, subject, text string) error {
	letter := gomail.NewMsg()
	if err := errors.Join(letter.From(s.from), letter.To(to)); err != nil {
		return fmt.Errorf("the letter can't be addressed: %w", err)
	}
	letter.Subject(subject)
	letter.SetDate()
	letter.SetMessageID()
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's absence notice answers it (RFC 3834)
	letter.SetBodyString(gomail.TypeTextPlain, text)
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", s.host, err)
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return fmt.Errorf("mail server %s: %w", s.host, err)
	}
	return nil
}

// String names the mail server, without name and password.
func (s *Sender) String() string { return "mail server " + s.host }

// GoString is String, so that no dump shows the password.
func (s *Sender) GoString() string { return s.String() }
