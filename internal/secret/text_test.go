package secret_test

import (
	"testing"

	"github.com/yipii/yipii/internal/secret"
)

// TestTextsOfOtherPurposes: a text is no other prefix's, and its hash is no other purpose's.
func TestTextsOfOtherPurposes(t *testing.T) {
	server, _ := secret.New()
	text := secret.NewText("a_")
	if !secret.WellFormed("a_", text) || secret.WellFormed("b_", text) || secret.WellFormed("", text) {
		t.Error("the prefix isn't looked at")
	}
	if server.Hasher("one").Hash(text) == server.Hasher("two").Hash(text) {
		t.Error("two purposes hash alike")
	}
	if server.Hasher("one").Hash(text) != server.Hasher("one").Hash(text) {
		t.Error("one purpose hashes differently")
	}
}

func FuzzWellFormed(f *testing.F) {
	f.Add("yip_", secret.NewText("yip_"))
	f.Add("", "")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		if secret.WellFormed(prefix, text) && (len(text) != len(prefix)+49 || text[:len(prefix)] != prefix) {
			t.Errorf("%q is taken for one of %q", text, prefix)
		}
	})
}
