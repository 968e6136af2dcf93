package reporting

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const scheduleColumns = `r.id, r.account_id, r.user_id, r.name, r.request, r.whole, r.every, r.day, r.minute, r.deliver, r.recipients, r.enabled, r.next_at, r.last_at,
	r.last_error, r.unsent, r.version, r.created_at, r.updated_at`

func scanSchedule(scan func(...any) error) (*Schedule, error) {
	c := &Schedule{}
	var request, recipients string
	var whole, enabled, next, unsent, created, updated int64
	var last sql.NullInt64
	if err := scan(&c.ID, &c.AccountID, &c.UserID, &c.Name, &request, &whole, &c.Every, &c.Day, &c.Minute, &c.Deliver, &recipients, &enabled, &next, &last,
		&c.LastError, &unsent, &c.Version, &created, &updated); err != nil {
		return nil, err
	}
	if c.LastError == "" {
		c.LastError = unsentText(unsent)
	}
	c.whole, c.Enabled = whole != 0, enabled != 0
	c.NextAt, c.LastAt, c.CreatedAt, c.UpdatedAt = moment(next), optionalMoment(last), moment(created), moment(updated)
	for word := range strings.FieldsSeq(recipients) {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		c.Recipients = append(c.Recipients, id)
	}
	return c, json.Unmarshal([]byte(request), &c.Request)
}

// scheduleAccount tells which account a schedule is in. Unknown: NotFound.
func (s reportStore) scheduleAccount(ctx context.Context, id int64) (accountID int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT account_id FROM report_schedules WHERE id = $1`, id).Scan(&accountID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.Missing(scheduleNoun)
	}
	return accountID, store.Fault(err)
}

func (s reportStore) findSchedule(ctx context.Context, accountID, id int64, part *bearer.Part) (*Schedule, error) {
	condition, args := ofSchedules().visible(part, 2)
	c, err := scanSchedule(s.db.Read().QueryRowContext(ctx, `SELECT `+scheduleColumns+` FROM report_schedules r WHERE r.account_id = $1 AND r.id = $2 AND `+condition,
		append([]any{accountID, id}, args...)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Missing(scheduleNoun)
	}
	if err != nil {
		return nil, store.Fault(err)
	}
	c.assets, err = s.scheduleAssets(ctx, id)
	return c, err
}

// listSchedules returns one page of the schedules of accounts, each as far as its member may see it, and how many there are.
func (s reportStore) listSchedules(ctx context.Context, accounts []bearer.Membership, page web.PageInput) ([]*Schedule, int, error) {
	condition, args := ofSchedules().in(accounts)
	return listed(ctx, s.db, scheduleColumns, ` FROM report_schedules r WHERE `+condition, args,
		map[string]string{"id": "r.id", "name": "r.name", "next_at": "r.next_at"}, "id", page, scanSchedule)
}

// dueSchedules lists schedules that are due, of accounts that aren't suspended.
func (s reportStore) dueSchedules(ctx context.Context, now time.Time) ([]*Schedule, error) {
	var list []*Schedule
	err := s.db.Rows(ctx, `SELECT `+scheduleColumns+` FROM report_schedules r JOIN accounts a ON a.id = r.account_id AND a.suspended = 0
		WHERE r.enabled = 1 AND r.next_at <= $1 ORDER BY r.next_at LIMIT 100`, []any{now.UnixMilli()}, func(rows *sql.Rows) error {
		c, err := scanSchedule(rows.Scan)
		list = append(list, c)
		return err
	})
	for _, c := range list {
		if err == nil {
			c.assets, err = s.scheduleAssets(ctx, c.ID)
		}
	}
	return list, err
}

// schedulesOf lists all schedules of an account within a transaction.
func (s reportStore) schedulesOf(ctx context.Context, tx *store.Tx, accountID int64) ([]*Schedule, error) {
	var list []*Schedule
	err := tx.Rows(ctx, `SELECT `+scheduleColumns+` FROM report_schedules r WHERE r.account_id = $1 ORDER BY r.id`, []any{accountID}, func(rows *sql.Rows) error {
		c, err := scanSchedule(rows.Scan)
		list = append(list, c)
		return err
	})
	return list, err
}

func (s reportStore) scheduleAssets(ctx context.Context, id int64) ([]int64, error) {
	ids := []int64{}
	err := s.db.Rows(ctx, `SELECT asset_id FROM report_schedule_assets WHERE schedule_id = $1 ORDER BY asset_id`, []any{id}, func(rows *sql.Rows) error {
		var asset int64
		err := rows.Scan(&asset)
		ids = append(ids, asset)
		return err
	})
	return ids, err
}

func countSchedules(ctx context.Context, tx *store.Tx, accountID int64) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM report_schedules WHERE account_id = $1`, accountID).Scan(&n)
	return n, err
}

func (c *Schedule) columns() ([]any, error) {
	request, err := json.Marshal(c.Request)
	return []any{c.AccountID, c.UserID, c.Name, string(request), number(c.whole), c.Every, c.Day, c.Minute, c.Deliver, strings.Trim(fmt.Sprint(c.Recipients), "[]"),
		number(c.Enabled), c.NextAt.UnixMilli(), c.LastError, c.Version, c.CreatedAt.UnixMilli(), c.UpdatedAt.UnixMilli()}, err
}

func insertSchedule(ctx context.Context, tx *store.Tx, c *Schedule) (id int64, err error) {
	args, err := c.columns()
	if err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, `INSERT INTO report_schedules (account_id, user_id, name, request, whole, every, day, minute, deliver, recipients, enabled, next_at, last_error,
		version, created_at, updated_at) VALUES (`+store.Placeholders(1, len(args))+`) RETURNING id`, args...).Scan(&id); err != nil {
		return 0, err
	}
	return id, ofSchedules().insert(ctx, tx, id, c.assets)
}

// updateSchedule changes a schedule that still has a version, and reports whether it does.
func updateSchedule(ctx context.Context, tx *store.Tx, c *Schedule, version int64) (bool, error) {
	args, err := c.columns()
	if err != nil {
		return false, err
	}
	n, err := tx.Do(ctx, `UPDATE report_schedules SET name = $3, request = $4, whole = $5, every = $6, day = $7, minute = $8, deliver = $9, recipients = $10, enabled = $11,
		next_at = $12, last_error = $13, unsent = 0, version = $14, updated_at = $15 WHERE account_id = $1 AND id = $2 AND version = $16`,
		append(append([]any{c.AccountID, c.ID}, append(args[2:14:14], args[15])...), version)...)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.Do(ctx, `DELETE FROM report_schedule_assets WHERE schedule_id = $1`, c.ID); err != nil {
		return false, err
	}
	return true, ofSchedules().insert(ctx, tx, c.ID, c.assets)
}

func deleteSchedule(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM report_schedules WHERE account_id = $1 AND id = $2`, accountID, id)
	return store.OneRow(result, err, scheduleNoun)
}

// advance sets when a schedule is due next, unless another node was quicker, and reports whether it did.
func advance(ctx context.Context, tx store.Writer, c *Schedule, next, now time.Time, refused error) (bool, error) {
	reason := ""
	if refused != nil {
		reason = fault.As(refused).Message
	}
	n, err := tx.Do(ctx, `UPDATE report_schedules SET next_at = $4, last_at = $5, last_error = $6 WHERE account_id = $1 AND id = $2 AND next_at = $3 AND enabled = 1`,
		c.AccountID, c.ID, c.NextAt.UnixMilli(), next.UnixMilli(), now.UnixMilli(), reason)
	return n > 0, err
}

func setNext(ctx context.Context, tx *store.Tx, c *Schedule, next time.Time) error {
	_, err := tx.Do(ctx, `UPDATE report_schedules SET next_at = $3 WHERE account_id = $1 AND id = $2`, c.AccountID, c.ID, next.UnixMilli())
	return err
}

func (s reportStore) account(ctx context.Context, id int64) (a Account, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT id, key, name FROM accounts WHERE id = $1`, id).Scan(&a.ID, &a.Key, &a.Name)
	return a, store.Fault(err)
}

// recipient is a member who may get letters.
type recipient struct {
	id    int64
	email string
	part  *bearer.Part
}

// members lists those of ids who are members of an account that read reports.
func (s reportStore) members(ctx context.Context, accountID int64, ids []int64) ([]recipient, error) {
	args := []any{accountID}
	for _, id := range ids {
		args = append(args, id)
	}
	var list []recipient
	if len(ids) == 0 {
		return nil, nil
	}
	err := s.db.Rows(ctx, `SELECT u.id, u.email, m.limited_to FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.account_id = $1 AND m.role <> 'driver' AND u.suspended = 0 AND u.id IN (`+store.Placeholders(2, len(ids))+`) ORDER BY u.id`, args,
		func(rows *sql.Rows) error {
			var r recipient
			var part string
			if err := rows.Scan(&r.id, &r.email, &part); err != nil {
				return err
			}
			list = append(list, r)
			if part == "" {
				return nil
			}
			list[len(list)-1].part = &bearer.Part{}
			return json.Unmarshal([]byte(part), list[len(list)-1].part)
		})
	return list, err
}

// toMail lists completed reports whose letters are due.
func (s reportStore) toMail(ctx context.Context, now time.Time) ([]*Report, error) {
	var list []*Report
	err := s.db.Rows(ctx, `SELECT `+reportColumns+fromReports+`WHERE r.mail_at <= $1 AND r.status = 'completed' AND a.suspended = 0 ORDER BY r.mail_at LIMIT 20`,
		[]any{now.UnixMilli()}, func(rows *sql.Rows) error {
			r, err := scanReport(rows.Scan)
			list = append(list, r)
			return err
		})
	return list, err
}

// holdMail puts off the letters of a report, so that no other node sends them meanwhile, and reports whether it did.
func holdMail(ctx context.Context, tx store.Writer, r *Report, now, until time.Time) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE reports SET mail_at = $4 WHERE account_id = $1 AND id = $2 AND mail_at <= $3`, r.row.accountID, r.ID, now.UnixMilli(), until.UnixMilli())
	return n > 0, err
}

// endMail says that the letters of a report are sent, but to as many recipients as unsent, to whom they won't be.
func endMail(ctx context.Context, tx store.Writer, r *Report, unsent int) error {
	if _, err := tx.Do(ctx, `UPDATE reports SET mail_at = NULL WHERE account_id = $1 AND id = $2`, r.row.accountID, r.ID); err != nil {
		return err
	}
	_, err := tx.Do(ctx, `UPDATE report_schedules SET unsent = $3 WHERE account_id = $1 AND id = $2`, r.row.accountID, r.row.scheduleID, unsent)
	return err
}

// unmailed lists those of ids who are members that read reports and have not got the letter of r yet.
func (s reportStore) unmailed(ctx context.Context, r *Report, ids []int64) ([]recipient, error) {
	list, err := s.members(ctx, r.row.accountID, ids)
	if err != nil {
		return nil, err
	}
	err = s.db.Rows(ctx, `SELECT user_id FROM report_letters WHERE report_id = $1`, []any{r.ID}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = slices.DeleteFunc(list, func(m recipient) bool { return m.id == id })
		return err
	})
	return list, err
}

// insertLetter says that somebody has got the letter of a report, if that is there still.
func insertLetter(ctx context.Context, tx store.Writer, r *Report, userID int64, now time.Time) error {
	_, err := tx.Do(ctx, `INSERT INTO report_letters (report_id, user_id, sent_at) SELECT r.id, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM reports r
		WHERE r.account_id = $1 AND r.id = $2 ON CONFLICT (report_id, user_id) DO NOTHING`, r.row.accountID, r.ID, userID, now.UnixMilli())
	return err
}
