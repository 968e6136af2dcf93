package reporting

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

type reportStore struct{ db *store.DB }

const reportColumns = `r.id, r.account_id, a.key, a.name, r.user_id, r.schedule_id, r.status, r.progress, r.error, r.format, r.priority, r.request, r.whole,
	r.claimed_by, r.attempts, r.file, r.file_place, r.size, r.digest, r.created_at, r.started_at, r.ended_at, r.expires_at`

const fromReports = ` FROM reports r JOIN accounts a ON a.id = r.account_id `

func scanReport(scan func(...any) error) (*Report, error) {
	r := &Report{}
	var schedule, started, ended sql.NullInt64
	var created, expires, whole int64
	var failure, request string
	w := &r.row
	err := scan(&r.ID, &w.accountID, &r.AccountName, &w.request.Account.Name, &w.userID, &schedule, &r.Status, &r.Progress, &failure, &r.Format, &r.Priority,
		&request, &whole, &w.claimedBy, &w.attempts, &w.file, &w.place, &w.size, &w.digest, &created, &started, &ended, &expires)
	if err != nil {
		return nil, err
	}
	name := w.request.Account.Name
	if err := json.Unmarshal([]byte(request), &w.request); err != nil {
		return nil, err
	}
	w.request.Account = Account{w.accountID, r.AccountName, name}
	w.whole, w.scheduleID = whole != 0, schedule.Int64
	if failure != "" {
		r.Error = &failure
	}
	r.CreatedAt, r.ExpiresAt = moment(created), moment(expires)
	r.StartedAt, r.EndedAt = optionalMoment(started), optionalMoment(ended)
	return r, nil
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func optionalMoment(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := moment(ms.Int64)
	return &t
}

// accountOf tells which account a report is in. Unknown, or of an account that is suspended: NotFound.
func (s reportStore) accountOf(ctx context.Context, id string) (accountID int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT r.account_id`+fromReports+`WHERE r.id = $1 AND a.suspended = 0`, id).Scan(&accountID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.Missing(noun)
	}
	return accountID, store.Fault(err)
}

const noun = "Report"

// find returns a report of an account that somebody limited to part may see. Unknown: NotFound.
func (s reportStore) find(ctx context.Context, accountID int64, id string, part *bearer.Part) (*Report, error) {
	condition, args := ofReports().visible(part, 2)
	r, err := scanReport(s.db.Read().QueryRowContext(ctx, `SELECT `+reportColumns+fromReports+`WHERE r.account_id = $1 AND r.id = $2 AND `+condition,
		append([]any{accountID, id}, args...)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Missing(noun)
	}
	return r, store.Fault(err)
}

// Filter narrows a list of reports. Zero fields don't.
type Filter struct {
	Type, Status string
	ScheduleID   int64
}

// list returns one page of the reports of accounts, each as far as its member may see it, and how many there are.
func (s reportStore) list(ctx context.Context, accounts []bearer.Membership, f Filter, page web.PageInput) ([]*Report, int, error) {
	condition, args := ofReports().in(accounts, f.Type, f.Status, f.ScheduleID)
	return listed(ctx, s.db, reportColumns, fromReports+`WHERE ($1 = '' OR r.type = $1) AND ($2 = '' OR r.status = $2) AND ($3 = 0 OR r.schedule_id = $3) AND `+condition, args,
		map[string]string{"created_at": "r.created_at", "ended_at": "r.ended_at", "type": "r.type", "status": "r.status"}, "-created_at", page, scanReport)
}

// alike finds the report that stands for a sum, nil for none.
func (s reportStore) alike(ctx context.Context, accountID int64, same string, now time.Time) (*Report, error) {
	r, err := scanReport(s.db.Read().QueryRowContext(ctx, `SELECT `+reportColumns+fromReports+`WHERE r.account_id = $1 AND r.same_key = $2 AND r.expires_at > $3`,
		accountID, same, now.UnixMilli()).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return r, store.Fault(err)
}

// alikeID is alike within a transaction in which there must be one.
func alikeID(ctx context.Context, tx store.Writer, accountID int64, same string) (id string, err error) {
	err = tx.Each(ctx, `SELECT id FROM reports WHERE account_id = $1 AND same_key = $2`, []any{accountID, same}, func(scan func(...any) error) error {
		return scan(&id)
	})
	if err == nil && id == "" {
		// The one in the way was deleted between two statements.
		err = fault.New(fault.Unavailable, "The service is temporarily unavailable.")
	}
	return id, err
}

// insertReport stores a report unless there is one alike, and reports whether it did.
func insertReport(ctx context.Context, tx store.Writer, id string, n newReport, now, expires time.Time) (bool, error) {
	text, err := json.Marshal(n.fields)
	if err != nil {
		return false, err
	}
	if _, err := tx.Do(ctx, `UPDATE reports SET same_key = NULL WHERE account_id = $1 AND same_key = $2 AND expires_at <= $3`, n.Account.ID, n.same, now.UnixMilli()); err != nil {
		return false, err
	}
	var mail any
	if n.mail {
		mail = now.UnixMilli()
	}
	done, err := tx.Do(ctx, `INSERT INTO reports (id, account_id, user_id, schedule_id, status, type, format, priority, request, same_key, whole, mail_at, created_at, expires_at)
		VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (account_id, same_key) DO NOTHING`,
		id, n.Account.ID, n.userID, null(n.scheduleID), n.Type, n.Format, n.Priority, string(text), n.same, number(n.assets == nil), mail,
		now.UnixMilli(), expires.UnixMilli())
	if err != nil || done == 0 {
		return false, err
	}
	return true, ofReports().insert(ctx, tx, id, n.assets)
}

func null(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// assets lists assets of an account by id: those of only, or all; and of these, those in part.
func (s reportStore) assets(ctx context.Context, accountID int64, part *bearer.Part, only []int64) ([]int64, error) {
	query, args := `SELECT id FROM assets WHERE account_id = $1`, []any{accountID}
	if part != nil {
		condition, more := fleet.PartSQL(part, len(args))
		query, args = query+` AND `+condition, append(args, more...)
	}
	if only != nil {
		query += ` AND id IN (` + store.Placeholders(len(args)+1, len(only)) + `)`
		for _, id := range only {
			args = append(args, id)
		}
	}
	ids := []int64{}
	err := s.db.Rows(ctx, query+` ORDER BY id`, args, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// assetsOf lists the assets of a report that isn't about the whole account: those that were asked for, and of these those that are
// there still.
func (s reportStore) assetsOf(ctx context.Context, accountID int64, id string) (asked, there []int64, err error) {
	there = []int64{}
	err = s.db.Rows(ctx, `SELECT ra.asset_id, s.id FROM report_assets ra LEFT JOIN assets s ON s.account_id = $1 AND s.id = ra.asset_id WHERE ra.report_id = $2 ORDER BY ra.asset_id`,
		[]any{accountID, id}, func(rows *sql.Rows) error {
			var asset int64
			var found sql.NullInt64
			err := rows.Scan(&asset, &found)
			asked = append(asked, asset)
			if found.Valid {
				there = append(there, asset)
			}
			return err
		})
	return asked, there, err
}

// deleteReport deletes a report, whatever it is at.
func deleteReport(ctx context.Context, tx store.Writer, accountID int64, id string) (bool, error) {
	n, err := tx.Do(ctx, `DELETE FROM reports WHERE account_id = $1 AND id = $2`, accountID, id)
	return n > 0, err
}
