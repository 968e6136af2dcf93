package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/yipii/yipii/internal/credential"
)

type clientCreate struct {
	inAccount     `embed:""`
	Name          string    `name:"name" required:"" help:"Name of the client."`
	Scope         scopeList `name:"scope" sep:"none" help:"Scopes that it may have, repeated or separated by spaces. Default: all." placeholder:"SCOPE"`
	TokenLifetime period    `name:"token-lifetime" setting:"-" help:"Lifetime of its access tokens, such as 1h or 90d. Default: the server's." placeholder:"PERIOD"`
	NoGrant       bool      `name:"no-grant" help:"It gets no tokens; it may introspect and revoke those of others."`
	Owner         string    `name:"owner" help:"The member in whose name it acts. Default: the account's first admin." placeholder:"EMAIL"`
	expiry        `embed:""`
}

// Run makes the client and prints its secret, this once.
func (c *clientCreate) Run(ctx context.Context, con *console) error {
	scopes, err := c.Scope.set()
	if err != nil {
		return err
	}
	expires, err := c.from(con.now())
	if err != nil {
		return err
	}
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	owner, err := findMember(ctx, rooms, in, c.Owner)
	if err != nil {
		return err
	}
	grants := []string{credential.ClientCredentials}
	if c.NoGrant {
		grants = nil
	}
	made, text, err := rooms.Credentials.Create(ctx, credential.NewClient{AccountID: in.ID, OwnerID: owner.UserID, Name: c.Name, Scopes: scopes,
		GrantTypes: grants, TokenLifetime: time.Duration(c.TokenLifetime), ExpiresAt: expires})
	if err != nil {
		return err
	}
	shown := shownClient(made)
	shown.ClientSecret = text
	err = c.print(con, shown, func(w io.Writer) {
		facts(w, [2]string{"client_id", made.ID}, [2]string{"client_secret", text}, [2]string{"name", made.Name}, [2]string{"scopes", made.Scopes.String()})
	})
	fmt.Fprintln(con.err, secretOnce)
	return err
}

// secretOnce is said beside every secret and key that is printed.
const secretOnce = "Keep it now: it is not shown again."
