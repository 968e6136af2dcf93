package webhook

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/web"
)

// TestSamples: the servers that docs/webhooks.md shows take what is sent, and refuse what somebody else signed.
func TestSamples(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	w.node.limits.all = 4
	d := newDeliverer(w.node.Service)
	for program, sample := range map[string]string{"node": "webhook.mjs", "python3": "webhook.py"} {
		t.Run(sample, func(t *testing.T) {
			if _, err := exec.LookPath(program); err != nil {
				if os.Getenv("CI") != "" || os.Getenv("YIPII_REQUIRE_CLIENTS") != "" {
					t.Fatalf("%s is not installed", program)
				}
				t.Skipf("SKIPPED: %s is not installed", program)
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			address := listener.Addr().String()
			listener.Close()
			made, text := w.webhook("http://" + address)
			var printed strings.Builder
			server := exec.CommandContext(t.Context(), program, filepath.Join("..", "..", "test", "clients", sample))
			server.Env = append(os.Environ(), "WEBHOOK_SECRET="+text, "PORT="+address[strings.LastIndex(address, ":")+1:])
			server.Stdout = &printed
			must(t, server.Start())
			until(t, "it listens", func() bool {
				conn, err := net.Dial("tcp", address)
				if err == nil {
					conn.Close()
				}
				return err == nil
			})
			try := func() Delivery {
				_, err := w.node.Test(t.Context(), w.acme, made.ID)
				must(t, err)
				step(t, d)
				log := w.log(made.ID)
				return log[len(log)-1]
			}
			if one := try(); one.Status != delivered {
				t.Errorf("refused: %+v", one)
			}
			_, _, err = w.node.Rotate(t.Context(), w.acme, made.ID, false)
			must(t, err)
			if one := try(); one.Status != delivered {
				t.Errorf("refused beside a new secret: %+v", one)
			}
			_, _, err = w.node.Rotate(t.Context(), w.acme, made.ID, true)
			must(t, err)
			if one := try(); one.Response != 400 {
				t.Errorf("another's signature: %+v", one)
			}
			must(t, server.Process.Kill())
			_ = server.Wait()
			if got := strings.Fields(printed.String()); fmt.Sprint(got) != "[webhook.test webhook.test]" {
				t.Errorf("it printed %q", printed.String())
			}
			must(t, w.node.Delete(t.Context(), w.acme, made.ID, web.Precondition{}))
		})
	}
}
