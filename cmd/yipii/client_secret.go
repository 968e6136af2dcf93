package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/server"
)

type clientAddSecret struct {
	oneClient `embed:""`
}

// newSecret is a secret as it is printed, this once.
type newSecret struct {
	ClientID     string `json:"client_id"`
	SecretID     int64  `json:"secret_id"`
	ClientSecret string `json:"client_secret"`
}

// Run makes another secret.
func (c *clientAddSecret) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	text, id, err := rooms.Credentials.AddSecret(ctx, in.ID, c.ClientID)
	if err != nil {
		return err
	}
	err = c.print(con, newSecret{c.ClientID, id, text}, func(w io.Writer) {
		facts(w, [2]string{"client_id", c.ClientID}, [2]string{"secret_id", strconv.FormatInt(id, 10)}, [2]string{"client_secret", text})
	})
	fmt.Fprintln(con.err, secretOnce)
	return err
}

type clientDeleteSecret struct {
	oneClient `embed:""`
	SecretID  int64 `arg:"" help:"The secret's id, as \"yipii client show\" has it." placeholder:"SECRET_ID"`
}

// Run deletes the secret.
func (c *clientDeleteSecret) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, fmt.Sprintf("secret %d deleted", c.SecretID), func(rooms *server.Rooms, in account.Account, found *credential.Client) error {
		return rooms.Credentials.DeleteSecret(ctx, in.ID, found.ID, c.SecretID)
	})
}
