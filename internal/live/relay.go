package live

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/trail"
)

// A node tells the others what happens in accounts that they follow, which accounts it follows, and whom it has let onto a
// channel of a connection that another node holds.

// wantLasts is how long a node's word that it follows accounts is good. It is said again each 10 seconds.
const wantLasts = 30 * time.Second

// word is a message between nodes: one of its members is set.
type word struct {
	Account int64           `json:"a,omitempty"`
	Moves   []wordMove      `json:"m,omitempty"`
	Asset   int64           `json:"i,omitempty"`
	Alert   json.RawMessage `json:"e,omitempty"`
	Report  *reportNews     `json:"r,omitempty"` // what Alert is the data of, unless it is an alert

	Want []int64 `json:"w,omitempty"`
	Ask  bool    `json:"q,omitempty"` // who says it has missed what others want

	Socket  string `json:"s,omitempty"`
	Channel string `json:"c,omitempty"`
	Holder  []byte `json:"h,omitempty"` // sealed: it holds a secret. Without it, the grant is asked for
}

type wordMove struct {
	Asset int64           `json:"i"`
	Time  int64           `json:"t"`
	JSON  json.RawMessage `json:"j"`
}

func (s *Service) publish(w *word) {
	b, err := json.Marshal(w)
	if err != nil {
		s.opt.Log.Error("a message to other nodes can't be made", "cause", err.Error())
		return
	}
	s.opt.Relay.Publish(b)
}

// followed reports whether another node follows an account.
func (s *Service) followed(account int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.opt.Now().Before(s.wanted[account])
}

func (s *Service) publishMoves(account int64, moves []trail.Move) {
	if !s.followed(account) {
		return
	}
	w := &word{Account: account, Moves: make([]wordMove, len(moves))}
	for i, m := range moves {
		w.Moves[i] = wordMove{m.AssetID, m.Time, m.JSON}
	}
	s.publish(w)
}

func (s *Service) publishAlert(h *happening) {
	if s.followed(h.account) {
		s.publish(&word{Account: h.account, Asset: h.asset, Alert: h.data})
	}
}

// want tells the others which accounts are followed here.
func (s *Service) want() {
	s.mu.Lock()
	now := s.opt.Now()
	for account, until := range s.wanted {
		switch {
		case !s.opt.Relay.Hears(): // who can't be heard may follow it still
			s.wanted[account] = now.Add(wantLasts)
		case now.After(until):
			delete(s.wanted, account)
		}
	}
	w := &word{}
	for account := range s.audiences {
		w.Want = append(w.Want, account)
	}
	s.mu.Unlock()
	s.publish(w)
}

func (s *Service) publishGrant(key grantKey, h *holder) {
	s.publish(&word{Socket: key.socket, Channel: key.channel,
		Holder: s.seal.Seal([]byte(string(h.kind)+h.from.String()+" "+h.text), key.socket+":"+key.channel)})
}

// received takes a message of another node.
func (s *Service) received(message []byte) {
	var w word
	if err := json.Unmarshal(message, &w); err != nil {
		s.opt.Log.Warn("a message of another node can't be read", "cause", err.Error())
		return
	}
	switch {
	case w.Ask:
		// Until it has heard the answer it tells nobody here.
		s.want()
		s.owe(false)
	case len(w.Want) > 0:
		s.mu.Lock()
		until := s.opt.Now().Add(wantLasts)
		for _, account := range w.Want {
			s.wanted[account] = until
		}
		s.mu.Unlock()
	case w.Socket != "" && w.Holder == nil:
		s.regrant(grantKey{w.Socket, w.Channel})
	case w.Socket != "":
		if !s.has(w.Socket) {
			return
		}
		plain, err := s.seal.Open(w.Holder, w.Socket+":"+w.Channel)
		if err != nil || len(plain) < 2 {
			s.opt.Log.Warn("a credential from another node can't be opened: is its server secret another?")
			return
		}
		from, text, _ := strings.Cut(string(plain[1:]), " ")
		addr, _ := netip.ParseAddr(from)
		s.grant(grantKey{w.Socket, w.Channel}, &holder{kind: plain[0], text: text, from: addr})
	default:
		s.heardOf(&w)
	}
}

// heardOf tells who follows here what another node has stored.
func (s *Service) heardOf(w *word) {
	a := s.audience(w.Account)
	if a == nil {
		return
	}
	ctx := context.Background()
	if w.Report != nil {
		a.reported(ctx, w.Report, w.Alert)
		return
	}
	if w.Alert != nil {
		a.happened(ctx, w.Asset, eventAlert, w.Alert)
		return
	}
	moves := make([]trail.Move, len(w.Moves))
	for i, m := range w.Moves {
		moves[i] = trail.Move{AccountID: w.Account, AssetID: m.Asset, Time: m.Time, JSON: m.JSON}
	}
	a.moved(ctx, moves, s.opt.Now())
}
