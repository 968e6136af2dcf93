package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// A day of one asset: a point each 2.88 seconds.
const (
	dayPoints  = 30_000
	dayMillis  = 86_400_000
	pagePoints = 10_000
	neighbours = 4 // assets with as many points each, beside the one that is read
)

// benchTrail compares the reading of a day's trail with reading and encoding the same rows raw, on both databases.
func benchTrail(ctx context.Context, b *bench) error {
	return b.onBoth(ctx, "trail", func(name string, in *installation) error {
		c, err := b.trail(ctx, in)
		if err != nil {
			return err
		}
		b.report(c.row("trail of one day (30,000 points) as JSON, "+name+", against database/sql and encoding/json", "points", 0.5))
		return nil
	})
}

func (b *bench) trail(ctx context.Context, in *installation) (c comparison, err error) {
	product, err := in.serve(ctx)
	if err != nil {
		return c, err
	}
	defer product.stop()
	token, err := product.token(in, in.ClientID)
	if err != nil {
		return c, err
	}
	assets, err := product.assets(in, token, 1+neighbours)
	if err != nil {
		return c, err
	}
	base := firstMoment()
	for _, asset := range assets {
		if err := sendDay(in, product, token, asset, base); err != nil {
			return c, err
		}
	}
	path := fmt.Sprintf("/api/%s/asset/%d/trail?from=%s&to=%s&limit=%d", in.AccountKey, assets[1], moment(base), moment(base+dayMillis), pagePoints)
	if err := readDay(product, path, token, true); err != nil {
		return c, err
	}
	bare, err := b.baseline(ctx, "trail", baselineSetup{URL: in.url, feed: feed{Assets: assets, Base: base}})
	if err != nil {
		return c, err
	}
	defer bare.stop()
	return compare(ctx, b.pairs,
		side{pid: product.pid(), run: func(context.Context, int) (round, error) {
			l, err := repeat(b.round(), func() error { return readDay(product, path, token, false) })
			return l.round(), err
		}},
		side{pid: bare.pid(), run: func(context.Context, int) (round, error) {
			return bare.ask("/run?ms=" + strconv.FormatInt(b.round().Milliseconds(), 10))
		}})
}

func countPoints(body []byte) int { return bytes.Count(body, []byte(`"timestamp"`)) }

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// sendDay ingests a day of an asset.
func sendDay(in *installation, s *service, token string, asset, base int64) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for from := 0; from < dayPoints; from += pagePoints {
		list := make([]position, pagePoints)
		for i := range list {
			list[i] = positionOf(asset, from+i, base, dayMillis/dayPoints)
		}
		status, body, err := c.do(post("/api/"+in.AccountKey+"/position", token, "application/json", appendBody(nil, list)))
		if err != nil {
			return err
		}
		if status != 200 {
			return fmt.Errorf("ingestion answers %d: %s", status, body)
		}
	}
	return nil
}

// readDay reads the trail page by page, as a client follows the cursor. Count also counts its points.
func readDay(s *service, path, token string, count bool) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	points, cursor := 0, ""
	for page := 1; ; page++ {
		at := path
		if cursor != "" {
			at += "&cursor=" + cursor
		}
		status, body, err := c.do(get(at, token))
		if err != nil {
			return err
		}
		if status != 200 {
			return fmt.Errorf("the trail answers %d: %.300s", status, body)
		}
		if count {
			points += countPoints(body)
		}
		_, rest, _ := bytes.Cut(body[max(0, len(body)-400):], []byte(`"next_cursor":`))
		next, ok := bytes.CutPrefix(rest, []byte(`"`))
		if !ok || page > dayPoints/pagePoints {
			break // null: the end of the trail
		}
		value, _, _ := bytes.Cut(next, []byte(`"`))
		cursor = string(value)
	}
	if count && points != dayPoints {
		return fmt.Errorf("the trail has %d points where %d were stored", points, dayPoints)
	}
	return nil
}

// repeat calls do, which reads a day, until d has passed.
func repeat(d time.Duration, do func() error) (lap, error) {
	start := time.Now()
	for n := 1; ; n++ {
		if err := do(); err != nil {
			return lap{}, err
		}
		if took := time.Since(start); took >= d {
			return lap{n * dayPoints, took}, nil
		}
	}
}

// point is a position as the API gives it out, encoded by the standard library.
type point struct {
	AssetID    int64           `json:"asset_id"`
	Timestamp  time.Time       `json:"timestamp"`
	Latitude   float64         `json:"latitude"`
	Longitude  float64         `json:"longitude"`
	Speed      *float64        `json:"speed"`
	Heading    *float64        `json:"heading"`
	Altitude   *float64        `json:"altitude"`
	Accuracy   *float64        `json:"accuracy"`
	Satellites *int64          `json:"satellites"`
	Ignition   *bool           `json:"ignition"`
	Odometer   *float64        `json:"odometer"`
	Battery    *float64        `json:"battery"`
	Sensors    json.RawMessage `json:"sensors"`
}

// encoding is the baseline of the trail: all rows of the day in one query, encoded in one go, sent nowhere.
func encoding(setup baselineSetup) (http.Handler, error) {
	db, err := openRaw(setup.URL)
	if err != nil {
		return nil, err
	}
	return answerLap(func(r *http.Request) (lap, error) {
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		return repeat(time.Duration(ms)*time.Millisecond, func() error {
			points, err := rawTrail(r.Context(), db, setup.Assets[1], setup.Base, setup.Base+dayMillis)
			if err == nil && len(points) != dayPoints {
				err = fmt.Errorf("%d points were read where %d are stored", len(points), dayPoints)
			}
			if err != nil {
				return err
			}
			return json.NewEncoder(io.Discard).Encode(map[string][]point{"data": points})
		})
	}), nil
}

// known is the address of a value that may be NULL.
func known[T any](n sql.Null[T]) *T {
	if !n.Valid {
		return nil
	}
	return &n.V
}
