package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Rule says what to raise an alert about.
type Rule struct {
	ID        int64          `json:"id" example:"4"`
	AccountID int64          `json:"-"`
	Version   int64          `json:"-"` // counts its changes, from 1
	Name      string         `json:"name" example:"Too fast"`
	Type      string         `json:"type" enum:"speed,idle,geofence,offline,power_cut,temperature,service_due"`
	Config    RuleConfig     `json:"config"`
	AppliesTo *fleet.Targets `json:"applies_to" doc:"Null for all assets of the account."`
	CoolDown  int64          `json:"cool_down" doc:"Minutes during which it raises no other alert of the same asset." example:"10"`
	Severity  string         `json:"severity" enum:"info,warning,critical"`
	Active    bool           `json:"active"`
	ValidFrom time.Time      `json:"valid_from" doc:"Since when it is as it is. Nothing is concluded for positions before."`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
}

// TransformSchema says that applies_to may be null, which the tags of a struct can't.
func (Rule) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return fleet.NullTargets(s)
}

// RuleFields are what can be said of a rule. What is left out stays as it is; null clears it.
type RuleFields struct {
	Name      web.Maybe[string]        `json:"name,omitzero" doc:"1 to 200 characters." example:"Too fast"`
	Config    web.Maybe[RuleConfig]    `json:"config,omitzero" doc:"What the type needs; it is replaced as a whole."`
	AppliesTo web.Maybe[fleet.Targets] `json:"applies_to,omitzero" doc:"At least a group or an asset; null for all assets."`
	CoolDown  web.Maybe[int64]         `json:"cool_down,omitzero" doc:"Minutes, 0 to 10080; 0 if left out." example:"10"`
	Severity  web.Maybe[string]        `json:"severity,omitzero" doc:"info, warning or critical; warning if left out."`
	Active    web.Maybe[bool]          `json:"active,omitzero" doc:"True if left out."`
}

const (
	maxRules        = 100    // of an account
	maxName         = 200    // characters
	maxCoolDown     = 10_080 // minutes: a week
	defaultSeverity = "warning"
)

func severities() []string { return []string{"info", "warning", "critical"} }

// types lists the types of rule.
func types() []string {
	return []string{Speed, Idle, Geofence, Offline, PowerCut, Temperature, ServiceDue}
}

// Service is the room's front. It is the trail.Follower of the room too.
type Service struct {
	// Tell, if it isn't nil, is handed what has become of alerts, in the transaction that stores it: what it writes is stored
	// with it or not at all. kind is Triggered, Ended or Withdrawn; all alerts are of one account. One that was over already
	// when it became known is told of as Triggered alone, with its EndedAt. Set it before anything runs.
	Tell func(ctx context.Context, tx store.Writer, kind string, alerts []Alert) error

	db      *store.DB
	store   alertStore
	assets  *fleet.Service
	log     *audit.Log
	baseURL string
	now     func() time.Time
	books   *store.Cache[int64, *book] // by account
}

// What can become of an alert.
const (
	Triggered = "alert.triggered" // also one that was withdrawn and holds again
	Ended     = "alert.ended"
	Withdrawn = "alert.withdrawn"
)

// topic is that of changes of rules. The subject is the account's id.
const topic = "alert_rule"

// New makes the service. baseURL is the public URL of the API without a path, which links in answers begin with; now is the clock
// by which silence is measured.
func New(db *store.DB, assets *fleet.Service, log *audit.Log, baseURL string, now func() time.Time) *Service {
	s := &Service{db: db, store: alertStore{db}, assets: assets, log: log, baseURL: strings.TrimRight(baseURL, "/"), now: now}
	s.books = store.NewCache(1000, s.store.book)
	drop := store.Subscriber{Reset: s.books.Reset, Changed: func(subject string) {
		if id, err := strconv.ParseInt(subject, 10, 64); err == nil {
			s.books.Drop(id)
		}
	}}
	db.Subscribe(topic, drop)
	db.Subscribe(fleet.TopicGroups, drop)
	return s
}

// Rules speak of all assets of the account, so a member who is limited to a part of them sees none.
func limited(ctx context.Context, accountID int64) bool { return bearer.PartOf(ctx, accountID) != nil }

// FindRule returns one rule. Unknown, another account's, or asked for by a limited member: NotFound.
func (s *Service) FindRule(ctx context.Context, accountID, id int64) (*Rule, error) {
	if limited(ctx, accountID) {
		return nil, fault.Missing(ruleNoun)
	}
	return s.store.findRule(ctx, s.db.Read(), accountID, id, "")
}

const ruleNoun = "Alert rule"

// CreateRule makes a rule. What is wrong comes back as an Invalid fault by field. Forbidden to limited members.
func (s *Service) CreateRule(ctx context.Context, accountID int64, kind string, f RuleFields) (*Rule, error) {
	if limited(ctx, accountID) {
		return nil, fault.New(fault.Forbidden, "Only a member who sees all assets of the account may make alert rules.")
	}
	now := s.db.Now()
	r := &Rule{AccountID: accountID, Version: 1, Type: kind, Severity: defaultSeverity, Active: true,
		ValidFrom: moment(now), CreatedAt: moment(now), UpdatedAt: moment(now)}
	if !slices.Contains(types(), kind) {
		return nil, fault.InvalidField("type", "The type field must be one of "+strings.Join(types(), ", ")+".")
	}
	if err := s.check(ctx, r, f); err != nil {
		return nil, err
	}
	return r, s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := s.store.insertRule(ctx, tx, r); err != nil {
			return err
		}
		return s.announce(ctx, tx, r.event("alert_rule.created", nil))
	})
}

// UpdateRule changes a rule, unless others have changed it since the caller has seen it (Stale), and returns it as it is then. Where it may conclude something else from then on, its valid_from is
// now, and its alerts that go on are ended. A change of nothing is none.
func (s *Service) UpdateRule(ctx context.Context, accountID, id int64, f RuleFields, seen web.Precondition) (*Rule, error) {
	var after *Rule
	return after, s.withRule(ctx, accountID, id, seen, func(tx *store.Tx, before *Rule) error {
		changed := *before
		after = &changed
		if err := s.check(ctx, after, f); err != nil {
			return err
		}
		differs := audit.Changes(before.texts(), after.texts())
		if len(differs) == 0 {
			return nil
		}
		now := s.db.Now()
		after.Version, after.UpdatedAt = before.Version+1, moment(now)
		if after.judgement() != before.judgement() {
			after.ValidFrom = moment(max(now, before.ValidFrom.UnixMilli()+1))
			if err := s.endAll(ctx, tx, before); err != nil {
				return err
			}
		}
		if err := s.store.updateRule(ctx, tx, after); err != nil {
			return err
		}
		return s.announce(ctx, tx, after.event("alert_rule.updated", differs))
	})
}

// DeleteRule deletes a rule, unless others have changed it since the caller has seen it (Stale). Its alerts stay in the inbox; those that go on are ended.
func (s *Service) DeleteRule(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.withRule(ctx, accountID, id, seen, func(tx *store.Tx, r *Rule) error {
		if err := s.endAll(ctx, tx, r); err != nil {
			return err
		}
		if err := s.store.deleteRule(ctx, tx, accountID, id); err != nil {
			return err
		}
		return s.announce(ctx, tx, r.event("alert_rule.deleted", nil))
	})
}

// withRule runs fn in a transaction that holds the rule, if it is as the caller has seen it.
func (s *Service) withRule(ctx context.Context, accountID, id int64, seen web.Precondition, fn func(*store.Tx, *Rule) error) error {
	if limited(ctx, accountID) {
		return fault.Missing(ruleNoun)
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		r, err := s.store.findRule(ctx, tx, accountID, id, s.store.forUpdate())
		if err != nil {
			return err
		}
		if err := seen.Check(r.Version); err != nil {
			return err
		}
		return fn(tx, r)
	})
}

func (s *Service) announce(ctx context.Context, tx *store.Tx, e audit.Event) error {
	if err := s.log.Record(ctx, tx, e); err != nil {
		return err
	}
	return tx.Announce(ctx, topic, strconv.FormatInt(e.AccountID, 10))
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func (r *Rule) event(action string, detail map[string]string) audit.Event {
	return audit.Event{AccountID: r.AccountID, Action: action, Subject: "alert_rule:" + strconv.FormatInt(r.ID, 10), SubjectName: r.Name, Detail: detail}
}

// texts are the fields that a caller can set, for the audit log.
func (r *Rule) texts() map[string]string {
	return map[string]string{"name": r.Name, "config": text(r.Config), "applies_to": text(r.AppliesTo),
		"cool_down": strconv.FormatInt(r.CoolDown, 10), "severity": r.Severity, "active": strconv.FormatBool(r.Active)}
}

// judgement is what decides on what the rule concludes.
func (r *Rule) judgement() string {
	return fmt.Sprint(text(r.Config), text(r.AppliesTo), r.CoolDown, r.Active)
}

// text is a part of a rule as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers from outside are finite, and nothing else can fail
	}
	return string(b)
}

// check sets the fields that are given and says what is wrong with the rule then.
func (s *Service) check(ctx context.Context, r *Rule, f RuleFields) error {
	set(&r.Name, f.Name, "")
	set(&r.CoolDown, f.CoolDown, 0)
	set(&r.Severity, f.Severity, defaultSeverity)
	set(&r.Active, f.Active, true)
	set(&r.Config, f.Config, RuleConfig{})
	if f.AppliesTo.Given {
		r.AppliesTo = f.AppliesTo.Value
	}
	r.Name = strings.TrimSpace(r.Name)
	wrong := r.checkFields()
	wrong = append(wrong, r.Config.check(r.Type)...)
	if to := r.AppliesTo; to != nil && f.AppliesTo.Given {
		if message := to.Check(); message != "" {
			wrong = append(wrong, fault.Field{Name: "applies_to", Message: message})
		} else if known, err := s.assets.Lookup(ctx, r.AccountID, to.Assets, nil); err != nil {
			return err
		} else if len(known.IDs) < len(to.Assets) {
			wrong = append(wrong, fault.Field{Name: "applies_to.assets", Message: "The applies_to.assets field names an asset that isn't there."})
		}
	}
	return fault.InvalidFields(wrong)
}

func set[T any](field *T, given web.Maybe[T], cleared T) {
	switch {
	case !given.Given:
	case given.Value == nil:
		*field = cleared
	default:
		*field = *given.Value
	}
}

func (r *Rule) checkFields() []fault.Field {
	var wrong []fault.Field
	refuse := func(name, message string) {
		wrong = append(wrong, fault.Field{Name: name, Message: "The " + name + " field " + message})
	}
	switch {
	case r.Name == "":
		refuse("name", "is required.")
	case !utf8.ValidString(r.Name) || utf8.RuneCountInString(r.Name) > maxName:
		refuse("name", fmt.Sprintf("must not be longer than %d characters.", maxName))
	case strings.ContainsFunc(r.Name, unicode.IsControl):
		refuse("name", "must not contain control characters.")
	}
	if r.CoolDown < 0 || r.CoolDown > maxCoolDown {
		refuse("cool_down", fmt.Sprintf("must be within 0 to %d.", maxCoolDown))
	}
	if !slices.Contains(severities(), r.Severity) {
		refuse("severity", "must be info, warning or critical.")
	}
	return wrong
}
