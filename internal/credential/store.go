package credential

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

func insertClient(ctx context.Context, tx *store.Tx, c *Client) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO oauth_clients
		(client_id, account_id, owner_id, name, scopes, grant_types, token_lifetime, expires_at, created_at, updated_at, allowed_networks, made_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		c.ID, c.AccountID, c.OwnerID, c.Name, c.Scopes.String(), strings.Join(c.GrantTypes, " "), nullSeconds(c.TokenLifetime), nullTime(c.ExpiresAt),
		c.CreatedAt.UnixMilli(), c.CreatedAt.UnixMilli(), c.Networks.String(), c.MadeBy)
	if err != nil {
		return err
	}
	for _, accountID := range c.Reach {
		if _, err := tx.ExecContext(ctx, `INSERT INTO oauth_client_accounts (client_id, account_id) VALUES ($1, $2)`, c.ID, accountID); err != nil {
			return err
		}
	}
	return nil
}

func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func insertSecret(ctx context.Context, tx *store.Tx, clientID string, s Secret) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO oauth_client_secrets (client_id, hash, created_at) VALUES ($1, $2, $3) RETURNING id`,
		clientID, s.hash[:], s.CreatedAt.UnixMilli()).Scan(&id)
	return id, err
}

// lockClient makes other changes of the client wait, and refuses one that isn't the account's.
func lockClient(ctx context.Context, tx *store.Tx, accountID int64, clientID string, now int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE oauth_clients SET updated_at = $1 WHERE client_id = $2 AND account_id = $3`, now, clientID, accountID)
	return store.OneRow(result, err, "Client")
}

func countSecrets(ctx context.Context, tx *store.Tx, clientID string) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM oauth_client_secrets WHERE client_id = $1`, clientID).Scan(&n)
	return n, err
}

func deleteSecret(ctx context.Context, tx *store.Tx, clientID string, id int64) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM oauth_client_secrets WHERE client_id = $1 AND id = $2`, clientID, id)
	return store.OneRow(result, err, "Secret")
}

// updateClient writes what can be changed of a client. A new expiry is told of anew.
func updateClient(ctx context.Context, tx *store.Tx, c *Client, now int64) error {
	disabled := 0
	if c.Disabled {
		disabled = 1
	}
	_, err := tx.ExecContext(ctx, `UPDATE oauth_clients SET name = $1, scopes = $2, token_lifetime = $3, disabled = $4, expires_at = $5,
		allowed_networks = $6, updated_at = $7, expiry_told = NULL WHERE client_id = $8`,
		c.Name, c.Scopes.String(), nullSeconds(c.TokenLifetime), disabled, nullTime(c.ExpiresAt), c.Networks.String(), now, c.ID)
	return err
}

func nullSeconds(d time.Duration) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(d / time.Second), Valid: d > 0}
}

func deleteClient(ctx context.Context, tx *store.Tx, clientID string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM oauth_clients WHERE client_id = $1`, clientID)
	return err
}

// selectClients joins each client with its secrets; reach is read only for the few that have any. The outer join with
// one constant row gives an unknown client a row of NULLs, so that it takes as long as a known one.
const selectClients = `SELECT c.client_id, c.account_id, c.owner_id, c.name, c.scopes, c.grant_types, c.token_lifetime,
	c.disabled, c.expires_at, c.created_at, c.allowed_networks, c.made_by,
	(SELECT COUNT(*) FROM oauth_client_accounts r WHERE r.client_id = c.client_id), s.id, s.hash, s.created_at `

// querier is the database, or a transaction in it.
type querier interface {
	Rows(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error
}

// loadClient reads one client; nil for none.
func loadClient(ctx context.Context, q querier, clientID string) (*Client, error) {
	clients, err := queryClients(ctx, q, selectClients+`FROM (SELECT 1) AS one
		LEFT JOIN oauth_clients c ON c.client_id = $1
		LEFT JOIN oauth_client_secrets s ON s.client_id = c.client_id ORDER BY s.id`, clientID)
	if err != nil || len(clients) == 0 {
		return nil, err
	}
	return clients[0], nil
}

func (s *Service) loadClient(ctx context.Context, clientID string) (*Client, error) {
	return loadClient(ctx, s.db, clientID)
}

// List returns an account's clients, oldest first.
func (s *Service) List(ctx context.Context, accountID int64) ([]*Client, error) {
	return queryClients(ctx, s.db, selectClients+`FROM oauth_clients c
		LEFT JOIN oauth_client_secrets s ON s.client_id = c.client_id
		WHERE c.account_id = $1 ORDER BY c.created_at, c.client_id, s.id`, accountID)
}

// ClientsPage returns some of an account's clients, the newest first, and how many there are.
func (s *Service) ClientsPage(ctx context.Context, accountID int64, offset, limit int) ([]*Client, int, error) {
	clients, err := queryClients(ctx, s.db, selectClients+`FROM
		(SELECT client_id, account_id, owner_id, name, scopes, grant_types, token_lifetime, disabled, expires_at, created_at, allowed_networks, made_by
			FROM oauth_clients WHERE account_id = $1 ORDER BY created_at DESC, client_id DESC LIMIT $2 OFFSET $3) c
		LEFT JOIN oauth_client_secrets s ON s.client_id = c.client_id
		ORDER BY c.created_at DESC, c.client_id DESC, s.id`, accountID, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	var total int
	err = s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM oauth_clients WHERE account_id = $1`, accountID).Scan(&total)
	return clients, total, store.Fault(err)
}

func queryClients(ctx context.Context, q querier, query string, args ...any) ([]*Client, error) {
	clients := []*Client{}
	widened := false
	err := q.Rows(ctx, query, args, func(rows *sql.Rows) error {
		var r clientRow
		if err := r.scan(rows); err != nil || !r.id.Valid {
			return err
		}
		if n := len(clients); n == 0 || clients[n-1].ID != r.id.String {
			c, err := r.client()
			if err != nil {
				return err
			}
			clients = append(clients, c)
			widened = widened || r.reach > 0
		}
		if r.secretID.Valid {
			last := clients[len(clients)-1]
			last.Secrets = append(last.Secrets, Secret{ID: r.secretID.Int64, CreatedAt: timeOf(r.secretCreated), hash: [32]byte(r.hash)})
		}
		return nil
	})
	if err != nil || !widened {
		return clients, err
	}
	return clients, loadReach(ctx, q, clients)
}

type clientRow struct {
	id, name, scopes, grants, networks, madeBy  sql.NullString
	account, owner, lifetime, disabled, expires sql.NullInt64
	created, secretID, secretCreated            sql.NullInt64
	reach                                       int64
	hash                                        []byte
}

func (r *clientRow) scan(rows *sql.Rows) error {
	return rows.Scan(&r.id, &r.account, &r.owner, &r.name, &r.scopes, &r.grants, &r.lifetime, &r.disabled, &r.expires, &r.created,
		&r.networks, &r.madeBy, &r.reach, &r.secretID, &r.hash, &r.secretCreated)
}

func (r *clientRow) client() (*Client, error) {
	scopes, err := bearer.ParseScopes(r.scopes.String)
	if err != nil {
		return nil, err
	}
	networks, err := bearer.ParseNetworks(r.networks.String)
	if err != nil {
		return nil, err
	}
	return &Client{ID: r.id.String, AccountID: r.account.Int64, OwnerID: r.owner.Int64, Name: r.name.String, Scopes: scopes,
		GrantTypes: strings.Fields(r.grants.String), TokenLifetime: time.Duration(r.lifetime.Int64) * time.Second,
		Disabled: r.disabled.Int64 != 0, ExpiresAt: timeOf(r.expires), CreatedAt: timeOf(r.created),
		Networks: networks, MadeBy: r.madeBy.String}, nil
}

func loadReach(ctx context.Context, q querier, clients []*Client) error {
	byID := map[string]*Client{}
	args := make([]any, 0, len(clients))
	for _, c := range clients {
		byID[c.ID] = c
		args = append(args, c.ID)
	}
	return q.Rows(ctx, `SELECT client_id, account_id FROM oauth_client_accounts WHERE client_id IN (`+
		store.Placeholders(1, len(args))+`) ORDER BY account_id`, args, func(rows *sql.Rows) error {
		var id string
		var accountID int64
		err := rows.Scan(&id, &accountID)
		if c := byID[id]; c != nil {
			c.Reach = append(c.Reach, accountID)
		}
		return err
	})
}
