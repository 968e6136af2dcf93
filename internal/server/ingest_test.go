package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// TestTwoNodesBehaveAsOne: what one node takes in, the other gives out; the same point sent to both is stored once.
func TestTwoNodesBehaveAsOne(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		other := w.startNode()
		token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
		h := http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
		made := w.do(w.node, "POST", "/api/acme-logistics/asset", h, `{"name":"Van 1","tracker":"van-1"}`)
		if made.status != 201 {
			t.Fatal(made.status, made.body)
		}
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		for i := range 100 {
			fmt.Fprintf(zip, `{"tracker":"van-1","timestamp":"2026-01-01T00:%02d:%02dZ","latitude":35.9,"longitude":14.5}`+"\n", i/60, i%60)
		}
		zip.Close()
		packedHeader := h.Clone()
		packedHeader.Set("Content-Encoding", "gzip")
		packedHeader.Set("Content-Type", "application/x-ndjson")
		accepted, duplicates := 0.0, 0.0
		answers := make(chan answer, 8)
		for i := range 8 {
			n := []*node{w.node, other}[i%2]
			go func() { answers <- w.do(n, "POST", "/api/acme-logistics/position", packedHeader, packed.String()) }()
		}
		for range 8 {
			a := <-answers
			if a.status != 200 {
				t.Fatal(a.status, a.body)
			}
			accepted += a.json["accepted"].(float64)
			duplicates += a.json["duplicates"].(float64)
		}
		if accepted != 100 || duplicates != 700 {
			t.Errorf("100 points sent eight times: %v accepted, %v duplicates", accepted, duplicates)
		}
		id := made.json["data"].(map[string]any)["id"]
		for _, n := range []*node{w.node, other} {
			a := w.get(n, fmt.Sprintf("/api/acme-logistics/asset/%v/trail?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", id), token)
			if points := len(a.json["data"].([]any)); points != 100 {
				t.Errorf("%d points in the trail", points)
			}
		}
		// Another account's asset can't be told from one that isn't there, by reading, writing or tracker.
		foreignToken := w.token(w.node, w.globex.clientID, w.globex.secret, "")
		there := w.get(w.node, fmt.Sprintf("/api/globex/asset/%v", id), foreignToken)
		nowhere := w.get(w.node, "/api/globex/asset/99999", foreignToken)
		if there.status != 404 || there.body != nowhere.body {
			t.Errorf("foreign asset: %d %s; unknown: %s", there.status, there.body, nowhere.body)
		}
		h.Set("Authorization", "Bearer "+foreignToken)
		taken := w.do(w.node, "POST", "/api/globex/asset", h, `{"name":"Mine","tracker":"van-1"}`)
		if taken.status != 201 {
			t.Errorf("another account's tracker is told of: %d %s", taken.status, taken.body)
		}
		mixed := fmt.Sprintf(`[{"asset_id":%v,"timestamp":"2026-01-01T01:00:00Z","latitude":1,"longitude":1},{"asset_id":99999,"timestamp":"2026-01-01T01:00:00Z","latitude":1,"longitude":1}]`, id)
		a := w.do(w.node, "POST", "/api/globex/position", h, mixed)
		var result struct{ Rejected []struct{ Message string } }
		must(t, json.Unmarshal([]byte(a.body), &result))
		if len(result.Rejected) != 2 || result.Rejected[0].Message != result.Rejected[1].Message {
			t.Errorf("foreign and unknown asset: %s", a.body)
		}
	})
}
