package session

import (
	"context"
	"errors"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
)

// maxFailures is how many codes half a session may try before the password is asked for again.
const maxFailures = 5

// Factors are what a user has beside a password.
type Factors struct {
	Password      bool
	TOTP          bool
	Passkeys      int
	RecoveryCodes int // that are left
}

// Second reports whether a password alone doesn't sign in.
func (f Factors) Second() bool { return f.TOTP || f.Passkeys > 0 }

// Factors tells what a user can sign in with.
func (s *Service) Factors(ctx context.Context, userID int64) (Factors, error) {
	has, err := s.factors(ctx, userID)
	if err != nil {
		return has, err
	}
	login, err := s.accounts.LoginOf(ctx, userID)
	has.Password = login.PasswordHash != ""
	return has, err
}

// Waiting tells what a half session waits for, and Half is false where the cookie is of no half session.
func (s *Service) Waiting(ctx context.Context, cookie string) (Result, error) {
	r, err := s.find(ctx, cookie)
	if err != nil || r == nil || !r.half {
		return Result{}, err
	}
	user, err := s.accounts.User(ctx, r.userID)
	if err != nil || user == nil {
		return Result{}, err
	}
	has, err := s.factors(ctx, r.userID)
	return Result{User: user, SessionID: r.id, Half: true, TOTP: has.TOTP, Passkey: has.Passkeys > 0 && s.passkeys != nil,
		Recovery: has.RecoveryCodes > 0}, err
}

// VerifyTOTP makes the half session of the cookie whole by a one-time code.
func (s *Service) VerifyTOTP(ctx context.Context, cookie, code string) (Result, error) {
	return s.second(ctx, cookie, "totp", func(tx *store.Tx, user *bearer.User) (bool, error) {
		return s.takeTOTP(ctx, tx, user.ID, code)
	})
}

// VerifyRecoveryCode makes the half session of the cookie whole by a recovery code, which is worth nothing then.
func (s *Service) VerifyRecoveryCode(ctx context.Context, cookie, code string) (Result, error) {
	return s.second(ctx, cookie, "recovery_code", func(tx *store.Tx, user *bearer.User) (bool, error) {
		return s.takeRecoveryCode(ctx, tx, user, code)
	})
}

// second makes a half session whole where check, which runs in the same transaction, says that the factor is right.
func (s *Service) second(ctx context.Context, cookie, factor string, check func(*store.Tx, *bearer.User) (bool, error)) (Result, error) {
	half, login, user, err := s.halfOf(ctx, cookie)
	if err != nil {
		return Result{}, err
	}
	if err := s.throttle.ofUser(s.throttle.factor, user.ID, s.opt.Now()); err != nil {
		return Result{}, err
	}
	// Counted before it is looked at, so that many at once are counted too.
	left := false
	err = s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if left, err = countFailure(ctx, tx, half.id); err == nil && !left {
			_, err = deleteOwn(ctx, tx, half.id)
		}
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if !left {
		s.sessions.Drop(half.hash)
		s.refuse(ctx, user, factor)
		return Result{}, errStartAgain
	}
	res, err := s.makeWhole(ctx, half, login, user, factor, func(tx *store.Tx) (bool, error) { return check(tx, user) })
	if errors.Is(err, errWrongCode) {
		s.refuse(ctx, user, factor)
	}
	return res, err
}

// halfOf finds the half session of a cookie and whose it is.
func (s *Service) halfOf(ctx context.Context, cookie string) (*record, account.Login, *bearer.User, error) {
	r, err := s.find(ctx, cookie)
	if err != nil {
		return nil, account.Login{}, nil, err
	}
	if r == nil || !r.half {
		return nil, account.Login{}, nil, errStartAgain
	}
	login, user, err := s.loginOf(ctx, r.userID)
	return r, login, user, err
}

// loginOf reads what is needed to sign a known user in.
func (s *Service) loginOf(ctx context.Context, userID int64) (account.Login, *bearer.User, error) {
	login, err := s.accounts.LoginOf(ctx, userID)
	if err != nil {
		return login, nil, err
	}
	user, err := s.accounts.User(ctx, userID)
	if err == nil && (user == nil || login.UserID == 0 || login.Suspended) {
		err = errStartAgain
	}
	return login, user, err
}

// makeWhole replaces half a session by a whole one with another cookie. Of two who do it at once, one wins.
func (s *Service) makeWhole(ctx context.Context, half *record, login account.Login, user *bearer.User, factor string, check func(*store.Tx) (bool, error)) (res Result, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		same, err := s.accounts.LockLogin(ctx, tx, login) // the user first, as everywhere, so that nobody waits in a circle
		if err != nil {
			return err
		}
		n, err := deleteOwn(ctx, tx, half.id)
		if err != nil {
			return err
		}
		if n == 0 || !same {
			return errStartAgain
		}
		right, err := check(tx)
		if err == nil && !right {
			err = errWrongCode // and the half session stays
		}
		if err != nil {
			return err
		}
		res, err = s.open(ctx, tx, user, half.how+"+"+factor, false)
		return err
	})
	if err == nil {
		s.sessions.Drop(half.hash)
	}
	return res, err
}
