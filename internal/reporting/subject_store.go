package reporting

import (
	"context"
	"database/sql"
	"strings"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// subjects is a table of the assets that reports, or schedules, are about. Rows of those themselves are called r here.
type subjects struct{ table, key, kind string }

func ofReports() subjects   { return subjects{"report_assets", "report_id", "text"} }
func ofSchedules() subjects { return subjects{"report_schedule_assets", "schedule_id", "bigint"} }

// visible is the condition that somebody who is limited to a part may see r: all of its assets are theirs.
func (s subjects) visible(part *bearer.Part, taken int) (string, []any) {
	if part == nil {
		return `1 = 1`, nil
	}
	condition, args := fleet.PartSQL(part, taken)
	return `(r.whole = 0 AND NOT EXISTS (SELECT 1 FROM ` + s.table + ` ra WHERE ra.` + s.key + ` = r.id
		AND NOT EXISTS (SELECT 1 FROM assets WHERE assets.account_id = r.account_id AND assets.id = ra.asset_id AND ` + condition + `)))`, args
}

// in is the condition that r is of one of accounts, and visible to its member. Its arguments follow those of args.
func (s subjects) in(accounts []bearer.Membership, args ...any) (string, []any) {
	var of strings.Builder
	of.WriteString(`(1 = 0`)
	for _, m := range accounts {
		args = append(args, m.AccountID)
		condition, more := s.visible(m.Part, len(args))
		of.WriteString(` OR (r.account_id = ` + store.Placeholders(len(args), 1) + ` AND ` + condition + `)`)
		args = append(args, more...)
	}
	of.WriteString(`)`)
	return of.String(), args
}

func (s subjects) insert(ctx context.Context, tx store.Writer, id any, assets []int64) error {
	rows := make([][]any, len(assets))
	for i, asset := range assets {
		rows[i] = []any{id, asset}
	}
	return tx.Insert(ctx, s.table+` (`+s.key+`, asset_id)`, []string{s.kind, "bigint"}, ``, rows)
}

// listed returns one page of what a query finds, and how many that is. sorts are the columns to sort by, by name; usual is the order
// that nobody asked for.
func listed[T any](ctx context.Context, db *store.DB, columns, from string, args []any, sorts map[string]string, usual string, page web.PageInput,
	scan func(func(...any) error) (T, error)) (list []T, total int, err error) {
	order, descending, err := page.Order(sorts, usual)
	if err != nil {
		return nil, 0, err
	}
	if err := db.Read().QueryRowContext(ctx, `SELECT COUNT(*)`+from, args...).Scan(&total); err != nil {
		return nil, 0, store.Fault(err)
	}
	way := ``
	if descending {
		way = ` DESC`
	}
	n := len(args)
	err = db.Rows(ctx, `SELECT `+columns+from+` ORDER BY `+order+way+`, r.id`+way+` LIMIT `+store.Placeholders(n+1, 1)+` OFFSET `+store.Placeholders(n+2, 1),
		append(args, page.PerPage, page.Offset()), func(rows *sql.Rows) error {
			one, err := scan(rows.Scan)
			list = append(list, one)
			return err
		})
	return list, total, err
}
