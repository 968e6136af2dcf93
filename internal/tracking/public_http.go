package tracking

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

const publicTag = "Public tracking"

// publicRoutes declares the routes that take no credential. A link that nobody made, that was deleted, or whose token can be none:
// the answers are the same 404.
func (s *Service) publicRoutes(r *web.Router) {
	public := web.Access{Public: true}
	const one = "/api/public/tracking/{link}"

	refused := func(op *huma.Operation, refusals map[string]string) {
		for status, why := range refusals {
			op.Responses[status] = &huma.Response{Description: why, Content: op.Responses["default"].Content}
		}
	}
	const unknown, often = "There is no such link.", "Too many requests; see Retry-After."
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: public, ID: "get-public-tracking", Tag: publicTag,
		Document: func(op *huma.Operation, _ huma.Registry) {
			refused(op, map[string]string{"404": unknown, "429": often})
		},
		Summary:     "See what a tracking link is",
		Description: "Whether it asks for a PIN and whether it works now. A link that begins later has the status expired, and starts_at."}, s.servePublic)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: one + "/session", Access: public, ID: "create-public-tracking-session", Tag: publicTag, MaxBody: 4 << 10,
		Summary: "Open a tracking link",
		Description: "Gives a session token for this link, for at most 15 minutes; ask again before it ends. A wrong PIN is 422, whatever the status of the link; " +
			"too many of them are 429. A link that isn't active is 403.",
		Document: func(op *huma.Operation, _ huma.Registry) {
			refused(op, map[string]string{"403": "The link isn't active.", "404": unknown, "422": "The PIN is wrong or missing.", "429": often})
		}}, s.serveSession)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one + "/state", Access: public, ID: "get-public-tracking-state", Tag: publicTag,
		Summary:     "Follow a tracking link without a socket",
		Description: "What the link shows now, for who has a session token. Ask every 10 seconds or so.",
		Document: func(op *huma.Operation, _ huma.Registry) {
			op.Security = []map[string][]string{{"bearer": {}}}
			refused(op, map[string]string{"401": "No session token, or one that is not good.", "404": unknown, "429": often})
		}}, s.serveState)
}

// TrackingStatus is what everybody may know who has the token of a link.
type TrackingStatus struct {
	Access   string     `json:"access" enum:"open,pin"`
	Status   string     `json:"status" enum:"active,expired,revoked"`
	Name     *string    `json:"name" doc:"Of a link that is open and active; null otherwise."`
	StartsAt *time.Time `json:"starts_at" doc:"When the link begins, if that is later; null otherwise."`
	Until    *time.Time `json:"until" doc:"When an active link ends; null otherwise."`
}

// statusOf is what a link is to the public. The contract knows three words. A link that begins later is not active and not revoked, so
// it is expired, which every program understands as "not now"; those that know starts_at tell more.
func (s *Service) statusOf(l *Link) TrackingStatus {
	out := TrackingStatus{Access: l.Access(), Status: l.Status(s.opt.Now())}
	switch out.Status {
	case Active:
		out.Until = &l.Until
		if out.Access == Open {
			out.Name = &l.Name
		}
	case Pending:
		out.Status, out.StartsAt = Expired, &l.From
	}
	return out
}

type publicInput struct {
	Link string `path:"link" doc:"The link's token: the end of its address."`
}

type publicOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         TrackingStatus
}

// noStore is what all of these answers say to caches.
const noStore = "no-store"

func (s *Service) servePublic(ctx context.Context, in *publicInput) (*publicOutput, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	l, err := s.opened(ctx, in.Link)
	if err != nil {
		return nil, err
	}
	return &publicOutput{noStore, s.statusOf(l)}, nil
}

// SessionRequest opens a link.
type SessionRequest struct {
	PIN string `json:"pin,omitempty" maxLength:"100" doc:"Where access is pin."`
}

// TrackingSession is an opened link, with what it shows now.
type TrackingSession struct {
	Token     string    `json:"token" doc:"For …/state as a bearer token, and for /broadcasting/auth." example:"yts_…"`
	ExpiresAt time.Time `json:"expires_at"`
	Channel   string    `json:"channel" doc:"The channel of live positions." example:"private-tracking.…"`
	TrackingState
}

type sessionInput struct {
	Link string `path:"link" doc:"The link's token: the end of its address."`
	Body *SessionRequest
}

type sessionOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         TrackingSession
}

const revokedMessage = "This link was revoked."

// closed says why a link can't be opened now; nil if it can.
func (s *Service) closed(l *Link) error {
	switch l.Status(s.opt.Now()) {
	case Active:
		return nil
	case Expired:
		return fault.New(fault.Forbidden, "This link has expired.")
	case Pending:
		return fault.New(fault.Forbidden, "This link does not work yet.")
	}
	return fault.New(fault.Forbidden, revokedMessage)
}

func (s *Service) serveSession(ctx context.Context, in *sessionInput) (*sessionOutput, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	l, err := s.opened(ctx, in.Link)
	if err != nil {
		return nil, err
	}
	pin := ""
	if in.Body != nil {
		pin = in.Body.PIN
	}
	// The PIN comes first: who doesn't know it gets the same answer after the same work, whatever the status.
	if err := s.checkPIN(ctx, l, pin); err != nil {
		return nil, err
	}
	if err := s.closed(l); err != nil {
		return nil, err
	}
	state, err := s.state(ctx, l)
	if err != nil {
		return nil, err
	}
	until := s.opt.Now().Add(sessionLasts)
	if until.After(l.Until) {
		until = l.Until
	}
	until = until.UTC().Truncate(time.Second)
	token := s.newSession(claims{link: in.Link, generation: l.generation, until: until})
	return &sessionOutput{noStore, TrackingSession{Token: token, ExpiresAt: until, Channel: "private-tracking." + in.Link, TrackingState: state}}, nil
}

type stateInput struct {
	Link          string `path:"link" doc:"The link's token: the end of its address."`
	Authorization string `header:"Authorization" hidden:"true"`
}

type stateOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         TrackingState
}

func (s *Service) serveState(ctx context.Context, in *stateInput) (*stateOutput, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	scheme, token, _ := strings.Cut(in.Authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, fault.New(fault.Unauthenticated, web.NoCredential)
	}
	l, c, err := s.session(ctx, strings.TrimSpace(token))
	if err != nil {
		return nil, err
	}
	if c.link != in.Link {
		return nil, bearer.Invalid() // it is another link's
	}
	state, err := s.state(ctx, l)
	if err != nil {
		return nil, err
	}
	return &stateOutput{noStore, state}, nil
}
