package track

import (
	"fmt"
	"strings"
	"testing"
)

const (
	gpx10 = `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.0" creator="logger" xmlns="http://www.topografix.com/GPX/1/0">
 <wpt lat="1" lon="1"><name>a waypoint</name></wpt>
 <trk><name> Early
   run </name><number>1</number>
  <trkseg>
   <trkpt lat="35.9" lon="14.5"><ele>12.5</ele><time>2024-05-01T06:00:00Z</time><course>90</course><speed>10</speed></trkpt>
   <trkpt lat="35.91" lon="14.51"><time>2024-05-01T08:00:01.25+02:00</time></trkpt>
  </trkseg>
  <trkseg><trkpt lon="-0.5" lat="+1"><time>2024-05-01T06:00:02</time><name>inner</name></trkpt></trkseg>
 </trk>
</gpx>`
	gpx11 = `<gpx xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
 <metadata><name>not a track</name><time>2001-01-01T00:00:00Z</time></metadata>
 <rte><name>a route</name><rtept lat="1" lon="1"/></rte>
 <trk><trkseg><trkpt lat="1" lon="2"><time>2024-05-01T06:00:00Z</time><extensions>
  <gpxtpx:TrackPointExtension><gpxtpx:hr>120</gpxtpx:hr><gpxtpx:speed>2.5</gpxtpx:speed><gpxtpx:course>359.9</gpxtpx:course></gpxtpx:TrackPointExtension>
 </extensions></trkpt></trkseg></trk>
 <trk><name>Same</name><trkseg><trkpt lat="1" lon="2"><time>2024-05-01T06:00:01Z</time></trkpt></trkseg></trk>
 <trk><name/><trkseg><trkpt lat="1" lon="2"><ele/><time>2024-05-01T06:00:02Z</time></trkpt></trkseg></trk>
 <trk><name><![CDATA[Same]]></name><trkseg><trkpt lat="1" lon="2"><time>2024-05-01T06:00:03Z</time></trkpt></trkseg></trk>
</gpx>`
	pointTime = `<time>2020-01-01T00:00:00Z</time>`
)

// onePoint wraps the inside of one point in a whole file.
func onePoint(attributes, inner string) string {
	return "<gpx><trk><trkseg><trkpt " + attributes + ">" + inner + "</trkpt></trkseg></trk></gpx>"
}

func TestGPX(t *testing.T) {
	for _, c := range []fileCase{
		{name: "1.0", file: "log.gpx", text: "\ufeff\n" + gpx10, points: []string{
			"Early run 2024-05-01T06:00:00Z 35.900000 14.500000 12.5 36.0 90.0",
			"Early run 2024-05-01T06:00:01.25Z 35.910000 14.510000 - - -",
			"Early run 2024-05-01T06:00:02Z 1.000000 -0.500000 - - -"}},
		{name: "1.1", file: "dir/log.gpx.gz", text: gpx11, points: []string{
			"log 2024-05-01T06:00:00Z 1.000000 2.000000 - 9.0 359.9",
			"Same 2024-05-01T06:00:01Z 1.000000 2.000000 - - -",
			"log 2 2024-05-01T06:00:02Z 1.000000 2.000000 - - -",
			"Same 2024-05-01T06:00:03Z 1.000000 2.000000 - - -"}},
		{name: "the points before a fault", file: "a",
			text:   `<gpx><trk><trkseg><trkpt lat="1" lon="2">` + pointTime + `</trkpt><trkpt lat="1" lon="2"/></trkseg></trk></gpx>`,
			points: []string{"a 2020-01-01T00:00:00Z 1.000000 2.000000 - - -"}, fails: "byte 82: the point has no time"},
	} {
		t.Run(c.name, c.run)
	}
}

func TestGPXRefuses(t *testing.T) {
	const place = `lat="1" lon="2"`
	for text, want := range map[string]string{
		onePoint(place, ""):                                                   "byte 18: the point has no time",
		onePoint(place, "<time/>"):                                            "byte 41: the time is missing",
		"\ufeff  " + onePoint(place, "<time/>"):                               "byte 46: the time is missing",
		onePoint(place, "<time>yesterday</time>"):                             `time "yesterday" is neither`,
		onePoint(`lat="1"`, pointTime):                                        "longitude is missing",
		onePoint(`lat="90.5" lon="1"`, pointTime):                             "byte 18: latitude 90.5 is outside -90 to 90",
		onePoint(place, pointTime+"<ele>high</ele>"):                          `altitude "high" is not a number`,
		onePoint(place, pointTime+"<speed>-1</speed>"):                        "speed in m/s -1 is outside 0 to 555",
		onePoint(place, pointTime+"<course>400</course>"):                     "heading 400 is outside 0 to 360",
		onePoint(place, pointTime+"<ele>1<b/>2</ele>"):                        `the element "b" stands inside a value`,
		onePoint(place, "<time>&now;</time>"):                                 "the XML is broken: invalid character entity &now;",
		onePoint(place, pointTime+"<a>"):                                      "the XML is broken: element <a> closed by </trkpt>",
		onePoint(place, pointTime)[:80]:                                       "the XML is broken: unexpected EOF",
		onePoint(place, "<time>"+strings.Repeat(" ", 5000)):                   "a value is longer than 4096 bytes",
		"<gpx><!--" + strings.Repeat("-x", maxToken):                          "a tag or a text is longer than 1048576 bytes",
		"<gpx>" + strings.Repeat("<a>", 64):                                   "elements are nested deeper than 64",
		"<gpx/><gpx/>":                                                        "byte 6: a second root element",
		"<kml/>":                                                              `byte 0: the root element is "kml", not gpx`,
		`<?xml version="1.0" encoding="latin1"?><gpx/>`:                       `the encoding "latin1" is not UTF-8`,
		"<gpx><trk><name>" + strings.Repeat("n", 201) + "</name></trk></gpx>": "byte 10: the track's name has 201 bytes",
		"<gpx><trk><name>a</name><name>b</name></trk></gpx>":                  "byte 24: the track is named a second time",
		`<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><gpx><trk><name>&b;</name></trk></gpx>`: "invalid character entity &b;",
	} {
		fileCase{file: "a.gpx", text: text, fails: want}.run(t)
	}
	unnamed := `<gpx><trk><trkseg><trkpt lat="1" lon="2">` + pointTime + `</trkpt></trkseg>`
	if _, err := collect("a", unnamed+"<name>late</name></trk></gpx>"); err == nil || !strings.Contains(err.Error(), "after its points") {
		t.Errorf("a name after the points: %v", err)
	}
	if _, err := collect(strings.Repeat("n", 201), unnamed+"</trk></gpx>"); err == nil || !strings.Contains(err.Error(), "201 bytes") {
		t.Errorf("a file's name too long for a track: %v", err)
	}
}

func FuzzGPX(f *testing.F) {
	f.Add([]byte(gpx10))
	f.Add([]byte(gpx11))
	f.Add([]byte(`<gpx><trk><trkseg><trkpt lat="1" lon="2"><time>2020-01-01 00:00:00</time><a><b/></a><!-- --></trkpt>`))
	f.Fuzz(fuzzRead)
}

func BenchmarkGPX(b *testing.B) {
	var file strings.Builder
	file.WriteString("<gpx><trk><name>a</name><trkseg>\n")
	for i := range 300 {
		fmt.Fprintf(&file, `<trkpt lat="35.%06d" lon="14.5"><ele>12.5</ele><time>2024-05-01T06:%02d:%02dZ</time></trkpt>`+"\n", i, i/60, i%60)
	}
	file.WriteString("</trkseg></trk></gpx>\n")
	benchmark(b, []byte(file.String()))
}
