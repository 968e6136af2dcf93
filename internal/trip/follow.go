package trip

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
)

// Key implements trail.Follower.
func (s *Service) Key() string { return "trip" }

// Memory implements trail.Follower.
func (s *Service) Memory(accountID, assetID int64, saved json.RawMessage) (trail.Memory, error) {
	m := &memory{room: s, accountID: accountID, assetID: assetID, limits: Thresholds{}.limits()}
	if saved != nil {
		if err := json.Unmarshal(saved, &m.state); err != nil {
			return nil, fmt.Errorf("the memory of the trips of asset %d: %w", assetID, err)
		}
	}
	return m, nil
}

// Write implements trail.Follower. A row is written when its segment begins, and again when it ends; in between nothing is. After
// steps that were taken anew, the rows that were concluded at them go, and those that were concluded again come back.
func (s *Service) Write(ctx context.Context, tx store.Writer, outcomes []trail.Outcome) error {
	var gone, rows [][]any
	var news []trail.News
	for _, o := range outcomes {
		m := o.Memory.(*memory)
		if o.Redone {
			gone = append(gone, []any{o.AccountID, o.AssetID, o.After, o.Through})
		}
		for i := range m.came {
			rows = append(rows, rowOf(o.AccountID, o.AssetID, &m.came[i]))
			news = appendNews(news, o, &m.came[i])
		}
		// Steps taken anew may leave open what had been closed.
		if m.Kind != "" && !m.Assumed && (m.fresh || o.Redone) {
			open := m.open()
			rows = append(rows, rowOf(o.AccountID, o.AssetID, &open))
			news = appendNews(news, o, &open)
		}
		m.came, m.fresh = m.came[:0], false
	}
	if err := write(ctx, tx, gone, rows); err != nil || s.Tell == nil || len(news) == 0 {
		return err
	}
	return s.Tell(ctx, tx, news)
}

// appendNews adds what a segment is for the outside: a trip that began, and one that has ended too. One that was written when
// it began is told of again when it ends; whoever is told knows it by its key.
func appendNews(news []trail.News, o trail.Outcome, g *segment) []trail.News {
	if g.Kind != Going {
		return news
	}
	one := trail.News{AccountID: o.AccountID, AssetID: o.AssetID, Type: "trip.started", Time: g.Start.Time,
		Key: fmt.Sprintf("trip:%d:%d:started", o.AssetID, g.Start.Time)}
	begun := *g
	begun.End, begun.EndReason, begun.Figures = spot{}, "", figures{}
	one.Data = begun.told(o.AssetID, g.Start.Time)
	news = append(news, one)
	if g.End.Time != 0 {
		one.Type, one.Time, one.Data = "trip.ended", g.End.Time, g.told(o.AssetID, g.End.Time)
		one.Key = fmt.Sprintf("trip:%d:%d:ended", o.AssetID, g.Start.Time)
		news = append(news, one)
	}
	return news
}
