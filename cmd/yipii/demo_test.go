package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/server"
)

// TestDemoFleetGoesOn: the first start stores a month, a later one what has happened since, and one after a long time
// a month again.
func TestDemoFleetGoesOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	con := &console{out: io.Discard, err: os.Stderr, now: func() time.Time { return now }}
	dir := t.TempDir()
	rooms, err := openRooms(t.Context(), con, server.Database{DatabaseURL: "sqlite:" + filepath.Join(dir, "yipii.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	made, err := demoTenant(t.Context(), rooms, filepath.Join(dir, "credentials.json"))
	if err != nil {
		t.Fatal(err)
	}
	var count int
	start := func() (added int, first, last time.Time) {
		t.Helper()
		fleet, err := parkFleet(t.Context(), rooms, made.AccountKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := fleet.catchUp(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		before := count
		var least, most int64
		row := rooms.DB.Read().QueryRowContext(t.Context(), `SELECT COUNT(*), MIN(time), MAX(time) FROM positions`)
		if err := row.Scan(&count, &least, &most); err != nil {
			t.Fatal(err)
		}
		return count - before, time.UnixMilli(least), time.UnixMilli(most)
	}

	month, first, last := start()
	if month < 50_000 || first.Sub(now.Add(-demoHistory)) > time.Hour || now.Sub(last) > time.Hour {
		t.Errorf("the first start stored %d positions from %s to %s", month, first, last)
	}
	if added, _, _ := start(); added > 6 {
		t.Errorf("a start at the same moment stored %d positions", added)
	}
	now = now.Add(6 * time.Hour)
	if added, _, last := start(); added < month/30/8 || added > month/10 || now.Sub(last) > time.Hour {
		t.Errorf("a start six hours later stored %d positions, until %s", added, last)
	}
	now = now.Add(60 * 24 * time.Hour)
	if added, _, last := start(); added < month*9/10 || added > month*11/10 || now.Sub(last) > time.Hour {
		t.Errorf("a start two months later stored %d positions, until %s", added, last)
	}

	again, err := demoTenant(t.Context(), rooms, filepath.Join(dir, "credentials.json"))
	if err != nil || again != made {
		t.Errorf("the credentials changed: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "credentials.json")); err != nil {
		t.Fatal(err)
	}
	lost, err := demoTenant(t.Context(), rooms, filepath.Join(dir, "credentials.json"))
	if err != nil || lost.ClientID == made.ClientID || lost.AccountKey != made.AccountKey {
		t.Errorf("lost credentials were not replaced: %v", err)
	}
}
