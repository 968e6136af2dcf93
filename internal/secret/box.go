package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// Box seals what must be read again, with AES-256-GCM under a key of its own purpose.
type Box struct{ aead cipher.AEAD }

// Box returns the box for one purpose.
func (s Server) Box(purpose string) Box {
	key := s.Derive(purpose)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only a wrong length fails
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only a wrong block size fails
	}
	return Box{aead}
}

// Seal encrypts plain. What it is bound to, such as the row that it stands in, must be said again to open it.
func (b Box) Seal(plain []byte, boundTo string) []byte {
	return b.aead.Seal(nil, nil, plain, []byte(boundTo))
}

// Open returns what was sealed under the same secret and bound to the same.
func (b Box) Open(sealed []byte, boundTo string) ([]byte, error) {
	plain, err := b.aead.Open(nil, nil, sealed, []byte(boundTo))
	if err != nil {
		return nil, errors.New("it was sealed under another server secret, for something else, or was changed")
	}
	return plain, nil
}
