package e2e

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// recorded is one line of the sample.
type recorded struct {
	lat, lng float64
	time     time.Time
	uid      string
}

// geolife reads the sample of real tracks that lies beside the checkout, or the small made-up file of the same form that lies inside.
func geolife(t *testing.T) (file string, points []recorded) {
	t.Helper()
	file, _ = filepath.Abs("../../../shared/data/geolife_sample.txt.gz")
	if !exists(file) {
		t.Log("the whole sample is not beside the checkout: a small made-up file stands in for it")
		file, _ = filepath.Abs("../../internal/track/testdata/two_people.csv")
	}
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	if strings.HasSuffix(file, ".gz") {
		plain, err := gzip.NewReader(f)
		must(t, err)
		lines = bufio.NewScanner(plain)
	}
	lines.Scan() // the header
	for lines.Scan() {
		part := strings.Split(lines.Text(), ",")
		p := recorded{uid: part[3]}
		p.lat, _ = strconv.ParseFloat(part[0], 64)
		p.lng, _ = strconv.ParseFloat(part[1], 64)
		p.time, err = time.Parse("2006-01-02 15:04:05", part[2])
		must(t, err)
		points = append(points, p)
	}
	return file, points
}

// TestImport: real tracks imported twice, the count unchanged, and the busiest day read back point for point.
func TestImport(t *testing.T) {
	t.Parallel()
	file, points := geolife(t)
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve() // the operator's command works beside a running server
		for round, want := range []string{"first", "second"} {
			var report struct {
				Read       int `json:"points"`
				Stored     int `json:"stored"`
				Duplicates int `json:"duplicates"`
				Rejected   int `json:"rejected"`
			}
			out := in.run("import", "--account", "acme-logistics", "--output", "json", file)
			must(t, json.Unmarshal(out, &report))
			stored := len(points) * (1 - round)
			if report.Read != len(points) || report.Stored != stored || report.Duplicates != len(points)-stored || report.Rejected != 0 {
				t.Fatalf("%s import of %d points: %s", want, len(points), out)
			}
		}
		token := in.token(in.made.ClientID, in.made.ClientSecret)
		uid, day := busiestDay(points)
		status, body := in.call("GET", "/api/acme-logistics/asset?tracker="+uid, token, "")
		var page struct {
			Data []struct {
				ID       int64
				Position struct{ Timestamp time.Time }
			}
		}
		if err := json.Unmarshal(body, &page); status != 200 || err != nil || len(page.Data) != 1 {
			t.Fatalf("asset of %s: %d %s", uid, status, body)
		}
		var want []recorded
		var newest time.Time
		for _, p := range points {
			if p.uid != uid {
				continue
			}
			if p.time.After(newest) {
				newest = p.time
			}
			if p.time.Format(time.DateOnly) == day {
				want = append(want, p)
			}
		}
		slices.SortFunc(want, func(a, b recorded) int { return a.time.Compare(b.time) })
		if !page.Data[0].Position.Timestamp.Equal(newest) {
			t.Errorf("last position %v, want %v", page.Data[0].Position.Timestamp, newest)
		}
		got := in.trail(token, page.Data[0].ID, day)
		if len(got) != len(want) {
			t.Fatalf("%d points on %s, want %d", len(got), day, len(want))
		}
		for i, p := range want {
			if got[i].Latitude != p.lat || got[i].Longitude != p.lng || !got[i].Timestamp.Equal(p.time) {
				t.Fatalf("point %d is %+v, want %+v", i, got[i], p)
			}
		}
	})
}

func busiestDay(points []recorded) (uid, day string) {
	count := map[[2]string]int{}
	for _, p := range points {
		key := [2]string{p.uid, p.time.Format(time.DateOnly)}
		if count[key]++; count[key] > count[[2]string{uid, day}] {
			uid, day = key[0], key[1]
		}
	}
	return uid, day
}

type position struct {
	Timestamp time.Time
	Latitude  float64
	Longitude float64
}

// trail reads a day page by page.
func (in *installation) trail(token string, asset int64, day string) []position {
	in.t.Helper()
	from, err := time.Parse(time.DateOnly, day)
	must(in.t, err)
	query := url.Values{"from": {from.Format(time.RFC3339)}, "to": {from.AddDate(0, 0, 1).Format(time.RFC3339)}, "limit": {"4000"}}
	var all []position
	for {
		status, body := in.call("GET", fmt.Sprintf("/api/acme-logistics/asset/%d/trail?%s", asset, query.Encode()), token, "")
		var page struct {
			Data []position
			Meta struct {
				NextCursor *string `json:"next_cursor"`
			}
		}
		if err := json.Unmarshal(body, &page); status != 200 || err != nil {
			in.t.Fatalf("trail: %d %s", status, body)
		}
		all = append(all, page.Data...)
		if page.Meta.NextCursor == nil {
			return all
		}
		query.Set("cursor", *page.Meta.NextCursor)
	}
}
