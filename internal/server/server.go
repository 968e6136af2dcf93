package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/geocode"
	"github.com/yipii/yipii/internal/intake"
	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/token"
	"github.com/yipii/yipii/internal/web"
)

// Server serves the rooms.
type Server struct {
	Rooms  *Rooms
	Router *web.Router // of the API
	Pages  *web.Router // of what people see
	Public *web.Router // of what the public sees: the pages of tracking links
	Guard  *bearer.Guard

	config   Config
	log      Log
	now      func() time.Time
	mail     *mail.Sender // nil: there is no mail server
	geocode  *geocode.Service
	pages    http.Handler
	handler  http.Handler
	intake   *intake.Service
	phones   http.Handler // of the address where phones send without a credential
	stopping atomic.Bool
	trace    func(context.Context) error // ends the traces

	stop       context.CancelFunc // of what runs in the background; nil before Start
	background sync.WaitGroup
}

// New opens everything that the server needs. now is the clock of all rooms. version is the program's, for the API
// description.
func New(ctx context.Context, config Config, version string, log Log, now func() time.Time) (*Server, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	rooms, err := OpenRooms(ctx, config.Database, config.PublicURL, now, log.Logger)
	if err != nil {
		return nil, err
	}
	s := &Server{Rooms: rooms, config: config, log: log, now: now}
	if err := s.build(ctx, version); err != nil {
		rooms.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) build(ctx context.Context, version string) error {
	r, c, now := s.Rooms, s.config, s.now
	// First the place in the changes, then what they keep current: nothing falls between.
	if err := r.DB.StartWatching(ctx); err != nil {
		return err
	}
	if err := r.Revocations.Load(ctx); err != nil {
		return err
	}
	if err := r.Keyring.Ensure(ctx, c.alg(), func() (time.Duration, error) {
		return r.Credentials.LongestLifetime(ctx, c.TokenLifetime)
	}); err != nil {
		return err
	}
	s.Guard = &bearer.Guard{
		Tokens: token.NewVerifier(c.PublicURL, r.Keyring, r.Revocations, r.Credentials, now),
		Keys:   r.Credentials, KeyPrefix: credential.KeyPrefix,
		Directory: r.Accounts, Limit: bearer.NewLimiter(c.RateLimit, time.Minute), Now: now,
		Staleness: r.DB.Staleness, Grace: c.OfflineGrace,
	}
	tokens := token.New(token.Options{Issuer: c.PublicURL, Lifetime: c.TokenLifetime, FailuresPerMinute: c.AuthFailures, Now: now},
		r.Keyring, r.Revocations, r.Credentials, r.Accounts, s.Guard)

	observer := newObserver(c, s.log)
	observer.rooms = r
	s.Router = web.NewRouter(web.Info{Title: "Yipii IoT API", Version: version, ServerURL: c.PublicURL,
		Description: "Positions of vehicles and things, for other companies' programs. Get a token at /oauth/token, find your account key at /api/user, then read /api/{account_key}/…"},
		s.Guard, observer.wrap)
	err := s.buildPages(observer)
	if err != nil {
		return err
	}
	if s.geocode, err = newGeocode(r.DB, c.GeocoderURL, version, s.log.Logger); err != nil {
		return err
	}
	tokens.Routes(s.Router)
	r.Accounts.Routes(s.Router)
	r.Credentials.Routes(s.Router)
	r.Audit.Routes(s.Router)
	r.Sessions.Routes(s.Router)
	r.Fleet.Routes(s.Router)
	r.Trail.Routes(s.Router)
	s.geocode.Routes(s.Router)
	r.Webhooks.Allow(c.WebhookNetworks)
	r.Webhooks.Routes(s.Router)
	r.Geofences.Routes(s.Router)
	if c.GeocoderURL != "" {
		r.Trips.Addresses = s.tripAddresses
	}
	r.Trips.Routes(s.Router)
	if err := s.buildIntake(observer, tokens); err != nil {
		return err
	}
	r.Alerts.Routes(s.Router)
	r.Tracking.Routes(s.Router)
	if err := s.buildLive(); err != nil {
		return err
	}
	if err := s.buildReports(); err != nil {
		return err
	}
	s.operations(observer)
	if err := s.Router.Err(); err != nil {
		return err
	}
	s.handler, s.trace, err = traced(c.OTLPEndpoint, version, split(s.Router, s.pages, s.Public))
	return err
}

// newGeocode makes the room of addresses, which asks nobody where no address of a provider is set.
func newGeocode(db *store.DB, address, version string, log *slog.Logger) (*geocode.Service, error) {
	if address == "" {
		return geocode.New(db, nil, log), nil
	}
	provider, err := geocode.NewNominatim(address, "Yipii/"+version)
	if err != nil {
		return nil, err
	}
	return geocode.New(db, provider, log), nil
}

// Handler is the whole HTTP service.
func (s *Server) Handler() http.Handler { return s.handler }

// Start runs what runs in the background until Close.
func (s *Server) Start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	failed := func(what string) func(error) {
		return func(err error) { s.log.Warn(what, "cause", err.Error()) }
	}
	for _, run := range []func(){
		func() { s.Rooms.DB.Watch(ctx, s.log.Logger) },
		func() { s.purge(ctx) },
		func() { s.Rooms.Trail.RunFollowing(ctx) },
		func() { s.Rooms.Trail.RunUpkeep(ctx) },
		func() { s.geocode.Run(ctx) },
		func() { s.tellExpiry(ctx) },
		func() { s.Rooms.Sessions.Run(ctx) },
		func() { s.Rooms.Webhooks.Run(ctx) },
		func() { s.Rooms.Alerts.Run(ctx, s.log.Logger) },
		func() { s.Rooms.Live.Run(ctx) },
		func() { s.Rooms.Reports.Run(ctx) },
		func() { s.Rooms.Usage.Run(ctx, failed("the use of credentials was not written; it is tried again")) },
		func() { s.Rooms.Unknown.Run(ctx, failed("unknown trackers were not recorded; it is tried again")) },
		func() { s.Rooms.Refusals.Run(ctx, failed("refusals were not recorded; it is tried again")) },
	} {
		s.background.Go(run)
	}
}

// purge forgets revocations of expired tokens, once an hour.
func (s *Server) purge(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Rooms.Revocations.Purge(ctx); err != nil {
				s.log.Warn("revocations were not purged", "cause", err.Error())
			}
		}
	}
}

// Serve answers on listener until ctx ends, then finishes the requests that it has taken, at most for the shutdown
// timeout, and closes everything.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	s.Start()
	listener, err := s.secure(deadlineListener{listener})
	if err != nil {
		return err
	}
	doors, err := s.openDoors(ctx)
	if err != nil {
		listener.Close()
		return errors.Join(err, s.Close())
	}
	srv := s.httpServer(s.handler)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return errors.Join(err, doors.close(ctx), s.Close())
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	s.log.Info("shutting down")
	s.Rooms.Live.Close() // streams and sockets would keep the shutdown waiting
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.ShutdownTimeout)
	defer cancel()
	shut := make(chan error, 1)
	go func() { shut <- doors.close(wait) }()
	err = srv.Shutdown(wait)
	return errors.Join(err, <-shut, s.trace(wait), s.Close())
}

func (s *Server) httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      s.config.RequestTimeout + time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// Close ends what runs in the background, which writes what it holds, and closes the rooms.
func (s *Server) Close() error {
	if s.stop != nil {
		s.stop()
		s.background.Wait()
	}
	return s.Rooms.Close()
}
