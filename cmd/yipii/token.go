package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/credential"
)

// tokenCommand holds what is done with single access tokens.
type tokenCommand struct {
	Revoke tokenRevoke `cmd:"" help:"Refuse one access token, read from standard input, until it expires."`
}

type tokenRevoke struct {
	onDatabase `embed:""`
}

// Help is shown by --help.
func (*tokenRevoke) Help() string {
	return `The token comes on standard input, so that it stands in no list of processes and no shell's history: yipii token revoke < token.txt`
}

// Run revokes the token. Its signature isn't looked at: what a forged one names is refused too, which harms nobody.
func (c *tokenRevoke) Run(ctx context.Context, con *console) error {
	text, err := io.ReadAll(io.LimitReader(con.in, 16<<10))
	if err != nil {
		return err
	}
	id, expires, err := readToken(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	if latest := con.now().Add(credential.MaxLifetime); expires.After(latest) {
		expires = latest
	}
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := rooms.Revocations.RevokeToken(ctx, id, expires); err != nil {
		return err
	}
	return c.print(con, map[string]any{"jti": id, "expires_at": expires.UTC(), "done": "revoked"}, func(w io.Writer) {
		fmt.Fprintf(w, "The token %s is revoked.\n", id)
	})
}

// readToken answers the id and the end of an access token.
func readToken(text string) (id string, expires time.Time, err error) {
	if strings.HasPrefix(text, credential.KeyPrefix) {
		return "", time.Time{}, errors.New(`this is an API key: "yipii api-key revoke" takes its id`)
	}
	notToken := errors.New("standard input has no access token")
	parts := strings.Split(strings.TrimPrefix(text, "Bearer "), ".")
	if len(parts) != 3 {
		return "", time.Time{}, notToken
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", time.Time{}, notToken
	}
	var claims struct {
		ID      string `json:"jti"`
		Expires int64  `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.ID == "" || len(claims.ID) > 64 || claims.Expires <= 0 {
		return "", time.Time{}, notToken
	}
	return claims.ID, time.Unix(claims.Expires, 0), nil
}
