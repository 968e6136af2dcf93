package session

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Invitation asks somebody into an account.
type Invitation struct {
	ID        int64 // given by Invite, as is what follows Part
	AccountID int64
	Email     string
	Name      string // may be ""; who accepts may choose another
	Role      bearer.Role
	Part      *bearer.Part // of the assets; nil: all
	MadeBy    int64        // a user's id; 0: the operator
	CreatedAt time.Time
	ExpiresAt time.Time
}

// maxInvitations bounds those of an account that wait.
const maxInvitations = 500

// Invite makes a one-time link that makes its reader a member of the account, and mails it where there is a mail server.
// A newer invitation of the same person replaces the older. The caller has checked that the inviter may.
func (s *Service) Invite(ctx context.Context, in Invitation) (string, error) {
	l, token := s.newLink(invitation, invitationLifetime)
	if err := s.fillInvitation(ctx, l, in); err != nil {
		return "", err
	}
	url, err := s.urlOf("/invite", token)
	if err != nil {
		return "", err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := replaceInvitation(ctx, tx, l.accountID, l.email); err != nil {
			return err
		}
		n, err := countInvitations(ctx, tx, l.accountID)
		if err != nil {
			return err
		}
		if n >= maxInvitations {
			return fault.Newf(fault.Conflict, "%d invitations are waiting already: revoke some first.", n)
		}
		if l.id, err = insertLink(ctx, tx, l); err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, l, audit.Event{Action: "invitation.created"})
	})
	if err != nil {
		return "", err
	}
	s.mailInvitation(ctx, l, url)
	return url, nil
}

// fillInvitation checks an invitation and puts it into the link.
func (s *Service) fillInvitation(ctx context.Context, l *link, in Invitation) (err error) {
	if l.email, err = account.CheckEmail(in.Email); err != nil {
		return err
	}
	if in.Name != "" {
		if l.name, err = account.CheckName(in.Name); err != nil {
			return err
		}
	}
	if in.Role == bearer.NoRole {
		return fault.InvalidField("role", "The role field is required.")
	}
	if err := s.accounts.CheckPart(in.Role, in.Part); err != nil {
		return err
	}
	login, err := s.accounts.Login(ctx, l.email)
	if err != nil {
		return err
	}
	if login.UserID != 0 {
		if _, err := s.accounts.FindMember(ctx, in.AccountID, login.UserID); err == nil {
			return fault.InvalidField("email", "This person is a member already.")
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	l.accountID, l.role, l.part = in.AccountID, in.Role, in.Part
	if p := bearer.CallerOf(ctx); p != nil {
		l.madeBy = p.User.ID
	}
	return nil
}

func (s *Service) recordInvitation(ctx context.Context, tx *store.Tx, l *link, e audit.Event) error {
	e.AccountID, e.Subject, e.SubjectName = l.accountID, "invitation:"+strconv.FormatInt(l.id, 10), l.email
	e.Detail = map[string]string{"role": l.role.String()}
	return s.log.Record(ctx, tx, e)
}

func (s *Service) mailInvitation(ctx context.Context, l *link, url string) {
	if s.opt.Mail == nil {
		return
	}
	name := "an account"
	if a, err := s.accounts.Find(ctx, l.accountID); err == nil {
		name = a.Name
	}
	s.later(s.letter(l.email, "Invitation to "+name, fmt.Sprintf(`Hello,

you are invited to %s on Yipii. This link lets you in; it works once, until %s:

%s

If you did not expect it, do nothing.
`, name, l.expires.Format("2 January 2006 15:04 MST"), url)))
}

// Invitations lists an account's invitations that wait, oldest first.
func (s *Service) Invitations(ctx context.Context, accountID int64) ([]Invitation, error) {
	links, err := s.listInvitations(ctx, accountID, s.opt.Now().UnixMilli())
	out := make([]Invitation, len(links))
	for i, l := range links {
		out[i] = Invitation{ID: l.id, AccountID: l.accountID, Email: l.email, Name: l.name, Role: l.role, Part: l.part,
			MadeBy: l.madeBy, CreatedAt: l.created, ExpiresAt: l.expires}
	}
	return out, err
}

// RevokeInvitation makes the link of one of the account's invitations worthless.
func (s *Service) RevokeInvitation(ctx context.Context, accountID, id int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		l, err := takeInvitation(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, l, audit.Event{Action: "invitation.revoked"})
	})
}

// Invited is what an invitation says to who has its link.
type Invited struct {
	AccountName string
	AccountKey  string
	Email       string
	Name        string
	Role        bearer.Role
	ExpiresAt   time.Time
	// Known: the person can sign in already, and accepts by doing so. Else they choose a password.
	Known bool
	// Here: the caller is that person, signed in.
	Here bool
}

// Invited tells what a link is for, without using it up.
func (s *Service) Invited(ctx context.Context, token string) (Invited, error) {
	g, err := s.openInvitation(ctx, token)
	if err != nil {
		return Invited{}, err
	}
	name := g.name
	if g.login.Name != "" {
		name = g.login.Name
	}
	return Invited{AccountName: g.account.Name, AccountKey: g.account.Key, Email: g.email, Name: name, Role: g.role,
		ExpiresAt: g.expires, Known: g.known, Here: g.here(ctx)}, nil
}

// guest is an invitation with what is known of the account and the person.
type guest struct {
	*link
	account account.Account
	login   account.Login // UserID 0: there is no such user
	known   bool          // they can sign in
}

func (g *guest) here(ctx context.Context) bool {
	p := bearer.CallerOf(ctx)
	return p != nil && p.User.ID == g.login.UserID
}

// openInvitation finds the invitation of a token. A suspended account asks nobody in, and a suspended person can't come.
func (s *Service) openInvitation(ctx context.Context, token string) (*guest, error) {
	l, err := s.openLink(ctx, invitation, token)
	if err != nil {
		return nil, err
	}
	g := &guest{link: l}
	if g.account, err = s.accounts.Find(ctx, l.accountID); err != nil {
		return nil, err
	}
	if g.login, err = s.accounts.Login(ctx, l.email); err != nil {
		return nil, err
	}
	if g.account.Suspended || g.login.Suspended {
		return nil, errLink
	}
	if g.login.UserID != 0 {
		has, err := s.factors(ctx, g.login.UserID)
		if err != nil {
			return nil, err
		}
		g.known = g.login.PasswordHash != "" || has.Passkeys > 0
	}
	return g, nil
}

// AcceptInvitation makes the person a member. Who can't sign in yet chooses name and password here, and is signed in; who
// can must be the caller, and the result has no session.
func (s *Service) AcceptInvitation(ctx context.Context, token, name, password string) (Result, error) {
	g, err := s.openInvitation(ctx, token)
	if err != nil {
		return Result{}, err
	}
	if g.known {
		if !g.here(ctx) {
			return Result{}, fault.Newf(fault.Unauthenticated, "Sign in as %s to accept the invitation.", g.email)
		}
		return Result{User: bearer.CallerOf(ctx).User}, s.join(ctx, g, g.login.Name, "")
	}
	if name, err = account.CheckName(name); err != nil {
		return Result{}, err
	}
	if err := checkNewPassword("password", password, g.email); err != nil {
		return Result{}, err
	}
	hash, err := s.hashing.hash(ctx, password)
	if err != nil {
		return Result{}, err
	}
	if err := s.join(ctx, g, name, hash); err != nil {
		return Result{}, err
	}
	login, err := s.accounts.Login(ctx, g.email)
	if err != nil {
		return Result{}, err
	}
	user, err := s.person(ctx, login.UserID)
	if err != nil {
		return Result{}, err
	}
	return s.enter(ctx, login, user, "invitation", Factors{})
}

// join uses the invitation up. Of two who do it at once, one wins.
func (s *Service) join(ctx context.Context, g *guest, name, hash string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := takeInvitation(ctx, tx, g.accountID, g.id); err != nil {
			return errLink
		}
		if g.login.UserID != 0 {
			if err := s.checkGuest(ctx, tx, g, hash != ""); err != nil {
				return err
			}
		}
		if err := s.recordInvitation(ctx, tx, g.link, audit.Event{Action: "invitation.accepted", UserID: g.login.UserID, UserName: name}); err != nil {
			return err
		}
		userID, err := s.accounts.Join(ctx, tx, g.accountID, name, g.email, g.role, g.part)
		if err != nil || hash == "" {
			return err
		}
		if err := s.accounts.SetName(ctx, tx, userID, name); err != nil {
			return err
		}
		return s.accounts.SetPassword(ctx, tx, userID, hash)
	})
}

// checkGuest refuses to set the password of somebody who is in another account: the link was in the hands of this
// account's admins, who could become that person there.
func (s *Service) checkGuest(ctx context.Context, tx *store.Tx, g *guest, setsPassword bool) error {
	same, err := s.accounts.LockLogin(ctx, tx, g.login)
	if err != nil {
		return err
	}
	role, others, err := s.accounts.RoleIn(ctx, tx, g.accountID, g.login.UserID)
	switch {
	case err != nil:
		return err
	case !same:
		return errLink
	case role != bearer.NoRole && !setsPassword:
		return fault.New(fault.Conflict, "You are a member of this account already.")
	case setsPassword && others > 0:
		return fault.New(fault.Conflict, "You are in another account without a password: ask the operator for a link to set one, then sign in and accept.")
	}
	return nil
}
