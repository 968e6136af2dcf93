package fleet

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Known is what Lookup found.
type Known struct {
	IDs      map[int64]struct{} // which of the ids are assets of the account
	Trackers map[string]int64   // the asset of each tracker that has one
}

// Lookup finds which ids are the account's assets, and which asset each tracker belongs to. It asks the database once
// for up to 500 of either, whatever the number of positions that named them.
func (s *Service) Lookup(ctx context.Context, accountID int64, ids []int64, trackers []string) (Known, error) {
	known := Known{IDs: make(map[int64]struct{}, len(ids)), Trackers: make(map[string]int64, len(trackers))}
	if err := s.store.knownIDs(ctx, s.store.db.Read(), accountID, ids, known.IDs); err != nil {
		return Known{}, err
	}
	return known, s.store.knownTrackers(ctx, accountID, trackers, known.Trackers)
}

// Name returns an asset's name; unknown, or another account's: NotFound.
func (s *Service) Name(ctx context.Context, accountID, id int64) (string, error) {
	return s.store.name(ctx, accountID, id)
}

// EnsureByTracker returns the account's asset with this tracker, without status and position, and makes it from draft,
// whose Tracker is ignored, where there is none. Two callers at once get the same asset. created says whether this call
// made it.
func (s *Service) EnsureByTracker(ctx context.Context, accountID int64, tracker string, draft Draft) (asset *Asset, created bool, err error) {
	draft.Tracker = tracker
	if draft, err = draft.checked(); err != nil {
		return nil, false, err
	}
	if draft.Tracker == "" {
		return nil, false, fault.InvalidField("tracker", "The tracker field is required.")
	}
	found, created, err := s.store.ensure(ctx, accountID, draft)
	if err != nil {
		return nil, false, err
	}
	return &found, created, nil
}

// Hold adds to held which of ids are the account's assets, and keeps those from being deleted until tx ends. Positions
// are stored under it, so that none is left behind without its asset. It is for SQLite; see HoldPostgres.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, accountID int64, ids []int64, held map[int64]struct{}) error {
	// A writing transaction of SQLite is alone: nothing is deleted while it lasts.
	return s.store.knownIDs(ctx, tx, accountID, ids, held)
}

// HoldPostgres is Hold on a PostgreSQL connection of pgx's own. ids[i] is to be an asset of accountIDs[i]. Callers
// sort both alike everywhere, so that two of them never wait for each other.
func (s *Service) HoldPostgres(ctx context.Context, tx pgx.Tx, accountIDs, ids []int64, held map[int64]struct{}) error {
	return s.store.holdPostgres(ctx, tx, accountIDs, ids, held)
}
