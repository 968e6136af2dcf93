package trail

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// The baselines are what the databases do when nothing but the rows is asked of them.

// bodies makes calls of a thousand positions each, no position twice.
type bodies struct {
	assetID int64
	next    atomic.Int64
}

func (s *bodies) make() []byte {
	n := s.next.Add(1)
	return body1000(s.assetID, time.UnixMilli(goodTime()).UTC().Add(-time.Duration(n)*1000*time.Second))
}

func benchmarkIngest(b *testing.B, db *store.DB, parallel int) {
	n := newNode(b, db)
	source := &bodies{assetID: n.asset(n.acme, "")}
	list := make(chan []byte, b.N)
	for range b.N {
		list <- source.make()
	}
	b.SetParallelism(parallel)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if answer := n.send(httptest.NewRequest("POST", path("position"), bytes.NewReader(<-list))); answer.Code != http.StatusOK {
				b.Errorf("%d %s", answer.Code, answer.Body)
			}
		}
	})
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "positions/s")
}

// raw are the same rows as those of a body, ready to be inserted.
func (s *bodies) raw(b *testing.B, accountID int64) [][]any {
	got, err := decode(s.make(), false)
	if err != nil {
		b.Fatal(err)
	}
	rows := make([][]any, len(got.positions))
	for i := range got.positions {
		var args rowArgs
		rows[i] = args.of(&row{accountID: accountID, assetID: s.assetID, position: &got.positions[i]})
	}
	return rows
}

func durablePostgres(b *testing.B) *store.DB {
	return testkit.OpenPostgres(b, testkit.StartPostgres(b, true).URL("yipii"))
}

func BenchmarkIngestSQLite(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		db := testkit.SQLite(b)
		source := &bodies{assetID: 1}
		var batches [][][]any
		for range b.N {
			batches = append(batches, source.raw(b, 1))
		}
		b.ResetTimer()
		for _, rows := range batches {
			err := db.Tx(b.Context(), func(tx *store.Tx) error {
				insert, err := tx.PrepareContext(b.Context(), `INSERT INTO positions (`+columns+`, day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $3 / 86400000)`)
				if err != nil {
					return err
				}
				defer insert.Close()
				for _, args := range rows {
					if _, err := insert.Exec(args...); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "positions/s")
	})
	for _, parallel := range []int{1, 8} {
		b.Run(fmt.Sprint("http-", parallel), func(b *testing.B) { benchmarkIngest(b, testkit.SQLite(b), parallel) })
	}
}

func BenchmarkIngestPostgres(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		n := newNode(b, durablePostgres(b))
		if err := n.store.makePartition(b.Context(), monthOf(goodTime())); err != nil {
			b.Fatal(err)
		}
		if err := n.store.makePartition(b.Context(), monthOf(goodTime())-1); err != nil {
			b.Fatal(err)
		}
		source := &bodies{assetID: 1}
		var batches [][][]any
		for range b.N {
			batches = append(batches, source.raw(b, 1))
		}
		names := []string{"account_id", "asset_id", "time", "latitude", "longitude", "speed", "heading", "altitude", "accuracy", "satellites", "ignition", "odometer", "battery", "sensors"}
		b.ResetTimer()
		for _, rows := range batches {
			err := n.db.PostgresTx(b.Context(), func(tx pgx.Tx) error {
				_, err := tx.CopyFrom(b.Context(), pgx.Identifier{"positions"}, names, pgx.CopyFromRows(rows))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "positions/s")
	})
	for _, parallel := range []int{1, 8} {
		b.Run(fmt.Sprint("http-", parallel), func(b *testing.B) { benchmarkIngest(b, durablePostgres(b), parallel) })
	}
}

// BenchmarkTrailJSON reads 30,000 positions: raw in three queries with encoding/json, and in three pages.
func BenchmarkTrailJSON(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		b.Run(name, func(b *testing.B) {
			n := newNode(b, open(b))
			source := &bodies{assetID: n.asset(n.acme, "")}
			for range 30 {
				n.want(200, "POST", path("position"), string(source.make()))
			}
			b.Run("raw", func(b *testing.B) {
				for b.Loop() {
					n.rawTrail(b, source.assetID)
				}
			})
			b.Run("http", func(b *testing.B) {
				for b.Loop() {
					next := path("asset/%d/trail?limit=10000", source.assetID)
					for pages := 0; next != ""; pages++ {
						answer := n.send(httptest.NewRequest("GET", next, nil))
						link := answer.Header().Get("Link")
						if answer.Code != 200 || (link == "") != (pages == 2) {
							b.Fatalf("page %d: %d %.200s", pages, answer.Code, answer.Body)
						}
						if next = ""; link != "" {
							next = link[len("<"+publicURL) : len(link)-len(`>; rel="next"`)]
						}
					}
				}
			})
		})
	}
}

// rawTrail reads the rows as one would without this package.
func (n *node) rawTrail(b *testing.B, assetID int64) {
	type point struct {
		AssetID   int64     `json:"asset_id"`
		Timestamp time.Time `json:"timestamp"`
		Latitude  float64   `json:"latitude"`
		Longitude float64   `json:"longitude"`
		Speed     *float64  `json:"speed"`
		Heading   *float64  `json:"heading"`
		Altitude  *float64  `json:"altitude"`
		Accuracy  *float64  `json:"accuracy"`
		Satellite *int64    `json:"satellites"`
		Ignition  *int64    `json:"ignition"`
		Odometer  *float64  `json:"odometer"`
		Battery   *float64  `json:"battery"`
		Sensors   *string   `json:"sensors"`
	}
	after, total := int64(0), 0
	for range 3 {
		var list []point
		err := n.db.Rows(context.Background(), `SELECT `+readColumns+` FROM positions WHERE `+n.store.ofAsset(`$3`, latest)+` AND time > $3 ORDER BY `+byTime(n.db.Dialect)+` LIMIT 10000`,
			[]any{n.acme, assetID, after}, func(rows *sql.Rows) error {
				var p point
				err := rows.Scan(&p.AssetID, &after, &p.Latitude, &p.Longitude, &p.Speed, &p.Heading, &p.Altitude, &p.Accuracy, &p.Satellite, &p.Ignition, &p.Odometer, &p.Battery, &p.Sensors)
				p.Timestamp = time.UnixMilli(after).UTC()
				list = append(list, p)
				return err
			})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(list); err != nil {
			b.Fatal(err)
		}
		total += len(list)
	}
	if total != 30_000 {
		b.Fatalf("%d positions", total)
	}
}
