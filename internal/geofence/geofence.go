package geofence

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// Geofence is a part of the globe that the account wants to know of who is inside.
type Geofence struct {
	ID          int64          `json:"id" example:"3"`
	AccountID   int64          `json:"-"`
	Version     int64          `json:"-"` // counts its changes, from 1
	Name        string         `json:"name" example:"North depot"`
	Description *string        `json:"description" doc:"Null for none."`
	Category    string         `json:"category" doc:"home is where assets are in their garage; site, no_go and others are the account's own words." example:"home"`
	Shape       string         `json:"shape" enum:"circle,polygon,corridor" doc:"What the geometry makes of it."`
	Geometry    Geometry       `json:"geometry"`
	Radius      *float64       `json:"radius" doc:"Metres; null but for a circle." example:"150"`
	Width       *float64       `json:"width" doc:"The whole width in metres; null but for a corridor."`
	Dwell       *int64         `json:"dwell" doc:"Minutes inside after which the asset has dwelled; null for no such event." example:"10"`
	AppliesTo   *fleet.Targets `json:"applies_to" doc:"Null for all assets of the account."`
	Active      bool           `json:"active"`
	ValidFrom   time.Time      `json:"valid_from" doc:"Since when it is as it is. Nothing is concluded for positions before."`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
}

// TransformSchema says that applies_to may be null, which the tags of a struct can't.
func (Geofence) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return fleet.NullTargets(s)
}

// Fields are what can be said of a geofence. What is left out stays as it is; null clears it.
type Fields struct {
	Name        web.Maybe[string]        `json:"name,omitzero" doc:"1 to 200 characters." example:"North depot"`
	Description web.Maybe[string]        `json:"description,omitzero" doc:"Up to 2,000 characters."`
	Category    web.Maybe[string]        `json:"category,omitzero" doc:"Up to 40 lower-case letters, digits, hyphens and underscores; site if left out." example:"home"`
	Geometry    web.Maybe[Geometry]      `json:"geometry,omitzero" doc:"Up to 1,000 points. An edge is straight in degrees and takes the shorter way around the globe."`
	Radius      web.Maybe[float64]       `json:"radius,omitzero" doc:"Of a circle, in metres: 5 to 200,000." example:"150"`
	Width       web.Maybe[float64]       `json:"width,omitzero" doc:"Of a corridor, the whole in metres: 5 to 20,000."`
	Dwell       web.Maybe[int64]         `json:"dwell,omitzero" doc:"Minutes, 1 to 525,600." example:"10"`
	AppliesTo   web.Maybe[fleet.Targets] `json:"applies_to,omitzero" doc:"At least a group or an asset; null for all assets."`
	Active      web.Maybe[bool]          `json:"active,omitzero" doc:"True if left out."`
}

// Home is the category of the places where an asset is in its garage.
const Home = "home"

const (
	defaultCategory = "site"
	maxName         = 200
	maxDescription  = 2000
	maxCategory     = 40
	maxDwell        = 525_600 // minutes: a year
	maxGeofences    = 10_000  // of an account
)

// Service is the room's front. It is the trail.Follower of the room too.
type Service struct {
	db    *store.DB
	store geofenceStore
	Tell  trail.Tell // told what happened; nil for nobody. It is set before the room is used.

	assets  *fleet.Service
	log     *audit.Log
	baseURL string
	fences  *store.Cache[int64, *fences] // by account
}

// New makes the service. baseURL is the public URL of the API without a path, which links in answers begin with.
func New(db *store.DB, assets *fleet.Service, log *audit.Log, baseURL string) *Service {
	s := &Service{db: db, store: geofenceStore{db}, assets: assets, log: log, baseURL: strings.TrimRight(baseURL, "/")}
	s.fences = store.NewCache(1000, s.store.fences)
	drop := store.Subscriber{Reset: s.fences.Reset, Changed: func(subject string) {
		if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
			s.fences.Drop(id)
		}
	}}
	db.Subscribe(topic, drop)
	db.Subscribe(fleet.TopicGroups, drop)
	return s
}

// topic is that of changes of geofences. The subject is the account's id.
const topic = "geofence"

// Find returns one geofence. Unknown, another account's, or for none of the assets that the caller sees: NotFound.
func (s *Service) Find(ctx context.Context, accountID, id int64) (*Geofence, error) {
	found, err := s.store.find(ctx, s.db.Read(), accountID, id)
	if err != nil {
		return nil, err
	}
	return &found, nil
}

// List returns a page of the geofences that the caller sees, and how many there are.
func (s *Service) List(ctx context.Context, accountID int64, filter Filter, page web.PageInput) ([]Geofence, int, error) {
	return s.store.list(ctx, accountID, filter, page)
}

// Create makes geofences, all or none. What is wrong comes back as an Invalid fault by field; prefix names each one's fields,
// with its index where it has a %d.
func (s *Service) Create(ctx context.Context, accountID int64, prefix string, list []Fields) ([]Geofence, error) {
	made := make([]Geofence, len(list))
	var wrong []fault.Field
	for i, f := range list {
		made[i] = Geofence{AccountID: accountID, Category: defaultCategory, Active: true}
		for _, w := range made[i].apply(f) {
			if strings.Contains(prefix, "%d") {
				w.Name = fmt.Sprintf(prefix, i) + w.Name
			}
			if wrong = append(wrong, w); len(wrong) >= 100 {
				return nil, fault.InvalidFields(wrong)
			}
		}
	}
	if len(wrong) > 0 {
		return nil, fault.InvalidFields(wrong)
	}
	if err := s.mayApply(ctx, accountID, made); err != nil {
		return nil, err
	}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := s.store.create(ctx, tx, accountID, made); err != nil {
			return err
		}
		for i := range made {
			if err := s.log.Record(ctx, tx, made[i].event("geofence.created", nil)); err != nil {
				return err
			}
		}
		return tx.Announce(ctx, topic, strconv.FormatInt(accountID, 10))
	})
	return made, err
}

// Update changes a geofence, unless others have changed it since the caller has seen it (Stale), and returns it as it is then.
// A change of nothing is none.
func (s *Service) Update(ctx context.Context, accountID, id int64, f Fields, seen web.Precondition) (*Geofence, error) {
	if _, err := s.mayChange(ctx, accountID, id); err != nil {
		return nil, err
	}
	var after Geofence
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		before, err := s.store.lock(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := seen.Check(before.Version); err != nil {
			return err
		}
		after = before
		if err := fault.InvalidFields(after.apply(f)); err != nil {
			return err
		}
		if f.AppliesTo.Given {
			if err := s.mayApply(ctx, accountID, []Geofence{after}); err != nil {
				return err
			}
		}
		changed := audit.Changes(before.detail(), after.detail())
		if len(changed) == 0 {
			return nil
		}
		now := time.UnixMilli(s.db.Now()).UTC()
		if after.UpdatedAt = now; after.judges(before) {
			after.ValidFrom = now
		}
		if err := s.store.update(ctx, tx, after); err != nil {
			return err
		}
		if _, ok := changed["geometry"]; ok {
			changed["geometry"] = "changed" // the points are too long for the log
		}
		if err := s.log.Record(ctx, tx, after.event("geofence.updated", changed)); err != nil {
			return err
		}
		return tx.Announce(ctx, topic, strconv.FormatInt(accountID, 10))
	})
	if err != nil {
		return nil, err
	}
	return s.Find(ctx, accountID, id)
}

// Revise is Update with the fields of a body: those that are to change, or a GeoJSON feature.
func (s *Service) Revise(ctx context.Context, accountID, id int64, body []byte, seen web.Precondition) (*Geofence, error) {
	list, prefix, err := readNew(body)
	if err != nil {
		return nil, err
	}
	if prefix != "" {
		return nil, fault.InvalidField("type", "The body must be one geofence.")
	}
	return s.Update(ctx, accountID, id, list[0], seen)
}

// Delete deletes a geofence, unless others have changed it since the caller has seen it (Stale). Its events stay with the assets.
func (s *Service) Delete(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	found, err := s.mayChange(ctx, accountID, id)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		before, err := s.store.lock(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := seen.Check(before.Version); err != nil {
			return err
		}
		if err := s.store.delete(ctx, tx, accountID, id); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, found.event("geofence.deleted", nil)); err != nil {
			return err
		}
		return tx.Announce(ctx, topic, strconv.FormatInt(accountID, 10))
	})
}

// judges reports whether it may conclude something else than before.
func (g *Geofence) judges(before Geofence) bool {
	was, is := before.detail(), g.detail()
	for _, field := range [...]string{"geometry", "radius", "width", "dwell", "applies_to"} {
		if was[field] != is[field] {
			return true
		}
	}
	return g.Active && !before.Active
}

// detail is the geofence as texts by field, as they are compared and logged.
func (g *Geofence) detail() map[string]string {
	geometry, _ := g.Geometry.MarshalJSON() // never fails
	out := map[string]string{"name": g.Name, "category": g.Category, "geometry": string(geometry), "active": strconv.FormatBool(g.Active),
		"description": text(g.Description), "radius": text(g.Radius), "width": text(g.Width), "dwell": text(g.Dwell), "applies_to": "all"}
	if to := g.AppliesTo; to != nil {
		out["applies_to"] = fmt.Sprint(to.Groups, to.Assets)
	}
	return out
}

func text[T any](value *T) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(*value)
}

func (g *Geofence) event(action string, detail map[string]string) audit.Event {
	return audit.Event{AccountID: g.AccountID, Action: action, Subject: "geofence:" + strconv.FormatInt(g.ID, 10), SubjectName: g.Name, Detail: detail}
}

// given is a field's value, or what it is where the field is left out; null is nil.
func given[T any](m web.Maybe[T], otherwise *T) *T {
	if m.Given {
		return m.Value
	}
	return otherwise
}

// apply puts what was said into the geofence, trimmed and with defaults, and says what is wrong with it then.
func (g *Geofence) apply(f Fields) (wrong []fault.Field) {
	refuse := func(name, format string, args ...any) {
		wrong = append(wrong, fault.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
	words := func(name string, field web.Maybe[string], is string, most int) string {
		word := given(field, &is)
		if word == nil {
			return ""
		}
		trimmed := strings.TrimSpace(*word)
		if !utf8.ValidString(trimmed) || utf8.RuneCountInString(trimmed) > most {
			refuse(name, "The %s field must not be longer than %d characters.", name, most)
		} else if strings.ContainsFunc(trimmed, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || r == '\n' && name != "description" }) {
			refuse(name, "The %s field must not contain control characters.", name)
		}
		return trimmed
	}
	if g.Name = words("name", f.Name, g.Name, maxName); g.Name == "" {
		refuse("name", "The name field is required.")
	}
	description := words("description", f.Description, *orNew(g.Description), maxDescription)
	if g.Description = nil; description != "" {
		g.Description = &description
	}
	if g.Category = words("category", f.Category, g.Category, maxCategory); g.Category == "" {
		g.Category = defaultCategory
	}
	if strings.Trim(g.Category, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		refuse("category", "The category field may contain lower-case letters, digits, hyphens and underscores only.")
	}
	g.Active = f.Active.Value == nil && (f.Active.Given || g.Active) || f.Active.Value != nil && *f.Active.Value
	if g.Dwell = given(f.Dwell, g.Dwell); g.Dwell != nil && (*g.Dwell < 1 || *g.Dwell > maxDwell) {
		refuse("dwell", "The dwell field must be within 1 and %d minutes.", maxDwell)
	}
	wrong = append(wrong, g.applyTo(f.AppliesTo)...)
	return append(wrong, g.reshape(f)...)
}

func orNew[T any](value *T) *T {
	if value == nil {
		return new(T)
	}
	return value
}

// reshape applies what was said of the shape. A geometry of another kind takes radius and width with it.
func (g *Geofence) reshape(f Fields) []fault.Field {
	geometry := given(f.Geometry, &g.Geometry)
	if geometry == nil || geometry.Type == "" && geometry.wrong == "" {
		return []fault.Field{{Name: "geometry", Message: "The geometry field is required."}}
	}
	shape := Shape{Geometry: *geometry, Radius: *orNew(given(f.Radius, g.Radius)), Width: *orNew(given(f.Width, g.Width))}
	if shape.kind() != circle && !f.Radius.Given {
		shape.Radius = 0
	}
	if shape.kind() != corridor && !f.Width.Given {
		shape.Width = 0
	}
	if wrong := shape.check(); wrong != nil {
		return wrong
	}
	g.Geometry, g.Shape, g.Radius, g.Width = shape.Geometry, shape.kind(), nil, nil
	switch g.Shape {
	case circle:
		g.Radius = &shape.Radius
	case corridor:
		g.Width = &shape.Width
	}
	return nil
}

// applyTo applies what was said of the assets that it is for.
func (g *Geofence) applyTo(field web.Maybe[fleet.Targets]) []fault.Field {
	if !field.Given {
		return nil
	}
	if g.AppliesTo = nil; field.Value == nil {
		return nil
	}
	if message := field.Value.Check(); message != "" {
		return []fault.Field{{Name: "applies_to", Message: message}}
	}
	g.AppliesTo = field.Value
	return nil
}

// shapeOf is the shape of a stored geofence.
func (g *Geofence) shapeOf() Shape {
	return Shape{Geometry: g.Geometry, Radius: *orNew(g.Radius), Width: *orNew(g.Width)}
}
