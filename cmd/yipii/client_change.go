package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/token"
)

// changed is what a command prints that has changed something of a client and shows no more of it.
type changed struct {
	ClientID string `json:"client_id"`
	Done     string `json:"done"`
}

// change runs do on the client, which is looked for first, and prints what was done.
func (c *oneClient) change(ctx context.Context, con *console, done string, do func(*server.Rooms, account.Account, *credential.Client) error) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	found, err := rooms.Credentials.Find(ctx, in.ID, c.ClientID)
	if err != nil {
		return err
	}
	if err := do(rooms, in, found); err != nil {
		return err
	}
	return c.print(con, changed{found.ID, done}, func(w io.Writer) { fmt.Fprintf(w, "The client %s (%s): %s.\n", found.ID, found.Name, done) })
}

type clientDisable struct {
	oneClient `embed:""`
}

// Run disables the client.
func (c *clientDisable) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "disabled", func(rooms *server.Rooms, in account.Account, found *credential.Client) error {
		return rooms.Credentials.Disable(ctx, in.ID, found.ID, true)
	})
}

type clientEnable struct {
	oneClient `embed:""`
}

// Run enables the client.
func (c *clientEnable) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "enabled", func(rooms *server.Rooms, in account.Account, found *credential.Client) error {
		return rooms.Credentials.Disable(ctx, in.ID, found.ID, false)
	})
}

type clientDelete struct {
	oneClient `embed:""`
}

// Run deletes the client.
func (c *clientDelete) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "deleted", func(rooms *server.Rooms, in account.Account, found *credential.Client) error {
		return rooms.Credentials.Delete(ctx, in.ID, found.ID)
	})
}

// keepRevocations is how long a revocation by the operator is remembered. What --token-lifetime the server runs with
// isn't known here, and one that is forgotten too early would let its tokens live again: so the longest there can be.
const keepRevocations time.Duration = credential.MaxLifetime

type clientRevokeTokens struct {
	oneClient `embed:""`
}

// Run revokes the client's tokens; with its secret it gets new ones.
func (c *clientRevokeTokens) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "tokens revoked", func(rooms *server.Rooms, _ account.Account, found *credential.Client) error {
		return rooms.Revocations.RevokeIssued(ctx, token.OfClient, found.ID, keepRevocations)
	})
}
