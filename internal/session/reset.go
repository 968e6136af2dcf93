package session

import (
	"context"
	"fmt"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// CanMail reports whether RequestReset has a way to reach anybody.
func (s *Service) CanMail() bool { return s.opt.Mail != nil }

// ResetLink makes a one-time link that lets its reader choose a new password, for the operator to hand out. Older ones
// are worth nothing then.
func (s *Service) ResetLink(ctx context.Context, userID int64) (string, error) {
	return s.resetLink(ctx, userID, audit.Event{Detail: map[string]string{"by": "operator"}})
}

func (s *Service) resetLink(ctx context.Context, userID int64, e audit.Event) (string, error) {
	l, token := s.newLink(reset, resetLifetime)
	url, err := s.urlOf("/reset", token)
	if err != nil {
		return "", err
	}
	user, err := s.person(ctx, userID)
	if err != nil {
		return "", err
	}
	if user.Suspended {
		return "", fault.New(fault.Conflict, "The user is suspended: let them go on first.")
	}
	l.userID, l.email = userID, user.Email
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := deleteResets(ctx, tx, userID); err != nil {
			return err
		}
		if l.id, err = insertLink(ctx, tx, l); err != nil {
			return err
		}
		e.Action = "password_reset.requested"
		return s.record(ctx, tx, user, e)
	})
	return url, err
}

// RequestReset mails a link to reset the password to this address, if somebody has it. It does so after it returns, so
// that an unknown address looks and lasts the same. Without a mail server it is a Conflict.
func (s *Service) RequestReset(ctx context.Context, email string) error {
	if s.opt.Mail == nil {
		return fault.New(fault.Conflict, "This server sends no mail: ask the person who runs it for a link to set a new password.")
	}
	email = fold(email)
	if err := take(s.throttle.letters, networkOf(ctx), s.opt.Now()); err != nil {
		return err
	}
	if err := take(s.throttle.reset, email, s.opt.Now()); err != nil {
		return err
	}
	request := requestOf(ctx)
	s.later(func(ctx context.Context) error { return s.mailReset(request(ctx), email) })
	return nil
}

// mailReset mails a link to who has this address.
func (s *Service) mailReset(ctx context.Context, email string) error {
	login, err := s.accounts.Login(ctx, email)
	if err != nil || login.UserID == 0 || login.Suspended {
		return err
	}
	url, err := s.resetLink(ctx, login.UserID, audit.Event{UserName: "somebody", Detail: map[string]string{"by": "mail"}})
	if err != nil {
		return err
	}
	return s.opt.Mail.Send(ctx, login.Email, "A new password for Yipii", fmt.Sprintf(`Hello %s,

somebody, probably you, asked for a new password. This link lets you choose one; it works once, for an hour:

%s

If it was not you, do nothing: the old password goes on working.
`, login.Name, url))
}

// ResetFor tells whose password a link resets, without using it up.
func (s *Service) ResetFor(ctx context.Context, token string) (email string, err error) {
	l, err := s.openLink(ctx, reset, token)
	if err != nil {
		return "", err
	}
	return l.email, nil
}

// ResetPassword gives the person a new password, and ends all of their sessions. It signs nobody in: a second factor is
// still asked for.
func (s *Service) ResetPassword(ctx context.Context, token, password string) error {
	l, err := s.openLink(ctx, reset, token)
	if err != nil {
		return err
	}
	if err := checkNewPassword("password", password, l.email); err != nil {
		return err
	}
	hash, err := s.hashing.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.change(ctx, l.userID, func(tx *store.Tx, user *bearer.User) error {
		used, err := takeReset(ctx, tx, l.hash)
		if err == nil && !used {
			err = errLink
		}
		if err != nil {
			return err
		}
		if err := s.setPassword(ctx, tx, user, hash, 0); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.password_reset"})
	})
}

// DropSecondFactors takes all second factors of a user away, passkeys too, and signs them out: for the operator, where
// somebody has lost all of them.
func (s *Service) DropSecondFactors(ctx context.Context, userID int64) error {
	return s.change(ctx, userID, func(tx *store.Tx, user *bearer.User) error {
		if err := deleteFactors(ctx, tx, user.ID); err != nil {
			return err
		}
		if _, err := deleteSessions(ctx, tx, user.ID, 0); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.second_factors_dropped"})
	})
}
