package webhook

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes. Every handler begins with who may: see whole.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:webhooks", Role: "manager"}
	write := web.Access{Scope: "write:webhooks", Role: "admin"}
	const all, one = web.AccountPrefix + "webhook", web.AccountPrefix + "webhook/{id}"

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-webhooks", Tag: tag,
		Summary: "List webhooks", Description: "The account's webhooks. No secret is ever shown again."}, s.serveList)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-webhook", Tag: tag,
		Summary:     "Make a webhook",
		Description: "Events are sent to its URL from now on, signed as Standard Webhooks says. secret stands in this answer alone.",
		Document:    documentCreated}, s.serveCreate)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-webhook", Tag: tag,
		Summary: "Read a webhook", Description: "One webhook. Its secret is not shown again.", Document: documentID}, s.serveFind)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-webhook", Tag: tag,
		Summary:     "Change a webhook",
		Description: "Changes the fields that are given. What waits for a webhook that is turned off is given up; it can be replayed.",
		Document:    documentID}, s.serveUpdate)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-webhook", Tag: tag,
		Summary: "Delete a webhook", Description: "Deletes the webhook and its log. This can't be undone.", Document: documentID}, s.serveDelete)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: one + "/secret", Access: write, ID: "rotate-webhook-secret", Tag: tag,
		Summary:     "Make a new secret",
		Description: "The old secret signs beside the new one for 24 hours, unless it is revoked. secret stands in this answer alone.",
		Document: func(op *huma.Operation, schemas huma.Registry) {
			documentID(op, schemas)
			documentCreated(op, schemas)
		}}, s.serveRotate)
	s.deliveryRoutes(r, read, write)
}

const tag = "Webhooks"

func documentCreated(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }

// documentID describes the path parameter id as the integer that it is. To the decoder it is a text, because one that is
// no integer is a webhook that doesn't exist, not an invalid request.
func documentID(op *huma.Operation, _ huma.Registry) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "The webhook's id.",
		Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 7})
}

// WebhookRecord is a webhook as the API tells of one.
type WebhookRecord struct {
	ID             int64      `json:"id" example:"7"`
	URL            string     `json:"url" example:"https://example.com/hook"`
	EventTypes     []string   `json:"event_types" example:"[\"alert.*\"]"`
	Description    string     `json:"description"`
	Enabled        bool       `json:"enabled"`
	DisabledReason *string    `json:"disabled_reason" doc:"Why the server turned it off: gone (its server answered 410) or failing (nothing came through for days); null otherwise."`
	FailingSince   *time.Time `json:"failing_since" doc:"The first failed attempt since the last that came through; null if that one was the last."`
	OldSecretUntil *time.Time `json:"old_secret_until" doc:"Until when the secret before this one signs too; null if none does."`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
}

// MadeWebhook is the answer to the making of a webhook or a secret: the one time that the secret is shown.
type MadeWebhook struct {
	WebhookRecord
	Secret string `json:"secret" doc:"Keep it now: it is not shown again." example:"whsec_…"`
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func optionalOf(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (w *Webhook) record() WebhookRecord {
	return WebhookRecord{ID: w.ID, URL: w.URL, EventTypes: append([]string{}, w.Types...), Description: w.Description, Enabled: w.Enabled,
		DisabledReason: optionalOf(w.DisabledReason), FailingSince: optional(w.FailingSince), OldSecretUntil: optional(w.OldUntil),
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt}
}

type listInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
}

type listOutput struct{ Body web.Page[WebhookRecord] }

type idInput struct {
	ID string `path:"id"`
}

type findInput struct {
	ID string `path:"id"`
	web.Revalidation
}

type deleteInput struct {
	ID string `path:"id"`
	web.Precondition
}

// webhookID is the id in the path, for a caller who may ask for it.
func webhookID(ctx context.Context, text string) (int64, error) {
	if err := whole(ctx); err != nil {
		return 0, err
	}
	return web.ParseID(text, "Webhook")
}

func (s *Service) listURL(accountKey string) string {
	return s.opt.BaseURL + "/api/" + accountKey + "/webhook"
}

func (s *Service) made(accountKey string, w *Webhook, secret string) (*web.Made[MadeWebhook], error) {
	tag, err := web.LiveTag(w.Version, w.record())
	return &web.Made[MadeWebhook]{Location: fmt.Sprintf("%s/%d", s.listURL(accountKey), w.ID), ETag: tag,
		Body: web.Record[MadeWebhook]{Data: MadeWebhook{w.record(), secret}}}, err
}

// answer answers a webhook, unless the caller has it. It also shows what changes without anybody's doing, such as since when
// it fails.
func answer(w *Webhook, err error, has web.Revalidation) (*web.Tagged[WebhookRecord], error) {
	if err != nil {
		return nil, err
	}
	tag, err := web.LiveTag(w.Version, w.record())
	return web.NewTagged(w.record(), tag).Unless(has), err
}

func (s *Service) serveList(ctx context.Context, in *listInput) (*listOutput, error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	webhooks, total, err := s.List(ctx, bearer.AccountID(ctx), in.PageInput)
	if err != nil {
		return nil, err
	}
	data := make([]WebhookRecord, len(webhooks))
	for i := range webhooks {
		data[i] = webhooks[i].record()
	}
	return &listOutput{web.NewPage(data, total, in.PageInput, s.listURL(in.AccountKey), url.Values{})}, nil
}

// NewWebhookBody is what a webhook is made of.
type NewWebhookBody struct {
	URL         string   `json:"url" doc:"An https URL of up to 2,000 characters, without user name, password or fragment." example:"https://example.com/hook"`
	EventTypes  []string `json:"event_types,omitempty" doc:"Event types, such as alert.triggered; alert.* picks all that begin with alert., and * picks all. All if left out." example:"[\"alert.*\"]"`
	Description string   `json:"description,omitempty" doc:"Up to 200 characters."`
	Enabled     *bool    `json:"enabled,omitempty" doc:"Whether it gets events; true if left out."`
}

type createInput struct {
	AccountKey string `path:"account_key"`
	Body       NewWebhookBody
}

func (s *Service) serveCreate(ctx context.Context, in *createInput) (*web.Made[MadeWebhook], error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	b := in.Body
	w, secret, err := s.Create(ctx, bearer.AccountID(ctx), Draft{URL: b.URL, Types: b.EventTypes, Description: b.Description, Disabled: b.Enabled != nil && !*b.Enabled})
	if err != nil {
		return nil, err
	}
	return s.made(in.AccountKey, w, secret)
}

func (s *Service) serveFind(ctx context.Context, in *findInput) (*web.Tagged[WebhookRecord], error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	w, err := s.Find(ctx, bearer.AccountID(ctx), id)
	return answer(w, err, in.Revalidation)
}

// WebhookChangeBody is what can be changed of a webhook.
type WebhookChangeBody struct {
	URL         *string   `json:"url,omitempty" doc:"An https URL of up to 2,000 characters, without user name, password or fragment."`
	EventTypes  *[]string `json:"event_types,omitempty" doc:"Event types that it gets from now on."`
	Description *string   `json:"description,omitempty" doc:"Up to 200 characters."`
	Enabled     *bool     `json:"enabled,omitempty" doc:"Whether it gets events."`
}

type updateInput struct {
	ID string `path:"id"`
	web.Precondition
	Body WebhookChangeBody
}

func (s *Service) serveUpdate(ctx context.Context, in *updateInput) (*web.Tagged[WebhookRecord], error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := Change{URL: in.Body.URL, Description: in.Body.Description, Enabled: in.Body.Enabled, If: in.Precondition}
	if types := in.Body.EventTypes; types != nil {
		c.Types = append([]string{}, *types...)
	}
	w, err := s.Update(ctx, bearer.AccountID(ctx), id, c)
	return answer(w, err, web.Revalidation{})
}

func (s *Service) serveDelete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Delete(ctx, bearer.AccountID(ctx), id, in.Precondition)
}

// WebhookSecretBody says how a secret is replaced.
type WebhookSecretBody struct {
	RevokeOld bool `json:"revoke_old,omitempty" doc:"Whether the old secret signs no more at once: for one that has got into wrong hands."`
}

type rotateInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	Body       *WebhookSecretBody
}

func (s *Service) serveRotate(ctx context.Context, in *rotateInput) (*web.Made[MadeWebhook], error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	w, secret, err := s.Rotate(ctx, bearer.AccountID(ctx), id, in.Body != nil && in.Body.RevokeOld)
	if err != nil {
		return nil, err
	}
	return s.made(in.AccountKey, w, secret)
}
