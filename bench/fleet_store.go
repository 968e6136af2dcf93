package main

import "context"

// What a large account holds, all of it in account 1.
const (
	fleetAssets  = 10_000
	fleetClients = 700
	fleetKeys    = 300
	fleetMembers = 50
	fleetEvents  = 5_000
	fleetHours   = 24 * 14 // of use, of each credential
)

// fillFleet makes the installation's account a large one: what its pages show is there, as real use would leave it.
func fillFleet(ctx context.Context, url, template string) error {
	fillings := append(peopleAndCredentials(), assetsAndPositions()...)
	if err := fillRows(ctx, url, append(fillings, usesAndHours()...), template, fleetMembers, fleetHours); err != nil {
		return err
	}
	return fillEvents(ctx, url, fleetEvents)
}

// peopleAndCredentials are the rows of members, clients and keys. Some of the credentials expire soon, and some don't
// work any more, so that every kind of badge is drawn.
func peopleAndCredentials() []filling {
	return []filling{
		{2, fleetMembers, `INSERT INTO users (id, name, email, password_hash, created_at)
			SELECT n, 'Member ' || n, 'member' || n || '@example.com', '', $3 - n * 3600000 FROM numbers`},
		{2, fleetMembers, `INSERT INTO memberships (account_id, user_id, role, created_at)
			SELECT 1, n, CASE n % 3 WHEN 0 THEN 'admin' WHEN 1 THEN 'manager' ELSE 'viewer' END, $3 - n * 3600000 FROM numbers`},
		{1, fleetClients - 1, `INSERT INTO oauth_clients (client_id, account_id, owner_id, name, scopes, grant_types, created_at, updated_at, made_by, disabled, expires_at)
			SELECT ` + clientIDText + `, 1, 1 + n % $5, 'Client ' || n, t.scopes, t.grant_types, $3 - n * 600000, $3 - n * 600000, 'session:1',
				n % 40 = 0, CASE WHEN n % 20 = 0 THEN $3 + (1 + n % 90) * 86400000 END
			FROM numbers, (SELECT scopes, grant_types FROM oauth_clients WHERE client_id = $4) AS t`},
		{1, fleetClients - 1, `INSERT INTO oauth_client_secrets (client_id, hash, created_at) SELECT ` + clientIDText + `, t.hash, $3 - n * 600000
			FROM numbers, (SELECT hash FROM oauth_client_secrets WHERE client_id = $4) AS t`},
		{1, fleetKeys, `INSERT INTO api_keys (account_id, user_id, name, scopes, hash, created_at, expires_at, revoked_at, made_by)
			SELECT 1, 1 + n % $5, 'Key ' || n, t.scopes, randomblob(32), $3 - n * 600000,
				CASE WHEN n % 20 = 0 THEN $3 + (1 + n % 90) * 86400000 END, CASE WHEN n % 40 = 7 THEN $3 - n END, 'session:1'
			FROM numbers, (SELECT scopes FROM oauth_clients WHERE client_id = $4) AS t`},
	}
}

// assetsAndPositions are the rows of assets, each with one position: a quarter of them of the last half hour, so that
// they are counted as moving, idle and parked, the others older.
func assetsAndPositions() []filling {
	return []filling{
		{1, fleetAssets, `INSERT INTO assets (account_id, name, type, group_name, registration, tracker, created_at, updated_at)
			SELECT 1, printf('Van %05d', n * 7919 % 10007), 'vehicle', 'Depot ' || n % 40, printf('B-YP %d', n), printf('35630704%07d', n),
				$3 - n * 60000, $3 - n * 60000 FROM numbers`},
		{1, 1, `INSERT INTO last_positions (account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition,
				odometer, battery, sensors)
			SELECT 1, id, $3 - id * 7919 % 7200 * 1000, 52.3 + id % 400 / 1000.0, 13.2 + id % 370 / 500.0, id * 37 % 900 / 10.0 * (id % 3 <> 0), id * 13 % 360 + 0.5,
				34.0, 4.5, 9 + id % 6, id % 2, 48000.0 + id, 80.0, '{"fuel":61.5,"temperature":4.2}' FROM assets WHERE account_id = 1`},
		{1, 1, `INSERT INTO positions (account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery,
				sensors, day)
			SELECT account_id, asset_id, time, latitude, longitude, speed, heading, altitude, accuracy, satellites, ignition, odometer, battery, sensors,
				time / 86400000 FROM last_positions`},
	}
}

// usesAndHours are the rows of use. Every credential asks for something each hour.
func usesAndHours() []filling {
	return []filling{
		{1, 1, `INSERT INTO credential_uses (account_id, credential, first_at, last_at, ip, user_agent)
			SELECT 1, credential, $3 - 8640000000, $3 - 60000, '203.0.113.9', 'python-requests/2.32.3'
			FROM (SELECT client_id AS credential FROM oauth_clients UNION ALL SELECT 'key:' || id FROM api_keys)`},
		{0, fleetHours - 1, `INSERT INTO usage_hours (account_id, credential, hour, requests, refusals)
			SELECT 1, credential, $3 / 3600000 - $6 + 1 + n, 40 + n * 7 % 50, n % 12 = 0 FROM credential_uses CROSS JOIN numbers`},
		{0, fleetHours - 1, `INSERT INTO usage_hours (account_id, credential, hour, requests, refusals)
			SELECT 1, '', $3 / 3600000 - $6 + 1 + n, 40000 + n * 7919 % 50000, 100 + n % 50 FROM numbers`},
		{1, 1, `INSERT INTO usage_days (account_id, credential, day, requests, refusals)
			SELECT account_id, credential, hour / 24, SUM(requests), SUM(refusals) FROM usage_hours WHERE credential <> '' GROUP BY 1, 2, 3`},
	}
}

// fillEvents adds to the log of account 1 until it has n events, three a minute up to now. Their macs are random bytes:
// pages and lists don't check them, only `yipii audit verify` does, and it would report this log as changed. The head goes on
// to the last of them, so that the server can add its own events.
func fillEvents(ctx context.Context, url string, n int) error {
	db, err := openQuick(url)
	if err != nil {
		return err
	}
	defer db.Close()
	return withoutIndexes(ctx, db, "audit_events", func() error {
		return fillTables(ctx, db, []filling{
			{1, n, `, kinds (k, action, detail) AS (VALUES (0, 'client.created', '{"scopes":"read_assets"}'), (1, 'client.updated', '{}'),
				(2, 'api_key.created', '{}'), (3, 'api_key.revoked', '{}'), (4, 'session.created', '{"how":"password"}'), (5, 'session.ended', '{}'),
				(6, 'request.refused', '{"reason":"scope","times":"12"}'), (7, 'member.role_changed', '{"role":"manager"}'))
			INSERT INTO audit_events (account_id, number, at, action, noun, user_id, user_name, credential, subject, subject_name, ip, user_agent, detail, mac)
			SELECT 1, n, $3 - ($2 - n) * 20000, action, substr(action, 1, instr(action, '.') - 1), 1 + n % 50, 'Member ' || (1 + n % 50), 'session:' || (1 + n % 300),
				'key:' || (1 + n * 7919 % 700), 'Key ' || (1 + n * 7919 % 700), '203.0.113.' || n % 250,
				'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', detail, randomblob(32)
			FROM numbers CROSS JOIN kinds ON k = n % 8 WHERE n > (SELECT number FROM audit_heads WHERE account_id = 1)`},
			{n, n, `UPDATE audit_heads SET number = $2, mac = (SELECT mac FROM audit_events WHERE account_id = 1 AND number = $2) WHERE account_id = 1`},
		})
	})
}
