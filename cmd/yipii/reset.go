package main

import (
	"context"
	"fmt"
	"io"

	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/session"
)

// userResetPassword makes a link for somebody who can't sign in. The link is a secret: it is printed, and nowhere else.
type userResetPassword struct {
	oneUser           `embed:""`
	PublicURL         string   `name:"public-url" help:"The address that people use. Default: from --addr." placeholder:"URL"`
	Addr              string   `name:"addr" default:"127.0.0.1:8080" hidden:""`
	TLSCert           string   `name:"tls-cert" hidden:""`
	ACMEHosts         []string `name:"acme-host" hidden:""`
	DropSecondFactors bool     `name:"drop-second-factors" help:"Take one-time codes, passkeys and recovery codes away too, where all are lost."`
}

// passwordReset is a link as it is printed.
type passwordReset struct {
	UserID  int64  `json:"user_id"`
	Email   string `json:"email"`
	Link    string `json:"link"`
	Dropped bool   `json:"second_factors_dropped"`
}

// Run makes the link.
func (c *userResetPassword) Run(ctx context.Context, con *console) error {
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	id, err := rooms.Accounts.FindUser(ctx, c.Email)
	if err != nil {
		return err
	}
	config := server.Config{Tokens: server.Tokens{PublicURL: c.PublicURL}, Addr: c.Addr, TLSCert: c.TLSCert, ACMEHosts: c.ACMEHosts}
	rooms.OpenSessions(session.Options{PublicURL: config.PublicAddress(), Now: con.now})
	link, err := rooms.Sessions.ResetLink(ctx, id)
	if err != nil {
		return err
	}
	if c.DropSecondFactors {
		if err := rooms.Sessions.DropSecondFactors(ctx, id); err != nil {
			return err
		}
	}
	return c.print(con, passwordReset{id, c.Email, link, c.DropSecondFactors}, func(w io.Writer) {
		fmt.Fprintf(w, "Give this link to %s. It works once, for an hour:\n%s\n", c.Email, link)
	})
}
