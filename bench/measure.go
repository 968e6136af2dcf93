package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// round is what one round of one side found.
type round struct {
	units int           // of work that were done
	rate  float64       // units a second
	p99   time.Duration // 0 where there is none
	cpu   time.Duration // of the side's own process, for one unit; 0 where it isn't known
}

// side is the product or its baseline.
type side struct {
	pid int // of its process; 0 where its processor time means nothing
	run func(ctx context.Context, n int) (round, error)
}

// comparison is the outcome of all rounds.
type comparison struct {
	product, baseline round // medians
	ratios            []float64
}

// compare runs both sides in turns. Round 0 of each is for warming up and is not counted.
func compare(ctx context.Context, pairs int, product, baseline side) (comparison, error) {
	var c comparison
	var products, baselines []round
	for n := range pairs + 1 {
		first, second := product, baseline
		if n%2 == 1 {
			first, second = baseline, product
		}
		a, err := first.measured(ctx, n)
		if err != nil {
			return c, err
		}
		b, err := second.measured(ctx, n)
		if err != nil {
			return c, err
		}
		if n%2 == 1 {
			a, b = b, a
		}
		if n > 0 {
			products, baselines = append(products, a), append(baselines, b)
			c.ratios = append(c.ratios, a.rate/b.rate)
		}
	}
	slices.Sort(c.ratios)
	c.product, c.baseline = typical(products), typical(baselines)
	return c, nil
}

// measured is one round with the processor time that it took.
func (s side) measured(ctx context.Context, n int) (round, error) {
	if s.pid == 0 {
		return s.run(ctx, n)
	}
	before := processorTime(s.pid)
	r, err := s.run(ctx, n)
	if err == nil && r.units > 0 {
		r.cpu = (processorTime(s.pid) - before) / time.Duration(r.units)
	}
	return r, err
}

// typical has the median of each figure.
func typical(rounds []round) round {
	return round{
		rate: median(rounds, func(r round) float64 { return r.rate }),
		p99:  median(rounds, func(r round) time.Duration { return r.p99 }),
		cpu:  median(rounds, func(r round) time.Duration { return r.cpu }),
	}
}

func median[T any, V cmp.Ordered](list []T, of func(T) V) V {
	values := make([]V, len(list))
	for i, item := range list {
		values[i] = of(item)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// ratio is the median of the pairs' ratios.
func (c comparison) ratio() float64 { return c.ratios[len(c.ratios)/2] }

// spread writes the ratio with the lowest and the highest of the pairs.
func (c comparison) spread() string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", c.ratio(), c.ratios[0], c.ratios[len(c.ratios)-1])
}

// row presents the comparison of rates against a least ratio; a bar of 0 is none.
func (c comparison) row(what, unit string, bar float64) row {
	r := row{what: what, figure: c.product.figure(unit), baseline: c.baseline.figure(unit), ratio: c.spread(), bar: nothing, verdict: noBar}
	if bar > 0 {
		r.bar, r.verdict = fmt.Sprintf("≥ %.1f", bar), judge(c.ratio() >= bar)
	}
	return r
}

func (r round) figure(unit string) string {
	s := thousands(r.rate) + " " + unit + "/s"
	if r.cpu > 0 {
		decimals := 0
		if r.cpu < 10*time.Microsecond {
			decimals = 1
		}
		s += fmt.Sprintf(", %.*f µs CPU", decimals, float64(r.cpu)/float64(time.Microsecond))
	}
	return s
}
