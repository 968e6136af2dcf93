package store

import (
	"context"
	"database/sql"
	"fmt"
)

// List is a list of rows that is read by pages.
type List[T any] struct {
	From, Columns string
	Where         string
	Args          []any  // of Where
	Order         string // total, so that no row is on two pages
	Scan          func(*sql.Rows) (T, error)
}

// By is the order of a column, and of the id where that is the same.
func By(column string, descending bool) string {
	if descending {
		return column + ` DESC, id DESC`
	}
	return column + ` ASC, id ASC`
}

// Page reads at most limit rows behind the first offset, never nil, and how many there are in all.
func (l *List[T]) Page(ctx context.Context, db *DB, limit, offset int) ([]T, int, error) {
	var total int
	if err := db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM `+l.From+` WHERE `+l.Where, l.Args...).Scan(&total); err != nil {
		return nil, 0, Fault(err)
	}
	query := fmt.Sprintf(`SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT $%d OFFSET $%d`, l.Columns, l.From, l.Where, l.Order, len(l.Args)+1, len(l.Args)+2)
	list := make([]T, 0, min(limit, total))
	err := db.Rows(ctx, query, append(l.Args, limit, offset), func(rows *sql.Rows) error {
		row, err := l.Scan(rows)
		list = append(list, row)
		return err
	})
	return list, total, err
}
