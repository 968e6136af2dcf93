package e2e

import (
	order "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// tracks is what one protocol sends: positions of one asset, one a second from start.
type tracks struct {
	asset   int64
	tracker string
	token   string // of the API, which is the password of MQTT too
	start   time.Time
}

func (k tracks) at(i int) time.Time { return k.start.Add(time.Duration(i) * time.Second) }

// sender sends n positions from the first on and reports whether they were acknowledged; after false it is used no more.
type sender func(first, n int) bool

// TestKillDuringIntake: what was acknowledged to a tracker before kill -9 is there after the restart, once, by every protocol.
func TestKillDuringIntake(t *testing.T) {
	onBoth(t, func(t *testing.T, in *installation) {
		in.flags = []string{"--teltonika-addr", "127.0.0.1:0", "--osmand-addr", "127.0.0.1:0", "--mqtt-addr", "127.0.0.1:0"}
		in.serve()
		token := in.token(in.made.ClientID, in.made.ClientSecret)
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		protocols := map[string]struct {
			dial  func(*installation, tracks) (sender, error)
			batch int
		}{"teltonika": {teltonika, 20}, "osmand": {osmAnd, 20}, "traccar": {traccar, 1}, "mqtt": {mqtt, 20}}
		sent := map[string]tracks{}
		acknowledged, next := map[string]map[int]bool{}, map[string]int{}
		for name := range protocols {
			sent[name] = tracks{asset: in.asset(token, name, "tracker-"+name), tracker: "tracker-" + name, token: token, start: start}
			acknowledged[name] = map[int]bool{}
		}
		for range 3 {
			for _, door := range []string{"teltonika", "osmand", "mqtt"} {
				in.doors.at(t, door)
			}
			var mu sync.Mutex
			var senders sync.WaitGroup
			for name, p := range protocols {
				for range 2 {
					senders.Go(func() {
						send, err := p.dial(in, sent[name])
						if err != nil {
							return
						}
						for {
							mu.Lock()
							first := next[name]
							next[name] += p.batch
							mu.Unlock()
							if !send(first, p.batch) {
								return
							}
							mu.Lock()
							acknowledged[name][first] = true
							mu.Unlock()
						}
					})
				}
			}
			time.Sleep(time.Duration(300+rand.IntN(300)) * time.Millisecond)
			in.kill()
			senders.Wait()
			in.serve()
		}
		for name, p := range protocols {
			there := map[int64]bool{}
			for _, at := range in.trail(token, sent[name].asset, start.Format(time.DateOnly)) {
				if there[at.Timestamp.Unix()] {
					t.Fatalf("%s: %v is there twice", name, at.Timestamp)
				}
				there[at.Timestamp.Unix()] = true
			}
			for first := range acknowledged[name] {
				for i := first; i < first+p.batch; i++ {
					if at := sent[name].at(i); at.Before(start.AddDate(0, 0, 1)) && !there[at.Unix()] {
						t.Fatalf("%s: position %d was acknowledged and is lost", name, i)
					}
				}
			}
			if len(acknowledged[name]) < 3 {
				t.Errorf("%s: only %d batches were acknowledged: nothing was tried", name, len(acknowledged[name]))
			}
			t.Logf("%s: %d batches of %d acknowledged, %d positions there", name, len(acknowledged[name]), p.batch, len(there))
		}
	})
}

// dial connects to a door, until the test ends.
func (in *installation) dial(door string) (net.Conn, error) {
	conn, err := net.Dial("tcp", in.doors.at(in.t, door))
	if err == nil {
		in.t.Cleanup(func() { conn.Close() })
		err = conn.SetDeadline(time.Now().Add(time.Minute))
	}
	return conn, err
}

// teltonika is a device that sends Codec 8.
func teltonika(in *installation, k tracks) (sender, error) {
	conn, err := in.dial("teltonika")
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(append([]byte{0, byte(len(k.tracker))}, k.tracker...)); err != nil {
		return nil, err
	}
	var answer [4]byte
	if _, err := io.ReadFull(conn, answer[:1]); err != nil || answer[0] != 1 {
		return nil, fmt.Errorf("greeted with %d: %w", answer[0], err)
	}
	return func(first, n int) bool {
		data := []byte{0x08, byte(n)}
		for i := first; i < first+n; i++ {
			data = order.BigEndian.AppendUint64(data, uint64(k.at(i).UnixMilli()))
			data = append(data, 0)
			data = order.BigEndian.AppendUint32(data, 145000000)
			data = order.BigEndian.AppendUint32(data, 359000000)
			data = append(data, 0, 0, 0, 90, 9, 0, byte(i%90), 0, 1, 1, 239, 1, 0, 0, 0)
		}
		data = append(data, byte(n))
		packet := append(order.BigEndian.AppendUint32(make([]byte, 4), uint32(len(data))), data...)
		if _, err := conn.Write(order.BigEndian.AppendUint32(packet, checksum(data))); err != nil {
			return false
		}
		_, err := io.ReadFull(conn, answer[:])
		return err == nil && int(order.BigEndian.Uint32(answer[:])) == n
	}, nil
}

// checksum is CRC-16/IBM.
func checksum(data []byte) uint32 {
	var crc uint32
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			low := crc & 1
			if crc >>= 1; low != 0 {
				crc ^= 0xa001
			}
		}
	}
	return crc
}

// osmAnd is a phone that sends several locations at a time.
func osmAnd(in *installation, k tracks) (sender, error) {
	url := "http://" + in.doors.at(in.t, "osmand") + "/"
	return func(first, n int) bool {
		var locations []string
		for i := first; i < first+n; i++ {
			locations = append(locations, fmt.Sprintf(`{"timestamp":%q,"coords":{"latitude":35.9,"longitude":14.5,"speed":%d}}`, k.at(i).Format(time.RFC3339), i%25))
		}
		res, err := http.Post(url, "application/json", strings.NewReader(fmt.Sprintf(`{"device_id":%q,"location":[%s]}`, k.tracker, strings.Join(locations, ","))))
		if err != nil {
			return false
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return err == nil && res.StatusCode == 200 && whole(text, n)
	}, nil
}

// traccar is a Traccar server that forwards.
func traccar(in *installation, k tracks) (sender, error) {
	return func(first, n int) bool {
		status, text, err := in.try("POST", "/api/acme-logistics/position/traccar", k.token, fmt.Sprintf(
			`{"position":{"fixTime":%q,"valid":true,"latitude":35.9,"longitude":14.5,"speed":10,"attributes":{}},"device":{"uniqueId":%q}}`, k.at(first).Format(time.RFC3339), k.tracker))
		return err == nil && status == 200 && whole(text, n)
	}, nil
}

// whole reports whether an answer says that n positions are stored.
func whole(text []byte, n int) bool {
	var result struct{ Accepted, Duplicates int }
	return json.Unmarshal(text, &result) == nil && result.Accepted+result.Duplicates == n
}

// mqtt is a client of MQTT 3.1.1 that publishes with QoS 1, with an access token for its password.
func mqtt(in *installation, k tracks) (sender, error) {
	conn, err := in.dial("mqtt")
	if err != nil {
		return nil, err
	}
	text := func(s string) string { return string(order.BigEndian.AppendUint16(nil, uint16(len(s)))) + s }
	write := func(kind byte, body string) error {
		head := []byte{kind}
		for n := len(body); ; {
			if n < 0x80 {
				head = append(head, byte(n))
				break
			}
			head = append(head, byte(n)|0x80)
			n >>= 7
		}
		_, err := conn.Write(append(head, body...))
		return err
	}
	if err := write(0x10, text("MQTT")+"\x04\xc2\x00\x3c"+text(fmt.Sprint(rand.Uint64()))+text("acme-logistics")+text(k.token)); err != nil {
		return nil, err
	}
	var answer [4]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil || answer != [4]byte{0x20, 2, 0, 0} {
		return nil, fmt.Errorf("connect is answered with %x: %w", answer, err)
	}
	id := uint16(0)
	return func(first, n int) bool {
		var positions []string
		for i := first; i < first+n; i++ {
			positions = append(positions, fmt.Sprintf(`{"timestamp":%q,"latitude":35.9,"longitude":14.5}`, k.at(i).Format(time.RFC3339)))
		}
		id++
		message := text("acme-logistics/tracker/"+k.tracker+"/position") + string(order.BigEndian.AppendUint16(nil, id)) + "[" + strings.Join(positions, ",") + "]"
		if write(0x32, message) != nil {
			return false
		}
		_, err := io.ReadFull(conn, answer[:])
		return err == nil && answer == [4]byte{0x40, 2, byte(id >> 8), byte(id)}
	}, nil
}
