package move

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tablesOf lists the tables to copy.
func tablesOf(ctx context.Context, from *sql.DB, to pgx.Tx) ([]table, error) {
	sqlite, err := sqliteColumns(ctx, from)
	if err != nil {
		return nil, err
	}
	postgres, refers := map[string][]column{}, map[string][]string{}
	rows, err := to.Query(ctx, `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attidentity <> ''
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, err
	}
	var name string
	var c column
	if _, err := pgx.ForEachRow(rows, []any{&name, &c.name, &c.kind, &c.identity}, func() error {
		postgres[name] = append(postgres[name], c)
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = to.Query(ctx, `SELECT DISTINCT c.relname::text, r.relname::text FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class r ON r.oid = f.confrelid
		WHERE f.contype = 'f' AND c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition AND c.oid <> r.oid ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	var other string
	if _, err := pgx.ForEachRow(rows, []any{&name, &other}, func() error {
		refers[name] = append(refers[name], other)
		return nil
	}); err != nil {
		return nil, err
	}
	return plan(sqlite, postgres, refers)
}

// sqliteColumns lists the columns of SQLite's tables, without those of SQLite's own.
func sqliteColumns(ctx context.Context, from *sql.DB) (map[string][]string, error) {
	rows, err := from.QueryContext(ctx, `SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var name, column string
		if err := rows.Scan(&name, &column); err != nil {
			return nil, err
		}
		columns[name] = append(columns[name], column)
	}
	return columns, rows.Err()
}

// holdEmpty makes sure that nothing is in the tables, and that nobody else writes there until the transaction ends. However long it lasts,
// it is not to be ended for that.
func holdEmpty(ctx context.Context, tx pgx.Tx, tables []table) error {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = pgx.Identifier{t.name}.Sanitize()
	}
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '10s'; LOCK TABLE `+
		strings.Join(names, ", ")+` IN EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("hold the tables of the PostgreSQL database: %w", err)
	}
	if i := slices.IndexFunc(tables, func(t table) bool { return t.name == "accounts" }); i > 0 {
		tables, names = append([]table{tables[i]}, tables...), append([]string{names[i]}, names...) // what says most first
	}
	for i, t := range tables {
		var any bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM `+names[i]+`)`).Scan(&any); err != nil {
			return err
		}
		if any {
			return fmt.Errorf("the PostgreSQL database is in use already, as its table %s holds rows, and nothing was changed in it: move into an empty database, which no server has been started on", t.name)
		}
	}
	return nil
}

// tellEvery is after how many rows of a long table it is told again.
const tellEvery = 500_000

// copyTable copies one table, and has its numbers go on above all that SQLite has given, also to rows that are gone.
func copyTable(ctx context.Context, from *sql.DB, to pgx.Tx, t table, tell func(string, int64, int64)) (int64, error) {
	var all int64
	if err := from.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+t.name).Scan(&all); err != nil {
		return 0, err
	}
	if all > 0 {
		if err := copyRows(ctx, from, to, t, all, tell); err != nil {
			return 0, err
		}
	}
	for _, c := range t.columns {
		if !c.identity {
			continue
		}
		var highest int64
		if err := from.QueryRowContext(ctx, `SELECT MAX(COALESCE((SELECT seq FROM sqlite_sequence WHERE name = $1), 0),
			COALESCE((SELECT MAX(`+c.name+`) FROM `+t.name+`), 0))`, t.name).Scan(&highest); err != nil {
			return 0, err
		}
		if _, err := to.Exec(ctx, fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN %s RESTART WITH %d`, t.name, c.name, highest+1)); err != nil {
			return 0, fmt.Errorf("number the table %s: %w", t.name, err)
		}
	}
	return all, nil
}

func copyRows(ctx context.Context, from *sql.DB, to pgx.Tx, t table, all int64, tell func(string, int64, int64)) error {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	rows, err := from.QueryContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, targets := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	done := int64(0)
	copied, err := to.CopyFrom(ctx, pgx.Identifier{t.name}, names, pgx.CopyFromFunc(func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		if done%tellEvery == 0 {
			tell(t.name, done, all)
		}
		done++
		return values, rows.Scan(targets...)
	}))
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server) && server.Where != "": // which line, and which column of it
		return fmt.Errorf("copy the table %s: %w (%s)", t.name, err, server.Where)
	case err != nil:
		return fmt.Errorf("copy the table %s: %w", t.name, err)
	case copied != all:
		return fmt.Errorf("copy the table %s: of %d rows %d came through", t.name, all, copied)
	}
	return nil
}

// analyze has PostgreSQL look at what it has got, so that its answers are quick from the beginning.
func analyze(ctx context.Context, to pgx.Tx, tables []table) error {
	for _, t := range tables {
		if _, err := to.Exec(ctx, `ANALYZE `+t.name); err != nil {
			return err
		}
	}
	return nil
}
