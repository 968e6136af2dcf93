package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// Formats of an export.
const (
	JSON  = "json"  // one object, {"data":[…]}
	JSONL = "jsonl" // an object a line
	CSV   = "csv"   // RFC 4180, with a header
)

// Entry is an event as it is told to callers.
type Entry struct {
	Number      int64             `json:"number" doc:"From 1, without gaps in the account." example:"1204"`
	At          time.Time         `json:"at" doc:"When, to the millisecond."`
	Action      string            `json:"action" doc:"A noun and what happened to it." example:"client.created"`
	UserID      *int64            `json:"user_id" nullable:"true" doc:"The person in whose name it was done; null where none is known."`
	UserName    string            `json:"user_name" doc:"Their name at the time; operator for a command on the server's machine." example:"Ann Archer"`
	Credential  string            `json:"credential" doc:"What they came with: a client id, key:7, session:9."`
	Subject     string            `json:"subject" doc:"What it was done to, in the same words." example:"key:7"`
	SubjectName string            `json:"subject_name" doc:"Its name at the time."`
	IP          string            `json:"ip" example:"203.0.113.7"`
	UserAgent   string            `json:"user_agent"`
	Detail      map[string]string `json:"detail" doc:"What else there is to say; what depends on the action."`
}

// Entry is the event as it is told to callers.
func (e Event) Entry() Entry {
	out := Entry{Number: e.Number, At: e.At.UTC(), Action: e.Action, UserName: e.UserName, Credential: e.Credential, Subject: e.Subject,
		SubjectName: e.SubjectName, IP: e.IP, UserAgent: e.UserAgent, Detail: e.Detail}
	if e.UserID != 0 {
		out.UserID = &e.UserID
	}
	if out.Detail == nil {
		out.Detail = map[string]string{}
	}
	return out
}

// exportBatch is how many events are in memory at once; batchTime bounds the reading of so many.
const (
	exportBatch = 1000
	batchTime   = 30 * time.Second
)

// Export records that there is an export, then writes all events before that one that f picks, oldest first by time. It
// pays no heed to f's Before and Limit. It goes on after ctx has reached a deadline, as long as out takes what it writes:
// a long log over a slow line takes its time.
func (l *Log) Export(ctx context.Context, accountID int64, f Filter, format string, out io.Writer) error {
	upto, err := l.recordExport(ctx, accountID, f, format)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(out, 32<<10)
	to := newEncoder(format, buffer)
	var last stored
	for n := exportBatch; n == exportBatch; {
		where := f.conditions(accountID)
		where.and(`number < $%d`, upto)
		if last.Number != 0 {
			where.and(`(at, number) > ($%d, $%d)`, last.at, last.Number)
		}
		if errors.Is(ctx.Err(), context.Canceled) { // the caller has gone, or the operator has had enough
			return ctx.Err()
		}
		if last, n, err = l.exportBatch(ctx, where, to); err != nil {
			return err
		}
	}
	if err := to.end(); err != nil {
		return err
	}
	return buffer.Flush()
}

// exportBatch writes the next events. They are read whole before they are written, so that a slow reader holds no
// connection of the database's.
func (l *Log) exportBatch(ctx context.Context, where *conditions, to encoder) (last stored, n int, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTime)
	defer cancel()
	batch := make([]stored, 0, exportBatch)
	err = l.store.list(ctx, where, false, exportBatch, func(e stored) error {
		batch = append(batch, e)
		return nil
	})
	for i := 0; i < len(batch) && err == nil; i++ {
		err = to.add(batch[i].Event)
	}
	if err != nil || len(batch) == 0 {
		return last, 0, err
	}
	return batch[len(batch)-1], len(batch), nil
}

// recordExport answers the number of the event that tells of the export.
func (l *Log) recordExport(ctx context.Context, accountID int64, f Filter, format string) (number int64, err error) {
	e := Event{AccountID: accountID, Action: "audit.exported", Detail: f.detail()}
	e.Detail["format"] = format
	err = l.store.db.Tx(ctx, func(tx *store.Tx) error {
		if err := l.Record(ctx, tx, e); err != nil {
			return err
		}
		last, err := lastEvent(ctx, tx, accountID)
		number = last.number
		return err
	})
	return number, err
}

// detail is the filter in the words of the route's parameters.
func (f Filter) detail() map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"action": f.Action, "credential": f.Credential, "subject": f.Subject} {
		if value != "" {
			out[name] = Printable(value)
		}
	}
	if f.UserID != 0 {
		out["user_id"] = strconv.FormatInt(f.UserID, 10)
	}
	for name, t := range map[string]time.Time{"from": f.From, "to": f.To} {
		if !t.IsZero() {
			out[name] = t.UTC().Format(time.RFC3339Nano)
		}
	}
	return out
}

// encoder writes events in a format.
type encoder interface {
	add(Event) error
	end() error
}

func newEncoder(format string, out *bufio.Writer) encoder {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	switch format {
	case CSV:
		w := csv.NewWriter(out)
		w.UseCRLF = true
		return &csvEncoder{w: w}
	case JSONL:
		return &jsonEncoder{out: out, lines: lines}
	}
	return &jsonEncoder{out: out, lines: lines, array: true}
}

// jsonEncoder writes an object a line, as an array's or by themselves.
type jsonEncoder struct {
	out   *bufio.Writer
	lines *json.Encoder
	array bool
	begun bool
}

func (j *jsonEncoder) add(e Event) error {
	if err := j.begin(","); err != nil {
		return err
	}
	return j.lines.Encode(e.Entry())
}

// begin opens the array before its first element, and writes between before the others.
func (j *jsonEncoder) begin(between string) error {
	if !j.array {
		return nil
	}
	if !j.begun {
		j.begun, between = true, `{"data":[`
	}
	_, err := j.out.WriteString(between)
	return err
}

func (j *jsonEncoder) end() error {
	if !j.array {
		return nil
	}
	if err := j.begin(""); err != nil {
		return err
	}
	_, err := j.out.WriteString("]}\n")
	return err
}

// csvEncoder writes a line for each event, under a header.
type csvEncoder struct {
	w      *csv.Writer
	detail bytes.Buffer
	begun  bool
}

func (c *csvEncoder) add(e Event) error {
	if err := c.begin(); err != nil {
		return err
	}
	c.detail.Reset()
	lines := json.NewEncoder(&c.detail)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(e.Entry().Detail); err != nil {
		return err
	}
	user := ""
	if e.UserID != 0 {
		user = strconv.FormatInt(e.UserID, 10)
	}
	return c.w.Write([]string{strconv.FormatInt(e.Number, 10), e.At.UTC().Format(timeFormat), cell(e.Action), user, cell(e.UserName),
		cell(e.Credential), cell(e.Subject), cell(e.SubjectName), cell(e.IP), cell(e.UserAgent), strings.TrimSpace(c.detail.String())})
}

// timeFormat has milliseconds always, so that a column of times sorts as text.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

func (c *csvEncoder) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.w.Write([]string{"number", "at", "action", "user_id", "user_name", "credential", "subject", "subject_name", "ip", "user_agent", "detail"})
}

func (c *csvEncoder) end() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// cell keeps a text that came from outside from being taken for a formula by a spreadsheet.
func cell(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
		return "'" + text
	}
	return text
}
