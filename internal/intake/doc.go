// Package intake is the doors for trackers: every way to send positions beside the JSON of internal/trail. Devices of
// Teltonika come by TCP, phones by the OsmAnd protocol, a Traccar server by the JSON that it forwards, and programs and
// devices by MQTT 3.1.1 or 5. internal/tracker reads the bytes; all ends in trail.Service.Ingest.
//
// A sender is told "taken" only after Ingest has returned, so what was acknowledged is durable. What Ingest rejects is
// acknowledged too, or the device would send it for ever. While Ingest is not available nothing is acknowledged: HTTP answers
// 429 (too much is waiting) or 503, a TCP or MQTT connection is closed, and the sender sends again. Nothing waits without bound: so many connections a
// port, so many packets being stored at a time, each for so long.
//
// Teltonika's port and the one for OsmAnd take a tracker by its identity alone, because such devices can't show a credential;
// the identity says whose it is across all accounts. All other doors are guarded by the same credentials as the API. Trackers
// that no asset has are refused and remembered for the operator.
//
// The package owns the table unknown_trackers and the routes /api/{account_key}/position/osmand and
// /api/{account_key}/position/traccar, and on a port of its own the route / of OsmAnd. It refuses trackers that nobody has,
// packets with a wrong checksum, subscriptions by MQTT, and connections that dawdle.
//
// Read intake.go first, then port.go for connections, and a file for each protocol: teltonika.go, http.go, and mqtt.go with
// login.go and topic.go. unknown.go remembers unknown trackers, unknown_store.go holds their SQL.
package intake
