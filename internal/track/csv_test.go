package track

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

const head = "lat,lng,datetime,uid\n"

func TestCSV(t *testing.T) {
	for _, c := range []fileCase{
		{name: "plain", text: head + "39.984094,116.319236,2008-10-23 05:53:05,001\n-1,-2,2008-10-23 05:53:06.5,b",
			points: []string{"001 2008-10-23T05:53:05Z 39.984094 116.319236 - - -", "b 2008-10-23T05:53:06.5Z -1.000000 -2.000000 - - -"}},
		{name: "columns in any order, more of them, a mark, CRLF, blank lines",
			text: "\ufeff\r\nuid,note,Heading, datetime ,lng,speed,lat,altitude\r\n\r\n" +
				"van 1,\"a, \"\"b\"\"\",180,2024-02-29T23:00:00+02:00,14.5,36.5,35.9,12\r\nvan 1,,,2024-02-29T23:00:00Z,14.5,,35.9,\r\n",
			points: []string{"van 1 2024-02-29T21:00:00Z 35.900000 14.500000 12.0 36.5 180.0", "van 1 2024-02-29T23:00:00Z 35.900000 14.500000 - - -"}},
		{name: "spaces round values", text: head + ` 1 , +2.5e1 , 2020-01-01 00:00:00 ,"a"` + "\n",
			points: []string{"a 2020-01-01T00:00:00Z 1.000000 25.000000 - - -"}},
		{name: "the bounds themselves", text: head + "-90,180,1970-01-01 00:00:00,a\n90,-180,9999-12-31 23:59:59,a\n",
			points: []string{"a 1970-01-01T00:00:00Z -90.000000 180.000000 - - -", "a 9999-12-31T23:59:59Z 90.000000 -180.000000 - - -"}},
		{name: "the points before a fault", text: head + "1,2,2020-01-01 00:00:00,a\n\n95.2,2,2020-01-01 00:00:01,a\n",
			points: []string{"a 2020-01-01T00:00:00Z 1.000000 2.000000 - - -"}, fails: "line 4: latitude 95.2 is outside -90 to 90"},
	} {
		t.Run(c.name, c.run)
	}
}

func TestCSVRefuses(t *testing.T) {
	const full = "lat,lng,datetime,uid,altitude,speed,heading\n"
	for text, want := range map[string]string{
		head + "1,-180.1,2020-01-01 00:00:00,a":                      "line 2: longitude -180.1 is outside -180 to 180",
		head + "NaN,2,2020-01-01 00:00:00,a":                         `line 2: latitude "NaN" is not a number`,
		head + "1,+Inf,2020-01-01 00:00:00,a":                        `line 2: longitude "+Inf" is not a number`,
		head + "0x1p3,2,2020-01-01 00:00:00,a":                       `line 2: latitude "0x1p3" is not a number`,
		head + "1e999,2,2020-01-01 00:00:00,a":                       `line 2: latitude +Inf is outside -90 to 90`,
		head + "1.2.3,2,2020-01-01 00:00:00,a":                       `line 2: latitude "1.2.3" is not a number`,
		head + ",2,2020-01-01 00:00:00,a":                            "line 2: latitude is missing",
		head + "1,2,,a":                                              "line 2: the time is missing",
		head + "1,2,2020-02-30 00:00:00,a":                           `line 2: time "2020-02-30 00:00:00" is neither`,
		head + "1,2,2020-01-01 24:00:00,a":                           "is neither",
		head + "1,2,2020-01-01T00:00:00,a":                           "is neither",
		head + "1,2,1577836800,a":                                    "is neither",
		head + "1,2,2020-01-01 00:00:00+01:00,":                      "is neither",
		head + "1,2,1969-12-31 23:59:59,a":                           "is outside the years 1970 to 9999",
		head + "1,2,9999-12-31T23:59:59-01:00,":                      "is outside the years 1970 to 9999",
		head + "1,2,2020-01-01 00:00:00,":                            "line 2: uid is missing",
		head + "1,2,2020-01-01 00:00:00,\x00":                        "the track's name has a control character",
		head + "1,2,2020-01-01 00:00:00,\xff":                        "the track's name is not UTF-8",
		head + "1,2,2020-01-01 00:00:00," + strings.Repeat("n", 201): "the track's name has 201 bytes",
		head + "1,2,2020-01-01 00:00:00":                             "line 2: the row has 3 fields, the header 4",
		head + "1,2,2020-01-01 00:00:00,a,b":                         "line 2: the row has 5 fields, the header 4",
		head + `1,2,2020-01-01 00:00:00,"a` + "\n":                   "line 2: a quoted field is not closed",
		head + `1,2,2020-01-01 00:00:00,"a"b`:                        "line 2: a quote inside",
		full + "1,2,2020-01-01 00:00:00,a,-20001,,":                  "line 2: altitude -20001 is outside -20000 to 100000",
		full + "1,2,2020-01-01 00:00:00,a,,-1,":                      "line 2: speed -1 is outside 0 to 2000",
		full + "1,2,2020-01-01 00:00:00,a,,,360.5":                   "line 2: heading 360.5 is outside 0 to 360",
		"lat,lng,uid\n":                                              `line 1: the header has no column "datetime"`,
		"\n\nlat,LAT,lng\n":                                          `line 3: the header names the column "lat" twice`,
		"1,2,2020-01-01 00:00:00,a":                                  `line 1: the header has no column "lat"`,
		"\xff\xfel\x00a\x00t\x00,\x00":                               "line 1: the header has no column",
		head + strings.Repeat("1", bufferSize+1):                     "line 2: the line is longer than 65536 bytes",
		"lat" + strings.Repeat(" ", bufferSize) + ",":                "line 1: the line is longer than 65536 bytes",
	} {
		fileCase{text: text, fails: want}.run(t)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(head + "1,2,2020-01-01 00:00:00,a\n"))
	f.Add([]byte("uid,speed,heading,altitude,lng,lat,datetime\r\n\"a\"\"b\",1,2,3,4,5,2020-01-01T00:00:00.5+05:30\r\n"))
	f.Add([]byte("\ufeff\n" + head + "95.2,1e5,2020-01-01,\"x"))
	f.Fuzz(fuzzRead)
}

// fuzzRead reads any bytes, and holds every point to its bounds.
func fuzzRead(t *testing.T, text []byte) {
	counted := 0
	err := Read("fuzz", bytes.NewReader(text), func(p Point) error {
		counted++
		if err := checkPoint(p); err != nil {
			t.Fatalf("point %d: %v", counted, err)
		}
		return nil
	})
	if err == nil && counted == 0 {
		t.Fatal("neither a point nor an error")
	}
}

func BenchmarkCSV(b *testing.B) {
	excerpt, err := os.ReadFile("testdata/two_people.csv")
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, excerpt)
}

// benchmark reads the same file again and again, and says how many points a second that makes.
func benchmark(b *testing.B, file []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	counted := 0
	for b.Loop() {
		if err := Read("a", bytes.NewReader(file), func(Point) error { counted++; return nil }); err != nil && err != io.EOF {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(counted)/b.Elapsed().Seconds(), "points/s")
}
