package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// waitFor waits until a script's value is true in the page.
func waitFor(t *testing.T, p *browser.Page, what, script string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if p.Holds(script) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s: %s", what, p.Text("body"))
		}
	}
}

// TestVehicleMoves: what a tracker sends moves on the account's map and on a public link's page, live, until the link is revoked.
func TestVehicleMoves(t *testing.T) {
	t.Parallel()
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.withoutPublicURL()
	in.serve()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	van := in.asset(token, "Van 1", "350000000000001")
	in.moves(token, van, 35.85)

	p := browser.Open(t, in.url)
	in.signIn(p)
	p.Goto("/acme-logistics/map")
	waitFor(t, p, "the map is told live", `document.querySelector("[data-live-map]").liveMap?.state() === "live"`)
	in.moves(token, van, 35.9)
	waitFor(t, p, "the van is where it went", fmt.Sprintf(`document.querySelector("[data-live-map]").liveMap.asset(%d)?.lat === 35.9`, van))
	if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
		p.Screenshot(filepath.Join(folder, "live-map.png"))
	}

	from, until := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	status, body := in.call("POST", "/api/acme-logistics/tracking-link", token, fmt.Sprintf(`{"name":"Delivery 7","asset_ids":[%d],"from":%q,"until":%q,"show":"trail"}`, van, from, until))
	var made struct {
		Data struct {
			ID  int64  `json:"id"`
			URL string `json:"url"`
		}
	}
	if err := json.Unmarshal(body, &made); status != 201 || err != nil {
		t.Fatalf("no link: %d %s", status, body)
	}
	p.Goto(made.Data.URL[strings.Index(made.Data.URL, "/t/"):])
	waitFor(t, p, "the page shows the van", `document.querySelector("#map .lm-map") && document.body.textContent.includes("35.90000")`)
	waitFor(t, p, "the page follows live", `globalThis.Pusher?.instances.some((each) => each.allChannels().some((one) => one.subscribed))`)
	in.moves(token, van, 35.95)
	waitFor(t, p, "the van moved on the public page", `document.querySelector("#map").textContent.includes("Van 1")`)
	if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
		p.Screenshot(filepath.Join(folder, "public-link.png"))
	}
	if status, body := in.call("POST", fmt.Sprintf("/api/acme-logistics/tracking-link/%d/revoke", made.Data.ID), token, ""); status/100 != 2 {
		t.Fatalf("not revoked: %d %s", status, body)
	}
	waitFor(t, p, "the page lets go", `globalThis.Pusher.instances.every((each) => each.connection.state !== "connected")`)
}
