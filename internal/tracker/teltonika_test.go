package tracker

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"maps"
	"testing"
	"time"
)

// The packets of the maker's own documentation, byte for byte:
// https://wiki.teltonika-gps.com/view/Teltonika_Data_Sending_Protocols
const (
	vendorOne      = "000000000000003608010000016B40D8EA30010000000000000000000000000000000105021503010101425E0F01F10000601A014E0000000000000000010000C7CF"
	vendorSecond   = "000000000000002808010000016B40D9AD80010000000000000000000000000000000103021503010101425E100000010000F22A"
	vendorTwo      = "000000000000004308020000016B40D57B480100000000000000000000000000000001010101000000000000016B40D5C198010000000000000000000000000000000101010101000000020000252C"
	vendorExtended = "000000000000004A8E010000016B412CEE000100000000000000000000000000000000010005000100010100010011001D00010010015E2C880002000B000000003544C87A000E000000001DD7E06A00000100002994"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	packet, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// split checks a packet's header and returns the rest.
func split(t testing.TB, packet []byte) []byte {
	t.Helper()
	length, err := TeltonikaLength([8]byte(packet[:8]))
	if err != nil || length != len(packet)-12 {
		t.Fatalf("%d bytes of data in a packet of %d: %v", length, len(packet), err)
	}
	return packet[8:]
}

func TestVendorsPackets(t *testing.T) {
	at := func(clock string) int64 {
		moment, err := time.Parse("2006-01-02 15:04:05", "2019-06-10 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return moment.UnixMilli()
	}
	for name, c := range map[string]struct {
		packet   string
		times    []int64
		odometer float64
		sensors  map[string]float64
	}{
		"one record":    {vendorOne, []int64{at("10:04:46")}, 0, map[string]float64{"gsm_signal": 3, "external_voltage": 24.079, "ibutton": 0, "power_cut": 0}},
		"no 4, 8 bytes": {vendorSecond, []int64{at("10:05:36")}, 0, map[string]float64{"gsm_signal": 3, "external_voltage": 24.08, "power_cut": 0}},
		"two records":   {vendorTwo, []int64{at("10:01:01"), at("10:01:19")}, 0, nil},
		"extended":      {vendorExtended, []int64{at("11:36:32")}, 22949, nil},
	} {
		t.Run(name, func(t *testing.T) {
			reports, count, err := ReadTeltonika(split(t, unhex(t, c.packet)))
			if err != nil || count != len(c.times) || len(reports) != count {
				t.Fatalf("%d records, %+v: %v", count, reports, err)
			}
			for i, r := range reports {
				if r.Time != c.times[i] || r.Fixed || *r.Satellites != 0 || !maps.Equal(r.Sensors, c.sensors) {
					t.Errorf("record %d: %+v", i, r)
				}
			}
			if r := reports[0]; c.odometer == 0 && r.Odometer != nil || c.odometer != 0 && *r.Odometer != c.odometer {
				t.Errorf("odometer %v", r.Odometer)
			}
		})
	}
}

// element is one to be put into a packet.
type element struct {
	id    int
	size  int // 0: of variable length
	value uint64
	bytes []byte
}

// made makes a packet of one record in Codec 8 Extended.
func made(latitude, longitude float64, satellites byte, elements ...element) []byte {
	b := []byte{codec8Extended, 1}
	b = binary.BigEndian.AppendUint64(b, 1_700_000_000_000)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(int32(longitude*1e7)))
	b = binary.BigEndian.AppendUint32(b, uint32(int32(latitude*1e7)))
	b = append(b, 0xff, 0xfb, 0, 90, satellites, 0, 50) // altitude -5
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(elements)))
	for _, size := range []int{1, 2, 4, 8, 0} {
		var part []byte
		count := 0
		for _, e := range elements {
			if e.size != size {
				continue
			}
			count++
			part = binary.BigEndian.AppendUint16(part, uint16(e.id))
			if size == 0 {
				part = append(binary.BigEndian.AppendUint16(part, uint16(len(e.bytes))), e.bytes...)
				continue
			}
			var value [8]byte
			binary.BigEndian.PutUint64(value[:], e.value)
			part = append(part, value[8-size:]...)
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(count)), part...)
	}
	b = append(b, 1)
	return binary.BigEndian.AppendUint32(b, uint32(crc16(b)))
}

func TestElements(t *testing.T) {
	minus := func(n int16) uint64 { return uint64(uint16(n)) }
	for name, c := range map[string]struct {
		elements []element
		sensors  map[string]float64
	}{
		"voltages":       {[]element{{66, 2, 12_500, nil}, {67, 2, 3900, nil}}, map[string]float64{"external_voltage": 12.5, "battery_voltage": 3.9, "power_cut": 0}},
		"unplugged":      {[]element{{252, 1, 1, nil}, {66, 2, 12_500, nil}}, map[string]float64{"external_voltage": 12.5, "power_cut": 1}},
		"no voltage":     {[]element{{252, 1, 0, nil}, {66, 2, 0, nil}}, map[string]float64{"external_voltage": 0, "power_cut": 1}},
		"plugged":        {[]element{{252, 1, 0, nil}}, map[string]float64{"power_cut": 0}},
		"Bluetooth":      {[]element{{25, 2, minus(-1850), nil}, {86, 2, 455, nil}, {29, 1, 80, nil}, {28, 2, 2051, nil}, {108, 2, 1000, nil}}, map[string]float64{"ble1.temperature": -18.5, "ble1.humidity": 45.5, "ble1.battery": 80, "ble4.temperature": 20.51, "ble4.humidity": 100}},
		"failed sensors": {[]element{{25, 2, 3000, nil}, {26, 2, 32767, nil}, {86, 2, 3000, nil}, {72, 4, 850, nil}, {29, 1, 255, nil}}, nil},
		"on a wire":      {[]element{{72, 4, uint64(uint32(0xffffffff)) - 52, nil}, {75, 4, 215, nil}}, map[string]float64{"wire1.temperature": -5.3, "wire4.temperature": 21.5}},
		"the bus":        {[]element{{87, 4, 123_456_789, nil}, {85, 2, 1800, nil}, {89, 1, 40, nil}, {102, 4, 90, nil}, {84, 2, 405, nil}}, map[string]float64{"can_odometer": 123_456.789, "engine_rpm": 1800, "fuel_level": 40, "engine_hours": 1.5, "fuel": 40.5}},
		"iButton":        {[]element{{78, 8, 0xE30000183A8B1501, nil}}, map[string]float64{"ibutton": 0x0000183A8B15}},
		"unknown":        {[]element{{9999, 8, 1, nil}, {10, 0, 0, []byte{1, 2, 3}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			reports, _, err := ReadTeltonika(made(52.5, -13.25, 7, c.elements...))
			if err != nil {
				t.Fatal(err)
			}
			close := func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
			if !maps.EqualFunc(reports[0].Sensors, c.sensors, close) {
				t.Errorf("%v, want %v", reports[0].Sensors, c.sensors)
			}
		})
	}
}

func TestFields(t *testing.T) {
	read := func(packet []byte) Report {
		reports, _, err := ReadTeltonika(packet)
		if err != nil {
			t.Fatal(err)
		}
		return reports[0]
	}
	r := read(made(52.5, -13.25, 7, element{239, 1, 1, nil}, element{16, 4, 1234, nil}, element{113, 1, 77, nil}, element{240, 1, 1, nil}))
	if !r.Fixed || r.Latitude != 52.5 || r.Longitude != -13.25 || *r.Altitude != -5 || *r.Heading != 90 || *r.Speed != 50 || *r.Satellites != 7 ||
		!*r.Ignition || *r.Odometer != 1.234 || *r.Battery != 77 || r.Sensors["movement"] != 1 {
		t.Errorf("%+v", r)
	}
	if r := read(made(52.5, -13.25, 0)); !r.Fixed || r.Heading != nil {
		t.Errorf("the last known place: %+v", r)
	}
	if r := read(made(0, 0, 0)); r.Fixed {
		t.Errorf("nowhere: %+v", r)
	}
	if r := read(made(0, 0, 5)); !r.Fixed {
		t.Errorf("off Africa's coast: %+v", r)
	}
}

// TestBeacons: an iBeacon, an Eddystone that tells more, and a list that breaks off.
func TestBeacons(t *testing.T) {
	list := unhex(t, "11"+ // the first part of one
		"21"+"6B0612ACE06F7A756E61766279616575"+"0001"+"00C8"+"C5"+
		"07"+"00112233445566778899"+"AABBCCDDEEFF"+"B0"+"0BB8"+"FB80"+
		"01"+"0011")
	reports, _, err := ReadTeltonika(made(1, 1, 5, element{id: elementBeacons, bytes: list}))
	if err != nil {
		t.Fatal(err)
	}
	const iBeacon, eddystone = "beacon.6b0612ace06f7a756e61766279616575000100c8", "beacon.00112233445566778899aabbccddeeff"
	want := map[string]float64{iBeacon + ".rssi": -59, eddystone + ".rssi": -80, eddystone + ".battery_voltage": 3, eddystone + ".temperature": -4.5}
	if !maps.Equal(reports[0].Sensors, want) {
		t.Errorf("%v", reports[0].Sensors)
	}
	many := []byte{0x11}
	for i := range 100 {
		many = append(append(many, 0x21), make([]byte, 20)...)
		many[len(many)-1] = byte(i)
		many = append(many, 0xc5)
	}
	reports, _, err = ReadTeltonika(made(1, 1, 5, element{id: elementBeacons, bytes: many}, element{66, 2, 12_000, nil}))
	if err != nil || len(reports[0].Sensors) != MaxSensors || reports[0].Sensors["external_voltage"] != 12 {
		t.Errorf("%d sensors: %v", len(reports[0].Sensors), err)
	}
}

func TestWrongPackets(t *testing.T) {
	header := func(text string) [8]byte { return [8]byte(unhex(t, text)) }
	for name, h := range map[string][8]byte{"no zeros": header("0000000100000036"), "too long": header("00000000FFFFFFFF"), "too short": header("0000000000000002")} {
		if _, err := TeltonikaLength(h); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := made(1, 2, 3)
	resum := func(change func([]byte) []byte) []byte {
		data := change(append([]byte{}, good[:len(good)-4]...))
		return binary.BigEndian.AppendUint32(data, uint32(crc16(data)))
	}
	for name, body := range map[string][]byte{
		"nothing":        nil,
		"checksum":       append(good[:len(good)-1:len(good)-1], good[len(good)-1]^1),
		"codec":          resum(func(d []byte) []byte { d[0] = 0x10; return d }),
		"counts":         resum(func(d []byte) []byte { d[1] = 2; return d }),
		"too few":        resum(func(d []byte) []byte { d[1], d[len(d)-1] = 2, 2; return d }),
		"bytes too many": resum(func(d []byte) []byte { return append(d[:len(d)-1], 9, 9, 1) }),
		"element total":  resum(func(d []byte) []byte { d[2+8+1+15+3] = 7; return d }),
	} {
		if reports, _, err := ReadTeltonika(body); !errors.Is(err, ErrUnreadable) || reports != nil {
			t.Errorf("%s: %v, %v", name, reports, err)
		}
	}
}

func TestIButton(t *testing.T) {
	// Family 01, serial 0000183A8B15, and its checksum, in both orders; and bytes without a good checksum.
	good := romOf(0x000000183A8B1501)
	for sum := range 256 {
		good[0] = byte(sum)
		if good.good() {
			break
		}
	}
	value := binary.BigEndian.Uint64(good[:])
	for _, v := range []uint64{value, reverse(value), 0x990000183A8B1501} {
		if got := IButton(v); got != 0x183A8B15 {
			t.Errorf("%#x: %#x", v, int64(got))
		}
	}
	if IButton(0) != 0 {
		t.Error("no key has a number")
	}
}

func FuzzTeltonika(f *testing.F) {
	for _, text := range []string{vendorOne, vendorTwo, vendorExtended} {
		f.Add(unhex(f, text)[8:], true)
	}
	f.Add(made(1, 2, 3, element{id: elementBeacons, bytes: []byte{0x11, 0x21, 1, 2, 3}}), true)
	f.Fuzz(func(t *testing.T, body []byte, sum bool) {
		if sum && len(body) > 4 { // else hardly any input gets past the checksum
			body = binary.BigEndian.AppendUint32(body[:len(body)-4:len(body)-4], uint32(crc16(body[:len(body)-4])))
		}
		reports, count, err := ReadTeltonika(body)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) || reports != nil {
				t.Fatalf("%v, %v", reports, err)
			}
			return
		}
		if count != int(body[1]) || len(reports) != count {
			t.Fatalf("%d records of %d", len(reports), count)
		}
		for i := range reports {
			checkReport(t, &reports[i])
		}
	})
}

// checkReport holds what is true of every report, whatever it was read from.
func checkReport(t *testing.T, r *Report) {
	t.Helper()
	if len(r.Sensors) > MaxSensors || !r.Fixed && (r.Sensors == nil && r.Time < 0 && r.Identity == "") {
		t.Fatalf("%+v", r)
	}
	for name, value := range r.Sensors {
		if name == "" || len(name) > maxSensorName || value-value != 0 {
			t.Fatalf("%q: %v", name, value)
		}
	}
}
