package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// testDelivery: what is sent is what Standard Webhooks says, and the log tells of it.
func testDelivery(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	w.run(w.node)
	made, text := w.webhook(r.server.URL + "/hook?key=1")
	w.tell("one")
	until(t, "it is delivered", func() bool { return w.log(made.ID)[0].Status == delivered })
	m := r.last()
	if !verify(t, m, text) {
		t.Error("the signature is wrong")
	}
	seconds, err := strconv.ParseInt(m.header.Get("webhook-timestamp"), 10, 64)
	if age := w.clock.Now().Unix() - seconds; err != nil || age < 0 || age > 10 {
		t.Errorf("timestamp %s", m.header.Get("webhook-timestamp"))
	}
	var body struct {
		Type      string
		Timestamp time.Time
		Data      struct{ Key string }
	}
	must(t, json.Unmarshal([]byte(m.body), &body))
	if body.Type != "alert.triggered" || body.Data.Key != "one" || body.Timestamp.IsZero() || m.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v %v", body, m.header)
	}
	test := w.want(202, "POST", fmt.Sprintf("%s/%d/test", acme, made.ID), "")
	if test["status"] != waiting || test["event_type"] != TestType || test["attempted_at"] != nil || test["duration_ms"] != nil || test["asset_id"] != nil {
		t.Errorf("test: %v", test)
	}
	until(t, "the test is delivered", func() bool { return w.log(made.ID)[1].Status == delivered })
	if m := r.last(); !verify(t, m, text) || !strings.Contains(m.body, `"type":"webhook.test"`) || m.id() != test["message_id"] {
		t.Errorf("test: %v", m)
	}
	path := fmt.Sprintf("%s/%d/delivery", acme, made.ID)
	list := w.want(200, "GET", path+"?status=delivered&event_type=alert.triggered", "")["data"].([]any)
	if len(list) != 1 || len(w.want(200, "GET", path+"?status=failed", "")["data"].([]any)) != 0 {
		t.Fatalf("list: %v", list)
	}
	one := w.want(200, "GET", fmt.Sprintf("%s/%v", path, list[0].(map[string]any)["id"]), "")
	if one["response_status"] != 204.0 || one["attempts"] != 1.0 || one["asset_id"] != 7.0 || one["next_attempt_at"] != nil || one["error"] != nil ||
		one["duration_ms"] == nil || one["payload"].(map[string]any)["type"] != "alert.triggered" || one["response_body"] != nil {
		t.Errorf("one: %v", one)
	}
	until(t, "both are counted, after they were stored, and nothing else is", func() bool { return w.node.Counts() == Counts{Delivered: 2} })
}

// testRotation: for a day both secrets sign, then the new one alone; a revoked one signs no more at once.
func testRotation(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	made, first := w.webhook(r.server.URL)
	signs := func(key string, texts ...string) (out []bool) {
		w.tell(key)
		step(t, d)
		for _, text := range texts {
			out = append(out, verify(t, r.last(), text))
		}
		return out
	}
	check := func(what string, got, want []bool) {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("made", signs("1", first), []bool{true})
	_, second, err := w.node.Rotate(t.Context(), w.acme, made.ID, false)
	must(t, err)
	check("rotated", signs("2", first, second), []bool{true, true})
	w.clock.Advance(23*time.Hour + 59*time.Minute)
	check("almost a day later", signs("3", first, second), []bool{true, true})
	w.clock.Advance(2 * time.Minute)
	check("a day later", signs("4", first, second), []bool{false, true})
	must(t, w.node.Tidy(t.Context()))
	check("tidied", signs("5", first, second), []bool{false, true})
	_, third, err := w.node.Rotate(t.Context(), w.acme, made.ID, true)
	must(t, err)
	check("revoked", signs("6", first, second, third), []bool{false, false, true})
}

// testSchedule: ten attempts at the times that the schedule says, with one id; then it has failed, until it is replayed.
func testSchedule(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	made, text := w.webhook(r.server.URL)
	r.status(500)
	w.tell("one")
	for i, pause := range append(schedule(), 0) {
		step(t, d)
		now := w.clock.Now()
		one := w.log(made.ID)[0]
		if one.Attempts != int64(i+1) || one.Response != 500 || one.Kind != kindStatus || len(r.messages()) != i+1 {
			t.Fatalf("attempt %d: %+v, %d messages", i+1, one, len(r.messages()))
		}
		if pause == 0 {
			break
		}
		if late := one.Next.Sub(now) - pause; one.Status != waiting || late < -time.Second || late > time.Second {
			t.Errorf("attempt %d: the next is at %v, want in %v", i+1, one.Next.Sub(now), pause)
		}
		w.clock.Advance(pause - 2*time.Second)
		step(t, d)
		if len(r.messages()) != i+1 {
			t.Fatalf("attempt %d comes too early", i+2)
		}
		w.clock.Advance(3 * time.Second)
	}
	one := w.log(made.ID)[0]
	if one.Status != failed || !one.Next.IsZero() {
		t.Errorf("at the end: %+v", one)
	}
	if found, _ := w.node.Find(t.Context(), w.acme, made.ID); found.FailingSince.IsZero() || !found.Enabled {
		t.Errorf("the webhook: %+v", found)
	}
	for _, m := range r.messages() {
		if m.id() != one.MessageID || !verify(t, m, text) {
			t.Errorf("an attempt has id %s", m.id())
		}
	}
	r.status(200)
	w.want(202, "POST", fmt.Sprintf("%s/%d/delivery/%d/replay", acme, made.ID, one.ID), "")
	step(t, d)
	again := w.log(made.ID)[0]
	if again.Status != delivered || again.Attempts != 11 || r.last().id() != one.MessageID || r.last().body != r.messages()[0].body {
		t.Errorf("replayed: %+v", again)
	}
	if found, _ := w.node.Find(t.Context(), w.acme, made.ID); !found.FailingSince.IsZero() {
		t.Error("it still counts as failing")
	}
	if c := w.node.Counts(); c != (Counts{Delivered: 1, Failed: 10, Ended: 1}) {
		t.Errorf("%+v", c)
	}
}

// testGone: 410 turns the webhook off. What waits for it is given up, until it is turned on and replayed.
func testGone(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	made, _ := w.webhook(r.server.URL)
	r.status(500)
	w.tell("waits")
	step(t, d)
	r.status(410)
	w.tell("gone")
	step(t, d)
	w.tell("too late")
	step(t, d)
	var got []string
	for _, one := range w.log(made.ID) {
		got = append(got, one.Status+" "+one.Kind)
	}
	if diff := cmp.Diff([]string{"failed disabled", "failed gone"}, got); diff != "" {
		t.Error(diff)
	}
	path := fmt.Sprintf("%s/%d", acme, made.ID)
	if found := w.want(200, "GET", path, ""); found["enabled"] != false || found["disabled_reason"] != Gone {
		t.Errorf("%v", found)
	}
	first := w.log(made.ID)[0].ID
	w.want(409, "POST", path+"/test", "")
	w.want(409, "POST", fmt.Sprintf("%s/delivery/%d/replay", path, first), "")
	if on := w.want(200, "PATCH", path, `{"enabled":true}`); on["disabled_reason"] != nil || on["failing_since"] != nil {
		t.Errorf("%v", on)
	}
	r.status(200)
	w.want(202, "POST", fmt.Sprintf("%s/delivery/%d/replay", path, first), "")
	step(t, d)
	if one := w.log(made.ID)[0]; one.Status != delivered {
		t.Errorf("%+v", one)
	}
	if diff := cmp.Diff([]string{"webhook.created", "webhook.disabled", "webhook.enabled", "webhook.replayed"}, w.actions()); diff != "" {
		t.Error(diff)
	}
	if report, err := w.node.audit.Verify(t.Context(), w.acme); err != nil {
		t.Errorf("%v %v", report, err)
	}
}

// testFailingForDays: a webhook is turned off once nothing came through for five days, by an event that was given its time.
func testFailingForDays(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	made, _ := w.webhook(r.server.URL)
	r.status(500)
	find := func() *Webhook {
		found, err := w.node.Find(t.Context(), w.acme, made.ID)
		must(t, err)
		return found
	}
	w.tell("early")
	for range len(schedule()) + 1 {
		step(t, d)
		w.clock.Advance(25 * time.Hour) // the events' last attempt is ten days after the first
		if one := w.log(made.ID)[0]; find().Enabled != (w.clock.Now().Sub(find().FailingSince) < disableAfter+25*time.Hour) {
			t.Fatalf("after %d attempts, on is %v", one.Attempts, find().Enabled)
		}
	}
	if found := find(); found.Enabled || found.DisabledReason != Failing || !slices.Contains(w.actions(), "webhook.disabled") {
		t.Errorf("%+v", found)
	}
	made, _ = w.webhook(r.server.URL)
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		return setFailing(t.Context(), tx, w.acme, made.ID, true, w.clock.Now().Add(-10*24*time.Hour).UnixMilli())
	}))
	w.tell("late") // of a webhook that had nothing to tell for long, and failed before
	step(t, d)
	if !find().Enabled || w.log(made.ID)[0].Attempts == 0 {
		t.Error("turned off at the first attempt of an event")
	}
}

// TestRetryAfterIsKept, up to an hour, and never shortens a wait.
func TestRetryAfterIsKept(t *testing.T) {
	db := testkit.SQLite(t)
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	for i, c := range []struct {
		status int
		after  string
		want   time.Duration
	}{
		{429, "600", 10 * time.Minute}, {503, "600", 10 * time.Minute}, {500, "600", 5 * time.Second},
		{429, "1", 5 * time.Second}, {429, "99999999", time.Hour}, {429, "soon", 5 * time.Second},
		{503, w.clock.Now().Add(20 * time.Minute).UTC().Format(http.TimeFormat), 20 * time.Minute},
	} {
		made, _ := w.webhook(r.server.URL)
		r.status(c.status, "Retry-After", c.after)
		must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
			e := Event{AccountID: w.acme, Key: fmt.Sprint(i), Type: "trip.ended"}
			return insertDeliveries(t.Context(), tx, []outboxRow{e.row(made.ID, "{}", w.node.moment())})
		}))
		step(t, d)
		if got := w.log(made.ID)[0].Next.Sub(w.clock.Now()); got < c.want-3*time.Second || got > c.want+3*time.Second {
			t.Errorf("%d with Retry-After %s: waits %v, want %v", c.status, c.after, got, c.want)
		}
	}
}

// TestTwoNodes on one PostgreSQL deliver each event once, and never one at the same time.
func TestTwoNodes(t *testing.T) {
	url := testkit.PostgresURL(t)
	w, r := newWorld(t, testkit.OpenPostgres(t, url)), newReceiver(t)
	other := w.start(testkit.OpenPostgres(t, url))
	var under sync.Map
	r.answers(func(out http.ResponseWriter, req *http.Request) {
		id := req.Header.Get("webhook-id")
		if _, twice := under.LoadOrStore(id, true); twice {
			t.Errorf("%s is sent twice at once", id)
		}
		time.Sleep(time.Millisecond) // the work of a receiver
		under.Delete(id)
		out.WriteHeader(http.StatusOK)
	})
	hooks := map[int64]bool{}
	for range 3 {
		made, _ := w.webhook(r.server.URL)
		hooks[made.ID] = true
	}
	w.run(w.node)
	w.run(other)
	const events = 100
	for i := range events {
		w.tell(fmt.Sprint(i))
	}
	until(t, "all are delivered", func() bool {
		n, err := w.node.Waiting(t.Context())
		must(t, err)
		return n == 0
	})
	seen := map[string]int{}
	for _, m := range r.messages() {
		seen[m.id()]++
	}
	if len(seen) != events*len(hooks) || len(r.messages()) != len(seen) {
		t.Errorf("%d messages with %d ids, want %d", len(r.messages()), len(seen), events*len(hooks))
	}
	// A delivery is counted after it is stored.
	until(t, "both nodes have counted theirs", func() bool {
		one, two := w.node.Counts(), other.Counts()
		return one.Delivered > 0 && two.Delivered > 0 && one.Delivered+two.Delivered == uint64(len(seen))
	})
}

// testTakeover: what a node was at when it died is sent by another within ten seconds, not before its lease has ended, and a
// node that lives keeps what it is at.
func testTakeover(t *testing.T, db *store.DB) {
	if late := lease + defaultLimits().poll; late >= 10*time.Second || renewEvery*2 >= lease {
		t.Errorf("a lease lasts %v and is renewed every %v", lease, renewEvery)
	}
	w, r := newWorld(t, db), newReceiver(t)
	made, text := w.webhook(r.server.URL)
	hold := make(chan struct{})
	r.answers(func(out http.ResponseWriter, req *http.Request) {
		select {
		case <-hold:
		case <-req.Context().Done():
		}
	})
	dead, alive := newDeliverer(w.node.Service), newDeliverer(w.start(db).Service)
	w.tell("one")
	must(t, dead.turn(t.Context()))
	until(t, "the first attempt arrives", func() bool { return len(r.messages()) == 1 })

	w.clock.Advance(lease - time.Second)
	must(t, dead.turn(t.Context())) // it lives, and says so
	w.clock.Advance(lease - time.Second)
	step(t, alive)
	if n := len(r.messages()); n != 1 {
		t.Fatalf("%d messages while the first node lives", n)
	}
	close(hold) // from now on the first node does nothing any more: the answer that it gets is lost with it
	dead.wait.Wait()
	w.clock.Advance(2 * time.Second)
	step(t, alive)
	all := r.messages()
	if one := w.log(made.ID)[0]; len(all) != 2 || one.Status != delivered || one.Attempts != 1 {
		t.Fatalf("%d messages, %+v", len(all), one)
	}
	if all[0].id() != all[1].id() || !verify(t, all[1], text) {
		t.Error("the second message isn't the first one's repetition")
	}
	w.tell("two")
	step(t, alive)
	if c := w.log(made.ID)[1]; c.Status != delivered {
		t.Errorf("%+v", c)
	}
	// The dead one comes back: what it has to tell of is no longer its own.
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE webhook_deliveries SET attempts = 5 WHERE webhook_id = $1`, made.ID)
		return err
	}))
	must(t, dead.turn(t.Context()))
	if one := w.log(made.ID)[0]; one.Attempts != 5 {
		t.Errorf("the dead node wrote %+v", one)
	}
}

// testShutdownGivesBack: an attempt that a shutdown breaks off counts for nothing, and is made by the next who comes.
func testShutdownGivesBack(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	made, _ := w.webhook(r.server.URL)
	r.answers(func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
	stop := w.run(w.node)
	w.tell("one")
	until(t, "it is under way", func() bool { return len(r.messages()) == 1 })
	stop()
	if one := w.log(made.ID)[0]; one.Attempts != 0 || one.Status != waiting || one.Next.After(w.clock.Now()) {
		t.Errorf("%+v", one)
	}
	r.status(200)
	step(t, newDeliverer(w.start(db).Service))
	if one := w.log(made.ID)[0]; one.Attempts != 1 || one.Status != delivered {
		t.Errorf("%+v", one)
	}
}

// TestSlowReceiver: servers that never answer hold nobody up, though they have more waiting than the node has places.
func TestSlowReceiver(t *testing.T) {
	db := testkit.SQLite(t)
	w, slow, quick := newWorld(t, db), newReceiver(t), newReceiver(t)
	w.node.limits.all, w.node.limits.timeout = 12, time.Minute
	release := make(chan struct{})
	var most, now atomic.Int64
	slow.answers(func(_ http.ResponseWriter, req *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		select {
		case <-release:
		case <-req.Context().Done():
		}
	})
	w.webhook(slow.server.URL)
	for i := range 30 {
		w.tell(fmt.Sprint("slow ", i))
	}
	w.run(w.node)
	until(t, "the slow one is at it", func() bool { return now.Load() == 8 })
	made, _ := w.webhook(quick.server.URL)
	for i := range 30 {
		w.tell(fmt.Sprint("quick ", i))
	}
	until(t, "the quick one has all", func() bool {
		return !slices.ContainsFunc(w.log(made.ID), func(d Delivery) bool { return d.Status != delivered })
	})
	if len(quick.messages()) != 30 || most.Load() != 8 || now.Load() != 8 {
		t.Errorf("%d quick ones; at the slow one %d, at most %d", len(quick.messages()), now.Load(), most.Load())
	}
	close(release)
}

// TestFailingReceiverGetsOnePlace: who fails is tried one at a time, until something comes through.
func TestFailingReceiverGetsOnePlace(t *testing.T) {
	db := testkit.SQLite(t)
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	w.webhook(r.server.URL)
	r.status(500)
	w.tell("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")
	must(t, d.turn(t.Context()))
	d.wait.Wait()
	if n := len(r.messages()); n != 8 {
		t.Errorf("%d at first", n)
	}
	must(t, d.turn(t.Context())) // writes that they failed, which it doesn't know yet when it takes more
	d.wait.Wait()
	before := len(r.messages())
	w.clock.Advance(time.Minute)
	must(t, d.turn(t.Context()))
	d.wait.Wait()
	if n := len(r.messages()) - before; n > 1 {
		t.Errorf("%d at once after failures", n)
	}
}

// testTidy: what ended more than 30 days ago goes, in portions; what waits stays.
func testTidy(t *testing.T, db *store.DB) {
	w, r := newWorld(t, db), newReceiver(t)
	w.node.limits.portion = 3
	d := newDeliverer(w.node.Service)
	made, _ := w.webhook(r.server.URL)
	w.tell("1", "2", "3", "4", "5", "6", "7")
	step(t, d)
	r.status(500)
	w.tell("8")
	step(t, d)
	w.clock.Advance(29 * 24 * time.Hour)
	must(t, w.node.Tidy(t.Context()))
	w.tell("1") // the log still knows it
	if n := len(w.log(made.ID)); n != 8 {
		t.Fatalf("%d left after 29 days", n)
	}
	w.clock.Advance(2 * 24 * time.Hour)
	must(t, w.node.Tidy(t.Context()))
	if log := w.log(made.ID); len(log) != 1 || log[0].Status != waiting {
		t.Errorf("left after 31 days: %+v", log)
	}
}

// TestLostSecret: a webhook whose secret can't be opened holds up no other, and works again with a new one.
func TestLostSecret(t *testing.T) {
	db := testkit.SQLite(t)
	w, r := newWorld(t, db), newReceiver(t)
	d := newDeliverer(w.node.Service)
	lost, _ := w.webhook(r.server.URL)
	good, _ := w.webhook(r.server.URL)
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error { // another row's secret doesn't open
		_, err := tx.ExecContext(t.Context(), `UPDATE webhooks SET secret = (SELECT secret FROM webhooks WHERE id = $1) WHERE id = $2`, good.ID, lost.ID)
		return err
	}))
	w.tell("one")
	step(t, d)
	if a, b := w.log(lost.ID)[0], w.log(good.ID)[0]; a.Status != waiting || a.Attempts != 0 || b.Status != delivered {
		t.Errorf("%+v, %+v", a, b)
	}
	_, text, err := w.node.Rotate(t.Context(), w.acme, lost.ID, true)
	must(t, err)
	step(t, d)
	if a := w.log(lost.ID)[0]; a.Status != delivered || !verify(t, r.last(), text) {
		t.Errorf("%+v", a)
	}
}
