package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// process is a child: the binary, a baseline or PostgreSQL.
type process struct {
	cmd     *exec.Cmd
	log     string
	started time.Time
	done    chan struct{} // closed when it has ended
	err     error         // how; to be read after done
}

// children are the processes that are to be ended when the run ends.
var children struct {
	sync.Mutex
	list []*process
}

// launch starts cmd with its output going to the file log. It ends with this process, however that ends: the system
// ties a child to the thread that started it, so one goroutine keeps that thread until the child is gone.
func launch(cmd *exec.Cmd, log string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the child has its own
	cmd.Stdout, cmd.Stderr = file, file
	endWithParent(cmd)
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	up := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p.started = time.Now()
		err := cmd.Start()
		up <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-up; err != nil {
		return nil, err
	}
	children.Lock()
	defer children.Unlock()
	children.list = append(children.list, p)
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop asks the process to end and waits until it has.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("%s did not end when asked to", p.cmd.Path)
	}
}

// stopAll ends what still runs, the newest first: the binary goes before its database.
func stopAll() error {
	children.Lock()
	defer children.Unlock()
	var err error
	for i := len(children.list) - 1; i >= 0; i-- {
		err = errors.Join(err, children.list[i].stop())
	}
	children.list = nil
	return err
}

// awaitReady waits until probe succeeds, asking every millisecond.
func (p *process) awaitReady(ctx context.Context, probe func() error) error {
	deadline := time.Now().Add(time.Minute)
	for {
		err := probe()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at its start (%v):\n%s", p.cmd.Path, p.err, tail(p.log))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready after a minute (%w):\n%s", p.cmd.Path, err, tail(p.log))
		}
	}
}

// tail is the end of a log.
func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4096):])
}

// freeAddr is an address of this machine that nobody listens on. Its port is below those that systems give to outgoing
// connections: one of these, the load generator's among them, could take it before the process does.
func freeAddr() (string, error) {
	var last error
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15_000+rand.IntN(17_000))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return addr, l.Close()
		}
		last = err
	}
	return "", fmt.Errorf("no free port: %w", last)
}

// command prepares a program whose lifetime is this run's.
func command(program string, arguments ...string) *exec.Cmd {
	return exec.Command(program, arguments...)
}
