package web

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/fault"
)

func TestPrecondition(t *testing.T) {
	live, err := LiveTag(7, map[string]int{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	for header, good := range map[string]bool{
		"": true, "*": true, `"7"`: true, ` "6" , "7"`: true, live: true, `"7-"`: true,
		`"6"`: false, `"77"`: false, `"07"`: false, "7": false, `W/"7"`: false, `"`: false, `""`: false, `"7`: false, ",": false, `"-7"`: false,
	} {
		if err := (Precondition{header}).Check(7); err == nil != good || err != nil && !fault.Is(err, fault.Stale) {
			t.Errorf("If-Match %s: %v", header, err)
		}
	}
}

func TestRevalidation(t *testing.T) {
	for header, has := range map[string]bool{
		"": false, "*": true, `"7-a"`: true, `W/"7-a"`: true, `"1",W/"7-a"`: true, `"7"`: false, `"7-b"`: false, `7-a`: false,
	} {
		if got := (Revalidation{header}).Has(`"7-a"`); got != has {
			t.Errorf("If-None-Match %s: %v", header, got)
		}
	}
}

// Whatever bytes come, a tag stands for its own version and for no other.
func TestTagsStandForOneVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version, other := rapid.Int64Min(1).Draw(t, "version"), rapid.Int64Min(1).Draw(t, "other")
		noise := rapid.StringMatching(`["W/, -]{0,9}`).Draw(t, "noise")
		if (Precondition{noise + `,"` + strconv.FormatInt(version, 10) + `"`}).Check(version) != nil {
			t.Fatal("its own version is refused")
		}
		if version != other && (Precondition{Tag(version)}).Check(other) == nil {
			t.Fatal("another version is taken")
		}
	})
}
