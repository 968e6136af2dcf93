package reporting

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// claim takes a queued report for a worker, and returns it; nil for one that isn't queued. The file of the attempt before it is
// wasted, and the new one's named.
func claim(ctx context.Context, tx store.Writer, id, worker, place string, now, until time.Time) (*Report, error) {
	if _, err := tx.Do(ctx, `INSERT INTO report_waste (file, place) SELECT file, file_place FROM reports WHERE id = $1 AND status = 'queued' AND file <> ''
		ON CONFLICT (file) DO NOTHING`, id); err != nil {
		return nil, err
	}
	n, err := tx.Do(ctx, `UPDATE reports SET status = 'processing', progress = 0, claimed_by = $2, claimed_until = $3, attempts = attempts + 1, started_at = $4, file = $5,
		file_place = $6 WHERE id = $1 AND status = 'queued'`, id, worker, until.UnixMilli(), now.UnixMilli(), fileName(id, worker), place)
	if err != nil || n == 0 {
		return nil, err
	}
	return within(ctx, tx, id)
}

// within reads a report within a transaction.
func within(ctx context.Context, tx store.Writer, id string) (r *Report, err error) {
	err = tx.Each(ctx, `SELECT `+reportColumns+fromReports+`WHERE r.id = $1`, []any{id}, func(scan func(...any) error) (err error) {
		r, err = scanReport(scan)
		return err
	})
	return r, err
}

func fileName(id, worker string) string { return id + "/" + worker }

// renew makes a claim last until later, and reports false for one that is lost.
func renew(ctx context.Context, tx store.Writer, r *Report, until time.Time, progress int) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE reports SET claimed_until = $4, progress = $5 WHERE account_id = $1 AND id = $2 AND claimed_by = $3`,
		r.row.accountID, r.ID, r.row.claimedBy, until.UnixMilli(), progress)
	return n > 0, err
}

// complete ends a claim with a report that is made.
func complete(ctx context.Context, tx store.Writer, r *Report, size int64, digest string, now, expires time.Time) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE reports SET status = 'completed', progress = 100, error = '', size = $4, digest = $5, ended_at = $6, expires_at = $7, claimed_by = '', claimed_until = NULL
		WHERE account_id = $1 AND id = $2 AND claimed_by = $3`, r.row.accountID, r.ID, r.row.claimedBy, size, digest, now.UnixMilli(), expires.UnixMilli())
	return n > 0, err
}

// fail ends a claim with a reason. The report stands in no other's way from then on.
func fail(ctx context.Context, tx store.Writer, r *Report, reason string, now, expires time.Time) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE reports SET status = 'failed', error = $4, ended_at = $5, expires_at = $6, claimed_by = '', claimed_until = NULL, same_key = NULL,
		mail_at = NULL WHERE account_id = $1 AND id = $2 AND claimed_by = $3`, r.row.accountID, r.ID, r.row.claimedBy, reason, now.UnixMilli(), expires.UnixMilli())
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Do(ctx, `INSERT INTO report_waste (file, place) VALUES ($1, $2) ON CONFLICT (file) DO NOTHING`, r.row.file, r.row.place)
	return true, err
}

// release gives a claim back: the report is queued again, paused where it is to be tried later. An attempt that was broken off by the
// server's end doesn't count.
func release(ctx context.Context, tx store.Writer, r *Report, counts, paused bool) (bool, error) {
	if err := lineUp(ctx, tx, r.row.accountID); err != nil {
		return false, err
	}
	n, err := tx.Do(ctx, `UPDATE reports SET status = 'queued', progress = 0, claimed_by = '', claimed_until = NULL, attempts = attempts - $4, paused = $5
		WHERE account_id = $1 AND id = $2 AND claimed_by = $3`, r.row.accountID, r.ID, r.row.claimedBy, number(!counts), number(paused))
	return n > 0, err
}

// lapsed lists the reports whose workers have not renewed their claims.
func (s reportStore) lapsed(ctx context.Context, now time.Time) ([]*Report, error) {
	var list []*Report
	err := s.db.Rows(ctx, `SELECT `+reportColumns+fromReports+`WHERE r.status = 'processing' AND r.claimed_until < $1 ORDER BY r.claimed_until LIMIT 100`,
		[]any{now.UnixMilli()}, func(rows *sql.Rows) error {
			r, err := scanReport(rows.Scan)
			list = append(list, r)
			return err
		})
	return list, err
}

// expire deletes some reports that are past keeping.
func expire(ctx context.Context, tx store.Writer, now time.Time, n int) (int64, error) {
	return tx.Do(ctx, `DELETE FROM reports WHERE id IN (SELECT id FROM reports WHERE expires_at <= $1 AND status IN ('completed', 'failed') ORDER BY expires_at LIMIT $2)`,
		now.UnixMilli(), n)
}

// waste lists some files that nothing refers to.
func (s reportStore) waste(ctx context.Context, n int) (files [][2]string, err error) {
	err = s.db.Rows(ctx, `SELECT file, place FROM report_waste ORDER BY file LIMIT $1`, []any{n}, func(rows *sql.Rows) error {
		var f [2]string
		err := rows.Scan(&f[0], &f[1])
		files = append(files, f)
		return err
	})
	return files, err
}

// deletePieces deletes some pieces of a file.
func deletePieces(ctx context.Context, tx store.Writer, file string, n int) (int64, error) {
	return tx.Do(ctx, `DELETE FROM report_pieces WHERE file = $1 AND number IN (SELECT number FROM report_pieces WHERE file = $1 ORDER BY number LIMIT $2)`, file, n)
}

func forgetWaste(ctx context.Context, tx store.Writer, file string) error {
	_, err := tx.Do(ctx, `DELETE FROM report_waste WHERE file = $1`, file)
	return err
}

// writePiece stores a piece of the file of a claim that still holds, and reports false for one that doesn't.
func writePiece(ctx context.Context, tx store.Writer, r *Report, number int64, data []byte) (bool, error) {
	n, err := tx.Do(ctx, `INSERT INTO report_pieces (file, number, data) SELECT r.file, CAST($4 AS BIGINT), $5 FROM reports r
		WHERE r.account_id = $1 AND r.id = $2 AND r.claimed_by = $3`, r.row.accountID, r.ID, r.row.claimedBy, number, data)
	return n > 0, err
}

// piece reads a piece of a file.
func (s reportStore) piece(ctx context.Context, file string, number int64) ([]byte, error) {
	var data []byte
	err := s.db.Read().QueryRowContext(ctx, `SELECT data FROM report_pieces WHERE file = $1 AND number = $2`, file, number).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errGone
	}
	return data, store.Fault(err)
}

// waiting counts the reports that are queued and those that are being made, of all accounts.
func (s reportStore) waiting(ctx context.Context) (queued, processing int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN status = 'queued' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN status = 'processing' THEN 1 ELSE 0 END), 0)
		FROM reports WHERE status IN ('queued', 'processing')`).Scan(&queued, &processing)
	return queued, processing, store.Fault(err)
}
