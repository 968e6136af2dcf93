package server

import (
	"io"
	"sync"
	"time"
)

// LogWriter gathers log lines for a moment and writes them together, so that a busy server doesn't pay for a system call
// with each request. What the last moment gathered is lost when the process is killed; Close writes it out.
type LogWriter struct {
	out io.Writer

	mu      sync.Mutex
	lines   []byte
	waiting bool // a flush is on its way
}

const (
	logEvery = 5 * time.Millisecond
	// logHeld is how much is gathered at most; past it, who logs waits for the write.
	logHeld = 256 << 10
)

// NewLogWriter makes a LogWriter on out.
func NewLogWriter(out io.Writer) *LogWriter { return &LogWriter{out: out} }

// Write takes one or more whole lines.
func (w *LogWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, p...)
	if len(w.lines) >= logHeld {
		return len(p), w.flush()
	}
	if !w.waiting {
		w.waiting = true
		time.AfterFunc(logEvery, func() { _ = w.Close() })
	}
	return len(p), nil
}

// Close writes out what has been gathered. More may be written afterwards.
func (w *LogWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = false
	return w.flush()
}

func (w *LogWriter) flush() error {
	if len(w.lines) == 0 {
		return nil
	}
	_, err := w.out.Write(w.lines)
	w.lines = w.lines[:0]
	return err
}
