package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"math/big"
	"strings"
)

// The form of what is handed out, all in [A-Za-z0-9_] so that encoding and raw HTTP Basic clients send the same
// bytes: a prefix that secret scanners can look for, 256 random bits in base62, and a CRC-32 of both in base62, so
// that a typing mistake is refused without a look-up.
const (
	randomDigits   = 43 // of base62 hold 256 bits
	checksumDigits = 6  // of base62 hold 32 bits
)

// NewText makes a fresh secret that begins with prefix.
func NewText(prefix string) string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	body := prefix + base62(new(big.Int).SetBytes(random[:]), randomDigits)
	return body + checksum(body)
}

// WellFormed reports whether text has the form of a secret with this prefix and its checksum is right.
func WellFormed(prefix, text string) bool {
	if len(text) != len(prefix)+randomDigits+checksumDigits || !strings.HasPrefix(text, prefix) {
		return false
	}
	body := text[:len(text)-checksumDigits]
	return checksum(body) == text[len(body):]
}

func checksum(body string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), checksumDigits)
}

// base62 writes n with the digits 0-9A-Za-z, padded with zeros to width.
func base62(n *big.Int, width int) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	out := []byte(strings.Repeat("0", width))
	base, rest := big.NewInt(62), new(big.Int)
	n = new(big.Int).Set(n)
	for i := width - 1; i >= 0 && n.Sign() > 0; i-- {
		n.DivMod(n, base, rest)
		out[i] = digits[rest.Int64()]
	}
	return string(out)
}

// Hasher makes the stored form of secrets. A random 256-bit secret needs no slow hash: it can't be guessed.
type Hasher struct{ key [32]byte }

// Hasher returns the hasher for one purpose.
func (s Server) Hasher(purpose string) Hasher { return Hasher{s.Derive(purpose)} }

// Hash is HMAC-SHA-256 of text.
func (h Hasher) Hash(text string) [32]byte {
	mac := hmac.New(sha256.New, h.key[:])
	mac.Write([]byte(text))
	var out [32]byte
	mac.Sum(out[:0])
	return out
}
