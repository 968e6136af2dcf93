package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	memoryBar  = 100_000_000 // bytes
	memoryStep = 20_000      // tokens between two looks
)

// benchMemory watches the resident memory while tokens are issued and used once each.
func benchMemory(ctx context.Context, b *bench) error {
	small, err := b.smallInstallation(ctx)
	if err != nil {
		return err
	}
	sizes, err := small.grow(ctx, 10, func(i int) string { return small.client(i % small.clients) })
	if err != nil {
		return err
	}
	at100, at200 := sizes[4], sizes[9]
	b.report(row{what: "resident memory after 100,000 tokens issued and used (at 20,000, 40,000, …: " + list(sizes[:5]) + ")",
		figure: megabytes(at100), baseline: nothing, ratio: nothing, bar: "< 100 MB", verdict: judge(at100 < memoryBar)})
	flat := float64(at200) / float64(at100)
	b.report(row{what: "the same after another 100,000 (" + list(sizes[5:]) + "), against after the first", figure: megabytes(at200),
		baseline: megabytes(at100), ratio: fmt.Sprintf("%.2f", flat), bar: "≤ 1.1", verdict: judge(flat <= 1.1)})

	large, err := b.largeInstallation(ctx)
	if err != nil {
		return err
	}
	if sizes, err = large.grow(ctx, 5, func(int) string { return large.client(rand.IntN(large.clients)) }); err != nil {
		return err
	}
	b.report(row{what: "resident memory after 100,000 tokens of random clients of 1,000,000 (" + list(sizes) + ")",
		figure: megabytes(sizes[4]), baseline: nothing, ratio: nothing, bar: nothing, verdict: noBar})
	return nil
}

// grow issues and uses tokens of the clients that pick names, and returns the memory after each 20,000.
func (in *installation) grow(ctx context.Context, steps int, pick func(int) string) ([]int64, error) {
	product, err := in.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer product.stop()
	var sizes []int64
	for range steps {
		err := concurrently(ctx, product, memoryStep, func(c *conn, i int) error {
			token, err := c.token(in.tokenForm(pick(i)))
			if err != nil {
				return err
			}
			status, body, err := c.do(get("/api/user", token))
			if err == nil && status != 200 {
				err = fmt.Errorf("/api/user answers %d: %s", status, body)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		size, err := resident(product.pid())
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, size)
	}
	return sizes, nil
}

func list(sizes []int64) string {
	words := make([]string, len(sizes))
	for i, size := range sizes {
		words[i] = fmt.Sprintf("%.0f", float64(size)/1e6)
	}
	return strings.Join(words, ", ") + " MB"
}
