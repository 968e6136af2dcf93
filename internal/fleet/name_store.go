package fleet

import (
	"context"
	"database/sql"
)

// Names returns what assets of the account are called, by their ids, whoever asks. Those that aren't there are left out.
func (s *Service) Names(ctx context.Context, accountID int64, ids []int64) (map[int64]string, error) {
	return s.store.names(ctx, accountID, `SELECT id, name FROM assets WHERE account_id = $1 AND id IN (`, ids)
}

// DriverNames returns what drivers of the account are called, by their ids, whoever asks; those of deleted ones too.
func (s *Service) DriverNames(ctx context.Context, accountID int64, ids []int64) (map[int64]string, error) {
	return s.store.names(ctx, accountID, `SELECT id, name FROM drivers WHERE account_id = $1 AND id IN (`, ids)
}

// BeaconNames returns what the account's beacons are called, by their identities, whoever asks.
func (s *Service) BeaconNames(ctx context.Context, accountID int64) (map[string]string, error) {
	names := map[string]string{}
	err := s.store.db.Rows(ctx, `SELECT identity, name FROM beacons WHERE account_id = $1`, []any{accountID}, func(rows *sql.Rows) error {
		var identity, name string
		err := rows.Scan(&identity, &name)
		names[identity] = name
		return err
	})
	return names, err
}

func (s fleetStore) names(ctx context.Context, accountID int64, query string, ids []int64) (map[int64]string, error) {
	names := make(map[int64]string, len(ids))
	return names, inChunks(accountID, ids, func(list string, args []any) error {
		return s.db.Rows(ctx, query+list+`)`, args, func(rows *sql.Rows) error {
			var id int64
			var name string
			err := rows.Scan(&id, &name)
			names[id] = name
			return err
		})
	})
}
