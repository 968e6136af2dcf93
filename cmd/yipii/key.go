package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/yipii/yipii/internal/token"
)

// keyCommand holds what is done with signing keys.
type keyCommand struct {
	List   keyList   `cmd:"" help:"List the signing keys."`
	Rotate keyRotate `cmd:"" help:"Make a new signing key. Tokens signed by the old ones stay good."`
}

// signingKey is a signing key as it is printed.
type signingKey struct {
	KID           string     `json:"kid"`
	Alg           string     `json:"alg"`
	Status        string     `json:"status"` // next, signing or verifying
	CreatedAt     time.Time  `json:"created_at"`
	SignsFrom     time.Time  `json:"signs_from"`
	VerifiesUntil *time.Time `json:"verifies_until"` // null for the newest, which has no end yet
}

// shownKeys are the keys, newest first, with what each does now.
func shownKeys(ring []token.SigningKey, now time.Time) []signingKey {
	keys := make([]signingKey, len(ring))
	status := "signing"
	for i, k := range ring {
		keys[i] = signingKey{KID: k.KID, Alg: string(k.Alg), Status: status, CreatedAt: k.CreatedAt, SignsFrom: k.SignsFrom, VerifiesUntil: optionalTime(k.VerifiesUntil)}
		if k.SignsFrom.After(now) {
			keys[i].Status = "next"
		} else {
			status = "verifying"
		}
	}
	return keys
}

type keyList struct {
	onDatabase `embed:""`
}

// Run lists the keys.
func (c *keyList) Run(ctx context.Context, con *console) error {
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	if err := rooms.Keyring.Load(ctx); err != nil {
		return err
	}
	keys := shownKeys(rooms.Keyring.List(), con.now())
	return c.print(con, keys, func(w io.Writer) {
		rows := make([][]string, len(keys))
		for i, k := range keys {
			until := "-"
			if k.VerifiesUntil != nil {
				until = moment(*k.VerifiesUntil, "-")
			}
			rows[i] = []string{k.KID, k.Alg, k.Status, moment(k.SignsFrom, "-"), until}
		}
		table(w, "KID ALG STATUS SIGNS_FROM VERIFIES_UNTIL", rows)
	})
}

type keyRotate struct {
	onDatabase    `embed:""`
	After         time.Duration `name:"after" default:"10m" help:"When the new key begins to sign: time for programs that keep the published keys to fetch it."`
	SigningAlg    string        `name:"signing-alg" default:"ES256" enum:"ES256,EdDSA,RS256" help:"Its algorithm: ES256, EdDSA or RS256. The server must be set to the same one."`
	TokenLifetime time.Duration `name:"token-lifetime" default:"8760h" help:"What the server is set to: the old keys verify for so long."`
}

// Run rotates the keys.
func (c *keyRotate) Run(ctx context.Context, con *console) error {
	if c.After < 0 || c.After > 30*24*time.Hour {
		return errors.New("--after must be from 0s to 720h")
	}
	rooms, err := c.rooms(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	lifetime, err := rooms.Credentials.LongestLifetime(ctx, c.TokenLifetime)
	if err != nil {
		return err
	}
	made, err := rooms.Keyring.Rotate(ctx, token.Alg(c.SigningAlg), c.After, lifetime)
	if err != nil {
		return err
	}
	return c.print(con, shownKeys([]token.SigningKey{made}, con.now())[0], func(w io.Writer) {
		fmt.Fprintf(w, "The key %s (%s) is published now and signs from %s.\nThe keys before it verify until %s.\n", made.KID, made.Alg,
			moment(made.SignsFrom, "now"), moment(made.SignsFrom.Add(lifetime), "-"))
	})
}
