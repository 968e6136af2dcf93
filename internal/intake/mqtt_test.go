package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

// publisher is a client of MQTT.
type publisher struct {
	tb      testing.TB
	conn    net.Conn
	version byte
	id      uint16
}

// connect connects with a protocol version (4 or 5) and returns the code of the answer.
func connect(tb testing.TB, addr net.Addr, version byte, name, secret string) (*publisher, byte) {
	tb.Helper()
	c := &publisher{tb: tb, conn: dial(tb, addr), version: version}
	c.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{ProtocolName: []byte("MQTT"), ClientIdentifier: "me",
		Keepalive: 60, UsernameFlag: true, Username: []byte(name), PasswordFlag: true, Password: []byte(secret)}})
	answer, ok := c.read()
	if !ok || answer.FixedHeader.Type != packets.Connack {
		return c, 0xff
	}
	return c, answer.ReasonCode
}

func (c *publisher) write(pk packets.Packet) {
	c.tb.Helper()
	pk.ProtocolVersion = c.version
	var b bytes.Buffer
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(&b)
	case packets.Publish:
		err = pk.PublishEncode(&b)
	case packets.Subscribe:
		err = pk.SubscribeEncode(&b)
	case packets.Pubrel:
		err = pk.PubrelEncode(&b)
	}
	must(c.tb, err)
	_, err = c.conn.Write(b.Bytes())
	must(c.tb, err)
}

// read reads a packet; ok is false if the connection was closed, or a DISCONNECT came.
func (c *publisher) read() (pk packets.Packet, ok bool) {
	var first [1]byte
	if _, err := io.ReadFull(c.conn, first[:]); err != nil {
		return pk, false
	}
	must(c.tb, pk.FixedHeader.Decode(first[0]))
	length, _, err := packets.DecodeLength(byteReader{c.conn})
	must(c.tb, err)
	body := make([]byte, length)
	if _, err := io.ReadFull(c.conn, body); err != nil {
		return pk, false
	}
	pk.ProtocolVersion, pk.FixedHeader.Remaining = c.version, length
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Puback, packets.Pubrec, packets.Pubcomp:
		err = pk.PubackDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	default:
		return pk, false
	}
	must(c.tb, err)
	return pk, true
}

type byteReader struct{ io.Reader }

func (r byteReader) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r.Reader, b[:])
	return b[0], err
}

// publish publishes with QoS 1 and returns the reason of the acknowledgement, -1 if there was none and the connection ended.
func (c *publisher) publish(topic, body string) int {
	c.tb.Helper()
	c.id++
	c.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, TopicName: topic, PacketID: c.id, Payload: []byte(body)})
	answer, ok := c.read()
	if !ok {
		return -1
	}
	if answer.FixedHeader.Type != packets.Puback || answer.PacketID != c.id {
		c.tb.Fatalf("%+v is no acknowledgement of %d", answer, c.id)
	}
	return int(answer.ReasonCode)
}

func (h *house) broker() *Broker {
	h.tb.Helper()
	b, err := h.service.OpenMQTT(listen(h.tb))
	must(h.tb, err)
	closeLater(h.tb, b)
	return b
}

func (h *house) client(scopes bearer.Scopes) (id, secret string) {
	h.tb.Helper()
	c, text, err := h.credentials.Create(context.Background(), credential.NewClient{AccountID: h.acme.ID, OwnerID: h.admin, Name: "test", Scopes: scopes, GrantTypes: []string{credential.ClientCredentials}})
	must(h.tb, err)
	return c.ID, text
}

func body(at time.Time, more string) string {
	return fmt.Sprintf(`{%s"timestamp":%q,"latitude":35.9,"longitude":14.5,"speed":48}`, more, at.Format(time.RFC3339Nano))
}

func TestMQTT(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		b := h.broker()
		_, key := h.key(bearer.AllScopes)
		id, secret := h.client(bearer.AllScopes)
		at := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
		next := func() time.Time { at = at.Add(time.Second); return at }
		for version, login := range map[byte][2]string{4: {"acme", key}, 5: {id, secret}} {
			c, code := connect(t, b.Addr(), version, login[0], login[1])
			if code != 0 {
				t.Fatalf("MQTT %d: %#x", version, code)
			}
			asset := fmt.Sprintf("acme/asset/%d/position", h.van)
			before := h.taken(mqttName, "accepted")
			for topic, text := range map[string]string{
				"acme/position":                         body(next(), fmt.Sprintf(`"asset_id":%d,`, h.van)),
				asset:                                   "[" + body(next(), "") + "," + body(next(), fmt.Sprintf(`"asset_id":%d,`, h.van)) + "]",
				"acme/tracker/" + vanIMEI + "/position": body(next(), ""),
			} {
				for range 2 {
					if got := c.publish(topic, text); got != 0 {
						t.Errorf("MQTT %d, %s: %d", version, topic, got)
					}
				}
			}
			if got := h.taken(mqttName, "accepted") - before; got != 4 {
				t.Errorf("MQTT %d: %v accepted", version, got)
			}
			// These are acknowledged, because sending them again would be in vain; MQTT 5 tells why.
			for text, c5 := range map[string]packets.Code{"nonsense": packets.ErrPayloadFormatInvalid, body(time.Now().Add(48*time.Hour), ""): packets.ErrImplementationSpecificError,
				body(next(), `"tracker":"another",`): packets.ErrImplementationSpecificError} {
				want := 0
				if version == 5 {
					want = int(c5.Code)
				}
				if got := c.publish(asset, text); got != want {
					t.Errorf("MQTT %d, %s: %#x", version, text, got)
				}
			}
			if got := c.publish("acme/tracker/nobody/position", body(at, "")); version == 4 && got != 0 || version == 5 && got != int(packets.ErrTopicNameInvalid.Code) {
				t.Errorf("MQTT %d, an unknown tracker: %#x", version, got)
			}
			c.conn.Close()
		}
		if got := h.unknown(); !slices.Equal(got, []string{"mqtt nobody"}) {
			t.Errorf("unknown: %q", got)
		}
	})
}

// TestMQTTTopics: another account's topic, one of no account, and one that means nothing are alike.
func TestMQTTTopics(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	_, key := h.key(bearer.AllScopes)
	id, secret := h.client(bearer.AllScopes)
	for _, login := range [][2]string{{"acme", key}, {id, secret}} {
		for _, topic := range []string{"other/position", "nobody/position", "acme/else", "acme", "$SYS/position"} {
			five, _ := connect(t, b.Addr(), 5, login[0], login[1])
			if got := five.publish(topic, body(time.Now(), `"tracker":"`+otherIMEI+`",`)); got != int(packets.ErrNotAuthorized.Code) {
				t.Errorf("MQTT 5, %s: %#x", topic, got)
			}
			four, _ := connect(t, b.Addr(), 4, login[0], login[1])
			if got := four.publish(topic, body(time.Now(), `"tracker":"`+otherIMEI+`",`)); got != -1 {
				t.Errorf("MQTT 3.1.1, %s: %#x", topic, got)
			}
		}
	}
	if h.taken(mqttName, "accepted") != 0 {
		t.Error("something was stored")
	}
}

func TestMQTTLogin(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	_, key := h.key(bearer.AllScopes)
	_, reader := h.key(bearer.Scopes(1))
	id, secret := h.client(bearer.AllScopes)
	readerID, readerSecret := h.client(bearer.Scopes(1))
	for name, c := range map[string]struct {
		name, secret string
		let          bool
	}{
		"a key": {"acme", key, true}, "a client": {id, secret, true}, "a wrong key": {"acme", testkit.Spoiled(key), false}, "another account's": {"other", key, false},
		"no account": {"nobody", key, false}, "a wrong secret": {id, testkit.Spoiled(secret), false}, "nothing": {"", "", false}, "without the scope": {"acme", reader, false},
		"a client without the scope": {readerID, readerSecret, true}, // it may publish nothing, which it learns when it does
	} {
		for _, version := range []byte{4, 5} {
			if _, code := connect(t, b.Addr(), version, c.name, c.secret); (code == 0) != c.let || code == 0xff {
				t.Errorf("%s, version %d: %#x", name, version, code)
			}
		}
	}
	c, _ := connect(t, b.Addr(), 5, readerID, readerSecret)
	if got := c.publish("acme/position", "{}"); got != int(packets.ErrNotAuthorized.Code) {
		t.Errorf("without the scope: %#x", got)
	}
	// Guessing is stopped, and then a right secret doesn't show that it is right either.
	for range 25 {
		connect(t, b.Addr(), 4, id, testkit.Spoiled(secret))
	}
	if _, code := connect(t, b.Addr(), 4, id, secret); code == 0 {
		t.Error("a guesser goes on")
	}
	if _, code := connect(t, b.Addr(), 4, "acme", key); code != 0 {
		t.Errorf("another name is refused: %#x", code)
	}
}

func TestMQTTSubscribing(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	_, key := h.key(bearer.AllScopes)
	for version, want := range map[byte]byte{4: 0x80, 5: packets.ErrNotAuthorized.Code} {
		c, _ := connect(t, b.Addr(), version, "acme", key)
		c.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1, Filters: packets.Subscriptions{{Filter: "acme/#"}, {Filter: "$SYS/#"}}})
		answer, ok := c.read()
		if !ok || !bytes.Equal(answer.ReasonCodes, []byte{want, want}) {
			t.Errorf("version %d: %v", version, answer.ReasonCodes)
		}
		if got := c.publish("acme/position", body(time.Now().Add(-time.Hour), fmt.Sprintf(`"asset_id":%d,`, h.van))); got != 0 {
			t.Errorf("version %d, after it: %#x", version, got)
		}
	}
}

// TestMQTTTwice: QoS 2 is taken too, and QoS 0 without an answer.
func TestMQTTTwice(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	_, key := h.key(bearer.AllScopes)
	c, _ := connect(t, b.Addr(), 4, "acme", key)
	message := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 2, Retain: true}, TopicName: "acme/tracker/" + vanIMEI + "/position", PacketID: 7,
		Payload: []byte(body(time.Now().Add(-time.Hour), ""))}
	c.write(message)
	if answer, ok := c.read(); !ok || answer.FixedHeader.Type != packets.Pubrec || h.taken(mqttName, "accepted") != 1 {
		t.Fatalf("%+v", answer)
	}
	c.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: 7})
	if answer, ok := c.read(); !ok || answer.FixedHeader.Type != packets.Pubcomp {
		t.Fatalf("%+v", answer)
	}
	message.FixedHeader.Qos, message.PacketID, message.Payload = 0, 0, []byte(body(time.Now().Add(-time.Minute), ""))
	c.write(message)
	until(t, "it is stored", func() bool { return h.taken(mqttName, "accepted") == 2 })
	if b.server.Topics.Retained.Len() != 0 {
		t.Error("a message is kept")
	}
}

// TestMQTTTakenOver: who connects anew, and says that the session goes on, gets no acknowledgement that was for the connection before.
func TestMQTTTakenOver(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	_, key := h.key(bearer.AllScopes)
	for _, version := range []byte{4, 5} {
		before, _ := connect(t, b.Addr(), 5, "acme", key)
		before.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 2}, TopicName: "acme/tracker/" + vanIMEI + "/position", PacketID: 1,
			Payload: []byte(body(time.Now().Add(-time.Hour), ""))})
		if answer, ok := before.read(); !ok || answer.FixedHeader.Type != packets.Pubrec {
			t.Fatalf("%+v", answer) // its release never comes
		}
		after, _ := connect(t, b.Addr(), version, "acme", key)
		if got := after.publish("acme/tracker/"+vanIMEI+"/position", body(time.Now().Add(-time.Minute), "")); got != 0 {
			t.Errorf("version %d: %#x", version, got)
		}
	}
}

// TestMQTTRevoked: a credential that is revoked is cut off within a second, while it is silent; one that isn't stays.
func TestMQTTRevoked(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	_, stays := h.key(bearer.AllScopes)
	good, _ := connect(t, b.Addr(), 4, "acme", stays)
	// A busy machine may be late once; who is cut off late each time isn't cut off within a second.
	for try := 1; ; try++ {
		keyID, key := h.key(bearer.AllScopes)
		id, secret := h.client(bearer.AllScopes)
		byKey, _ := connect(t, b.Addr(), 5, "acme", key)
		byClient, _ := connect(t, b.Addr(), 4, id, secret)
		must(t, h.credentials.RevokeKey(context.Background(), h.acme.ID, keyID))
		must(t, h.credentials.Delete(context.Background(), h.acme.ID, id))
		start := time.Now()
		for name, c := range map[string]*publisher{"key": byKey, "client": byClient} {
			if _, ok := c.read(); ok {
				t.Errorf("%s: not cut off", name)
			}
		}
		took := time.Since(start)
		if took <= time.Second {
			break
		}
		if try == 3 {
			t.Errorf("cut off after %v", took)
			break
		}
	}
	if got := good.publish("acme/tracker/"+vanIMEI+"/position", body(time.Now().Add(-time.Hour), "")); got != 0 {
		t.Errorf("the other: %#x", got)
	}
}

// TestMQTTNotAvailable: no acknowledgement, and the connection ends, so that the client sends again.
func TestMQTTNotAvailable(t *testing.T) {
	h := build(t, testkit.SQLite(t))
	b := h.broker()
	_, key := h.key(bearer.AllScopes)
	four, _ := connect(t, b.Addr(), 4, "acme", key)
	five, _ := connect(t, b.Addr(), 5, "acme", key)
	if _, ok := four.read(); ok { // the same credential under the same name takes over
		t.Error("two of one name")
	}
	_, key = h.key(bearer.AllScopes)
	four, _ = connect(t, b.Addr(), 4, "acme", key)
	h.trail.Close()
	if got := four.publish("acme/tracker/"+vanIMEI+"/position", body(time.Now().Add(-time.Hour), "")); got != -1 {
		t.Errorf("MQTT 3.1.1: %#x", got)
	}
	if got := five.publish("acme/tracker/"+vanIMEI+"/position", body(time.Now().Add(-time.Hour), "")); got != -1 || h.refusals(mqttName, reasonUnavailable) != 2 {
		t.Errorf("MQTT 5: %#x, %v refusals", got, h.refusals(mqttName, reasonUnavailable))
	}
}

// TestMQTTDrains: what was read is stored and acknowledged although the port closes.
func TestMQTTDrains(t *testing.T) {
	h := build(t, testkit.SQLite(t))
	b, err := h.service.OpenMQTT(listen(t))
	must(t, err)
	_, key := h.key(bearer.AllScopes)
	c, _ := connect(t, b.Addr(), 4, "acme", key)
	got := make(chan int, 1)
	go func() { got <- c.publish("acme/tracker/"+vanIMEI+"/position", body(time.Now().Add(-time.Hour), "")) }()
	until(t, "the message is being stored", func() bool { return len(h.service.slots) == 1 })
	ended := make(chan error, 1)
	go func() { ended <- b.Close(context.Background()) }()
	until(t, "no connection is taken", func() bool {
		conn, err := net.Dial("tcp", b.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	h.run()
	if code := <-got; code != 0 {
		t.Errorf("%d", code)
	}
	must(t, <-ended)
	if h.last() == nil {
		t.Error("it is acknowledged and not there")
	}
}

func TestMQTTNonsense(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	b := h.broker()
	for name, bytes := range map[string][]byte{"HTTP": []byte("GET / HTTP/1.1\r\n\r\n"), "a publish": {0x30, 0}, "a long connect": {0x10, 0xff, 0xff, 0x7f}, "an endless length": {0x10, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		conn := dial(t, b.Addr())
		_, err := conn.Write(bytes)
		must(t, err)
		if !closed(conn) {
			t.Errorf("%s: answered", name)
		}
	}
}
