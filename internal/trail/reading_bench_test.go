package trail

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// BenchmarkLast reads the last positions of 10,000 assets, against encoding the same from memory.
func BenchmarkLast(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		b.Run(name, func(b *testing.B) {
			n := newNode(b, open(b))
			const assets = 10_000
			var ids []int64
			err := n.db.Tx(b.Context(), func(tx *store.Tx) error {
				for i := range assets {
					var id int64
					if err := tx.QueryRowContext(b.Context(), `INSERT INTO assets (account_id, name, type, created_at, updated_at) VALUES ($1, $2, 'van', 0, 0) RETURNING id`,
						n.acme, fmt.Sprint("Van ", i)).Scan(&id); err != nil {
						return err
					}
					ids = append(ids, id)
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			var list []Position
			for i, id := range ids {
				list = append(list, Position{AssetID: id, Time: goodTime() - int64(i)*1000, Latitude: 52.5 + float64(i)/1e5, Longitude: 13.4 - float64(i)/1e5,
					Speed: Some(float64(i%90) + 0.5), Heading: Some(float64(i % 360)), Altitude: Some(34.5), Satellites: Some(int64(9)), Ignition: Some(i%3 > 0)})
			}
			n.ingest(list...)
			get := func() []byte {
				answer := n.send(httptest.NewRequest("GET", path("position?limit=10000"), nil))
				if answer.Code != 200 {
					b.Fatal(answer.Body)
				}
				return answer.Body.Bytes()
			}
			var page LastPage
			if err := json.Unmarshal(get(), &page); err != nil || len(page.Data) != assets {
				b.Fatal(len(page.Data), err)
			}
			b.Run("memory", func(b *testing.B) {
				for b.Loop() {
					if _, err := json.Marshal(page); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("http", func(b *testing.B) {
				for b.Loop() {
					get()
				}
			})
		})
	}
}

// BenchmarkSimplifiedTrail simplifies a month at a position a second to 1,000, against reading the same rows.
func BenchmarkSimplifiedTrail(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		b.Run(name, func(b *testing.B) {
			n := newNode(b, open(b))
			id := n.asset(n.acme, "")
			const count = 30 * 86_400
			n.month(b, id, count)
			from := goodTime() - count*1000
			b.Run("raw", func(b *testing.B) {
				for b.Loop() {
					rows := 0
					var ms int64
					var lat, lon float64
					err := n.db.Rows(b.Context(), `SELECT time, latitude, longitude FROM positions WHERE `+n.store.ofAsset(`$3`, `$4`)+` AND time >= $3 AND time < $4 ORDER BY `+byTime(n.db.Dialect),
						[]any{n.acme, id, from, goodTime()}, func(r *sql.Rows) error {
							rows++
							return r.Scan(&ms, &lat, &lon)
						})
					if err != nil || rows != count {
						b.Fatal(rows, err)
					}
				}
			})
			for _, format := range []string{"json", "polyline"} {
				b.Run(format, func(b *testing.B) {
					for b.Loop() {
						answer := n.send(httptest.NewRequest("GET", path("asset/%d/trail?max_points=1000&format=%s&from=%s", id, format, appendTime(nil, from)), nil))
						if answer.Code != 200 {
							b.Fatal(answer.Body)
						}
					}
				})
			}
		})
	}
}

// month stores a position a second, by the quickest way: it isn't what is measured.
func (n *node) month(b *testing.B, id int64, count int) {
	lat, lon := 52.5, 13.4
	next := func(i int) []any {
		if i%86_400 < 40_000 {
			direction := float64(i)/3000 + 0.4*math.Sin(float64(i)/11)
			lat, lon = lat+1e-4*math.Cos(direction), lon+1.6e-4*math.Sin(direction)
		}
		return []any{n.acme, id, goodTime() - int64(count-i)*1000, lat, lon, 50.5, 90.0, 34.5, 5.0, int64(9), int64(1), nil, nil, nil}
	}
	if n.db.Dialect == store.Postgres {
		for month := monthOf(goodTime()) - 2; month <= monthOf(goodTime()); month++ {
			if err := n.store.makePartition(b.Context(), month); err != nil {
				b.Fatal(err)
			}
		}
		names := []string{"account_id", "asset_id", "time", "latitude", "longitude", "speed", "heading", "altitude", "accuracy", "satellites", "ignition", "odometer", "battery", "sensors"}
		i := 0
		for i < count {
			end := min(count, i+300_000) // a transaction has 30 seconds
			if err := n.db.PostgresTx(b.Context(), func(tx pgx.Tx) error {
				_, err := tx.CopyFrom(b.Context(), pgx.Identifier{"positions"}, names, pgx.CopyFromFunc(func() ([]any, error) {
					if i == end {
						return nil, nil
					}
					i++
					return next(i - 1), nil
				}))
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	for from := 0; from < count; from += 200_000 {
		if err := n.db.Tx(b.Context(), func(tx *store.Tx) error {
			insert, err := tx.PrepareContext(b.Context(), `INSERT INTO positions (`+columns+`, day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $3 / 86400000)`)
			if err != nil {
				return err
			}
			defer insert.Close()
			for i := from; i < min(count, from+200_000); i++ {
				if _, err := insert.ExecContext(context.Background(), next(i)...); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
