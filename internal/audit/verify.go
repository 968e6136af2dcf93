package audit

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Fault is a place at which a chain is broken.
type Fault struct {
	Number  int64  `json:"number"` // of the event, or of the first that is missing; 0 for the chain as a whole
	Problem string `json:"problem"`
}

// Report says what Verify found in one chain.
type Report struct {
	AccountID int64 `json:"account_id"`
	Events    int64 `json:"events"` // that are there
	// Head names the newest event that was looked at, "NUMBER:MAC in hexadecimal", "" if there is none. Kept elsewhere, it
	// tells later whether the log still is the one that it was.
	Head string `json:"head"`
	// Broken lists the first faults by number; Faults is how many there are in all.
	Broken []Fault `json:"broken"`
	Faults int64   `json:"faults"`
}

// maxFaults is how many faults a report lists.
const maxFaults = 100

func (r *Report) add(number int64, problem string) {
	if r.Faults++; len(r.Broken) < maxFaults {
		r.Broken = append(r.Broken, Fault{number, problem})
	}
}

// verifyBatch is how many events are in memory at once.
const verifyBatch = 1000

// Verify looks at every event of an account's chain, at its head, and at what the installation's log knows of it.
// Events that are recorded meanwhile may or may not be looked at, and are never taken for faults.
func (l *Log) Verify(ctx context.Context, accountID int64) (Report, error) {
	w := walk{log: l, report: Report{AccountID: accountID, Broken: []Fault{}}, last: math.MinInt64, expect: 1, mac: []byte{}}
	head, newest, err := l.store.end(ctx, accountID)
	if err != nil {
		return w.report, err
	}
	for more := true; more; {
		if more, err = w.step(ctx, max(head.number, newest)); err != nil {
			return w.report, err
		}
	}
	w.finish(head)
	if err := w.compareStarts(ctx); err != nil {
		return w.report, err
	}
	if w.seen != nil {
		w.report.Head = fmt.Sprintf("%d:%x", w.last, w.seen)
	}
	return w.report, nil
}

// walk is the way along a chain.
type walk struct {
	log    *Log
	report Report
	last   int64  // the number of the last event that was read
	seen   []byte // its mac; nil before the first
	expect int64  // the number that the next must have
	mac    []byte // of the event before that one; nil if that isn't known
}

// step looks at the next events up to number upto, and reports whether there may be more.
func (w *walk) step(ctx context.Context, upto int64) (more bool, err error) {
	n := 0
	err = w.log.store.between(ctx, w.report.AccountID, w.last, upto, verifyBatch, func(e stored) error {
		n++
		w.look(e)
		return nil
	})
	return n == verifyBatch, err
}

func (w *walk) look(e stored) {
	w.report.Events++
	w.last, w.seen = e.Number, e.mac
	if e.Number < 1 {
		w.report.add(e.Number, "was added: numbers begin at 1")
		return
	}
	if e.Number > w.expect {
		w.report.add(w.expect, missing(w.expect, e.Number-1))
		w.mac = nil
	}
	// After a gap the mac before isn't known, and this row can't be held against it; the next one can.
	if w.mac != nil && !hmac.Equal(e.mac, w.log.mac(w.mac, e.row)) {
		w.report.add(e.Number, "was changed or added, or the one before it was")
	} else if e.noun != nounOf(e.Action) {
		w.report.add(e.Number, "was changed: its noun isn't its action's")
	}
	w.expect, w.mac = e.Number+1, e.mac
}

func missing(from, to int64) string {
	if from == to {
		return "is missing"
	}
	return fmt.Sprintf("is missing, and all up to %d", to)
}

// finish compares the end of the chain with its head.
func (w *walk) finish(h head) {
	end := w.expect - 1
	switch {
	case h.number == 0 && end > 0:
		w.report.add(end, "has no head beside it: the head was taken away")
		return
	case h.number == 0:
		return
	case h.number > end:
		w.report.add(end+1, missing(end+1, h.number))
	case h.number < end:
		w.report.add(h.number+1, "was added past the head, or the head was set back")
	case !hmac.Equal(h.mac, w.mac):
		w.report.add(end, "isn't the one that the head names")
	}
	if !hmac.Equal(h.seal, w.log.seal(w.report.AccountID, h)) {
		w.report.add(h.number, "the head was changed, so that later events may be missing")
	}
}

// compareStarts holds the chain against the installation's log, which has one event for each account's that began.
func (w *walk) compareStarts(ctx context.Context) error {
	if w.report.AccountID == Installation {
		return nil
	}
	starts, err := w.log.store.starts(ctx, w.report.AccountID)
	switch {
	case err != nil:
		return err
	case starts > 0 && w.report.Events == 0:
		w.report.add(0, "all events are missing: the installation's log says that there were some")
	case starts > 1:
		w.report.add(0, "the log was begun anew: what was in it before is missing")
	case starts == 0 && w.report.Events > 0:
		w.report.add(0, "the installation's log doesn't know of this one: events of it are missing")
	}
	return nil
}

// VerifyAll verifies every chain, the installation's first, those whose events are all missing included.
func (l *Log) VerifyAll(ctx context.Context) ([]Report, error) {
	ids, err := l.store.startedChains(ctx)
	if err != nil {
		return nil, err
	}
	ids = append(ids, Installation)
	for id := int64(math.MinInt64); ; {
		next, ok, err := l.store.nextChain(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		id = next
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var reports []Report
	for _, id := range slices.Compact(ids) {
		report, err := l.Verify(ctx, id)
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// ParseHead reads a Report's Head.
func ParseHead(text string) (number int64, mac []byte, err error) {
	first, second, _ := strings.Cut(text, ":")
	number, err = strconv.ParseInt(first, 10, 64)
	if err == nil {
		mac, err = hex.DecodeString(second)
	}
	if err != nil || number < 1 || len(mac) != 32 {
		return 0, nil, fmt.Errorf("%q is not a head as verify prints it: NUMBER:HEX", text)
	}
	return number, mac, nil
}

// Holds reports whether an account's log has the event that a head named, with all before it as it was then. That is so
// only if Verify finds the chain unbroken too.
func (l *Log) Holds(ctx context.Context, accountID, number int64, mac []byte) (bool, error) {
	stored, err := l.store.macOf(ctx, accountID, number)
	return err == nil && stored != nil && hmac.Equal(stored, mac), err
}
