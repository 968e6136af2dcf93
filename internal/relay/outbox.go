package relay

import "sync"

const (
	// maxWaiting bounds what waits to be sent, in bytes, with what is being sent.
	maxWaiting = 8 << 20
	// messageCost is what a waiting message takes beside its bytes.
	messageCost = 64
	// mostFrames is how many frames go in one call.
	mostFrames = 64
)

// waiting is a published message.
type waiting struct {
	letter byte // 0 while it isn't decided how it is written
	body   string
	gone   int // bytes that are in frames already
}

// outbox holds what was published until it is sent.
type outbox struct {
	node  string
	ready chan struct{} // something waits

	mu      sync.Mutex
	queue   []waiting
	held    int // bytes in the queue and in the frames
	made    []string
	number  uint64 // of the newest frame
	lost    bool   // the next frame must tell of a gap
	dropped uint64 // not asked for yet
}

func newOutbox(node string) *outbox { return &outbox{node: node, ready: make(chan struct{}, 1)} }

func (o *outbox) add(message []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer signal(o.ready)
	if len(message) > MaxMessage {
		o.lost = true
		o.dropped++
		return
	}
	o.queue = append(o.queue, waiting{body: string(message)})
	for o.held += messageCost + len(message); o.held > maxWaiting && len(o.queue) > 0; {
		o.pop()
		o.lost = true
		o.dropped++
	}
}

// pop takes the oldest message off the queue.
func (o *outbox) pop() {
	o.held -= messageCost + len(o.queue[0].body)
	o.queue[0] = waiting{} // the array behind the queue lives on
	if o.queue = o.queue[1:]; len(o.queue) == 0 {
		o.queue = nil
	}
}

// frames makes frames of what waits. The same ones are returned until they are sent or refused. With them comes how many
// messages were dropped since the last call.
func (o *outbox) frames(form form) (frames []string, dropped uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	dropped, o.dropped = o.dropped, 0
	if len(o.made) == 0 {
		for len(o.made) < mostFrames && (len(o.queue) > 0 || o.lost) {
			frame := o.frame(form)
			o.held += len(frame)
			o.made = append(o.made, frame)
		}
	}
	return o.made, dropped
}

func (o *outbox) frame(form form) string {
	o.number++
	b := appendHead(make([]byte, 0, min(form.size, o.held+len(lostWord)+40)), o.node, o.number, o.lost)
	o.lost = false
	for first := true; len(o.queue) > 0; first = false {
		w := &o.queue[0]
		if w.letter == 0 {
			w.letter = asText
			if form.text && !isText(w.body) {
				o.held -= len(w.body)
				w.letter, w.body = asBase64, encode(w.body)
				o.held += len(w.body)
			}
		}
		p := piece{letter: w.letter, goesOn: w.gone > 0, body: w.body[w.gone:]}
		room := form.size - len(b) - pieceHead
		if len(p.body) <= room {
			b = appendPiece(b, p)
			o.pop()
			continue
		}
		if first || len(p.body) > form.size && room > form.size/2 { // a short message goes whole, in the next frame
			p.body, p.more = p.body[:cut(p.body, room)], true
			b = appendPiece(b, p)
			w.gone += len(p.body)
		}
		break
	}
	return string(b)
}

// sent forgets the frames, which the engine has.
func (o *outbox) sent() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, frame := range o.made {
		o.held -= len(frame)
	}
	o.made = nil
}

// refused forgets the frames, which nobody will have.
func (o *outbox) refused() {
	o.sent()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost = true
	signal(o.ready)
}
