package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/token"
)

// accountCommand holds what is done with whole accounts. "yipii init" makes them.
type accountCommand struct {
	List         accountList         `cmd:"" help:"List all accounts."`
	Suspend      accountSuspend      `cmd:"" help:"Take an account out of every credential's reach."`
	Resume       accountResume       `cmd:"" help:"Give a suspended account back."`
	RevokeTokens accountRevokeTokens `cmd:"" help:"Refuse every access token of the account's clients that was issued until now."`
	Member       memberCommand       `cmd:"" help:"Who has which role in an account."`
}

type accountList struct {
	onDatabase `embed:""`
}

// Run lists the accounts by key.
func (c *accountList) Run(ctx context.Context, con *console) error {
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	accounts, err := rooms.Accounts.List(ctx)
	if err != nil {
		return err
	}
	return c.print(con, accounts, func(w io.Writer) {
		rows := make([][]string, len(accounts))
		for i, a := range accounts {
			rows[i] = []string{strconv.FormatInt(a.ID, 10), a.Key, statusOf(a), moment(a.CreatedAt, "-"), a.Name}
		}
		table(w, "ID KEY STATUS CREATED NAME", rows)
	})
}

func statusOf(a account.Account) string {
	if a.Suspended {
		return "suspended"
	}
	return "active"
}

// oneAccount is a command about an account that it names first.
type oneAccount struct {
	onDatabase `embed:""`
	Key        string `arg:"" help:"The account's key." placeholder:"KEY"`
}

type accountSuspend struct {
	oneAccount `embed:""`
}

// Run suspends the account.
func (c *accountSuspend) Run(ctx context.Context, con *console) error {
	return c.suspend(ctx, con, true)
}

type accountResume struct {
	oneAccount `embed:""`
}

// Run gives the account back.
func (c *accountResume) Run(ctx context.Context, con *console) error {
	return c.suspend(ctx, con, false)
}

func (c *oneAccount) suspend(ctx context.Context, con *console, suspended bool) error {
	rooms, found, err := openAccount(ctx, con, &c.onDatabase, c.Key)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := rooms.Accounts.SuspendAccount(ctx, found.ID, suspended); err != nil {
		return err
	}
	found.Suspended = suspended
	return c.print(con, found, func(w io.Writer) { fmt.Fprintf(w, "The account %s is %s.\n", found.Key, statusOf(found)) })
}

type accountRevokeTokens struct {
	oneAccount `embed:""`
}

// Run revokes them. API keys are not tokens and go on working.
func (c *accountRevokeTokens) Run(ctx context.Context, con *console) error {
	rooms, found, err := openAccount(ctx, con, &c.onDatabase, c.Key)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := rooms.Revocations.RevokeIssued(ctx, token.OfAccount, strconv.FormatInt(found.ID, 10), keepRevocations); err != nil {
		return err
	}
	return c.print(con, map[string]any{"account_key": found.Key, "done": "tokens revoked"}, func(w io.Writer) {
		fmt.Fprintf(w, "No token of %s that was issued until now is good any more. Clients get new ones with their secrets.\n", found.Key)
	})
}
