package move

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// silent hears nothing.
func silent(string, int64, int64) {}

// filled makes a SQLite database in which every table that is copied has three rows, bound to a secret, and answers its URL.
func filled(t *testing.T) (url string, server secret.Server) {
	t.Helper()
	url = "sqlite:" + filepath.Join(t.TempDir(), "yipii.db")
	db, err := store.Open(t.Context(), url, store.Options{})
	must(t, err)
	defer db.Close()
	_, err = db.Migrate(t.Context())
	must(t, err)
	server, _ = secret.New()
	must(t, server.Bind(t.Context(), db))
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec(`PRAGMA defer_foreign_keys = 1`); err != nil {
			return err
		}
		tables, err := sqliteColumns(t.Context(), db.Read())
		if err != nil {
			return err
		}
		f := filler{tx: tx.Tx, tables: map[string]map[string]fact{}}
		for name := range tables {
			if err := f.learn(t.Context(), name); err != nil {
				return err
			}
		}
		for name := range tables {
			for row := 0; row < 3 && left[name] == ""; row++ {
				if err := f.fill(t.Context(), name, row); err != nil {
					return fmt.Errorf("fill %s: %w", name, err)
				}
			}
		}
		_, err = tx.Exec(`UPDATE position_changes SET number = 1234567; UPDATE reports SET status = 'queued'; UPDATE reports SET paused = 1 WHERE rowid = 2;
			DELETE FROM alerts WHERE rowid = (SELECT MAX(rowid) FROM alerts)`)
		return err
	}))
	return url, server
}

// fact is what a filler knows of a column.
type fact struct {
	kind       string
	null       bool
	table, key string // that it refers to
}

// filler writes rows of which it knows only the schema.
type filler struct {
	tx     *sql.Tx
	tables map[string]map[string]fact
}

func (f filler) learn(ctx context.Context, name string) error {
	f.tables[name] = map[string]fact{}
	err := f.rows(ctx, `SELECT name, type, "notnull" = 0 AND pk = 0 FROM pragma_table_xinfo($1)`, name, func(scan func(...any) error) error {
		var column string
		var c fact
		err := scan(&column, &c.kind, &c.null)
		f.tables[name][column] = c
		return err
	})
	if err != nil {
		return err
	}
	return f.rows(ctx, `SELECT "from", "table", "to" FROM pragma_foreign_key_list($1)`, name, func(scan func(...any) error) error {
		var column, table, key string
		err := scan(&column, &table, &key)
		c := f.tables[name][column]
		c.table, c.key = table, key
		f.tables[name][column] = c
		return err
	})
}

func (f filler) rows(ctx context.Context, query, arg string, each func(func(...any) error) error) error {
	rows, err := f.tx.QueryContext(ctx, query, arg)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// value is what stands in a column of a row: something odd of its type, other than in the other rows; in the second row NULL, where
// that may be.
func (f filler) value(table, column string, row int) any {
	c := f.tables[table][column]
	switch {
	case table == "positions" && column == "day":
		return f.value(table, "time", row).(int64) / 86_400_000
	case row == 1 && c.null:
		return nil
	case c.table != "":
		return f.value(c.table, c.key, row)
	case c.kind == "INTEGER":
		return int64(1_700_000_000_000) + int64(row)*5_000_000_000 // months apart, as times
	case c.kind == "REAL":
		return []float64{0.1, math.Copysign(0, -1), -math.MaxFloat64}[row]
	case c.kind == "BLOB":
		return []byte{0, 255, byte(row), '\\', 'x'}
	}
	return fmt.Sprintf("%d\t\\N \\x00 ' \" Żebbuġ 🚚\n{\"a\":[1]} %s", row, column)
}

func (f filler) fill(ctx context.Context, table string, row int) error {
	var names []string
	var values []any
	for column := range f.tables[table] {
		names, values = append(names, column), append(values, f.value(table, column, row))
	}
	_, err := f.tx.ExecContext(ctx, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+store.Placeholders(1, len(names))+`)`, values...)
	return err
}

// contents are the rows of a table, each as the values of its columns, in an order that is the same on both databases.
func contents(t *testing.T, db *sql.DB, table string, columns []column) [][]any {
	t.Helper()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	rows, err := db.QueryContext(t.Context(), `SELECT `+strings.Join(names, ", ")+` FROM `+table)
	must(t, err)
	defer rows.Close()
	var list [][]any
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		must(t, rows.Scan(targets...))
		list = append(list, values)
	}
	must(t, rows.Err())
	slices.SortFunc(list, func(a, b []any) int { return strings.Compare(fmt.Sprintf("%v", a), fmt.Sprintf("%v", b)) })
	return list
}

// TestEveryTableIsCopied: what stands in each column of each table is the same on both sides. The tables are those of the schema.
func TestEveryTableIsCopied(t *testing.T) {
	url, server := filled(t)
	to := testkit.Postgres(t)
	_, pool := to.Pools()
	tables := moveTo(t, url, to, server)
	if len(tables) < 40 {
		t.Errorf("found %d tables only", len(tables))
	}
	from, err := store.OpenAlone(t.Context(), url)
	must(t, err)
	defer from.Close()
	planned := plannedOf(t, from, pool)
	if len(planned) != len(tables) {
		t.Errorf("%d tables were to be copied, %d were", len(planned), len(tables))
	}
	for _, p := range planned {
		got, want := contents(t, to.Read(), p.name, p.columns), contents(t, from.Read(), p.name, p.columns)
		if len(want) < 2 || !reflect.DeepEqual(got, want) {
			t.Errorf("the table %s holds %d rows\n%v\nnot these %d:\n%v", p.name, len(got), got, len(want), want)
		}
		if i := slices.IndexFunc(tables, func(c Copied) bool { return c.Table == p.name }); i < 0 || tables[i].Rows != int64(len(want)) {
			t.Errorf("of the table %s something else than %d rows was told", p.name, len(want))
		}
	}
	numbersGoOn(t, to, from, planned)
}

func moveTo(t *testing.T, url string, to *store.DB, server secret.Server) []Copied {
	t.Helper()
	from, err := store.OpenAlone(t.Context(), url)
	must(t, err)
	defer from.Close()
	copied, err := Move(t.Context(), from, to, server, silent)
	must(t, err)
	return copied
}

func plannedOf(t *testing.T, from *store.DB, to *pgxpool.Pool) []table {
	t.Helper()
	tx, err := to.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	source, _ := from.Pools()
	tables, err := tablesOf(t.Context(), source, tx)
	must(t, err)
	return tables
}

// numbersGoOn: no number is given again, not even one whose row was deleted before the move; nor one of the changes of positions. Each
// report that waits has a job.
func numbersGoOn(t *testing.T, to, from *store.DB, tables []table) {
	t.Helper()
	for _, p := range tables {
		for _, c := range p.columns {
			if !c.identity {
				continue
			}
			var highest, next int64
			must(t, from.Read().QueryRow(`SELECT seq FROM sqlite_sequence WHERE name = $1`, p.name).Scan(&highest))
			must(t, to.Read().QueryRow(`SELECT nextval(pg_get_serial_sequence($1, $2))`, p.name, c.name).Scan(&next))
			if next != highest+1 || highest < 1_710_000_000_000 {
				t.Errorf("%s.%s goes on with %d after %d", p.name, c.name, next, highest)
			}
		}
	}
	var before, jobs int64
	must(t, to.Read().QueryRow(`SELECT position_changes_before()`).Scan(&before))
	must(t, to.Read().QueryRow(`SELECT COUNT(DISTINCT args->>'report_id') FROM river_job WHERE kind = 'report' AND queue = 'reports' AND state = 'available'`).Scan(&jobs))
	if before != 1234567 || jobs != 3 {
		t.Errorf("changes go on behind %d, and %d reports have jobs", before, jobs)
	}
}

// TestBrokenOff: a move that fails in its last table leaves nothing, and one after it succeeds; then no third.
func TestBrokenOff(t *testing.T) {
	url, server := filled(t)
	to := testkit.Postgres(t)
	from, err := store.OpenAlone(t.Context(), url)
	must(t, err)
	defer from.Close()
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	_, err = Move(ctx, from, to, server, func(string, int64, int64) {
		if told++; told == 40 {
			cancel()
		}
	})
	if err == nil || told < 40 {
		t.Fatalf("a move that is interrupted after %d tables: %v", told, err)
	}
	_, pool := to.Pools()
	for _, p := range plannedOf(t, from, pool) {
		if got := contents(t, to.Read(), p.name, p.columns); len(got) > 0 {
			t.Errorf("%s holds %v", p.name, got)
		}
	}
	_, err = Move(t.Context(), from, to, server, silent)
	must(t, err)
	if _, err = Move(t.Context(), from, to, server, silent); err == nil || !strings.Contains(err.Error(), "its table accounts holds rows") {
		t.Errorf("a second move over the first: %v", err)
	}
}

// TestRefusals: what would lose something, or be of no use, isn't begun.
func TestRefusals(t *testing.T) {
	url, server := filled(t)
	to := testkit.Postgres(t)
	refused := func(what, want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	serving, err := store.Open(t.Context(), url, store.Options{})
	must(t, err)
	_, err = store.OpenAlone(t.Context(), url)
	refused("a database that is served", "another program has", err)
	must(t, serving.Close())

	from, err := store.OpenAlone(t.Context(), url)
	must(t, err)
	defer from.Close()
	late, err := store.OpenAlone(t.Context(), url)
	refused("one that is being moved", "another program has", err)
	if err == nil {
		late.Close()
	}
	plain, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	defer plain.Close()
	refused("a server that starts meanwhile", "locked", plain.QueryRow(`SELECT COUNT(*) FROM accounts`).Scan(new(int)))
	if _, err := from.Read().Exec(`DELETE FROM accounts`); err == nil {
		t.Error("what is moved can be written to")
	}
	other, _ := secret.New()
	_, err = Move(t.Context(), from, to, other, silent)
	refused("another secret", "not the one that this database was made with", err)
	_, err = Move(t.Context(), from, from, server, silent)
	refused("another SQLite database", "PostgreSQL only", err)

	must(t, exec(to, `INSERT INTO settings (name, value) VALUES ('served', 'once')`))
	_, err = Move(t.Context(), from, to, server, silent)
	refused("a database that a server was started on", "its table settings holds rows", err)
	must(t, exec(to, `DELETE FROM settings; CREATE TABLE novelties (id BIGINT)`))
	_, err = Move(t.Context(), from, to, server, silent)
	refused("a table that nobody has decided on", "the table novelties is on PostgreSQL alone", err)
	must(t, exec(to, `DROP TABLE novelties; ALTER TABLE assets ADD COLUMN novelty BIGINT`))
	_, err = Move(t.Context(), from, to, server, silent)
	refused("a column that nobody has decided on", "the column assets.novelty is on PostgreSQL alone", err)
	must(t, exec(to, `ALTER TABLE assets DROP COLUMN novelty; ALTER TABLE assets ALTER COLUMN vin TYPE JSON USING NULL`))
	_, err = Move(t.Context(), from, to, server, silent)
	refused("a type that nobody has decided on", "the column assets.vin is a json", err)
	from.Close()

	for _, step := range [][2]string{
		{`CREATE TABLE novelties (id INTEGER) STRICT`, "the table novelties is on SQLite alone"},
		{`DROP TABLE novelties; ALTER TABLE assets ADD COLUMN novelty INTEGER`, "the column assets.novelty is on SQLite alone"},
		{`UPDATE assets SET name = 'a' || char(0) WHERE id IN (SELECT MAX(id) FROM assets); ALTER TABLE assets DROP COLUMN novelty`, "copy the table assets"},
		{`DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)`, `"yipii migrate"`},
		{`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`, "use the newer program"},
		{`DROP TABLE goose_db_version`, "not a database of this program"},
	} {
		change(t, url, step[0])
		from, err := store.OpenAlone(t.Context(), url)
		must(t, err)
		_, err = Move(t.Context(), from, testkit.Postgres(t), server, silent)
		refused(step[0], step[1], err)
		must(t, from.Close())
	}
}

// change runs statements on a SQLite database.
func change(t *testing.T, url, statements string) {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	must(t, err)
	must(t, exec(db, statements))
	must(t, db.Close())
}

func exec(db *store.DB, statements string) error {
	for statement := range strings.SplitSeq(statements, ";") {
		if err := db.Tx(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(statement)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// TestDecisions: what is left out is there to be left out.
func TestDecisions(t *testing.T) {
	sqlite, err := sqliteColumns(t.Context(), testkit.SQLite(t).Read())
	must(t, err)
	tables := map[string]bool{}
	for name := range sqlite {
		tables[name] = true
	}
	rows, err := testkit.Postgres(t).Read().Query(`SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables[name] = true
	}
	must(t, rows.Err())
	for name := range left {
		if !tables[name] {
			t.Errorf("the table %s is left out, and nowhere", name)
		}
	}
	for name := range leftColumns {
		table, column, _ := strings.Cut(name, ".")
		if !slices.Contains(sqlite[table], column) {
			t.Errorf("the column %s is left out, and nowhere", name)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
