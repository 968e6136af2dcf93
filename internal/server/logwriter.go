package server

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Log is the server's log. Requests are so many that their lines are written without slog's help where the format is
// JSON; they read the same.
type Log struct {
	*slog.Logger
	requests io.Writer // JSON lines of requests; nil: they go through the Logger
}

// NewLog makes the log on w. level and format are checked settings.
func NewLog(w io.Writer, level, format string) Log {
	var least slog.Level
	_ = least.UnmarshalText([]byte(level)) // one of four words
	options := &slog.HandlerOptions{Level: least}
	if format == "text" {
		return Log{Logger: slog.New(slog.NewTextHandler(w, options))}
	}
	log := Log{Logger: slog.New(slog.NewJSONHandler(w, options))}
	if least <= slog.LevelInfo {
		log.requests = w
	}
	return log
}

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

// secondText writes the times of log lines. Many lines fall into one second: its text is made once.
type secondText struct {
	latest atomic.Pointer[second]
}

type second struct {
	unix         int64
	before, zone string // of the fraction
}

// append adds t as RFC 3339 with milliseconds.
func (s *secondText) append(b []byte, t time.Time) []byte {
	known := s.latest.Load()
	if known == nil || known.unix != t.Unix() {
		known = &second{t.Unix(), t.Format("2006-01-02T15:04:05."), t.Format("Z07:00")}
		s.latest.Store(known)
	}
	milli := t.Nanosecond() / 1e6
	b = append(b, known.before...)
	b = append(b, byte('0'+milli/100), byte('0'+milli/10%10), byte('0'+milli%10))
	return append(b, known.zone...)
}
