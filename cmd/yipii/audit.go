package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/server"
)

// auditCommand holds what is done with the audit log.
type auditCommand struct {
	List   auditList   `cmd:"" help:"List the newest events of a log."`
	Export auditExport `cmd:"" help:"Write all events of a log, oldest first. The export is recorded too."`
	Verify auditVerify `cmd:"" help:"Look for events that were changed or taken out."`
}

// ofLog names one log.
type ofLog struct {
	Account string `name:"account" help:"The account's key. Left out: the installation's own log, of what belongs to no account." placeholder:"KEY"`
}

// open opens the database and finds the log.
func (l ofLog) open(ctx context.Context, con *console, c *onDatabase) (*server.Rooms, int64, error) {
	if l.Account == "" {
		rooms, err := c.rooms(ctx, con)
		return rooms, audit.Installation, err
	}
	rooms, found, err := openAccount(ctx, con, c, l.Account)
	return rooms, found.ID, err
}

// auditFilter picks events.
type auditFilter struct {
	Action     string    `name:"action" help:"Only this action; all about a noun if it ends in a dot, such as client." placeholder:"ACTION"`
	User       int64     `name:"user" help:"Only what was done in the name of the user with this id." placeholder:"ID"`
	Credential string    `name:"credential" help:"Only what was done with this credential: a client id, key:7, session:9." placeholder:"NAME"`
	Subject    string    `name:"subject" help:"Only what was done to this: a client id, key:7, user:9." placeholder:"NAME"`
	From       time.Time `name:"from" help:"The first moment (RFC 3339)." placeholder:"TIME"`
	To         time.Time `name:"to" help:"The moment after the last (RFC 3339)." placeholder:"TIME"`
}

func (f auditFilter) filter() audit.Filter {
	return audit.Filter{Action: f.Action, UserID: f.User, Credential: f.Credential, Subject: f.Subject, From: f.From, To: f.To}
}

type auditList struct {
	onDatabase  `embed:""`
	ofLog       `embed:""`
	auditFilter `embed:""`
	Limit       int   `name:"limit" default:"50" help:"How many, up to 500."`
	Before      int64 `name:"before" help:"Only events listed after the one with this number: the next page." placeholder:"NUMBER"`
}

// Run lists the events, newest first.
func (c *auditList) Run(ctx context.Context, con *console) error {
	if c.Limit < 1 || c.Limit > audit.MaxPage {
		return fmt.Errorf("--limit must be from 1 to %d", audit.MaxPage)
	}
	rooms, id, err := c.open(ctx, con, &c.onDatabase)
	if err != nil {
		return err
	}
	defer rooms.Close()
	f := c.filter()
	f.Limit, f.Before = c.Limit, c.Before
	events, next, err := rooms.Audit.List(ctx, id, f)
	if err != nil {
		return err
	}
	return c.print(con, audit.NewPage(events, next), func(w io.Writer) { listEvents(w, events, next) })
}

func listEvents(w io.Writer, events []audit.Event, next int64) {
	rows := make([][]string, len(events))
	for i, e := range events {
		rows[i] = []string{strconv.FormatInt(e.Number, 10), moment(e.At, "-"), e.Action, e.UserName, e.Credential, strings.TrimSpace(e.Subject + " " + e.SubjectName), e.IP, details(e.Detail)}
		for j, cell := range rows[i] {
			if rows[i][j] = audit.Printable(cell); cell == "" { // again: somebody may have changed the row
				rows[i][j] = "-"
			}
		}
	}
	table(w, "NUMBER AT ACTION WHO WITH SUBJECT IP DETAIL", rows)
	if next != 0 {
		fmt.Fprintf(w, "More: --before %d\n", next)
	}
}

func details(detail map[string]string) string {
	pairs := make([]string, 0, len(detail))
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		pairs = append(pairs, name+"="+detail[name])
	}
	return strings.Join(pairs, " ")
}

type auditExport struct {
	server.Database `embed:""`
	ofLog           `embed:""`
	auditFilter     `embed:""`
	Format          string `name:"format" default:"jsonl" enum:"csv,json,jsonl" help:"csv, json or jsonl."`
	File            string `name:"file" help:"The new file to write to; standard output if left out." placeholder:"FILE"`
}

// Run writes the events. A file that can't be finished is removed.
func (c *auditExport) Run(ctx context.Context, con *console) error {
	rooms, id, err := c.open(ctx, con, &onDatabase{Database: c.Database})
	if err != nil {
		return err
	}
	defer rooms.Close()
	if c.File == "" {
		return rooms.Audit.Export(ctx, id, c.filter(), c.Format, con.out)
	}
	file, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = rooms.Audit.Export(ctx, id, c.filter(), c.Format, file)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		os.Remove(c.File)
	}
	return err
}

// accountKeys are the accounts' keys by id.
func accountKeys(accounts []account.Account) map[int64]string {
	keys := make(map[int64]string, len(accounts))
	for _, a := range accounts {
		keys[a.ID] = a.Key
	}
	return keys
}
