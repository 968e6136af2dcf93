<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client;

/** A method for each operation of the API. */
trait Operations
{
    /**
     * Acknowledge an alert. Marks the alert as seen by the caller. One that is so already stays as it is.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The alert's id.
     * @param array{note?: string} $body
     * @return Model\RecordAlert
     */
    public function acknowledgeAlert(string $accountKey, int $id, array $body): Model\RecordAlert
    {
        return Model\RecordAlert::from($this->call('POST', '/api/{account_key}/alert/{id}/acknowledge', ['account_key' => $accountKey, 'id' => $id], [], [], $body));
    }

    /**
     * Acknowledge alerts. Marks up to 500 alerts as seen by the caller. Those that are so already stay as they are.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{ids: list<int>, note?: string} $body
     * @return Model\RecordAcknowledgedAlerts
     */
    public function acknowledgeAlerts(string $accountKey, array $body): Model\RecordAcknowledgedAlerts
    {
        return Model\RecordAcknowledgedAlerts::from($this->call('POST', '/api/{account_key}/alert/acknowledge', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Authorize a channel. Signs a subscription to a private channel, as Pusher's client libraries ask for it. Call it with the same bearer token or API key as the rest of the API. `private-account.{account_key}` carries all that happens in an account, `private-asset.{id}` and `private-group.{id}` parts of it.
     *
     * @param array{channel_name: string, socket_id: string} $body
     * @return array<string, mixed>
     */
    public function authorizeChannel(array $body): array
    {
        return $this->call('POST', '/broadcasting/auth', [], [], [], $body, true);
    }

    /**
     * Create an alert rule. Makes a rule, which judges positions from now on. What config takes depends on the type. An account has at most 100 rules.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{active?: bool|null, applies_to?: array{assets?: list<int>, groups?: list<string>}|null, config?: array{above?: float|int, at_hours?: float|int, at_km?: float|int, below?: float|int, below_volts?: float|int, every_hours?: float|int, every_km?: float|int, geofence_ids?: list<int>, limit?: float|int, minutes?: int, on?: list<'enter'|'exit'|'dwell'>, seconds?: int, sensor?: string}|null, cool_down?: int|null, name?: string|null, severity?: string|null, type: 'speed'|'idle'|'geofence'|'offline'|'power_cut'|'temperature'|'service_due'} $body
     * @return Model\RecordRule
     */
    public function createAlertRule(string $accountKey, array $body): Model\RecordRule
    {
        return Model\RecordRule::from($this->call('POST', '/api/{account_key}/alert-rule', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Make an API key. Makes a key in the caller's name, no stronger than the calling credential. key stands in this answer alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{allowed_networks?: list<string>, expires_at?: string|null, name: string, scopes?: list<string>} $body
     * @return Model\RecordMadeKey
     */
    public function createApiKey(string $accountKey, array $body): Model\RecordMadeKey
    {
        return Model\RecordMadeKey::from($this->call('POST', '/api/{account_key}/api-key', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Create an asset. Makes an asset. Give it the identity of its tracker, and what the tracker sends is its.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{group?: string|null, name: string, registration?: string|null, tracker?: string|null, type?: string|null, vin?: string|null} $body
     * @return Model\RecordAsset
     */
    public function createAsset(string $accountKey, array $body): Model\RecordAsset
    {
        return Model\RecordAsset::from($this->call('POST', '/api/{account_key}/asset', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Make a beacon. Makes a beacon, which trackers know by its identity.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{asset_id?: int|null, identity: string, kind?: string, name?: string} $body
     * @return Model\RecordBeacon
     */
    public function createBeacon(string $accountKey, array $body): Model\RecordBeacon
    {
        return Model\RecordBeacon::from($this->call('POST', '/api/{account_key}/beacon', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Make an OAuth client. Makes a client in the caller's name, no stronger than the calling credential. client_secret stands in this answer alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{allowed_networks?: list<string>, expires_at?: string, name: string, scopes?: list<string>, token_lifetime?: int} $body
     * @return Model\RecordMadeClient
     */
    public function createClient(string $accountKey, array $body): Model\RecordMadeClient
    {
        return Model\RecordMadeClient::from($this->call('POST', '/api/{account_key}/client', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Make a second secret. Makes another secret beside the one that the client has, so that its programs can change over while both work. client_secret stands in this answer alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string $clientId The client's id.
     * @return Model\RecordMadeSecret
     */
    public function createClientSecret(string $accountKey, string $clientId): Model\RecordMadeSecret
    {
        return Model\RecordMadeSecret::from($this->call('POST', '/api/{account_key}/client/{client_id}/secret', ['account_key' => $accountKey, 'client_id' => $clientId], [], [], null));
    }

    /**
     * Make a driver. Makes a driver. Give them an iButton or a beacon, and trips are theirs by it.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{beacon_id?: int|null, ibutton?: mixed, licence?: string|null, name: string, phone?: string|null} $body
     * @return Model\RecordDriver
     */
    public function createDriver(string $accountKey, array $body): Model\RecordDriver
    {
        return Model\RecordDriver::from($this->call('POST', '/api/{account_key}/driver', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Assign a driver to an asset. From from up to but not including until. An asset has one driver at a time: what overlaps another assignment of it is refused with 409.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @param array{asset_id: int, from?: string, until?: string|null} $body
     * @return Model\RecordAssignment
     */
    public function createDriverAssignment(string $accountKey, int $id, array $body): Model\RecordAssignment
    {
        return Model\RecordAssignment::from($this->call('POST', '/api/{account_key}/driver/{id}/assignment', ['account_key' => $accountKey, 'id' => $id], [], [], $body));
    }

    /**
     * Create geofences. Makes a geofence and answers with it. A Point with `radius` is a circle, a LineString with `width` a corridor, a Polygon or MultiPolygon what it encloses. The body may be a GeoJSON Feature as well, whose properties are the other fields; properties that a geofence doesn't have are passed over. A FeatureCollection of up to 1,000 makes all of them or none, and `data` is a list then.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{active?: bool|null, applies_to?: array{assets?: list<int>, groups?: list<string>}|null, category?: string|null, description?: string|null, dwell?: int|null, geometry?: array{coordinates: list<mixed>, type: 'Point'|'LineString'|'Polygon'|'MultiPolygon'}|null, name?: string|null, radius?: float|int|null, width?: float|int|null}|array{type: 'Feature'|'FeatureCollection'} $body
     * @return mixed
     */
    public function createGeofence(string $accountKey, array $body): mixed
    {
        return $this->call('POST', '/api/{account_key}/geofence', ['account_key' => $accountKey], [], [], $body);
    }

    /**
     * Make a group. Makes an empty group. Giving an asset a group that isn't there makes it too.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{name: string} $body
     * @return Model\RecordGroup
     */
    public function createGroup(string $accountKey, array $body): Model\RecordGroup
    {
        return Model\RecordGroup::from($this->call('POST', '/api/{account_key}/group', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Make an API key, as Laravel Passport does. accessToken is the key, in this answer alone.
     *
     * @param array{name: string, scopes?: list<string>} $body
     * @return Model\PassportAnswer
     */
    public function createPersonalAccessToken(array $body): Model\PassportAnswer
    {
        return Model\PassportAnswer::from($this->call('POST', '/oauth/personal-access-tokens', [], [], [], $body));
    }

    /**
     * Make a tracking link. Whoever has its url follows these assets until the link ends, without credentials. It also takes the scope read:positions.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{asset_ids?: list<int>|null, destination?: array{latitude: float|int, longitude: float|int, name: string}|null, from?: string|null, name?: string|null, pin?: string|null, show?: string|null, until?: string|null} $body
     * @return Model\RecordTrackingLink
     */
    public function createTrackingLink(string $accountKey, array $body): Model\RecordTrackingLink
    {
        return Model\RecordTrackingLink::from($this->call('POST', '/api/{account_key}/tracking-link', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Make a webhook. Events are sent to its URL from now on, signed as Standard Webhooks says. secret stands in this answer alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{description?: string, enabled?: bool, event_types?: list<string>, url: string} $body
     * @return Model\RecordMadeWebhook
     */
    public function createWebhook(string $accountKey, array $body): Model\RecordMadeWebhook
    {
        return Model\RecordMadeWebhook::from($this->call('POST', '/api/{account_key}/webhook', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Delete an alert rule. Its alerts stay in the inbox; those that go on are ended. This can't be undone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The rule's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteAlertRule(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/alert-rule/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Delete an asset. Deletes the asset, all of its positions, the history of its trackers and the assignments of drivers to it. This can't be undone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteAsset(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/asset/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Delete a beacon. Deletes the beacon's record. What positions carry of it stays.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The beacon's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteBeacon(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/beacon/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Delete an OAuth client. Deletes the client. Its tokens are refused from the next request on. This can't be undone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string $clientId The client's id.
     * @return void
     */
    public function deleteClient(string $accountKey, string $clientId): void
    {
        $this->call('DELETE', '/api/{account_key}/client/{client_id}', ['account_key' => $accountKey, 'client_id' => $clientId], [], [], null);
    }

    /**
     * Delete a secret. The secret gets no more tokens. Those that it got go on working.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string $clientId The client's id.
     * @param int $id The secret's id.
     * @return void
     */
    public function deleteClientSecret(string $accountKey, string $clientId, int $id): void
    {
        $this->call('DELETE', '/api/{account_key}/client/{client_id}/secret/{id}', ['account_key' => $accountKey, 'client_id' => $clientId, 'id' => $id], [], [], null);
    }

    /**
     * Delete a driver. Deletes the driver. What they drive ends now, what they were to drive later is dropped. What they have driven stays, with their name.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteDriver(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/driver/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Delete a geofence. Its events stay in the histories of the assets. This can't be undone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The geofence's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteGeofence(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/geofence/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Delete a group. Deletes a group that has no assets.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The group's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteGroup(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/group/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Remove a member. Takes the person's role in the account away, and with it the life of all credentials that they made in it.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The user's id.
     * @return void
     */
    public function deleteMember(string $accountKey, int $id): void
    {
        $this->call('DELETE', '/api/{account_key}/member/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null);
    }

    /**
     * Revoke an API key, as Laravel Passport does. The key is refused from the next request on, for good.
     *
     * @param string $id The key's id.
     * @return void
     */
    public function deletePersonalAccessToken(string $id): void
    {
        $this->call('DELETE', '/oauth/personal-access-tokens/{id}', ['id' => $id], [], [], null);
    }

    /**
     * Delete a position that was kept apart. Forgets one position that was kept apart.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id Its id.
     * @return void
     */
    public function deleteQuarantinedPosition(string $accountKey, int $id): void
    {
        $this->call('DELETE', '/api/{account_key}/quarantined-position/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null);
    }

    /**
     * Delete positions that were kept apart. Deletes those that the filter picks; all of them without one.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $assetId Only those of this asset.
     * @param string|null $reason Only those with this reason.
     * @param string|null $from Only those that came at this time or later, RFC 3339.
     * @param string|null $to Only those that came before this time, RFC 3339.
     * @return void
     */
    public function deleteQuarantinedPositions(string $accountKey, ?int $assetId = null, ?string $reason = null, ?string $from = null, ?string $to = null): void
    {
        $this->call('DELETE', '/api/{account_key}/quarantined-position', ['account_key' => $accountKey], ['asset_id' => $assetId, 'reason' => $reason, 'from' => $from, 'to' => $to], [], null);
    }

    /**
     * Delete a tracking link. Ends it at once, as if it had never been.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The link's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteTrackingLink(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/tracking-link/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * Delete a webhook. Deletes the webhook and its log. This can't be undone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return void
     */
    public function deleteWebhook(string $accountKey, int $id, ?string $ifMatch = null): void
    {
        $this->call('DELETE', '/api/{account_key}/webhook/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null);
    }

    /**
     * End an assignment. Says until when it lasts. Null opens it again.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @param int $assignmentId The assignment's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{until: string|null} $body
     * @return Model\RecordAssignment
     */
    public function endDriverAssignment(string $accountKey, int $id, int $assignmentId, array $body, ?string $ifMatch = null): Model\RecordAssignment
    {
        return Model\RecordAssignment::from($this->call('PATCH', '/api/{account_key}/driver/{id}/assignment/{assignment_id}', ['account_key' => $accountKey, 'id' => $id, 'assignment_id' => $assignmentId], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Find the address of a place. As the installation's provider knows it; 503 where there is none. Places are the same to some 11 metres.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param float|int $latitude Degrees, WGS 84.
     * @param float|int $longitude Degrees, WGS 84.
     * @return Model\RecordAddress
     */
    public function getAddress(string $accountKey, float|int $latitude, float|int $longitude): Model\RecordAddress
    {
        return Model\RecordAddress::from($this->call('GET', '/api/{account_key}/address', ['account_key' => $accountKey], ['latitude' => $latitude, 'longitude' => $longitude], [], null));
    }

    /**
     * Read an alert. One alert, with who acknowledged it and when.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The alert's id.
     * @return Model\RecordAlert
     */
    public function getAlert(string $accountKey, int $id): Model\RecordAlert
    {
        return Model\RecordAlert::from($this->call('GET', '/api/{account_key}/alert/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read an alert rule. One rule, with what it asks and for which assets.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The rule's id.
     * @return Model\RecordRule
     */
    public function getAlertRule(string $accountKey, int $id): Model\RecordRule
    {
        return Model\RecordRule::from($this->call('GET', '/api/{account_key}/alert-rule/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read an asset. One asset, with its status and last position.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @return Model\RecordAsset
     */
    public function getAsset(string $accountKey, int $id): Model\RecordAsset
    {
        return Model\RecordAsset::from($this->call('GET', '/api/{account_key}/asset/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read a beacon. One beacon, and the asset that it is on.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The beacon's id.
     * @return Model\RecordBeacon
     */
    public function getBeacon(string $accountKey, int $id): Model\RecordBeacon
    {
        return Model\RecordBeacon::from($this->call('GET', '/api/{account_key}/beacon/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read an OAuth client. One client, with its secrets by id. The secrets themselves are not kept readable.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string $clientId The client's id.
     * @return Model\RecordClientRecord
     */
    public function getClient(string $accountKey, string $clientId): Model\RecordClientRecord
    {
        return Model\RecordClientRecord::from($this->call('GET', '/api/{account_key}/client/{client_id}', ['account_key' => $accountKey, 'client_id' => $clientId], [], [], null));
    }

    /**
     * Read a driver. One driver.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @return Model\RecordDriver
     */
    public function getDriver(string $accountKey, int $id): Model\RecordDriver
    {
        return Model\RecordDriver::from($this->call('GET', '/api/{account_key}/driver/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read an assignment. One assignment: which asset, from when, until when.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @param int $assignmentId The assignment's id.
     * @return Model\RecordAssignment
     */
    public function getDriverAssignment(string $accountKey, int $id, int $assignmentId): Model\RecordAssignment
    {
        return Model\RecordAssignment::from($this->call('GET', '/api/{account_key}/driver/{id}/assignment/{assignment_id}', ['account_key' => $accountKey, 'id' => $id, 'assignment_id' => $assignmentId], [], [], null));
    }

    /**
     * Read a geofence. One geofence, with its geometry.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The geofence's id.
     * @return Model\RecordGeofence
     */
    public function getGeofence(string $accountKey, int $id): Model\RecordGeofence
    {
        return Model\RecordGeofence::from($this->call('GET', '/api/{account_key}/geofence/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read a group. One group.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The group's id.
     * @return Model\RecordGroup
     */
    public function getGroup(string $accountKey, int $id): Model\RecordGroup
    {
        return Model\RecordGroup::from($this->call('GET', '/api/{account_key}/group/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read an asset's last position. The newest position; 404 if the asset has never reported.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @return Model\RecordPosition
     */
    public function getLastPosition(string $accountKey, int $id): Model\RecordPosition
    {
        return Model\RecordPosition::from($this->call('GET', '/api/{account_key}/asset/{id}/position', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read how much is told live. The account's tier of live tracking.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @return Model\RecordLiveSettings
     */
    public function getLiveSetting(string $accountKey): Model\RecordLiveSettings
    {
        return Model\RecordLiveSettings::from($this->call('GET', '/api/{account_key}/live-setting', ['account_key' => $accountKey], [], [], null));
    }

    /**
     * Read a member. One member, with their role and what they see.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The user's id.
     * @return Model\RecordMemberRecord
     */
    public function getMember(string $accountKey, int $id): Model\RecordMemberRecord
    {
        return Model\RecordMemberRecord::from($this->call('GET', '/api/{account_key}/member/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read a tracking link. One link, with what it shows, and until when.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The link's id.
     * @return Model\RecordTrackingLink
     */
    public function getTrackingLink(string $accountKey, int $id): Model\RecordTrackingLink
    {
        return Model\RecordTrackingLink::from($this->call('GET', '/api/{account_key}/tracking-link/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read an asset's trail. The asset's positions from `from` until before `to`, in order of time. A page holds up to `limit` positions. Where more follow, `next_cursor` is not null, and the Link header has the URL of the next page (rel="next") in every format; GPX has nothing but the header. When you go on by `cursor`, send the same `from` and `to` again. GeoJSON is a FeatureCollection with one LineString, or one Point, and the times of its points; without positions it has no feature. A polyline is the line alone, in the encoded polyline format with five decimals. For drawing, ask for a simplified trail: it is the whole time in one answer, without `limit` and `cursor`. With `tolerance`, positions are left out that lie no farther than so many metres from the line that is drawn instead (the shortest ways between those that stay); if more than 10,000 would stay, the answer is 422. With `max_points`, the tolerance grows until no more than that stay; `tolerance` beside next_cursor says what holds.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @param \DateTimeInterface|string|null $from The first moment, RFC 3339; 24 hours before to if left out.
     * @param \DateTimeInterface|string|null $to The moment after the last, RFC 3339; now if left out.
     * @param int|null $limit Positions on a page.
     * @param string|null $cursor next_cursor of the page before.
     * @param string|null $format The shape of the answer.
     * @param float|int|null $tolerance Simplify: metres that a position that is left out may lie off the line.
     * @param int|null $maxPoints Simplify to at most so many points.
     * @return mixed what JSON holds, or the text of another format
     */
    public function getTrail(string $accountKey, int $id, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null, ?int $limit = null, ?string $cursor = null, ?string $format = null, float|int|null $tolerance = null, ?int $maxPoints = null): mixed
    {
        return $this->call('GET', '/api/{account_key}/asset/{id}/trail', ['account_key' => $accountKey, 'id' => $id], ['from' => $from, 'to' => $to, 'limit' => $limit, 'cursor' => $cursor, 'format' => $format, 'tolerance' => $tolerance, 'max_points' => $maxPoints], [], null);
    }

    /**
     * Read how statuses are told. Where one status ends and the next begins, and how long positions are kept.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @return Model\RecordTrailSettings
     */
    public function getTrailSetting(string $accountKey): Model\RecordTrailSettings
    {
        return Model\RecordTrailSettings::from($this->call('GET', '/api/{account_key}/trail-setting', ['account_key' => $accountKey], [], [], null));
    }

    /**
     * Read what makes a trip. The thresholds by which the account's trips and stops are told apart.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @return Model\RecordTripSetting
     */
    public function getTripSetting(string $accountKey): Model\RecordTripSetting
    {
        return Model\RecordTripSetting::from($this->call('GET', '/api/{account_key}/trip-setting', ['account_key' => $accountKey], [], [], null));
    }

    /**
     * The caller's profile. The user whose credential this is, with the accounts that the credential reaches and their keys.
     *
     * @return Model\Profile
     */
    public function getUser(): Model\Profile
    {
        return Model\Profile::from($this->call('GET', '/api/user', [], [], [], null));
    }

    /**
     * Read a webhook. One webhook. Its secret is not shown again.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @return Model\RecordWebhookRecord
     */
    public function getWebhook(string $accountKey, int $id): Model\RecordWebhookRecord
    {
        return Model\RecordWebhookRecord::from($this->call('GET', '/api/{account_key}/webhook/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Read a delivery. A delivery with its payload, and the beginning of what was answered. It asks for the scope to read what the event tells, too.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @param int $deliveryId The delivery's id.
     * @return Model\RecordFullDelivery
     */
    public function getWebhookDelivery(string $accountKey, int $id, int $deliveryId): Model\RecordFullDelivery
    {
        return Model\RecordFullDelivery::from($this->call('GET', '/api/{account_key}/webhook/{id}/delivery/{delivery_id}', ['account_key' => $accountKey, 'id' => $id, 'delivery_id' => $deliveryId], [], [], null));
    }

    /**
     * Send positions. Stores up to 10,000 positions and answers once they are stored for good. Send one object, an array of objects, or one object a line (NDJSON). The body may be packed with gzip; it may have 8 MiB as it comes and 32 MiB unpacked. A position is known by its asset and its time: the first one stored stays, and sending it again is counted in `duplicates` and changes nothing. So it is safe to send a whole call again after an error. Late positions take their place in the trail. A wrong position, or one of an unknown asset, is told in `rejected` with its index, and the others are stored. One of a known asset that can't be true (from the future or from before the year 2000, outside the globe, faster than 2,000 km/h, or out of another bound) is kept apart with its reason; see the list of quarantined positions. One that is older than the account keeps positions is not kept at all. Only where the body is one object, and it is wrong, is the answer 422. A body that isn't JSON is 400, and nothing of it is stored; more than 10,000 positions are 413.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{accuracy?: float|int|null, altitude?: float|int|null, asset_id?: int, battery?: float|int|null, heading?: float|int|null, ignition?: bool|null, latitude: float|int, longitude: float|int, odometer?: float|int|null, satellites?: int|null, sensors?: array<string, float|int>|null, speed?: float|int|null, timestamp: string, tracker?: string}|list<array{accuracy?: float|int|null, altitude?: float|int|null, asset_id?: int, battery?: float|int|null, heading?: float|int|null, ignition?: bool|null, latitude: float|int, longitude: float|int, odometer?: float|int|null, satellites?: int|null, sensors?: array<string, float|int>|null, speed?: float|int|null, timestamp: string, tracker?: string}> $body
     * @return Model\TrailResult
     */
    public function ingestPositions(string $accountKey, array $body): Model\TrailResult
    {
        return Model\TrailResult::from($this->call('POST', '/api/{account_key}/position', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Invite a member. Makes a one-time link that makes its reader a member of the account. It is mailed where the server has a mail server; invitation_url stands in this answer alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{email: string, limited_to?: array{assets: list<int>, groups: list<string>}, name?: string, role: 'admin'|'manager'|'viewer'|'driver'} $body
     * @return Model\RecordMadeInvitation
     */
    public function inviteMember(string $accountKey, array $body): Model\RecordMadeInvitation
    {
        return Model\RecordMadeInvitation::from($this->call('POST', '/api/{account_key}/member', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * List alert rules. The account's rules. Members who see a part of the assets alone see none.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $type Only rules of this type.
     * @param string|null $severity Only rules of this severity.
     * @param string|null $active Only those that are switched on, or off.
     * @return Model\PageRule
     */
    public function listAlertRules(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $type = null, ?string $severity = null, ?string $active = null): Model\PageRule
    {
        return Model\PageRule::from($this->call('GET', '/api/{account_key}/alert-rule', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'type' => $type, 'severity' => $severity, 'active' => $active], [], null));
    }

    /**
     * List alerts. The account's alerts, the newest first. Those that were withdrawn, because a position that came late showed that it wasn't so, are listed with state=withdrawn alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param int|null $assetId Only alerts of this asset.
     * @param int|null $ruleId Only alerts of this rule.
     * @param string|null $type Only alerts of this type.
     * @param string|null $severity Only alerts of this severity.
     * @param string|null $state Only alerts in this state; all but withdrawn ones if left out.
     * @param \DateTimeInterface|string|null $from Only alerts triggered at or after this time.
     * @param \DateTimeInterface|string|null $to Only alerts triggered before this time.
     * @return Model\PageAlert
     */
    public function listAlerts(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?int $assetId = null, ?int $ruleId = null, ?string $type = null, ?string $severity = null, ?string $state = null, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null): Model\PageAlert
    {
        return Model\PageAlert::from($this->call('GET', '/api/{account_key}/alert', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'asset_id' => $assetId, 'rule_id' => $ruleId, 'type' => $type, 'severity' => $severity, 'state' => $state, 'from' => $from, 'to' => $to], [], null));
    }

    /**
     * List API keys. The caller's keys in the account, or everybody's for an admin; the newest first, revoked ones too. No key is ever shown again.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageKeyRecord
     */
    public function listApiKeys(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageKeyRecord
    {
        return Model\PageKeyRecord::from($this->call('GET', '/api/{account_key}/api-key', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List what an asset did at geofences. What it entered, exited and dwelled in; the newest first. Geofences that were deleted since are among them.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $kind Only events of this kind.
     * @param \DateTimeInterface|string|null $from The first moment, RFC 3339.
     * @param \DateTimeInterface|string|null $to The moment after the last, RFC 3339.
     * @return Model\PageEvent
     */
    public function listAssetGeofenceEvents(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $kind = null, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null): Model\PageEvent
    {
        return Model\PageEvent::from($this->call('GET', '/api/{account_key}/asset/{id}/geofence-event', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'kind' => $kind, 'from' => $from, 'to' => $to], [], null));
    }

    /**
     * List an asset's sensors. What the sensors of the asset's newest position read, by name, with type and unit. None if it has never reported.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @return Model\RecordListReading
     */
    public function listAssetSensors(string $accountKey, int $id): Model\RecordListReading
    {
        return Model\RecordListReading::from($this->call('GET', '/api/{account_key}/asset/{id}/sensor', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * List an asset's trackers. Which trackers the asset has and had, and when; the newest first.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageBinding
     */
    public function listAssetTrackers(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageBinding
    {
        return Model\PageBinding::from($this->call('GET', '/api/{account_key}/asset/{id}/tracker', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List an asset's trips and stops. The asset's trips and the stops between them, the newest first. With from and to, those that overlap the range. They may change when positions come late. Sorts by start, duration, distance, idle_time or top_speed.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param \DateTimeInterface|string|null $from Where the range begins, RFC 3339.
     * @param \DateTimeInterface|string|null $to Where the range ends, RFC 3339; itself not in it.
     * @param string|null $kind Only trips, or only stops.
     * @return Model\PageTrip
     */
    public function listAssetTrips(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null, ?string $kind = null): Model\PageTrip
    {
        return Model\PageTrip::from($this->call('GET', '/api/{account_key}/asset/{id}/trip', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'from' => $from, 'to' => $to, 'kind' => $kind], [], null));
    }

    /**
     * List assets. The account's assets, each with its status and last position.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $type Only assets of this type.
     * @param string|null $group Only assets of this group.
     * @param string|null $registration Only the asset with this registration.
     * @param string|null $vin Only the asset with this VIN.
     * @param string|null $tracker Only the asset with this tracker.
     * @param string|null $search Only assets whose name or registration contains this text. Latin letters match whatever their case.
     * @return Model\PageAsset
     */
    public function listAssets(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $type = null, ?string $group = null, ?string $registration = null, ?string $vin = null, ?string $tracker = null, ?string $search = null): Model\PageAsset
    {
        return Model\PageAsset::from($this->call('GET', '/api/{account_key}/asset', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'type' => $type, 'group' => $group, 'registration' => $registration, 'vin' => $vin, 'tracker' => $tracker, 'search' => $search], [], null));
    }

    /**
     * Read the audit log. Who did what in the account, from where and when, newest first. A page holds up to `limit` events. Where more follow, `next_cursor` is not null; send it as `cursor` with the same filters. With `format` the answer is an export: all events that the filters pick, oldest first, as a file. Each export is itself recorded. In CSV a text that a spreadsheet could take for a formula begins with an apostrophe. An export that is cut off ends with a broken connection.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string|null $action Only this action; all about a noun if it ends in a dot.
     * @param int|null $userId Only what was done in this user's name.
     * @param string|null $credential Only what was done with this credential.
     * @param string|null $subject Only what was done to this.
     * @param \DateTimeInterface|string|null $from The first moment, RFC 3339.
     * @param \DateTimeInterface|string|null $to The moment after the last, RFC 3339.
     * @param int|null $limit Events on a page.
     * @param string|null $cursor next_cursor of the page before.
     * @param string|null $format Export all events that the filters pick. Without it the answer is a page.
     * @return mixed what JSON holds, or the text of another format
     */
    public function listAuditEvents(string $accountKey, ?string $action = null, ?int $userId = null, ?string $credential = null, ?string $subject = null, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null, ?int $limit = null, ?string $cursor = null, ?string $format = null): mixed
    {
        return $this->call('GET', '/api/{account_key}/audit', ['account_key' => $accountKey], ['action' => $action, 'user_id' => $userId, 'credential' => $credential, 'subject' => $subject, 'from' => $from, 'to' => $to, 'limit' => $limit, 'cursor' => $cursor, 'format' => $format], [], null);
    }

    /**
     * List beacons. The account's beacons. A member who is limited to some assets sees those that are fixed to them.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $kind Only beacons of this kind.
     * @param string|null $identity Only the beacon with this identity.
     * @param int|null $assetId Only beacons that are fixed to this asset.
     * @param string|null $search Only beacons whose name or identity contains this text. Latin letters match whatever their case.
     * @return Model\PageBeacon
     */
    public function listBeacons(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $kind = null, ?string $identity = null, ?int $assetId = null, ?string $search = null): Model\PageBeacon
    {
        return Model\PageBeacon::from($this->call('GET', '/api/{account_key}/beacon', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'kind' => $kind, 'identity' => $identity, 'asset_id' => $assetId, 'search' => $search], [], null));
    }

    /**
     * List OAuth clients. The account's clients, the newest first. No secret is ever shown again.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageClientRecord
     */
    public function listClients(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageClientRecord
    {
        return Model\PageClientRecord::from($this->call('GET', '/api/{account_key}/client', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List a driver's assignments. Which assets the driver drives and has driven, and when; the newest first.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageAssignment
     */
    public function listDriverAssignments(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageAssignment
    {
        return Model\PageAssignment::from($this->call('GET', '/api/{account_key}/driver/{id}/assignment', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List drivers. The account's drivers. A member who is limited to some assets sees those who drive, or have driven, them.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $ibutton Only the driver with this iButton, in hexadecimal digits.
     * @param string|null $search Only drivers whose name, phone or licence contains this text. Latin letters match whatever their case.
     * @return Model\PageDriver
     */
    public function listDrivers(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $ibutton = null, ?string $search = null): Model\PageDriver
    {
        return Model\PageDriver::from($this->call('GET', '/api/{account_key}/driver', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'ibutton' => $ibutton, 'search' => $search], [], null));
    }

    /**
     * List who is inside of a geofence. As of the newest position of each asset.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The geofence's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PagePresence
     */
    public function listGeofenceAssets(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PagePresence
    {
        return Model\PagePresence::from($this->call('GET', '/api/{account_key}/geofence/{id}/asset', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List what happened at a geofence. Which assets entered, exited and dwelled; the newest first.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The geofence's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $kind Only events of this kind.
     * @param \DateTimeInterface|string|null $from The first moment, RFC 3339.
     * @param \DateTimeInterface|string|null $to The moment after the last, RFC 3339.
     * @return Model\PageEvent
     */
    public function listGeofenceEvents(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $kind = null, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null): Model\PageEvent
    {
        return Model\PageEvent::from($this->call('GET', '/api/{account_key}/geofence/{id}/event', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'kind' => $kind, 'from' => $from, 'to' => $to], [], null));
    }

    /**
     * List geofences. The account's geofences; with format=geojson a page of them as a FeatureCollection.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $category Only geofences of this category.
     * @param string|null $shape Only geofences of this shape.
     * @param string|null $active Only those that are switched on, or off.
     * @param string|null $search Only geofences whose name contains this text. Latin letters match whatever their case.
     * @param string|null $format The shape of the answer.
     * @return mixed what JSON holds, or the text of another format
     */
    public function listGeofences(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $category = null, ?string $shape = null, ?string $active = null, ?string $search = null, ?string $format = null): mixed
    {
        return $this->call('GET', '/api/{account_key}/geofence', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'category' => $category, 'shape' => $shape, 'active' => $active, 'search' => $search, 'format' => $format], [], null);
    }

    /**
     * List groups. The groups of the account's assets. A member who is limited to some sees those.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $search Only groups whose name contains this text. Latin letters match whatever their case.
     * @return Model\PageGroup
     */
    public function listGroups(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $search = null): Model\PageGroup
    {
        return Model\PageGroup::from($this->call('GET', '/api/{account_key}/group', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'search' => $search], [], null));
    }

    /**
     * List invitations. Those that wait to be accepted.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageInvitationRecord
     */
    public function listInvitations(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageInvitationRecord
    {
        return Model\PageInvitationRecord::from($this->call('GET', '/api/{account_key}/invitation', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List last positions, or those that changed. The last positions of the account's assets, each with its status, in the order in which they changed. Without `changed_since` it begins at the beginning, and so gives all of them. With the `next_cursor` of the answer before, it gives those that have changed since: a program that polls so misses no asset's newest state, and is told none twice. An asset that has changed several times is told once, as it is now. An asset that has never reported isn't there. One that falls silent doesn't change: its status is told when somebody asks. Nor are you told what was deleted, or what you may see since today though it changed before: begin anew from time to time.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string|null $changedSince next_cursor of the answer before.
     * @param int|null $limit Most assets of an answer.
     * @return Model\LastPage
     */
    public function listLastPositions(string $accountKey, ?string $changedSince = null, ?int $limit = null): Model\LastPage
    {
        return Model\LastPage::from($this->call('GET', '/api/{account_key}/position', ['account_key' => $accountKey], ['changed_since' => $changedSince, 'limit' => $limit], [], null));
    }

    /**
     * List members. The people with a role in the account.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageMemberRecord
     */
    public function listMembers(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageMemberRecord
    {
        return Model\PageMemberRecord::from($this->call('GET', '/api/{account_key}/member', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * List API keys, as Laravel Passport does. The caller's own keys in the account of the calling credential. Revoked ones are left out.
     *
     * @return list<Model\PassportToken>
     */
    public function listPersonalAccessTokens(): array
    {
        return array_map(fn ($one) => Model\PassportToken::from($one), $this->call('GET', '/oauth/personal-access-tokens', [], [], [], null));
    }

    /**
     * List positions that were kept apart. Positions of the account's assets that were rejected because they can't be true: from the future or from before the year 2000, outside the globe, faster than 2,000 km/h, or out of another bound. The newest 1000 of each asset are kept, and one that is sent again is kept once.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param int|null $assetId Only those of this asset.
     * @param string|null $reason Only those with this reason.
     * @param string|null $from Only those that came at this time or later, RFC 3339.
     * @param string|null $to Only those that came before this time, RFC 3339.
     * @return Model\PageQuarantinedPosition
     */
    public function listQuarantinedPositions(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?int $assetId = null, ?string $reason = null, ?string $from = null, ?string $to = null): Model\PageQuarantinedPosition
    {
        return Model\PageQuarantinedPosition::from($this->call('GET', '/api/{account_key}/quarantined-position', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'asset_id' => $assetId, 'reason' => $reason, 'from' => $from, 'to' => $to], [], null));
    }

    /**
     * List tracking links. Links that show nothing but assets that the caller sees.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param int|null $assetId Only links that show this asset.
     * @return Model\PageTrackingLink
     */
    public function listTrackingLinks(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?int $assetId = null): Model\PageTrackingLink
    {
        return Model\PageTrackingLink::from($this->call('GET', '/api/{account_key}/tracking-link', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'asset_id' => $assetId], [], null));
    }

    /**
     * List the trips and stops of all assets. The trips and stops that began in the range, which is of the last 24 hours where it isn't given and of at most 31 days. The figures of one that goes on are told when it has ended, or by the list of its asset.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param \DateTimeInterface|string|null $from Where the range begins, RFC 3339.
     * @param \DateTimeInterface|string|null $to Where the range ends, RFC 3339; itself not in it.
     * @param string|null $kind Only trips, or only stops.
     * @param int|null $asset Only those of this asset, by its id.
     * @param int|null $driver Only those with this driver, by the id.
     * @return Model\PageTrip
     */
    public function listTrips(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null, \DateTimeInterface|string|null $from = null, \DateTimeInterface|string|null $to = null, ?string $kind = null, ?int $asset = null, ?int $driver = null): Model\PageTrip
    {
        return Model\PageTrip::from($this->call('GET', '/api/{account_key}/trip', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'from' => $from, 'to' => $to, 'kind' => $kind, 'asset' => $asset, 'driver' => $driver], [], null));
    }

    /**
     * List deliveries. What was sent to a webhook and what waits, the newest first. It is kept for 30 days.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @param string|null $status Only deliveries with this status.
     * @param string|null $eventType Only deliveries of this event type.
     * @return Model\PageDeliveryRecord
     */
    public function listWebhookDeliveries(string $accountKey, int $id, ?int $page = null, ?int $perPage = null, ?string $sort = null, ?string $status = null, ?string $eventType = null): Model\PageDeliveryRecord
    {
        return Model\PageDeliveryRecord::from($this->call('GET', '/api/{account_key}/webhook/{id}/delivery', ['account_key' => $accountKey, 'id' => $id], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort, 'status' => $status, 'event_type' => $eventType], [], null));
    }

    /**
     * List webhooks. The account's webhooks. No secret is ever shown again.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int|null $page Page number, from 1.
     * @param int|null $perPage Records on a page.
     * @param string|null $sort Field to sort by; a leading minus turns the order round.
     * @return Model\PageWebhookRecord
     */
    public function listWebhooks(string $accountKey, ?int $page = null, ?int $perPage = null, ?string $sort = null): Model\PageWebhookRecord
    {
        return Model\PageWebhookRecord::from($this->call('GET', '/api/{account_key}/webhook', ['account_key' => $accountKey], ['page' => $page, 'per_page' => $perPage, 'sort' => $sort], [], null));
    }

    /**
     * Rename a group. Renames the group, also in its assets, in the limits of members and in invitations: all see the same assets as before.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The group's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{name: string} $body
     * @return Model\RecordGroup
     */
    public function renameGroup(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordGroup
    {
        return Model\RecordGroup::from($this->call('PATCH', '/api/{account_key}/group/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change how much is told live. In force at once, on other nodes within a second.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{tier: 'slim'|'detailed'} $body
     * @return Model\RecordLiveSettings
     */
    public function replaceLiveSetting(string $accountKey, array $body): Model\RecordLiveSettings
    {
        return Model\RecordLiveSettings::from($this->call('PUT', '/api/{account_key}/live-setting', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Send a delivery again. Sends it now, with the same id and the same payload, and tries as often as at first.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @param int $deliveryId The delivery's id.
     * @return Model\RecordFullDelivery
     */
    public function replayWebhookDelivery(string $accountKey, int $id, int $deliveryId): Model\RecordFullDelivery
    {
        return Model\RecordFullDelivery::from($this->call('POST', '/api/{account_key}/webhook/{id}/delivery/{delivery_id}/replay', ['account_key' => $accountKey, 'id' => $id, 'delivery_id' => $deliveryId], [], [], null));
    }

    /**
     * Revoke an API key. For good, from the next request on. Revoking one again changes nothing.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The key's id.
     * @return void
     */
    public function revokeApiKey(string $accountKey, int $id): void
    {
        $this->call('DELETE', '/api/{account_key}/api-key/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null);
    }

    /**
     * Revoke an invitation. Its link leads nowhere from now on.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The invitation's id.
     * @return void
     */
    public function revokeInvitation(string $accountKey, int $id): void
    {
        $this->call('DELETE', '/api/{account_key}/invitation/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], null);
    }

    /**
     * Revoke a tracking link. Ends it at once and for good. The public is told that it was revoked.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The link's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @return Model\RecordTrackingLink
     */
    public function revokeTrackingLink(string $accountKey, int $id, ?string $ifMatch = null): Model\RecordTrackingLink
    {
        return Model\RecordTrackingLink::from($this->call('POST', '/api/{account_key}/tracking-link/{id}/revoke', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], null));
    }

    /**
     * Make a new secret. The old secret signs beside the new one for 24 hours, unless it is revoked. secret stands in this answer alone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @param array{revoke_old?: bool} $body
     * @return Model\RecordMadeWebhook
     */
    public function rotateWebhookSecret(string $accountKey, int $id, array $body): Model\RecordMadeWebhook
    {
        return Model\RecordMadeWebhook::from($this->call('POST', '/api/{account_key}/webhook/{id}/secret', ['account_key' => $accountKey, 'id' => $id], [], [], $body));
    }

    /**
     * Send a position by the OsmAnd protocol. Takes the OsmAnd protocol: fields in the query, in a form, or the JSON that newer phone apps send (`location` with `coords`, and `device_id`). The tracker is one of this account's, named by `id`, `deviceid` or `device_id`. In the query and the form speed is in knots, in the JSON in metres a second. Every other field that is a number, or true or false, is kept as a sensor of its name. A position that is out of bounds is told in `rejected` and answered 200, so that no phone sends it for ever. A request without a position is answered 200 with nothing accepted.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array<string, mixed> $body
     * @return Model\TrailResult
     */
    public function sendOsmand(string $accountKey, array $body): Model\TrailResult
    {
        return Model\TrailResult::from($this->call('POST', '/api/{account_key}/position/osmand', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Send a position by the OsmAnd protocol. Takes the OsmAnd protocol: fields in the query, in a form, or the JSON that newer phone apps send (`location` with `coords`, and `device_id`). The tracker is one of this account's, named by `id`, `deviceid` or `device_id`. In the query and the form speed is in knots, in the JSON in metres a second. Every other field that is a number, or true or false, is kept as a sensor of its name. A position that is out of bounds is told in `rejected` and answered 200, so that no phone sends it for ever. A request without a position is answered 200 with nothing accepted.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string|null $id The tracker's identity; deviceid is the same.
     * @param string|null $timestamp Seconds or milliseconds since 1970, or ISO 8601; now if left out.
     * @param float|int|null $lat Degrees, WGS 84.
     * @param float|int|null $lon Degrees, WGS 84.
     * @param float|int|null $speed Knots.
     * @param float|int|null $bearing Degrees clockwise from north; heading is the same.
     * @param float|int|null $altitude Metres.
     * @param float|int|null $accuracy Metres.
     * @param float|int|null $batt Per cent.
     * @param string|null $ignition true or false, or 1 or 0.
     * @param string|null $charge true or false, or 1 or 0.
     * @param string|null $valid false for no position.
     * @return Model\TrailResult
     */
    public function sendOsmandQuery(string $accountKey, ?string $id = null, ?string $timestamp = null, float|int|null $lat = null, float|int|null $lon = null, float|int|null $speed = null, float|int|null $bearing = null, float|int|null $altitude = null, float|int|null $accuracy = null, float|int|null $batt = null, ?string $ignition = null, ?string $charge = null, ?string $valid = null): Model\TrailResult
    {
        return Model\TrailResult::from($this->call('GET', '/api/{account_key}/position/osmand', ['account_key' => $accountKey], ['id' => $id, 'timestamp' => $timestamp, 'lat' => $lat, 'lon' => $lon, 'speed' => $speed, 'bearing' => $bearing, 'altitude' => $altitude, 'accuracy' => $accuracy, 'batt' => $batt, 'ignition' => $ignition, 'charge' => $charge, 'valid' => $valid], [], null));
    }

    /**
     * Send a position that a Traccar server forwards. Takes a position as a Traccar server forwards it with `forward.type` set to `json`: `position` and `device`. The tracker is the asset of this account whose tracker is `device.uniqueId`. Attributes become fields and sensors. A position that Traccar calls outdated or not valid is answered 200 and not kept, and one that is out of bounds is told in `rejected`.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array<string, mixed> $body
     * @return Model\TrailResult
     */
    public function sendTraccar(string $accountKey, array $body): Model\TrailResult
    {
        return Model\TrailResult::from($this->call('POST', '/api/{account_key}/position/traccar', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Try a webhook. Sends an event of the type webhook.test, whatever types the webhook wants.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @return Model\RecordFullDelivery
     */
    public function testWebhook(string $accountKey, int $id): Model\RecordFullDelivery
    {
        return Model\RecordFullDelivery::from($this->call('POST', '/api/{account_key}/webhook/{id}/test', ['account_key' => $accountKey, 'id' => $id], [], [], null));
    }

    /**
     * Change an alert rule. Changes the fields that are given; null clears one. A change of anything but name and severity makes another rule of it: its alerts that go on are ended, and it concludes nothing for positions before.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The rule's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{active?: bool|null, applies_to?: array{assets?: list<int>, groups?: list<string>}|null, config?: array{above?: float|int, at_hours?: float|int, at_km?: float|int, below?: float|int, below_volts?: float|int, every_hours?: float|int, every_km?: float|int, geofence_ids?: list<int>, limit?: float|int, minutes?: int, on?: list<'enter'|'exit'|'dwell'>, seconds?: int, sensor?: string}|null, cool_down?: int|null, name?: string|null, severity?: string|null} $body
     * @return Model\RecordRule
     */
    public function updateAlertRule(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordRule
    {
        return Model\RecordRule::from($this->call('PATCH', '/api/{account_key}/alert-rule/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change an asset. Changes the fields that are given. Null or an empty text clears one. If-Match looks at these fields alone: a position that has come in since refuses nothing.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The asset's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param bool|null $move Whether tracker is taken from the asset that has it. Without it, a tracker that another asset has is refused.
     * @param array{group?: string|null, name?: string|null, registration?: string|null, tracker?: string|null, type?: string|null, vin?: string|null} $body
     * @return Model\RecordAsset
     */
    public function updateAsset(string $accountKey, int $id, array $body, ?bool $move = null, ?string $ifMatch = null): Model\RecordAsset
    {
        return Model\RecordAsset::from($this->call('PATCH', '/api/{account_key}/asset/{id}', ['account_key' => $accountKey, 'id' => $id], ['move' => $move], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change a beacon. Changes the fields that are given.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The beacon's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{asset_id?: int|null, identity?: string, kind?: string, name?: string} $body
     * @return Model\RecordBeacon
     */
    public function updateBeacon(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordBeacon
    {
        return Model\RecordBeacon::from($this->call('PATCH', '/api/{account_key}/beacon/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change an OAuth client. Changes the fields that are given. What the client loses, its tokens lose on their next request.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param string $clientId The client's id.
     * @param array{allowed_networks?: list<string>, disabled?: bool, expires_at?: string|null, name?: string, scopes?: list<string>, token_lifetime?: int|null} $body
     * @return Model\RecordClientRecord
     */
    public function updateClient(string $accountKey, string $clientId, array $body): Model\RecordClientRecord
    {
        return Model\RecordClientRecord::from($this->call('PATCH', '/api/{account_key}/client/{client_id}', ['account_key' => $accountKey, 'client_id' => $clientId], [], [], $body));
    }

    /**
     * Change a driver. Changes the fields that are given. Null or an empty text clears one.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The driver's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{beacon_id?: int|null, ibutton?: mixed, licence?: string|null, name?: string|null, phone?: string|null} $body
     * @return Model\RecordDriver
     */
    public function updateDriver(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordDriver
    {
        return Model\RecordDriver::from($this->call('PATCH', '/api/{account_key}/driver/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change a geofence. Changes the fields that are given; null clears one. Where its shape, dwell or assets change, or it is switched on, it concludes nothing for positions before.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The geofence's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{active?: bool|null, applies_to?: array{assets?: list<int>, groups?: list<string>}|null, category?: string|null, description?: string|null, dwell?: int|null, geometry?: array{coordinates: list<mixed>, type: 'Point'|'LineString'|'Polygon'|'MultiPolygon'}|null, name?: string|null, radius?: float|int|null, width?: float|int|null} $body
     * @return Model\RecordGeofence
     */
    public function updateGeofence(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordGeofence
    {
        return Model\RecordGeofence::from($this->call('PATCH', '/api/{account_key}/geofence/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change a member's role. Changes the fields that are given. limited_to null lets the member see all assets. In force on the next request of everything that the member has.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The user's id.
     * @param array{limited_to?: array{assets: list<int>, groups: list<string>}|null, role?: 'admin'|'manager'|'viewer'|'driver'} $body
     * @return Model\RecordMemberRecord
     */
    public function updateMember(string $accountKey, int $id, array $body): Model\RecordMemberRecord
    {
        return Model\RecordMemberRecord::from($this->call('PATCH', '/api/{account_key}/member/{id}', ['account_key' => $accountKey, 'id' => $id], [], [], $body));
    }

    /**
     * Change a tracking link. Changes the fields that are given, at once for all who follow it. Another PIN ends their sessions. It also takes the scope read:positions.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The link's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{asset_ids?: list<int>|null, destination?: array{latitude: float|int, longitude: float|int, name: string}|null, from?: string|null, name?: string|null, pin?: string|null, show?: string|null, until?: string|null} $body
     * @return Model\RecordTrackingLink
     */
    public function updateTrackingLink(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordTrackingLink
    {
        return Model\RecordTrackingLink::from($this->call('PATCH', '/api/{account_key}/tracking-link/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Change how statuses are told. Changes the fields that are given. Positions that are older than a shorter retention_days are deleted soon after; that can't be undone.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{disconnected_after?: int, moving_above?: float|int, offline_after?: int, retention_days?: int|null, still_below?: float|int} $body
     * @return Model\RecordTrailSettings
     */
    public function updateTrailSetting(string $accountKey, array $body): Model\RecordTrailSettings
    {
        return Model\RecordTrailSettings::from($this->call('PATCH', '/api/{account_key}/trail-setting', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Change what makes a trip. Changes the thresholds that are given; null stands for the default. It is for positions that come from then on: trips that have ended stay as they are, unless a position falls into them late.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{gap_after?: int|null, moving_speed?: float|int|null, stay_radius?: float|int|null, stop_after?: int|null} $body
     * @return Model\RecordTripSetting
     */
    public function updateTripSetting(string $accountKey, array $body): Model\RecordTripSetting
    {
        return Model\RecordTripSetting::from($this->call('PATCH', '/api/{account_key}/trip-setting', ['account_key' => $accountKey], [], [], $body));
    }

    /**
     * Change a webhook. Changes the fields that are given. What waits for a webhook that is turned off is given up; it can be replayed.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param int $id The webhook's id.
     * @param string|null $ifMatch ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done.
     * @param array{description?: string, enabled?: bool, event_types?: list<string>, url?: string} $body
     * @return Model\RecordWebhookRecord
     */
    public function updateWebhook(string $accountKey, int $id, array $body, ?string $ifMatch = null): Model\RecordWebhookRecord
    {
        return Model\RecordWebhookRecord::from($this->call('PATCH', '/api/{account_key}/webhook/{id}', ['account_key' => $accountKey, 'id' => $id], [], ['If-Match' => $ifMatch], $body));
    }

    /**
     * Make and change many assets. Makes and changes up to 1,000 assets in one transaction. Each is known by its tracker: an asset of the account that has it is changed, and where there is none, one is made. Send one object, an array of objects, or CSV (`Content-Type: text/csv`). In JSON, fields that are left out stay as they are, and null or an empty text clears one. In CSV the first line names the columns (tracker, name, type, group, registration, vin), parted by commas or semicolons; a column that is there tells the field of every row, so an empty one is cleared. A row that is wrong is rejected with its reasons, and the others are done. What isn't JSON, or isn't CSV, is 400, a header that can't be is 422, and more than 1,000 assets are 413; nothing is done then.
     *
     * @param string $accountKey The account's key, as in the dashboard's URL.
     * @param array{group?: string|null, name?: string, registration?: string|null, tracker: string, type?: string|null, vin?: string|null}|list<array{group?: string|null, name?: string, registration?: string|null, tracker: string, type?: string|null, vin?: string|null}> $body
     * @return Model\BulkResult
     */
    public function upsertAssets(string $accountKey, array $body): Model\BulkResult
    {
        return Model\BulkResult::from($this->call('POST', '/api/{account_key}/asset/bulk', ['account_key' => $accountKey], [], [], $body));
    }
}
