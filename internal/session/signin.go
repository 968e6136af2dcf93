package session

import (
	"context"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Result is a sign-in that went well, perhaps only the half of it.
type Result struct {
	Cookie    string // for SetCookie; "" where no session was made
	User      *bearer.User
	SessionID int64
	Half      bool // a second factor is still asked for:
	TOTP      bool // a one-time code will do
	Passkey   bool // a passkey will do
	Recovery  bool // a recovery code will do
}

// Refusals of a sign-in. An unknown address, a wrong password and a suspended person are all errWrong.
var (
	errWrong      = fault.New(fault.Unauthenticated, "The e-mail address or the password is wrong.")
	errWrongCode  = fault.New(fault.Unauthenticated, "The code is wrong, or was used before.")
	errStartAgain = &fault.Error{Kind: fault.Unauthenticated, Message: "Sign in again.", Code: "start_again"}
)

// StartAgain reports whether a second factor's fault means that the sign-in has to begin anew.
func StartAgain(err error) bool {
	return fault.Is(err, fault.Unauthenticated) && fault.As(err).Code == "start_again"
}

// fold is how an e-mail address is stored and counted; one that can't be an address stays what it is.
func fold(email string) string {
	email = strings.ToLower(strings.TrimSpace(email))
	return email[:min(len(email), 254)]
}

// SignIn checks an e-mail address and a password. Who has a second factor gets half a session, which VerifyTOTP,
// VerifyRecoveryCode or FinishPasskey make whole. The faults are Unauthenticated, alike for an unknown address and a
// wrong password; TooMany; and Unavailable while too many others sign in.
func (s *Service) SignIn(ctx context.Context, email, password string) (Result, error) {
	email = fold(email)
	if err := s.throttle.signIn(ctx, email, s.opt.Now()); err != nil {
		return Result{}, err
	}
	login, err := s.accounts.Login(ctx, email)
	if err != nil {
		return Result{}, err
	}
	right, err := s.hashing.verify(ctx, password, login.PasswordHash)
	if err != nil {
		return Result{}, err
	}
	user, err := s.accounts.User(ctx, login.UserID) // asked for nobody too, so that it takes as long
	if err != nil {
		return Result{}, err
	}
	if !right || login.Suspended || user == nil {
		s.refuse(ctx, user, "password")
		return Result{}, errWrong
	}
	return s.afterPassword(ctx, login, user)
}

// afterPassword opens the session of who knew the password, half of one where a second factor is asked for.
func (s *Service) afterPassword(ctx context.Context, login account.Login, user *bearer.User) (Result, error) {
	has, err := s.factors(ctx, user.ID)
	if err != nil {
		return Result{}, err
	}
	return s.enter(ctx, login, user, "password", has)
}

// enter opens a session unless the person's password or standing changed since login was read.
func (s *Service) enter(ctx context.Context, login account.Login, user *bearer.User, how string, has Factors) (res Result, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		same, err := s.accounts.LockLogin(ctx, tx, login)
		if err == nil && !same {
			err = errWrong
		}
		if err != nil {
			return err
		}
		res, err = s.open(ctx, tx, user, how, has.Second())
		return err
	})
	res.TOTP, res.Passkey, res.Recovery = has.TOTP, has.Passkeys > 0 && s.passkeys != nil, has.RecoveryCodes > 0
	return res, err
}

// refuse tells of a sign-in that didn't go through. user is nil where nobody is known by that name; the name that was
// typed is not told, because it may be a password in the wrong field.
func (s *Service) refuse(ctx context.Context, user *bearer.User, what string) {
	from := s.place(ctx)
	e := audit.Event{Action: "session.refused", IP: from.ip, UserAgent: from.userAgent, Detail: map[string]string{"reason": what}}
	if user != nil {
		e.Subject, e.SubjectName = bearer.UserSubject(user.ID), user.Email
	}
	for _, accountID := range accountsOf(user) {
		e.AccountID = accountID
		s.opt.Refused(ctx, e)
	}
}

// person returns a user who exists and isn't suspended.
func (s *Service) person(ctx context.Context, userID int64) (*bearer.User, error) {
	user, err := s.accounts.User(ctx, userID)
	if err == nil && user == nil {
		err = fault.Missing("User")
	}
	return user, err
}

// self is who calls and the id of the session that they call from.
func (s *Service) self(ctx context.Context) (*bearer.User, int64, error) {
	p := bearer.CallerOf(ctx)
	if p == nil {
		return nil, 0, errSignedOut
	}
	text, ok := strings.CutPrefix(p.ID, bearer.SessionNamePrefix)
	id, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return nil, 0, errSignedOut // a program's credential may not change how a person signs in
	}
	return p.User, id, nil
}

// errProve asks a person to show again who they are.
var errProve = &fault.Error{Kind: fault.Forbidden, Message: "Show once more that it is you.", Code: "prove"}

// NeedsProof reports whether the fault means that the person has to show again who they are: by Prove, or by signing in.
func NeedsProof(err error) bool {
	return fault.Is(err, fault.Forbidden) && fault.As(err).Code == "prove"
}

// IsFresh reports whether the caller may make sensitive changes without showing again who they are.
func (s *Service) IsFresh(ctx context.Context) (bool, error) {
	_, _, err := s.fresh(ctx)
	if NeedsProof(err) {
		return false, nil
	}
	return err == nil, err
}

// fresh is self for what only somebody may do who has just shown who they are. It asks the database, so that it knows at
// once what another node has learned.
func (s *Service) fresh(ctx context.Context) (*bearer.User, int64, error) {
	user, id, err := s.self(ctx)
	if err != nil {
		return nil, 0, err
	}
	proved, err := s.provedAt(ctx, user.ID, id)
	switch {
	case err != nil:
		return nil, 0, err
	case s.opt.Now().UnixMilli()-proved >= freshFor.Milliseconds():
		return nil, 0, errProve
	}
	return user, id, nil
}

// Prove takes the caller's password as proof that it is them, for the next few minutes.
func (s *Service) Prove(ctx context.Context, password string) error {
	user, id, err := s.self(ctx)
	if err != nil {
		return err
	}
	if err := s.checkPassword(ctx, user, password); err != nil {
		return err
	}
	return s.change(ctx, user.ID, func(tx *store.Tx, _ *bearer.User) error {
		return updateProved(ctx, tx, user.ID, id, s.moment().UnixMilli())
	})
}

// checkPassword refuses a password that isn't the user's own.
func (s *Service) checkPassword(ctx context.Context, user *bearer.User, password string) error {
	if err := s.throttle.ofUser(s.throttle.proof, user.ID, s.opt.Now()); err != nil {
		return err
	}
	login, err := s.accounts.LoginOf(ctx, user.ID)
	if err != nil {
		return err
	}
	right, err := s.hashing.verify(ctx, password, login.PasswordHash)
	if err == nil && !right {
		s.refuse(ctx, user, "password")
		err = fault.InvalidField("current_password", "The password is wrong.")
	}
	return err
}
