// Package secret keeps the server secret: the one value that must never be in the database.
//
// Everything that would make a stolen database useful hangs on it: the keyed hashes of client secrets and API keys,
// and the encryption of signing keys. It is 32 random bytes in base64url, made on first use beside a SQLite file
// (mode 0600), and given by setting on PostgreSQL, where several machines must share it. The package owns no table
// and no route, and refuses a secret that is too short or that belongs to another database.
package secret

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/yipii/yipii/internal/store"
)

// Server is the server secret. Its text form is masked, so that no log line or dump shows it.
type Server struct{ key []byte }

// size is the number of random bytes, and the least that a given secret must have.
const size = 32

// Parse reads a server secret as base64url, with or without padding.
func Parse(text string) (Server, error) {
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
	if err != nil {
		return Server{}, errors.New("the server secret must be base64url")
	}
	if len(key) < size {
		return Server{}, fmt.Errorf("the server secret must have at least %d bytes", size)
	}
	return Server{key}, nil
}

// New makes a server secret and returns it as text too.
func New() (Server, string) {
	key := make([]byte, size)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return Server{key}, base64.RawURLEncoding.EncodeToString(key)
}

// FilePath is where the secret of a SQLite database lies.
func FilePath(databasePath string) string { return databasePath + ".secret" }

// LoadFile reads the secret in file, making it if there is none and the database has none yet (bound is false). Two
// processes that start at once get the same one: the file appears whole or not at all.
func LoadFile(file string, bound bool) (Server, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !bound {
		if err := makeFile(file); err != nil {
			return Server{}, fmt.Errorf("make the server secret: %w", err)
		}
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return Server{}, fmt.Errorf("read the server secret that this database was made with: %w", err)
	}
	server, err := Parse(string(text))
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", file, err)
	}
	return server, nil
}

func makeFile(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, text := New()
	if _, err := draft.WriteString(text + "\n"); err != nil {
		return err
	}
	if err := errors.Join(draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Derive makes the key for one purpose (HKDF, RFC 5869). Purposes can't be told from each other's keys.
func (s Server) Derive(purpose string) [32]byte {
	out, err := hkdf.Key(sha256.New, s.key, nil, "yipii "+purpose, 32)
	if err != nil {
		panic(err) // only an absurd length fails
	}
	return [32]byte(out)
}

// String masks the secret.
func (s Server) String() string { return "********" }

// Bound reports whether the database has been used with a secret.
func Bound(ctx context.Context, db *store.DB) (bool, error) {
	stored, err := db.Setting(ctx, "server_secret_check")
	return stored != "", err
}

// Bind checks that the secret is the one that the database was first used with, and binds a new database to it.
func (s Server) Bind(ctx context.Context, db *store.DB) error {
	check := s.Derive("check value")
	mine := base64.RawURLEncoding.EncodeToString(check[:16])
	stored, err := db.Setting(ctx, "server_secret_check")
	if err == nil && stored == "" {
		stored, err = db.SetSettingOnce(ctx, "server_secret_check", mine)
	}
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(mine), []byte(stored)) != 1 {
		return errors.New("the server secret is not the one that this database was made with")
	}
	return nil
}
