package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// latestReaders is how many connections ask for the last positions at once.
const latestReaders = 4

// benchLatest compares the last positions of a fleet with encoding the same from memory, on both databases.
func benchLatest(ctx context.Context, b *bench) error {
	return b.onBoth(ctx, "latest", func(name string, in *installation) error {
		product, err := in.serve(ctx)
		if err != nil {
			return err
		}
		defer product.stop()
		token, err := product.token(in, in.ClientID)
		if err != nil {
			return err
		}
		whole := feed{Base: firstMoment(), Run: 1}
		if whole.Assets, err = product.assets(in, token, followed); err != nil {
			return err
		}
		if _, err := sendBatches(ctx, in, product, token, 0, whole.round(), whole); err != nil {
			return err
		}
		request := in.latest(token)
		body, err := product.answer(request)
		if err != nil {
			return err
		}
		bare, err := b.baseline(ctx, "latest", baselineSetup{Body: body})
		if err != nil {
			return err
		}
		defer bare.stop()
		c, err := compare(ctx, b.pairs, b.asked(product, request), b.asked(bare, get("/", "")))
		if err != nil {
			return err
		}
		b.report(c.row(fmt.Sprintf("last positions of 10,000 assets as JSON (%s), %s, %d connections, against encoding them from memory",
			megabytes(int64(len(body))), name, latestReaders), "answers", 0.5))
		return nil
	})
}

// latest asks for the last positions of all assets.
func (in *installation) latest(token string) []byte {
	return get(fmt.Sprintf("/api/%s/position?limit=%d", in.AccountKey, followed), token)
}

// answer is a copy of the body that a request is answered with.
func (s *service) answer(request []byte) ([]byte, error) {
	c, err := dial(s.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, body, err := c.do(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the answer is %d: %.300s", status, body)
	}
	return bytes.Clone(body), err
}

// asked is a side that is asked for the last positions.
func (b *bench) asked(s *service, request []byte) side {
	return side{pid: s.pid(), run: func(ctx context.Context, _ int) (round, error) {
		senders := make([]sender, latestReaders)
		for i := range senders {
			senders[i] = always(request)
		}
		o, err := loadChecked(ctx, s.addr, b.round(), senders, func(body []byte) error {
			if n := countPoints(body); n != followed {
				return fmt.Errorf("the answer has %d positions of %d", n, followed)
			}
			return nil
		})
		return round{units: o.requests, rate: o.rate()}, err
	}}
}

// latestPage is the answer, in the types of the standard library.
type latestPage struct {
	Data []latestRecord `json:"data"`
	Meta struct {
		NextCursor string `json:"next_cursor"`
		More       bool   `json:"more"`
	} `json:"meta"`
}

type latestRecord struct {
	AssetID     int64    `json:"asset_id"`
	Status      string   `json:"status"`
	Odometer    *float64 `json:"odometer"`
	EngineHours *float64 `json:"engine_hours"`
	DriverID    *int64   `json:"driver_id"`
	Position    point    `json:"position"`
}

// encodingLatest is the baseline of the last positions: it has them as values of Go, and encodes them for each answer.
func encodingLatest(setup baselineSetup) (http.Handler, error) {
	var page latestPage
	decoder := json.NewDecoder(bytes.NewReader(setup.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&page); err != nil {
		return nil, err
	}
	if len(page.Data) != followed {
		return nil, fmt.Errorf("%d last positions of %d", len(page.Data), followed)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		body, err := json.Marshal(&page)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeAnswer(w, map[string]string{"Content-Type": "application/json", "Date": time.Now().UTC().Format(http.TimeFormat)}, body)
	}), nil
}
