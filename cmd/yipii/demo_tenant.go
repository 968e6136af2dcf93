package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/server"
)

const demoKey = "acme-logistics"

// demoTenant finds or makes the account of the demonstration. What opens it is kept in file, for its owner alone, so
// that the next start can print the same: the database has no secret that could be read. A file that is lost, or that
// is another database's, costs a new client and nothing more.
func demoTenant(ctx context.Context, rooms *server.Rooms, file string) (tenant, error) {
	kept, err := readTenant(file)
	if err != nil {
		return tenant{}, err
	}
	client, _, err := rooms.Credentials.Authenticate(ctx, kept.ClientID, kept.ClientSecret)
	if err != nil {
		return tenant{}, err
	}
	if client != nil {
		return kept, nil
	}
	made, err := makeTenant(ctx, rooms, account.NewAccount{Key: demoKey, Name: "Acme Logistics", Email: "admin@acme-logistics.example", AdminName: "Ada Admin"},
		"Demonstration", bearer.AllScopes)
	if fault.Is(err, fault.Conflict) {
		made, err = demoClient(ctx, rooms)
	}
	if err != nil {
		return tenant{}, err
	}
	return made, writeTenant(file, made)
}

// demoClient makes another client in an account that is there.
func demoClient(ctx context.Context, rooms *server.Rooms) (tenant, error) {
	found, err := rooms.Accounts.FindByKey(ctx, demoKey)
	if err != nil {
		return tenant{}, err
	}
	admin, err := findMember(ctx, rooms, found, "")
	if err != nil {
		return tenant{}, err
	}
	client, text, err := rooms.Credentials.Create(ctx, credential.NewClient{AccountID: found.ID, OwnerID: admin.UserID, Name: "Demonstration",
		Scopes: bearer.AllScopes, GrantTypes: []string{credential.ClientCredentials}})
	if err != nil {
		return tenant{}, err
	}
	return tenant{AccountKey: demoKey, ClientID: client.ID, ClientSecret: text, Email: admin.Email}, nil
}

// readTenant reads what an earlier start has kept; nothing if there was none.
func readTenant(file string) (tenant, error) {
	var kept tenant
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kept, fmt.Errorf("read the credentials of the demonstration: %w", err)
	}
	if json.Unmarshal(text, &kept) != nil {
		return tenant{}, nil
	}
	return kept, nil
}

// writeTenant keeps made: the file is whole or not there.
func writeTenant(file string, made tenant) error {
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".credentials-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(append(text, '\n'))
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), file)
}
