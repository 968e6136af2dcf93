package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
)

const goodPosition = `{"asset_id":7,"timestamp":"2026-03-01T09:30:00.1239+01:00","latitude":52.52,"longitude":-13.405}`

func goodTime() int64 { return time.Date(2026, 3, 1, 8, 30, 0, 123_000_000, time.UTC).UnixMilli() }

func TestDecodeShapes(t *testing.T) {
	one := Position{AssetID: 7, Time: goodTime(), Latitude: 52.52, Longitude: -13.405}
	for _, test := range []struct {
		name, body string
		stream     bool
		want       int
		single     bool
	}{
		{"object", goodPosition, false, 1, true},
		{"object with white space", " \r\n" + goodPosition + "\n\t", false, 1, true},
		{"stream of one", goodPosition + "\n", true, 1, false},
		{"stream", goodPosition + "\n" + goodPosition + "\r\n\n" + goodPosition, false, 3, false},
		{"array", "[" + goodPosition + "," + goodPosition + "]", false, 2, false},
		{"array of one", "[" + goodPosition + "]", false, 1, false},
		{"empty array", " [ ] ", false, 0, false},
	} {
		b, err := decode([]byte(test.body), test.stream)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if len(b.positions) != test.want || b.count != test.want || b.single != test.single || len(b.rejected) > 0 {
			t.Errorf("%s: %+v", test.name, b)
		}
		for _, p := range b.positions {
			if diff := cmp.Diff(one, p); diff != "" {
				t.Errorf("%s: %s", test.name, diff)
			}
		}
	}
}

func TestDecodeAllFields(t *testing.T) {
	b, err := decode([]byte(`{"tracker":"imei \u0041","\u0061sset_id":null,"timestamp":"2026-03-01T08:30:00.123Z","latitude":-0.5,"longitude":1e2,
		"speed":0,"heading":359.9,"altitude":-12,"accuracy":3.5,"satellites":9,"ignition":false,"odometer":120345.6,"battery":null,
		"sensors":{"fuel":12.50,"t \"1\"":-4e0}}`), false)
	if err != nil || len(b.positions) != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	want := Position{Tracker: "imei A", Time: goodTime(), Latitude: -0.5, Longitude: 100, Speed: Some(0.0), Heading: Some(359.9),
		Altitude: Some(-12.0), Accuracy: Some(3.5), Satellites: Some[int64](9), Ignition: Some(false), Odometer: Some(120345.6),
		Sensors: `{"fuel":12.5,"t \"1\"":-4}`}
	if diff := cmp.Diff(want, b.positions[0]); diff != "" {
		t.Error(diff)
	}
}

// with is a good position with something put before its end.
func with(more string) string { return strings.TrimSuffix(goodPosition, "}") + more + "}" }

func TestDecodeRejectsItemsByThemselves(t *testing.T) {
	for _, test := range []struct{ item, message string }{
		{`5`, "A position must be a JSON object."},
		{`null`, "A position must be a JSON object."},
		{`[` + goodPosition + `]`, "A position must be a JSON object."},
		{`{}`, "The timestamp field is required."},
		{`{"timestamp":"2026-03-01T08:30:00Z","latitude":null,"longitude":1}`, "The latitude field is required."},
		{with(`,"lattitude":1`), `The field "lattitude" is unknown.`},
		{with(`,"Speed":1`), `The field "Speed" is unknown.`},
		{with(`,"` + strings.Repeat("x", 100) + `":{"a":[1,2]}`), `The field "` + strings.Repeat("x", 40) + `…" is unknown.`},
		{with(`,"speed":1,"speed":1`), "The speed field is given twice."},
		{with(`,"speed":null,"speed":1`), "The speed field is given twice."},
		{with(`,"\u0061sset_id":7`), "The asset_id field is given twice."},
		{with(`,"speed":"12"`), "The speed field must be a number."},
		{with(`,"speed":{"kmh":12}`), "The speed field must be a number."},
		{with(`,"satellites":1.5`), "The satellites field must be a whole number."},
		{with(`,"ignition":1`), "The ignition field must be true or false."},
		{with(`,"tracker":5`), "The tracker field must be a text."},
		{with(`,"tracker":""`), "The tracker field must not be empty."},
		{with(`,"sensors":[1]`), "The sensors field must be an object of numbers."},
		{with(`,"sensors":{"a":{"b":1}}`), "The value of a sensor must be a number."},
		{with(`,"sensors":{"a":1e999}`), "The value of a sensor must be a number."},
		{with(`,"sensors":{"a":1,"\u0061":1}`), "A sensor is given twice."},
		{with(`,"sensors":{"":1}`), "The name of a sensor must have 1 to 64 characters."},
		{with(`,"sensors":{"a\u0000":1}`), "The name of a sensor must not contain control characters."},
		{with(`,"sensors":` + manySensors(65)), tooManySensors},
		{strings.Replace(goodPosition, "7", "0", 1), "The asset_id field must be a whole number."},
		{strings.Replace(goodPosition, "7", `"7"`, 1), "The asset_id field must be a number."},
		{strings.Replace(goodPosition, "+01:00", "", 1), "The timestamp field must be an RFC 3339 time with its zone, such as 2026-03-01T08:30:00Z."},
		{strings.Replace(goodPosition, "T09", "T9", 1), "The timestamp field must be an RFC 3339 time with its zone, such as 2026-03-01T08:30:00Z."},
	} {
		b, err := decode([]byte("["+goodPosition+","+test.item+","+goodPosition+"]"), false)
		if err != nil {
			t.Errorf("%s: %v", test.item, err)
			continue
		}
		if len(b.rejected) != 1 || b.rejected[0].Index != 1 || b.rejected[0].Message != test.message {
			t.Errorf("%s: %+v", test.item, b.rejected)
		}
		if diff := cmp.Diff([]int{0, 2}, b.items); diff != "" || len(b.positions) != 2 {
			t.Errorf("%s: the others: %s", test.item, diff)
		}
	}
	if b, err := decode([]byte(with(`,"sensors":`+manySensors(64))), false); err != nil || len(b.positions) != 1 {
		t.Errorf("64 sensors: %+v %v", b, err)
	}
}

func manySensors(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"s%d":%d`, i, i))
	}
	return "{" + strings.Join(list, ",") + "}"
}

func TestDecodeRefusesBrokenBodies(t *testing.T) {
	for _, body := range []string{"", " \n", "{", "[", "[" + goodPosition, "[" + goodPosition + ",]", "[" + goodPosition + "]x", "[]{}", "[][]",
		goodPosition + "," + goodPosition, goodPosition + "\n" + goodPosition[:40], "nul", "\"a", "{'a':1}", "{\"a\":\"\xff\"}", "\x00",
		with(`,"speed":01`), with(`,"speed":.5`), with(`,"speed":NaN`), with(`,"sensors":{"a":1`), "asset_id=7",
		strings.Repeat("[", 100_000)} {
		if _, err := decode([]byte(body), false); !fault.Is(err, fault.Malformed) {
			t.Errorf("%.60q: %v", body, err)
		}
	}
	item := strings.Repeat(","+goodPosition, MaxPositions)
	if b, err := decode([]byte("["+item[1:]+"]"), false); err != nil || len(b.positions) != MaxPositions {
		t.Errorf("%d positions: %v", MaxPositions, err)
	}
	if _, err := decode([]byte("[5"+item+"]"), false); !fault.Is(err, fault.TooLarge) {
		t.Errorf("one too many: %v", err)
	}
}

func TestCheck(t *testing.T) {
	now := goodTime()
	good := Position{AssetID: 1, Time: now}
	if why := good.check(now); why != nil {
		t.Fatal(why)
	}
	for name, spoil := range map[string]func(*Position){
		"asset_id":   func(p *Position) { p.AssetID = 0 },
		"tracker":    func(p *Position) { p.Tracker = "t" },
		"timestamp":  func(p *Position) { p.Time = earliest - 1 },
		"latitude":   func(p *Position) { p.Latitude = 90.0001 },
		"longitude":  func(p *Position) { p.Longitude = math.NaN() },
		"speed":      func(p *Position) { p.Speed = Some(-0.1) },
		"heading":    func(p *Position) { p.Heading = Some(360.1) },
		"altitude":   func(p *Position) { p.Altitude = Some(math.Inf(1)) },
		"accuracy":   func(p *Position) { p.Accuracy = Some(-1.0) },
		"satellites": func(p *Position) { p.Satellites = Some[int64](-1) },
		"odometer":   func(p *Position) { p.Odometer = Some(-1.0) },
		"battery":    func(p *Position) { p.Battery = Some(100.5) },
	} {
		p := good
		spoil(&p)
		if why := p.check(now); why == nil || why.field != name {
			t.Errorf("%s: %+v", name, why)
		}
	}
	late := good
	late.Time = now + tooFuture.Milliseconds()
	if why := late.check(now); why != nil {
		t.Error(why)
	}
	if late.Time++; late.check(now) == nil {
		t.Error("more than an hour in the future passes")
	}
}

func maybe[T any](g *rapid.Generator[T]) *rapid.Generator[Maybe[T]] {
	return rapid.Custom(func(t *rapid.T) Maybe[T] {
		if rapid.Bool().Draw(t, "known") {
			return Some(g.Draw(t, "value"))
		}
		return Maybe[T]{}
	})
}

// anyPosition makes positions that check lets pass.
func anyPosition(now int64) *rapid.Generator[Position] {
	return rapid.Custom(func(t *rapid.T) Position {
		readings := rapid.MapOfN(rapid.StringMatching(`[a-z "\\é/<]{1,20}`), rapid.Float64(), 0, 5).Draw(t, "sensors")
		sensors, err := MakeSensors(readings)
		if err != nil {
			t.Fatal(err)
		}
		return Position{
			AssetID: rapid.Int64Range(1, 1<<53).Draw(t, "asset_id"), Time: rapid.Int64Range(earliest, now).Draw(t, "time"),
			Latitude: rapid.Float64Range(-90, 90).Draw(t, "latitude"), Longitude: rapid.Float64Range(-180, 180).Draw(t, "longitude"),
			Speed: maybe(rapid.Float64Range(0, 2000)).Draw(t, "speed"), Heading: maybe(rapid.Float64Range(0, 360)).Draw(t, "heading"),
			Altitude: maybe(rapid.Float64Range(-20_000, 100_000)).Draw(t, "altitude"), Accuracy: maybe(rapid.Float64Range(0, 1_000_000)).Draw(t, "accuracy"),
			Odometer: maybe(rapid.Float64Range(0, 100_000_000)).Draw(t, "odometer"), Battery: maybe(rapid.Float64Range(0, 100)).Draw(t, "battery"),
			Satellites: maybe(rapid.Int64Range(0, 1000)).Draw(t, "satellites"), Ignition: maybe(rapid.Bool()).Draw(t, "ignition"), Sensors: sensors,
		}
	})
}

// What is given out can be sent in again, and is the same then; and it is what the standard library would write.
func TestEncodeDecodeRoundTrip(t *testing.T) {
	now := goodTime()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPosition(now).Draw(t, "position")
		text := appendPosition(nil, &p)
		b, err := decode(text, false)
		if err != nil || len(b.positions) != 1 {
			t.Fatalf("%s: %v %+v", text, err, b)
		}
		back := b.positions[0]
		if !reflect.DeepEqual(p.Sensors.Readings(), back.Sensors.Readings()) {
			t.Fatalf("sensors %s became %s", p.Sensors, back.Sensors)
		}
		back.Sensors = p.Sensors
		if back != p {
			t.Fatalf("%s", cmp.Diff(p, back))
		}
		if why := back.check(now); why != nil {
			t.Fatalf("%s: %+v", text, why)
		}
		standard, err := json.Marshal(p.given())
		if err != nil || !bytes.Equal(standard, text) {
			t.Fatalf("%s, the standard library %s, %v", text, standard, err)
		}
		var given fleet.Position
		if err := json.Unmarshal(text, &given); err != nil || !cmp.Equal(&given, p.given()) {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

// body1000 is a usual call: a thousand positions with what most trackers report.
func body1000(assetID int64, start time.Time) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range 1000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"asset_id":%d,"timestamp":"%s","latitude":%.6f,"longitude":%.6f,"speed":%.1f,"heading":%d,"altitude":%.1f,"ignition":true}`,
			assetID, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339), 52.5+float64(i)/1e5, 13.4+float64(i)/1e5, float64(i%90)+0.5, i%360, 34.2)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkDecode1000(b *testing.B) {
	body := body1000(7, time.UnixMilli(goodTime()))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := decode(body, false); err != nil || len(got.positions) != 1000 {
			b.Fatal(err)
		}
	}
}

// TestShortDecimal: the short way gives what strconv gives, to the last bit, wherever it gives anything.
func TestShortDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,16})(\.[0-9]{1,16})?`).Draw(t, "number")
		got, ok := shortDecimal([]byte(text))
		want, err := strconv.ParseFloat(text, 64)
		if ok && (err != nil || math.Float64bits(got) != math.Float64bits(want)) {
			t.Fatalf("%s is read as %v, want %v", text, got, want)
		}
		if digits := len(strings.Trim(text, "-.")); !ok && digits < 15 {
			t.Fatalf("%s is not read", text)
		}
	})
	for _, other := range []string{"1e5", "1E-2", "12345678901234567", "0.12345678901234567"} {
		if _, ok := shortDecimal([]byte(other)); ok {
			t.Errorf("%s is read the short way", other)
		}
	}
}
