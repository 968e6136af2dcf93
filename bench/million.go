package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
)

// benchMillion compares the product at a million clients with itself at a hundred: first with 64 clients at work, as
// in the other measurements, then with every request being a random one's of all.
func benchMillion(ctx context.Context, b *bench) error {
	small, err := b.smallInstallation(ctx)
	if err != nil {
		return err
	}
	large, err := b.largeInstallation(ctx)
	if err != nil {
		return err
	}
	few, err := small.serve(ctx)
	if err != nil {
		return err
	}
	defer few.stop()
	many, err := large.serve(ctx)
	if err != nil {
		return err
	}
	defer many.stop()

	tokens, err := compare(ctx, b.pairs*pieces, b.loadedBriefly(many, large.tokenSenders()), b.loadedBriefly(few, small.tokenSenders()))
	if err != nil {
		return err
	}
	b.report(tokens.row("tokens at 1,000,000 clients, 64 of them at work, against 100 clients", "tokens", 0.9))
	manyUsers, err := large.userSenders(many)
	if err != nil {
		return err
	}
	fewUsers, err := small.userSenders(few)
	if err != nil {
		return err
	}
	users, err := compare(ctx, b.pairs*pieces, b.loadedBriefly(many, manyUsers), b.loadedBriefly(few, fewUsers))
	if err != nil {
		return err
	}
	b.report(users.row("GET /api/user at 1,000,000 clients, 64 of them at work, against 100 clients", "requests", 0.9))

	tokens, err = compare(ctx, b.pairs, b.loaded(many, large.randomTokenSenders()), b.loaded(few, small.randomTokenSenders()))
	if err != nil {
		return err
	}
	b.report(tokens.row("tokens, each a random client's of 1,000,000, against a random one's of 100", "tokens", 0))
	if manyUsers, err = randomUserSenders(ctx, large, many, 50_000); err != nil {
		return err
	}
	if fewUsers, err = randomUserSenders(ctx, small, few, 100); err != nil {
		return err
	}
	users, err = compare(ctx, b.pairs, b.loaded(many, manyUsers), b.loaded(few, fewUsers))
	if err != nil {
		return err
	}
	b.report(users.row("GET /api/user, each with a random one of 50,000 tokens of as many clients, against one of 100", "requests", 0))
	return nil
}

// randomTokenSenders ask for tokens of random clients.
func (in *installation) randomTokenSenders() []sender {
	senders := make([]sender, connections)
	for i := range senders {
		request := in.tokenForm(in.client(0))
		at := bytes.Index(request, []byte(in.client(0))) // all ids have the same length
		senders[i] = func() []byte {
			copy(request[at:], in.client(rand.IntN(in.clients)))
			return request
		}
	}
	return senders
}

// randomUserSenders ask for /api/user with random ones of n tokens of different clients.
func randomUserSenders(ctx context.Context, in *installation, s *service, n int) ([]sender, error) {
	requests := make([][]byte, n)
	err := concurrently(ctx, s, n, func(c *conn, i int) error {
		token, err := c.token(in.tokenForm(in.client(i * (in.clients / n))))
		requests[i] = get("/api/user", token)
		return err
	})
	senders := make([]sender, connections)
	for i := range senders {
		senders[i] = func() []byte { return requests[rand.IntN(n)] }
	}
	return senders, err
}

// concurrently calls do for 0 to n-1 on 64 connections.
func concurrently(ctx context.Context, s *service, n int, do func(c *conn, i int) error) error {
	errs := make([]error, connections)
	var wait sync.WaitGroup
	for k := range connections {
		wait.Go(func() {
			c, err := dial(s.addr)
			if err != nil {
				errs[k] = err
				return
			}
			defer c.Close()
			for i := k; i < n && errs[k] == nil && ctx.Err() == nil; i += connections {
				errs[k] = do(c, i)
			}
		})
	}
	wait.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}
