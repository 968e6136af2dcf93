package server

import (
	"context"
	"strings"

	"github.com/yipii/yipii/internal/live"
	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/tracking"
)

// buildLive builds the room that tells programs and pages where things are. It is built after the rooms whose changes it
// watches, because theirs must be known when it looks again.
func (s *Server) buildLive() error {
	r, c := s.Rooms, s.config
	between, err := relay.Open(r.DB, c.NATSURL)
	if err != nil {
		return err
	}
	r.Live = live.New(r.DB, live.Options{AppKey: c.LiveAppKey, Plain: c.LivePlainNames, Snapshot: !c.LiveNoSnapshot, Compress: c.LiveCompress,
		Most: c.LiveConnections, Secret: r.secret, Trails: r.Trail, Audit: r.Audit, Relay: between, Log: s.log.Logger, Now: s.now,
		Bearer: s.Guard.Identify, Fresh: s.Guard.Fresh, Cookie: r.Sessions.IdentifyCookie, CookieOf: session.CookieOf, PublicURL: c.PublicURL,
		Links: publicLinks{r.Tracking}})
	r.Trail.Watch(r.Live)
	r.Live.Routes(s.Router)
	return nil
}

// publicLinks is what live needs of the room of public links.
type publicLinks struct{ *tracking.Service }

// IsSession implements live.Links.
func (publicLinks) IsSession(token string) bool {
	return strings.HasPrefix(token, tracking.SessionPrefix)
}

// Shared implements live.Links.
func (l publicLinks) Shared(ctx context.Context, link string) (live.Share, error) {
	shared, err := l.Service.Shared(ctx, link)
	return live.Share(shared), err
}
