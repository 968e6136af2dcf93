package intake

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/tracker"
	"github.com/yipii/yipii/internal/web"
)

// How long a device may take. The longest silence is a setting.
const (
	handshakeTime = 10 * time.Second // to say who it is
	packetTime    = 30 * time.Second // from the first byte of a packet to its last
	answerTime    = 10 * time.Second // to take an answer
)

// Answers to who a device says it is.
const (
	accepted = 0x01
	refused  = 0x00
)

// ping is a byte that devices send between packets to keep the connection up. It has no answer.
const ping = 0xff

// usualPacket is the capacity of buffers that are kept for the next packet: devices send 1,280 bytes or less at a time.
const usualPacket = 4 << 10

// maxIdentity is the longest identity; an IMEI has 15 digits.
const maxIdentity = 64

// device is a connection of a device of Teltonika's.
type device struct {
	*Service
	wire     *wire
	buffers  *sync.Pool
	times    teltonikaTimes
	head     [tracker.TeltonikaHeader]byte
	identity string
}

// teltonikaTimes are how long a device may take.
type teltonikaTimes struct{ handshake, packet, idle time.Duration }

// OpenTeltonika takes devices on listener.
func (s *Service) OpenTeltonika(listener net.Listener) *Port {
	return s.openTeltonika(listener, teltonikaTimes{handshakeTime, packetTime, s.Idle})
}

func (s *Service) openTeltonika(listener net.Listener, times teltonikaTimes) *Port {
	buffers := &sync.Pool{New: func() any { return new([usualPacket]byte) }}
	return s.newPort(teltonika, listener, func(w *wire) {
		d := &device{Service: s, wire: w, buffers: buffers, times: times}
		d.serve()
	})
}

// serve greets a device and takes its packets until one is not acknowledged.
func (d *device) serve() {
	if !d.greet() {
		return
	}
	for d.awaitPacket() {
		good := false
		apart(func() { good = d.packet() })
		if !good {
			return
		}
	}
}

// greet reads the device's identity, two bytes of length before it, and answers whether it is known.
func (d *device) greet() bool {
	_ = d.wire.SetReadDeadline(time.Now().Add(d.times.handshake))
	if _, err := io.ReadFull(d.wire, d.head[:2]); err != nil {
		return false
	}
	length := int(binary.BigEndian.Uint16(d.head[:2]))
	if length == 0 || length > maxIdentity {
		d.figures.refused(teltonika, reasonUnreadable)
		return false
	}
	identity := make([]byte, length)
	if _, err := io.ReadFull(d.wire, identity); err != nil {
		return false
	}
	d.identity = string(identity)
	good := false
	apart(func() { good = d.admit() })
	return good
}

func (d *device) admit() bool {
	ctx, cancel := d.context()
	defer cancel()
	_, err := d.whose(ctx, d.sender(), d.identity)
	switch {
	case err == nil:
		return d.answer([]byte{accepted})
	case fault.Is(err, fault.NotFound):
		d.answer([]byte{refused})
	default: // no answer: it is not known whether the device is
		d.failed(err)
	}
	return false
}

func (d *device) sender() sender { return sender{teltonika, d.wire.from()} }

// context is that of one piece of work for the device.
func (d *device) context() (context.Context, context.CancelFunc) {
	ctx := web.WithRequest(context.Background(), &web.Request{ClientIP: d.wire.from(), Log: d.Log})
	return context.WithTimeout(ctx, storeWait)
}

func (d *device) failed(err error) {
	d.Log.Warn("a tracker was not answered", "protocol", teltonika, "cause", err.Error())
}

// awaitPacket waits for a packet and reads its header. While it waits the connection costs no buffer.
func (d *device) awaitPacket() bool {
	for {
		_ = d.wire.SetReadDeadline(time.Now().Add(d.times.idle))
		n, err := d.wire.Read(d.head[:1])
		if err != nil {
			return false
		}
		if n == 1 && d.head[0] != ping {
			break
		}
	}
	_ = d.wire.SetReadDeadline(time.Now().Add(d.times.packet))
	_, err := io.ReadFull(d.wire, d.head[1:])
	return err == nil
}

// packet reads the rest of a packet, stores its positions and acknowledges all its records. It reports whether it did:
// otherwise the connection is closed, and the device sends the packet again.
func (d *device) packet() bool {
	length, err := tracker.TeltonikaLength(d.head)
	if err != nil {
		return d.unreadable(err)
	}
	usual := d.buffers.Get().(*[usualPacket]byte)
	defer d.buffers.Put(usual)
	body, err := readUpTo(d.wire, usual[:0], length+tracker.TeltonikaTrailer)
	if err != nil {
		return false
	}
	reports, count, err := tracker.ReadTeltonika(body)
	if err != nil {
		return d.unreadable(err)
	}
	ctx, cancel := d.context()
	defer cancel()
	done, err := d.turn(ctx, teltonika)
	if err == nil {
		_, err = d.bring(ctx, d.sender(), d.identity, reports)
		done()
	}
	if err != nil {
		if !fault.Is(err, fault.NotFound) {
			d.failed(err)
		}
		return false
	}
	return d.answer(binary.BigEndian.AppendUint32(nil, uint32(count)))
}

func (d *device) unreadable(err error) bool {
	d.figures.refused(teltonika, reasonUnreadable)
	d.Log.Info("a packet was refused", "protocol", teltonika, "tracker", printable(d.identity), "ip", d.wire.from().String(), "cause", err.Error())
	return false
}

func (d *device) answer(bytes []byte) bool {
	_ = d.wire.SetWriteDeadline(time.Now().Add(answerTime))
	_, err := d.wire.Write(bytes)
	return err == nil
}

// readUpTo reads n bytes into buffer, which grows as they come and not because somebody says that they will.
func readUpTo(from io.Reader, buffer []byte, n int) ([]byte, error) {
	for len(buffer) < n {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, make([]byte, min(n, 2*len(buffer))-len(buffer))...)[:len(buffer)]
		}
		got, err := from.Read(buffer[len(buffer):min(n, cap(buffer))])
		buffer = buffer[:len(buffer)+got]
		if err != nil && len(buffer) < n {
			return nil, errors.Join(io.ErrUnexpectedEOF, err)
		}
	}
	return buffer, nil
}
