package live

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// scope is what a credential must hold to follow anything, and follower the least role of its holder, as for the positions that the API
// gives. A driver follows nothing.
var scope = mustScope("read:positions")

const follower = bearer.Viewer

// alertScope is what a credential must hold to be told of alerts.
var alertScope = mustScope("read:alerts")

func mustScope(name string) bearer.Scopes {
	s, err := bearer.ParseScopes(name)
	if err != nil {
		panic(err) // the name stands above
	}
	return s
}

// holder is a credential that stands behind subscriptions.
type holder struct {
	kind    byte   // 'b' a token or key, 'c' a session's cookie, 'g' a session of a public link
	text    string // the secret itself: it stays in memory
	from    netip.Addr
	expires time.Time
	subs    map[*subscription]struct{} // under Service.mu
}

func (h *holder) key() string { return string(h.kind) + h.from.String() + " " + h.text }

// right is what somebody may see on a channel.
type right struct {
	account int64
	part    *bearer.Part
	alerts  bool // it may read alerts
	reports bool // it may read reports
	group   string
	assets  map[int64]struct{}
	from    time.Time // of a link
	expires time.Time // zero: never
}

// errForbidden is said of a channel that isn't the caller's, whether or not there is one.
var errForbidden = fault.New(fault.Forbidden, "This action is unauthorized.")

// right finds what a credential may see on a channel now.
func (s *Service) right(ctx context.Context, h *holder, at address) (right, error) {
	if h.kind == 'g' || at.kind == ofLink {
		return s.guestRight(ctx, h, at)
	}
	ask := s.opt.Bearer
	if h.kind == 'c' {
		ask = s.opt.Cookie
	}
	p, err := ask(ctx, h.text)
	if err != nil {
		return right{}, err
	}
	if p == nil {
		return right{}, bearer.Revoked()
	}
	if !p.Scopes.Has(scope) {
		return right{}, &fault.Error{Kind: fault.Forbidden, Message: "Invalid scope(s) provided.", Code: "insufficient_scope", Scope: "read:positions"}
	}
	var where place
	switch at.kind {
	case ofAsset:
		where, err = s.assets.Get(ctx, at.id)
	case ofGroup:
		where, err = s.groups.Get(ctx, at.id)
	}
	var known *fault.Error
	if errors.As(err, &known) && known.Kind == fault.NotFound {
		return right{}, errForbidden
	}
	if err != nil {
		return right{}, err
	}
	for i := range p.Accounts {
		m := &p.Accounts[i]
		if at.kind == ofAccount && m.Key != at.text || at.kind != ofAccount && m.AccountID != where.account {
			continue
		}
		if m.Role < follower || !p.Admits(m, h.from) {
			break
		}
		c := channel{address: at, group: where.group}
		if at.kind == ofAsset && !c.shows(at.id, where, m.Part) || at.kind == ofGroup && m.Part != nil && !slices.Contains(m.Part.Groups, where.group) {
			break
		}
		return right{account: m.AccountID, part: m.Part, alerts: p.Scopes.Has(alertScope), reports: p.Scopes.Has(reportScope), group: where.group, expires: p.ExpiresAt}, nil
	}
	return right{}, errForbidden
}

// guestRight is right for public links: their sessions see their own channel, and nobody else does.
func (s *Service) guestRight(ctx context.Context, h *holder, at address) (right, error) {
	if h.kind != 'g' || at.kind != ofLink || s.opt.Links == nil {
		return right{}, errForbidden
	}
	link, until, err := s.opt.Links.Session(ctx, h.text)
	if err != nil {
		return right{}, err
	}
	if link != at.text {
		return right{}, errForbidden
	}
	share, err := s.opt.Links.Shared(ctx, link)
	if err != nil {
		return right{}, err
	}
	if share.Until.Before(until) {
		until = share.Until
	}
	may := right{account: share.AccountID, assets: make(map[int64]struct{}, len(share.Assets)), from: share.From, expires: until}
	for _, id := range share.Assets {
		may.assets[id] = struct{}{}
	}
	return may, nil
}

// hold notes that a subscription hangs on a credential. The service is locked.
func (s *Service) hold(h *holder, sub *subscription) {
	if known := s.holders[h.key()]; known != nil {
		h = known
	} else {
		h.subs = map[*subscription]struct{}{}
		s.holders[h.key()] = h
	}
	sub.holder = h
	h.subs[sub] = struct{}{}
}

func (s *Service) release(sub *subscription) {
	h := sub.holder
	delete(h.subs, sub)
	if len(h.subs) == 0 && s.holders[h.key()] == h {
		delete(s.holders, h.key())
	}
}

// recheck looks at the credentials behind subscriptions again, all of them or those whose time has come, and ends the
// connections of those that are worth nothing any more.
func (s *Service) recheck(ctx context.Context, all bool) {
	now := s.opt.Now()
	type due struct {
		sub *subscription
		at  address
	}
	var list []due
	s.mu.RLock()
	for _, h := range s.holders {
		if all || !h.expires.IsZero() && !now.Before(h.expires) {
			for sub := range h.subs {
				list = append(list, due{sub, sub.channel.address})
			}
		}
	}
	s.mu.RUnlock()
	for _, d := range list {
		may, err := s.right(ctx, d.sub.holder, d.at)
		var f *fault.Error
		switch {
		case err == nil:
			s.renew(d.sub, may)
		case errors.As(err, &f) && f.Kind == fault.Unavailable && s.opt.Fresh() == nil:
			// It can't be known just now.
		default:
			d.sub.reader.end(err)
		}
	}
}

// renew gives a subscription what its credential may see now.
func (s *Service) renew(sub *subscription, may right) {
	s.mu.Lock()
	sub.holder.expires = may.expires
	s.mu.Unlock()
	a := sub.channel.audience
	a.mu.Lock()
	defer a.mu.Unlock()
	sub.part, sub.partKey, sub.alerts, sub.reports = may.part, partKey(may.part), may.alerts, may.reports
	sub.channel.group, sub.channel.assets, sub.channel.from = may.group, may.assets, may.from
}

// grantKey is a connection and a channel that it may subscribe to.
type grantKey struct{ socket, channel string }

type grant struct {
	holder *holder
	until  time.Time
}

// grantLasts is how long after the signature a client may subscribe.
const grantLasts = time.Minute

// grant lets a connection, here or on another node, subscribe to a channel with a credential.
func (s *Service) grant(key grantKey, h *holder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	if len(s.grants) > 10_000 {
		for k, g := range s.grants {
			if now.After(g.until) {
				delete(s.grants, k)
			}
		}
	}
	s.grants[key] = grant{h, now.Add(grantLasts)}
	close(s.granted)
	s.granted = make(chan struct{})
}

// redeem takes a grant. One that another node has given may still be on its way, or was told before this node listened: it is
// asked for again until it comes.
func (s *Service) redeem(ctx context.Context, key grantKey) *holder {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ask := time.NewTicker(300 * time.Millisecond)
	defer ask.Stop()
	for {
		s.mu.Lock()
		g, ok := s.grants[key]
		delete(s.grants, key)
		wait := s.granted
		s.mu.Unlock()
		if ok {
			if s.opt.Now().After(g.until) {
				return nil
			}
			return g.holder
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ask.C:
			s.publish(&word{Socket: key.socket, Channel: key.channel})
		case <-wait:
		}
	}
}

// regrant tells other nodes of a grant that one of them asks for, if it was given here.
func (s *Service) regrant(key grantKey) {
	s.mu.RLock()
	g, ok := s.grants[key]
	s.mu.RUnlock()
	if ok {
		s.publishGrant(key, g.holder)
	}
}

// signature is what proves that the server let a connection subscribe to a channel: HMAC-SHA256 of "socket_id:channel_name".
func (s *Service) signature(socket, channel string) string {
	key := s.opt.Secret.Derive(appSecret)
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(socket + ":" + channel))
	return hex.EncodeToString(mac.Sum(nil))
}

// socketID is the shape of a connection's id.
var socketID = regexp.MustCompile(`^[0-9]{1,20}\.[0-9]{1,20}$`)

const authDescription = `Signs a subscription to a private channel, as Pusher's client libraries ask for it. Call it with the same bearer token or API key as the rest
of the API. ` + "`private-account.{account_key}`" + ` carries all that happens in an account, ` + "`private-asset.{id}`" + ` and ` + "`private-group.{id}`" + ` parts of it.`

func (s *Service) authRoutes(r *web.Router) {
	const pattern = "/broadcasting/auth"
	r.Handle(web.Route{Method: http.MethodPost, Pattern: pattern, Access: web.Access{Public: true}, ID: "authorize-channel", Tag: "Live tracking",
		Summary: "Authorize a channel", Description: authDescription, MaxBody: 4 << 10, Document: documentAuth}, http.HandlerFunc(s.serveAuth))
	r.Handle(web.Route{Method: http.MethodOptions, Pattern: pattern, Access: web.Access{Public: true}, ID: "preflight-channel", Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			allowAnyOrigin(w)
			w.Header().Set("Access-Control-Allow-Methods", "POST")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Requested-With, X-Socket-Id")
			w.Header().Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
		}))
}

// allowAnyOrigin lets a partner's page ask with a token that it holds. Browsers send no cookie with such a request.
func allowAnyOrigin(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

func documentAuth(op *huma.Operation, _ huma.Registry) {
	text := &huma.Schema{Type: huma.TypeString}
	op.Security = []map[string][]string{{"bearer": {}}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/x-www-form-urlencoded": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"socket_id", "channel_name"}, Properties: map[string]*huma.Schema{"socket_id": text, "channel_name": text}}}}}
	for status, why := range map[string]string{"401": "No token, or one that is not good.", "403": "The channel is unknown, or not the caller's.", "422": "A field is missing or wrong."} {
		op.Responses[status] = &huma.Response{Description: why, Content: op.Responses["default"].Content}
	}
	op.Responses["200"] = &huma.Response{Description: "The signature.", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"auth"}, Properties: map[string]*huma.Schema{"auth": {Type: huma.TypeString,
			Description: "{app_key}:{hex HMAC-SHA256 of socket_id:channel_name}"}}}}}}
}

func (s *Service) serveAuth(w http.ResponseWriter, r *http.Request) {
	allowAnyOrigin(w)
	socket, channel, err := authForm(r)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	h, err := s.holderOf(r)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	at, ok := parseChannel(channel)
	may := right{}
	if !ok {
		err = errForbidden
	} else {
		may, err = s.right(r.Context(), h, at)
	}
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	h.expires = may.expires
	key := grantKey{socket, channel}
	s.grant(key, h)
	if !s.has(socket) {
		s.publishGrant(key, h)
	}
	w.Header().Set("Cache-Control", "no-store")
	web.WriteJSON(w, http.StatusOK, map[string]string{"auth": s.opt.AppKey + ":" + s.signature(socket, channel)})
}

func (s *Service) has(socket string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sockets[socket] != nil
}

// authForm reads socket_id and channel_name from a form or from JSON.
func authForm(r *http.Request) (socket, channel string, err error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var body struct {
			SocketID    string `json:"socket_id"`
			ChannelName string `json:"channel_name"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return "", "", fault.New(fault.Malformed, "The request body can't be read.")
		}
		socket, channel = body.SocketID, body.ChannelName
	} else {
		if r.ParseForm() != nil {
			return "", "", fault.New(fault.Malformed, "The request body can't be read.")
		}
		socket, channel = r.PostForm.Get("socket_id"), r.PostForm.Get("channel_name")
	}
	var wrong []fault.Field
	if !socketID.MatchString(socket) {
		wrong = append(wrong, fault.Field{Name: "socket_id", Message: "The socket_id field must be the id of a connection."})
	}
	if channel == "" {
		wrong = append(wrong, fault.Field{Name: "channel_name", Message: "The channel_name field is required."})
	}
	return socket, channel, fault.InvalidFields(wrong)
}

// holderOf finds the credential that a request shows: a bearer token, else the cookie of a session on this site.
func (s *Service) holderOf(r *http.Request) (*holder, error) {
	from := web.RequestOf(r.Context()).ClientIP
	if r.Header.Get("Authorization") != "" {
		token, err := bearer.TokenOf(r)
		if err != nil {
			return nil, err
		}
		if s.opt.Links != nil && s.opt.Links.IsSession(token) {
			return &holder{kind: 'g', text: token, from: from}, nil
		}
		return &holder{kind: 'b', text: token, from: from}, nil
	}
	if cookie := s.opt.CookieOf(r); cookie != "" && s.origins.Check(r) == nil {
		return &holder{kind: 'c', text: cookie, from: from}, nil
	}
	return nil, &fault.Error{Kind: fault.Unauthenticated, Message: "Unauthenticated."}
}
