package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// bench is one run: its folder, what it has started, and the rows measured so far.
type bench struct {
	options
	dir     string
	binary  string
	secret  string // the server secret of every database
	machine machine
	rows    []row
	small   *installation // 100 clients, on SQLite; made when first needed
	large   *installation // 1,000,000 clients
	server  *postgres     // made when first needed
	noted   time.Time
}

func newBench(ctx context.Context, o options, root string) (*bench, error) {
	dir, err := os.MkdirTemp(o.dir, "yipii-bench-")
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	b := &bench{options: o, dir: dir, binary: o.binary, secret: base64.RawURLEncoding.EncodeToString(key), machine: thisMachine(), noted: time.Now()}
	if b.binary == "" {
		b.binary = filepath.Join(dir, "yipii")
		if err := build(ctx, root, b.binary); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	return b, nil
}

// close stops what still runs and removes the run's files.
func (b *bench) close() {
	err := stopAll()
	if b.server != nil {
		err = errors.Join(err, os.RemoveAll(b.server.dir))
	}
	if err := errors.Join(err, os.RemoveAll(b.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// logf writes a line of progress.
func (b *bench) logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%5.0f s  %s\n", time.Since(b.noted).Seconds(), fmt.Sprintf(format, args...))
}

// round is the length of one round.
func (b *bench) round() time.Duration { return time.Duration(b.seconds * float64(time.Second)) }

// report keeps a row and prints it as progress.
func (b *bench) report(r row) {
	b.rows = append(b.rows, r)
	b.logf("%s: %s | %s | %s | bar %s | %s", r.what, r.figure, r.baseline, r.ratio, r.bar, r.verdict)
}
