package intake

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// vendorTwo is a packet of the maker's documentation: two records without a position.
const vendorTwo = "000000000000004308020000016B40D57B480100000000000000000000000000000001010101000000000000016B40D5C198010000000000000000000000000000000101010101000000020000252C"

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(text)
	must(tb, err)
	return b
}

// packet makes a packet of Codec 8 with records one second apart: ignition on, an external voltage of 12.5 V.
func packet(start time.Time, n int) []byte {
	data := []byte{0x08, byte(n)}
	for i := range n {
		data = binary.BigEndian.AppendUint64(data, uint64(start.Add(time.Duration(i)*time.Second).UnixMilli()))
		data = append(data, 0)
		data = binary.BigEndian.AppendUint32(data, 145000000) // longitude 14.5
		data = binary.BigEndian.AppendUint32(data, 359000000) // latitude 35.9
		data = append(data, 0, 100, 0, 90, 9, 0, 48)
		data = append(data, 0, 2, 1, 239, 1, 1, 66, 0x30, 0xd4, 0, 0)
	}
	data = append(data, byte(n))
	out := binary.BigEndian.AppendUint32(make([]byte, 4, 12+len(data)), uint32(len(data)))
	out = append(out, data...)
	return binary.BigEndian.AppendUint32(out, sum(data))
}

func sum(data []byte) uint32 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xa001
			} else {
				crc >>= 1
			}
		}
	}
	return uint32(crc)
}

// greet says who the device is and returns the answer.
func greet(tb testing.TB, conn net.Conn, identity string) byte {
	tb.Helper()
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(identity))), identity...))
	must(tb, err)
	var answer [1]byte
	_, err = io.ReadFull(conn, answer[:])
	must(tb, err)
	return answer[0]
}

// send sends a packet and returns how many records were acknowledged, -1 if the connection was closed.
func send(tb testing.TB, conn net.Conn, packet []byte) int {
	tb.Helper()
	_, err := conn.Write(packet)
	must(tb, err)
	return acknowledgement(conn)
}

func acknowledgement(conn net.Conn) int {
	var answer [4]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return -1
	}
	return int(binary.BigEndian.Uint32(answer[:]))
}

func TestTeltonika(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		port := h.service.OpenTeltonika(listen(t))
		closeLater(t, port)
		conn := dial(t, port.Addr())
		if got := greet(t, conn, vanIMEI); got != 1 {
			t.Fatalf("greeted with %d", got)
		}
		if got := send(t, conn, unhex(t, vendorTwo)); got != 2 || h.last() != nil {
			t.Fatalf("two records without a position: %d acknowledged, %+v", got, h.last())
		}
		at := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
		first := append([]byte{ping, ping}, packet(at, 3)...)
		for range 2 { // the second time as after a lost acknowledgement
			if got := send(t, conn, first); got != 3 {
				t.Fatalf("%d acknowledged", got)
			}
		}
		p := h.last()
		if p == nil || !p.Timestamp.Equal(at.Add(2*time.Second)) || p.Latitude != 35.9 || p.Longitude != 14.5 || *p.Speed != 48 || *p.Heading != 90 || *p.Altitude != 100 ||
			*p.Satellites != 9 || !*p.Ignition || p.Sensors["external_voltage"] != 12.5 || p.Sensors["power_cut"] != 0 {
			t.Errorf("%+v", p)
		}
		if h.taken(teltonika, "accepted") != 3 || h.taken(teltonika, "duplicate") != 3 {
			t.Errorf("%v accepted, %v duplicates", h.taken(teltonika, "accepted"), h.taken(teltonika, "duplicate"))
		}
		// What no position can have is acknowledged, or it would be sent for ever.
		if got := send(t, conn, packet(time.Now().Add(48*time.Hour), 2)); got != 2 || h.taken(teltonika, "rejected") != 2 {
			t.Errorf("of the future: %d acknowledged, %v rejected", got, h.taken(teltonika, "rejected"))
		}
		wrong := packet(at.Add(time.Minute), 1)
		wrong[len(wrong)-1] ^= 1
		if got := send(t, conn, wrong); got != -1 || h.refusals(teltonika, reasonUnreadable) != 1 {
			t.Errorf("a wrong checksum: %d acknowledged", got)
		}
		for _, identity := range []string{"356307042441099", "yip_0123456789", "\xff\x00é"} {
			conn := dial(t, port.Addr())
			if got := greet(t, conn, identity); got != 0 || !closed(conn) {
				t.Errorf("%q is greeted with %d", identity, got)
			}
		}
		if got := h.unknown(); !slices.Equal(sorted(got), []string{"teltonika (a credential)", "teltonika 356307042441099", "teltonika ???"}) {
			t.Errorf("unknown: %q", got)
		}
	})
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// TestTeltonikaOfATrackerTakenAway: once no asset has the tracker, its packets are not acknowledged.
func TestTeltonikaOfATrackerTakenAway(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	port := h.service.OpenTeltonika(listen(t))
	closeLater(t, port)
	conn := dial(t, port.Addr())
	greet(t, conn, vanIMEI)
	must(t, h.fleet.Delete(t.Context(), h.acme.ID, h.van))
	if got := send(t, conn, packet(time.Now().Add(-time.Hour), 1)); got != -1 {
		t.Errorf("%d acknowledged", got)
	}
	again := dial(t, port.Addr())
	if got := greet(t, again, vanIMEI); got != 0 {
		t.Errorf("greeted with %d", got)
	}
}

// TestTeltonikaDawdlers: who doesn't say who it is, stops in the middle, comes byte by byte, or says nothing for too long is
// closed, and nothing of it is acknowledged.
func TestTeltonikaDawdlers(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	const soon, late = 50 * time.Millisecond, time.Hour
	good := packet(time.Now().Add(-time.Hour), 2)
	for name, c := range map[string]struct {
		times teltonikaTimes
		bytes []byte // after the greeting; nil: without one
		slow  bool
	}{
		"no greeting":   {teltonikaTimes{soon, late, late}, nil, false},
		"half a packet": {teltonikaTimes{late, soon, late}, good[:len(good)/2], false},
		"half a header": {teltonikaTimes{late, soon, late}, good[:3], false},
		"byte by byte":  {teltonikaTimes{late, soon, late}, good, true},
		"silence":       {teltonikaTimes{late, late, soon}, []byte{}, false},
		"pings and end": {teltonikaTimes{late, late, soon}, []byte{ping, ping}, false},
	} {
		t.Run(name, func(t *testing.T) {
			port := h.service.openTeltonika(listen(t), c.times)
			closeLater(t, port)
			conn := dial(t, port.Addr())
			if c.bytes != nil {
				greet(t, conn, vanIMEI)
			}
			if c.slow {
				go func() {
					for _, b := range c.bytes {
						if _, err := conn.Write([]byte{b}); err != nil {
							return
						}
						time.Sleep(soon / 4)
					}
				}()
			} else {
				_, err := conn.Write(c.bytes)
				must(t, err)
			}
			if !closed(conn) {
				t.Error("it is answered, or not closed")
			}
		})
	}
	if h.last() != nil {
		t.Error("a position came of it")
	}
}

func TestTeltonikaNonsense(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	port := h.service.OpenTeltonika(listen(t))
	closeLater(t, port)
	for name, bytes := range map[string][]byte{"no identity": {0, 0}, "a long one": {0xff, 0xff}, "HTTP": []byte("GET / HTTP/1.1\r\n\r\n")} {
		conn := dial(t, port.Addr())
		_, err := conn.Write(bytes)
		must(t, err)
		if !closed(conn) {
			t.Errorf("%s: answered", name)
		}
	}
	conn := dial(t, port.Addr())
	greet(t, conn, vanIMEI)
	if got := send(t, conn, []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}); got != -1 {
		t.Errorf("4 GB: %d", got)
	}
}

// TestTeltonikaNotAvailable: what can't be stored is not acknowledged, and the connection closed.
func TestTeltonikaNotAvailable(t *testing.T) {
	h := build(t, testkit.SQLite(t))
	port := h.service.OpenTeltonika(listen(t))
	closeLater(t, port)
	conn := dial(t, port.Addr())
	greet(t, conn, vanIMEI)
	h.trail.Close() // from now on Ingest is Unavailable
	if got := send(t, conn, packet(time.Now().Add(-time.Hour), 1)); got != -1 || h.refusals(teltonika, reasonUnavailable) != 1 {
		t.Errorf("%d acknowledged, %v refused", got, h.refusals(teltonika, reasonUnavailable))
	}
}

// TestPortDrains: a packet that was read is stored and acknowledged although the port closes, and half a one isn't waited for.
func TestPortDrains(t *testing.T) {
	h := build(t, testkit.SQLite(t))
	port := h.service.OpenTeltonika(listen(t))
	whole, half := dial(t, port.Addr()), dial(t, port.Addr())
	greet(t, whole, vanIMEI)
	greet(t, half, vanIMEI)
	good := packet(time.Now().Add(-time.Hour), 2)
	_, err := whole.Write(good)
	must(t, err)
	_, err = half.Write(good[:20])
	must(t, err)
	until(t, "the packet is being stored", func() bool { return len(h.service.slots) == 1 })
	ended := make(chan error, 1)
	go func() { ended <- port.Close(context.Background()) }()
	until(t, "no connection is taken", func() bool {
		conn, err := net.Dial("tcp", port.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	h.run()
	if got := acknowledgement(whole); got != 2 || !closed(whole) || !closed(half) {
		t.Errorf("%d acknowledged", got)
	}
	must(t, <-ended)
	if h.last() == nil {
		t.Error("it is acknowledged and not there")
	}
}

// TestPortEndsInTime: what does not end when the time is over is cut off.
func TestPortEndsInTime(t *testing.T) {
	h := build(t, testkit.SQLite(t))
	port := h.service.OpenTeltonika(listen(t))
	conn := dial(t, port.Addr())
	greet(t, conn, vanIMEI)
	_, err := conn.Write(packet(time.Now().Add(-time.Hour), 2))
	must(t, err)
	until(t, "the packet is being stored", func() bool { return len(h.service.slots) == 1 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := port.Close(ctx); err == nil || !closed(conn) {
		t.Errorf("%v", err)
	}
	h.trail.Close() // refuses what waits
}

func TestPortIsCrowded(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.service.MaxConnections = 2
	port := h.service.OpenTeltonika(listen(t))
	closeLater(t, port)
	first, second := dial(t, port.Addr()), dial(t, port.Addr())
	greet(t, first, vanIMEI)
	greet(t, second, vanIMEI)
	if !closed(dial(t, port.Addr())) || h.refusals(teltonika, reasonCrowded) != 1 {
		t.Error("a third is taken")
	}
	first.Close()
	until(t, "there is room again", func() bool {
		conn, err := net.Dial("tcp", port.Addr().String())
		must(t, err)
		defer conn.Close()
		must(t, conn.SetDeadline(time.Now().Add(time.Second)))
		_, _ = conn.Write(append([]byte{0, byte(len(vanIMEI))}, vanIMEI...))
		var answer [1]byte
		_, err = io.ReadFull(conn, answer[:])
		return err == nil
	})
}

// everybody is Trackers that know each tracker as an account's, from memory.
type everybody int64

func (e everybody) Bound(context.Context, string) (accountID, assetID int64, err error) {
	return int64(e), 1, nil
}

// TestIdleConnectionsAreCheap: a connection that has sent a packet and waits costs under 16 KB, both ends together.
func TestIdleConnectionsAreCheap(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 300
	}
	h := newHouse(t, testkit.SQLite(t))
	h.service.Trackers = everybody(h.acme.ID)
	port := h.service.OpenTeltonika(listen(t))
	closeLater(t, port)
	conns := make([]net.Conn, n)
	stored, empty := packet(time.Now().Add(-time.Hour), 1), unhex(t, vendorTwo)
	connect := func(i int) {
		sent, want := empty, 2
		if i%50 == 0 { // storing takes its time, and is another goroutine's
			sent, want = stored, 1
		}
		conn, err := net.Dial("tcp", port.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		conns[i] = conn
		if greet(t, conn, vanIMEI) != 1 || send(t, conn, sent) != want {
			t.Error("not taken")
		}
	}
	connect(0) // what is made once is made
	before := inUse()
	var working sync.WaitGroup
	for worker := range 8 {
		working.Go(func() {
			for i := 1 + worker; i < n; i += 8 {
				connect(i)
			}
		})
	}
	working.Wait()
	each := (inUse() - before) / int64(n-1)
	for _, conn := range conns {
		if conn != nil {
			conn.Close()
		}
	}
	t.Logf("%d bytes for each of %d connections", each, n)
	if each > 16<<10 {
		t.Errorf("%d bytes for each of %d connections", each, n)
	}
}

func inUse() int64 {
	var m runtime.MemStats
	for range 2 { // stacks shrink and pools are emptied in two rounds
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func TestPanicEndsAConnectionOnly(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	port := h.service.newPort("test", listen(t), func(*wire) { apart(func() { panic("boom") }) })
	closeLater(t, port)
	for range 2 {
		if !closed(dial(t, port.Addr())) {
			t.Error("answered")
		}
	}
	if fault.Is(errUnknown(), fault.Internal) {
		t.Error("an unknown tracker is not found")
	}
}
