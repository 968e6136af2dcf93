package reporting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/background"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestReporting(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *store.DB){
		"life": testLife, "identical": testIdentical, "many": testMany, "whose": testWhose,
		"cancel": testCancel, "overtaken": testOvertaken, "keeping": testKeeping, "schedules": testSchedules, "letters": testLetters, "letters once": testLettersOnce,
		"turns": testTurns, "turns of nodes": testTurnsOfNodes, "a turn that was lost": testLostTurn, "settings": testSettings,
	} {
		t.Run(name, func(t *testing.T) { testkit.Databases(t, test) })
	}
}

// testLife: asked for, queued, made, told once, downloaded whole and in parts, by a link too, and deleted.
func testLife(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.maker.words = strings.Repeat(" 0123456789", 60_000) // three pieces
	r := w.want(201, "POST", prefix+"/generate", mileage)
	id := r["id"].(string)
	if r["status"] != Queued || r["progress"] != 0.0 || r["type"] != "mileage" || r["download_url"] != nil || r["status_url"] != publicURL+prefix+"/"+id ||
		r["date_from"] != "2026-05-01T00:00:00Z" || r["date_to"] != "2026-06-01T00:00:00Z" || r["account_name"] != "acme" || r["priority"] != "standard" {
		t.Errorf("%v", r)
	}
	if out := w.call("GET", prefix+"/"+id+"/download", ""); out.Code != 409 {
		t.Errorf("download of a queued one: %d %s", out.Code, out.Body)
	}
	w.maker.wait = func(ctx context.Context) error {
		if background.Of(ctx) == nil {
			t.Error("a report is not made in the background")
		}
		return nil
	}
	w.run(w.node)
	done := w.until(id, Completed)
	file := "May" + w.maker.words
	if done["progress"] != 100.0 || done["size"] != float64(len(file)) || done["download_url"] != publicURL+prefix+"/"+id+"/download" || done["ended_at"] == nil {
		t.Errorf("%v", done)
	}
	if got := w.told(id); !slices.Equal(got, []string{"report.completed"}) {
		t.Errorf("told %v", got)
	}
	whole := w.call("GET", prefix+"/"+id+"/download", "")
	_, params, _ := mime.ParseMediaType(whole.Header().Get("Content-Disposition"))
	if whole.Code != 200 || whole.Body.String() != file || whole.Header().Get("Content-Type") != "application/json" || params["filename"] != "may-2026-05-01-2026-05-31.json" {
		t.Errorf("%d %v", whole.Code, whole.Header())
	}
	tag := whole.Header().Get("ETag")
	if out := w.call("GET", prefix+"/"+id+"/download", "", "If-None-Match", tag); out.Code != 304 {
		t.Errorf("If-None-Match: %d", out.Code)
	}
	// A part that lies across two pieces.
	if out := w.call("GET", prefix+"/"+id+"/download", "", "Range", fmt.Sprintf("bytes=%d-%d", pieceSize-5, pieceSize+4)); out.Code != 206 || out.Body.String() != file[pieceSize-5:pieceSize+5] {
		t.Errorf("Range: %d %q", out.Code, out.Body)
	}
	// What is refused is refused as JSON.
	for _, bad := range [][3]string{{"Range", fmt.Sprintf("bytes=%d-", len(file)), "416"}, {"Range", "bytes=5-1", "416"}, {"If-Match", `"other"`, "412"}} {
		out := w.call("GET", prefix+"/"+id+"/download", "", bad[0], bad[1])
		var problem struct{ Message string }
		if err := json.Unmarshal(out.Body.Bytes(), &problem); err != nil || problem.Message == "" || fmt.Sprint(out.Code) != bad[2] ||
			out.Header().Get("Content-Type") != "application/json" || out.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: %s: %d %v %s", bad[0], bad[1], out.Code, out.Header(), out.Body)
		}
	}
	link := w.want(201, "POST", prefix+"/"+id+"/link", `{"expires_in":60}`)["data"].(map[string]any)["url"].(string)
	path := strings.TrimPrefix(link, publicURL)
	if out := w.call("GET", path, ""); out.Code != 200 || out.Body.String() != file {
		t.Errorf("link: %d", out.Code)
	}
	for _, bad := range []string{path + "x", strings.Replace(path, "expires=", "expires=9", 1), strings.Replace(path, id, "00000000-0000-4000-8000-000000000000", 1)} {
		if out := w.call("GET", bad, ""); out.Code != 404 {
			t.Errorf("%s: %d", bad, out.Code)
		}
	}
	suspend := func(on int) {
		must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Do(t.Context(), `UPDATE accounts SET suspended = $2 WHERE id = $1`, w.acme, on)
			return err
		}))
	}
	suspend(1)
	if out := w.call("GET", path, ""); out.Code != 404 {
		t.Errorf("a link of a suspended account: %d", out.Code)
	}
	suspend(0)
	if out := w.call("GET", path, ""); out.Code != 200 {
		t.Errorf("a link of an account that was suspended: %d", out.Code)
	}
	w.clock.Advance(61 * time.Second)
	if out := w.call("GET", path, ""); out.Code != 404 {
		t.Errorf("a link that has expired: %d", out.Code)
	}
	w.want(204, "DELETE", prefix+"/"+id, "")
	w.want(404, "GET", prefix+"/"+id, "")
	must(t, w.Tidy(t.Context()))
	if _, err := w.store.piece(t.Context(), "", 0); !errors.Is(err, errGone) {
		t.Errorf("pieces: %v", err)
	}
	if files, err := w.store.waste(t.Context(), 10); err != nil || len(files) > 0 {
		t.Errorf("waste: %v %v", files, err)
	}
}

// testIdentical: the same fields over the same data are one report, and anything else is another.
func testIdentical(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	w.run(w.node)
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"]
	if again := w.want(200, "POST", prefix+"/generate", mileage); again["id"] != id {
		t.Errorf("another: %v", again)
	}
	w.until(id.(string), Completed)
	// The same range said in another way is the same.
	if same := w.want(200, "POST", prefix+"/generate", strings.Replace(mileage, `"2026-05-31"`, `"2026-06-01T02:00:00+02:00"`, 1)); same["id"] != id || same["status"] != Completed {
		t.Errorf("%v", same)
	}
	// A list that names no assets is as none.
	for _, empty := range []string{`[]`, `null`} {
		if same := w.want(200, "POST", prefix+"/generate", strings.Replace(mileage, `{`, `{"asset_ids":`+empty+`,`, 1)); same["id"] != id {
			t.Errorf("asset_ids %s: %v", empty, same)
		}
	}
	if other := w.want(201, "POST", prefix+"/generate", strings.Replace(mileage, "May", "Mai", 1)); other["id"] == id {
		t.Error("another title is another report")
	}
	w.maker.data.Add(1)
	fresh := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	if fresh == id {
		t.Error("other data is another report")
	}
	w.until(fresh, Completed)
	w.clock.Advance(w.limits().Keep + time.Minute)
	if late := w.want(201, "POST", prefix+"/generate", mileage)["id"]; late == fresh {
		t.Error("one past keeping is none")
	}
}

// testMany: of a thousand requests at once, two thirds of them alike, each distinct one is made, once.
func testMany(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	second := w.start(w.maker) // a second node, which takes its share
	for _, n := range []*node{w.node, second} {
		n.pace.lease = 20 * time.Second // whatever else the machine is at, nobody is overtaken
		w.run(n)
	}
	n := 999
	if testing.Short() {
		n = 99
	}
	var mu sync.Mutex
	ids := map[string]int{}
	fresh := 0
	var wait sync.WaitGroup
	slots := make(chan struct{}, 32)
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			title := "alike"
			if i%3 == 0 {
				title = fmt.Sprint("own ", i)
			}
			r, made, err := w.Generate(context.Background(), Account{w.acme, "acme", "Acme"}, 1,
				Request{Type: "mileage", Format: "json", Title: title, DateFrom: "2026-05-01", DateTo: "2026-05-31"})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			ids[r.ID]++
			if made {
				fresh++
			}
		})
	}
	wait.Wait()
	distinct := n/3 + 1
	if len(ids) != distinct || fresh != distinct {
		t.Fatalf("%d reports, %d of them said to be new, of %d distinct", len(ids), fresh, distinct)
	}
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if queued, processing, err := w.Waiting(t.Context()); err == nil && queued+processing == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("they are not made within a minute")
		}
	}
	if made := w.maker.made.Load(); made != int64(distinct) {
		t.Errorf("%d were made of %d", made, distinct)
	}
}

// testWhose: reports are seen by those who see all of their assets, in accounts that they reach, by a role that may.
func testWhose(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	lorry, err := w.fleet.Create(t.Context(), w.acme, fleet.Draft{Name: "Lorry", Group: "North"})
	must(t, err)
	body := func(assets string) string { return strings.Replace(mileage, `{`, `{"asset_ids":`+assets+`,`, 1) }
	north := w.want(201, "POST", prefix+"/generate", body(fmt.Sprintf("[%d]", lorry.ID)))["id"].(string)
	both := w.want(201, "POST", prefix+"/generate", body(fmt.Sprintf("[%d,%d]", lorry.ID, w.asset)))["id"].(string)
	all := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	sees := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, r := range w.want(200, "GET", prefix+"?sort=created_at", "")["data"].([]any) {
			got = append(got, r.(map[string]any)["id"].(string))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s sees %d of %d", what, len(got), len(want))
		}
		for _, id := range []string{north, both, all} {
			status := 404
			if slices.Contains(want, id) {
				status = 200
			}
			w.want(status, "GET", prefix+"/"+id, "")
		}
	}
	sees("the manager", north, both, all)
	account := &w.caller.Accounts[0]
	account.Part = &bearer.Part{Groups: []string{"North"}}
	sees("who is limited to a group", north)
	for _, id := range []string{both, all} {
		w.want(404, "DELETE", prefix+"/"+id, "")
		w.want(404, "POST", prefix+"/"+id+"/link", `{}`)
		if out := w.call("GET", prefix+"/"+id+"/download", ""); out.Code != 404 {
			t.Errorf("download: %d", out.Code)
		}
	}
	w.want(422, "POST", prefix+"/generate", body(fmt.Sprintf("[%d]", w.asset)))
	// Who sees a part and names nothing asks about that part, and sees the report.
	mine := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	sees("who is limited to a group", north, mine)
	account.Part = nil
	w.caller.Accounts = []bearer.Membership{{AccountID: w.other, Key: "other", Name: "Other", Role: bearer.Admin}}
	sees("another account's admin")
	if got := w.want(404, "POST", prefix+"/generate", mileage); got["message"] != "Account not found." {
		t.Errorf("a foreign account: %v", got)
	}
	if got := w.want(404, "GET", prefix+"?account_name=acme", ""); got["message"] != "Account not found." {
		t.Errorf("a foreign account's list: %v", got)
	}
	w.want(404, "DELETE", prefix+"/"+north, "")
}

// TestFailures: what won't pass fails with a reason, what may pass is tried again.
func TestFailures(t *testing.T) {
	t.Parallel() // River looks after those that are tried again every five seconds: wait for it beside others that wait
	testkit.Databases(t, testFailures)
}

func testFailures(t *testing.T, db *store.DB) {
	t.Parallel()
	w := newWorld(t, db)
	stop := func() {}
	// under begins anew with limits: those of a node that runs stay as they are.
	under := func(l Limits) {
		stop()
		w.node = w.start(w.maker)
		w.pace.lease = 20 * time.Second // nobody is overtaken here
		w.Configure(func(o *Options) { o.Limits = l })
		stop = w.run(w.node)
	}
	ask := func(title string) string {
		return w.want(201, "POST", prefix+"/generate", strings.Replace(mileage, "May", title, 1))["id"].(string)
	}
	reason := func(id string) string { return fmt.Sprint(w.until(id, Failed)["error"]) }

	under(Limits{Size: 10})
	big := ask("a title of more than ten bytes")
	if got := reason(big); !strings.Contains(got, "ask for a shorter range") {
		t.Errorf("too large: %s", got)
	}
	if got := w.told(big); !slices.Equal(got, []string{"report.failed"}) {
		t.Errorf("told %v", got)
	}
	under(Limits{})
	tries := 0
	w.maker.wait = func(context.Context) error {
		if tries++; tries < 3 {
			return fault.New(fault.Unavailable, "away")
		}
		return nil
	}
	w.until(ask("away"), Completed)
	if tries != 3 {
		t.Errorf("%d tries", tries)
	}
	w.maker.wait = func(context.Context) error { panic("a bug") }
	if got := reason(ask("bug")); got != "The report could not be made, by an error of the server." {
		t.Errorf("a bug: %s", got)
	}
	under(Limits{Timeout: 100 * time.Millisecond})
	w.maker.wait = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	if got := reason(ask("slow")); !strings.HasPrefix(got, "The report took longer than") {
		t.Errorf("slow: %s", got)
	}
	under(Limits{})
	w.maker.wait = nil
	// Whoever failed stands in nobody's way.
	w.until(ask("bug"), Completed)
	for body, field := range map[string]string{
		strings.Replace(mileage, "mileage", "nonsense", 1):           "type",
		strings.Replace(mileage, "json", "docx", 1):                  "format",
		strings.Replace(mileage, "2026-05-31", "2026-04-30", 1):      "date_to",
		strings.Replace(mileage, "2026-05-01", "yesterday", 1):       "date_from",
		strings.Replace(mileage, `{`, `{"asset_id":999999,`, 1):      "asset_id",
		strings.Replace(mileage, `{`, `{"asset_ids":[0],`, 1):        "asset_ids",
		strings.Replace(mileage, `{`, `{"priority":"urgent",`, 1):    "priority",
		strings.Replace(mileage, `{`, `{"beacon_id":999999,`, 1):     "beacon_id",
		strings.Replace(mileage, "2026-05-01", "2024-01-01", 1):      "date_to",
		strings.Replace(mileage, `"2026-05-31"`, `"2026-05-01T"`, 1): "date_to",
	} {
		if got := w.want(422, "POST", prefix+"/generate", body); got["errors"].(map[string]any)[field] == nil {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// testCancel: deleting a report ends its making.
func testCancel(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	ended := make(chan error, 1)
	begun := make(chan struct{})
	w.maker.wait = func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ctx.Err()
	}
	w.run(w.node)
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	<-begun
	w.want(204, "DELETE", prefix+"/"+id, "")
	if err := <-ended; !errors.Is(err, errLost) {
		t.Errorf("it ended by %v", err)
	}
	if got := w.told(id); len(got) > 0 {
		t.Errorf("told %v", got)
	}
}

// testOvertaken: a worker that stops renewing its claim is overtaken, and what it makes afterwards changes and tells nothing.
func testOvertaken(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	wake, begun := make(chan struct{}), make(chan struct{})
	w.maker.wait = func(context.Context) error { close(begun); <-wake; return nil }
	w.maker.words = " of the dead"
	w.pace.beat = time.Hour // it stands still, as a process that was stopped does
	stop := w.run(w.node)
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	<-begun
	second := w.start(&maker{words: " of the living"})
	w.run(second)
	w.until(id, Completed)
	close(wake)
	stop() // which waits for its job
	if out := w.call("GET", prefix+"/"+id+"/download", ""); out.Body.String() != "May of the living" {
		t.Errorf("it says %q", out.Body)
	}
	if got := w.told(id); !slices.Equal(got, []string{"report.completed"}) {
		t.Errorf("told %v", got)
	}
}

// testKeeping: what is past keeping goes, with its file; what is at work stays.
func testKeeping(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	stop := w.run(w.node)
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	w.until(id, Completed)
	stop()
	waiting := w.want(201, "POST", prefix+"/generate", strings.Replace(mileage, "May", "waits", 1))["id"].(string)
	must(t, w.Tidy(t.Context()))
	w.want(200, "GET", prefix+"/"+id, "")
	w.clock.Advance(w.limits().Keep + time.Minute)
	must(t, w.Tidy(t.Context()))
	w.want(404, "GET", prefix+"/"+id, "")
	w.want(200, "GET", prefix+"/"+waiting, "")
}

// testSchedules: a schedule asks for the period before, once whichever node looks, and after a long absence for the last alone.
func testSchedules(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	must(t, func() error {
		_, err := w.SetSetting(t.Context(), w.acme, func(s *Setting) { s.TimeZone = "Europe/Malta" })
		return err
	}())
	made := w.want(201, "POST", schedules, `{"account_name":"acme","name":"Daily","type":"mileage","format":"json","every":"daily","time":"06:30","deliver":"webhook"}`)["data"].(map[string]any)
	path := fmt.Sprintf("%s/%v", schedules, made["id"])
	next, err := time.Parse(time.RFC3339, made["next_at"].(string))
	must(t, err)
	zone, _ := time.LoadLocation("Europe/Malta")
	if at := next.In(zone); at.Hour() != 6 || at.Minute() != 30 || !next.After(w.clock.Now()) || next.After(w.clock.Now().Add(25*time.Hour)) {
		t.Errorf("next at %s", at)
	}
	w.want(422, "POST", schedules, `{"account_name":"acme","name":"","type":"mileage","format":"json","every":"hourly","time":"24:30","deliver":"pigeon"}`)
	second := w.start(w.maker)
	for _, n := range []*node{w.node, second} {
		must(t, n.runSchedules(t.Context()))
	}
	if list := w.want(200, "GET", prefix, "")["data"].([]any); len(list) != 0 {
		t.Errorf("before it is due: %v", list)
	}
	w.clock.Advance(next.Sub(w.clock.Now()) + 50*time.Hour) // it was due thrice since
	var wait sync.WaitGroup
	for _, n := range []*node{w.node, second, w.node, second} {
		wait.Go(func() {
			if err := n.runSchedules(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	list := w.want(200, "GET", fmt.Sprintf("%s?schedule_id=%v", prefix, made["id"]), "")["data"].([]any)
	if len(list) != 1 {
		t.Fatalf("%d reports", len(list))
	}
	from, _ := time.Parse(time.RFC3339, list[0].(map[string]any)["date_from"].(string))
	day := w.clock.Now().In(zone)
	if want := report.DayBegins(day.Year(), day.Month(), day.Day()-1, zone); !from.Equal(want) {
		t.Errorf("it is about %s, not %s", from, want)
	}
	w.want(200, "PUT", path, `{"name":"Weekly","type":"mileage","format":"pdf","every":"weekly","day":1,"time":"07:00","deliver":"webhook","enabled":false}`)
	if got := w.want(200, "GET", path, "")["data"].(map[string]any); got["next_at"] != nil || got["every"] != "weekly" || got["name"] != "Weekly" {
		t.Errorf("%v", got)
	}
	w.want(204, "DELETE", path, "")
	w.want(404, "GET", path, "")
}

// testSettings: a report is made in the account's zone and units, and those set later are of another report.
func testSettings(t *testing.T, db *store.DB) {
	w := newWorld(t, db)
	var asked []report.Request
	w.maker.saw = func(r report.Request) { asked = append(asked, r) }
	ask := func() string {
		id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
		must(t, w.work(t.Context(), id))
		return id
	}
	first := ask()
	_, err := w.SetSetting(t.Context(), w.acme, func(s *Setting) { s.TimeZone, s.Units = "Europe/Malta", "mi" })
	must(t, err)
	if second := ask(); second == first || len(asked) != 2 {
		t.Fatalf("%d reports: %s and %s", len(asked), first, second)
	}
	for i, want := range []string{"UTC km 2026-05-01T00:00:00Z 2026-06-01T00:00:00Z", "Europe/Malta mi 2026-04-30T22:00:00Z 2026-05-31T22:00:00Z"} {
		r := asked[i]
		if got := fmt.Sprint(r.Zone, " ", r.Units, " ", r.From.UTC().Format(time.RFC3339), " ", r.To.UTC().Format(time.RFC3339)); got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
}
