package session

import (
	"context"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/secret"
)

// LinkPrefix begins the token of every one-time link.
const LinkPrefix = "yipl_"

// The kinds of link, and how long each works: an invitation outlasts a week's leave, a reset is used at once.
const (
	invitation         = "invitation"
	reset              = "reset"
	invitationLifetime = 7 * 24 * time.Hour
	resetLifetime      = time.Hour
)

// errLink is the fault of a link that isn't good, whatever the reason.
var errLink = fault.New(fault.NotFound, "This link does not work: it was used, has expired, or was replaced by a newer one.")

// link is a row of the table links.
type link struct {
	id               int64
	kind             string
	hash             [32]byte
	accountID        int64 // of an invitation
	userID           int64 // of a reset
	email, name      string
	role             bearer.Role
	part             *bearer.Part
	madeBy           int64
	created, expires time.Time
}

// newLink begins a link and returns its token too. It stands in the fragment of the URL, which browsers send to nobody:
// no log and no proxy ever sees it.
func (s *Service) newLink(kind string, lifetime time.Duration) (*link, string) {
	token := secret.NewText(LinkPrefix)
	now := s.moment()
	return &link{kind: kind, hash: s.links.Hash(token), created: now, expires: now.Add(lifetime)}, token
}

// openLink finds the link of a token.
func (s *Service) openLink(ctx context.Context, kind, token string) (*link, error) {
	if !secret.WellFormed(LinkPrefix, token) {
		return nil, errLink
	}
	l, err := s.loadLink(ctx, kind, s.links.Hash(token))
	if err == nil && (l == nil || !s.opt.Now().Before(l.expires)) {
		err = errLink
	}
	return l, err
}

func (s *Service) urlOf(page, token string) (string, error) {
	if s.opt.PublicURL == "" {
		return "", fault.New(fault.Conflict, "Links can't be made: the server's public URL is not set.")
	}
	return s.opt.PublicURL + page + "#" + token, nil
}
