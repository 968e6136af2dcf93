package account

import (
	"context"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Settings are what an account's admin decides for all of it.
type Settings struct {
	Name  string
	Terms bearer.Terms
}

// Bounds of the terms.
const (
	maxLifetime  = 10 * 365 * 24 * time.Hour
	maxRateLimit = 10_000_000
)

func (in *Settings) check() error {
	var wrong []fault.Field
	name, err := CheckName(in.Name)
	if err != nil {
		wrong = append(wrong, fault.As(err).Fields...)
	}
	in.Name = name
	for field, d := range map[string]time.Duration{"max_token_lifetime": in.Terms.MaxTokenLifetime, "max_key_lifetime": in.Terms.MaxKeyLifetime} {
		if d < 0 || d > maxLifetime || d%time.Second != 0 {
			wrong = append(wrong, fault.Field{Name: field, Message: "A longest lifetime must be whole seconds, from 1 second to 10 years."})
		}
	}
	if in.Terms.RateLimit < 0 || in.Terms.RateLimit > maxRateLimit {
		wrong = append(wrong, fault.Field{Name: "rate_limit", Message: "The rate limit must be from 1 to 10,000,000 requests a minute."})
	}
	return fault.InvalidFields(wrong)
}

// Update changes an account's settings, all of them. They are in force at once for every credential: tokens that were
// issued before keep their lifetime.
func (s *Service) Update(ctx context.Context, accountID int64, in Settings) error {
	if err := in.check(); err != nil {
		return err
	}
	before, err := s.Find(ctx, accountID)
	if err != nil {
		return err
	}
	changed := audit.Changes(Settings{before.Name, before.Terms}.texts(), in.texts())
	if len(changed) == 0 {
		return nil
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := updateSettings(ctx, tx, accountID, in); err != nil {
			return err
		}
		if err := s.log.Record(ctx, tx, audit.Event{AccountID: accountID, Action: "account.settings_changed",
			Subject: "account:" + before.Key, SubjectName: in.Name, Detail: changed}); err != nil {
			return err
		}
		return tx.Announce(ctx, "account", strconv.FormatInt(accountID, 10))
	})
}

// texts are the settings as the log tells them.
func (in Settings) texts() map[string]string {
	lifetime := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	return map[string]string{"name": in.Name, "max_token_lifetime": lifetime(in.Terms.MaxTokenLifetime), "max_key_lifetime": lifetime(in.Terms.MaxKeyLifetime),
		"require_expiry": strconv.FormatBool(in.Terms.RequireExpiry), "allowed_networks": in.Terms.Networks.String(), "rate_limit": strconv.Itoa(in.Terms.RateLimit)}
}
