package webhook

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// Delivery is a line of a webhook's log: one event, with how its last attempt went.
type Delivery struct {
	ID          int64
	AccountID   int64
	WebhookID   int64
	MessageID   string // the webhook-id header
	Type        string
	AssetID     int64  // 0 for none
	Status      string // waiting, delivered or failed
	Attempts    int64
	CreatedAt   time.Time
	AttemptedAt time.Time     // the last attempt; zero for none yet
	Next        time.Time     // the next attempt; zero for none. While one is under way: when it is given up as lost
	Response    int           // HTTP status of the last attempt's answer; 0 for none
	Duration    time.Duration // of the last attempt
	Kind        string        // of the last attempt's error; "" for none
	Payload     string        // the body; only of Delivery
	Answer      string        // the beginning of what was answered; only of Delivery
}

// DeliveryFilter picks deliveries of a list; an empty field picks all.
type DeliveryFilter struct{ Status, Type string }

// Deliveries returns one page of a webhook's log and how many match in all. It sorts by id, the newest first by default.
func (s *Service) Deliveries(ctx context.Context, accountID, webhookID int64, filter DeliveryFilter, page web.PageInput) ([]Delivery, int, error) {
	if _, err := s.Find(ctx, accountID, webhookID); err != nil {
		return nil, 0, err
	}
	return s.listDeliveries(ctx, accountID, webhookID, filter, page)
}

// Delivery returns one line of a webhook's log with what was sent and what was answered. A caller whose credential may not
// read what the event tells is refused.
func (s *Service) Delivery(ctx context.Context, accountID, webhookID, id int64) (*Delivery, error) {
	delivery, err := s.findDelivery(ctx, s.db.Read(), accountID, webhookID, id)
	if err != nil {
		return nil, err
	}
	return delivery, s.mayTell(ctx, []string{delivery.Type})
}

// Replay sends a delivery again, now and by a new schedule, with the same id and the same body. One that is under way is
// left to its attempt. A webhook that is off is a Conflict.
func (s *Service) Replay(ctx context.Context, accountID, webhookID, id int64) (delivery *Delivery, err error) {
	err = s.sendNow(ctx, accountID, webhookID, func(tx *store.Tx, w *Webhook) error {
		if delivery, err = s.findDelivery(ctx, tx, accountID, webhookID, id); err != nil {
			return err
		}
		if err := s.mayTell(ctx, []string{delivery.Type}); err != nil {
			return err
		}
		if err := replay(ctx, tx, delivery, s.moment().UnixMilli()); err != nil {
			return err
		}
		if delivery, err = s.findDelivery(ctx, tx, accountID, webhookID, id); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, w.event("webhook.replayed", map[string]string{"message": delivery.MessageID}))
	})
	return delivery, err
}

// Test sends a webhook.test event to a webhook, whatever types it wants. A webhook that is off is a Conflict.
func (s *Service) Test(ctx context.Context, accountID, webhookID int64) (delivery *Delivery, err error) {
	err = s.sendNow(ctx, accountID, webhookID, func(tx *store.Tx, w *Webhook) error {
		e, now := testEvent(accountID, webhookID), s.moment()
		body, err := e.body(now)
		if err != nil {
			return err
		}
		if err := insertDeliveries(ctx, tx, []outboxRow{e.row(webhookID, body, now)}); err != nil {
			return err
		}
		if delivery, err = s.findByKey(ctx, tx, accountID, webhookID, e.Key); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, w.event("webhook.tested", map[string]string{"message": delivery.MessageID}))
	})
	return delivery, err
}

// sendNow runs fn on an account's webhook that must be on.
func (s *Service) sendNow(ctx context.Context, accountID, webhookID int64, fn func(*store.Tx, *Webhook) error) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		w, err := s.find(ctx, tx, accountID, webhookID)
		if err != nil {
			return err
		}
		if !w.Enabled {
			return fault.New(fault.Conflict, "The webhook is off: turn it on first.")
		}
		return fn(tx, w)
	})
}
