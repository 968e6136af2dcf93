package fleet

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// Position is where an asset was at one moment, as the API gives it out (contract §6). What the tracker didn't report
// is null.
type Position struct {
	AssetID    int64              `json:"asset_id" example:"7"`
	Timestamp  time.Time          `json:"timestamp" doc:"When, UTC." example:"2026-03-01T08:30:00Z"`
	Latitude   float64            `json:"latitude" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84." example:"52.5200"`
	Longitude  float64            `json:"longitude" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84." example:"13.4050"`
	Speed      *float64           `json:"speed" doc:"km/h."`
	Heading    *float64           `json:"heading" doc:"Degrees clockwise from north, 0 to 360."`
	Altitude   *float64           `json:"altitude" doc:"Metres."`
	Accuracy   *float64           `json:"accuracy" doc:"Metres."`
	Satellites *int64             `json:"satellites" doc:"How many were in view."`
	Ignition   *bool              `json:"ignition"`
	Odometer   *float64           `json:"odometer" doc:"Kilometres."`
	Battery    *float64           `json:"battery" doc:"Per cent."`
	Sensors    map[string]float64 `json:"sensors" nullable:"true" doc:"Readings by name."`
}

// Fix is what is known of an asset now: its status in one word of the contract's (§6, snake_case), and its newest
// position, nil when it has never reported. What isn't known is nil.
type Fix struct {
	Status      string
	Position    *Position
	Odometer    *float64 // kilometres: as the tracker reports it, else the way since the first position
	EngineHours *float64 // since the first position
	DriverID    *int64
}

// Trails is what fleet needs of the room that keeps positions.
type Trails interface {
	// Last returns a Fix for each of the account's assets that ids names. It asks the database once for a page of
	// assets, never once an asset.
	Last(ctx context.Context, accountID int64, ids []int64) (map[int64]Fix, error)
	// Purge deletes an asset's positions, in the transaction that has deleted the asset.
	Purge(ctx context.Context, tx *store.Tx, accountID, id int64) error
}
