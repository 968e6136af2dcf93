package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/credential"
)

// clientCommand holds what is done with OAuth clients.
type clientCommand struct {
	List         clientList         `cmd:"" help:"List an account's clients."`
	Show         clientShow         `cmd:"" help:"Show one client."`
	Create       clientCreate       `cmd:"" help:"Make a client with its first secret."`
	Disable      clientDisable      `cmd:"" help:"Make a client and all of its tokens dead."`
	Enable       clientEnable       `cmd:"" help:"Let a disabled client live again."`
	Delete       clientDelete       `cmd:"" help:"Delete a client; its tokens die with it."`
	RevokeTokens clientRevokeTokens `cmd:"" help:"Refuse every access token of a client that was issued until now."`
	AddSecret    clientAddSecret    `cmd:"" help:"Make a second secret beside the one in use, to change it without a gap."`
	DeleteSecret clientDeleteSecret `cmd:"" help:"Make a secret worthless. Tokens that it got go on working."`
}

// client is a client as it is printed. Lifetimes are in seconds; null is the server's.
type client struct {
	ClientID      string         `json:"client_id"`
	Name          string         `json:"name"`
	OwnerID       int64          `json:"owner_id"`
	Scopes        []string       `json:"scopes"`
	GrantTypes    []string       `json:"grant_types"`
	TokenLifetime *int64         `json:"token_lifetime"`
	Disabled      bool           `json:"disabled"`
	ExpiresAt     *time.Time     `json:"expires_at"`
	CreatedAt     time.Time      `json:"created_at"`
	Secrets       []clientSecret `json:"secrets"`
	ClientSecret  string         `json:"client_secret,omitempty"` // when it has just been made
}

// clientSecret is what can be known of a secret.
type clientSecret struct {
	ID        int64     `json:"id"`
	CreatedAt time.Time `json:"created_at"`
}

func shownClient(c *credential.Client) client {
	out := client{ClientID: c.ID, Name: c.Name, OwnerID: c.OwnerID, Scopes: c.Scopes.Names(), GrantTypes: slices.Clone(c.GrantTypes),
		Disabled: c.Disabled, ExpiresAt: optionalTime(c.ExpiresAt), CreatedAt: c.CreatedAt.UTC(), Secrets: []clientSecret{}}
	if out.GrantTypes == nil {
		out.GrantTypes = []string{}
	}
	if c.TokenLifetime > 0 {
		seconds := int64(c.TokenLifetime / time.Second)
		out.TokenLifetime = &seconds
	}
	for _, s := range c.Secrets {
		out.Secrets = append(out.Secrets, clientSecret{s.ID, s.CreatedAt.UTC()})
	}
	return out
}

// state is what a client is good for at now, in one word.
func state(c *credential.Client, now time.Time) string {
	switch {
	case c.Disabled:
		return "disabled"
	case !c.Live(now):
		return "expired"
	}
	return "active"
}

type clientList struct {
	inAccount `embed:""`
}

// Run lists the clients, oldest first.
func (c *clientList) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	clients, err := rooms.Credentials.List(ctx, in.ID)
	if err != nil {
		return err
	}
	shown, rows := make([]client, len(clients)), make([][]string, len(clients))
	for i, found := range clients {
		shown[i] = shownClient(found)
		rows[i] = []string{found.ID, state(found, con.now()), strconv.Itoa(len(found.Secrets)), moment(found.CreatedAt, "-"), found.Name}
	}
	return c.print(con, shown, func(w io.Writer) { table(w, "CLIENT_ID STATUS SECRETS CREATED NAME", rows) })
}

// oneClient is a command about a client that it names.
type oneClient struct {
	inAccount `embed:""`
	ClientID  string `arg:"" help:"The client's id." placeholder:"CLIENT_ID"`
}

type clientShow struct {
	oneClient `embed:""`
}

// Run shows the client.
func (c *clientShow) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	found, err := rooms.Credentials.Find(ctx, in.ID, c.ClientID)
	if err != nil {
		return err
	}
	return c.print(con, shownClient(found), func(w io.Writer) { describeClient(w, found, con.now()) })
}

func describeClient(w io.Writer, c *credential.Client, now time.Time) {
	lifetime, grants := "the server's", "none: it may introspect and revoke only"
	if c.TokenLifetime > 0 {
		lifetime = c.TokenLifetime.String()
	}
	if len(c.GrantTypes) > 0 {
		grants = strings.Join(c.GrantTypes, " ")
	}
	pairs := [][2]string{{"client_id", c.ID}, {"name", c.Name}, {"status", state(c, now)}, {"scopes", c.Scopes.String()}, {"grants", grants},
		{"token lifetime", lifetime}, {"owner", fmt.Sprintf("user %d", c.OwnerID)}, {"created", moment(c.CreatedAt, "-")}, {"expires", moment(c.ExpiresAt, "never")}}
	for _, s := range c.Secrets {
		pairs = append(pairs, [2]string{fmt.Sprintf("secret %d", s.ID), "made " + moment(s.CreatedAt, "-")})
	}
	facts(w, pairs...)
}
