package reporting

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

const (
	// letterLasts is how long the link in a letter is good.
	letterLasts = 7 * 24 * time.Hour
	// lettersPatience is how long is tried to send the letters of a report, letterPause how often.
	lettersPatience = 24 * time.Hour
	letterPause     = 5 * time.Minute
)

// postman remembers on a node who has got the letter of a report of which others' could not be sent: those are tried again, and
// one bad address must not bring the rest the same letter every few minutes.
type postman struct {
	mu  sync.Mutex
	got map[string]map[int64]bool // of members by report
}

func (p *postman) has(report string, member int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[report][member]
}

func (p *postman) sent(report string, member int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.got == nil {
		p.got = map[string]map[int64]bool{}
	}
	if p.got[report] == nil {
		p.got[report] = map[int64]bool{}
	}
	p.got[report][member] = true
}

func (p *postman) forget(report string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.got, report)
}

// Mails reports whether letters can be sent.
func (s *Service) Mails() bool { return s.opt.Letters != nil }

// post sends letters until ctx ends, beside what else is looked after: a mail server that hangs holds up nothing but letters.
func (s *Service) post(ctx context.Context) {
	look := time.NewTicker(s.pace.look)
	defer look.Stop()
	for ctx.Err() == nil {
		s.warn("letters of reports are not sent; it is tried again", s.sendLetters(ctx))
		select {
		case <-ctx.Done():
		case <-look.C:
		}
	}
}

// sendLetters tells the recipients of schedules of reports that are completed, with a link to each. A letter may come twice
// where a node dies in the middle of several, or another takes over those that could not be sent.
func (s *Service) sendLetters(ctx context.Context) error {
	if !s.Mails() {
		return nil
	}
	list, err := s.store.toMail(ctx, s.moment())
	if err != nil {
		return err
	}
	for _, r := range list {
		ours := false
		if err := s.store.db.Tx(ctx, func(tx *store.Tx) (err error) {
			ours, err = holdMail(ctx, tx, r, s.moment(), s.moment().Add(letterPause))
			return err
		}); err != nil {
			return err
		}
		if !ours {
			continue
		}
		// No longer than they are ours.
		trying, end := context.WithTimeout(ctx, letterPause*9/10)
		err := s.sendLettersOf(trying, r)
		end()
		if err != nil && s.opt.Now().Sub(*r.EndedAt) < lettersPatience {
			s.warn("letters of report "+r.ID+" were not sent; it is tried again", err)
			continue
		}
		s.warn("letters of report "+r.ID+" were not sent within a day; it is given up", err)
		s.postman.forget(r.ID)
		if err := s.store.db.Tx(ctx, func(tx *store.Tx) error { return endMail(ctx, tx, r) }); err != nil {
			return err
		}
	}
	return nil
}

// sendLettersOf sends the letters of one report to those recipients who are members still and may see it.
func (s *Service) sendLettersOf(ctx context.Context, r *Report) error {
	c, err := s.store.findSchedule(ctx, r.row.accountID, r.row.scheduleID, nil)
	if fault.Is(err, fault.NotFound) {
		return nil // nobody wants them any more
	}
	if err != nil {
		return err
	}
	members, err := s.store.members(ctx, r.row.accountID, c.Recipients)
	if err != nil {
		return err
	}
	s.show(r)
	link := s.Link(r.ID, min(letterLasts, r.ExpiresAt.Sub(s.moment()))) // the report may be kept for less
	zone := zoneOf(r.row.request.Zone)
	first, last := r.DateFrom.In(zone).Format("2006-01-02"), r.DateTo.Add(-time.Millisecond).In(zone).Format("2006-01-02")
	span := first
	if last != first {
		span += " to " + last
	}
	text := fmt.Sprintf("The report %q of %s, %s, is ready:\n\n%s\n\nThe link is good until %s. Whoever has it can download the report.\n\n"+
		"You get this letter because a schedule of the account names you. Its managers can change that.\n",
		c.Name, r.row.request.Account.Name, span, link.URL, link.ExpiresAt.In(zone).Format("2006-01-02 15:04 MST"))
	var failed error
	for _, m := range members {
		if s.postman.has(r.ID, m.id) {
			continue
		}
		if _, err := s.store.find(ctx, r.row.accountID, r.ID, m.part); fault.Is(err, fault.NotFound) {
			continue // they may not see it
		} else if err != nil {
			return err
		}
		if err := s.opt.Letters(ctx, m.email, fmt.Sprintf("Report: %s, %s", c.Name, span), text); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		s.postman.sent(r.ID, m.id)
	}
	return failed
}
