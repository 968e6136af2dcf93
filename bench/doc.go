// Bench measures how fast and how big the real program is, each figure beside a baseline of the same run, and says
// which of the project's bars are met. Run it with
//
//	go run ./bench [-only token,user,…] [-seconds 2] [-pairs 7] [-write]
//
// It builds the binary as a release is built, runs it as a process of its own on SQLite and on a private PostgreSQL
// (started from the server programs found on the machine), fills databases, sends requests and stops everything. The
// binary runs with its limits on (set high enough not to refuse), its access log on (info, into a file) and durable
// databases. -write puts the table into docs/benchmarks.md, which also says how to read it.
//
// The measurements, by the names that -only takes:
//
//	token      POST /oauth/token on 64 connections, against a bare net/http handler that does the same signature
//	user       GET /api/user on 64 connections, against a bare net/http handler that writes the same bytes
//	million    both again, at 1,000,000 clients in the database against 100
//	ingest     POST …/position in batches of 1,000, against the raw insert of the same rows (COPY on PostgreSQL)
//	follow     the same with trips, geofences and alerts for 10,000 assets, and how soon a position is seen
//	history    that and the last positions, with 4,000,000 stored positions against 40,000
//	trail      a day of 30,000 points as JSON, against reading and encoding the same rows with the standard library
//	simplify   a month of 2,592,000 points simplified to 1,000, against scanning the same rows
//	latest     the last positions of 10,000 assets as JSON, against encoding them from memory
//	teltonika  the memory of a silent Teltonika connection, of 10,000
//	live       how soon one position reaches 5,000 subscribers, and a steady stream while some don't read
//	idle       the memory of idle live connections, of as many as a process may have, and of 50,000 on three nodes
//	report     30 days of an asset with 2,592,000 points as reports in each format, against a raw scan; the wait of others meanwhile
//	dashboard  the pages of an account with 10,000 assets and 1,000 credentials, against as much HTML by html/template
//	audit      pages of an audit log of 1,000,000 events, against one of 1,000
//	memory     the process's resident memory while 200,000 tokens are issued and used
//	binary     the size of the binary, and the time from its start to its first good answer on /readyz
//
// Product and baseline take turns in pairs (product first, then baseline first, and so on), so that whatever else the
// machine does touches both; the ratio is the median of the pairs' ratios. Baselines are processes of their own too:
// bench starts itself again in that role (see baseline.go).
//
// Read measure.go for the comparison, load.go and wire.go for the load generator, product.go for how the binary is
// run, then one file for each measurement; store.go has the SQL, fleet_store.go that of a large account,
// and history_store.go that of many positions. It uses
// the binary from the outside only, as an operator, a client and a browser do, apart from filling tables: a million
// clients are inserted, not created.
package main
