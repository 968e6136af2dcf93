package webhook

import (
	"context"
	"database/sql"

	"github.com/yipii/yipii/internal/store"
)

// Statuses of a delivery.
const (
	waiting   = "waiting"
	delivered = "delivered"
	failed    = "failed"
)

// insertDeliveries puts rows into the outbox; those whose key the webhook has had change nothing.
func insertDeliveries(ctx context.Context, tx store.Writer, rows []outboxRow) error {
	args := make([][]any, len(rows))
	for i, r := range rows {
		args[i] = []any{r.accountID, r.webhookID, r.key, r.messageID, r.kind, r.assetID, r.payload, r.at}
	}
	return tx.DoEach(ctx, `INSERT INTO webhook_deliveries (account_id, webhook_id, event_key, message_id, event_type, asset_id, payload, status, due_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) ON CONFLICT (webhook_id, event_key) DO NOTHING`, args)
}

// dueRow is a webhook that has deliveries waiting.
type dueRow struct {
	webhookID int64
	dueAt     int64 // of the earliest
}

// loadDue lists the webhooks of all accounts that have deliveries waiting, with the time at which the first of them may be
// taken. It steps from webhook to webhook along the index, so that its cost is that of webhooks, not of deliveries: a
// receiver that has been away for days has very many.
func (s *Service) loadDue(ctx context.Context) ([]dueRow, error) {
	var found []dueRow
	err := s.db.Rows(ctx, `WITH RECURSIVE step (webhook_id) AS (
			SELECT MIN(webhook_id) FROM webhook_deliveries WHERE due_at IS NOT NULL
			UNION ALL
			SELECT (SELECT MIN(d.webhook_id) FROM webhook_deliveries d WHERE d.due_at IS NOT NULL AND d.webhook_id > step.webhook_id)
			FROM step WHERE step.webhook_id IS NOT NULL
		)
		SELECT step.webhook_id, (SELECT MIN(d.due_at) FROM webhook_deliveries d WHERE d.webhook_id = step.webhook_id AND d.due_at IS NOT NULL)
		FROM step WHERE step.webhook_id IS NOT NULL`, nil, func(rows *sql.Rows) error {
		var r dueRow
		var due sql.NullInt64 // NULL if the last one has ended between the two looks
		err := rows.Scan(&r.webhookID, &due)
		if r.dueAt = due.Int64; due.Valid {
			found = append(found, r)
		}
		return err
	})
	return found, err
}

// claim is a delivery that this process holds by a lease.
type claim struct {
	id, accountID, webhookID int64
	lease                    string
	messageID, payload       string
	attempts, retry          int64 // before this attempt
	createdAt                int64
}

// claimDue takes at most n deliveries of a webhook that are due, until the lease's end.
func (s *Service) claimDue(ctx context.Context, tx *store.Tx, webhookID int64, lease string, now, until int64, n int) ([]claim, error) {
	// Two nodes that look at once share what there is, where PostgreSQL can pass over what another is taking. SQLite has
	// one writer at a time and knows no such words.
	lock := ``
	if s.db.Dialect == store.Postgres {
		lock = ` FOR UPDATE SKIP LOCKED`
	}
	var claims []claim
	err := tx.Each(ctx, `WITH due AS MATERIALIZED
		(SELECT id FROM webhook_deliveries WHERE webhook_id = $4 AND due_at <= $3 ORDER BY due_at, id LIMIT $5`+lock+`)
		UPDATE webhook_deliveries SET due_at = $1, claimed_by = $2 WHERE due_at <= $3 AND id IN (SELECT id FROM due)
		RETURNING id, account_id, webhook_id, message_id, payload, attempts, retry, created_at`,
		[]any{until, lease, now, webhookID, n}, func(scan func(...any) error) error {
			c := claim{lease: lease}
			err := scan(&c.id, &c.accountID, &c.webhookID, &c.messageID, &c.payload, &c.attempts, &c.retry, &c.createdAt)
			claims = append(claims, c)
			return err
		})
	return claims, err
}

// renew makes leases last until later, those that are still ours.
func renew(ctx context.Context, tx *store.Tx, claims []claim, until int64) error {
	args := make([][]any, len(claims))
	for i, c := range claims {
		args[i] = []any{until, c.accountID, c.id, c.lease}
	}
	return tx.DoEach(ctx, `UPDATE webhook_deliveries SET due_at = $1 WHERE account_id = $2 AND id = $3 AND claimed_by = $4`, args)
}

// release gives back claims whose attempt was broken off by this process, to be taken at once.
func release(ctx context.Context, tx *store.Tx, claims []claim, now int64) error {
	args := make([][]any, len(claims))
	for i, c := range claims {
		args[i] = []any{now, c.accountID, c.id, c.lease}
	}
	return tx.DoEach(ctx, `UPDATE webhook_deliveries SET due_at = $1, claimed_by = '' WHERE account_id = $2 AND id = $3 AND claimed_by = $4`, args)
}

// writeResults writes how attempts went, those whose lease is still ours.
func writeResults(ctx context.Context, tx *store.Tx, results []result) error {
	args := make([][]any, len(results))
	for i, r := range results {
		args[i] = []any{r.status, r.attempts + 1, r.retry + 1, nullTime(r.next), r.at.UnixMilli(), sql.NullInt64{Int64: int64(r.response), Valid: r.response > 0},
			r.took.Milliseconds(), r.kind, r.body, r.accountID, r.claim.id, r.lease}
	}
	return tx.DoEach(ctx, `UPDATE webhook_deliveries SET status = $1, attempts = $2, retry = $3, due_at = $4, claimed_by = '', attempted_at = $5,
		response_status = $6, duration = $7, error_kind = $8, response_body = $9 WHERE account_id = $10 AND id = $11 AND claimed_by = $12`, args)
}

// setFailing notes that a webhook's attempts fail since now, or that one came through.
func setFailing(ctx context.Context, tx *store.Tx, accountID, id int64, failing bool, now int64) error {
	query, args := `UPDATE webhooks SET failing_since = NULL WHERE account_id = $1 AND id = $2 AND failing_since IS NOT NULL`, []any{accountID, id}
	if failing {
		query, args = `UPDATE webhooks SET failing_since = $3 WHERE account_id = $1 AND id = $2 AND failing_since IS NULL`, append(args, now)
	}
	_, err := tx.Do(ctx, query, args...)
	return err
}

// endWaiting ends some of what waits for a webhook that is off or gone, and that nobody is at.
func endWaiting(ctx context.Context, tx *store.Tx, webhookID, now int64, n int) (int64, error) {
	return tx.Do(ctx, `UPDATE webhook_deliveries SET status = 'failed', error_kind = 'disabled', due_at = NULL, claimed_by = ''
		WHERE id IN (SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND due_at IS NOT NULL AND (claimed_by = '' OR due_at <= $2) ORDER BY due_at, id LIMIT $3)
		AND NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = $1 AND w.enabled = 1)`, webhookID, now, n)
}

// Waiting is how many deliveries of all accounts are waiting.
func (s *Service) Waiting(ctx context.Context) (n int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM webhook_deliveries WHERE due_at IS NOT NULL`).Scan(&n)
	return n, store.Fault(err)
}

// purgeLog deletes some of what ended and is older than cutoff, of all accounts.
func purgeLog(ctx context.Context, tx *store.Tx, cutoff int64, n int) (int64, error) {
	return tx.Do(ctx, `DELETE FROM webhook_deliveries WHERE id IN
		(SELECT id FROM webhook_deliveries WHERE created_at < $1 AND due_at IS NULL ORDER BY created_at LIMIT $2)`, cutoff, n)
}
