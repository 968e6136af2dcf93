package testkit_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/testkit"
)

// TestServerEndsWithAKilledTestProcess runs this test again in a process that kills itself while its server runs. The
// server must end by itself, and the next test process must remove its files.
func TestServerEndsWithAKilledTestProcess(t *testing.T) {
	const inside = "TESTKIT_KILL_YOURSELF"
	if os.Getenv(inside) != "" {
		// Only a superuser may see where the server has its files.
		conn := connect(t, strings.Replace(testkit.PostgresURL(t), "//yipii@", "//postgres@", 1))
		var folder string
		if err := conn.QueryRow(t.Context(), "SHOW unix_socket_directories").Scan(&folder); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("<%s|%s>\n", conn.Config().ConnString(), folder)
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	testkit.PostgresURL(t) // skips where there is no PostgreSQL

	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	again.Env = append(os.Environ(), inside+"=1")
	output, err := again.CombinedOutput()
	if err == nil {
		t.Fatalf("the test process lived:\n%s", output)
	}
	_, line, found := strings.Cut(string(output), "<")
	line, _, closed := strings.Cut(line, ">")
	url, folder, split := strings.Cut(line, "|")
	if !found || !closed || !split {
		t.Fatalf("the test process did not start its server:\n%s", output)
	}

	deadline := time.Now().Add(10 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			conn.Close(ctx)
		}
		cancel()
		if err != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server outlived the test process")
		}
		time.Sleep(50 * time.Millisecond)
	}
	testkit.StartPostgres(t, false)
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
