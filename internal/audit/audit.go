package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Installation is the account id of events that belong to no account.
const Installation int64 = 0

// Event is one line of the log. Who, from where and with what is taken from the request's context by Record; a room
// says what was done, to what.
type Event struct {
	AccountID int64
	Number    int64     // from 1, without gaps in the account
	At        time.Time // to the millisecond, UTC
	Action    string    // a noun and what happened to it, such as "client.created"
	// UserID and UserName are the person in whose name it was done; 0 and "" where none is known. "operator" is the name
	// where a command on the server's machine did it.
	UserID     int64
	UserName   string
	Credential string // what they came with: a client id, "key:7", "session:9"
	// Subject is what it was done to: a client id, "key:7", "user:9", "secret:12"; SubjectName its name at the time.
	Subject     string
	SubjectName string
	IP          string
	UserAgent   string
	Detail      map[string]string // never a secret
}

// Operator is the name of who acts without a request: a command on the server's machine, or the server itself.
const Operator = "operator"

// Log writes and reads the audit log. Its methods may be called from many goroutines.
type Log struct {
	db  *store.DB
	key [32]byte
}

// New makes the log.
func New(db *store.DB, server secret.Server) *Log {
	return &Log{db: db, key: server.Derive("audit chain")}
}

// maxText bounds the texts of an event that come from outside, in characters.
const maxText = 200

// Record adds an event inside the transaction that does what it tells of, so that neither is there without the other.
// It must come before the transaction's announcements: both lock, and always in this order.
func (l *Log) Record(ctx context.Context, tx *store.Tx, e Event) error {
	if tx.Announced() {
		return errors.New("an audit event must be recorded before the change is announced")
	}
	e.fill(ctx)
	e.At = time.UnixMilli(l.db.Now()).UTC()
	head, err := lockHead(ctx, tx, e.AccountID)
	if err != nil {
		return err
	}
	e.Number = head.number + 1
	row, err := newRow(e)
	if err != nil {
		return err
	}
	mac := l.mac(head.mac, row)
	if err := insertEvent(ctx, tx, row, mac); err != nil {
		return err
	}
	return updateHead(ctx, tx, e.AccountID, e.Number, mac)
}

// fill says who, from where and with what, where the event's author hasn't.
func (e *Event) fill(ctx context.Context) {
	req := web.RequestOf(ctx)
	if req.ClientIP.IsValid() && e.IP == "" {
		e.IP = req.ClientIP.String()
	}
	if e.UserAgent == "" {
		e.UserAgent = req.UserAgent
	}
	if p, ok := req.Principal.(*bearer.Principal); ok {
		if e.UserID == 0 {
			e.UserID, e.UserName = p.User.ID, p.User.Name
		}
		if e.Credential == "" {
			e.Credential = p.ID
		}
	}
	if e.UserName == "" && req.ID == "" {
		e.UserName = Operator
	}
	for _, text := range []*string{&e.UserName, &e.SubjectName, &e.UserAgent, &e.Subject, &e.Credential} {
		*text = Printable(*text)
	}
}

// Printable is text as the log keeps it: one line of at most 200 characters without control characters.
func Printable(text string) string {
	if len(text) <= maxText && !strings.ContainsFunc(text, unicode.IsControl) {
		return strings.ToValidUTF8(text, "�")
	}
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�")))
	return string(runes[:min(len(runes), maxText)])
}

// row is an event as it is stored.
type row struct {
	Event
	at     int64
	detail string
}

func newRow(e Event) (row, error) {
	if e.Detail == nil {
		return row{Event: e, at: e.At.UnixMilli(), detail: "{}"}, nil
	}
	detail, err := json.Marshal(e.Detail) // keys come out sorted
	return row{e, e.At.UnixMilli(), string(detail)}, err
}

// mac chains a row to the mac of the one before. Each text goes in with its length, so that no two rows read alike.
func (l *Log) mac(before []byte, r row) []byte {
	h := hmac.New(sha256.New, l.key[:])
	number := func(n int64) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	text := func(s string) {
		number(int64(len(s)))
		h.Write([]byte(s))
	}
	text(string(before))
	for _, n := range []int64{r.AccountID, r.Number, r.at, r.UserID} {
		number(n)
	}
	for _, s := range []string{r.Action, r.UserName, r.Credential, r.Subject, r.SubjectName, r.IP, r.UserAgent, r.detail} {
		text(s)
	}
	return h.Sum(nil)
}
