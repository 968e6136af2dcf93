package alert

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Alert is what a rule has concluded of an asset. What it says of the rule is what it was when the alert was raised.
type Alert struct {
	ID             int64          `json:"id" example:"12"`
	AccountID      int64          `json:"-"`
	AssetID        int64          `json:"asset_id" example:"7"`
	RuleID         int64          `json:"rule_id" doc:"The rule may be gone." example:"4"`
	RuleName       string         `json:"rule_name" example:"Too fast"`
	Type           string         `json:"type" example:"speed"`
	Severity       string         `json:"severity" enum:"info,warning,critical"`
	State          string         `json:"state" enum:"open,acknowledged,ended,withdrawn" doc:"The first that holds: withdrawn, acknowledged, ended, open."`
	Message        string         `json:"message" example:"97 km/h where 90 are allowed for 30 seconds."`
	TriggeredAt    time.Time      `json:"triggered_at" doc:"When it happened, by the times of positions."`
	EndedAt        *time.Time     `json:"ended_at" doc:"When it was over; null while it goes on, and for what is of a moment only (geofence, service_due)."`
	Latitude       float64        `json:"latitude" doc:"Where the asset was when it was known. Degrees, WGS 84."`
	Longitude      float64        `json:"longitude"`
	Data           map[string]any `json:"data" doc:"What belongs to the type, such as speed and limit."`
	AcknowledgedAt *time.Time     `json:"acknowledged_at"`
	AcknowledgedBy *int64         `json:"acknowledged_by" doc:"The id of the user."`
	Note           *string        `json:"note" doc:"What who acknowledged it wrote."`
	WithdrawnAt    *time.Time     `json:"withdrawn_at" doc:"When a position that came late showed that it wasn't so; null if it holds."`

	occasion                   string
	ruleFrom, at, settled, end int64 // Unix milliseconds; end is 0 for none
}

// States of an alert.
const (
	stateOpen         = "open"
	stateAcknowledged = "acknowledged"
	stateEnded        = "ended"
	stateWithdrawn    = "withdrawn"
)

func (a *Alert) state() string {
	switch {
	case a.WithdrawnAt != nil:
		return stateWithdrawn
	case a.AcknowledgedAt != nil:
		return stateAcknowledged
	case a.EndedAt != nil:
		return stateEnded
	}
	return stateOpen
}

const noun = "Alert"

// Find returns one alert. Unknown, another account's, or of an asset that the caller doesn't see: NotFound.
func (s *Service) Find(ctx context.Context, accountID, id int64) (*Alert, error) {
	return s.store.find(ctx, accountID, id)
}

// MaxAcknowledged is how many alerts can be acknowledged at once.
const MaxAcknowledged = 500

const maxNote = 1000 // characters

// Acknowledge marks alerts as seen by the caller, with a note ("" for none). Those that were so already stay as they are.
// It returns the ids of those that are acknowledged now, in order; the others are unknown, another account's, or of assets
// that the caller doesn't see.
func (s *Service) Acknowledge(ctx context.Context, accountID int64, ids []int64, note string) ([]int64, error) {
	note = strings.TrimSpace(note)
	switch {
	case len(ids) == 0 || len(ids) > MaxAcknowledged:
		return nil, fault.InvalidField("ids", fmt.Sprintf("The ids field must hold 1 to %d ids.", MaxAcknowledged))
	case !utf8.ValidString(note) || utf8.RuneCountInString(note) > maxNote:
		return nil, fault.InvalidField("note", fmt.Sprintf("The note field must not be longer than %d characters.", maxNote))
	case strings.ContainsFunc(note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return nil, fault.InvalidField("note", "The note field must not contain control characters but line breaks.")
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var by int64
	if p := bearer.CallerOf(ctx); p != nil {
		by = p.UserID
	}
	var acknowledged []int64
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		found, fresh, err := s.store.acknowledge(ctx, tx, accountID, ids, by, note)
		if acknowledged = found; err != nil || len(fresh) == 0 {
			return err
		}
		e := audit.Event{AccountID: accountID, Action: "alert.acknowledged", Subject: "alert:" + strconv.FormatInt(fresh[0], 10)}
		if len(fresh) > 1 {
			e.Subject, e.Detail = "alerts", map[string]string{"count": strconv.Itoa(len(fresh)), "ids": fmt.Sprint(fresh)}
		}
		return s.log.Record(ctx, tx, e)
	})
	return acknowledged, err
}
