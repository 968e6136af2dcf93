package secret_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestLoadFile: made once, for its owner alone, though many processes ask at once.
func TestLoadFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "yipii.db.secret")
	var wait sync.WaitGroup
	got := make([]secret.Server, 8)
	for i := range got {
		wait.Go(func() {
			var err error
			if got[i], err = secret.LoadFile(file, false); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, s := range got {
		if s.Derive("x") != got[0].Derive("x") {
			t.Fatal("two processes got two secrets")
		}
	}
	if _, err := secret.LoadFile(file+".lost", true); err == nil {
		t.Error("a lost secret is made anew")
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".secret-*")); len(left) > 0 {
		t.Errorf("drafts are left: %v", left)
	}
}

func TestSecretIsMasked(t *testing.T) {
	s, text := secret.New()
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %s", s, s)} {
		if strings.Contains(shown, text) || !strings.Contains(shown, "***") {
			t.Errorf("shown as %s", shown)
		}
	}
	if s.Derive("a") == s.Derive("b") {
		t.Error("two purposes have one key")
	}
	for _, bad := range []string{"", "short", "not base64!" + text} {
		if _, err := secret.Parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestBind: another secret than the first is refused.
func TestBind(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		mine, _ := secret.New()
		other, _ := secret.New()
		for range 2 {
			if err := mine.Bind(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		if err := other.Bind(t.Context(), db); err == nil {
			t.Error("another secret is taken")
		}
	})
}
