package reporting

import (
	"context"
	"errors"
	"fmt"
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

// sendLetters tells the recipients of schedules of reports that are completed, with a link to each. Who has got a letter is written
// down once the mail server has taken it: a letter comes twice only where the node, or the database, dies between the two.
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
		unsent, err := s.sendLettersOf(trying, r)
		end()
		if err != nil && (ctx.Err() != nil || unsent == 0 || s.opt.Now().Sub(*r.EndedAt) < lettersPatience) {
			s.warn("letters of report "+r.ID+" were not sent; it is tried again", err)
			continue
		}
		s.warn("letters of report "+r.ID+" were not sent within a day; it is given up", err)
		if err := s.store.db.Tx(ctx, func(tx *store.Tx) error { return endMail(ctx, tx, r, unsent) }); err != nil {
			return err
		}
	}
	return nil
}

// sendLettersOf sends the letters of one report to those recipients who are members still, may see it, and have none yet. unsent is
// how many of them are left without one, for the reason err.
func (s *Service) sendLettersOf(ctx context.Context, r *Report) (unsent int, err error) {
	c, err := s.store.findSchedule(ctx, r.row.accountID, r.row.scheduleID, nil)
	if fault.Is(err, fault.NotFound) {
		return 0, nil // nobody wants them any more
	}
	if err != nil {
		return 0, err
	}
	members, err := s.store.unmailed(ctx, r, c.Recipients)
	if err != nil {
		return 0, err
	}
	subject, text := s.letter(r, c)
	unsent = len(members)
	var failed error
	for _, m := range members {
		if _, err := s.store.find(ctx, r.row.accountID, r.ID, m.part); fault.Is(err, fault.NotFound) {
			unsent-- // they may not see it
			continue
		} else if err != nil {
			return unsent, errors.Join(failed, err)
		}
		if err := s.opt.Letters(ctx, m.email, subject, text); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if err := s.mailed(ctx, r, m.id); err != nil {
			return unsent, errors.Join(failed, err)
		}
		unsent--
	}
	return unsent, failed
}

// mailed writes down that a member has got the letter of a report, also where the node is about to end.
func (s *Service) mailed(ctx context.Context, r *Report, member int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.store.db.Tx(ctx, func(tx *store.Tx) error { return insertLetter(ctx, tx, r, member, s.moment()) })
}

// letter is what is written to the recipients of a schedule's report.
func (s *Service) letter(r *Report, c *Schedule) (subject, text string) {
	s.show(r)
	link := s.Link(r.ID, min(letterLasts, r.ExpiresAt.Sub(s.moment()))) // the report may be kept for less
	zone := zoneOf(r.row.request.Zone)
	first, last := r.DateFrom.In(zone).Format("2006-01-02"), r.DateTo.Add(-time.Millisecond).In(zone).Format("2006-01-02")
	span := first
	if last != first {
		span += " to " + last
	}
	return fmt.Sprintf("Report: %s, %s", c.Name, span), fmt.Sprintf("The report %q of %s, %s, is ready:\n\n%s\n\nThe link is good until %s. "+
		"Whoever has it can download the report.\n\nYou get this letter because a schedule of the account names you. Its managers can change that.\n",
		c.Name, r.row.request.Account.Name, span, link.URL, link.ExpiresAt.In(zone).Format("2006-01-02 15:04 MST"))
}
