package usage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// How often the counts are written, and hours past keeping are deleted.
const (
	flushEvery = 10 * time.Second
	purgeEvery = time.Hour
	keepHours  = 31 * 24
)

// maxFlush is how many counts go into one transaction: few enough that other writes don't wait long for it.
const maxFlush = 5000

// firstUsed is the event of a credential that is used for the first time.
const firstUsed = "credential.first_used"

// Run writes the counts every 10 seconds and once more when ctx ends, and deletes old hours. failed hears of a write that
// went wrong; what it would have written is kept, and written later.
func (c *Counter) Run(ctx context.Context, failed func(error)) {
	flush, purge := time.NewTicker(flushEvery), time.NewTicker(purgeEvery)
	defer flush.Stop()
	defer purge.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			defer cancel()
			if err := c.Flush(last); err != nil {
				failed(err)
			}
			return
		case <-flush.C:
			err = c.Flush(ctx)
		case <-purge.C:
			err = c.Purge(ctx)
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Purge deletes the hours that are past keeping.
func (c *Counter) Purge(ctx context.Context) error {
	return c.store.purge(ctx, c.now().UnixMilli()/hour-keepHours)
}

// Flush writes the counts. After an error what wasn't written is counted on.
func (c *Counter) Flush(ctx context.Context) error {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	taken := c.take()
	keys := make([]key, 0, len(taken))
	for k := range taken {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	for len(keys) > 0 {
		n := min(len(keys), maxFlush)
		if err := c.write(ctx, keys[:n], taken); err != nil {
			for _, k := range keys {
				c.giveBack(k, taken[k])
			}
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// compareKeys orders keys as they are written. Every node writes in this order, so that two of them don't lock each
// other out.
func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.accountID, b.accountID), cmp.Compare(a.credential, b.credential), cmp.Compare(a.hour, b.hour))
}

// write writes the counts of sorted keys in one transaction: first the uses, those that are new and then the others,
// then the hours, last the audit log. The order is the same on every node.
func (c *Counter) write(ctx context.Context, keys []key, counts map[key]*count) error {
	uses, hours := usesOf(keys, counts), hoursOf(keys, counts)
	return c.store.db.Tx(ctx, func(tx *store.Tx) error {
		fresh, err := insertUses(ctx, tx, uses)
		if err != nil {
			return err
		}
		known := slices.DeleteFunc(slices.Clone(uses), func(u useRow) bool { return fresh[u.name()] })
		if err := updateUses(ctx, tx, known); err != nil {
			return err
		}
		if err := addHours(ctx, tx, hours); err != nil {
			return err
		}
		if err := addDays(ctx, tx, hours); err != nil {
			return err
		}
		var events []audit.Event
		for _, u := range uses {
			if fresh[u.name()] {
				events = append(events, audit.Event{AccountID: u.accountID, At: time.UnixMilli(u.firstAt), Action: firstUsed,
					Credential: u.credential, Subject: u.credential, IP: u.ip, UserAgent: u.userAgent})
			}
		}
		return c.log.RecordPast(ctx, tx, events)
	})
}

// usesOf sums sorted keys up to one row for each credential that was used.
func usesOf(keys []key, counts map[key]*count) []useRow {
	var rows []useRow
	var sum count
	for i, k := range keys {
		if k.credential == "" {
			continue
		}
		sum.merge(counts[k])
		if i+1 < len(keys) && keys[i+1].accountID == k.accountID && keys[i+1].credential == k.credential {
			continue // another hour of the same
		}
		if sum.last != 0 {
			row := useRow{useName: useName{k.accountID, k.credential}, firstAt: sum.first, lastAt: sum.last, userAgent: audit.Printable(sum.userAgent)}
			if sum.ip.IsValid() {
				row.ip = sum.ip.String()
			}
			rows = append(rows, row)
		}
		sum = count{}
	}
	return rows
}

// hoursOf makes a row of each key, and one of each account's hour with all that was counted in it.
func hoursOf(keys []key, counts map[key]*count) []hourRow {
	sums := map[key]*hourRow{}
	var rows []hourRow
	for _, k := range keys {
		one := counts[k]
		account := key{accountID: k.accountID, hour: k.hour}
		if sums[account] == nil {
			sums[account] = &hourRow{key: account}
		}
		if !strings.HasPrefix(k.credential, bearer.SecretNamePrefix) { // its client's request is counted already
			sums[account].requests += one.requests
			sums[account].refusals += one.refusals
		}
		if k.credential != "" {
			rows = append(rows, hourRow{k, one.requests, one.refusals})
		}
	}
	for _, row := range sums {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b hourRow) int { return compareKeys(a.key, b.key) })
	return rows
}
