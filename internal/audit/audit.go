package audit

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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

// Operator is the name of who acts without a request: a command on the server's machine.
const Operator = "operator"

// Log writes and reads the audit log. Its methods may be called from many goroutines.
type Log struct {
	store   auditStore
	key     [32]byte // of the rows' macs
	sealKey [32]byte // of the heads' seals
}

// New makes the log.
func New(db *store.DB, server secret.Server) *Log {
	return &Log{store: auditStore{db}, key: server.Derive("audit chain"), sealKey: server.Derive("audit head")}
}

// Record adds an event inside the transaction that does what it tells of, so that neither is there without the other.
// It must come before the transaction's announcements: both lock, and always in this order. A transaction that records
// in several accounts does so in the order of their ids.
func (l *Log) Record(ctx context.Context, tx *store.Tx, e Event) error {
	e.fill(ctx)
	e.At = time.Time{}
	return l.RecordPast(ctx, tx, []Event{e})
}

// RecordPast is Record for what happened a while ago: the events say themselves when it was, who it was and where from,
// and nothing is taken from ctx. Those of one account are numbered in the order given.
func (l *Log) RecordPast(ctx context.Context, tx *store.Tx, events []Event) error {
	if tx.Announced() {
		return errors.New("an audit event must be recorded before the change is announced")
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b Event) int { return cmp.Compare(a.AccountID, b.AccountID) })
	for len(sorted) > 0 {
		n := slices.IndexFunc(sorted, func(e Event) bool { return e.AccountID != sorted[0].AccountID })
		if n < 0 {
			n = len(sorted)
		}
		if err := l.append(ctx, tx, sorted[0].AccountID, sorted[:n]); err != nil {
			return err
		}
		sorted = sorted[n:]
	}
	return nil
}

// append adds events to an account's chain, and seals its new head.
func (l *Log) append(ctx context.Context, tx *store.Tx, accountID int64, events []Event) error {
	head, whole, err := l.hold(ctx, tx, accountID)
	if err != nil {
		return err
	}
	for _, e := range events {
		if head.number++; e.At.IsZero() {
			e.At = time.UnixMilli(l.store.db.Now())
		}
		e.Number = head.number
		row, err := newRow(e)
		if err != nil {
			return err
		}
		head.mac = l.mac(head.mac, row)
		if err := insertEvent(ctx, tx, row, head.mac); err != nil {
			return err
		}
	}
	head.seal = []byte{}
	if whole {
		head.seal = l.seal(accountID, head)
	}
	return updateHead(ctx, tx, accountID, head)
}

// started is the event by which the installation's log knows that an account's has begun.
const started = "audit.started"

// hold locks the head of an account's chain. whole says that nobody has tampered with it: a head that somebody has must
// not get a good seal again, or what was done to it could never be found.
func (l *Log) hold(ctx context.Context, tx *store.Tx, accountID int64) (h head, whole bool, err error) {
	if h, err = lockHead(ctx, tx, accountID); err != nil {
		return h, false, err
	}
	if h.number > 0 {
		return h, hmac.Equal(h.seal, l.seal(accountID, h)), nil
	}
	last, err := lastEvent(ctx, tx, accountID)
	if err != nil || last.number > 0 {
		return last, false, err // the head was taken away, or set back
	}
	if accountID != Installation {
		err = l.append(ctx, tx, Installation, []Event{{AccountID: Installation, Action: started, Subject: accountSubject(accountID)}})
	}
	return h, true, err
}

func accountSubject(id int64) string { return "account:" + strconv.FormatInt(id, 10) }

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
		if e.UserID == 0 && p.User != nil {
			e.UserID, e.UserName = p.User.ID, p.User.Name
		}
		if e.Credential == "" {
			e.Credential = p.ID
		}
	}
	if e.UserName == "" && req.ID == "" {
		e.UserName = Operator
	}
}

// maxText and maxDetail bound the texts of an event, in characters.
const (
	maxText   = 200
	maxDetail = 2000
)

// Changes are the fields that differ, each as it was and as it is, for the detail of an event.
func Changes(before, after map[string]string) map[string]string {
	out := map[string]string{}
	for field, value := range after {
		if before[field] != value {
			out[field] = before[field] + " → " + value
		}
	}
	return out
}

// Printable is text as the log keeps it: one line of at most 200 characters without control characters.
func Printable(text string) string { return printable(text, maxText) }

func printable(text string, most int) string {
	if len(text) <= most && !strings.ContainsFunc(text, unicode.IsControl) {
		return strings.ToValidUTF8(text, "�")
	}
	out := make([]byte, 0, min(len(text), 4*most))
	for _, r := range text { // what isn't UTF-8 comes as U+FFFD
		if most--; most < 0 {
			break
		}
		if unicode.IsControl(r) {
			r = ' '
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// row is an event as it is stored.
type row struct {
	Event
	at     int64
	noun   string // the action's part before the dot
	detail string
}

func newRow(e Event) (row, error) {
	for _, text := range []*string{&e.Action, &e.UserName, &e.Credential, &e.Subject, &e.SubjectName, &e.IP, &e.UserAgent} {
		*text = Printable(*text)
	}
	r := row{Event: e, at: e.At.UnixMilli(), noun: nounOf(e.Action), detail: "{}"}
	if len(e.Detail) == 0 {
		return r, nil
	}
	clean := make(map[string]string, len(e.Detail))
	for name, value := range e.Detail {
		clean[name] = printable(value, maxDetail)
	}
	detail, err := json.Marshal(clean) // keys come out sorted
	r.detail = string(detail)
	return r, err
}

func nounOf(action string) string {
	noun, _, _ := strings.Cut(action, ".")
	return noun
}

// mac chains a row to the mac of the one before. Each text goes in with its length, so that no two rows read alike.
// The noun is not in it: it follows from the action.
func (l *Log) mac(before []byte, r row) []byte {
	h := sum{hmac.New(sha256.New, l.key[:])}
	h.text(string(before))
	for _, n := range []int64{r.AccountID, r.Number, r.at, r.UserID} {
		h.number(n)
	}
	for _, s := range []string{r.Action, r.UserName, r.Credential, r.Subject, r.SubjectName, r.IP, r.UserAgent, r.detail} {
		h.text(s)
	}
	return h.Sum(nil)
}

// seal is what only who knows the server secret can write beside a head.
func (l *Log) seal(accountID int64, head head) []byte {
	h := sum{hmac.New(sha256.New, l.sealKey[:])}
	h.number(accountID)
	h.number(head.number)
	h.text(string(head.mac))
	return h.Sum(nil)
}

// sum is a MAC in the making.
type sum struct{ hash.Hash }

func (h sum) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

func (h sum) text(s string) {
	h.number(int64(len(s)))
	h.Write([]byte(s))
}
