package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/yipii/yipii/internal/background"
)

// Each runs a query and hands each row to each, which reads it with scan into as many sql.Scanner as the query has columns.
// It is DB.Rows for queries of many rows: it takes them from the driver itself. database/sql locks and looks at the kind of each
// target for each value, which for a row of twenty numbers takes as long as reading them. On PostgreSQL a target that is also
// one of pgtype's scanners (Int64Scanner and so on) is given its value without a detour through memory of its own.
func (db *DB) Each(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	if db.Dialect == Postgres {
		rows, err := db.pool.Query(ctx, query, args...)
		if err != nil {
			return Fault(err)
		}
		return Fault(eachPostgres(background.Of(ctx), rows, each))
	}
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return Fault(err)
	}
	defer conn.Close()
	return Fault(conn.Raw(func(raw any) error {
		named := make([]driver.NamedValue, len(args))
		for i, arg := range args {
			value, err := driver.DefaultParameterConverter.ConvertValue(arg)
			if err != nil {
				return fmt.Errorf("argument %d: %w", i+1, err)
			}
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
		}
		queryer, ok := raw.(driver.QueryerContext)
		if !ok {
			return fmt.Errorf("the driver's %T takes no query", raw)
		}
		rows, err := queryer.QueryContext(ctx, query, named)
		if err != nil {
			return err
		}
		return errors.Join(rawRows(ctx, rows, each), rows.Close())
	}))
}

// rawRows hands the driver's rows to each.
func rawRows(ctx context.Context, rows driver.Rows, each func(scan func(...any) error) error) error {
	values := make([]driver.Value, len(rows.Columns()))
	scan := func(targets ...any) error {
		if len(targets) != len(values) {
			return fmt.Errorf("scan: %d targets for %d columns", len(targets), len(values))
		}
		for i, target := range targets {
			scanner, ok := target.(sql.Scanner)
			if !ok {
				return fmt.Errorf("scan: a %T is no sql.Scanner", target)
			}
			if err := scanner.Scan(values[i]); err != nil {
				return fmt.Errorf("scan column %q: %w", rows.Columns()[i], err)
			}
		}
		return nil
	}
	pacer := background.Of(ctx)
	for {
		pacer.Pause()
		// Nobody else ends the query when the caller has gone.
		if err := ctx.Err(); err != nil {
			return err
		}
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(scan); err != nil {
			return err
		}
	}
}
