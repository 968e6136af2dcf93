package report

import (
	"time"

	"github.com/yipii/yipii/internal/document"
)

// Request is what a report is to be about, after the names in it were resolved and what the caller may see was checked.
type Request struct {
	AccountID   int64
	AccountKey  string
	AccountName string
	Zone        *time.Location
	Units       document.Units

	Type     string
	Title    string    // "" for the type's own
	Assets   []int64   // their ids, in ascending order, never empty: those that were named, or all that the caller may see
	AllOf    bool      // nobody named assets: the report is about the whole account as its maker sees it
	BeaconID int64     // 0 for none
	DriverID int64     // 0 for none
	From, To time.Time // half open

	// Progress is told, now and then, which part of the work is done, from 0 to 1. It may be nil.
	Progress func(part float64)
}
