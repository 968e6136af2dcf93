package fleet

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// scanner is a row, alone or among others.
type scanner interface{ Scan(...any) error }

// listing is a list of records that pages and sorts.
type listing[T any] struct {
	from, columns string // of the query; the id's column is called id
	where         string
	args          []any
	sort          map[string]string // names that it can be sorted by, to columns
	scan          func(scanner) (T, error)
}

// and adds a condition of one column, unless value is empty.
func (l *listing[T]) and(column string, value any) {
	if value == "" || value == int64(0) {
		return
	}
	l.args = append(l.args, value)
	l.where += fmt.Sprintf(` AND %s = $%d`, column, len(l.args))
}

// contains adds the condition that one of the columns has text in it. ASCII letters match whatever their case.
func (l *listing[T]) contains(text string, columns ...string) {
	if text == "" {
		return
	}
	// LOWER changes ASCII letters alone on both: on SQLite always, on PostgreSQL because of the columns' COLLATE "C".
	l.args = append(l.args, "%"+escapeLike(lowerASCII(text))+"%")
	l.where += ` AND (1 = 0`
	for _, column := range columns {
		l.where += fmt.Sprintf(` OR LOWER(%s) LIKE $%d ESCAPE '\'`, column, len(l.args))
	}
	l.where += `)`
}

// page reads one page, and how many records there are in all. fallback is the order of a page that asks for none.
func (l *listing[T]) page(ctx context.Context, db *store.DB, page web.PageInput, fallback string) ([]T, int, error) {
	column, descending, err := page.Order(l.sort, fallback)
	if err != nil {
		return nil, 0, err
	}
	// The databases differ in where NULL sorts, so it is said.
	order := column + ` ASC NULLS FIRST, id ASC`
	if descending {
		order = column + ` DESC NULLS LAST, id DESC`
	}
	list := store.List[T]{From: l.from, Columns: l.columns, Where: l.where, Args: l.args, Order: order, Scan: func(rows *sql.Rows) (T, error) { return l.scan(rows) }}
	return list.Page(ctx, db, page.PerPage, page.Offset())
}
