package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const (
	pageBar   = 20 * time.Millisecond
	readers   = 1               // connections that ask for pages: more would measure how they wait for each other and for the generator
	pageParts = 3               // a page is asked for during a third of a round, because there are seven comparisons
	quietTime = 2 * time.Second // for which the overview keeps a summary of all assets
)

// pageName is a page of the account, by what its path has behind the account's key.
type pageName string

func pageNames() []pageName { return []pageName{"", "asset", "access", "member", "audit", "settings"} }

func (p pageName) String() string { return cmp.Or(string(p), "overview") }

// measuredPage is a page with what was measured of it.
type measuredPage struct {
	name    pageName
	request []byte
	comparison
}

// benchDashboard compares the pages of a large account with as many bytes of HTML rendered from nothing.
func benchDashboard(ctx context.Context, b *bench) error {
	in, err := b.sqlite(ctx, "dashboard")
	if err != nil {
		return err
	}
	start := time.Now()
	if err := fillFleet(ctx, in.url, in.ClientID); err != nil {
		return err
	}
	b.logf("an account of 10,000 assets and 1,000 credentials filled in %.1f s", time.Since(start).Seconds())
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	defer product.stop()
	cookie, err := product.signIn(in)
	if err != nil {
		return err
	}
	var pages []measuredPage
	for _, name := range pageNames() {
		pages = append(pages, measuredPage{name: name, request: getPage("/"+in.AccountKey+"/"+string(name), cookie)})
	}
	sizes, err := product.sizes(pages)
	if err != nil {
		return err
	}
	bare, err := b.baseline(ctx, "dashboard", baselineSetup{Sizes: sizes})
	if err != nil {
		return err
	}
	defer bare.stop()
	return b.pages(ctx, product, bare, pages, sizes)
}

// sizes are how many bytes the pages have.
func (s *service) sizes(pages []measuredPage) ([]int, error) {
	c, err := dial(s.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var sizes []int
	for _, p := range pages {
		status, body, err := c.do(p.request)
		if err != nil {
			return nil, err
		}
		if status != 200 {
			return nil, fmt.Errorf("the page %s answers %d: %.500s", p.name, status, body)
		}
		sizes = append(sizes, len(body))
	}
	return sizes, nil
}

// pages compares page by page, then all of them in turn.
func (b *bench) pages(ctx context.Context, product, bare *service, pages []measuredPage, sizes []int) error {
	var ours, theirs [][]byte
	for i, p := range pages {
		ours, theirs = append(ours, p.request), append(theirs, get("/"+strconv.Itoa(i), ""))
	}
	var quiet []time.Duration
	var asked time.Time // when the overview was last asked for
	for i := range pages {
		c, err := compare(ctx, b.pairs, b.read(product, ours[i:i+1]), b.read(bare, theirs[i:i+1]))
		if err != nil {
			return err
		}
		pages[i].comparison = c
		b.logf("%s, %s bytes: %s, against %s", pages[i].name, thousands(float64(sizes[i])), c.product.answer(), c.baseline.answer())
		if i == 0 {
			asked = time.Now()
		}
		time.Sleep(time.Until(asked.Add(quietTime)))
		took, err := product.once(ours[0])
		if err != nil {
			return err
		}
		asked, quiet = time.Now(), append(quiet, took)
	}
	all, err := compare(ctx, b.pairs, b.read(product, ours), b.read(bare, theirs))
	if err != nil {
		return err
	}
	b.reportPages(pages, all, median(quiet, func(d time.Duration) time.Duration { return d }))
	return nil
}

// reportPages makes the two rows.
func (b *bench) reportPages(pages []measuredPage, all comparison, quiet time.Duration) {
	slowest := slices.MaxFunc(pages, func(a, b measuredPage) int { return cmp.Compare(a.product.p99, b.product.p99) })
	report := func(what string, c comparison, bar string, v verdict) {
		b.report(row{what: what, figure: c.product.answer(), baseline: c.baseline.answer(),
			ratio: fmt.Sprintf("%.2f", float64(c.product.p99)/float64(c.baseline.p99)), bar: bar, verdict: v})
	}
	report(fmt.Sprintf("pages with 10,000 assets and 1,000 credentials, one after another, 99th percentile of the slowest (%s)", slowest.name),
		slowest.comparison, "< 20 ms", judge(slowest.product.p99 < pageBar))
	report(fmt.Sprintf("all six pages in turn, 99th percentile (one overview after two quiet seconds: %s)", millis(quiet)), all, nothing, noBar)
}

// answer presents a round of answers by their time.
func (r round) answer() string { return millis(r.p99) + ", " + r.figure("pages") }

// read is a side that is asked for pages, in turn, for a part of a round's time. Each connection begins with another.
func (b *bench) read(s *service, requests [][]byte) side {
	return side{pid: s.pid(), run: func(ctx context.Context, _ int) (round, error) {
		senders := make([]sender, readers)
		for i := range senders {
			n := i
			senders[i] = func() []byte {
				n++
				return requests[n%len(requests)]
			}
		}
		o, err := load(ctx, s.addr, b.round()/pageParts, senders)
		return round{units: o.requests, rate: o.rate(), p99: o.p99()}, err
	}}
}

// once is how long one answer takes while nobody else asks.
func (s *service) once(request []byte) (time.Duration, error) {
	c, err := dial(s.addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	start := time.Now()
	status, _, err := c.do(request)
	if err == nil && status != 200 {
		err = fmt.Errorf("the page answers %d", status)
	}
	return time.Since(start), err
}
