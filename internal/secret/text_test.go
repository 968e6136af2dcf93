package secret_test

import (
	"bytes"
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
	again := server.Hasher("one")
	if server.Hasher("one").Hash(text) != again.Hash(text) {
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

// TestBox: what is sealed can't be read, and opens for its own purpose and place alone.
func TestBox(t *testing.T) {
	server, _ := secret.New()
	other, _ := secret.New()
	sealed := server.Box("a").Seal([]byte("plain text"), "row 1")
	if bytes.Contains(sealed, []byte("plain")) || bytes.Equal(sealed, server.Box("a").Seal([]byte("plain text"), "row 1")) {
		t.Error("it can be read, or known again")
	}
	if plain, err := server.Box("a").Open(sealed, "row 1"); err != nil || string(plain) != "plain text" {
		t.Errorf("%q, %v", plain, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another secret":  func() ([]byte, error) { return other.Box("a").Open(sealed, "row 1") },
		"another purpose": func() ([]byte, error) { return server.Box("b").Open(sealed, "row 1") },
		"another row":     func() ([]byte, error) { return server.Box("a").Open(sealed, "row 2") },
		"a part of it":    func() ([]byte, error) { return server.Box("a").Open(sealed[:5], "row 1") },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s opens it", name)
		}
	}
}
