package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
)

// maxRange is the longest range: a year, and a day for the one that has one more.
const maxRange = 366 * 24 * time.Hour

// find is the type of a name.
func find(name string) (kind, error) {
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	return kind{}, fault.InvalidField("type", "The type field must be one of "+strings.Join(Types(), ", ")+".")
}

// Check says what a report can't be made of: Invalid by the fields of the API. That the assets, the beacon and the driver are the
// account's is for the caller to know.
func (m *Maker) Check(_ context.Context, r Request) error {
	k, err := find(r.Type)
	if err != nil {
		return err
	}
	var wrong []fault.Field
	refuse := func(field, format string, a ...any) {
		wrong = append(wrong, fault.Field{Name: field, Message: "The " + field + " field " + fmt.Sprintf(format, a...)})
	}
	switch {
	case r.From.IsZero():
		refuse("date_from", "is required.")
	case r.To.IsZero():
		refuse("date_to", "is required.")
	case !r.From.Before(r.To):
		refuse("date_to", "must be later than date_from.")
	case r.To.Sub(r.From) > maxRange+2*time.Hour: // a year of a zone may be longer by a change of clocks
		refuse("date_to", "must not be more than 366 days after date_from.")
	case r.From.Year() < 1970 || r.To.Year() > 9999:
		refuse("date_from", "must be in the years 1970 to 9999.")
	}
	switch n := len(r.Assets); {
	case n > k.most && k.most == 1:
		refuse("asset_ids", "must name one asset alone in a report of type %s.", k.name) // schedules and forms have no asset_id
	case n > k.most:
		refuse("asset_ids", "must name at most %d assets in a report of type %s.", k.most, k.name)
	}
	if k.name == "beacon" && r.BeaconID == 0 {
		refuse("beacon_id", "is required in a report of type beacon.")
	}
	if k.name == "driver" && r.DriverID == 0 {
		refuse("driver_id", "is required in a report of type driver.")
	}
	return fault.InvalidFields(wrong)
}
