package live

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strconv"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Tiers of an account.
const (
	tierSlim     = "slim"     // one position per asset each 25 seconds, nothing else
	tierDetailed = "detailed" // all positions with their sensors, and alerts
)

// tierTopic is the topic of changes of tiers. The subject is the account's id.
const tierTopic = "live_setting"

// LiveSettings are what an account decides for its live tracking.
type LiveSettings struct {
	Tier string `json:"tier" enum:"slim,detailed" doc:"slim: at most one position per asset each 25 seconds, the newest. detailed: all of them with their sensors, and alerts." example:"detailed"`
}

// Routes adds the room's routes.
func (s *Service) Routes(r *web.Router) {
	s.socketRoutes(r)
	s.authRoutes(r)
	s.streamRoutes(r)
	const pattern, tag = web.AccountPrefix + "live-setting", "Live tracking"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: pattern, Access: web.Access{Scope: "read:positions", Role: "viewer"},
		ID: "get-live-setting", Tag: tag, Summary: "Read how much is told live", Description: "The account's tier of live tracking."}, s.serveSettings)
	web.Operation(r, web.Route{Method: http.MethodPut, Pattern: pattern, Access: web.Access{Scope: "write:positions", Role: "admin"},
		ID: "replace-live-setting", Tag: tag, Summary: "Change how much is told live", Description: "In force at once, on other nodes within a second."}, s.serveUpdateSettings)
}

type liveSettingsOutput struct{ Body web.Record[LiveSettings] }

type liveSettingsInput struct{ Body LiveSettings }

func (s *Service) serveSettings(ctx context.Context, _ *struct{}) (*liveSettingsOutput, error) {
	tier, err := readTier(ctx, s.db, bearer.AccountID(ctx))
	return &liveSettingsOutput{Body: web.Record[LiveSettings]{Data: LiveSettings{tier}}}, err
}

func (s *Service) serveUpdateSettings(ctx context.Context, in *liveSettingsInput) (*liveSettingsOutput, error) {
	account := bearer.AccountID(ctx)
	before, err := readTier(ctx, s.db, account)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := putTier(ctx, tx, account, in.Body.Tier); err != nil {
			return err
		}
		if err := s.opt.Audit.Record(ctx, tx, audit.Event{AccountID: account, Action: "live.settings_changed", Subject: "account:" + strconv.FormatInt(account, 10),
			Detail: audit.Changes(map[string]string{"tier": before}, map[string]string{"tier": in.Body.Tier})}); err != nil {
			return err
		}
		return tx.Announce(ctx, tierTopic, strconv.FormatInt(account, 10))
	})
	return &liveSettingsOutput{Body: web.Record[LiveSettings]{Data: in.Body}}, err
}

// equal compares in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
