package dashboard

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/usage"
	"github.com/yipii/yipii/internal/web"
)

// BenchmarkPages answers pages of an account with 10,000 assets and 1,000 credentials, from request to body. The bare
// ones render a page that is in memory: what is left when no question is asked. Of each the 99th percentile is told;
// run it with -benchtime 1000x.
func BenchmarkPages(b *testing.B) {
	s := newSite(b)
	s.crowd(10_000, 1_000)
	for _, path := range []string{"/acme/", "/acme/asset", "/acme/asset?page=200", "/acme/access", "/acme/access?clients=10", "/acme/audit", "/acme/member", "/acme/settings"} {
		b.Run(path, func(b *testing.B) {
			measured(b, func() {
				s.now = s.now.Add(time.Second) // so that the overview asks anew for every other
				s.want(200, s.ada, path)
			})
		})
	}
	page := overview{frame: frame{Title: "Overview", Caller: &bearer.Principal{User: &bearer.User{Name: "Ada"}}}, Now: s.now}
	now, err := s.pages.summary(b.Context(), bearer.Membership{AccountID: s.acme})
	s.must(err)
	page.Statuses, page.Assets = statusCounts(now.counts)
	page.Newest, page.Traffic = now.newest, trafficOf(make([]usage.Hour, 24))
	b.Run("bare overview", func(b *testing.B) {
		measured(b, func() { s.must(overviewPage(page).Render(context.Background(), io.Discard)) })
	})
	assets, _, err := s.pages.Fleet.List(b.Context(), s.acme, fleet.Filter{}, web.PageInput{Page: 1, PerPage: perPage})
	s.must(err)
	list := assetList{frame: page.frame, Now: s.now, Assets: assets, Pages: pager{Page: 1, Size: perPage, Total: 10_000, Noun: "asset"}}
	b.Run("bare assets", func(b *testing.B) {
		measured(b, func() { s.must(assetListPage(list).Render(context.Background(), io.Discard)) })
	})
}

// measured runs fn again and again and tells the 99th percentile of its time.
func measured(b *testing.B, fn func()) {
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		fn()
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

// crowd fills the account.
func (s *site) crowd(assets, credentials int) {
	s.tb.Helper()
	ctx := s.tb.Context()
	positions := make([]trail.Position, 0, assets)
	for i := range assets {
		a, err := s.pages.Fleet.Create(ctx, s.acme, fleet.Draft{Name: fmt.Sprintf("Van %05d", i), Group: fmt.Sprintf("Depot %d", i%40)})
		s.must(err)
		positions = append(positions, trail.Position{AssetID: a.ID, Time: s.now.Add(-time.Duration(i%3000) * time.Second).UnixMilli(),
			Latitude: 52 + float64(i%100)/100, Longitude: 13, Speed: trail.Some(float64(i % 60)), Ignition: trail.Some(i%2 == 0)})
	}
	_, err := s.pages.Trail.Ingest(ctx, s.acme, positions)
	s.must(err)
	for i := range credentials / 2 {
		c := s.client(s.acme, s.ada, fmt.Sprintf("Client %d", i))
		key, _, err := s.pages.Credentials.CreateKey(ctx, credential.Key{AccountID: s.acme, UserID: s.ada, Name: fmt.Sprintf("Key %d", i), Scopes: 1,
			ExpiresAt: s.now.Add(time.Duration(i+1) * time.Hour)})
		s.must(err)
		for hour := range 24 {
			at := s.now.Add(-time.Duration(hour) * time.Hour)
			s.pages.Usage.Count(usage.Use{AccountID: s.acme, Credential: c.ID, UserAgent: "bench", At: at})
			s.pages.Usage.Count(usage.Use{AccountID: s.acme, Credential: bearer.KeyName(key.ID), UserAgent: "bench", At: at})
		}
	}
	s.must(s.pages.Usage.Flush(ctx))
}
