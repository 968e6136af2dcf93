package credential

import (
	"regexp"
	"testing"

	"github.com/yipii/yipii/internal/secret"
)

// TestSecretForm: the alphabet, the length, the checksum that finds a typing mistake, and no two alike.
func TestSecretForm(t *testing.T) {
	shape := regexp.MustCompile(`^yips?_[0-9A-Za-z]{49}$`)
	seen := map[string]bool{}
	for _, prefix := range []string{SecretPrefix, KeyPrefix} {
		for range 500 {
			text := newSecret(prefix)
			if !shape.MatchString(text) || !wellFormed(prefix, text) || seen[text] {
				t.Fatal("a fresh secret has another form, or is not fresh")
			}
			seen[text] = true
			for i := len(prefix); i < len(text); i++ {
				wrong := []byte(text)
				if wrong[i]++; wrong[i] == text[i] {
					continue
				}
				if wellFormed(prefix, string(wrong)) {
					t.Fatalf("a mistake at %d is not found", i)
				}
			}
		}
	}
	if wellFormed(KeyPrefix, newSecret(SecretPrefix)) {
		t.Error("a client secret is taken for an API key")
	}
}

func TestMatch(t *testing.T) {
	server, _ := secret.New()
	other, _ := secret.New()
	h := newHasher(server)
	a, b, c := h.hash("a"), h.hash("b"), h.hash("c")
	two := &Client{Secrets: []Secret{{hash: a}, {hash: b}}}
	for _, tt := range []struct {
		name  string
		c     *Client
		given [32]byte
		which int
		ok    bool
	}{
		{"first", two, a, 0, true}, {"second", two, b, 1, true}, {"a third", two, c, 0, false}, {"nobody's", nil, a, 0, false},
		{"the zero hash, of nobody", nil, [32]byte{}, 0, false}, {"the zero hash, of one without", &Client{}, [32]byte{}, 0, false},
		{"the first under another key", two, newHasher(other).hash("a"), 0, false},
	} {
		if which, ok := match(tt.c, tt.given); ok != tt.ok || ok && which != tt.which {
			t.Errorf("%s: %d %t", tt.name, which, ok)
		}
	}
}
