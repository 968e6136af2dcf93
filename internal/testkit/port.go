package testkit

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreePort answers a port of 127.0.0.1 that nobody listens on, for a server that is to be stopped and started again on it.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// freePort answers a port that nobody listens on. It is below those that operating systems give to outgoing connections:
// from among these, a client's own end could take the port while the server is stopped.
func freePort() (int, error) {
	const lowest, highest = 15000, 32000
	var last error
	for range 100 {
		port := lowest + rand.IntN(highest-lowest)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, listener.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no free port: %w", last)
}
