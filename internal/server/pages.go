package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/dashboard"
	"github.com/yipii/yipii/internal/docs"
	"github.com/yipii/yipii/internal/guide"
	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/session"
	"github.com/yipii/yipii/internal/tracking"
	"github.com/yipii/yipii/internal/web"
)

// apiSegments are the first path segments of the API; all else is for people. None can be an account key.
var apiSegments = map[string]bool{"api": true, "oauth": true, ".well-known": true, "docs": true, "llms.txt": true, "openapi.json": true,
	"healthz": true, "readyz": true, "metrics": true, "app": true, "broadcasting": true, "v1": true}

// publicSegment is the first path segment of what the public sees. No account key is so short.
const publicSegment = "t"

// split sends a request to the API, to the pages or to those of the public, by the first segment of its path. They are apart,
// because the key of an account stands first in the path of a page.
func split(api, pages, public http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if apiSegments[first] || !strings.HasPrefix(r.URL.Path, "/") {
			api.ServeHTTP(w, r)
			return
		}
		if first == publicSegment {
			public.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// guides are the pages for integrators, which know who is signed in to the dashboard: their samples name that account, and calls
// are tried in it.
func (s *Server) guides(style, icon string) {
	api := docs.New(s.Router)
	api.Routes(s.Router)
	guide.New(guide.Options{PublicURL: s.config.PublicURL, Style: style, Icon: icon, Reference: api.Reference, Reader: func(r *http.Request) *guide.Reader {
		p, err := s.Rooms.Sessions.Identify(r)
		if err != nil || p == nil {
			return nil // a guide is there for everybody, whatever is wrong with sessions
		}
		reader := &guide.Reader{Name: p.User.Name}
		for _, m := range p.Accounts {
			reader.Accounts = append(reader.Accounts, guide.Account{Key: m.Key, Name: m.Name, Role: m.Role.String()})
		}
		return reader
	}}).Routes(s.Router)
}

// buildPages builds what people see: sessions and the dashboard.
func (s *Server) buildPages(observer *observer) error {
	r, c := s.Rooms, s.config
	var sender *mail.Sender
	if c.SMTPURL != "" {
		var err error
		if sender, err = mail.New(c.SMTPURL, c.MailFrom); err != nil {
			return err
		}
	}
	s.mail = sender
	var pages *dashboard.Service
	r.OpenSessions(session.Options{PublicURL: c.PublicURL, Now: s.now, Mail: sender, Log: s.log.Logger, Fresh: s.Guard.Fresh,
		Present: func(w http.ResponseWriter, req *http.Request, err error) { pages.Present(w, req, err) },
		Refused: func(_ context.Context, e audit.Event) { r.Refusals.Add(e) }})
	s.Guard.Pages, s.Guard.PagePrefix = r.Sessions, session.PageTokenPrefix
	pages = dashboard.New(dashboard.Options{PublicURL: c.PublicURL, Accounts: r.Accounts, Credentials: r.Credentials, Fleet: r.Fleet, Trail: r.Trail, Tracking: r.Tracking,
		Usage: r.Usage, Log: r.Audit, Sessions: r.Sessions, Geofences: r.Geofences, Reports: r.Reports, Now: s.now, LiveKey: c.LiveAppKey, MapTiles: c.MapTiles, MapAttribution: c.MapAttribution})
	r.Tracking.Map = tracking.Map{LiveKey: c.LiveAppKey, Tiles: c.MapTiles, Attribution: c.MapAttribution}
	s.Pages = web.NewPages(r.Sessions, observer.wrap, pages.Present)
	pages.Routes(s.Pages)
	s.pages = pages.Handler(s.Pages)
	s.guides(pages.Look())
	s.Public = web.NewPages(nil, observer.wrap, r.Tracking.Present)
	r.Tracking.Pages(s.Public)
	return errors.Join(s.Pages.Err(), s.Public.Err())
}
