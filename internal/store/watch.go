package store

import (
	"context"
	"log/slog"
	"time"
)

// change is one announced change.
type change struct {
	id      int64
	topic   string
	subject string
}

// Subscriber hears of changes of one topic. Changed is called for every change, from any goroutine, perhaps twice
// for the same one; it must be quick. Reset is called when changes may have been missed: forget everything.
type Subscriber struct {
	Changed func(subject string)
	Reset   func()
}

// Subscribe registers s for topic. Subscribe before Watch.
func (db *DB) Subscribe(topic string, s Subscriber) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.subscribers[topic] = append(db.subscribers[topic], s)
}

func (db *DB) dispatch(c change) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	defer db.heard.Add(1) // after the subscribers: who sees the number sees what they did
	for _, s := range db.subscribers[c.topic] {
		s.Changed(c.subject)
	}
}

func (db *DB) reset() {
	db.mu.RLock()
	defer db.mu.RUnlock()
	defer db.heard.Add(1)
	for _, topic := range db.subscribers {
		for _, s := range topic {
			s.Reset()
		}
	}
}

// Heard is how many changes this process has heard of. While it stays the same, what was concluded from caches and
// other memory that changes keep current holds.
func (db *DB) Heard() uint64 { return db.heard.Load() }

// Learned counts as a change heard of: for memory that is read anew after a Reset.
func (db *DB) Learned() { db.heard.Add(1) }

// pollEvery is how often the changes of other processes are looked for: the poll alone keeps the promise of one
// second, PostgreSQL's notices make it quicker.
const pollEvery = 250 * time.Millisecond

// changesKept is how long a change can be read. A process that could not look for longer forgets all it knows.
const changesKept = 24 * time.Hour

// StartWatching takes the present end of the changes as its start. Call it before loading any state that changes keep
// up to date, so that none falls between; then run Watch.
func (db *DB) StartWatching(ctx context.Context) error {
	err := db.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(id), 0) FROM changes`).Scan(&db.seen)
	if err != nil {
		return Fault(err)
	}
	db.lastSync.Store(db.Now())
	return nil
}

// Watch hands the changes of other processes to the subscribers until ctx ends.
func (db *DB) Watch(ctx context.Context, log *slog.Logger) {
	wake := make(chan struct{}, 1)
	if db.Dialect == Postgres {
		go db.listen(ctx, wake)
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	purge := time.NewTicker(time.Hour)
	defer purge.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-purge.C:
			db.purge(ctx)
			continue
		case <-wake:
		case <-poll.C:
		}
		err := db.Sync(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != failing {
			failing = err != nil
			if failing {
				log.Error("the database can't be reached; good tokens go on working for a while", "cause", err.Error())
			} else {
				log.Info("the database is back")
			}
		}
	}
}

// Sync reads the changes that other processes announced since the last look and tells the subscribers. Watch calls it all
// the time; who can't wait for that may call it too.
func (db *DB) Sync(ctx context.Context) error {
	db.syncing.Lock()
	defer db.syncing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	started := db.Now()
	for {
		batch, err := db.changesAfter(ctx, db.seen)
		if err != nil {
			return err
		}
		if len(batch) > 0 && db.seen > 0 && batch[0].id > db.seen+1 && db.missed(ctx, batch[0].id) {
			db.reset()
		}
		for _, c := range batch {
			db.dispatch(c)
			db.seen = c.id
		}
		if len(batch) < changesBatch {
			db.lastSync.Store(started)
			return nil
		}
	}
}

const changesBatch = 1000

func (db *DB) changesAfter(ctx context.Context, id int64) ([]change, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, topic, subject FROM changes WHERE id > $1 ORDER BY id LIMIT $2`, id, changesBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var batch []change
	for rows.Next() {
		var c change
		if err := rows.Scan(&c.id, &c.topic, &c.subject); err != nil {
			return nil, err
		}
		batch = append(batch, c)
	}
	return batch, rows.Err()
}

// missed reports whether changes before id may have been purged unread. A gap alone says nothing: a rolled back
// transaction leaves one too. If the oldest kept change is id itself, older ones may have gone.
func (db *DB) missed(ctx context.Context, id int64) bool {
	var oldest int64
	err := db.read.QueryRowContext(ctx, `SELECT MIN(id) FROM changes`).Scan(&oldest)
	return err != nil || oldest >= id
}

// Staleness is how long ago this process last saw all changes of the others.
func (db *DB) Staleness() time.Duration {
	return max(0, time.Duration(db.Now()-db.lastSync.Load())*time.Millisecond)
}

func (db *DB) purge(ctx context.Context) {
	_, _ = db.write.ExecContext(ctx, `DELETE FROM changes WHERE at < $1 AND id < (SELECT MAX(id) FROM changes)`,
		db.Now()-changesKept.Milliseconds())
}

// listen turns PostgreSQL's notices into wake-ups, and connects again for ever.
func (db *DB) listen(ctx context.Context, wake chan<- struct{}) {
	for ctx.Err() == nil {
		_ = db.Listen(ctx, "yipii_changes", func() {}, func(string) {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
