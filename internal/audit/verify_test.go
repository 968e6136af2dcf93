package audit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// chain makes n events in account 1.
func chain(t testing.TB, db *store.DB, l *audit.Log, n int) { t.Helper(); chainOf(t, db, l, 1, n) }

func chainOf(t testing.TB, db *store.DB, l *audit.Log, accountID int64, n int) {
	t.Helper()
	events := make([]audit.Event, n)
	for i := range events {
		events[i] = audit.Event{AccountID: accountID, Action: "thing.done", Subject: fmt.Sprint("thing:", i+1)}
	}
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error { return l.RecordPast(t.Context(), tx, events) }))
}

// TestVerifyFinds: whoever has the database alone leaves a trace, whatever they change.
func TestVerifyFinds(t *testing.T) {
	cases := []struct {
		name   string
		tamper []string // with account 1 for the one in question
		want   string
	}{
		{"nothing done", nil, ""},
		{"a text changed", []string{`UPDATE audit_events SET subject = 'thing:7' WHERE account_id = 1 AND number = 3`}, "3 was changed"},
		{"each column", []string{`UPDATE audit_events SET at = at + 1 WHERE account_id = 1 AND number = 1`, `UPDATE audit_events SET action = 'thing.undone' WHERE account_id = 1 AND number = 2`,
			`UPDATE audit_events SET noun = 'other' WHERE account_id = 1 AND number = 3`, `UPDATE audit_events SET user_id = 1 WHERE account_id = 1 AND number = 4`,
			`UPDATE audit_events SET user_name = 'x' WHERE account_id = 1 AND number = 5`, `UPDATE audit_events SET credential = 'x' WHERE account_id = 1 AND number = 6`,
			`UPDATE audit_events SET subject_name = 'x' WHERE account_id = 1 AND number = 7`, `UPDATE audit_events SET ip = 'x' WHERE account_id = 1 AND number = 8`,
			`UPDATE audit_events SET user_agent = 'x' WHERE account_id = 1 AND number = 9`, `UPDATE audit_events SET detail = 'x' WHERE account_id = 1 AND number = 10`},
			"1 was changed; 2 was changed; 3 was changed; 4 was changed; 5 was changed; 6 was changed; 7 was changed; 8 was changed; 9 was changed; 10 was changed"},
		{"one taken out", []string{`DELETE FROM audit_events WHERE account_id = 1 AND number = 3`}, "3 is missing"},
		{"some taken out", []string{`DELETE FROM audit_events WHERE account_id = 1 AND number BETWEEN 3 AND 5`}, "3 is missing, and all up to 5"},
		{"taken out, and the gap closed", []string{`DELETE FROM audit_events WHERE account_id = 1 AND number = 3`, `UPDATE audit_events SET number = 3 WHERE account_id = 1 AND number = 4`}, "3 was changed; 4 is missing"},
		{"two swapped", []string{`UPDATE audit_events SET number = 99 WHERE account_id = 1 AND number = 3`, `UPDATE audit_events SET number = 3 WHERE account_id = 1 AND number = 4`,
			`UPDATE audit_events SET number = 4 WHERE account_id = 1 AND number = 99`}, "3 was changed; 4 was changed; 5 was changed"},
		{"the last taken out", []string{`DELETE FROM audit_events WHERE account_id = 1 AND number > 8`}, "9 is missing, and all up to 10"},
		{"the last taken out and the head set to match", []string{`DELETE FROM audit_events WHERE account_id = 1 AND number > 8`,
			`UPDATE audit_heads SET number = 8, mac = (SELECT mac FROM audit_events WHERE account_id = 1 AND number = 8) WHERE account_id = 1`}, "8 the head was changed"},
		{"one added at the end", []string{copyEvent(1, 10, 1, 11)}, "11 was changed or added; 11 was added past the head"},
		{"one added before the first", []string{copyEvent(1, 1, 1, 0)}, "0 was added"},
		{"one of another account", []string{copyEvent(0, 1, 1, 11)}, "11 was changed or added; 11 was added past the head"},
		{"the head taken away", []string{`DELETE FROM audit_heads WHERE account_id = 1`}, "10 has no head"},
		{"the head's mac changed", []string{`UPDATE audit_heads SET mac = seal WHERE account_id = 1`}, "10 isn't the one that the head names; 10 the head was changed"},
		{"all events taken away", []string{`DELETE FROM audit_events WHERE account_id = 1`}, "1 is missing, and all up to 10; 0 all events are missing"},
		{"the account's whole log taken away", []string{`DELETE FROM audit_events WHERE account_id = 1`, `DELETE FROM audit_heads WHERE account_id = 1`}, "0 all events are missing"},
		{"the installation's log taken away", []string{`DELETE FROM audit_events WHERE account_id = 0`, `DELETE FROM audit_heads WHERE account_id = 0`}, "0 the installation's log doesn't know"},
	}
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				account := int64(i + 1)
				chainOf(t, db, l, account, 10)
				for _, statement := range c.tamper {
					statement = strings.ReplaceAll(statement, "account_id = 1", fmt.Sprint("account_id = ", account))
					exec(t, db, strings.ReplaceAll(statement, "SELECT 1,", fmt.Sprintf("SELECT %d,", account)))
				}
				compare(t, l, account, c.want)
				if _, _, err := l.List(t.Context(), account, audit.Filter{}); err != nil { // it can still be read
					t.Error(err)
				}
			})
		}
	})
}

func copyEvent(from, number, to, as int) string {
	return fmt.Sprintf(`INSERT INTO audit_events (%[1]s) SELECT %[2]d, %[3]d, %[4]s FROM audit_events WHERE account_id = %[5]d AND number = %[6]d`,
		audit.EventColumns, to, as, strings.TrimPrefix(audit.EventColumns, "account_id, number, "), from, number)
}

// compare verifies every log, and holds what was found in one against the beginnings of the faults that are wanted.
func compare(t *testing.T, l *audit.Log, accountID int64, want string) {
	t.Helper()
	reports, err := l.VerifyAll(t.Context())
	must(t, err)
	for _, r := range reports {
		if r.AccountID != accountID {
			continue
		}
		var faults []string
		if want != "" {
			faults = strings.Split(want, "; ")
		}
		ok := len(r.Broken) == len(faults) && r.Faults == int64(len(faults))
		for i := 0; ok && i < len(faults); i++ {
			ok = strings.HasPrefix(fmt.Sprint(r.Broken[i].Number, " ", r.Broken[i].Problem), faults[i])
		}
		if !ok {
			t.Errorf("found %+v, not %s", r, want)
		}
		return
	}
	t.Errorf("account %d was not looked at: %+v", accountID, reports)
}

// TestInstallationsLog: its last event, which tells of an account's first, isn't taken away unnoticed either.
func TestInstallationsLog(t *testing.T) {
	db := testkit.SQLite(t)
	l := newLog(t, db)
	chain(t, db, l, 1)
	exec(t, db, `DELETE FROM audit_events WHERE account_id = 0`)
	compare(t, l, audit.Installation, "1 is missing")
	compare(t, l, 1, "0 the installation's log doesn't know")
}

// TestLaterEventsHideNothing: the program itself, which knows the secret, doesn't heal what somebody has done.
func TestLaterEventsHideNothing(t *testing.T) {
	cases := []struct {
		name   string
		tamper []string
		want   string
	}{
		{"set back", []string{`DELETE FROM audit_events WHERE account_id = 1 AND number > 8`,
			`UPDATE audit_heads SET number = 8, mac = (SELECT mac FROM audit_events WHERE account_id = 1 AND number = 8) WHERE account_id = 1`}, "10 the head was changed"},
		{"headless", []string{`DELETE FROM audit_heads WHERE account_id = 1`}, "12 the head was changed"},
		{"all of it", []string{`DELETE FROM audit_events WHERE account_id = 1`, `DELETE FROM audit_heads WHERE account_id = 1`}, "0 the log was begun anew"},
	}
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		for i, c := range cases {
			account := int64(i + 1)
			chainOf(t, db, l, account, 10)
			for _, statement := range c.tamper {
				exec(t, db, strings.ReplaceAll(statement, "account_id = 1", fmt.Sprint("account_id = ", account)))
			}
			chainOf(t, db, l, account, 1)
			chainOf(t, db, l, account, 1)
			compare(t, l, account, c.want)
		}
	})
}

// TestHeadKeptElsewhere: a database that was set back as a whole verifies, and doesn't hold the head that was kept.
func TestHeadKeptElsewhere(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		chain(t, db, l, 5)
		report, err := l.Verify(t.Context(), 1)
		must(t, err)
		number, mac, err := audit.ParseHead(report.Head)
		must(t, err)
		if report.Events != 5 || number != 5 {
			t.Errorf("%+v", report)
		}
		chain(t, db, l, 5)
		if ok, err := l.Holds(t.Context(), 1, number, mac); err != nil || !ok {
			t.Errorf("an older head isn't held: %v", err)
		}
		for account, number := range map[int64]int64{0: 5, 1: 4, 2: 99} {
			if ok, err := l.Holds(t.Context(), account, number, mac); err != nil || ok {
				t.Errorf("account %d has the mac at %d too: %v", account, number, err)
			}
		}
		for _, text := range []string{"", "5", "5:", "0:" + report.Head[2:], "x" + report.Head, report.Head[:20], report.Head + "00"} {
			if _, _, err := audit.ParseHead(text); err == nil {
				t.Errorf("%q is a head", text)
			}
		}
	})
}

// TestVerifyWhileRecording: events that are written meanwhile are never faults. The chain is longer than a batch.
func TestVerifyWhileRecording(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		chain(t, db, l, 2*audit.VerifyBatch)
		ctx, stop := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		wait.Go(func() {
			for ctx.Err() == nil {
				chain(t, db, l, 3)
			}
		})
		for range 5 {
			report, err := l.Verify(t.Context(), 1)
			if err != nil || report.Faults != 0 || report.Events < 2*audit.VerifyBatch {
				t.Errorf("%+v, %v", report, err)
			}
		}
		stop()
		wait.Wait()
		exec(t, db, `UPDATE audit_events SET user_name = 'x' WHERE account_id = 1`)
		report, err := l.Verify(t.Context(), 1)
		if err != nil || report.Faults != report.Events || len(report.Broken) != audit.MaxFaults {
			t.Errorf("%d faults of %d, %d listed, %v", report.Faults, report.Events, len(report.Broken), err)
		}
	})
}

// TestAnotherSecret: a chain that was made under another server secret doesn't verify.
func TestAnotherSecret(t *testing.T) {
	db := testkit.SQLite(t)
	chain(t, db, testkit.Audit(t, db), 2)
	report, err := testkit.Audit(t, db).Verify(t.Context(), 1)
	must(t, err)
	if report.Faults != 3 {
		t.Errorf("%+v", report)
	}
}
