package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
)

const (
	// expiryNotice is how long before a credential expires its account's admins are told.
	expiryNotice = 14 * 24 * time.Hour
	// expiryEvery is how often it is looked for those to tell of.
	expiryEvery = time.Hour
)

// tellExpiry writes to admins about credentials that expire soon, once for each. Without a mail server there is nobody to
// write to: the dashboard marks them.
func (s *Server) tellExpiry(ctx context.Context) {
	if s.mail == nil {
		return
	}
	tick := time.NewTicker(expiryEvery)
	defer tick.Stop()
	for {
		if err := s.tellExpiryOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("admins were not told of credentials that expire", "cause", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tellExpiryOnce claims what is to be told of and writes the letters. Of a node that dies between the two nothing is told,
// which is better than being told every hour.
func (s *Server) tellExpiryOnce(ctx context.Context) error {
	due, err := s.Rooms.Credentials.ClaimExpiring(ctx, s.now().Add(expiryNotice))
	if err != nil {
		return err
	}
	byAccount := map[int64][]credential.Expiring{}
	for _, e := range due {
		byAccount[e.AccountID] = append(byAccount[e.AccountID], e)
	}
	for accountID, list := range byAccount {
		if err := s.tellAdmins(ctx, accountID, list); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) tellAdmins(ctx context.Context, accountID int64, list []credential.Expiring) error {
	a, err := s.Rooms.Accounts.Find(ctx, accountID)
	if err != nil {
		return err
	}
	members, err := s.Rooms.Accounts.Members(ctx, accountID)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "These credentials of %s (%s) expire soon:\n\n", a.Name, a.Key)
	for _, e := range list {
		kind := "OAuth client"
		if e.IsKey {
			kind = "API key"
		}
		fmt.Fprintf(&text, "- %s \"%s\" on %s\n", kind, e.Name, e.ExpiresAt.Format("2 January 2006 15:04 MST"))
	}
	fmt.Fprintf(&text, "\nPrograms that use them will be refused from then on. Make new ones, or let clients live longer, here:\n%s/%s/access\n", s.config.PublicURL, a.Key)
	for _, m := range members {
		if m.Role == bearer.Admin && !m.Suspended {
			if err := s.mail.Send(ctx, m.Email, "Credentials of "+a.Name+" expire soon", text.String()); err != nil {
				return err
			}
		}
	}
	return nil
}
