package fleet_test

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"

	"github.com/yipii/yipii/internal/schema"
	"github.com/yipii/yipii/internal/testkit"
)

// What was there before groups were records and trackers had a history is there after.
func TestMigration(t *testing.T) {
	for _, d := range []struct {
		name, driver, url string
		dialect           goose.Dialect
	}{
		{"sqlite", "sqlite", filepath.Join(t.TempDir(), "yipii.db"), goose.DialectSQLite3},
		{"postgres", "pgx", "", goose.DialectPostgres},
	} {
		t.Run(d.name, func(t *testing.T) {
			if d.url == "" {
				d.url = testkit.PostgresURL(t)
			}
			db, err := sql.Open(d.driver, d.url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			files, err := fs.Sub(schema.Files, d.name)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := goose.NewProvider(d.dialect, db, files)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := provider.UpTo(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				`INSERT INTO accounts (id, key, name, created_at) VALUES (1, 'acme', 'Acme', 1), (2, 'other', 'Other', 1)`,
				`INSERT INTO assets (account_id, name, type, group_name, tracker, created_at, updated_at) VALUES
					(1, 'a', 'van', 'North', 't1', 5, 9), (1, 'b', 'van', 'North', NULL, 3, 9), (1, 'c', 'van', NULL, 't2', 7, 9), (2, 'd', 'van', 'North', 't1', 8, 9)`,
			} {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := provider.UpTo(t.Context(), 12); err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]int{
				`SELECT COUNT(*) FROM asset_groups`: 2,
				`SELECT COUNT(*) FROM asset_groups WHERE account_id = 1 AND name = 'North' AND created_at = 3 AND version = 1`: 1,
				`SELECT COUNT(*) FROM tracker_bindings WHERE unbound_at IS NULL`:                                               3,
				`SELECT COUNT(*) FROM tracker_bindings b JOIN assets a ON a.id = b.asset_id AND a.account_id = b.account_id
					AND a.tracker = b.identity AND a.created_at = b.bound_at AND a.version = 1`: 3,
			} {
				var got int
				if err := db.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
					t.Errorf("%s: %d, %v, want %d", query, got, err, want)
				}
			}
		})
	}
}
