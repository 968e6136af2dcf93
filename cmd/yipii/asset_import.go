package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/yipii/yipii/internal/fleet"
)

// assetImport makes and changes assets from a CSV file.
type assetImport struct {
	inAccount `embed:""`
	File      string `arg:"" help:"CSV file to read; - for standard input." placeholder:"FILE"`
}

// Help is shown by --help.
func (*assetImport) Help() string {
	return `The first line names the columns: tracker, and any of name, type, group, registration and vin, parted by commas or semicolons. An asset is known by its tracker: one that the account has is changed, and where there is none, one is made. A column that is there tells the field of every row: an empty one is cleared.

A row that is wrong is told with its number, and the others are imported. The same file can be imported again.`
}

// mostImported is how many rows a file may have.
const mostImported = 200_000

// assetImportSummary tells what became of a file's rows.
type assetImportSummary struct {
	fleet.Count
	Reasons []rowRejection `json:"reasons"`
}

type rowRejection struct {
	Row    int                 `json:"row"` // from 1, not counting the header
	Errors map[string][]string `json:"errors"`
}

// Run imports the file, a thousand rows in a transaction. Rejected rows make the command fail once the others are stored.
func (c *assetImport) Run(ctx context.Context, con *console) error {
	rows, err := c.read(con)
	if err != nil {
		return err
	}
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	summary := assetImportSummary{Reasons: []rowRejection{}}
	row := 0
	for part := range slices.Chunk(rows, fleet.MaxBulk) {
		results, err := rooms.Fleet.Upsert(ctx, in.ID, part)
		if err != nil {
			return err
		}
		summary.Add(results)
		for _, r := range results {
			if row++; r.Errors != nil && len(summary.Reasons) < reasonsShown {
				summary.Reasons = append(summary.Reasons, rowRejection{row, r.Errors})
			}
		}
	}
	if err := c.print(con, summary, summary.text); err != nil {
		return err
	}
	if summary.Rejected > 0 {
		return errReported
	}
	return nil
}

func (c *assetImport) read(con *console) ([]fleet.Row, error) {
	if c.File == "-" {
		return fleet.ReadCSV(con.in, mostImported)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return fleet.ReadCSV(f, mostImported)
}

func (s assetImportSummary) text(w io.Writer) {
	fmt.Fprintf(w, "%d assets made, %d changed, %d as they were, %d rejected.\n", s.Created, s.Updated, s.Unchanged, s.Rejected)
	for _, r := range s.Reasons {
		var messages []string
		for _, field := range slices.Sorted(maps.Keys(r.Errors)) {
			messages = append(messages, r.Errors[field]...)
		}
		fmt.Fprintf(w, "rejected: row %d: %s\n", r.Row, strings.Join(messages, " "))
	}
	if more := s.Rejected - len(s.Reasons); more > 0 {
		fmt.Fprintf(w, "rejected: and %d more\n", more)
	}
}
