package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// What a fleet is followed by.
const (
	followed  = 10_000 // assets
	geofences = 100
)

// reported is how many positions a tracker reports at a time: one each ten seconds, sent each hundred.
const reported = 10

// benchFollow compares the ingestion of positions, each of which is followed into trips, geofence events and alerts, with the
// raw insert of the same rows: of trackers that report ten at a time, and of those that report each by itself, which is the
// most work, because a batch then moves the last position of 1,000 assets.
func benchFollow(ctx context.Context, b *bench) error {
	return b.onBoth(ctx, "follow", func(name string, in *installation) error {
		raw, err := b.another(ctx, in, "follow-raw")
		if err != nil {
			return err
		}
		// Geofences and rules conclude nothing for what was before they were made.
		i, err := b.ingestion(ctx, in, raw, followed+1, feed{Base: time.Now().Add(time.Minute).UnixMilli(), Run: reported})
		if err != nil {
			return err
		}
		defer i.stop()
		if err := i.product.geofencesAndRules(in, i.token); err != nil {
			return err
		}
		what, connections, against := "positions ingested with trips, 100 geofences and alerts, 10,000 assets, ", 1, "prepared single rows"
		if isPostgres(in.url) {
			connections, against = fourSenders, "COPY on 4 connections"
		}
		if err := i.warm(ctx, connections); err != nil {
			return err
		}
		c, err := b.against(ctx, i, connections)
		if err != nil {
			return err
		}
		b.report(c.row(what+"ten at a time, "+name+", 4 senders, against "+against, "positions", 0.4))
		if err := i.check(ctx); err != nil {
			return err
		}
		if err := b.visible(ctx, name, i, c.product.rate/2); err != nil {
			return err
		}
		i.Base, i.Run = i.Base+2*reported*interval, 1 // behind the last of a round that was not finished
		if c, err = b.against(ctx, i, connections); err != nil {
			return err
		}
		b.report(c.row(what+"one at a time, "+name+", 4 senders, against "+against, "positions", 0))
		return checkFollowed(ctx, in.url)
	})
}

// geofencesAndRules makes what the positions are followed by: geofences along the ways of some of the assets, and a rule of
// each kind that a position can break.
func (s *service) geofencesAndRules(in *installation, token string) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	create := func(noun, body string) error {
		status, answer, err := c.do(post("/api/"+in.AccountKey+"/"+noun, token, "application/json", []byte(body)))
		if err == nil && status != http.StatusCreated {
			err = fmt.Errorf("making a %s answers %d: %s", noun, status, answer)
		}
		return err
	}
	for n := range geofences {
		body := fmt.Sprintf(`{"name":"Site %d","geometry":{"type":"Point","coordinates":[13.45,%v]},"radius":2000,"dwell":5}`, n, 52.52+0.1*float64(n))
		if err := create("geofence", body); err != nil {
			return err
		}
	}
	for _, rule := range []string{
		`{"name":"Too fast","type":"speed","config":{"limit":64}}`,
		`{"name":"Idle","type":"idle","config":{"minutes":5}}`,
		`{"name":"On site","type":"geofence","config":{"on":["enter"]}}`,
		`{"name":"No power","type":"power_cut","config":{}}`,
		`{"name":"Too warm","type":"temperature","config":{"above":8}}`,
		`{"name":"Service","type":"service_due","config":{"every_km":100}}`,
	} {
		if err := create("alert-rule", rule); err != nil {
			return err
		}
	}
	return nil
}

// visible reports how long it takes from sending one position until a reader sees it, while others send rate positions a
// second.
func (b *bench) visible(ctx context.Context, name string, i *ingestion, rate float64) error {
	const probes = 200
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := max(fourSenders, int(40*b.seconds)*2)
	from := i.sent
	i.sent += batches
	done := make(chan error, 1)
	go func() { done <- i.sendPaced(ctx, from, batches, rate) }()
	c, err := dial(i.product.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	probe := i.Assets[len(i.Assets)-1] // the one that no gateway has
	var took []time.Duration
	for n := 0; n < probes; n++ {
		select {
		case err := <-done:
			if err != nil || n < probes/4 {
				return fmt.Errorf("the load ended after %d probes: %v", n, err)
			}
			done <- nil
			n = probes
			continue
		default:
		}
		d, err := c.seen(i.in.AccountKey, i.token, probe, i.Base-int64(probes-n)*100)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	stop()
	<-done
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	b.report(row{what: "position sent to position seen at half that load, " + name + ", 99th percentile", figure: millis(p99), baseline: nothing,
		ratio: fmt.Sprintf("%d times", len(took)), bar: "< 100 ms", verdict: judge(p99 < 100*time.Millisecond)})
	return nil
}

// sendPaced sends batches at so many positions a second.
func (i *ingestion) sendPaced(ctx context.Context, first, count int, rate float64) error {
	start := time.Now()
	senders := make([]sender, fourSenders)
	for g := range senders {
		next := (g + fourSenders - first%fourSenders) % fourSenders
		senders[g] = func() []byte {
			due := start.Add(time.Duration(float64(next) * batchSize / rate * float64(time.Second)))
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Until(due)):
			}
			if next >= count {
				return nil
			}
			body := appendBody(nil, i.batch(first+next))
			next += fourSenders
			return post("/api/"+i.in.AccountKey+"/position", i.token, "application/json", body)
		}
	}
	_, err := loadChecked(ctx, i.product.addr, 0, senders, allAccepted)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// seen sends one position and asks for the asset's trail until it is there.
func (c *conn) seen(accountKey, token string, asset, at int64) (time.Duration, error) {
	moment := time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z")
	until := time.UnixMilli(at + 1).UTC().Format("2006-01-02T15:04:05.000Z")
	id := strconv.FormatInt(asset, 10)
	send := post("/api/"+accountKey+"/position", token, "application/json", []byte(`{"asset_id":`+id+`,"timestamp":"`+moment+`","latitude":52.5,"longitude":13.4}`))
	look := get("/api/"+accountKey+"/asset/"+id+"/trail?from="+moment+"&to="+until, token)
	start := time.Now()
	if status, body, err := c.do(send); err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("a position answers %d: %s (%v)", status, body, err)
	}
	for {
		status, body, err := c.do(look)
		if err != nil || status != http.StatusOK {
			return 0, fmt.Errorf("a trail answers %d: %s (%v)", status, body, err)
		}
		var answer struct {
			Data []struct{} `json:"data"`
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return 0, err
		}
		if len(answer.Data) == 1 {
			return time.Since(start), nil
		}
	}
}
