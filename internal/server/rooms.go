package server

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/intake"
	"github.com/yipii/yipii/internal/live"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/token"
	"github.com/yipii/yipii/internal/tracking"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/trip"
	"github.com/yipii/yipii/internal/usage"
	"github.com/yipii/yipii/internal/webhook"
)

// Rooms are the rooms on one open database. The server serves them; operator commands use them beside it.
type Rooms struct {
	DB          *store.DB
	Audit       *audit.Log
	Refusals    *audit.Refusals
	Usage       *usage.Counter
	Accounts    *account.Service
	Credentials *credential.Service
	Keyring     *token.Keyring
	Revocations *token.Revocations
	Fleet       *fleet.Service
	Trail       *trail.Service
	Webhooks    *webhook.Service
	Geofences   *geofence.Service
	Trips       *trip.Service
	Unknown     *intake.Unknown // trackers that nobody has
	Alerts      *alert.Service
	Tracking    *tracking.Service
	Reports     *reporting.Service
	Sessions    *session.Service // nil before OpenSessions
	Live        *live.Service    // nil beside the server

	secret secret.Server
	now    func() time.Time
}

// OpenRooms opens the database, migrates it, checks that the server secret belongs to it, and builds the rooms.
// baseURL is where their answers' links point; "" for commands that answer nobody.
func OpenRooms(ctx context.Context, d Database, baseURL string, now func() time.Time, logger *slog.Logger) (*Rooms, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, d.DatabaseURL, store.Options{MaxConns: d.MaxConns, Now: now})
	if err != nil {
		return nil, err
	}
	server, err := prepare(ctx, db, d)
	if err != nil {
		db.Close()
		return nil, err
	}
	positions := trail.OpenStore(db, now)
	log := audit.New(db, server)
	accounts := account.New(db, log, baseURL)
	r := &Rooms{
		DB:          db,
		Audit:       log,
		Refusals:    audit.NewRefusals(log, now),
		Usage:       usage.New(db, log, now),
		secret:      server,
		now:         now,
		Accounts:    accounts,
		Credentials: credential.New(db, server, accounts, log, baseURL, now),
		Keyring:     token.NewKeyring(db, server, now),
		Revocations: token.NewRevocations(db),
		Fleet:       fleet.New(db, log, positions, baseURL),
	}
	r.Credentials.LastUsed = r.lastUsed
	r.Webhooks = webhook.New(db, server, log, webhook.Options{BaseURL: baseURL, Now: now, Random: rand.Float64, Log: logger, Types: eventTypes()})
	r.Trips = trip.New(db, r.Fleet, log, baseURL)
	r.Geofences = geofence.New(db, r.Fleet, log, baseURL)
	r.Alerts = alert.New(db, r.Fleet, log, baseURL, now)
	r.Trail = trail.New(positions, r.Fleet, baseURL, logger, r.followers()...)
	r.Trail.Audit = log
	r.Tracking = tracking.New(db, server, r.Fleet, r.Trail, positions, log, tracking.Options{PublicURL: baseURL, Now: now, Log: logger})
	r.Trips.Current = r.currentTrip
	r.Reports = r.newReports(baseURL, logger)
	r.Trips.Tell, r.Geofences.Tell, r.Alerts.Tell = r.tell, r.tell, r.tellAlerts
	r.Fleet.GroupRenamed = []fleet.GroupRenamed{r.Geofences.RenameGroup, r.Alerts.RenameGroup}
	r.Unknown = intake.NewUnknown(db, now)
	go r.Trail.Run(context.WithoutCancel(ctx)) // until Close
	return r, nil
}

// OpenSessions builds the room where people sign in, which needs to know more of the world outside than the others.
func (r *Rooms) OpenSessions(opt session.Options) {
	r.Sessions = session.New(r.DB, r.secret, r.Accounts, r.Audit, opt)
}

// lastUsed tells the room of credentials what the room of their use knows.
func (r *Rooms) lastUsed(ctx context.Context, accountID int64, credentials []string) (map[string]time.Time, error) {
	used, err := r.Usage.Last(ctx, accountID, credentials)
	at := make(map[string]time.Time, len(used))
	for name, last := range used {
		at[name] = last.LastAt
	}
	return at, err
}

// prepare migrates the database and returns the server secret that belongs to it.
func prepare(ctx context.Context, db *store.DB, d Database) (secret.Server, error) {
	if _, err := db.Migrate(ctx); err != nil {
		return secret.Server{}, err
	}
	bound, err := secret.Bound(ctx, db)
	if err != nil {
		return secret.Server{}, err
	}
	server, err := d.secret(bound)
	if err != nil {
		return secret.Server{}, err
	}
	return server, server.Bind(ctx, db)
}

// Close ends the rooms: what has been taken in is finished first.
func (r *Rooms) Close() error {
	r.Trail.Close()
	return r.DB.Close()
}
