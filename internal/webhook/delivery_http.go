package webhook

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

func (s *Service) deliveryRoutes(r *web.Router, read, write web.Access) {
	const all = web.AccountPrefix + "webhook/{id}/delivery"
	const one = all + "/{delivery_id}"
	accepted := func(op *huma.Operation, schemas huma.Registry) { op.DefaultStatus = http.StatusAccepted }

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-webhook-deliveries", Tag: tag,
		Summary: "List deliveries", Description: "What was sent to a webhook and what waits, the newest first. It is kept for 30 days.", Document: documentID}, s.serveDeliveries)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-webhook-delivery", Tag: tag,
		Summary: "Read a delivery", Description: "A delivery with its payload, and the beginning of what was answered. It asks for the scope to read what the event tells, too.",
		Document: documentDelivery}, s.serveDelivery)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: one + "/replay", Access: write, ID: "replay-webhook-delivery", Tag: tag,
		Summary: "Send a delivery again", Description: "Sends it now, with the same id and the same payload, and tries as often as at first.",
		Document: func(op *huma.Operation, schemas huma.Registry) {
			documentDelivery(op, schemas)
			accepted(op, schemas)
		}}, s.serveReplay)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: web.AccountPrefix + "webhook/{id}/test", Access: write, ID: "test-webhook", Tag: tag,
		Summary: "Try a webhook", Description: "Sends an event of the type webhook.test, whatever types the webhook wants.",
		Document: func(op *huma.Operation, schemas huma.Registry) {
			documentID(op, schemas)
			accepted(op, schemas)
		}}, s.serveTest)
}

func documentDelivery(op *huma.Operation, schemas huma.Registry) {
	documentID(op, schemas)
	op.Parameters = append(op.Parameters, &huma.Param{Name: "delivery_id", In: "path", Required: true, Description: "The delivery's id.",
		Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 12})
}

// DeliveryRecord is a delivery as lists tell of one.
type DeliveryRecord struct {
	ID             int64      `json:"id" example:"12"`
	MessageID      string     `json:"message_id" doc:"The webhook-id header, the same at every attempt." example:"msg_…"`
	EventType      string     `json:"event_type" example:"alert.triggered"`
	AssetID        *int64     `json:"asset_id" doc:"The asset that it happened to; null for none."`
	Status         string     `json:"status" enum:"waiting,delivered,failed"`
	Attempts       int64      `json:"attempts"`
	CreatedAt      time.Time  `json:"created_at"`
	AttemptedAt    *time.Time `json:"attempted_at" doc:"The last attempt; null for none yet."`
	NextAttemptAt  *time.Time `json:"next_attempt_at" doc:"The next attempt; while one is under way, when it is made again if it is lost. Null for none."`
	ResponseStatus *int       `json:"response_status" doc:"HTTP status of the last attempt's answer; null for no answer."`
	Duration       *int64     `json:"duration_ms" doc:"Milliseconds that the last attempt took; null for none yet."`
	Error          *string    `json:"error" doc:"What was wrong with the last attempt: status, redirect, gone, timeout, name, forbidden_address, tls, connection; or disabled, if it was given up as the webhook was turned off. Null for nothing."`
}

// FullDelivery is a delivery with what was sent and answered.
type FullDelivery struct {
	DeliveryRecord
	Payload      json.RawMessage `json:"payload" doc:"The body as it is sent."`
	ResponseBody *string         `json:"response_body" doc:"Up to the first 1,024 bytes of what was answered; null for nothing."`
}

func (d *Delivery) record() DeliveryRecord {
	r := DeliveryRecord{ID: d.ID, MessageID: d.MessageID, EventType: d.Type, Status: d.Status, Attempts: d.Attempts, CreatedAt: d.CreatedAt,
		AttemptedAt: optional(d.AttemptedAt), NextAttemptAt: optional(d.Next), Error: optionalOf(d.Kind)}
	if d.AssetID != 0 {
		r.AssetID = &d.AssetID
	}
	if d.Response != 0 {
		r.ResponseStatus = &d.Response
	}
	if !d.AttemptedAt.IsZero() {
		ms := d.Duration.Milliseconds()
		r.Duration = &ms
	}
	return r
}

func (d *Delivery) full() FullDelivery {
	return FullDelivery{d.record(), json.RawMessage(d.Payload), optionalOf(d.Answer)}
}

type deliveriesInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	web.PageInput
	Status    string `query:"status" enum:"waiting,delivered,failed" doc:"Only deliveries with this status."`
	EventType string `query:"event_type" maxLength:"100" doc:"Only deliveries of this event type."`
}

type deliveriesOutput struct{ Body web.Page[DeliveryRecord] }

type deliveryInput struct {
	ID         string `path:"id"`
	DeliveryID string `path:"delivery_id"`
}

func (in *deliveryInput) ids(ctx context.Context) (webhook, delivery int64, err error) {
	if webhook, err = webhookID(ctx, in.ID); err != nil {
		return 0, 0, err
	}
	delivery, err = web.ParseID(in.DeliveryID, "Delivery")
	return webhook, delivery, err
}

type deliveryOutput struct{ Body web.Record[FullDelivery] }

func deliveryAnswer(d *Delivery, err error) (*deliveryOutput, error) {
	if err != nil {
		return nil, err
	}
	return &deliveryOutput{web.Record[FullDelivery]{Data: d.full()}}, nil
}

func (s *Service) serveDeliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	deliveries, total, err := s.Deliveries(ctx, bearer.AccountID(ctx), id, DeliveryFilter{in.Status, in.EventType}, in.PageInput)
	if err != nil {
		return nil, err
	}
	data := make([]DeliveryRecord, len(deliveries))
	for i := range deliveries {
		data[i] = deliveries[i].record()
	}
	query := url.Values{}
	for _, q := range [...][2]string{{"status", in.Status}, {"event_type", in.EventType}} {
		if q[1] != "" {
			query.Set(q[0], q[1])
		}
	}
	return &deliveriesOutput{web.NewPage(data, total, in.PageInput, s.listURL(in.AccountKey)+"/"+in.ID+"/delivery", query)}, nil
}

func (s *Service) serveDelivery(ctx context.Context, in *deliveryInput) (*deliveryOutput, error) {
	webhook, delivery, err := in.ids(ctx)
	if err != nil {
		return nil, err
	}
	return deliveryAnswer(s.Delivery(ctx, bearer.AccountID(ctx), webhook, delivery))
}

func (s *Service) serveReplay(ctx context.Context, in *deliveryInput) (*deliveryOutput, error) {
	webhook, delivery, err := in.ids(ctx)
	if err != nil {
		return nil, err
	}
	return deliveryAnswer(s.Replay(ctx, bearer.AccountID(ctx), webhook, delivery))
}

func (s *Service) serveTest(ctx context.Context, in *idInput) (*deliveryOutput, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return deliveryAnswer(s.Test(ctx, bearer.AccountID(ctx), id))
}
