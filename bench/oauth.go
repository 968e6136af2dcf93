package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// benchToken compares the token endpoint with a bare handler.
func benchToken(ctx context.Context, b *bench) error {
	in, err := b.smallInstallation(ctx)
	if err != nil {
		return err
	}
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	defer product.stop()
	senders := in.tokenSenders()
	bare, err := b.copyOf(ctx, "token", product, senders[0]())
	if err != nil {
		return err
	}
	defer bare.stop()
	c, err := compare(ctx, b.pairs, b.loaded(product, senders), b.loaded(bare, senders))
	if err != nil {
		return err
	}
	b.report(c.row("tokens, 64 connections", "tokens", 0.6))
	slower := float64(c.product.p99) / float64(c.baseline.p99)
	b.report(row{what: "the same, 99th percentile of the answer time", figure: millis(c.product.p99), baseline: millis(c.baseline.p99),
		ratio: fmt.Sprintf("%.2f", slower), bar: "< 3", verdict: judge(slower < 3)})
	return nil
}

// benchUser compares a request with a bearer token with a bare handler.
func benchUser(ctx context.Context, b *bench) error {
	in, err := b.smallInstallation(ctx)
	if err != nil {
		return err
	}
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	defer product.stop()
	senders, err := in.userSenders(product)
	if err != nil {
		return err
	}
	bare, err := b.copyOf(ctx, "user", product, senders[0]())
	if err != nil {
		return err
	}
	defer bare.stop()
	c, err := compare(ctx, b.pairs*pieces, b.loadedBriefly(product, senders), b.loadedBriefly(bare, senders))
	if err != nil {
		return err
	}
	b.report(c.row("GET /api/user with a token, 64 connections", "requests", 0.8))
	return nil
}

// copyOf starts the baseline that writes the bytes which the product answers to request.
func (b *bench) copyOf(ctx context.Context, name string, product *service, request []byte) (*service, error) {
	c, err := dial(product.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, body, err := c.do(request)
	if err != nil {
		return nil, err
	}
	if status != 200 {
		return nil, fmt.Errorf("the product answers %d: %s", status, body)
	}
	header := map[string]string{}
	for line := range strings.SplitSeq(string(c.header), "\r\n") {
		// net/http writes the date by itself, and the status line has no name.
		if name, value, ok := strings.Cut(line, ": "); ok && name != "Date" {
			header[name] = value
		}
	}
	return b.baseline(ctx, name, baselineSetup{Header: header, Body: body})
}

// loaded is a side that is sent requests for one round's time.
func (b *bench) loaded(s *service, senders []sender) side { return loadedFor(b.round(), s, senders) }

// pieces is into how many a round is cut where a ratio lies near its bar: a machine drifts from second to second, and what
// lies close together compares best.
const pieces = 5

func (b *bench) loadedBriefly(s *service, senders []sender) side {
	return loadedFor(b.round()/pieces, s, senders)
}

func loadedFor(d time.Duration, s *service, senders []sender) side {
	return side{pid: s.pid(), run: func(ctx context.Context, _ int) (round, error) {
		o, err := load(ctx, s.addr, d, senders)
		return round{units: o.requests, rate: o.rate(), p99: o.p99()}, err
	}}
}

// spread is the n-th of 64 clients that lie evenly among all of the installation's.
func (in *installation) spread(n int) string { return in.client(n * in.clients / connections) }

// tokenSenders ask for tokens of 64 clients, one a connection.
func (in *installation) tokenSenders() []sender {
	senders := make([]sender, connections)
	for i := range senders {
		senders[i] = always(in.tokenForm(in.spread(i)))
	}
	return senders
}

// userSenders ask for /api/user with tokens of 64 clients, one a connection.
func (in *installation) userSenders(s *service) ([]sender, error) {
	senders := make([]sender, connections)
	for i := range senders {
		token, err := s.token(in, in.spread(i))
		if err != nil {
			return nil, err
		}
		senders[i] = always(get("/api/user", token))
	}
	return senders, nil
}
