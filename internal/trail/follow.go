package trail

import (
	"context"
	"encoding/json"

	"github.com/yipii/yipii/internal/store"
)

// Follower draws conclusions from each asset's positions, one after the other in the order of time: its trips, the geofences
// that it is in, what to raise the alarm about. It keeps what it needs for the next position in a Memory of the asset.
//
// A position that comes late is put where it belongs: the memory of before is taken out again, and the steps from there on
// are taken anew. What a follower concludes must follow from the positions and the account's own settings alone, never from the
// clock, from chance, or from the order in which positions came in.
type Follower interface {
	// Key names the follower's part of a saved memory, for good: "trip".
	Key() string
	// Memory makes an asset's memory of what it was saved as (its JSON), or a new one of nil.
	Memory(accountID, assetID int64, saved json.RawMessage) (Memory, error)
	// Write stores what came of the steps, in the transaction that says that they were taken. If that fails, the memories
	// are thrown away. Outcomes come sorted by account and asset.
	Write(ctx context.Context, tx store.Writer, outcomes []Outcome) error
}

// Memory is what a follower knows of one asset after its newest position, and what came of its steps since the last Write. One
// goroutine at a time uses it. Its JSON is what it knows, without what came of the steps.
type Memory interface {
	// Begin is called before the steps of a batch: the place to get the account's settings as they are now.
	Begin(ctx context.Context) error
	// Step takes the asset's next position. It is later than all before it.
	Step(*Step)
	json.Marshaler
}

// Step is one position and what is concluded at it. Followers are asked one after the other, and see what those before them
// have added.
type Step struct {
	Position *Position // valid during the step only
	Motion   *Motion   // as it is after this position
	Moved    float64   // kilometres since the position before; 0 at the first, and for a jump that nothing on wheels can make
	Elapsed  int64     // milliseconds since the position before; 0 at the first
	Engine   int64     // milliseconds of Elapsed during which the engine ran

	Events []Event // what happened, in the order in which it was concluded
	Home   bool    // the asset is at a place that is its home: a follower sets it at every step while it is so
	Driver int64   // who drives, as far as a follower knows; 0 for nobody known
}

// Event is something that happened to an asset, for the followers behind the one that concluded it.
type Event struct {
	Kind                string // "trip.started", "trip.ended", "geofence.entered", "geofence.exited", "geofence.dwelled"
	Time                int64  // when it happened, Unix milliseconds: not after the step's position
	Latitude, Longitude float64
	SubjectID           int64  // the geofence; 0 where there is none
	SubjectName         string // its name
}

// Outcome is an asset whose memory has taken steps.
type Outcome struct {
	AccountID, AssetID int64
	Memory             Memory
	// Redone says that steps were taken anew. What was concluded before at positions later than After, up to and including
	// Through (Unix milliseconds), holds no more, unless it is concluded again: what is the same now stays as it is stored, the
	// rest goes. With a bound of its own in each row, the time of the position at which it was concluded, this is one comparison.
	Redone         bool
	After, Through int64
}

// News is something that a follower has concluded and that may be told to the outside.
type News struct {
	AccountID, AssetID int64
	Type               string // "trip.ended"
	Time               int64  // when it happened, Unix milliseconds
	Data               any    // what encoding/json makes an object of
	Key                string // the same for the same thing, when it is concluded again: "trip:7:1764000000000:ended"
}

// Tell hands news on, in the transaction that writes them. Followers whose steps were taken anew may tell the same again.
type Tell func(ctx context.Context, tx store.Writer, news []News) error
