package tracking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

const linkColumns = `id, account_id, token_hash, token, name, starts_at, ends_at, pin_hash, generation, show, destination_name, destination_latitude,
	destination_longitude, created_by, created_at, updated_at, revoked_at, version`

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scan reads a row, without the assets. A token that can't be opened is "": the link goes on to work for who has its address.
func (s *Service) scan(row interface{ Scan(...any) error }) (*Link, error) {
	l := &Link{Assets: []int64{}}
	var from, until, created, updated int64
	var revoked, by sql.NullInt64
	var to sql.NullString
	var latitude, longitude sql.NullFloat64
	err := row.Scan(&l.ID, &l.AccountID, &l.hash, &l.sealed, &l.Name, &from, &until, &l.pinHash, &l.generation, &l.Show, &to, &latitude, &longitude,
		&by, &created, &updated, &revoked, &l.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errLink()
	} else if err != nil {
		return nil, store.Fault(err)
	}
	l.From, l.Until, l.CreatedAt, l.UpdatedAt, l.CreatedBy = timeOf(from), timeOf(until), timeOf(created), timeOf(updated), by.Int64
	if revoked.Valid {
		l.RevokedAt = timeOf(revoked.Int64)
	}
	if to.Valid {
		l.Destination = &Destination{Name: to.String, Latitude: latitude.Float64, Longitude: longitude.Float64}
	}
	token, err := s.box.Open(l.sealed, l.boundTo())
	if err != nil {
		s.opt.Log.Error("the address of a tracking link can't be shown: make another link", "tracking_link", l.ID, "cause", err.Error())
	}
	l.Token = string(token)
	return l, nil
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// seen adds the condition that the caller sees all of a link's assets, and at least one: of what they don't see they can't tell
// whether it should be public.
func seen(ctx context.Context, accountID int64, args []any) (string, []any) {
	part := bearer.PartOf(ctx, accountID)
	if part == nil {
		return "", args
	}
	condition, partArgs := fleet.PartSQL(part, len(args))
	const of = `SELECT 1 FROM tracking_link_assets t WHERE t.link_id = tracking_links.id`
	return ` AND EXISTS (` + of + `) AND NOT EXISTS (` + of + ` AND t.asset_id NOT IN (SELECT id FROM assets WHERE account_id = $1 AND ` + condition + `))`,
		append(args, partArgs...)
}

func (s *Service) find(ctx context.Context, q querier, accountID, id int64) (*Link, error) {
	condition, args := seen(ctx, accountID, []any{accountID, id})
	return s.scan(q.QueryRowContext(ctx, `SELECT `+linkColumns+` FROM tracking_links WHERE account_id = $1 AND id = $2`+condition, args...))
}

// complete fills in the assets of an account's links: one question, whatever their number.
func (s *Service) complete(ctx context.Context, q querier, links []*Link) error {
	if len(links) == 0 {
		return nil
	}
	byID, args := make(map[int64]*Link, len(links)), []any{links[0].AccountID}
	for _, l := range links {
		byID[l.ID] = l
		args = append(args, l.ID)
	}
	rows, err := q.QueryContext(ctx, `SELECT link_id, asset_id FROM tracking_link_assets WHERE account_id = $1 AND link_id IN (`+
		store.Placeholders(2, len(links))+`) ORDER BY link_id, asset_id`, args...)
	if err != nil {
		return store.Fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		var link, asset int64
		if err := rows.Scan(&link, &asset); err != nil {
			return store.Fault(err)
		}
		byID[link].Assets = append(byID[link].Assets, asset)
	}
	return store.Fault(rows.Err())
}

func (s *Service) list(ctx context.Context, accountID, assetID int64, page web.PageInput) ([]*Link, int, error) {
	column, descending, err := page.Order(map[string]string{"id": "id", "name": "name", "from": "starts_at", "until": "ends_at", "created_at": "created_at",
		"updated_at": "updated_at"}, "id")
	if err != nil {
		return nil, 0, err
	}
	where, args := `account_id = $1`, []any{accountID}
	if assetID != 0 {
		args = append(args, assetID)
		where += ` AND EXISTS (SELECT 1 FROM tracking_link_assets f WHERE f.link_id = tracking_links.id AND f.asset_id = $2)`
	}
	condition, args := seen(ctx, accountID, args)
	all := store.List[*Link]{From: `tracking_links`, Columns: linkColumns, Where: where + condition, Args: args, Order: store.By(column, descending),
		Scan: func(rows *sql.Rows) (*Link, error) { return s.scan(rows) }}
	return all.Page(ctx, s.db, page.PerPage, page.Offset())
}

// lock makes other changes of the link wait, and refuses one that isn't the account's.
func (s *Service) lock(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE tracking_links SET updated_at = updated_at WHERE account_id = $1 AND id = $2`, accountID, id)
	return store.OneRow(result, err, "Tracking link")
}

// columnsOf are the arguments of what can be changed.
func columnsOf(l *Link) []any {
	var to, latitude, longitude, revoked any
	if d := l.Destination; d != nil {
		to, latitude, longitude = d.Name, d.Latitude, d.Longitude
	}
	if !l.RevokedAt.IsZero() {
		revoked = l.RevokedAt.UnixMilli()
	}
	return []any{l.AccountID, l.Name, l.From.UnixMilli(), l.Until.UnixMilli(), l.Access(), l.pinHash, l.generation, l.Show, to, latitude, longitude,
		l.UpdatedAt.UnixMilli(), revoked}
}

func (s *Service) insert(ctx context.Context, tx *store.Tx, l *Link) error {
	var count int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM tracking_links WHERE account_id = $1`, l.AccountID).Scan(&count); err != nil {
		return err
	}
	if count >= maxLinks {
		return fault.Newf(fault.Conflict, "An account can have %d tracking links: delete some first.", maxLinks)
	}
	var by any
	if l.CreatedBy != 0 {
		by = l.CreatedBy
	}
	if err := tx.QueryRowContext(ctx, `INSERT INTO tracking_links (account_id, name, starts_at, ends_at, access, pin_hash, generation, show, destination_name,
			destination_latitude, destination_longitude, updated_at, revoked_at, created_at, token_hash, token, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
		append(columnsOf(l), l.CreatedAt.UnixMilli(), l.hash, l.sealed, by)...).Scan(&l.ID); err != nil {
		return err
	}
	return s.putAssets(ctx, tx, l)
}

// putAssets stores a link's assets. One that was deleted meanwhile is refused.
func (s *Service) putAssets(ctx context.Context, tx *store.Tx, l *Link) error {
	for _, id := range l.Assets {
		n, err := tx.Do(ctx, `INSERT INTO tracking_link_assets (account_id, link_id, asset_id) SELECT account_id, $3, id FROM assets WHERE account_id = $1 AND id = $2`,
			l.AccountID, id, l.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errAsset(id)
		}
	}
	return nil
}

// update stores a link that the transaction has locked.
func (s *Service) update(ctx context.Context, tx *store.Tx, l *Link) error {
	if _, err := tx.ExecContext(ctx, `UPDATE tracking_links SET name = $2, starts_at = $3, ends_at = $4, access = $5, pin_hash = $6, generation = $7, show = $8,
			destination_name = $9, destination_latitude = $10, destination_longitude = $11, updated_at = $12, revoked_at = $13, version = version + 1
		WHERE account_id = $1 AND id = $14`, append(columnsOf(l), l.ID)...); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM tracking_link_assets WHERE account_id = $1 AND link_id = $2`, l.AccountID, l.ID); err != nil {
		return err
	}
	return s.putAssets(ctx, tx, l)
}

func (s *Service) delete(ctx context.Context, tx *store.Tx, accountID, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM tracking_links WHERE account_id = $1 AND id = $2`, accountID, id)
	return err
}

// load reads a link by the hash of its token, for the cache. It is the one question that names no account: who has the token names
// the account by it.
func (s *Service) load(ctx context.Context, hash string) (*Link, error) {
	l, err := s.scan(s.db.Read().QueryRowContext(ctx, `SELECT `+linkColumns+` FROM tracking_links WHERE token_hash = $1`, hash))
	if err != nil {
		return nil, err
	}
	var suspended int64
	if err := s.db.Read().QueryRowContext(ctx, `SELECT suspended FROM accounts WHERE id = $1`, l.AccountID).Scan(&suspended); err != nil {
		return nil, store.Fault(err)
	}
	l.suspended = suspended != 0
	return l, s.complete(ctx, s.db.Read(), []*Link{l})
}

// names are the names of an account's assets that exist now.
func (s *Service) names(ctx context.Context, accountID int64, ids []int64) (map[int64]string, error) {
	names := make(map[int64]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	args := []any{accountID}
	for _, id := range ids {
		args = append(args, id)
	}
	err := s.db.Rows(ctx, fmt.Sprintf(`SELECT id, name FROM assets WHERE account_id = $1 AND id IN (%s)`, store.Placeholders(2, len(ids))), args, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		names[id] = name
		return err
	})
	return names, err
}
