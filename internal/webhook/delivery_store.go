package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const deliveryColumns = `id, account_id, webhook_id, message_id, event_type, asset_id, status, due_at, attempts, created_at, attempted_at,
	response_status, duration, error_kind`

func scanDelivery(r row, more ...any) (*Delivery, error) {
	d := &Delivery{}
	var created int64
	var due, attempted, response, duration sql.NullInt64
	err := r.Scan(append([]any{&d.ID, &d.AccountID, &d.WebhookID, &d.MessageID, &d.Type, &d.AssetID, &d.Status, &due, &d.Attempts, &created, &attempted,
		&response, &duration, &d.Kind}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Missing("Delivery")
	}
	d.CreatedAt, d.AttemptedAt, d.Next = time.UnixMilli(created).UTC(), timeOf(attempted), timeOf(due)
	d.Response, d.Duration = int(response.Int64), time.Duration(duration.Int64)*time.Millisecond
	return d, store.Fault(err)
}

func (s *Service) findDelivery(ctx context.Context, q querier, accountID, webhookID, id int64) (*Delivery, error) {
	return findOne(q.QueryRowContext(ctx, selectDelivery+`WHERE account_id = $1 AND webhook_id = $2 AND id = $3`, accountID, webhookID, id))
}

func (s *Service) findByKey(ctx context.Context, q querier, accountID, webhookID int64, key string) (*Delivery, error) {
	return findOne(q.QueryRowContext(ctx, selectDelivery+`WHERE account_id = $1 AND webhook_id = $2 AND event_key = $3`, accountID, webhookID, key))
}

const selectDelivery = `SELECT ` + deliveryColumns + `, payload, response_body FROM webhook_deliveries `

func findOne(r row) (*Delivery, error) {
	var payload, answer string
	d, err := scanDelivery(r, &payload, &answer)
	if err == nil {
		d.Payload, d.Answer = payload, answer
	}
	return d, err
}

func (s *Service) listDeliveries(ctx context.Context, accountID, webhookID int64, f DeliveryFilter, page web.PageInput) ([]Delivery, int, error) {
	column, descending, err := page.Order(map[string]string{"id": "id"}, "-id")
	if err != nil {
		return nil, 0, err
	}
	where, args := `account_id = $1 AND webhook_id = $2`, []any{accountID, webhookID}
	for _, match := range [...]struct{ column, value string }{{"status", f.Status}, {"event_type", f.Type}} {
		if match.value != "" {
			args = append(args, match.value)
			where += fmt.Sprintf(` AND %s = $%d`, match.column, len(args))
		}
	}
	list := store.List[*Delivery]{From: `webhook_deliveries`, Columns: deliveryColumns, Where: where, Args: args, Order: store.By(column, descending),
		Scan: func(rows *sql.Rows) (*Delivery, error) { return scanDelivery(rows) }}
	found, total, err := list.Page(ctx, s.db, page.PerPage, page.Offset())
	if err != nil {
		return nil, 0, err
	}
	deliveries := make([]Delivery, len(found))
	for i, d := range found {
		deliveries[i] = *d
	}
	return deliveries, total, nil
}

// replay makes a delivery due, at the beginning of the schedule. The lease of who is at it stays.
func replay(ctx context.Context, tx *store.Tx, d *Delivery, now int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE webhook_deliveries SET status = 'waiting', retry = 0, due_at = CASE WHEN claimed_by = '' THEN $1 ELSE due_at END
		WHERE account_id = $2 AND webhook_id = $3 AND id = $4`, now, d.AccountID, d.WebhookID, d.ID)
	return err
}
