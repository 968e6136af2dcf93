package audit

import (
	"context"

	"github.com/yipii/yipii/internal/store"
)

type head struct {
	number int64
	mac    []byte
}

// lockHead returns the newest number and mac of an account's chain, and makes others who would add to it wait.
func lockHead(ctx context.Context, tx *store.Tx, accountID int64) (h head, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO audit_heads (account_id, number, mac) VALUES ($1, 0, $2)
		ON CONFLICT (account_id) DO UPDATE SET number = audit_heads.number RETURNING number, mac`, accountID, []byte{}).Scan(&h.number, &h.mac)
	return h, err
}

func updateHead(ctx context.Context, tx *store.Tx, accountID, number int64, mac []byte) error {
	_, err := tx.ExecContext(ctx, `UPDATE audit_heads SET number = $1, mac = $2 WHERE account_id = $3`, number, mac, accountID)
	return err
}

func insertEvent(ctx context.Context, tx *store.Tx, r row, mac []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO audit_events
		(account_id, number, at, action, user_id, user_name, credential, subject, subject_name, ip, user_agent, detail, mac)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		r.AccountID, r.Number, r.at, r.Action, r.UserID, r.UserName, r.Credential, r.Subject, r.SubjectName, r.IP, r.UserAgent, r.detail, mac)
	return err
}
