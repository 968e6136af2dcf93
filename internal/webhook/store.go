package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const webhookColumns = `id, account_id, url, event_types, description, enabled, disabled_reason, old_until, failing_since, version, created_at, updated_at`

// row is a *sql.Row, or the current one of *sql.Rows.
type row interface{ Scan(...any) error }

func scanWebhook(r row, more ...any) (*Webhook, error) {
	w := &Webhook{}
	var types string
	var enabled, created, updated int64
	var old, failing sql.NullInt64
	err := r.Scan(append([]any{&w.ID, &w.AccountID, &w.URL, &types, &w.Description, &enabled, &w.DisabledReason, &old, &failing, &w.Version, &created, &updated}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Missing("Webhook")
	}
	w.Types, w.Enabled, w.OldUntil, w.FailingSince = strings.Fields(types), enabled != 0, timeOf(old), timeOf(failing)
	w.CreatedAt, w.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	return w, store.Fault(err)
}

func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (s *Service) find(ctx context.Context, q querier, accountID, id int64) (*Webhook, error) {
	w, err := scanWebhook(q.QueryRowContext(ctx, `SELECT `+webhookColumns+` FROM webhooks WHERE account_id = $1 AND id = $2`, accountID, id))
	if err != nil {
		return nil, err
	}
	if !s.opt.Now().Before(w.OldUntil) {
		w.OldUntil = time.Time{}
	}
	return w, nil
}

func (s *Service) list(ctx context.Context, accountID int64, page web.PageInput) ([]Webhook, int, error) {
	column, descending, err := page.Order(map[string]string{"id": "id", "url": "url", "created_at": "created_at", "updated_at": "updated_at"}, "id")
	if err != nil {
		return nil, 0, err
	}
	var total int
	if err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM webhooks WHERE account_id = $1`, accountID).Scan(&total); err != nil {
		return nil, 0, store.Fault(err)
	}
	order := column + ` ASC, id ASC`
	if descending {
		order = column + ` DESC, id DESC`
	}
	found := make([]Webhook, 0, min(page.PerPage, total))
	err = s.db.Rows(ctx, fmt.Sprintf(`SELECT %s FROM webhooks WHERE account_id = $1 ORDER BY %s LIMIT $2 OFFSET $3`, webhookColumns, order),
		[]any{accountID, page.PerPage, page.Offset()}, func(rows *sql.Rows) error {
			w, err := scanWebhook(rows)
			if err == nil {
				if !s.opt.Now().Before(w.OldUntil) {
					w.OldUntil = time.Time{}
				}
				found = append(found, *w)
			}
			return err
		})
	return found, total, err
}

func countWebhooks(ctx context.Context, tx *store.Tx, accountID int64) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM webhooks WHERE account_id = $1`, accountID).Scan(&n)
	return n, err
}

// insertWebhook stores a webhook without a key, as a key is sealed to the id that it gets.
func insertWebhook(ctx context.Context, tx *store.Tx, w *Webhook) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO webhooks (account_id, url, event_types, description, enabled, secret, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id`,
		w.AccountID, w.URL, strings.Join(w.Types, " "), w.Description, bit(w.Enabled), []byte{}, w.CreatedAt.UnixMilli()).Scan(&id)
	return id, err
}

func setSecret(ctx context.Context, tx *store.Tx, w *Webhook, sealed []byte) error {
	_, err := tx.ExecContext(ctx, `UPDATE webhooks SET secret = $1 WHERE account_id = $2 AND id = $3`, sealed, w.AccountID, w.ID)
	return err
}

// rotateSecret puts a new key before the one that there is, which stays until w.OldUntil; of a zero time not at all.
func rotateSecret(ctx context.Context, tx *store.Tx, w *Webhook, sealed []byte) error {
	until := nullTime(w.OldUntil)
	_, err := tx.ExecContext(ctx, `UPDATE webhooks SET old_secret = CASE WHEN $1 = 1 THEN secret END, secret = $2, old_until = $3, updated_at = $4, version = version + 1
		WHERE account_id = $5 AND id = $6`, bit(until.Valid), sealed, until, w.UpdatedAt.UnixMilli(), w.AccountID, w.ID)
	return err
}

// lockWebhook makes other changes of the webhook wait, and refuses one that isn't the account's.
func lockWebhook(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE webhooks SET updated_at = updated_at WHERE account_id = $1 AND id = $2`, accountID, id)
	return store.OneRow(result, err, "Webhook")
}

func updateWebhook(ctx context.Context, tx *store.Tx, w *Webhook) error {
	_, err := tx.ExecContext(ctx, `UPDATE webhooks SET url = $1, event_types = $2, description = $3, enabled = $4, disabled_reason = $5,
		failing_since = $6, updated_at = $7, version = version + 1 WHERE account_id = $8 AND id = $9`,
		w.URL, strings.Join(w.Types, " "), w.Description, bit(w.Enabled), w.DisabledReason, nullTime(w.FailingSince), w.UpdatedAt.UnixMilli(), w.AccountID, w.ID)
	return err
}

func deleteWebhook(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM webhooks WHERE account_id = $1 AND id = $2`, accountID, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM webhook_deliveries WHERE account_id = $1 AND webhook_id = $2`, accountID, id)
	return err
}

// disable turns off a webhook that is on; one that failing says must have failed since before cutoff. false: it was not
// so.
func disable(ctx context.Context, tx *store.Tx, w *Webhook, reason string, cutoff, now int64) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE webhooks SET enabled = 0, disabled_reason = $1, updated_at = $2, version = version + 1
		WHERE account_id = $3 AND id = $4 AND enabled = 1 AND ($1 <> 'failing' OR failing_since <= $5)`, reason, now, w.AccountID, w.ID, cutoff)
	return n == 1, err
}

// each runs a query and hands each row's Scan to fn: DB and Writer both can.
type each func(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) error

func (s *Service) each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) error {
	return s.db.Rows(ctx, query, args, func(rows *sql.Rows) error { return fn(rows.Scan) })
}

func (s *Service) loadRoutes(ctx context.Context, accountID int64) ([]route, error) {
	return loadRoutes(ctx, s.each, accountID)
}

// loadRoutes reads an account's webhooks that are on.
func loadRoutes(ctx context.Context, each each, accountID int64) ([]route, error) {
	var routes []route
	err := each(ctx, `SELECT id, event_types FROM webhooks WHERE account_id = $1 AND enabled = 1 ORDER BY id`, []any{accountID},
		func(scan func(...any) error) error {
			var r route
			var types string
			err := scan(&r.id, &types)
			r.types = strings.Fields(types)
			routes = append(routes, r)
			return err
		})
	return routes, err
}

// loadLive reads a webhook with its keys, for the deliverer, who serves all accounts; nil for none. One whose keys can't be
// opened comes without: it alone is not delivered to.
func (s *Service) loadLive(ctx context.Context, id int64) (*Webhook, error) {
	var sealed, old []byte
	w, err := scanWebhook(s.db.Read().QueryRowContext(ctx, `SELECT `+webhookColumns+`, secret, old_secret FROM webhooks WHERE id = $1`, id), &sealed, &old)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w.key, err = s.box.Open(sealed, boundTo(w.AccountID, w.ID))
	if err == nil && old != nil {
		w.oldKey, err = s.box.Open(old, boundTo(w.AccountID, w.ID))
	}
	if err != nil {
		w.key, w.oldKey = nil, nil
		s.opt.Log.Error("the secret of a webhook can't be opened: make a new one", "webhook", id, "cause", err.Error())
	}
	return w, nil
}

// forgetOldSecrets deletes those that sign no more, of all accounts.
func forgetOldSecrets(ctx context.Context, tx *store.Tx, now int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE webhooks SET old_secret = NULL, old_until = NULL WHERE old_until <= $1`, now)
	return err
}
