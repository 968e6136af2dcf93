package live

import (
	"context"
	"encoding/json"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/trail"
)

// reportNews is what became of a report, and who may know: whoever sees all of its assets.
type reportNews struct {
	Event  string  `json:"n"`
	Assets []int64 `json:"s,omitempty"` // none: it is about the whole account
}

// reportScope is what a credential must hold to be told of reports.
var reportScope = mustScope("read:reports")

// Report is what became of a report, to be told on the account's channel once that is committed. assets are those that it is about;
// nil for the whole account. data is what encoding/json makes the event's data of.
func (s *Service) Report(account int64, event string, assets []int64, data any) {
	if !s.Watched(account) {
		return
	}
	text, err := json.Marshal(data)
	if err != nil {
		s.opt.Log.Error("a report can't be told live", "cause", err.Error())
		return
	}
	s.events.add(nil, &happening{account: account, data: text, report: &reportNews{event, assets}})
}

// tellReport tells of a report here and on other nodes.
func (s *Service) tellReport(ctx context.Context, h *happening) {
	if s.followed(h.account) {
		s.publish(&word{Account: h.account, Report: h.report, Alert: h.data})
	}
	if a := s.audience(h.account); a != nil {
		a.reported(ctx, h.report, h.data)
	}
}

// reported tells those on the account's channel who may see a report. The slim tier tells of reports too: they are few.
func (a *audience) reported(ctx context.Context, news *reportNews, data []byte) {
	moves := make([]trail.Move, len(news.Assets))
	for i, id := range news.Assets {
		moves[i] = trail.Move{AccountID: a.account, AssetID: id}
	}
	places := a.service.places(ctx, moves)
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, c := range a.channels {
		if c.kind != ofAccount {
			continue
		}
		f := &frame{event: a.service.eventName(news.Event), channel: c.name, data: data, cursor: *a.cursor.Load()}
		for sub := range c.subs {
			if sub.reports && c.showsAll(moves, places, sub.part) {
				sub.reader.offer(f.to(sub), sub)
			}
		}
	}
}

// showsAll reports whether somebody who is limited to a part sees all of these assets; of none at all, which stands for the whole
// account, those see it who aren't limited.
func (c *channel) showsAll(moves []trail.Move, places []place, part *bearer.Part) bool {
	if part == nil {
		return true
	}
	for i := range moves {
		if !c.shows(moves[i].AssetID, places[i], part) {
			return false
		}
	}
	return len(moves) > 0
}
