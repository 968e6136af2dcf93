package main

import (
	"context"
	"fmt"
	"time"
)

// What the assets have stored each before the measurement begins, spread over twenty days.
const (
	longSteps  = 400
	shortSteps = longSteps / 100
	historyFor = 20 * 86_400_000 // ms
)

// benchHistory compares the product with a hundred times the stored history with itself with little: the ingestion of positions
// that are followed, and the reading of the last ones.
func benchHistory(ctx context.Context, b *bench) error {
	return b.onBoth(ctx, "history", func(name string, in *installation) error {
		other, err := b.another(ctx, in, "history-short")
		if err != nil {
			return err
		}
		// As for following: geofences and rules conclude nothing for what was before they were made.
		base := time.Now().Add(time.Minute).UnixMilli()
		long, err := b.withHistory(ctx, in, longSteps, base)
		if err != nil {
			return err
		}
		defer long.product.stop()
		short, err := b.withHistory(ctx, other, shortSteps, base)
		if err != nil {
			return err
		}
		defer short.product.stop()

		for _, i := range []*ingestion{long, short} {
			if _, err := sendBatches(ctx, i.in, i.product, i.token, 0, i.round(), i.feed); err != nil {
				return err
			}
			i.sent = i.round()
		}
		batches := max(fourSenders, int(40*b.seconds))
		c, err := compare(ctx, b.pairs, long.following(batches), short.following(batches))
		if err != nil {
			return err
		}
		what := fmt.Sprintf("with %s stored positions, against %s, %s", thousands(followed*longSteps), thousands(followed*shortSteps), name)
		b.report(c.row("positions ingested with trips, 100 geofences and alerts, 10,000 assets, ten at a time, "+what, "positions", 0.8))
		c, err = compare(ctx, b.pairs, b.asked(long.product, long.in.latest(long.token)), b.asked(short.product, short.in.latest(short.token)))
		if err != nil {
			return err
		}
		b.report(c.row("last positions of 10,000 assets as JSON, "+what, "answers", 0.8))
		return nil
	})
}

// withHistory starts the product for the assets that are followed, of which each has so many positions.
func (b *bench) withHistory(ctx context.Context, in *installation, steps int, base int64) (_ *ingestion, err error) {
	i := &ingestion{in: in, feed: feed{Base: base, Run: reported}}
	if i.product, err = in.serve(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			i.product.stop()
		}
	}()
	if i.token, err = i.product.token(in, in.ClientID); err != nil {
		return nil, err
	}
	if i.Assets, err = i.product.assets(in, i.token, followed); err != nil {
		return nil, err
	}
	if err = b.fillHistory(ctx, in, history{assets: i.Assets, steps: steps, every: historyFor / int64(steps), to: base - 86_400_000}); err != nil {
		return nil, err
	}
	err = i.product.geofencesAndRules(in, i.token)
	return i, err
}

// following is a side that sends so many batches a round.
func (i *ingestion) following(batches int) side {
	return side{pid: i.product.pid(), run: func(ctx context.Context, n int) (round, error) {
		return sendBatches(ctx, i.in, i.product, i.token, i.sent+n*batches, batches, i.feed)
	}}
}
