package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// noticeSilence is how long a listening connection may be silent before it is asked whether it still lives. A network that
	// has lost it says nothing, and nothing is what a channel without notices says too.
	noticeSilence = 30 * time.Second
	// noticeAnswer is how long the answer to that may take, and the end of the connection.
	noticeAnswer = 5 * time.Second
)

// Listen calls heard with each notice of a PostgreSQL channel, in their order and those of this process too, until ctx ends or
// the connection fails; then it returns why. It calls listening once none is missed any more. What comes between two calls of
// Listen is missed.
func (db *DB) Listen(ctx context.Context, channel string, listening func(), heard func(payload string)) error {
	if db.Dialect != Postgres {
		return errors.New("only PostgreSQL has notices")
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	own := conn.Hijack() // a listening connection never goes back to the pool
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noticeAnswer)
		defer cancel()
		own.Close(ctx)
	}()
	if _, err := own.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	listening()
	for {
		payload, err := nextNotice(ctx, own)
		if err != nil {
			return err
		}
		heard(payload)
	}
}

// nextNotice waits for a notice as long as the connection lives.
func nextNotice(ctx context.Context, conn *pgx.Conn) (string, error) {
	for {
		silence, cancel := context.WithTimeout(ctx, noticeSilence)
		notice, err := conn.WaitForNotification(silence)
		cancel()
		switch {
		case err == nil:
			return notice.Payload, nil
		case ctx.Err() != nil:
			return "", ctx.Err()
		case silence.Err() == nil || conn.IsClosed():
			return "", err
		}
		answer, cancel := context.WithTimeout(ctx, noticeAnswer)
		err = conn.Ping(answer) // a notice that comes with the answer waits for the next turn
		cancel()
		if err != nil {
			return "", err
		}
	}
}

// Notify sends notices on a PostgreSQL channel, in their order, all or none, in a transaction of their own. PostgreSQL takes
// payloads under 8,000 bytes, and drops one that says the same as another of them. They are gone if the server
// crashes, so it need not wait for its disk.
func (db *DB) Notify(ctx context.Context, channel string, payloads []string) error {
	_, err := db.write.ExecContext(ctx, `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload)
		FROM unnest($2::text[]) AS payload`, channel, payloads)
	return err
}
