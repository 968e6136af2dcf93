package relay

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// mostNodes bounds the memory of other nodes. Each start of a node is another one.
const mostNodes = 128

// longestBody is the most bytes of a message as it is carried.
var longestBody = len(encode(string(make([]byte, MaxMessage))))

// sender is what is known of another node.
type sender struct {
	number uint64 // of its newest frame
	behind bool   // a gap was told since: what comes next may skip numbers
	begun  bool   // part has the beginning of a message
	part   []byte
}

// inbox makes messages of the frames that are heard.
type inbox struct {
	node    string
	message func([]byte)
	gap     func(whole bool)

	mu      sync.Mutex
	senders *simplelru.LRU[string, *sender]
}

func newInbox(node string) *inbox {
	senders, _ := simplelru.NewLRU[string, *sender](mostNodes, nil) // fails for a size below one only
	return &inbox{node: node, message: func([]byte) {}, gap: func(bool) {}, senders: senders}
}

// end says that nobody is to be called any more.
func (in *inbox) end() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.message, in.gap = func([]byte) {}, func(bool) {}
}

// lost says that frames of any node may have been missed.
func (in *inbox) lost() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range in.senders.Values() {
		s.behind = true
	}
	in.gap(false)
}

// take handles a frame. One that was had already is left out: it was sent again by who didn't know.
func (in *inbox) take(text string) {
	f, err := readFrame(text)
	if err == nil && f.node == in.node {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if err != nil {
		in.gap(true) // another program's frame has messages that this one can't read
		return
	}
	s, known := in.senders.Get(f.node)
	if !known {
		s = &sender{behind: true}
		in.senders.Add(f.node, s)
	}
	if f.number <= s.number {
		return
	}
	skipped := f.number != s.number+1
	if skipped || f.lost {
		s.forget()
	}
	if f.lost || skipped && !s.behind {
		in.gap(true) // the sender may have held them back for long
	}
	s.number, s.behind = f.number, false
	for _, p := range f.pieces {
		in.piece(s, p)
	}
}

// piece adds a piece to the message that it belongs to, and hands that on once it is whole. A piece of a message whose
// beginning was missed belongs to none.
func (in *inbox) piece(s *sender, p piece) {
	if p.goesOn && !s.begun {
		return
	}
	if !p.goesOn {
		s.forget()
		s.begun = true
	}
	if s.part = append(s.part, p.body...); p.more && len(s.part) <= longestBody {
		return
	}
	message, err := decode(p.letter, s.part)
	if s.forget(); err != nil || len(message) > MaxMessage {
		in.gap(true)
		return
	}
	in.message(message)
}

func (s *sender) forget() { s.begun, s.part = false, nil }
