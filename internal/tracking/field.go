package tracking

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// LinkFields are what can be said of a link. What is left out stays as it is.
type LinkFields struct {
	Name        web.Maybe[string]      `json:"name,omitzero" doc:"1 to 200 characters. The public sees it." example:"Delivery 4711"`
	AssetIDs    web.Maybe[[]int64]     `json:"asset_ids,omitzero" doc:"1 to 50 assets." example:"[7]"`
	From        web.Maybe[time.Time]   `json:"from,omitzero" doc:"Since when it shows positions; now if left out." example:"2026-03-01T08:00:00Z"`
	Until       web.Maybe[time.Time]   `json:"until,omitzero" doc:"Until when, at most 366 days after from." example:"2026-03-02T08:00:00Z"`
	PIN         web.Maybe[string]      `json:"pin,omitzero" doc:"4 to 12 digits that the public must know; null for none. It is never shown again. Take 6 or more where a link lives for long."`
	Show        web.Maybe[string]      `json:"show,omitzero" doc:"position, trail or arrival: last positions alone, with the trail, or with an estimated arrival. position if left out." example:"arrival"`
	Destination web.Maybe[Destination] `json:"destination,omitzero" doc:"Where the assets are going; with arrival alone, which needs it."`
}

const assetsWrong = "The asset_ids field must name 1 to 50 assets."

// earliest and latest bound the times of a link, so that they are the same on both databases.
var earliest, latest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// apply puts what was said into the link, and says what is wrong with it then.
func (s *Service) apply(l *Link, f LinkFields) (wrong []fault.Field) {
	refuse := func(name, format string, args ...any) {
		wrong = append(wrong, fault.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
	if f.Name.Given {
		l.Name = strings.TrimSpace(orZero(f.Name.Value))
	}
	if message := nameFault("name", l.Name); message != "" {
		refuse("name", "%s", message)
	}
	if f.AssetIDs.Given {
		l.Assets = append([]int64{}, orZero(f.AssetIDs.Value)...)
		slices.Sort(l.Assets)
		l.Assets = slices.Compact(l.Assets)
	}
	if n := len(l.Assets); n > maxAssets || n == 0 && (f.AssetIDs.Given || l.ID == 0) {
		refuse("asset_ids", assetsWrong)
	}
	wrong = append(wrong, l.applyTimes(f)...)
	if f.Show.Given {
		l.Show = orZero(f.Show.Value)
	}
	if !slices.Contains([]string{Position, Trail, Arrival}, l.Show) {
		refuse("show", "The show field must be position, trail or arrival.")
	}
	wrong = append(wrong, l.applyDestination(f)...)
	return append(wrong, s.applyPIN(l, f.PIN)...)
}

func (l *Link) applyTimes(f LinkFields) (wrong []fault.Field) {
	for _, of := range [...]struct {
		name  string
		given web.Maybe[time.Time]
		field *time.Time
	}{{"from", f.From, &l.From}, {"until", f.Until, &l.Until}} {
		if of.given.Given {
			if of.given.Value == nil || of.given.Value.Before(earliest) || of.given.Value.After(latest) {
				return []fault.Field{{Name: of.name, Message: "The " + of.name + " field must be a time after the year 2000."}}
			}
			*of.field = time.UnixMilli(of.given.Value.UnixMilli()).UTC()
		}
	}
	switch {
	case l.Until.IsZero():
		return []fault.Field{{Name: "until", Message: "The until field is required."}}
	case !l.From.Before(l.Until):
		return []fault.Field{{Name: "until", Message: "The until field must be after from."}}
	case l.Until.Sub(l.From) > maxSpan:
		return []fault.Field{{Name: "until", Message: "The until field must be at most 366 days after from."}}
	}
	return nil
}

func (l *Link) applyDestination(f LinkFields) (wrong []fault.Field) {
	if f.Destination.Given {
		l.Destination = nil
		if to := f.Destination.Value; to != nil {
			own := *to
			own.Name = strings.TrimSpace(own.Name)
			l.Destination = &own
		}
	} else if l.Show != Arrival {
		l.Destination = nil
	}
	switch to := l.Destination; {
	case to == nil && l.Show == Arrival:
		return []fault.Field{{Name: "destination", Message: "The destination field is required to show an arrival."}}
	case to == nil:
		return nil
	case l.Show != Arrival:
		return []fault.Field{{Name: "destination", Message: "The destination field goes with arrival in show alone."}}
	default:
		if message := nameFault("destination.name", to.Name); message != "" {
			wrong = append(wrong, fault.Field{Name: "destination.name", Message: message})
		}
		// Written so that NaN is refused too.
		if !(to.Latitude >= -90 && to.Latitude <= 90 && to.Longitude >= -180 && to.Longitude <= 180) {
			wrong = append(wrong, fault.Field{Name: "destination", Message: "The destination field must be a place on the globe."})
		}
		return wrong
	}
}

// applyPIN sets or takes away the PIN. The same PIN again is no change.
func (s *Service) applyPIN(l *Link, given web.Maybe[string]) []fault.Field {
	if !given.Given {
		return nil
	}
	var hash []byte
	if pin := given.Value; pin != nil {
		if len(*pin) < minPIN || len(*pin) > maxPIN || strings.Trim(*pin, "0123456789") != "" {
			return []fault.Field{{Name: "pin", Message: "The pin field must be 4 to 12 digits."}}
		}
		hash = s.pinHash(l.hash, *pin)
	}
	if !bytes.Equal(hash, l.pinHash) {
		l.pinHash = hash
		l.generation++
	}
	return nil
}

func nameFault(field, name string) string {
	switch {
	case name == "":
		return "The " + field + " field is required."
	case !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("The %s field must not be longer than %d characters.", field, maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "The " + field + " field must not contain control characters."
	}
	return ""
}

func orZero[T any](value *T) (zero T) {
	if value == nil {
		return zero
	}
	return *value
}

// texts are what can be changed of a link, as the audit log tells it: of a PIN only whether there is one.
func (l *Link) texts() map[string]string {
	out := map[string]string{"name": l.Name, "assets": fmt.Sprint(l.Assets), "from": l.From.Format(time.RFC3339Nano), "until": l.Until.Format(time.RFC3339Nano),
		"access": l.Access(), "show": l.Show, "destination": ""}
	if to := l.Destination; to != nil {
		out["destination"] = fmt.Sprintf("%s (%g, %g)", to.Name, to.Latitude, to.Longitude)
	}
	return out
}
