package server

import (
	"github.com/yipii/yipii/internal/live"
	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/session"
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
		Bearer: s.Guard.Identify, Cookie: r.Sessions.IdentifyCookie, CookieOf: session.CookieOf, PublicURL: c.PublicURL})
	r.Trail.Watch(r.Live)
	r.Live.Routes(s.Router)
	return nil
}
