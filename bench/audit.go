package main

import (
	"context"
	"strconv"
	"time"
)

// The lengths of the logs that are read.
const (
	manyEvents = 1_000_000
	fewEvents  = 1_000
	eventsPage = 50
)

// benchAudit compares pages of a log of a million events with pages of one of a thousand.
func benchAudit(ctx context.Context, b *bench) error {
	many, err := b.auditLog(ctx, "audit-many", manyEvents)
	if err != nil {
		return err
	}
	defer many.product.stop()
	few, err := b.auditLog(ctx, "audit-few", fewEvents)
	if err != nil {
		return err
	}
	defer few.product.stop()
	for _, page := range []struct {
		what    string
		senders func(auditLog) []sender
	}{
		{"first page of 50 of an audit log of 1,000,000 events, against 1,000 events", auditLog.firstPages},
		{"the same, pages that lie spread over the whole log, by cursor", auditLog.deepPages},
	} {
		c, err := compare(ctx, b.pairs, b.halfLoaded(many.product, page.senders(many)), b.halfLoaded(few.product, page.senders(few)))
		if err != nil {
			return err
		}
		b.report(c.row(page.what, "pages", 0.8))
	}
	return nil
}

// auditLog is a running installation whose account has a log of so many events.
type auditLog struct {
	product     *service
	path, token string
	events      int
}

func (b *bench) auditLog(ctx context.Context, name string, events int) (log auditLog, err error) {
	in, err := b.sqlite(ctx, name)
	if err != nil {
		return log, err
	}
	start := time.Now()
	if err := fillEvents(ctx, in.url, events); err != nil {
		return log, err
	}
	b.logf("%s audit events inserted in %.1f s", thousands(float64(events)), time.Since(start).Seconds())
	log = auditLog{path: "/api/" + in.AccountKey + "/audit?limit=" + strconv.Itoa(eventsPage), events: events}
	if log.product, err = in.serve(ctx); err != nil {
		return log, err
	}
	log.token, err = log.product.token(in, in.ClientID)
	return log, err
}

// firstPages ask for the newest events.
func (l auditLog) firstPages() []sender {
	senders := make([]sender, connections)
	for i := range senders {
		senders[i] = always(get(l.path, l.token))
	}
	return senders
}

// deepPages ask for 64 pages, one a connection, that lie evenly between the newest and the oldest. A cursor is the number
// of the last event of the page before, so any number is one.
func (l auditLog) deepPages() []sender {
	senders := make([]sender, connections)
	for i := range senders {
		cursor := eventsPage + 1 + i*(l.events-eventsPage)/connections // so that each page is full
		senders[i] = always(get(l.path+"&cursor="+strconv.Itoa(cursor), l.token))
	}
	return senders
}

// halfLoaded is loaded for half of a round's time, because filling a million events takes as long as both comparisons.
func (b *bench) halfLoaded(s *service, senders []sender) side {
	return side{pid: s.pid(), run: func(ctx context.Context, _ int) (round, error) {
		o, err := load(ctx, s.addr, b.round()/2, senders)
		return round{units: o.requests, rate: o.rate(), p99: o.p99()}, err
	}}
}
