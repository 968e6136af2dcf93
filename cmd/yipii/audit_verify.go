package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/server"
)

type auditVerify struct {
	onDatabase `embed:""`
	Account    string   `name:"account" help:"Only this account's log. Left out: all accounts', and the installation's." placeholder:"KEY"`
	Head       []string `name:"head" sep:"none" help:"A head that was printed earlier, which one of the logs must have. May be repeated." placeholder:"NUMBER:HEX"`
}

// Help is shown by --help.
func (*auditVerify) Help() string {
	return `Every event carries a code made of itself, of the event before it and of the server secret. Whoever changes the database without knowing the secret breaks this chain, and the command says at which event. It ends with exit code 1 then.

It can't find what was done by someone who has the secret too, nor that the whole database was set back to an older state. For this, keep the heads that it prints on another machine, and give them with --head another day: the events up to there must still be what they were.`
}

// verified is what was found in one log.
type verified struct {
	AccountKey *string `json:"account_key"` // null: the installation's, or an account's that is no more
	audit.Report
}

// verification is what was found in all of them.
type verification struct {
	Intact bool       `json:"intact"`
	Logs   []verified `json:"logs"`
	Heads  []keptHead `json:"heads"`
}

// keptHead is a head that was kept elsewhere.
type keptHead struct {
	Head  string `json:"head"`
	Found bool   `json:"found"` // in one of the logs

	number int64
	mac    []byte
}

// Run verifies the logs, prints what it found, and fails if anything is wrong.
func (c *auditVerify) Run(ctx context.Context, con *console) error {
	v := verification{Logs: []verified{}, Heads: []keptHead{}}
	for _, text := range c.Head {
		number, mac, err := audit.ParseHead(text)
		if err != nil {
			return err
		}
		v.Heads = append(v.Heads, keptHead{Head: text, number: number, mac: mac})
	}
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := v.verify(ctx, rooms, c.Account); err != nil {
		return err
	}
	if err := v.findHeads(ctx, rooms.Audit); err != nil {
		return err
	}
	v.judge()
	if err := c.print(con, v, v.describe); err != nil || v.Intact {
		return err
	}
	return errors.New("the audit log is not what was recorded")
}

// verify verifies one account's log, or all logs if key is "".
func (v *verification) verify(ctx context.Context, rooms *server.Rooms, key string) error {
	accounts, err := rooms.Accounts.List(ctx)
	if err != nil {
		return err
	}
	var reports []audit.Report
	if key == "" {
		reports, err = rooms.Audit.VerifyAll(ctx)
	} else {
		found, missing := rooms.Accounts.FindByKey(ctx, key)
		if missing != nil {
			return fmt.Errorf("there is no account %q", key)
		}
		reports = make([]audit.Report, 1)
		reports[0], err = rooms.Audit.Verify(ctx, found.ID)
	}
	keys := accountKeys(accounts)
	for _, r := range reports {
		one := verified{Report: r}
		if key, ok := keys[r.AccountID]; ok {
			one.AccountKey = &key
		}
		v.Logs = append(v.Logs, one)
	}
	return err
}

// findHeads looks for the kept heads. A code is of one account and one event alone, so a head needn't say whose it is.
func (v *verification) findHeads(ctx context.Context, log *audit.Log) error {
	for i := range v.Heads {
		head := &v.Heads[i]
		for _, one := range v.Logs {
			found, err := log.Holds(ctx, one.AccountID, head.number, head.mac)
			if err != nil {
				return err
			}
			head.Found = head.Found || found
		}
	}
	return nil
}

func (v *verification) judge() {
	v.Intact = true
	for _, one := range v.Logs {
		v.Intact = v.Intact && one.Faults == 0
	}
	for _, head := range v.Heads {
		v.Intact = v.Intact && head.Found
	}
}

func (v *verification) describe(w io.Writer) {
	rows := make([][]string, len(v.Logs))
	for i, one := range v.Logs {
		found := "intact"
		if one.Faults > 0 {
			found = fmt.Sprintf("%d faults", one.Faults)
		}
		head := one.Head
		rows[i] = []string{one.name(), strconv.FormatInt(one.Events, 10), found, orNone(&head)}
	}
	table(w, "LOG EVENTS STATUS HEAD", rows)
	for _, one := range v.Logs {
		for _, f := range one.Broken {
			fmt.Fprintf(w, "%s: event %d: %s\n", one.name(), f.Number, f.Problem)
		}
		if more := one.Faults - int64(len(one.Broken)); more > 0 {
			fmt.Fprintf(w, "%s: and %d more\n", one.name(), more)
		}
	}
	for _, head := range v.Heads {
		if !head.Found {
			fmt.Fprintf(w, "No log has the head %s: the events up to it are not what they were, or this is an older state of the database.\n", head.Head)
		}
	}
}

func (v verified) name() string {
	switch {
	case v.AccountKey != nil:
		return *v.AccountKey
	case v.AccountID == audit.Installation:
		return "(installation)"
	}
	return fmt.Sprintf("(account %d)", v.AccountID)
}
