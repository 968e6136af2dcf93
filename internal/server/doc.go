// Package server is wiring only: it builds the rooms, mounts their routes, runs what runs in the background, and
// shuts down in order.
//
// Read rooms.go first: it shows which room stands on which, and is what operator commands use too. server.go serves
// them, config.go has every setting, observe.go is the outermost handler of each request (id, log line, metrics,
// deadline, recovery), operations.go has /healthz, /readyz and /metrics, tls.go and trace.go what their names say.
//
// It owns no table. It refuses settings that contradict each other, before anything is opened.
package server
