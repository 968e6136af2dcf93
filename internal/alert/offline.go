package alert

import (
	"context"
	"log/slog"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// offlineEvery is how often silence is looked for.
const offlineEvery = 10 * time.Second

// Run looks for silence every ten seconds until ctx ends. Every node runs it: what one has raised, another can't, and what one
// didn't come to, another does.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(offlineEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.CheckOffline(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			log.Error("silent assets can't be looked for; it is tried again", "cause", err.Error())
		}
		failing = err != nil
	}
}

// CheckOffline raises an alert for each asset that has been silent for as long as a rule says, and ends those of assets that
// have reported since. An asset that was silent for long enough already when the rule was made is left alone.
func (s *Service) CheckOffline(ctx context.Context) error {
	rules, err := s.store.offlineRules(ctx)
	if err != nil {
		return err
	}
	for _, r := range rules {
		silent, err := s.store.silent(ctx, r, s.now().UnixMilli())
		if err != nil {
			return err
		}
		for len(silent) > 0 {
			part := silent[:min(chunk, len(silent))]
			silent = silent[len(part):]
			if err := s.db.Tx(ctx, func(tx *store.Tx) error {
				fresh, err := s.store.insertRows(ctx, tx, s.offlineRows(r, part))
				if err != nil {
					return err
				}
				return s.tell(ctx, tx, fresh, nil, nil)
			}); err != nil {
				return err
			}
		}
	}
	return s.endOffline(ctx)
}

// silence is the last position of a silent asset.
type silence struct {
	assetID, time       int64
	latitude, longitude float64
}

func (s *Service) offlineRows(r *Rule, silent []silence) [][]any {
	rows := make([][]any, len(silent))
	for i, a := range silent {
		after := value(r.Config.Minutes) * minute
		c := conclusion{}
		c.say(map[string]any{"minutes": *r.Config.Minutes, "last_reported_at": moment(a.time)}, "Nothing was heard%s.", lasting(after))
		rows[i] = []any{r.AccountID, a.assetID, r.ID, r.ValidFrom.UnixMilli(), r.Name, r.Type, r.Severity, "", a.time + after, a.time, nil,
			a.latitude, a.longitude, c.message, c.data}
	}
	return rows
}

// endOffline ends the alerts of assets that have reported since.
func (s *Service) endOffline(ctx context.Context) error {
	accounts, err := s.store.reporting(ctx)
	if err != nil {
		return err
	}
	for _, id := range accounts {
		if err := s.db.Tx(ctx, func(tx *store.Tx) error {
			over, err := s.store.endOffline(ctx, tx, id)
			if err != nil {
				return err
			}
			return s.tell(ctx, tx, nil, over, nil)
		}); err != nil {
			return err
		}
	}
	return nil
}
