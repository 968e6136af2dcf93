package main

import (
	"context"
	"fmt"
	"io"
)

// userCommand holds what is done with users. "yipii account member" gives them roles.
type userCommand struct {
	Suspend       userSuspend       `cmd:"" help:"Make all credentials of a user dead, and sign them out."`
	Resume        userResume        `cmd:"" help:"Let the credentials live again."`
	ResetPassword userResetPassword `cmd:"" help:"Make a one-time link for choosing a new password."`
}

// oneUser is a command about a user that it names.
type oneUser struct {
	onDatabase `embed:""`
	Email      string `arg:"" help:"The user's e-mail address." placeholder:"EMAIL"`
}

// user is a user as it is printed.
type user struct {
	UserID    int64  `json:"user_id"`
	Email     string `json:"email"`
	Suspended bool   `json:"suspended"`
}

type userSuspend struct {
	oneUser `embed:""`
}

// Run suspends the user.
func (c *userSuspend) Run(ctx context.Context, con *console) error { return c.suspend(ctx, con, true) }

type userResume struct {
	oneUser `embed:""`
}

// Run lets the user go on.
func (c *userResume) Run(ctx context.Context, con *console) error { return c.suspend(ctx, con, false) }

func (c *oneUser) suspend(ctx context.Context, con *console, suspended bool) error {
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	id, err := rooms.Accounts.FindUser(ctx, c.Email)
	if err != nil {
		return err
	}
	if err := rooms.Accounts.SuspendUser(ctx, id, suspended); err != nil {
		return err
	}
	return c.print(con, user{id, c.Email, suspended}, func(w io.Writer) {
		if suspended {
			fmt.Fprintf(w, "The user %s is suspended.\n", c.Email)
		} else {
			fmt.Fprintf(w, "The user %s is active.\n", c.Email)
		}
	})
}
