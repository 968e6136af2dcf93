package track

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// collect reads a whole file into memory.
func collect(name, text string) ([]Point, error) {
	var points []Point
	err := Read(name, strings.NewReader(text), func(p Point) error {
		points = append(points, p)
		return nil
	})
	return points, err
}

// show is a point in one line.
func show(p Point) string {
	optional := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.1f", *v)
	}
	return fmt.Sprintf("%s %s %.6f %.6f %s %s %s", p.Track, p.Time.Format(time.RFC3339Nano), p.Latitude, p.Longitude,
		optional(p.Altitude), optional(p.Speed), optional(p.Heading))
}

// fileCase is a file and what must become of it: points, or an error and the points before it.
type fileCase struct {
	name, file, text string
	points           []string
	fails            string
}

func (c fileCase) run(t *testing.T) {
	t.Helper()
	points, err := collect(c.file, c.text)
	switch {
	case c.fails == "" && err != nil:
		t.Fatalf("failed: %v", err)
	case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
		t.Fatalf("error %v, want %q", err, c.fails)
	}
	got := make([]string, len(points))
	for i, p := range points {
		got[i] = show(p)
	}
	if strings.Join(got, "\n") != strings.Join(c.points, "\n") {
		t.Fatalf("points\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.points, "\n"))
	}
}

func TestAnEmptyFileHasNoPoints(t *testing.T) {
	for _, text := range []string{
		"", "\ufeff", " \r\n\t\n", "lat,lng,datetime,uid", "lat,lng,datetime,uid\r\n\r\n",
		"<gpx/>", "<?xml version=\"1.0\"?>\n<gpx><trk><name>a</name><trkseg/></trk></gpx>", "<!-- nothing -->",
	} {
		if points, err := collect("a", text); !errors.Is(err, ErrNoPoints) || len(points) != 0 {
			t.Errorf("%q: %d points, error %v", text, len(points), err)
		}
	}
}

func TestGzipIsUnpackedWhateverTheName(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, "\ufefflat,lng,datetime,uid\n1,2,2020-01-01 00:00:00,a\n")
	w.Close()
	if points, err := collect("plain.txt", packed.String()); err != nil || len(points) != 1 {
		t.Fatalf("%d points, error %v", len(points), err)
	}
	if _, err := collect("a.gz", packed.String()[:packed.Len()-6]); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("a file cut short: %v", err)
	}
	if _, err := collect("a.gz", "\x1f\x8bnonsense that is no gzip"); !errors.Is(err, gzip.ErrHeader) {
		t.Fatalf("a broken head: %v", err)
	}
}

func TestPointsComeBeforeTheFileEnds(t *testing.T) {
	files := map[string][2]string{
		"csv": {"lat,lng,datetime,uid\n1,2,2020-01-01 00:00:00,a\n", "3,4,2020-01-01 00:00:01,a\n"},
		"gpx": {`<gpx><trk><trkseg><trkpt lat="1" lon="2"><time>2020-01-01T00:00:00Z</time></trkpt>`, `</trkseg></trk></gpx>`},
	}
	for name, parts := range files {
		t.Run(name, func(t *testing.T) {
			r, w := io.Pipe()
			came, done := make(chan Point), make(chan error)
			go func() {
				done <- Read(name, r, func(p Point) error { came <- p; return nil })
			}()
			io.WriteString(w, parts[0])
			if p := <-came; p.Latitude != 1 {
				t.Fatalf("first point %v", p)
			}
			go func() {
				for range came {
				}
			}()
			io.WriteString(w, parts[1])
			w.Close()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			close(came)
		})
	}
}

func TestTheCallersErrorComesBackAsItIs(t *testing.T) {
	stop := errors.New("stop")
	for _, text := range []string{
		"lat,lng,datetime,uid\n1,2,2020-01-01 00:00:00,a\n1,2,2020-01-01 00:00:00,a\n",
		`<gpx><trk><trkseg><trkpt lat="1" lon="2"><time>2020-01-01T00:00:00Z</time></trkpt></trkseg></trk></gpx>`,
	} {
		calls := 0
		err := Read("a", strings.NewReader(text), func(Point) error { calls++; return stop })
		if err != stop || calls != 1 {
			t.Errorf("%d calls, error %v", calls, err)
		}
	}
}

func TestAFailingReaderIsTold(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, text := range []string{"", "lat,lng,datetime,uid\n", "<gpx><trk>"} {
		r := io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
		if err := Read("a", r, func(Point) error { return nil }); !errors.Is(err, broken) {
			t.Errorf("after %q: %v", text, err)
		}
	}
}

func TestTrackName(t *testing.T) {
	for file, want := range map[string]string{
		"/data/Round trip.gpx": "Round trip", `C:\tracks\a.b.GPX.gz`: "a.b", "": "track", "x/.gpx": "track", "log.xml": "log",
	} {
		if got := trackName(file); got != want {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
}

func TestTwoTracksOfOneFile(t *testing.T) {
	countTracks(t, "testdata/two_people.csv", map[string]int{"001": 150, "005": 150})
}

// TestTheGeoLifeSample reads the whole public sample where it lies beside the checkout.
func TestTheGeoLifeSample(t *testing.T) {
	const sample = "../../../shared/data/geolife_sample.txt.gz"
	if _, err := os.Stat(sample); err != nil {
		t.Skipf("NOT RUN: the GeoLife sample is not there: %v", err)
	}
	countTracks(t, sample, map[string]int{"001": 108_607, "005": 109_046})
}

// countTracks reads a file and compares how many points each of its tracks has.
func countTracks(t *testing.T, path string, want map[string]int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got := map[string]int{}
	if err := Read(path, file, func(p Point) error {
		got[p.Track]++
		return checkPoint(p)
	}); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("points by track %v, want %v", got, want)
	}
}

// checkPoint holds a point to what Read promises.
func checkPoint(p Point) error {
	bounds := []struct {
		bound
		value *float64
	}{
		{latitudeBound(), &p.Latitude}, {longitudeBound(), &p.Longitude},
		{altitudeBound(), p.Altitude}, {speedBound(), p.Speed}, {headingBound(), p.Heading},
	}
	for _, b := range bounds {
		if b.value != nil {
			if err := b.check(*b.value); err != nil {
				return err
			}
		}
	}
	if year := p.Time.Year(); year < 1970 || year > 9999 || p.Time.Location() != time.UTC {
		return fmt.Errorf("time %v", p.Time)
	}
	if p.Track == "" {
		return errors.New("no track name")
	}
	return checkName(p.Track)
}
