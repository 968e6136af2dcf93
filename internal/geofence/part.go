package geofence

import (
	"context"
	"fmt"
	"slices"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
)

// A member who is limited to a part of the assets sees the geofences that apply to some of them, and changes those that apply to
// none but them.

// mayApply refuses geofences for assets that the caller doesn't see or that don't exist, and for groups that aren't theirs.
func (s *Service) mayApply(ctx context.Context, accountID int64, list []Geofence) error {
	part := bearer.PartOf(ctx, accountID)
	var ids []int64
	for i := range list {
		to := list[i].AppliesTo
		if to == nil {
			if part != nil {
				return fault.InvalidField("applies_to", "The applies_to field must name your own groups or assets.")
			}
			continue
		}
		for _, group := range to.Groups {
			if part != nil && !slices.Contains(part.Groups, group) {
				return fault.InvalidField("applies_to.groups", fmt.Sprintf("The groups must be your own: %v.", part.Groups))
			}
		}
		ids = append(ids, to.Assets...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	known, err := s.assets.Lookup(ctx, accountID, ids, nil)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := known.IDs[id]; !ok {
			return fault.InvalidField("applies_to.assets", fmt.Sprintf("The asset %d was not found.", id))
		}
	}
	return nil
}

// mayChange returns the geofence if the caller may change it. One that they see, but that is for others too, is Forbidden.
func (s *Service) mayChange(ctx context.Context, accountID, id int64) (*Geofence, error) {
	found, err := s.Find(ctx, accountID, id)
	if err != nil || bearer.PartOf(ctx, accountID) == nil {
		return found, err
	}
	whole, err := s.store.appliesTo(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	if whole == nil || s.mayApply(ctx, accountID, []Geofence{{AppliesTo: whole}}) != nil {
		return nil, fault.New(fault.Forbidden, "This action is unauthorized.")
	}
	return found, nil
}
