package fleet

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Binding says that an asset has, or had, a tracker for a time.
type Binding struct {
	Tracker   string     `json:"tracker" doc:"The tracker's identity." example:"356307042441013"`
	BoundAt   time.Time  `json:"bound_at" doc:"Since when the asset has it. For trackers that were there before this history was kept, when the asset was made."`
	UnboundAt *time.Time `json:"unbound_at" doc:"Until when; null for the one that it has now."`
}

// binding is whose a tracker is; the zero value for nobody's.
type binding struct{ accountID, assetID int64 }

// cachedTrackers bounds what is known of trackers, those that nobody has among them. One takes about 150 bytes.
const cachedTrackers = 100_000

// Trackers returns a page of the history of an asset's trackers, the newest first, and how many there are in all.
// Unknown, or another account's: NotFound.
func (s *Service) Trackers(ctx context.Context, accountID, id int64, page web.PageInput) ([]Binding, int, error) {
	if _, err := s.store.name(ctx, accountID, id); err != nil {
		return nil, 0, err
	}
	return s.store.bindings(ctx, accountID, id, page)
}

// Bound finds whose a tracker is where no credential is shown, as on a device's own port: the asset, of any account that
// isn't suspended, that has it now and has had it the longest. So nobody gets at another's positions by naming
// the tracker too. NotFound if nobody has it. It is answered from memory, which is at most a second behind.
func (s *Service) Bound(ctx context.Context, identity string) (accountID, assetID int64, err error) {
	if identity == "" || len(identity) > maxTracker {
		return 0, 0, fault.Missing("Tracker")
	}
	b, err := s.bound.Get(ctx, identity)
	if err == nil && b.assetID == 0 {
		err = fault.Missing("Tracker")
	}
	return b.accountID, b.assetID, err
}

// forgetTracker hears of changes of bindings.
func (s *Service) forgetTracker(identity string) {
	if identity == "" {
		s.bound.Reset()
	} else {
		s.bound.Drop(identity)
	}
}
