package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/yipii/yipii/internal/intake"
	"github.com/yipii/yipii/internal/token"
	"github.com/yipii/yipii/internal/web"
)

// buildIntake builds the room of the doors for trackers.
func (s *Server) buildIntake(observer *observer, tokens *token.Service) (err error) {
	r, c := s.Rooms, s.config
	s.intake, err = intake.New(intake.Options{DB: r.DB, Trail: r.Trail, Fleet: r.Fleet, Trackers: r.Fleet, Unknown: r.Unknown,
		Guard: s.Guard, Clients: tokens, Log: s.log.Logger, Now: s.now, Idle: c.DeviceIdle, MaxConnections: c.DeviceConnections,
		Count: func(req *web.Request, rt web.Route, at time.Time) { observer.count(req, &rt, at) }})
	if err != nil {
		return err
	}
	observer.registry.MustRegister(s.intake.Figures()...)
	s.intake.Routes(s.Router)
	phones := web.NewPages(nil, observer.wrap, web.WriteError)
	s.intake.OpenRoutes(phones)
	s.phones = phones
	return phones.Err()
}

// doors are the open ports of trackers. Each is closed by its own function.
type doors []func(context.Context) error

// close takes nothing more from trackers, and returns when what was read is stored and acknowledged, or ctx has ended.
func (d doors) close(ctx context.Context) error {
	errs := make(chan error, len(d))
	for _, shut := range d {
		go func() { errs <- shut(ctx) }()
	}
	var all error
	for range d {
		all = errors.Join(all, <-errs)
	}
	return all
}

// openDoors listens where trackers are to send.
func (s *Server) openDoors(ctx context.Context) (opened doors, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, opened.close(ctx))
		}
	}()
	encryption, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	for _, door := range []struct {
		protocol, addr string
		encrypted      bool // where the server is
		open           func(net.Listener) (func(context.Context) error, error)
	}{
		{"teltonika", s.config.TeltonikaAddr, false, func(l net.Listener) (func(context.Context) error, error) { return s.intake.OpenTeltonika(l).Close, nil }},
		{"osmand", s.config.OsmAndAddr, true, s.openPhones},
		{"mqtt", s.config.MQTTAddr, true, func(l net.Listener) (func(context.Context) error, error) {
			broker, err := s.intake.OpenMQTT(l)
			if err != nil {
				return nil, err
			}
			return broker.Close, nil
		}},
	} {
		if door.addr == "" {
			continue
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", door.addr)
		if err != nil {
			return opened, err
		}
		addr := listener.Addr().String()
		if door.encrypted && encryption != nil {
			own := encryption.Clone()
			own.NextProtos = nil // those of the API are of no use here
			listener = tls.NewListener(listener, own)
		}
		shut, err := door.open(listener)
		if err != nil {
			return opened, errors.Join(err, listener.Close())
		}
		opened = append(opened, shut)
		s.log.Info("listening for trackers", "protocol", door.protocol, "addr", addr)
	}
	return opened, nil
}

// openPhones serves phones that can show no credential.
func (s *Server) openPhones(listener net.Listener) (func(context.Context) error, error) {
	srv := s.httpServer(s.phones)
	if most := s.config.DeviceConnections; most > 0 {
		listener = netutil.LimitListener(listener, most)
	}
	go func() {
		if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("phones can't send any more", "cause", err.Error())
		}
	}()
	return srv.Shutdown, nil
}
