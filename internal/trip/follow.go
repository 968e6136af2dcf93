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
	for _, o := range outcomes {
		m := o.Memory.(*memory)
		if o.Redone {
			gone = append(gone, []any{o.AccountID, o.AssetID, o.After, o.Through})
		}
		for i := range m.came {
			rows = append(rows, rowOf(o.AccountID, o.AssetID, &m.came[i]))
		}
		// Steps taken anew may leave open what had been closed.
		if m.Kind != "" && !m.Assumed && (m.fresh || o.Redone) {
			open := m.open()
			rows = append(rows, rowOf(o.AccountID, o.AssetID, &open))
		}
		m.came, m.fresh = m.came[:0], false
	}
	return write(ctx, tx, gone, rows)
}
