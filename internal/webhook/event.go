package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/store"
)

// TestType is the event that a caller can have sent to try a webhook.
const TestType = "webhook.test"

// Event is something that happened in an account.
type Event struct {
	AccountID int64
	AssetID   int64 // that it happened to; 0 for none
	Type      string
	Time      time.Time // when it happened; zero for now
	Data      any       // what encoding/json makes an object of
	// Key is what makes the event the same event when it is enqueued again: unique among the account's events of the
	// last 30 days, such as "alert:812:triggered".
	Key string
}

// route is a webhook as Enqueue sees it.
type route struct {
	id    int64
	types []string
}

// Enqueue has events told to the webhooks that want them, once tx commits and not otherwise. Events that were enqueued
// before, by their Key, change nothing. It costs nothing but a look into memory where an account has no webhook that
// wants them. A webhook that was made, changed or turned on less than a second ago may not be known to this node yet.
func (s *Service) Enqueue(ctx context.Context, tx store.Writer, events []Event) error {
	var rows []outboxRow
	now := s.moment()
	for i := range events {
		e := &events[i]
		routes, err := s.routes.GetBy(ctx, e.AccountID, func(ctx context.Context, accountID int64) ([]route, error) {
			return loadRoutes(ctx, tx.Each, accountID)
		})
		if err != nil {
			return err
		}
		var body string
		for _, r := range routes {
			if !picks(r.types, e.Type) {
				continue
			}
			if body == "" {
				if body, err = e.body(now); err != nil {
					return err
				}
			}
			rows = append(rows, e.row(r.id, body, now))
		}
	}
	// In one order everywhere, so that two transactions with the same events don't lock each other out.
	slices.SortStableFunc(rows, func(a, b outboxRow) int {
		return cmp.Or(cmp.Compare(a.webhookID, b.webhookID), cmp.Compare(a.key, b.key))
	})
	return insertDeliveries(ctx, tx, rows)
}

// outboxRow is a delivery to be stored.
type outboxRow struct {
	accountID, webhookID, assetID int64
	key, messageID, kind, payload string
	at                            int64
}

func (e *Event) row(webhookID int64, body string, now time.Time) outboxRow {
	return outboxRow{accountID: e.AccountID, webhookID: webhookID, assetID: e.AssetID, key: e.Key, messageID: messageID(e.AccountID, webhookID, e.Key),
		kind: e.Type, payload: body, at: now.UnixMilli()}
}

// messageID is the webhook-id of an event for a webhook. It follows from them, so that even an event that is enqueued again
// after the log has forgotten it is known to the receiver. As all of it is hashed it tells nothing of the key.
func messageID(accountID, webhookID int64, key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", accountID, webhookID, key))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// body is what is sent (Standard Webhooks, "Payload structure").
func (e *Event) body(now time.Time) (string, error) {
	at := e.Time
	if at.IsZero() {
		at = now
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{e.Type, at.UTC(), e.Data})
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), err
}

// testEvent is one that no other is like.
func testEvent(accountID, webhookID int64) *Event {
	return &Event{AccountID: accountID, Type: TestType, Key: "test:" + rand.Text(), Data: map[string]any{"webhook_id": webhookID}}
}
