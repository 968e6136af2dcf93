package main

import (
	"strings"
	"testing"
)

// TestTrackerOf: what can be a tracker's identity stays as it is; anything else becomes one that only it becomes.
func TestTrackerOf(t *testing.T) {
	for _, name := range []string{"001", "356307042441013", "van/7", strings.Repeat("x", 64)} {
		if got := trackerOf(name); got != name {
			t.Errorf("%s became %s", name, got)
		}
	}
	seen := map[string]string{}
	for _, name := range []string{"Morning ride", "Morning-ride", "Morning\tride", "Größe", "Grösse", strings.Repeat("x", 65), strings.Repeat("x", 66), "日本"} {
		tracker := trackerOf(name)
		if len(tracker) > longestTracker || strings.ContainsFunc(tracker, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q became %q, which is no tracker's identity", name, tracker)
		}
		if other, ok := seen[tracker]; ok {
			t.Errorf("%q and %q both became %q", name, other, tracker)
		}
		seen[tracker] = name
		if trackerOf(name) != tracker {
			t.Errorf("%q becomes another each time", name)
		}
	}
}
