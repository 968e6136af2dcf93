package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
)

// memberCommand holds what is done with an account's members.
type memberCommand struct {
	List   memberList   `cmd:"" help:"List an account's members."`
	Add    memberAdd    `cmd:"" help:"Give a person a role, or another role."`
	Remove memberRemove `cmd:"" help:"Take a person's role away. Their credentials made in the account die with it."`
}

// member is a member as it is printed.
type member struct {
	UserID int64  `json:"user_id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Role   string `json:"role"`
}

func shownMember(m account.Member) member {
	return member{UserID: m.UserID, Name: m.Name, Email: m.Email, Role: m.Role.String()}
}

type memberList struct {
	oneAccount `embed:""`
}

// Run lists the members by user id.
func (c *memberList) Run(ctx context.Context, con *console) error {
	rooms, found, err := openAccount(ctx, con, &c.onDatabase, c.Key)
	if err != nil {
		return err
	}
	defer rooms.Close()
	members, err := rooms.Accounts.Members(ctx, found.ID)
	if err != nil {
		return err
	}
	shown, rows := make([]member, len(members)), make([][]string, len(members))
	for i, m := range members {
		shown[i] = shownMember(m)
		rows[i] = []string{strconv.FormatInt(m.UserID, 10), m.Role.String(), m.Email, m.Name}
	}
	return c.print(con, shown, func(w io.Writer) { table(w, "USER ROLE EMAIL NAME", rows) })
}

type memberAdd struct {
	oneAccount `embed:""`
	Email      string `name:"email" required:"" help:"The person's e-mail address."`
	Role       string `name:"role" required:"" enum:"admin,manager,viewer,driver" help:"admin, manager, viewer or driver." placeholder:"ROLE"`
	Name       string `name:"name" help:"The person's name, if they are new here. Default: from the address."`
}

// Run adds the member.
func (c *memberAdd) Run(ctx context.Context, con *console) error {
	role, err := bearer.ParseRole(c.Role)
	if err != nil {
		return err
	}
	rooms, found, err := openAccount(ctx, con, &c.onDatabase, c.Key)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if _, err := rooms.Accounts.AddMember(ctx, found.ID, c.Name, c.Email, role); err != nil {
		return err
	}
	m, err := findMember(ctx, rooms, found, c.Email)
	if err != nil {
		return err
	}
	return c.print(con, shownMember(m), func(w io.Writer) { fmt.Fprintf(w, "%s is %s in %s.\n", m.Email, m.Role, found.Key) })
}

type memberRemove struct {
	oneAccount `embed:""`
	Email      string `name:"email" required:"" help:"The person's e-mail address."`
}

// Run removes the member.
func (c *memberRemove) Run(ctx context.Context, con *console) error {
	rooms, found, err := openAccount(ctx, con, &c.onDatabase, c.Key)
	if err != nil {
		return err
	}
	defer rooms.Close()
	m, err := findMember(ctx, rooms, found, c.Email)
	if err != nil {
		return err
	}
	if err := rooms.Accounts.RemoveMember(ctx, found.ID, m.UserID); err != nil {
		return err
	}
	return c.print(con, shownMember(m), func(w io.Writer) { fmt.Fprintf(w, "%s is no member of %s any more.\n", m.Email, found.Key) })
}
