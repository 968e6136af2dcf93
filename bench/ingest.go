package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// benchIngest compares the ingestion of positions with the raw insert of the same rows, on both databases.
func benchIngest(ctx context.Context, b *bench) error {
	return b.onBoth(ctx, "ingest", func(name string, in *installation) error {
		raw, err := b.another(ctx, in, "ingest-raw")
		if err != nil {
			return err
		}
		return b.ingest(ctx, name, in, raw)
	})
}

// ingestion is one comparison of the same positions, sent to the product and inserted raw.
type ingestion struct {
	product *service
	token   string
	bare    *service
	in      *installation
	raw     *installation
	feed
	sent int // batches, on either side
}

// ingestion starts both sides for so many vehicles.
func (b *bench) ingestion(ctx context.Context, in, raw *installation, vehicles int, f feed) (_ *ingestion, err error) {
	i := &ingestion{in: in, raw: raw, feed: f}
	defer func() {
		if err != nil {
			i.stop()
		}
	}()
	if i.product, err = in.serve(ctx); err != nil {
		return nil, err
	}
	if i.token, err = i.product.token(in, in.ClientID); err != nil {
		return nil, err
	}
	if i.Assets, err = i.product.assets(in, i.token, vehicles); err != nil {
		return nil, err
	}
	i.bare, err = b.baseline(ctx, "ingest", baselineSetup{URL: raw.url, feed: i.feed})
	return i, err
}

func (i *ingestion) stop() {
	for _, s := range []*service{i.product, i.bare} {
		if s != nil {
			s.stop()
		}
	}
}

// against compares the product with raw inserts on so many connections.
func (b *bench) against(ctx context.Context, i *ingestion, connections int) (comparison, error) {
	batches := max(fourSenders, int(40*b.seconds)) // of one round
	from := i.sent
	i.sent += (b.pairs + 1) * batches
	product, bare := i.sides(from, batches, connections)
	return compare(ctx, b.pairs, product, bare)
}

// warm sends the first batches to both sides, until each vehicle has had its turn.
func (i *ingestion) warm(ctx context.Context, connections int) error {
	product, bare := i.sides(i.sent, i.round(), connections)
	i.sent += i.round()
	if _, err := product.run(ctx, 0); err != nil {
		return err
	}
	_, err := bare.run(ctx, 0)
	return err
}

// sides are the product and the raw inserts, each taking so many batches a round, from the given one on.
func (i *ingestion) sides(from, batches, connections int) (product, bare side) {
	return side{pid: i.product.pid(), run: func(ctx context.Context, n int) (round, error) {
			return sendBatches(ctx, i.in, i.product, i.token, from+n*batches, batches, i.feed)
		}},
		side{pid: i.bare.pid(), run: func(ctx context.Context, n int) (round, error) {
			return i.bare.ask(fmt.Sprintf("/run?first=%d&count=%d&connections=%d&base=%d&run=%d", from+n*batches, batches, connections, i.Base, i.Run))
		}}
}

// check fails unless what was counted as stored is there, on both sides.
func (i *ingestion) check(ctx context.Context) error {
	want := i.sent * batchSize
	for _, url := range []string{i.in.url, i.raw.url} {
		if have, err := countPositions(ctx, url); err != nil || have != want {
			return fmt.Errorf("%d positions are stored where %d were sent (%v)", have, want, err)
		}
	}
	return nil
}

func (b *bench) ingest(ctx context.Context, name string, in, raw *installation) error {
	i, err := b.ingestion(ctx, in, raw, vehicles, feed{Base: firstMoment(), Run: 1})
	if err != nil {
		return err
	}
	defer i.stop()
	what := "positions ingested, batches of 1,000, durable, " + name
	if isPostgres(in.url) {
		c, err := b.against(ctx, i, fourSenders)
		if err != nil {
			return err
		}
		b.report(c.row(what+", 4 senders, against COPY on 4 connections", "positions", 0.6))
		if c, err = b.against(ctx, i, 1); err != nil {
			return err
		}
		b.report(c.row("the same, against COPY on one connection", "positions", 0))
	} else {
		c, err := b.against(ctx, i, 1)
		if err != nil {
			return err
		}
		b.report(c.row(what+", 4 senders, against prepared single rows", "positions", 0.6))
	}
	return i.check(ctx)
}

// sendBatches sends count batches from the first-th on: four senders, one for each gateway. The bodies are made before the clock starts.
func sendBatches(ctx context.Context, in *installation, product *service, token string, first, count int, f feed) (round, error) {
	requests := make([][]byte, count)
	for i := range requests {
		body := appendBody(make([]byte, 0, 320*batchSize), f.batch(first+i))
		requests[i] = post("/api/"+in.AccountKey+"/position", token, "application/json", body)
	}
	runtime.GC()
	senders := make([]sender, fourSenders)
	for i := range senders {
		next := (i + fourSenders - first%fourSenders) % fourSenders // the first batch of this gateway
		senders[i] = func() []byte {
			if next >= count {
				return nil
			}
			defer func() { next += fourSenders }()
			return requests[next]
		}
	}
	o, err := loadChecked(ctx, product.addr, 0, senders, allAccepted)
	return round{units: count * batchSize, rate: float64(count*batchSize) / o.took.Seconds(), p99: o.p99()}, err
}

func allAccepted(body []byte) error {
	var answer struct {
		Accepted int `json:"accepted"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Accepted != batchSize {
		return fmt.Errorf("not all positions were accepted: %.200s", body)
	}
	return nil
}

// lap is what a baseline that works by itself answers about one round.
type lap struct {
	Units int           `json:"units"`
	Took  time.Duration `json:"took"`
}

func (l lap) round() round { return round{units: l.Units, rate: float64(l.Units) / l.Took.Seconds()} }

// ask makes a baseline do a round.
func (s *service) ask(path string) (round, error) {
	c, err := dial(s.addr)
	if err != nil {
		return round{}, err
	}
	defer c.Close()
	status, body, err := c.do(get(path, ""))
	if err != nil {
		return round{}, err
	}
	var l lap
	if err := json.Unmarshal(body, &l); err != nil || status != 200 {
		return round{}, fmt.Errorf("the baseline answers %d: %s", status, body)
	}
	return l.round(), nil
}

// answerLap serves a round of a baseline.
func answerLap(run func(r *http.Request) (lap, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, err := run(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(l)
	})
}

// inserting is the baseline of ingestion: it makes the same rows, then inserts them.
func inserting(setup baselineSetup) (http.Handler, error) {
	insert, err := rawInsert(context.Background(), setup.URL, setup.Base)
	if err != nil {
		return nil, err
	}
	return answerLap(func(r *http.Request) (lap, error) {
		first, _ := strconv.Atoi(r.FormValue("first"))
		count, _ := strconv.Atoi(r.FormValue("count"))
		connections, _ := strconv.Atoi(r.FormValue("connections"))
		f := setup.feed
		f.Base, _ = strconv.ParseInt(r.FormValue("base"), 10, 64)
		f.Run, _ = strconv.Atoi(r.FormValue("run"))
		batches := make([][]position, count)
		for i := range batches {
			batches[i] = f.batch(first + i)
		}
		runtime.GC()
		start := time.Now()
		err := insert(r.Context(), batches, connections)
		return lap{Units: count * batchSize, Took: time.Since(start)}, err
	}), nil
}
