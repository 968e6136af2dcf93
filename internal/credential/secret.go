package credential

import "github.com/yipii/yipii/internal/secret"

// What begins the texts that are handed out; secret.NewText makes the rest of them.
const (
	// SecretPrefix begins every client secret.
	SecretPrefix = "yips_"
	// KeyPrefix begins every API key.
	KeyPrefix = "yip_"
)

// newSecret makes a fresh secret or key.
func newSecret(prefix string) string { return secret.NewText(prefix) }

// wellFormed reports whether text has the form of a secret with this prefix and its checksum is right.
func wellFormed(prefix, text string) bool { return secret.WellFormed(prefix, text) }

// hasher makes the stored form of secrets.
type hasher struct{ secret.Hasher }

func newHasher(server secret.Server) hasher { return hasher{server.Hasher("credential hash")} }

func (h hasher) hash(text string) [32]byte { return h.Hash(text) }
