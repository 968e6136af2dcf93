package geocode

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Provider finds the address of a place in degrees, WGS 84; "" where there is none.
type Provider interface {
	Address(ctx context.Context, latitude, longitude float64) (string, error)
}

// Place is a place to some 11 metres: degrees times 10,000.
type Place struct{ latitude, longitude int64 }

// PlaceOf is the place of coordinates in degrees.
func PlaceOf(latitude, longitude float64) Place {
	return Place{int64(math.Round(latitude * 10_000)), int64(math.Round(longitude * 10_000))}
}

// How a provider is asked.
const (
	askEvery   = time.Second
	askTimeout = 5 * time.Second
	maxWaiting = 4    // who wait for their turn
	maxWanted  = 1000 // places to be looked up in the background
	keptFor    = 183 * 24 * time.Hour
	purgeEvery = time.Hour
)

// Service is the room's front.
type Service struct {
	store    addressStore
	provider Provider // nil for none
	log      *slog.Logger
	turn     chan struct{} // has one element while nobody asks the provider
	waiting  chan struct{} // has an element for each who waits for the turn
	pause    time.Duration

	mu     sync.Mutex
	wanted []Place
	waits  map[Place]struct{} // those in wanted: a page that is read again and again asks for each once
}

// New makes the service. provider may be nil.
func New(db *store.DB, provider Provider, log *slog.Logger) *Service {
	s := &Service{store: addressStore{db}, provider: provider, log: log, turn: make(chan struct{}, 1), waiting: make(chan struct{}, maxWaiting), pause: askEvery,
		waits: map[Place]struct{}{}}
	s.turn <- struct{}{}
	return s
}

// Find returns the address of a place, "" where there is none. Coordinates outside the globe are Invalid. Without a provider
// it is NotFound; when the provider doesn't answer or too many are waiting for it, Unavailable.
func (s *Service) Find(ctx context.Context, latitude, longitude float64) (string, error) {
	var wrong []fault.Field
	if !(latitude >= -90 && latitude <= 90) {
		wrong = append(wrong, fault.Field{Name: "latitude", Message: "The latitude field must be within -90 to 90."})
	}
	if !(longitude >= -180 && longitude <= 180) {
		wrong = append(wrong, fault.Field{Name: "longitude", Message: "The longitude field must be within -180 to 180."})
	}
	if err := fault.InvalidFields(wrong); err != nil {
		return "", err
	}
	place := PlaceOf(latitude, longitude)
	known, err := s.store.find(ctx, []Place{place})
	if address, ok := known[place]; ok || err != nil {
		return address, err
	}
	if s.provider == nil {
		return "", fault.New(fault.NotFound, "This installation has no provider of addresses.")
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return "", busy(nil)
	}
	address, err := s.ask(ctx, place)
	if err != nil {
		return "", busy(err)
	}
	return address, nil
}

func busy(cause error) error {
	f := fault.Wrap(fault.Unavailable, "The provider of addresses has no time. Ask again later.", cause)
	f.RetryAfter = 5 * time.Second
	return f
}

// Known returns the addresses of those places that have been asked for before; "" is the address of one that has none.
// The others are looked up in the background, as far as there is room, so that they are known the next time.
func (s *Service) Known(ctx context.Context, places []Place) (map[Place]string, error) {
	known, err := s.store.find(ctx, places)
	if err != nil || s.provider == nil {
		return known, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, place := range places {
		_, ok := known[place]
		if _, waits := s.waits[place]; !ok && !waits && len(s.wanted) < maxWanted {
			s.wanted = append(s.wanted, place)
			s.waits[place] = struct{}{}
		}
	}
	return known, nil
}

// ask waits for the turn, asks the provider, and keeps the answer.
func (s *Service) ask(ctx context.Context, place Place) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*askTimeout)
	defer cancel()
	select {
	case <-s.turn:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer time.AfterFunc(s.pause, func() { s.turn <- struct{}{} })
	// Another may have asked for the same place while this one waited.
	known, err := s.store.find(ctx, []Place{place})
	if address, ok := known[place]; ok || err != nil {
		return address, err
	}
	asking, stop := context.WithTimeout(ctx, askTimeout)
	defer stop()
	address, err := s.provider.Address(asking, float64(place.latitude)/10_000, float64(place.longitude)/10_000)
	if err != nil {
		return "", err
	}
	return address, s.store.put(ctx, place, address)
}

// Run looks up what was wanted, and forgets what is old, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	look, purge := time.NewTicker(s.pause), time.NewTicker(purgeEvery)
	defer look.Stop()
	defer purge.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-purge.C:
			if err := s.store.purge(ctx, keptFor); err != nil {
				s.log.Warn("old addresses were not deleted", "cause", err.Error())
			}
		case <-look.C:
			s.lookUp(ctx)
		}
	}
}

// lookUp looks up the place that has been wanted for longest. If that fails it has to be wanted again.
func (s *Service) lookUp(ctx context.Context) {
	s.mu.Lock()
	if len(s.wanted) == 0 {
		s.mu.Unlock()
		return
	}
	place := s.wanted[0]
	s.wanted = s.wanted[1:]
	delete(s.waits, place)
	s.mu.Unlock()
	if _, err := s.ask(ctx, place); err != nil && ctx.Err() == nil {
		s.log.Info("an address was not found out", "cause", err.Error())
	}
}

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "address", Access: web.Access{Scope: "read:positions", Role: "viewer"},
		ID: "get-address", Tag: "Addresses", Summary: "Find the address of a place",
		Description: "As the installation's provider knows it; 404 where there is no provider, 503 while it has no time. Places are the same to some 11 metres."}, s.serveFind)
}

type findInput struct {
	Latitude  float64 `query:"latitude" required:"true" doc:"Degrees, WGS 84." example:"52.5200"`
	Longitude float64 `query:"longitude" required:"true" doc:"Degrees, WGS 84." example:"13.4050"`
}

// Address is a place's address, as the API gives it out.
type Address struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Address   *string `json:"address" doc:"Null where the provider knows none." example:"Alexanderplatz, Berlin, Germany"`
}

type findOutput struct{ Body web.Record[Address] }

func (s *Service) serveFind(ctx context.Context, in *findInput) (*findOutput, error) {
	address, err := s.Find(ctx, in.Latitude, in.Longitude)
	if err != nil {
		return nil, err
	}
	out := Address{Latitude: in.Latitude, Longitude: in.Longitude}
	if address != "" {
		out.Address = &address
	}
	return &findOutput{Body: web.Record[Address]{Data: out}}, nil
}
