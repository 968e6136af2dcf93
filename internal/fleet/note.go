package fleet

import (
	"context"
	"strconv"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/store"
)

// Topics of the room's announcements.
const (
	trackerTopic = "tracker" // the subject is the identity whose binding changed, "" for many at once
	driverTopic  = "driver"  // the subject is the id of the account in which a driver's key changed
)

// notes is what a transaction has to tell when its work is done: the audit log's events, then the announcements. Both lock,
// and in this order everywhere, so nothing may come between them; that is why they wait until the end.
type notes struct {
	events  []audit.Event
	changed []notice
	after   func(context.Context, *store.Tx) error // another room's announcements; nil for none
}

type notice struct{ topic, subject string }

func (n *notes) event(e audit.Event) { n.events = append(n.events, e) }

func (n *notes) announce(topic, subject string) {
	n.changed = append(n.changed, notice{topic, subject})
}

// change runs fn in a writing transaction and tells what it has noted.
func (s fleetStore) change(ctx context.Context, fn func(tx *store.Tx, n *notes) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		n := &notes{}
		if err := fn(tx, n); err != nil {
			return err
		}
		for _, e := range n.events {
			if err := s.log.Record(ctx, tx, e); err != nil {
				return err
			}
		}
		for _, c := range n.changed {
			if err := tx.Announce(ctx, c.topic, c.subject); err != nil {
				return err
			}
		}
		if n.after != nil {
			return n.after(ctx, tx)
		}
		return nil
	})
}

// forUpdate ends a query whose rows nobody else may change until the transaction ends. PostgreSQL is told so; it lets
// ingestion hold the rows meanwhile. A writing transaction of SQLite is alone, and its language has no such words.
func (s fleetStore) forUpdate() string {
	if s.db.Dialect == store.Postgres {
		return ` FOR NO KEY UPDATE`
	}
	return ``
}

// subject names a record for the audit log: "asset:7".
func subject(noun string, id int64) string { return noun + ":" + strconv.FormatInt(id, 10) }

// textOf is the text that p points to, "" for nil.
func textOf(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
