package intake

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/token"
	"github.com/yipii/yipii/internal/tracker"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// The protocols, as figures, the log and the list of unknown trackers name them.
const (
	teltonika = "teltonika"
	osmAnd    = "osmand"
	traccar   = "traccar"
	mqttName  = "mqtt"
)

// Trackers tells whose a tracker is where no credential is shown: the asset, of any account, that has the identity. NotFound
// if nobody has it.
type Trackers interface {
	Bound(ctx context.Context, identity string) (accountID, assetID int64, err error)
}

// Options are what the doors need of the house.
type Options struct {
	DB       *store.DB
	Trail    *trail.Service
	Fleet    *fleet.Service
	Trackers Trackers
	Unknown  *Unknown
	Guard    *bearer.Guard
	Clients  *token.Service
	// Count counts what came by a door that isn't HTTP as the credential's, or as its refusal; nil counts nothing.
	Count func(*web.Request, web.Route, time.Time)
	Log   *slog.Logger
	Now   func() time.Time

	Idle           time.Duration // longest silence of a connection; 0 stands for 10 minutes
	MaxConnections int           // of one port; 0: any number
}

// defaultIdle is the longest silence where nothing is set: trackers that sleep for longer connect anew.
const defaultIdle = 10 * time.Minute

// Service is the room's front.
type Service struct {
	Options
	figures *figures
	write   bearer.Entry  // what a sender needs in an account
	slots   chan struct{} // one for each packet that may be stored at a time
}

// maxStoring is how many packets of connections are stored at a time. The others wait as they came, in few bytes each.
const maxStoring = 256

// storeWait is how long a packet may wait for its turn and be stored.
const storeWait = 30 * time.Second

// retryAfter is when who was refused because too much is waiting is to come again.
const retryAfter = 5 * time.Second

// writeAccess is what every guarded door asks for, as POST /position does.
func writeAccess() web.Access { return web.Access{Scope: "write:positions", Role: "manager"} }

// New makes the service. Its ports listen once they are opened.
func New(opt Options) (*Service, error) {
	if opt.Idle == 0 {
		opt.Idle = defaultIdle
	}
	write, err := bearer.EntryOf(writeAccess())
	return &Service{Options: opt, figures: newFigures(), write: write, slots: make(chan struct{}, maxStoring)}, err
}

// sender is who sends, for figures and the list of unknown trackers.
type sender struct {
	protocol string
	from     netip.Addr
}

// errUnknown is the refusal of a tracker that no asset has.
func errUnknown() error { return fault.Missing("Tracker") }

// whose finds the account of a tracker that showed no credential. One that nobody has is counted, and NotFound.
func (s *Service) whose(ctx context.Context, by sender, identity string) (accountID int64, err error) {
	if err = errUnknown(); identity != "" && identity == printable(identity) { // else no asset can have it
		accountID, _, err = s.Trackers.Bound(ctx, identity)
	}
	if fault.Is(err, fault.NotFound) {
		s.unknown(by, identity)
		return 0, errUnknown()
	}
	if err != nil {
		s.figures.refused(by.protocol, reasonUnavailable)
	}
	return accountID, err
}

func (s *Service) unknown(by sender, identity string) {
	s.Unknown.Count(by.protocol, identity, by.from)
	s.figures.refused(by.protocol, reasonUnknown)
}

// bring stores the reports of a tracker that showed no credential, and returns once they are durable. The faults are NotFound,
// where nobody has the tracker, TooMany and Unavailable: nothing may be acknowledged then.
func (s *Service) bring(ctx context.Context, by sender, identity string, reports []tracker.Report) (trail.Result, error) {
	accountID, err := s.whose(ctx, by, identity)
	if err != nil {
		return trail.Result{}, err
	}
	result, err := s.store(ctx, by, accountID, identity, reports)
	if err == nil && len(result.Rejected) > 0 {
		// Was the tracker taken from its asset meanwhile? Then they were rejected for that, and are not to be acknowledged.
		_, err = s.whose(ctx, by, identity)
	}
	return result, err
}

// store stores those reports of an account's tracker that have a position.
func (s *Service) store(ctx context.Context, by sender, accountID int64, identity string, reports []tracker.Report) (trail.Result, error) {
	positions := make([]trail.Position, 0, len(reports))
	for i := range reports {
		if reports[i].Fixed {
			positions = append(positions, s.positionOf(&reports[i], identity))
		}
	}
	if len(positions) == 0 {
		return trail.Result{Rejected: []trail.Rejection{}}, nil
	}
	return s.counted(by.protocol, func() (trail.Result, error) { return s.Trail.Ingest(ctx, accountID, positions) })
}

// counted adds what ingest answers to the figures.
func (s *Service) counted(protocol string, ingest func() (trail.Result, error)) (trail.Result, error) {
	result, err := ingest()
	if err == nil {
		s.figures.stored(protocol, result)
	} else if fault.Is(err, fault.TooMany) || fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
		s.figures.refused(protocol, reasonUnavailable)
	}
	return result, err
}

// turn waits until a packet of a connection may be stored, at most until ctx ends, and returns what ends the turn.
func (s *Service) turn(ctx context.Context, protocol string) (done func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		s.figures.refused(protocol, reasonUnavailable)
		f := fault.Wrap(fault.TooMany, "Too many packets are waiting to be stored.", ctx.Err())
		f.RetryAfter = retryAfter
		return nil, f
	}
}

// positionOf is a report as a position of a tracker.
func (s *Service) positionOf(r *tracker.Report, identity string) trail.Position {
	p := trail.Position{Tracker: identity, Time: r.Time, Latitude: r.Latitude, Longitude: r.Longitude, Speed: maybe(r.Speed), Heading: maybe(r.Heading),
		Altitude: maybe(r.Altitude), Accuracy: maybe(r.Accuracy), Odometer: maybe(r.Odometer), Battery: maybe(r.Battery), Satellites: maybe(r.Satellites), Ignition: maybe(r.Ignition)}
	sensors, err := trail.MakeSensors(r.Sensors)
	if err != nil {
		s.Log.Error("readings of a tracker were left out", "cause", err.Error()) // internal/tracker makes none that can't be kept
	}
	p.Sensors = sensors
	return p
}

func maybe[T any](value *T) trail.Maybe[T] {
	if value == nil {
		return trail.Maybe[T]{}
	}
	return trail.Some(*value)
}
