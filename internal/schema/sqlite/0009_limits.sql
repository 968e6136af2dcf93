-- +goose Up
-- What an account asks of its credentials. Lifetimes are in seconds, NULL for no limit beside the server's own;
-- allowed_networks is space-separated CIDR, empty for any address; rate_limit is requests a minute, NULL for the
-- server's.
ALTER TABLE accounts ADD COLUMN max_token_lifetime INTEGER;
ALTER TABLE accounts ADD COLUMN max_key_lifetime INTEGER;
ALTER TABLE accounts ADD COLUMN require_expiry INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN rate_limit INTEGER;

-- made_by is the credential that it was made with ("session:9", "key:7", a client id), '' for the operator's command.
-- expiry_told is when the admins were told that it expires soon.
ALTER TABLE oauth_clients ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_clients ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_clients ADD COLUMN expiry_told INTEGER;
ALTER TABLE api_keys ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN expiry_told INTEGER;

-- What a member is limited to: '' for everything, or a JSON object {"groups":["North"],"assets":[7]}.
ALTER TABLE memberships ADD COLUMN limited_to TEXT NOT NULL DEFAULT '';

CREATE INDEX oauth_clients_by_expiry ON oauth_clients (expires_at);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);
CREATE INDEX api_keys_by_user ON api_keys (account_id, user_id, id);
CREATE INDEX oauth_clients_expiring ON oauth_clients (account_id, expires_at);
CREATE INDEX api_keys_expiring ON api_keys (account_id, expires_at);
