package reporting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// member adds a member of acme, limited to a part where limited isn't "".
func (w *world) member(name, role, limited string) (id int64) {
	w.t.Helper()
	must(w.t, w.db.Tx(w.t.Context(), func(tx *store.Tx) error {
		if err := tx.QueryRowContext(w.t.Context(), `INSERT INTO users (name, email, password_hash, created_at) VALUES ($1, $2, '', 0) RETURNING id`,
			name, name+"@acme.example").Scan(&id); err != nil {
			return err
		}
		_, err := tx.Do(w.t.Context(), `INSERT INTO memberships (account_id, user_id, role, created_at, limited_to) VALUES ($1, $2, $3, 0, $4)`, w.acme, id, role, limited)
		return err
	}))
	return id
}

// due lets the schedule ask for its next report, makes it, and returns its id.
func (w *world) due() string {
	w.t.Helper()
	w.clock.Advance(24 * time.Hour)
	must(w.t, w.runSchedules(w.t.Context()))
	list := w.want(200, "GET", prefix+"?sort=-created_at", "")["data"].([]any)
	id := list[0].(map[string]any)["id"].(string)
	must(w.t, w.work(w.t.Context(), id))
	w.want(200, "GET", prefix+"/"+id, "")
	return id
}

// testLetters: who is named by a schedule gets a letter with a link, once, if they may see the report still; a mail server that
// fails is tried again for a day, for those who have none yet.
func testLetters(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	if got := w.want(422, "POST", schedules, `{"account_name":"acme","name":"No mail","type":"mileage","format":"json","every":"daily","time":"06:30","deliver":"mail","recipients":[999]}`); got["errors"].(map[string]any)["deliver"] == nil {
		t.Errorf("without a mail server: %v", got)
	}
	var log strings.Builder
	box := testkit.StartMail(t, testkit.MailOptions{})
	sender, err := mail.New("smtp://"+box.Address, "Yipii <noreply@iot.example>")
	must(t, err)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, closed.Close())
	away, err := mail.New("smtp://"+closed.Addr().String(), "Yipii <noreply@iot.example>")
	must(t, err)
	w.Configure(func(o *Options) {
		o.Letters, o.Limits.Keep = away.Send, 48*time.Hour
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	// letters looks once after the letters, and returns who got one.
	letters := func() (to []string) {
		t.Helper()
		must(t, w.sendLetters(t.Context()))
		for !box.Empty() {
			to = append(to, box.Next(t).To)
		}
		return to
	}
	says := func(words string) {
		t.Helper()
		if !strings.Contains(log.String(), words) {
			t.Errorf("the log doesn't say %q:\n%s", words, log.String())
		}
		log.Reset()
	}
	mia, own := w.member("mia", "viewer", ""), w.member("own", "viewer", fmt.Sprintf(`{"assets":[%d]}`, w.asset))
	others := []int64{w.member("north", "viewer", `{"groups":["North"]}`), w.member("gone", "viewer", ""), w.member("suspended", "viewer", ""), w.member("driver", "viewer", "")}
	named := strings.ReplaceAll(fmt.Sprint(append(slices.Clone(others), mia, own)), " ", ",")
	schedule := fmt.Sprintf(`{"account_name":"acme","name":"Van daily","type":"mileage","format":"json","title":"Vans","asset_ids":[%d],"every":"daily","time":"06:30","deliver":"mail","recipients":%%s}`, w.asset)
	w.want(422, "POST", schedules, fmt.Sprintf(schedule, "[]"))
	w.want(422, "POST", schedules, fmt.Sprintf(schedule, "[999]"))
	made := w.want(201, "POST", schedules, fmt.Sprintf(schedule, named))["data"].(map[string]any)
	// tells checks what the schedule says of the last time.
	tells := func(want any) {
		t.Helper()
		if got := w.want(200, "GET", fmt.Sprintf("%s/%v", schedules, made["id"]), "")["data"].(map[string]any)["last_error"]; got != want {
			t.Errorf("last_error is %v, want %v", got, want)
		}
	}
	// What becomes of members after they were named.
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		_, gone := tx.Do(t.Context(), `DELETE FROM memberships WHERE user_id = $1`, others[1])
		_, suspended := tx.Do(t.Context(), `UPDATE users SET suspended = 1 WHERE id = $1`, others[2])
		_, driver := tx.Do(t.Context(), `UPDATE memberships SET role = 'driver' WHERE user_id = $1`, others[3])
		return errors.Join(gone, suspended, driver)
	}))

	// The mail server is away, then it takes letters to one of two, then to all.
	id := w.due()
	if got := letters(); got != nil {
		t.Errorf("letters to %v", got)
	}
	says("letters of report " + id + " were not sent; it is tried again")
	w.Configure(func(o *Options) {
		o.Letters = func(ctx context.Context, to, subject, text string) error {
			if to == "own@acme.example" {
				return errors.New("mailbox full")
			}
			return sender.Send(ctx, to, subject, text)
		}
	})
	if got := letters(); got != nil {
		t.Errorf("letters to %v before the pause is over", got)
	}
	w.clock.Advance(letterPause)
	if got := letters(); !slices.Equal(got, []string{"mia@acme.example"}) {
		t.Errorf("letters to %v", got)
	}
	says("mailbox full")
	w.clock.Advance(letterPause)
	if got := letters(); got != nil {
		t.Errorf("the same letter again to %v", got)
	}
	w.Configure(func(o *Options) { o.Letters = sender.Send })
	w.clock.Advance(letterPause)
	must(t, w.sendLetters(t.Context()))
	letter := box.Next(t)
	if letter.To != "own@acme.example" || !box.Empty() {
		t.Errorf("a letter to %s, none to others: %v", letter.To, box.Empty())
	}
	log.Reset()

	// What it says, and nothing else. The link is good for no longer than the report is kept.
	r, err := w.store.find(t.Context(), w.acme, id, nil)
	must(t, err)
	w.show(r)
	_, rest, _ := strings.Cut(letter.Text, "https://")
	link, _, _ := strings.Cut("https://"+rest, "\r\n")
	day := r.DateFrom.Format("2006-01-02")
	want := fmt.Sprintf("The report \"Van daily\" of acme, %s, is ready:\r\n\r\n%s\r\n\r\nThe link is good until %s. Whoever has it can download the report.\r\n\r\n"+
		"You get this letter because a schedule of the account names you. Its managers can change that.\r\n", day, link, r.ExpiresAt.Format("2006-01-02 15:04 MST"))
	if letter.Subject != "Report: Van daily, "+day || letter.Text != want || letter.From != "noreply@iot.example" {
		t.Errorf("%q from %s\n%q, want\n%q", letter.Subject, letter.From, letter.Text, want)
	}
	manager := w.caller
	w.caller = bearer.Principal{} // nobody
	if out := w.call("GET", strings.TrimPrefix(link, publicURL), ""); out.Code != 200 || out.Body.String() != "Vans" {
		t.Errorf("the link: %d %s", out.Code, out.Body)
	}
	if out := w.call("GET", prefix+"/"+id+"/download", ""); out.Code != 404 {
		t.Errorf("a download without the link: %d", out.Code)
	}
	w.clock.Advance(r.ExpiresAt.Sub(w.clock.Now()))
	if out := w.call("GET", strings.TrimPrefix(link, publicURL), ""); out.Code != 404 {
		t.Errorf("the link after its end: %d", out.Code)
	}
	w.caller = manager

	// The next report is told to both. One whose letters can't be sent for a day is given up, plainly.
	w.due()
	if got := letters(); !slices.Equal(got, []string{"mia@acme.example", "own@acme.example"}) {
		t.Errorf("letters to %v", got)
	}
	w.Configure(func(o *Options) { o.Letters = away.Send })
	id = w.due()
	_ = letters()
	w.clock.Advance(lettersPatience)
	_ = letters()
	says("letters of report " + id + " were not sent within a day; it is given up")
	tells("The letters of a report could not be sent to 2 recipients within a day.") // and nothing of the mail server
	w.Configure(func(o *Options) { o.Letters = sender.Send })
	w.clock.Advance(letterPause)
	if got := letters(); got != nil {
		t.Errorf("letters to %v after a day", got)
	}
	// The next goes well to one of them, and the one after to both.
	w.Configure(func(o *Options) {
		o.Letters = func(ctx context.Context, to, subject, text string) error {
			if to == "own@acme.example" {
				return errors.New("mailbox full")
			}
			return sender.Send(ctx, to, subject, text)
		}
	})
	w.due()
	tells("The letters of a report could not be sent to 2 recipients within a day.")
	_ = letters()
	w.clock.Advance(lettersPatience)
	_ = letters()
	tells("The letter of a report could not be sent to 1 recipient within a day.")
	w.Configure(func(o *Options) { o.Letters = sender.Send })
	w.due()
	if got := letters(); len(got) != 2 {
		t.Errorf("letters to %v", got)
	}
	tells(nil)
	// What was written down of letters goes with the reports.
	w.clock.Advance(48*time.Hour + time.Minute)
	must(t, w.Tidy(t.Context()))
	var left int
	must(t, db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM report_letters`).Scan(&left))
	if left > 0 {
		t.Errorf("%d letters of deleted reports are remembered", left)
	}
	// Nobody wants them of a schedule that was deleted.
	w.due()
	w.want(204, "DELETE", fmt.Sprintf("%s/%v", schedules, made["id"]), "")
	if got := letters(); got != nil {
		t.Errorf("letters of a deleted schedule to %v", got)
	}
}

// testLettersOnce: a node that is stopped between the letters of a report leaves the others' to the next, and nobody gets one twice.
func testLettersOnce(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	box := testkit.StartMail(t, testkit.MailOptions{})
	sender, err := mail.New("smtp://"+box.Address, "Yipii <noreply@iot.example>")
	must(t, err)
	members := make([]int64, 5)
	var want []string
	for i := range members {
		name := fmt.Sprint("member", i)
		members[i] = w.member(name, "viewer", "")
		want = append(want, name+"@acme.example")
	}
	w.Configure(func(o *Options) { o.Letters = sender.Send })
	w.want(201, "POST", schedules, `{"account_name":"acme","name":"Daily","type":"mileage","format":"json","every":"daily","time":"06:30","deliver":"mail","recipients":`+
		strings.ReplaceAll(fmt.Sprint(members), " ", ",")+`}`)
	w.due()
	between, n := make(chan struct{}), 0
	first := w.start(w.maker)
	first.Configure(func(o *Options) {
		o.Letters = func(ctx context.Context, to, subject, text string) error {
			if n++; n == 3 {
				close(between)
				<-ctx.Done()
				return ctx.Err()
			}
			return sender.Send(ctx, to, subject, text)
		}
	})
	stop := w.run(first)
	<-between
	stop()
	second := w.start(w.maker)
	second.Configure(func(o *Options) { o.Letters = sender.Send })
	w.clock.Advance(letterPause)
	w.run(second)
	got := []string{}
	for range want {
		got = append(got, box.Next(t).To)
	}
	for due := 1; due > 0; time.Sleep(10 * time.Millisecond) { // until all is said to be sent
		must(t, db.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM reports WHERE mail_at IS NOT NULL`).Scan(&due))
	}
	for !box.Empty() {
		got = append(got, box.Next(t).To)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("letters to %v, want %v", got, want)
	}
}
