package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/credential"
)

// apiKeyCommand holds what is done with API keys.
type apiKeyCommand struct {
	List   apiKeyList   `cmd:"" help:"List an account's keys, revoked ones too."`
	Create apiKeyCreate `cmd:"" help:"Make a key."`
	Revoke apiKeyRevoke `cmd:"" help:"Make a key dead, for good."`
}

// apiKey is a key as it is printed.
type apiKey struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	UserID    int64      `json:"user_id"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at"`
	Key       string     `json:"key,omitempty"` // when it has just been made
}

func shownKey(k credential.Key, text string) apiKey {
	return apiKey{ID: k.ID, Name: k.Name, UserID: k.UserID, Scopes: k.Scopes.Names(), CreatedAt: k.CreatedAt.UTC(),
		ExpiresAt: optionalTime(k.ExpiresAt), RevokedAt: optionalTime(k.RevokedAt), Key: text}
}

type apiKeyList struct {
	inAccount `embed:""`
}

// Run lists the keys, oldest first.
func (c *apiKeyList) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	keys, err := rooms.Credentials.ListKeys(ctx, in.ID)
	if err != nil {
		return err
	}
	shown, rows := make([]apiKey, len(keys)), make([][]string, len(keys))
	for i, k := range keys {
		shown[i] = shownKey(k, "")
		rows[i] = []string{strconv.FormatInt(k.ID, 10), keyState(k, con.now()), moment(k.CreatedAt, "-"), moment(k.ExpiresAt, "never"), k.Name}
	}
	return c.print(con, shown, func(w io.Writer) { table(w, "ID STATUS CREATED EXPIRES NAME", rows) })
}

func keyState(k credential.Key, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "expired"
	}
	return "active"
}

// keyLifetime is how long a key is good for if nothing else is said: one year.
const keyLifetime = 365 * 24 * time.Hour

type apiKeyCreate struct {
	inAccount `embed:""`
	Name      string    `name:"name" required:"" help:"Name of the key."`
	Scope     scopeList `name:"scope" sep:"none" help:"Scopes that it has, repeated or separated by spaces. Default: all." placeholder:"SCOPE"`
	User      string    `name:"user" help:"The member whose key it is. Default: the account's first admin." placeholder:"EMAIL"`
	expiry    `embed:""`
}

// Help is shown by --help.
func (*apiKeyCreate) Help() string {
	return "A key is good for one year unless --expires-in or --expires-at says otherwise."
}

// Run makes the key and prints it, this once.
func (c *apiKeyCreate) Run(ctx context.Context, con *console) error {
	scopes, err := c.Scope.set()
	if err != nil {
		return err
	}
	expires, err := c.from(con.now())
	if err != nil {
		return err
	}
	if expires.IsZero() {
		expires = con.now().Add(keyLifetime)
	}
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	user, err := findMember(ctx, rooms, in, c.User)
	if err != nil {
		return err
	}
	made, text, err := rooms.Credentials.CreateKey(ctx, credential.Key{AccountID: in.ID, UserID: user.UserID, Name: c.Name, Scopes: scopes, ExpiresAt: expires})
	if err != nil {
		return err
	}
	err = c.print(con, shownKey(made, text), func(w io.Writer) {
		facts(w, [2]string{"id", strconv.FormatInt(made.ID, 10)}, [2]string{"key", text}, [2]string{"name", made.Name}, [2]string{"expires", moment(made.ExpiresAt, "never")})
	})
	fmt.Fprintln(con.err, secretOnce)
	return err
}

type apiKeyRevoke struct {
	inAccount `embed:""`
	ID        int64 `arg:"" help:"The key's id." placeholder:"ID"`
}

// Run revokes the key.
func (c *apiKeyRevoke) Run(ctx context.Context, con *console) error {
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := rooms.Credentials.RevokeKey(ctx, in.ID, c.ID); err != nil {
		return err
	}
	return c.print(con, map[string]any{"id": c.ID, "done": "revoked"}, func(w io.Writer) { fmt.Fprintf(w, "The API key %d is revoked.\n", c.ID) })
}
