package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/store"
)

// onDatabase is what commands on a database have in common.
type onDatabase struct {
	server.Database `embed:""`
	output          `embed:""`
}

// rooms opens the database, which must be there. Whoever mistypes a path should hear so, not get a new database.
func (c *onDatabase) rooms(ctx context.Context, con *console) (*server.Rooms, error) {
	if err := mustExist(c.DatabaseURL); err != nil {
		return nil, err
	}
	return openRooms(ctx, con, c.Database)
}

// openRooms opens the database, making it where there is none. What goes wrong in the background is logged.
func openRooms(ctx context.Context, con *console, d server.Database) (*server.Rooms, error) {
	return server.OpenRooms(ctx, d, "", con.now, server.NewLog(con.err, "warn", "text").Logger)
}

// inAccount is what commands on one account's things have in common.
type inAccount struct {
	onDatabase `embed:""`
	Account    string `name:"account" required:"" help:"The account's key." placeholder:"KEY"`
}

func (c *inAccount) open(ctx context.Context, con *console) (*server.Rooms, account.Account, error) {
	return openAccount(ctx, con, &c.onDatabase, c.Account)
}

// openAccount opens the database and finds an account.
func openAccount(ctx context.Context, con *console, c *onDatabase, key string) (*server.Rooms, account.Account, error) {
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return nil, account.Account{}, err
	}
	found, err := rooms.Accounts.FindByKey(ctx, key)
	if err != nil {
		rooms.Close()
		if fault.Is(err, fault.NotFound) {
			err = fmt.Errorf("there is no account %q in %s", key, maskURL(c.DatabaseURL))
		}
		return nil, account.Account{}, err
	}
	return rooms, found, nil
}

func mustExist(databaseURL string) error {
	path, ok := store.SQLitePath(databaseURL)
	if !ok {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(`there is no database %s: say where it is with --database-url, or make one with "yipii init"`, path)
	}
	return nil
}

// findMember finds an account's member by e-mail address; "" stands for its first admin.
func findMember(ctx context.Context, rooms *server.Rooms, in account.Account, email string) (account.Member, error) {
	members, err := rooms.Accounts.Members(ctx, in.ID)
	if err != nil {
		return account.Member{}, err
	}
	email = strings.TrimSpace(email)
	for _, m := range members {
		if email == "" && m.Role == bearer.Admin || strings.EqualFold(m.Email, email) {
			return m, nil
		}
	}
	if email == "" {
		return account.Member{}, fmt.Errorf("the account %s has no admin to own it: name an owner", in.Key)
	}
	return account.Member{}, fmt.Errorf("%s is not a member of the account %s", email, in.Key)
}

// scopeList is a flag of scopes, repeated or separated by spaces or commas.
type scopeList []string

// set answers the scopes; all of them if none is named.
func (l scopeList) set() (bearer.Scopes, error) {
	if len(l) == 0 {
		return bearer.AllScopes, nil
	}
	scopes, err := bearer.ParseScopes(strings.ReplaceAll(strings.Join(l, " "), ",", " "))
	var unknown bearer.UnknownScopeError
	if errors.As(err, &unknown) {
		if meant, ok := nearest(unknown.Scope, bearer.ScopeNames()); ok {
			return 0, fmt.Errorf("%w, did you mean %q?", err, meant)
		}
		return 0, fmt.Errorf("%w; there are %s", err, strings.Join(bearer.ScopeNames(), ", "))
	}
	return scopes, err
}

// period is a length of time on the command line: as Go writes it ("36h"), or in whole days ("90d").
type period time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *period) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if days, ok := strings.CutSuffix(string(text), "d"); ok && err != nil {
		d, err = time.ParseDuration(days + "h")
		if d > 200*365*time.Hour { // what follows must not overflow
			err = errors.New("too long")
		}
		d *= 24
	}
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a length of time such as 36h or 90d", text)
	}
	*p = period(d)
	return nil
}

// expiry is when something ends.
type expiry struct {
	ExpiresIn period    `name:"expires-in" xor:"expiry" help:"How long it is good for, such as 36h or 90d." placeholder:"PERIOD"`
	ExpiresAt time.Time `name:"expires-at" xor:"expiry" help:"Until when it is good (RFC 3339)." placeholder:"TIME"`
}

// from answers the end of something that begins at now; zero for never.
func (e expiry) from(now time.Time) (time.Time, error) {
	switch {
	case e.ExpiresIn != 0:
		return now.Add(time.Duration(e.ExpiresIn)), nil
	case !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(now):
		return time.Time{}, errors.New("--expires-at must lie in the future")
	}
	return e.ExpiresAt, nil
}
