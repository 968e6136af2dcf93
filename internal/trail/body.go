package trail

import "context"

// IngestBody stores the positions of a body in the form of POST /api/{account_key}/position, brought by another way. A position
// that names no asset is of's, which has AssetID or Tracker, or neither; one that names another than of's is rejected. The
// faults are Malformed and TooLarge, where the body can't be read, and those of Ingest.
func (s *Service) IngestBody(ctx context.Context, accountID int64, body []byte, of Position) (Result, error) {
	b, err := decode(body, true)
	if err != nil {
		return Result{}, err
	}
	b.give(of)
	result, err := s.Ingest(ctx, accountID, b.positions)
	if err != nil {
		return Result{}, err
	}
	result.Rejected = b.allRejected(result.Rejected)
	return result, nil
}

// give makes the positions of's, and rejects those that are another's.
func (b *batch) give(of Position) {
	if of.AssetID == 0 && of.Tracker == "" {
		return
	}
	positions, items := b.positions[:0], b.items[:0]
	for i := range b.positions {
		p := &b.positions[i]
		if p.AssetID == 0 && p.Tracker == "" {
			p.AssetID, p.Tracker = of.AssetID, of.Tracker
		}
		if p.AssetID != of.AssetID || p.Tracker != of.Tracker {
			b.rejected = append(b.rejected, Rejection{Index: b.items[i], Message: "The position names another asset than the one that it was sent for.", field: "asset_id"})
			continue
		}
		positions, items = append(positions, *p), append(items, b.items[i])
	}
	b.positions, b.items = positions, items
}
