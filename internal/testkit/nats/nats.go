// Package nats gives tests a NATS server of their own, which they can stop and start again at the same address.
//
// It lies beside testkit and not in it, so that only tests that need one build it.
package nats

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/yipii/yipii/internal/testkit"
)

// Server is a NATS server on 127.0.0.1, for as long as the test runs.
type Server struct {
	t    testing.TB
	port int
	run  *server.Server
}

// Start starts a server.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, port: testkit.FreePort(t)}
	s.Restart()
	t.Cleanup(s.Stop)
	return s
}

// URL is where nodes reach it, before and after a restart.
func (s *Server) URL() string { return fmt.Sprintf("nats://127.0.0.1:%d", s.port) }

// Stop ends the server and waits until it is gone. What it carries is lost. To stop it twice is nothing.
func (s *Server) Stop() {
	s.run.Shutdown()
	s.run.WaitForShutdown()
}

// Restart starts it again where it was.
func (s *Server) Restart() {
	s.t.Helper()
	var err error
	if s.run, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: s.port, NoLog: true, NoSigs: true}); err != nil {
		s.t.Fatal(err)
	}
	go s.run.Start()
	if !s.run.ReadyForConnections(10 * time.Second) {
		s.t.Fatal("the NATS server doesn't start")
	}
}
