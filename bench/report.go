package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// Thirty days of one asset: a position each second.
const (
	reportPoints = 2_592_000
	reportFor    = 30 * 86_400_000 // ms
	atWork       = 20              // reports that are made while others ask

	// The largest reports: trips of as many assets as they may be of, a whole year of them.
	largestAssets = 100
	largestFor    = 366 * 86_400_000 // ms
	largestPerDay = 4
)

// warm is a temperature in each position.
const warm = `'{"cargo.temperature":' || (n % 80) || '.5}'`

// reportFormats are the formats with how long a report of the trail may take from asking to the file's end, by format.
func reportFormats() []reportFormat {
	return []reportFormat{{"json", 2 * time.Second}, {"html", 2 * time.Second}, {"excel", 6 * time.Second}, {"pdf", 6 * time.Second}}
}

type reportFormat struct {
	name string
	bar  time.Duration
}

// timed is a report that is timed beside a raw scan of the rows that it is about.
type timed struct {
	reportFormat
	kind, what string
	scan       func(ctx context.Context, db *sql.DB, asset int64) (int, error)
}

func timedReports() (list []timed) {
	for _, f := range reportFormats() {
		list = append(list, timed{f, "trail", "trail of 30 days (2,592,000 points)", rawPlaces})
	}
	return append(list, timed{reportFormat{"json", 2 * time.Second}, "temperature", "temperatures of 30 days (2,592,000 readings)", rawReadings})
}

const (
	reportMemoryBar = 300_000_000 // bytes
	firstByteBar    = 50 * time.Millisecond
)

// benchReport measures reports about 30 days of an asset with a position each second: how long each format takes beside a raw scan of
// the same rows, how much memory the server has then, and how long others wait meanwhile.
func benchReport(ctx context.Context, b *bench) error {
	return b.onBoth(ctx, "report", func(name string, in *installation) error { return b.reports(ctx, name, in) })
}

func (b *bench) reports(ctx context.Context, name string, in *installation) error {
	product, err := in.serve(ctx)
	if err != nil {
		return err
	}
	defer product.stop()
	token, err := product.token(in, in.ClientID)
	if err != nil {
		return err
	}
	assets, err := product.assets(in, token, largestAssets)
	if err != nil {
		return err
	}
	to := time.Now().UTC().Truncate(24 * time.Hour).UnixMilli()
	month := history{assets: assets[:1], steps: reportPoints, every: reportFor / reportPoints, to: to, sensors: warm}
	if err := b.fillHistory(ctx, in, month); err != nil {
		return err
	}
	db, err := openRaw(in.url)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, f := range timedReports() {
		var scans, takes []time.Duration
		var size int
		for n := range b.pairs {
			scan, err := scanMonth(ctx, db, assets[0], f.scan)
			if err != nil {
				return err
			}
			made, err := makeReport(product, token, reportRequest(f.kind, month, f.name, fmt.Sprintf("%s %d", f.name, n)))
			if err != nil {
				return err
			}
			scans, takes, size = append(scans, scan), append(takes, made.took), made.size
		}
		took, scan := median(takes, same), median(scans, same)
		b.report(row{what: fmt.Sprintf("%s as a report in %s (%.1f MB), %s, from asking to the last byte, against a raw scan of the rows", f.what, f.name, float64(size)/1e6, name),
			figure: fmt.Sprintf("%.2f s", took.Seconds()), baseline: fmt.Sprintf("%.2f s", scan.Seconds()), ratio: fmt.Sprintf("%.2f", scan.Seconds()/took.Seconds()),
			bar: fmt.Sprintf("< %d s", int(f.bar.Seconds())), verdict: judge(took < f.bar)})
	}
	memory, err := resident(product.pid())
	if err != nil {
		return err
	}
	b.report(row{what: "resident memory after these reports, " + name, figure: megabytes(memory), baseline: nothing, ratio: nothing, bar: "< 300 MB", verdict: judge(memory < reportMemoryBar)})
	if err := b.reportsBeside(ctx, name, in, product, token, month); err != nil {
		return err
	}
	return b.largestReports(ctx, name, in, product, token, history{assets: assets, steps: 1, every: largestFor, to: to})
}

// largestReports measures how much memory the server takes for the largest reports, whatever it did before.
func (b *bench) largestReports(ctx context.Context, name string, in *installation, product *service, token string, year history) error {
	for { // the reports that others waited beside may be at work still
		var queued int
		if err := waitingReports(ctx, in, &queued); err != nil {
			return err
		}
		if queued == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := fillTrips(ctx, in, year.assets, year.from(), year.to, largestPerDay); err != nil {
		return err
	}
	for _, f := range reportFormats() {
		made, err := makeReport(product, token, reportRequest("trips", year, f.name, "largest, "+f.name))
		if err != nil {
			return err
		}
		b.logf("trips of %d assets in a year as %s: %.1f MB in %.1f s", len(year.assets), f.name, float64(made.size)/1e6, made.took.Seconds())
		if f.name == "json" {
			first, err := firstByte(product.addr, get(made.path, token))
			if err != nil {
				return err
			}
			b.report(row{what: fmt.Sprintf("first byte of the download of a report in json (%.1f MB), %s", float64(made.size)/1e6, name),
				figure: fmt.Sprintf("%.2f ms", first.Seconds()*1000), baseline: nothing, ratio: nothing, bar: "< 50 ms", verdict: judge(first < firstByteBar)})
		}
	}
	memory, err := mostResident(product.pid())
	if err == nil {
		b.report(row{what: fmt.Sprintf("highest resident memory of all this and of trips of 100 assets in a year (146,400; 50,000 are listed, a PDF has 500 pages) in each format, %s", name),
			figure: megabytes(memory), baseline: nothing, ratio: nothing, bar: "< 300 MB", verdict: judge(memory < reportMemoryBar)})
	}
	return err
}

func same[T any](v T) T { return v }

// reportsBeside compares how long GET /api/user takes while reports are made with how long it takes when nothing is.
func (b *bench) reportsBeside(ctx context.Context, name string, in *installation, product *service, token string, month history) error {
	ask := func() (outcome, error) {
		senders := make([]sender, 4)
		for i := range senders {
			senders[i] = always(get("/api/user", token))
		}
		return load(ctx, product.addr, 3*b.round(), senders)
	}
	if _, err := ask(); err != nil { // warm
		return err
	}
	idle, err := ask()
	if err != nil {
		return err
	}
	c, err := dial(product.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for n := range atWork {
		request := reportRequest("trail", month, reportFormats()[n%4].name, fmt.Sprint("beside ", n))
		if status, body, err := c.do(post("/api/v1/reports/generate", token, "application/json", request)); err != nil || status != 201 {
			return fmt.Errorf("a report is answered with %d: %s %w", status, body, err)
		}
	}
	busy, err := ask()
	if err != nil {
		return err
	}
	ratio := busy.p99().Seconds() / idle.p99().Seconds()
	b.report(row{what: fmt.Sprintf("99th percentile of GET /api/user, 4 connections, while %d reports are at work, %s, against idle", atWork, name),
		figure: fmt.Sprintf("%.2f ms", busy.p99().Seconds()*1000), baseline: fmt.Sprintf("%.2f ms", idle.p99().Seconds()*1000), ratio: fmt.Sprintf("%.2f", ratio), bar: "< 2", verdict: judge(ratio < 2)})
	memory, err := resident(product.pid())
	if err == nil {
		b.report(row{what: "resident memory meanwhile, " + name, figure: megabytes(memory), baseline: nothing, ratio: nothing, bar: "< 300 MB", verdict: judge(memory < reportMemoryBar)})
	}
	return err
}

func reportRequest(kind string, h history, format, title string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "format": format, "title": title, "asset_ids": h.assets, "date_from": moment(h.from()), "date_to": moment(h.to)})
	if err != nil {
		panic(err) // texts and numbers always have a JSON form
	}
	return text
}

// madeReport is a report that was made and downloaded.
type madeReport struct {
	took time.Duration // from asking to the last byte
	size int           // bytes
	path string        // of its download
}

// makeReport asks for a report, waits for it and downloads it.
func makeReport(s *service, token string, request []byte) (made madeReport, err error) {
	c, err := dial(s.addr)
	if err != nil {
		return made, err
	}
	defer c.Close()
	start := time.Now()
	status, body, err := c.do(post("/api/v1/reports/generate", token, "application/json", request))
	if err != nil || status != 201 {
		return made, fmt.Errorf("a report is answered with %d: %s %w", status, body, err)
	}
	var r struct{ ID, Status, Error string }
	if err := json.Unmarshal(body, &r); err != nil {
		return made, err
	}
	for r.Status != "completed" {
		if r.Status == "failed" {
			return made, fmt.Errorf("the report failed: %s", r.Error)
		}
		time.Sleep(10 * time.Millisecond)
		if _, body, err = c.do(get("/api/v1/reports/"+r.ID, token)); err != nil {
			return made, err
		}
		if err := json.Unmarshal(body, &r); err != nil {
			return made, err
		}
	}
	made.path = "/api/v1/reports/" + r.ID + "/download"
	status, file, err := c.do(get(made.path, token))
	if err == nil && status != 200 {
		err = fmt.Errorf("the download is answered with %d", status)
	}
	made.took, made.size = time.Since(start), len(file)
	return made, err
}

// firstByte is how long the first byte of an answer's body takes, on a new connection each time: the median of several.
func firstByte(addr string, request []byte) (time.Duration, error) {
	var list []time.Duration
	for range 11 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return 0, err
		}
		start := time.Now()
		_, err = c.Write(request)
		var answer []byte
		for part := make([]byte, 4096); err == nil; {
			if _, body, found := bytes.Cut(answer, []byte("\r\n\r\n")); found && len(body) > 0 {
				break
			}
			var n int
			n, err = c.Read(part)
			answer = append(answer, part[:n]...)
		}
		list = append(list, time.Since(start))
		c.Close()
		if err != nil {
			return 0, err
		}
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 200")) {
			return 0, fmt.Errorf("the download is answered with %.60s", answer)
		}
	}
	return median(list, same), nil
}

// scanMonth reads the rows that the report is about.
func scanMonth(ctx context.Context, db *sql.DB, asset int64, scan func(context.Context, *sql.DB, int64) (int, error)) (time.Duration, error) {
	start := time.Now()
	n, err := scan(ctx, db, asset)
	if err == nil && n != reportPoints {
		err = fmt.Errorf("%d rows of %d", n, reportPoints)
	}
	return time.Since(start), err
}
