package fleet

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Beacon is a small radio that trackers hear: positions carry what it says as sensors "beacon.<identity>.temperature" and so
// on. Its record gives it a name, and says what it is fixed to.
type Beacon struct {
	ID        int64     `json:"id" example:"5"`
	AccountID int64     `json:"-"`
	Identity  string    `json:"identity" doc:"As positions name it; unique in the account." example:"7cd9f407f95c"`
	Name      string    `json:"name" example:"Cold box, left"`
	Kind      string    `json:"kind" enum:"temperature,humidity,battery,movement,identification,other" example:"temperature"`
	AssetID   *int64    `json:"asset_id" doc:"The asset that it is fixed to; null for none." example:"7"`
	Version   int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// TransformSchema says that asset_id may be null.
func (Beacon) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["asset_id"].Nullable = true
	return s
}

// BeaconChange says what to change of a beacon, or how to make one. A nil field stays as it is. AssetID that points to 0
// takes the beacon off its asset.
type BeaconChange struct {
	Identity, Name, Kind *string
	AssetID              *int64
	If                   web.Precondition
}

// BeaconFilter picks beacons of a list; an empty field picks all.
type BeaconFilter struct {
	Kind, Identity, Search string
	AssetID                int64
}

// beaconKinds are what a beacon can be for. A new kind needs its word in the tag of Beacon.Kind too.
func beaconKinds() []string {
	return []string{"temperature", "humidity", "battery", "movement", "identification", "other"}
}

// ListBeacons returns one page of the account's beacons and how many match in all; to a limited member, those that are
// fixed to assets that they see. It sorts by id, name, identity, kind, created_at or updated_at.
func (s *Service) ListBeacons(ctx context.Context, accountID int64, filter BeaconFilter, page web.PageInput) ([]Beacon, int, error) {
	return s.store.listBeacons(ctx, accountID, filter, page)
}

// FindBeacon returns one beacon. Unknown, another account's, or at no asset that a limited member sees: NotFound.
func (s *Service) FindBeacon(ctx context.Context, accountID, id int64) (Beacon, error) {
	return s.store.findBeacon(ctx, s.store.db.Read(), accountID, id, ``)
}

// CreateBeacon makes a beacon. Identity is needed; Name is the identity if it is left out, and Kind "other".
func (s *Service) CreateBeacon(ctx context.Context, accountID int64, in BeaconChange) (Beacon, error) {
	in.Identity, in.Name, in.Kind = new(textOf(in.Identity)), new(textOf(in.Name)), new(textOf(in.Kind))
	if *in.Name == "" {
		*in.Name = *in.Identity
	}
	if *in.Kind == "" {
		*in.Kind = "other"
	}
	in, err := in.checked()
	if err != nil {
		return Beacon{}, err
	}
	return s.store.createBeacon(ctx, accountID, in)
}

// UpdateBeacon changes a beacon and returns it as it is then.
func (s *Service) UpdateBeacon(ctx context.Context, accountID, id int64, in BeaconChange) (Beacon, error) {
	in, err := in.checked()
	if err != nil {
		return Beacon{}, err
	}
	return s.store.updateBeacon(ctx, accountID, id, in)
}

// DeleteBeacon deletes a beacon. A driver who carries it is without one then.
func (s *Service) DeleteBeacon(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.store.deleteBeacon(ctx, accountID, id, seen)
}

func (c BeaconChange) checked() (BeaconChange, error) {
	var wrong []fault.Field
	check := func(name string, value *string, limit int, more func(string) string) *string {
		return checkText(&wrong, name, value, limit, more)
	}
	c.Identity = check("identity", c.Identity, maxTracker, identityFault)
	c.Name = check("name", c.Name, maxName, nameFault)
	c.Kind = check("kind", c.Kind, maxType, kindFault)
	return c, fault.InvalidFields(wrong)
}

func identityFault(identity string) string {
	if identity == "" {
		return "The identity field is required."
	}
	return strings.Replace(trackerFault(identity), "tracker", "identity", 1)
}

func kindFault(kind string) string {
	if !slices.Contains(beaconKinds(), kind) {
		return "The kind field must be one of " + strings.Join(beaconKinds(), ", ") + "."
	}
	return ""
}

func (b *Beacon) audited() map[string]string {
	return map[string]string{"identity": b.Identity, "name": b.Name, "kind": b.Kind, "asset": idText(b.AssetID)}
}
