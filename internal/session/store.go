package session

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/store"
)

func insertSession(ctx context.Context, tx *store.Tx, r *record, from place) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO sessions
		(user_id, hash, half, how, created_at, proved_at, seen_at, expires_at, ip, user_agent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		r.userID, r.hash[:], flag(r.half), r.how, r.created.UnixMilli(), provedMilli(r), r.seen.Load(), r.expires.UnixMilli(),
		from.ip, from.userAgent).Scan(&id)
	return id, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// provedMilli is 0 for half a session: who it is has not been shown yet.
func provedMilli(r *record) int64 {
	if r.proved.IsZero() {
		return 0
	}
	return r.proved.UnixMilli()
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// loadSession reads the session with this hash; nil for none.
func (s *Service) loadSession(ctx context.Context, hash [32]byte) (*record, error) {
	r := &record{hash: hash}
	var half, created, proved, seen, expires int64
	err := s.db.Read().QueryRowContext(ctx, `SELECT id, user_id, half, how, created_at, proved_at, seen_at, expires_at
		FROM sessions WHERE hash = $1`, hash[:]).Scan(&r.id, &r.userID, &half, &r.how, &created, &proved, &seen, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, store.Fault(err)
	}
	r.half, r.created, r.proved, r.expires = half != 0, timeOf(created), timeOf(proved), timeOf(expires)
	r.seen.Store(seen)
	return r, nil
}

// listSessions reads the whole sessions of a user that are alive.
func (s *Service) listSessions(ctx context.Context, userID, now, idleSince int64) ([]Session, error) {
	sessions := []Session{}
	err := s.db.Rows(ctx, `SELECT id, how, created_at, seen_at, expires_at, ip, user_agent FROM sessions
		WHERE user_id = $1 AND half = 0 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id DESC`,
		[]any{userID, now, idleSince}, func(rows *sql.Rows) error {
			var one Session
			var created, seen, expires int64
			err := rows.Scan(&one.ID, &one.How, &created, &seen, &expires, &one.IP, &one.UserAgent)
			one.CreatedAt, one.SeenAt, one.ExpiresAt = timeOf(created), timeOf(seen), timeOf(expires)
			sessions = append(sessions, one)
			return err
		})
	return sessions, err
}

// provedAt is when the person last showed in this session who they are; a session that is over is errSignedOut.
func (s *Service) provedAt(ctx context.Context, userID, sessionID int64) (ms int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT proved_at FROM sessions WHERE id = $1 AND user_id = $2 AND half = 0`, sessionID, userID).Scan(&ms)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errSignedOut
	}
	return ms, store.Fault(err)
}

func updateProved(ctx context.Context, tx *store.Tx, userID, sessionID, now int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE sessions SET proved_at = $1 WHERE id = $2 AND user_id = $3 AND half = 0`, now, sessionID, userID)
	return store.OneRow(result, err, "Session")
}

func updateSeen(ctx context.Context, tx *store.Tx, sessionID, now int64, from place) error {
	_, err := tx.ExecContext(ctx, `UPDATE sessions SET seen_at = $1, ip = $2, user_agent = $3 WHERE id = $4 AND seen_at < $1`,
		now, from.ip, from.userAgent, sessionID)
	return err
}

// countFailure counts a code that is about to be looked at, and reports whether half a session has one left.
func countFailure(ctx context.Context, tx *store.Tx, sessionID int64) (bool, error) {
	return changed(tx.ExecContext(ctx, `UPDATE sessions SET failures = failures + 1 WHERE id = $1 AND half = 1 AND failures < $2`,
		sessionID, maxFailures))
}

// changed reports whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func deleteSession(ctx context.Context, tx *store.Tx, userID, sessionID int64) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1 AND user_id = $2`, sessionID, userID)
	return store.OneRow(result, err, "Session")
}

// deleteOwn deletes a session whose cookie was shown, and returns how many there were.
func deleteOwn(ctx context.Context, tx *store.Tx, sessionID int64) (int64, error) {
	result, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, sessionID)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// deleteSessions deletes all sessions of a user but one, and returns how many.
func deleteSessions(ctx context.Context, tx *store.Tx, userID, except int64) (int64, error) {
	result, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, userID, except)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *Service) sweep(ctx context.Context, now, idleSince, unconfirmedSince int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		for _, old := range []struct {
			statement string
			args      []any
		}{
			{`DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2`, []any{now, idleSince}},
			{`DELETE FROM links WHERE expires_at <= $1`, []any{now}},
			{`DELETE FROM answered_challenges WHERE expires_at <= $1`, []any{now}},
			{`DELETE FROM totp_secrets WHERE confirmed_at IS NULL AND created_at <= $1`, []any{unconfirmedSince}},
		} {
			if _, err := tx.ExecContext(ctx, old.statement, old.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
