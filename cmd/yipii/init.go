package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/server"
)

// initCommand makes what a new tenant needs: an account, its admin and a first client.
type initCommand struct {
	onDatabase `embed:""`
	Account    string    `name:"account" required:"" help:"Key of the new account, as it will stand in every path." placeholder:"KEY"`
	Name       string    `name:"name" required:"" help:"Name of the account."`
	Email      string    `name:"email" required:"" help:"E-mail address of the admin."`
	AdminName  string    `name:"admin-name" help:"Name of the admin. Default: from the address." placeholder:"NAME"`
	ClientName string    `name:"client-name" default:"First client" help:"Name of the client."`
	Scope      scopeList `name:"scope" sep:"none" help:"Scopes of the client, repeated or separated by spaces. Default: all." placeholder:"SCOPE"`
}

// tenant is what initCommand prints, once: neither secret nor password can be read again.
type tenant struct {
	AccountKey   string `json:"account_key"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Email        string `json:"email"`
	Password     string `json:"password,omitempty"` // none for an admin who has an account already
}

// Run makes them.
func (c *initCommand) Run(ctx context.Context, con *console) error {
	scopes, err := c.Scope.set()
	if err != nil {
		return err
	}
	rooms, err := openRooms(ctx, con, c.Database)
	if err != nil {
		return err
	}
	defer rooms.Close()
	made, err := makeTenant(ctx, rooms, account.NewAccount{Key: c.Account, Name: c.Name, Email: c.Email, AdminName: c.AdminName}, c.ClientName, scopes)
	if fault.Is(err, fault.Conflict) {
		return fmt.Errorf(`%w "yipii client create --account %s" makes a client in the account that has it`, err, c.Account)
	}
	if err != nil {
		return err
	}
	err = c.print(con, made, func(w io.Writer) {
		pairs := [][2]string{{"account_key", made.AccountKey}, {"client_id", made.ClientID}, {"client_secret", made.ClientSecret}, {"email", made.Email}}
		if made.Password != "" {
			pairs = append(pairs, [2]string{"password", made.Password})
		}
		facts(w, pairs...)
	})
	fmt.Fprintln(con.err, "Keep these now: the secret and the password are not shown again.")
	if made.Password == "" {
		fmt.Fprintln(con.err, "The user was here before and keeps the password that they have.")
	}
	return err
}

// makeTenant makes an account, its admin with a random password, and a client. A user who is here already becomes
// admin and keeps their password.
func makeTenant(ctx context.Context, rooms *server.Rooms, in account.NewAccount, clientName string, scopes bearer.Scopes) (tenant, error) {
	_, err := rooms.Accounts.FindUser(ctx, in.Email)
	switch {
	case fault.Is(err, fault.NotFound):
		in.Password = rand.Text()
	case err != nil:
		return tenant{}, err
	}
	made, ownerID, err := rooms.Accounts.Create(ctx, in)
	if err != nil {
		return tenant{}, err
	}
	client, text, err := rooms.Credentials.Create(ctx, credential.NewClient{AccountID: made.ID, OwnerID: ownerID, Name: clientName,
		Scopes: scopes, GrantTypes: []string{credential.ClientCredentials}})
	if err != nil {
		return tenant{}, err
	}
	return tenant{AccountKey: made.Key, ClientID: client.ID, ClientSecret: text, Email: strings.ToLower(strings.TrimSpace(in.Email)), Password: in.Password}, nil
}
