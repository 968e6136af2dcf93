package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// auditStore holds the room's SQL. Every statement on events is bound to an account's id.
type auditStore struct{ db *store.DB }

// head is the newest number and mac of a chain, and the seal over them.
type head struct {
	number    int64
	mac, seal []byte
}

// lockHead returns the head of an account's chain, and makes others who would add to it wait.
func lockHead(ctx context.Context, tx *store.Tx, accountID int64) (h head, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO audit_heads (account_id, number, mac, seal) VALUES ($1, 0, $2, $2)
		ON CONFLICT (account_id) DO UPDATE SET number = audit_heads.number RETURNING number, mac, seal`,
		accountID, []byte{}).Scan(&h.number, &h.mac, &h.seal)
	return h, err
}

func updateHead(ctx context.Context, tx *store.Tx, accountID int64, h head) error {
	_, err := tx.ExecContext(ctx, `UPDATE audit_heads SET number = $1, mac = $2, seal = $3 WHERE account_id = $4`, h.number, h.mac, h.seal, accountID)
	return err
}

// lastEvent is the number and mac of an account's last event, 0 and empty if it has none.
func lastEvent(ctx context.Context, tx *store.Tx, accountID int64) (h head, err error) {
	err = tx.QueryRowContext(ctx, `SELECT number, mac FROM audit_events WHERE account_id = $1 ORDER BY number DESC LIMIT 1`,
		accountID).Scan(&h.number, &h.mac)
	if errors.Is(err, sql.ErrNoRows) {
		return head{mac: []byte{}}, nil
	}
	return h, err
}

const eventColumns = `account_id, number, at, action, noun, user_id, user_name, credential, subject, subject_name, ip, user_agent, detail, mac`

func insertEvent(ctx context.Context, tx *store.Tx, r row, mac []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO audit_events (`+eventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		r.AccountID, r.Number, r.at, r.Action, r.noun, r.UserID, r.UserName, r.Credential, r.Subject, r.SubjectName, r.IP, r.UserAgent, r.detail, mac)
	return err
}

// stored is a row as it was read.
type stored struct {
	row
	mac []byte
}

func scanEvent(rows *sql.Rows) (s stored, err error) {
	err = rows.Scan(&s.AccountID, &s.Number, &s.at, &s.Action, &s.noun, &s.UserID, &s.UserName, &s.Credential, &s.Subject,
		&s.SubjectName, &s.IP, &s.UserAgent, &s.detail, &s.mac)
	if err != nil {
		return s, err
	}
	s.At = time.UnixMilli(s.at).UTC()
	if err := json.Unmarshal([]byte(s.detail), &s.Detail); err != nil { // somebody has changed it: Verify finds that
		s.Detail = map[string]string{"unreadable": s.detail}
	}
	return s, nil
}

// conditions are those of a question, with their values.
type conditions struct {
	text string
	args []any
}

// and adds a condition, in which %d stands for each value's placeholder. Only our own words stand in it.
func (c *conditions) and(condition string, args ...any) {
	numbers := make([]any, len(args))
	for i := range args {
		numbers[i] = len(c.args) + i + 1
	}
	if c.text != "" {
		c.text += ` AND `
	}
	c.text += fmt.Sprintf(condition, numbers...)
	c.args = append(c.args, args...)
}

// conditions are those of a filter, but for where the page begins.
func (f Filter) conditions(accountID int64) *conditions {
	c := &conditions{}
	c.and(`account_id = $%d`, accountID)
	if noun, ok := f.noun(); ok {
		c.and(`noun = $%d`, noun)
	} else if f.Action != "" {
		c.and(`action = $%d`, f.Action)
	}
	if f.UserID != 0 {
		c.and(`user_id = $%d`, f.UserID)
	}
	if f.Credential != "" {
		c.and(`credential = $%d`, f.Credential)
	}
	if f.Subject != "" {
		c.and(`subject = $%d`, f.Subject)
	}
	if !f.From.IsZero() {
		c.and(`at >= $%d`, ceilMilli(f.From))
	}
	if !f.To.IsZero() {
		c.and(`at < $%d`, ceilMilli(f.To))
	}
	return c
}

// list hands to each the events that c picks, at most limit of them, newest or oldest first. There is an index in this
// order for each column that c may compare: it reads no more rows than it hands over where c compares one, and never sorts.
func (s auditStore) list(ctx context.Context, c *conditions, newestFirst bool, limit int, each func(stored) error) error {
	return s.db.Rows(ctx, listQuery(c, newestFirst, limit), c.args, func(rows *sql.Rows) error {
		e, err := scanEvent(rows)
		if err != nil {
			return err
		}
		return each(e)
	})
}

func listQuery(c *conditions, newestFirst bool, limit int) string {
	order := `at, number`
	if newestFirst {
		order = `at DESC, number DESC`
	}
	return fmt.Sprintf(`SELECT %s FROM audit_events WHERE %s ORDER BY %s LIMIT %d`, eventColumns, c.text, order, limit)
}

// timeOf is when an event happened; false if there is none of this number.
func (s auditStore) timeOf(ctx context.Context, accountID, number int64) (at int64, ok bool, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT at FROM audit_events WHERE account_id = $1 AND number = $2`, accountID, number).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return at, err == nil, store.Fault(err)
}

// macOf is an event's mac, nil if there is none of this number.
func (s auditStore) macOf(ctx context.Context, accountID, number int64) (mac []byte, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT mac FROM audit_events WHERE account_id = $1 AND number = $2`, accountID, number).Scan(&mac)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return mac, store.Fault(err)
}

// end is the head of a chain, and the number of its last event, both of one moment; 0 where there is none.
func (s auditStore) end(ctx context.Context, accountID int64) (h head, last int64, err error) {
	err = s.db.Rows(ctx, `SELECT number, mac, seal, 0 FROM audit_heads WHERE account_id = $1
		UNION ALL SELECT 0, mac, mac, number FROM (SELECT mac, number FROM audit_events WHERE account_id = $1 ORDER BY number DESC LIMIT 1) AS last`,
		[]any{accountID}, func(rows *sql.Rows) error {
			var one head
			var number int64
			if err := rows.Scan(&one.number, &one.mac, &one.seal, &number); err != nil {
				return err
			}
			if one.number > 0 {
				h = one
			}
			if number != 0 {
				last = number
			}
			return nil
		})
	return h, last, err
}

// between hands to each the events of a chain whose numbers are over after and not over upto, by number, at most limit.
func (s auditStore) between(ctx context.Context, accountID, after, upto int64, limit int, each func(stored) error) error {
	return s.db.Rows(ctx, `SELECT `+eventColumns+` FROM audit_events WHERE account_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4`,
		[]any{accountID, after, upto, limit}, func(rows *sql.Rows) error {
			e, err := scanEvent(rows)
			if err != nil {
				return err
			}
			return each(e)
		})
}

// starts counts how often the installation's log says that an account's log has begun.
func (s auditStore) starts(ctx context.Context, accountID int64) (n int, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM audit_events WHERE account_id = $1 AND subject = $2 AND action = $3`,
		Installation, accountSubject(accountID), started).Scan(&n)
	return n, store.Fault(err)
}

// nextChain is the first account after id that has events or a head; false if there is none.
func (s auditStore) nextChain(ctx context.Context, id int64) (next int64, ok bool, err error) {
	var found sql.NullInt64
	err = s.db.Read().QueryRowContext(ctx, `SELECT MIN(account_id) FROM (
		SELECT account_id FROM (SELECT account_id FROM audit_events WHERE account_id > $1 ORDER BY account_id LIMIT 1) AS event
		UNION ALL SELECT account_id FROM (SELECT account_id FROM audit_heads WHERE account_id > $1 ORDER BY account_id LIMIT 1) AS head) AS chain`,
		id).Scan(&found)
	return found.Int64, found.Valid, store.Fault(err)
}

// startedChains lists the accounts of which the installation's log says that their logs have begun.
func (s auditStore) startedChains(ctx context.Context) (ids []int64, err error) {
	err = s.db.Rows(ctx, `SELECT subject FROM audit_events WHERE account_id = $1 AND action = $2`, []any{Installation, started}, func(rows *sql.Rows) error {
		var subject string
		var id int64
		if err := rows.Scan(&subject); err != nil {
			return err
		}
		if _, err := fmt.Sscanf(subject, "account:%d", &id); err == nil {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}
