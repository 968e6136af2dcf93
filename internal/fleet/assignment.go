package fleet

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Assignment says that a driver drives an asset for a time, From up to but not including Until. At most one driver has an
// asset at a time; a driver may have several assets, such as a lorry and its trailer.
type Assignment struct {
	ID         int64      `json:"id" example:"11"`
	DriverID   int64      `json:"driver_id" example:"4"`
	DriverName string     `json:"driver_name" doc:"The driver's name; that of a deleted one too." example:"Ada Okafor"`
	AssetID    int64      `json:"asset_id" example:"7"`
	From       time.Time  `json:"from"`
	Until      *time.Time `json:"until" doc:"Null while it lasts."`
	Version    int64      `json:"-"`
}

// TransformSchema says that until may be null.
func (Assignment) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["until"].Nullable = true
	return s
}

// NewAssignment is what an assignment is made of. A zero From stands for now.
type NewAssignment struct {
	DriverID, AssetID int64
	From              time.Time
	Until             *time.Time // nil: open
}

// errOccupied is the fault of a second driver at the same time.
func errOccupied() error {
	return fault.New(fault.Conflict, "The asset has a driver for some of that time already. End that assignment first.")
}

// Assignments returns one page of a driver's assignments and how many there are in all; to a limited member, those of assets
// that they see. It sorts by from or id. An unknown driver: NotFound.
func (s *Service) Assignments(ctx context.Context, accountID, driverID int64, page web.PageInput) ([]Assignment, int, error) {
	if _, err := s.store.findDriver(ctx, s.store.db.Read(), accountID, driverID, ``); err != nil {
		return nil, 0, err
	}
	return s.store.listAssignments(ctx, accountID, driverID, page)
}

// FindAssignment returns one assignment of a driver; NotFound as of the others.
func (s *Service) FindAssignment(ctx context.Context, accountID, driverID, id int64) (Assignment, error) {
	return s.store.findAssignment(ctx, s.store.db.Read(), accountID, driverID, id, ``)
}

// Assign gives an asset a driver for a time. Where it has one for some of that time, that is a Conflict.
func (s *Service) Assign(ctx context.Context, accountID int64, in NewAssignment) (Assignment, error) {
	if in.From.IsZero() {
		in.From = timeOf(s.store.db.Now())
	}
	if err := checkTimes(in.From, in.Until); err != nil {
		return Assignment{}, err
	}
	return s.store.assign(ctx, accountID, in)
}

// EndAssignment says until when an assignment lasts, in the past or in the future; nil opens it again. Where the asset has
// another driver for some of that time, that is a Conflict.
func (s *Service) EndAssignment(ctx context.Context, accountID, driverID, id int64, until *time.Time, seen web.Precondition) (Assignment, error) {
	return s.store.endAssignment(ctx, accountID, driverID, id, until, seen)
}

// DriversAt returns who was assigned to an asset in the time from from up to but not including to, in order: one question
// for all trips of that time. Drivers who have been deleted since are among them. To a member who is limited and doesn't see
// the asset, nobody was.
func (s *Service) DriversAt(ctx context.Context, accountID, assetID int64, from, to time.Time) ([]Assignment, error) {
	return s.store.driversAt(ctx, accountID, assetID, from.UnixMilli(), to.UnixMilli())
}

// latestTime bounds times that come from outside: the end of the year 9999, beyond which RFC 3339 can't write.
const latestTime = 253402300799999

func checkTimes(from time.Time, until *time.Time) error {
	switch {
	case from.UnixMilli() < 0 || from.UnixMilli() > latestTime:
		return fault.InvalidField("from", "The from field must be in the years 1970 to 9999.")
	case until != nil && until.UnixMilli() <= from.UnixMilli():
		return fault.InvalidField("until", "The until field must be later than from.")
	case until != nil && until.UnixMilli() > latestTime:
		return fault.InvalidField("until", "The until field must be in the years 1970 to 9999.")
	}
	return nil
}
