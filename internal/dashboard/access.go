package dashboard

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/usage"
)

// access is the page of all credentials.
type access struct {
	frame
	Now         time.Time
	Clients     []*credential.Client // nil for who isn't an admin
	ClientPages pager
	Keys        []credential.Key
	KeyPages    pager
	Uses        map[string]usage.Last
	People      people
}

// serveAccess lists OAuth clients, for an admin, and API keys: an admin's everybody's, others' their own.
func (s *Service) serveAccess(w http.ResponseWriter, r *http.Request) error {
	ctx, caller := r.Context(), bearer.PrincipalOf(r.Context())
	accountID := caller.Account.AccountID
	page := access{frame: s.frame(r, "access", "API Access"), Now: s.Now(),
		ClientPages: pagerOf(r, "clients", "client"), KeyPages: pagerOf(r, "keys", "key")}
	page.ClientPages.Size, page.KeyPages.Size = perPage/2, perPage/2 // two lists, one page
	var ids []string
	var err error
	whose := caller.User.ID
	if page.may(bearer.Admin) {
		whose = 0
		if page.Clients, page.ClientPages.Total, err = s.Credentials.ClientsPage(ctx, accountID, page.ClientPages.offset(), page.ClientPages.Size); err != nil {
			return err
		}
		for _, c := range page.Clients {
			ids = append(ids, c.ID)
		}
	}
	if page.Keys, page.KeyPages.Total, err = s.Credentials.KeysPage(ctx, accountID, whose, page.KeyPages.offset(), page.KeyPages.Size); err != nil {
		return err
	}
	for _, k := range page.Keys {
		ids = append(ids, bearer.KeyName(k.ID))
	}
	if page.Uses, err = s.Usage.Last(ctx, accountID, ids); err != nil {
		return err
	}
	if page.People, err = s.people(ctx, caller); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, accessPage(page))
}

// credentialPath is the page of a credential by its name.
func (f frame) credentialPath(name string) string {
	if id, ok := strings.CutPrefix(name, bearer.KeyNamePrefix); ok {
		return f.in("key", id)
	}
	return f.in("client", name)
}

func kindOf(isKey bool) string {
	if isKey {
		return "API key"
	}
	return "OAuth client"
}

// people are the names of an account's members, by user id.
type people map[int64]string

// people asks for the names of members. Who isn't an admin learns their own only.
func (s *Service) people(ctx context.Context, caller *bearer.Principal) (people, error) {
	names := people{caller.User.ID: caller.User.Name}
	if caller.Account.Role < bearer.Admin {
		return names, nil
	}
	members, err := s.Accounts.Members(ctx, caller.Account.AccountID)
	for _, m := range members {
		names[m.UserID] = m.Name
	}
	return names, err
}

// name is a person's name; somebody who has left the account is called that.
func (p people) name(userID int64) string {
	if name := p[userID]; name != "" {
		return name
	}
	return "a former member"
}

// by says who made a credential, and with what.
func (p people) by(userID int64, madeBy string) string {
	switch {
	case madeBy == "":
		return p.name(userID) + ", by the operator"
	case strings.HasPrefix(madeBy, bearer.SessionNamePrefix):
		return p.name(userID)
	case strings.HasPrefix(madeBy, bearer.KeyNamePrefix):
		return p.name(userID) + ", with API key " + strings.TrimPrefix(madeBy, bearer.KeyNamePrefix)
	}
	return p.name(userID) + ", with client " + madeBy
}

// condition is what to know of a credential at a glance: a word and the badge's colour. "" is a good one.
func condition(now, expires, revoked time.Time, disabled bool) (word, class string) {
	switch {
	case !revoked.IsZero():
		return "Revoked", "bad"
	case !expires.IsZero() && !now.Before(expires):
		return "Expired", "bad"
	case disabled:
		return "Disabled", "warn"
	case !expires.IsZero() && expires.Sub(now) < expiresSoon:
		return "Expires soon", "warn"
	}
	return "", ""
}

// lifetimeLabel is a length of time as people choose it.
func lifetimeLabel(d time.Duration) string {
	if d == 0 {
		return "The server's"
	}
	for _, unit := range [...]struct {
		size time.Duration
		noun string
	}{{365 * 24 * time.Hour, "year"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d%unit.size == 0 {
			return plural(int(d/unit.size), unit.noun)
		}
	}
	return plural(int(d/time.Second), "second")
}
