package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

const (
	binaryBar = 40_000_000 // bytes
	startBar  = 300 * time.Millisecond
	starts    = 11
)

// benchBinary looks at the binary's size and how long it takes to be ready.
func benchBinary(ctx context.Context, b *bench) error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.report(row{what: "size of the binary", figure: megabytes(info.Size()), baseline: nothing, ratio: nothing, bar: "< 40 MB", verdict: judge(info.Size() < binaryBar)})
	small, err := b.smallInstallation(ctx)
	if err != nil {
		return err
	}
	typical, longest, err := small.startTime(ctx)
	if err != nil {
		return err
	}
	b.report(row{what: fmt.Sprintf("start to ready on an existing database, median of %d (longest %s)", starts, millis(longest)),
		figure: millis(typical), baseline: nothing, ratio: nothing, bar: "< 300 ms", verdict: judge(typical < startBar)})
	large, err := b.largeInstallation(ctx)
	if err != nil {
		return err
	}
	if typical, longest, err = large.startTime(ctx); err != nil {
		return err
	}
	b.report(row{what: fmt.Sprintf("the same with 1,000,000 clients (longest %s)", millis(longest)),
		figure: millis(typical), baseline: nothing, ratio: nothing, bar: nothing, verdict: noBar})
	return nil
}

// startTime is the median and the longest time from the start of the process to its first good answer.
func (in *installation) startTime(ctx context.Context) (typical, longest time.Duration, err error) {
	var times []time.Duration
	for range starts {
		s, err := in.serve(ctx)
		if err != nil {
			return 0, 0, err
		}
		times = append(times, time.Since(s.started))
		if err := s.stop(); err != nil {
			return 0, 0, err
		}
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)-1], nil
}
