package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKillDuringIngestion: what was acknowledged before kill -9 is there after the restart, once.
func TestKillDuringIngestion(t *testing.T) {
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve()
		token := in.token(in.made.ClientID, in.made.ClientSecret)
		asset := in.asset(token, "Van 1", "van-1")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		acknowledged := map[int]bool{}
		next := 0
		for range 4 {
			var mu sync.Mutex
			var senders sync.WaitGroup
			for range 3 {
				senders.Go(func() {
					for {
						mu.Lock()
						first := next
						next += 50
						mu.Unlock()
						if !in.send(token, asset, start, first, 50) {
							return
						}
						mu.Lock()
						acknowledged[first] = true
						mu.Unlock()
					}
				})
			}
			time.Sleep(time.Duration(150+rand.IntN(250)) * time.Millisecond)
			in.kill()
			senders.Wait()
			in.serve()
		}
		if len(acknowledged) < 10 {
			t.Fatalf("only %d batches were acknowledged: nothing was tried", len(acknowledged))
		}
		there := map[int64]bool{}
		for _, p := range in.trail(token, asset, start.Format(time.DateOnly)) {
			if there[p.Timestamp.Unix()] {
				t.Fatalf("%v is there twice", p.Timestamp)
			}
			there[p.Timestamp.Unix()] = true
		}
		for first := range acknowledged {
			for i := first; i < first+50; i++ {
				if at := start.Add(time.Duration(i) * time.Second); at.Before(start.AddDate(0, 0, 1)) && !there[at.Unix()] {
					t.Fatalf("position %d of an acknowledged batch is lost (%d batches acknowledged, %d positions there)", i, len(acknowledged), len(there))
				}
			}
		}
		t.Logf("%d batches of 50 acknowledged, %d positions there", len(acknowledged), len(there))
	})
}

// send sends n positions, one a second from start, and reports whether they were acknowledged.
func (in *installation) send(token string, asset int64, start time.Time, first, n int) bool {
	var b strings.Builder
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, `{"asset_id":%d,"timestamp":%q,"latitude":35.9,"longitude":14.5,"speed":%d}`+"\n", asset, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339), i%90)
	}
	status, body, err := in.try("POST", "/api/acme-logistics/position", token, b.String())
	if err != nil || status != 200 {
		return false
	}
	var result struct{ Accepted, Duplicates int }
	return json.Unmarshal(body, &result) == nil && result.Accepted+result.Duplicates == n
}

// TestKillDuringCredentialMaking: a client whose credentials were printed exists after kill -9 of the command.
func TestKillDuringCredentialMaking(t *testing.T) {
	onBoth(t, func(t *testing.T, in *installation) {
		type made struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
		}
		var printed []made
		killed := 0
		for i := range 24 {
			cmd := in.command("client", "create", "--account", "acme-logistics", "--name", fmt.Sprintf("client %d", i), "--output", "json")
			var out lockedBuffer
			cmd.Stdout = &out
			must(t, cmd.Start())
			timer := time.AfterFunc(time.Duration(10+20*i)*time.Millisecond, func() { _ = cmd.Process.Kill() })
			if cmd.Wait() != nil {
				killed++
			}
			timer.Stop()
			var m made
			if json.Unmarshal([]byte(out.String()), &m) == nil && m.ClientSecret != "" {
				printed = append(printed, m)
			}
		}
		t.Logf("%d commands were killed, %d printed credentials", killed, len(printed))
		if killed == 0 || len(printed) == 0 {
			t.Error("the kills were all too early or all too late: nothing was tried")
		}
		in.serve()
		for _, m := range printed {
			in.secrets = append(in.secrets, m.ClientSecret)
			in.token(m.ClientID, m.ClientSecret)
		}
	})
}
