package fleet

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Asset is a thing that reports positions. Nothing is null but what says so.
type Asset struct {
	ID           int64     `json:"id" example:"7"`
	AccountID    int64     `json:"-"`
	Name         string    `json:"name" example:"Van 12"`
	Type         string    `json:"type" example:"vehicle"`
	Group        *string   `json:"group" doc:"Null for none." example:"North depot"`
	Registration *string   `json:"registration" doc:"Null for none." example:"B-YP 1234"`
	VIN          *string   `json:"vin" doc:"Null for none." example:"WVWZZZ1JZXW000001"`
	Tracker      *string   `json:"tracker" doc:"Identity of the tracker, such as its IMEI; unique in the account. Null for none." example:"356307042441013"`
	Version      int64     `json:"-"` // 1, and 1 more with every change; Status and Position are not in it
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Status       string    `json:"status" doc:"moving, in_traffic, slow_moving, idle, parked, garage, offline, disconnected or unavailable." example:"moving"`
	Odometer     *float64  `json:"odometer" doc:"Kilometres, as the tracker reports them; where it doesn't, the way since the first position. Null if nothing is known."`
	EngineHours  *float64  `json:"engine_hours" doc:"Hours with the ignition on since the first position."`
	DriverID     *int64    `json:"driver_id" doc:"Who drove at the newest position; null for nobody known."`
	Position     *Position `json:"position" doc:"The newest position; null if it has never reported."`
}

// TransformSchema says that position may be null, which the tags of a struct can't.
func (Asset) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return web.OrNull(s, "position")
}

// Draft describes an asset to be made. Only Name is needed; an empty Type stands for DefaultType.
type Draft struct {
	Name, Type, Group, Registration, VIN, Tracker string
}

// Change says what to change of an asset. A nil field stays as it is, an empty one is cleared: Type becomes DefaultType
// then, and Name can't be.
type Change struct {
	Name, Type, Group, Registration, VIN, Tracker *string

	// If is the state of the asset in which it is to be changed; any if it is left out.
	If web.Precondition
	// Move takes the tracker from the asset that has it, instead of refusing that two have it.
	Move bool
}

// Filter picks assets of a list; an empty field picks all. Search is part of a name or registration, in which ASCII
// letters match whatever their case; the others match exactly.
type Filter struct {
	Type, Group, Registration, VIN, Tracker, Search string
}

// DefaultType is the type of an asset that was given none.
const DefaultType = "vehicle"

// Service is the room's front: what other rooms and the command line call.
type Service struct {
	GroupRenamed []GroupRenamed // the rooms that hold groups by name; set before it serves

	store   fleetStore
	trails  Trails
	baseURL string

	bound *store.Cache[string, binding] // by identity of a tracker
	keys  *store.Cache[int64, *Keys]    // by account
}

// New makes the service and subscribes it to changes. log gets an event for each change of a record. baseURL is the public
// URL of the API without a path, which links in answers begin with.
func New(db *store.DB, log *audit.Log, trails Trails, baseURL string) *Service {
	s := &Service{store: fleetStore{db, log}, trails: trails, baseURL: strings.TrimRight(baseURL, "/")}
	s.bound = store.NewCache(cachedTrackers, s.store.bound)
	db.Subscribe(trackerTopic, store.Subscriber{Reset: s.bound.Reset, Changed: s.forgetTracker})
	s.keys = store.NewCache(cachedKeys, s.store.driverKeys)
	db.Subscribe(driverTopic, store.Subscriber{Reset: s.keys.Reset, Changed: func(subject string) {
		if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
			s.keys.Drop(id)
		}
	}})
	// An account that is suspended, or is so no more: which trackers that concerns isn't known here, and it is seldom.
	db.Subscribe("account", store.Subscriber{Reset: s.bound.Reset, Changed: func(string) { s.bound.Reset() }})
	return s
}

// Find returns one asset with its status and last position. Unknown, or another account's: NotFound.
func (s *Service) Find(ctx context.Context, accountID, id int64) (*Asset, error) {
	asset, err := s.store.find(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	return s.locateOne(ctx, asset)
}

// List returns one page of the account's assets and how many match in all. It sorts by id, name, type, group,
// registration, created_at or updated_at; nothing sorts before something. Another field is Invalid.
func (s *Service) List(ctx context.Context, accountID int64, filter Filter, page web.PageInput) ([]Asset, int, error) {
	assets, total, err := s.store.list(ctx, accountID, filter, page)
	if err != nil {
		return nil, 0, err
	}
	return assets, total, s.locate(ctx, accountID, assets)
}

// Create makes an asset. What is wrong with the draft comes back as an Invalid fault by field.
func (s *Service) Create(ctx context.Context, accountID int64, draft Draft) (*Asset, error) {
	draft, err := draft.checked()
	if err != nil {
		return nil, err
	}
	asset, err := s.store.create(ctx, accountID, draft)
	if err != nil {
		return nil, err
	}
	return s.locateOne(ctx, asset)
}

// Update changes an asset and returns it as it is then. A change of nothing is none: updated_at stays.
func (s *Service) Update(ctx context.Context, accountID, id int64, change Change) (*Asset, error) {
	change, err := change.checked()
	if err != nil {
		return nil, err
	}
	asset, err := s.store.update(ctx, accountID, id, change)
	if err != nil {
		return nil, err
	}
	return s.locateOne(ctx, asset)
}

// Delete deletes an asset with all of its positions, its history of trackers and its drivers' assignments, together or
// not at all. Ingestion that holds the asset (see Hold) is waited for, and what it stored goes too.
func (s *Service) Delete(ctx context.Context, accountID, id int64) error {
	return s.DeleteIf(ctx, accountID, id, web.Precondition{})
}

// DeleteIf is Delete of an asset that is still as the caller saw it; else Stale.
func (s *Service) DeleteIf(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.store.delete(ctx, accountID, id, seen, s.trails.Purge)
}

func (s *Service) locateOne(ctx context.Context, asset Asset) (*Asset, error) {
	one := []Asset{asset}
	if err := s.locate(ctx, asset.AccountID, one); err != nil {
		return nil, err
	}
	return &one[0], nil
}

// locate completes assets with their status and last position.
func (s *Service) locate(ctx context.Context, accountID int64, assets []Asset) error {
	if len(assets) == 0 {
		return nil
	}
	ids := make([]int64, len(assets))
	for i := range assets {
		ids[i] = assets[i].ID
	}
	fixes, err := s.trails.Last(ctx, accountID, ids)
	if err != nil {
		return err
	}
	for i := range assets {
		fix := fixes[assets[i].ID]
		assets[i].Status, assets[i].Position = fix.Status, fix.Position
		assets[i].Odometer, assets[i].EngineHours, assets[i].DriverID = fix.Odometer, fix.EngineHours, fix.DriverID
	}
	return nil
}

// Longest texts, in characters.
const (
	maxName         = 200
	maxType         = 40
	maxGroup        = 100
	maxRegistration = 32
	maxVIN          = 32
	maxTracker      = 64
	maxPhone        = 32
	maxLicence      = 64
)

// checked returns the draft trimmed and with its defaults, or an Invalid fault with all that is wrong.
func (d Draft) checked() (Draft, error) {
	change, err := Change{Name: &d.Name, Type: &d.Type, Group: &d.Group, Registration: &d.Registration, VIN: &d.VIN, Tracker: &d.Tracker}.checked()
	if err != nil {
		return Draft{}, err
	}
	return Draft{*change.Name, *change.Type, *change.Group, *change.Registration, *change.VIN, *change.Tracker}, nil
}

// checked returns the change trimmed and with its defaults, or an Invalid fault with all that is wrong.
func (c Change) checked() (Change, error) {
	var wrong []fault.Field
	check := func(name string, value *string, limit int, more func(string) string) *string {
		return checkText(&wrong, name, value, limit, more)
	}
	out := Change{
		Name:         check("name", c.Name, maxName, nameFault),
		Type:         check("type", c.Type, maxType, typeFault),
		Group:        check("group", c.Group, maxGroup, nil),
		Registration: check("registration", c.Registration, maxRegistration, nil),
		VIN:          check("vin", c.VIN, maxVIN, nil),
		Tracker:      check("tracker", c.Tracker, maxTracker, trackerFault),
		If:           c.If, Move: c.Move,
	}
	if out.Type != nil && *out.Type == "" {
		*out.Type = DefaultType
	}
	return out, fault.InvalidFields(wrong)
}

// checkText returns a field trimmed, and adds to wrong what is wrong with it; nil stays nil.
func checkText(wrong *[]fault.Field, name string, value *string, limit int, more func(string) string) *string {
	if value == nil {
		return nil
	}
	trimmed := strings.TrimSpace(*value)
	message := textFault(name, trimmed, limit)
	if message == "" && more != nil {
		message = more(trimmed)
	}
	if message != "" {
		*wrong = append(*wrong, fault.Field{Name: name, Message: message})
	}
	return &trimmed
}

// audited is the asset as the audit log tells of its changes.
func (a *Asset) audited() map[string]string {
	return map[string]string{"name": a.Name, "type": a.Type, "group": textOf(a.Group), "registration": textOf(a.Registration),
		"vin": textOf(a.VIN), "tracker": textOf(a.Tracker)}
}

// textFault says what is wrong with any text of an asset, "" if nothing.
func textFault(name, text string, limit int) string {
	switch {
	case !utf8.ValidString(text):
		return "The " + name + " field is not valid UTF-8."
	case utf8.RuneCountInString(text) > limit:
		return fault.Newf(fault.Invalid, "The %s field must not be longer than %d characters.", name, limit).Message
	case strings.ContainsFunc(text, unicode.IsControl):
		return "The " + name + " field must not contain control characters."
	}
	return ""
}

func nameFault(name string) string {
	if name == "" {
		return "The name field is required."
	}
	return ""
}

func typeFault(kind string) string {
	for i := range len(kind) {
		switch c := kind[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return "The type field may contain lower-case letters, digits, hyphens and underscores only."
		}
	}
	return ""
}

func trackerFault(tracker string) string {
	if slices.ContainsFunc([]byte(tracker), func(c byte) bool { return c <= ' ' || c > '~' }) {
		return "The tracker field may contain printable ASCII characters without spaces only."
	}
	return ""
}
