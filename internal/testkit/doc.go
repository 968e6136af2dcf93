// Package testkit gives tests the real things that they need: private PostgreSQL databases, mail servers, and a check that several rooms share.
//
// It is imported by tests alone. It owns no table and no route, and it refuses to use a database server that it did
// not start itself: what a test creates, fills or kills is always its own.
//
// A package whose tests use a database needs one line, so that the server is stopped when they end:
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
//
// Then [PostgresURL] answers an empty database, [PostgresCopy] one that is migrated already, and [StartPostgres] a
// whole server for a test that stops and restarts it.
//
// Where PostgreSQL's server programs are not found, those tests are skipped with a line that says so. Where the
// variable CI or YIPII_REQUIRE_POSTGRES is set, they fail instead. YIPII_TEST_PG_BINDIR names the folder of the programs
// to use; see [PostgresURL].
//
// Start reading at postgres.go (what tests call), then postgres_server.go (how a server is found, started and stopped).
package testkit
