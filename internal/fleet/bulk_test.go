package fleet_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// became is what became of the rows of a bulk, with the wrong fields of rejected ones.
func became(content map[string]any) []string {
	list := []string{}
	for _, one := range content["data"].([]any) {
		r := one.(map[string]any)
		text := r["result"].(string)
		if errors, ok := r["errors"].(map[string]any); ok {
			fields := []string{}
			for field := range errors {
				fields = append(fields, field)
			}
			slices.Sort(fields)
			text += " " + strings.Join(fields, ",")
		}
		list = append(list, text)
	}
	return list
}

func testBulk(t *testing.T, w *world) {
	w.boundTo("bulk-2", 0, 0)
	old := w.create(w.acme, fleet.Draft{Name: "Old", Tracker: "bulk-1", Group: "North", VIN: "V"})
	w.create(w.other, fleet.Draft{Name: "Theirs", Tracker: "bulk-2"})
	content := w.want(200, "POST", "/api/acme/asset/bulk", `[
			{"tracker":"bulk-1","name":"Old"},
			{"tracker":" bulk-2 ","name":"New","group":"South","type":null},
			{"tracker":"bulk-3"},
			{"name":"No tracker"},
			{"tracker":"bulk-2","name":"Twice"},
			{"tracker":"bulk-4","name":"x","colour":"red","vin":7},
			7, null,
			{"tracker":"a b","name":"x"},
			{"tracker":"bulk-5","name":""}]`)
	want := []string{"unchanged", "created", "rejected name", "rejected tracker", "rejected tracker", "rejected colour,vin", "rejected asset,tracker",
		"rejected asset,tracker", "rejected tracker", "rejected name"}
	if diff := cmp.Diff(want, became(content)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"created": 1., "updated": 0., "unchanged": 1., "rejected": 8.}, content["meta"]); diff != "" {
		t.Error(diff)
	}
	made := int64(content["data"].([]any)[1].(map[string]any)["id"].(float64))
	if diff := cmp.Diff([]string{"bulk-2 now"}, w.history(made)); diff != "" {
		t.Error(diff)
	}
	content = w.want(200, "POST", "/api/acme/asset/bulk", `[{"tracker":"bulk-1","group":null,"name":"Older"},{"tracker":"bulk-2","name":"New","type":"vehicle"}]`)
	if diff := cmp.Diff([]string{"updated", "unchanged"}, became(content)); diff != "" {
		t.Error(diff)
	}
	got := data(w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d", old.ID), ""))
	if got["name"] != "Older" || got["group"] != nil || got["vin"] != "V" {
		t.Errorf("the old one is %v", got)
	}

	// CSV, with another delimiter and a mark; an empty cell clears.
	csv := "\xef\xbb\xbfTracker;Name;VIN\r\nbulk-1;\"Older;\";\r\nbulk-6;Six\r\n\r\nbulk-7;Seven;V7\r\n"
	content = w.want(200, "POST", "/api/acme/asset/bulk", csv, "Content-Type", "text/csv; charset=utf-8")
	if diff := cmp.Diff([]string{"updated", "rejected asset,tracker", "created"}, became(content)); diff != "" {
		t.Error(diff)
	}
	got = data(w.want(200, "GET", fmt.Sprintf("/api/acme/asset/%d", old.ID), ""))
	if got["name"] != "Older;" || got["vin"] != nil {
		t.Errorf("the old one is %v", got)
	}
	for body, status := range map[string]int{"": 400, "tracker\n\"a": 400, "name\nx": 422, "tracker,tracker\n": 422, "tracker,speed\n": 422,
		"tracker\n" + strings.Repeat("x\n", fleet.MaxBulk+1): 413} {
		w.want(status, "POST", "/api/acme/asset/bulk", body, "Content-Type", "text/csv")
	}
	for body, status := range map[string]int{"": 400, "7": 400, "[": 400, "[]": 200, "[" + strings.Repeat("1,", fleet.MaxBulk) + "1]": 413} {
		w.want(status, "POST", "/api/acme/asset/bulk", body)
	}

	// A limited member: their own assets and groups alone.
	limited := w.as(&bearer.Part{Groups: []string{"South"}})
	content = limited.want(200, "POST", "/api/acme/asset/bulk", `[
			{"tracker":"bulk-2","name":"Mine"},
			{"tracker":"bulk-1","name":"Not mine","group":"South"},
			{"tracker":"bulk-8","name":"Lost"},
			{"tracker":"bulk-9","name":"Mine too","group":"South"},
			{"tracker":"bulk-2x","name":"x","group":"East"}]`)
	if diff := cmp.Diff([]string{"updated", "rejected tracker", "rejected group", "created", "rejected group"}, became(content)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"North": 0., "South": 2.}, counted(w.want(200, "GET", "/api/acme/group", ""))); diff != "" {
		t.Error(diff)
	}

	// Many: they are there, and found.
	var many []fleet.Row
	for i := range fleet.MaxBulk {
		many = append(many, fleet.Row{Change: fleet.Change{Name: new(fmt.Sprint("Van ", i)), Tracker: new(fmt.Sprint("many-", i)), Group: new(fmt.Sprint("Depot ", i%7))}})
	}
	for _, want := range []fleet.Count{{Created: fleet.MaxBulk}, {Unchanged: fleet.MaxBulk}} {
		results, err := w.service.Upsert(t.Context(), w.acme, many)
		if err != nil {
			t.Fatal(err)
		}
		var got fleet.Count
		got.Add(results)
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	known, err := w.service.Lookup(t.Context(), w.acme, nil, []string{"many-0", "many-500", "many-1000"})
	if err != nil || len(known.Trackers) != 2 {
		t.Errorf("found %v, %v", known, err)
	}
	w.boundTo("many-500", w.acme, known.Trackers["many-500"])
}

// Whatever bytes come, ReadCSV ends, keeps its bound and names a fault of the caller's; and what was written as CSV is read as it was.
func TestReadCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom([]string{"tracker", "name", ",", ";", "\n", "\r\n", `"`, "\xef\xbb\xbf", "x"}), rapid.String())).Draw(t, "noise")
		rows, err := fleet.ReadCSV(strings.NewReader(strings.Join(noise, "")), 3)
		if len(rows) > 3 || err != nil && fault.Is(err, fault.Internal) {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		rows, err = fleet.ReadCSV(strings.NewReader("tracker,"+strings.Join(noise, "")), 3)
		if len(rows) > 3 || err != nil && fault.Is(err, fault.Internal) {
			t.Fatalf("%d rows, %v", len(rows), err)
		}

		cell := rapid.StringMatching(`[a-zé ,;"'\n]{0,9}`)
		table := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]string { return [2]string{cell.Draw(t, "tracker"), cell.Draw(t, "name")} }), 0, 9).Draw(t, "table")
		var text strings.Builder
		out := csv.NewWriter(&text)
		out.Comma = rapid.SampledFrom([]rune{',', ';'}).Draw(t, "delimiter")
		_ = out.Write([]string{"tracker", "name"})
		for _, row := range table {
			_ = out.Write(row[:])
		}
		out.Flush()
		rows, err = fleet.ReadCSV(strings.NewReader(text.String()), 9)
		if err != nil || len(rows) != len(table) {
			t.Fatalf("%d rows of %q, %v", len(rows), text.String(), err)
		}
		for i, row := range rows {
			if *row.Tracker != table[i][0] || *row.Name != table[i][1] {
				t.Fatalf("row %d of %q: %q, %q", i, text.String(), *row.Tracker, *row.Name)
			}
		}
	})
}

// Whatever is sent in bulk, and twice, each row's asset is as the row says, and the second time nothing changes.
func TestBulkTwice(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string, values ...string) *string {
			if rapid.Bool().Draw(t, "gives "+name) {
				return new(rapid.SampledFrom(values).Draw(t, name))
			}
			return nil
		}
		var rows []fleet.Row
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			rows = append(rows, fleet.Row{Change: fleet.Change{Tracker: text("tracker", "p", "q", "r"), Name: text("name", "A", "B", ""),
				Group: text("group", "G", ""), Type: text("type", "van", "")}})
		}
		first, err := w.service.Upsert(w.t.Context(), w.acme, rows)
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.service.Upsert(w.t.Context(), w.acme, rows)
		if err != nil {
			t.Fatal(err)
		}
		assets, _, err := w.service.List(w.t.Context(), w.acme, fleet.Filter{}, web.PageInput{Page: 1, PerPage: 9})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if first[i].Result == "rejected" {
				if second[i].Result != "rejected" {
					t.Fatalf("row %d was rejected and is %s", i, second[i].Result)
				}
				continue
			}
			at := slices.IndexFunc(assets, func(a fleet.Asset) bool { return a.Tracker != nil && *a.Tracker == *row.Tracker })
			if second[i].Result != "unchanged" || at < 0 || *second[i].ID != assets[at].ID || row.Name != nil && assets[at].Name != *row.Name {
				t.Fatalf("row %d: %+v, then %+v, among %+v", i, first[i], second[i], assets)
			}
		}
	})
}
