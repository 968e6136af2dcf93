package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	monthPoints = 30 * 86_400 // a point a second
	keptPoints  = 1000
	simplifyBar = 3.0
)

// benchSimplify compares the simplified trail of a month with reading the same rows raw, on both databases.
func benchSimplify(ctx context.Context, b *bench) error {
	// Short rounds are for trying it out: they get a shorter trail.
	points := int(monthPoints * min(1, b.seconds/2))
	return b.onBoth(ctx, "simplify", func(name string, in *installation) error {
		c, err := b.simplify(ctx, in, points)
		if err != nil {
			return err
		}
		last := len(c.ratios) - 1
		ratio := 1 / c.ratio()
		b.report(row{what: fmt.Sprintf("trail of 30 days (%s points) simplified to 1,000, %s, against scanning the rows", thousands(float64(points)), name),
			figure: seconds(points, c.product.rate), baseline: seconds(points, c.baseline.rate),
			ratio: fmt.Sprintf("%.2f (%.2f to %.2f)", ratio, 1/c.ratios[last], 1/c.ratios[0]), bar: fmt.Sprintf("< %.0f", simplifyBar), verdict: judge(ratio < simplifyBar)})
		return nil
	})
}

// seconds writes how long so many units take at a rate.
func seconds(units int, rate float64) string { return fmt.Sprintf("%.2f s", float64(units)/rate) }

func (b *bench) simplify(ctx context.Context, in *installation, points int) (c comparison, err error) {
	h := history{steps: points, to: time.Now().UTC().Truncate(time.Hour).UnixMilli()}
	h.every = monthPoints * 1000 / int64(points)
	product, err := in.serve(ctx)
	if err != nil {
		return c, err
	}
	defer product.stop()
	token, err := product.token(in, in.ClientID)
	if err != nil {
		return c, err
	}
	if h.assets, err = product.assets(in, token, 1); err != nil {
		return c, err
	}
	if err := b.fillHistory(ctx, in, h); err != nil {
		return c, err
	}
	path := fmt.Sprintf("/api/%s/asset/%d/trail?from=%s&to=%s&max_points=%d", in.AccountKey, h.assets[0], moment(h.from()), moment(h.to), keptPoints)
	bare, err := b.baseline(ctx, "simplify", baselineSetup{URL: in.url, feed: feed{Assets: h.assets, Base: h.from()}, Sizes: []int{points}})
	if err != nil {
		return c, err
	}
	defer bare.stop()
	return compare(ctx, b.pairs,
		side{pid: product.pid(), run: func(context.Context, int) (round, error) {
			start := time.Now()
			body, err := product.answer(get(path, token))
			took := time.Since(start)
			if n := countPoints(body); err == nil && (n < keptPoints/2 || n > keptPoints) {
				err = fmt.Errorf("the simplified trail has %d points", n)
			}
			return lap{points, took}.round(), err
		}},
		side{pid: bare.pid(), run: func(context.Context, int) (round, error) { return bare.ask("/run") }})
}

// scanning is the baseline of simplifying: it reads when and where of the same rows, and does nothing with them.
func scanning(setup baselineSetup) (http.Handler, error) {
	db, err := openRaw(setup.URL)
	if err != nil {
		return nil, err
	}
	return answerLap(func(r *http.Request) (lap, error) {
		start := time.Now()
		n, err := rawPlaces(r.Context(), db, setup.Assets[0])
		if err == nil && n != setup.Sizes[0] {
			err = fmt.Errorf("%d points were read where %d are stored", n, setup.Sizes[0])
		}
		return lap{n, time.Since(start)}, err
	}), nil
}
