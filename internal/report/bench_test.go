package report

import (
	"database/sql"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
	"github.com/yipii/yipii/internal/trail"
)

// BenchmarkMonth makes reports of a month of one asset with a position each second, 2.6 million of them, beside a raw scan of the same
// rows by database/sql. All rows of all tables are gone through.
func BenchmarkMonth(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.DB{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(b, open(b))
			id := h.asset("Van 12")
			from := time.Date(2026, 4, 1, 0, 0, 0, 0, zone(b, "Europe/Malta"))
			to := from.AddDate(0, 0, 30)
			began := time.Now()
			h.second(id, from, to)
			b.Logf("stored in %v", time.Since(began))
			b.Run("raw", func(b *testing.B) {
				for b.Loop() {
					h.scan(b, id, from, to)
				}
			})
			for _, kind := range Types() {
				r := h.request(kind, from, to, id)
				switch kind {
				case "beacon", "driver":
					continue // need a record
				}
				b.Run(kind, func(b *testing.B) {
					for b.Loop() {
						count := consume(b, h.report(r))
						b.ReportMetric(float64(count), "rows")
					}
				})
			}
			b.Run("fingerprint", func(b *testing.B) {
				for b.Loop() {
					h.fingerprint(h.request("summary", from, to, id))
				}
			})
		})
	}
}

// second stores a position each second: five hours of driving a day, in trips of an hour, the rest parked. Each tenth has a sensor.
func (h *house) second(id int64, from, to time.Time) {
	latitude, longitude := 35.9, 14.4
	batch := make([]trail.Position, 0, 10_000)
	for at := from; at.Before(to); at = at.Add(time.Second) {
		second := at.Hour()*3600 + at.Minute()*60 + at.Second()
		p := trail.Position{AssetID: id, Time: at.UnixMilli(), Speed: trail.Some(0.0), Ignition: trail.Some(false), Heading: trail.Some(90.0), Altitude: trail.Some(34.5)}
		if hour := second / 3600; hour >= 7 && hour%2 == 1 && hour < 17 {
			direction := float64(second) / 3000
			latitude, longitude = latitude+1e-4*math.Cos(direction), longitude+1.2e-4*math.Sin(direction)
			p.Speed, p.Ignition = trail.Some(50.5+40*math.Sin(float64(second)/100)), trail.Some(true)
		}
		if second%10 == 0 {
			p.Sensors = `{"cargo.temperature":4.5}`
		}
		p.Latitude, p.Longitude = latitude, longitude
		if batch = append(batch, p); len(batch) == cap(batch) {
			h.store(batch)
			batch = batch[:0]
		}
	}
	h.store(batch)
	h.ingest(id)
}

func (h *house) store(batch []trail.Position) {
	h.tb.Helper()
	if result, err := h.trail.Ingest(h.tb.Context(), h.acme, batch); err != nil || len(result.Rejected) > 0 {
		h.tb.Fatal(result.Rejected, err)
	}
}

// scan reads all columns of all positions, one after the other.
func (h *house) scan(b *testing.B, id int64, from, to time.Time) {
	var asset, at int64
	var latitude, longitude float64
	var speed, heading, altitude, accuracy, odometer, battery sql.NullFloat64
	var satellites, ignition sql.NullInt64
	var sensors sql.NullString
	count, days := int64(0), ``
	if h.db.Dialect == store.SQLite { // whose key has the day before the asset
		days = fmt.Sprintf(` AND day BETWEEN %d AND %d`, from.UnixMilli()/86_400_000, to.UnixMilli()/86_400_000)
	}
	err := h.db.Rows(b.Context(), `SELECT asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery, sensors
		FROM positions WHERE account_id = $1 AND asset_id = $2 AND time >= $3 AND time < $4`+days, []any{h.acme, id, from.UnixMilli(), to.UnixMilli()}, func(rows *sql.Rows) error {
		count++
		return rows.Scan(&asset, &at, &latitude, &longitude, &speed, &heading, &altitude, &accuracy, &satellites, &ignition, &odometer, &battery, &sensors)
	})
	if err != nil || count != int64(to.Sub(from)/time.Second) {
		b.Fatal(fmt.Sprint(count), err)
	}
}

// consume goes through all rows of a document.
func consume(tb testing.TB, doc *document.Document) (count int) {
	for _, s := range doc.Sections {
		if t, ok := s.(*document.Table); ok {
			for _, err := range t.Rows {
				if err != nil {
					tb.Fatal(err)
				}
				count++
			}
		}
	}
	return count
}
