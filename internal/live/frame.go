package live

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/yipii/yipii/internal/trail"
)

// Events of the product. On the wire their names begin with a dot, unless a setting takes it away.
const (
	eventLocation = "location.updated"
	eventAlert    = "alert.triggered"
)

// mostMoves is how many positions go into one frame: about 30 KB.
const mostMoves = 100

// frame is an event on its way to the subscribers of a channel. All of them share it.
type frame struct {
	event   string // with the dot, if there is one
	channel string
	data    []byte       // JSON: an object, or an array of several
	moves   []trail.Move // that data is made of; nil for any other event
	cursor  string       // where somebody who has seen this goes on; "" for unknown

	opcode byte // of a control message, which has nothing but data; 0 for an event
	last   bool // the connection ends behind it

	encoded  sync.Once
	bytes    []byte
	packed   sync.Once
	prepared *websocket.PreparedMessage
}

// to is the frame of an event for a subscriber.
func (f *frame) to(sub *subscription) *frame {
	if sub.late {
		return f.withoutCursor()
	}
	return f
}

// withoutCursor is the frame of an event for a reader who has still to be told of earlier positions.
func (f *frame) withoutCursor() *frame {
	return &frame{event: f.event, channel: f.channel, data: f.data, opcode: f.opcode, last: f.last}
}

// wire is the frame as it is sent (RFC 6455 §5.2), encoded by the first who needs it.
func (f *frame) wire() []byte {
	f.encoded.Do(func() {
		opcode, text := f.opcode, f.data
		if opcode == 0 {
			opcode, text = websocket.TextMessage, f.encode()
		}
		const final = 0x80
		b := make([]byte, 0, len(text)+10)
		switch n := len(text); {
		case n < 126:
			b = append(b, final|opcode, byte(n))
		case n < 1<<16:
			b = binary.BigEndian.AppendUint16(append(b, final|opcode, 126), uint16(n))
		default:
			b = binary.BigEndian.AppendUint64(append(b, final|opcode, 127), uint64(n))
		}
		f.bytes = append(b, text...)
	})
	return f.bytes
}

// message is the frame for sockets that compress, each way of which is compressed once.
func (f *frame) message() *websocket.PreparedMessage {
	f.packed.Do(func() {
		// Only a kind of message that doesn't exist makes this fail.
		f.prepared, _ = websocket.NewPreparedMessage(websocket.TextMessage, f.encode())
	})
	return f.prepared
}

// encode writes Pusher's envelope, in which data is a string that holds JSON.
func (f *frame) encode() []byte {
	b := make([]byte, 0, len(f.data)+len(f.data)/4+160)
	b = appendString(append(b, `{"event":`...), f.event)
	if f.channel != "" {
		b = appendString(append(b, `,"channel":`...), f.channel)
	}
	b = appendQuoted(append(b, `,"data":`...), f.data)
	if f.cursor != "" {
		b = appendString(append(b, `,"last_event_id":`...), f.cursor)
	}
	return append(b, '}')
}

// appendQuoted appends JSON as a JSON string. JSON holds no control characters outside of escapes, so quotes and backslashes are
// all that needs one.
func appendQuoted(b, text []byte) []byte {
	b = append(b, '"')
	for {
		i := bytes.IndexAny(text, "\"\\")
		if i < 0 {
			return append(append(b, text...), '"')
		}
		b = append(append(b, text[:i]...), '\\', text[i])
		text = text[i+1:]
	}
}

func appendString(b []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return append(b, quoted...)
}

// joined is one move's JSON as it is, or several as an array.
func joined(moves []trail.Move) []byte {
	if len(moves) == 1 {
		return moves[0].JSON
	}
	size := 2
	for i := range moves {
		size += len(moves[i].JSON) + 1
	}
	b := append(make([]byte, 0, size), '[')
	for i := range moves {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, moves[i].JSON...)
	}
	return append(b, ']')
}
