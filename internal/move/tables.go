package move

import (
	"fmt"
	"maps"
	"slices"
)

// left are the tables that aren't copied, and why. They may be on one side alone.
var left = map[string]string{
	"goose_db_version":   "each database tells of its own migrations",
	"position_changes":   "SQLite's count of changes: trail.TakeOver has it go on in PostgreSQL's transaction numbers",
	"river_job":          "River's own, in another form on each database: reporting.PutJobs puts the jobs anew",
	"river_leader":       "River's own: what runs now",
	"river_migration":    "River's own: its migrations",
	"river_notification": "River's own: what runs now",
	"river_queue":        "River's own: what runs now",
}

// leftColumns are the columns, of tables that are copied, which aren't.
var leftColumns = map[string]string{
	"positions.day": "follows from time; on PostgreSQL each month has a partition instead",
}

// column is a column of PostgreSQL's.
type column struct {
	name     string
	kind     string // its type's name
	identity bool   // it numbers its rows
}

// table is a table to copy.
type table struct {
	name    string
	columns []column
}

// kinds are the types of columns that rows can be copied into: SQLite's values of these columns are what pgx sends for them.
var kinds = []string{"bigint", "double precision", "text", "bytea"}

// plan compares the tables of both sides and returns those to copy, in an order in which none refers to a later one. refers are the
// tables that a table refers to.
func plan(sqlite map[string][]string, postgres map[string][]column, refers map[string][]string) ([]table, error) {
	for name := range sqlite {
		if _, ok := postgres[name]; !ok && left[name] == "" {
			return nil, fmt.Errorf("the table %s is on SQLite alone, and nobody has decided what becomes of it", name)
		}
	}
	var list []table
	done := map[string]bool{}
	var add func(name string, above []string) error
	add = func(name string, above []string) error {
		if done[name] || left[name] != "" {
			return nil
		}
		if slices.Contains(above, name) {
			return fmt.Errorf("the tables %v refer to each other in a circle", above)
		}
		for _, other := range refers[name] {
			if err := add(other, append(above, name)); err != nil {
				return err
			}
		}
		names, ok := sqlite[name]
		if !ok {
			return fmt.Errorf("the table %s is on PostgreSQL alone, and nobody has decided what becomes of it", name)
		}
		if err := compare(name, names, postgres[name]); err != nil {
			return err
		}
		done[name] = true
		list = append(list, table{name, postgres[name]})
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(postgres)) {
		if err := add(name, nil); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// compare makes sure that a table has the same columns on both sides, and that they can be copied.
func compare(name string, sqlite []string, postgres []column) error {
	for _, c := range postgres {
		if !slices.Contains(sqlite, c.name) {
			return fmt.Errorf("the column %s.%s is on PostgreSQL alone, and nobody has decided what becomes of it", name, c.name)
		}
		if !slices.Contains(kinds, c.kind) {
			return fmt.Errorf("the column %s.%s is a %s, and nobody has decided how that is copied", name, c.name, c.kind)
		}
	}
	for _, c := range sqlite {
		if leftColumns[name+"."+c] == "" && !slices.ContainsFunc(postgres, func(p column) bool { return p.name == c }) {
			return fmt.Errorf("the column %s.%s is on SQLite alone, and nobody has decided what becomes of it", name, c)
		}
	}
	return nil
}
