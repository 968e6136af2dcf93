package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Passkey is one of a user's passkeys.
type Passkey struct {
	ID        int64
	Name      string
	Synced    bool // it is on more than one device
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
}

// storedPasskey is a passkey with what WebAuthn keeps of it.
type storedPasskey struct {
	Passkey
	record webauthn.Credential
}

// maxPasskeys bounds those of one user.
const maxPasskeys = 20

// BeginPasskey asks the browser for a passkey: options is what navigator.credentials.get takes, as JSON, and state is for
// SetCeremony. With the cookie of half a session it asks for one of that person's as second factor; else for any that was
// made for this server and verifies its user, which is enough alone.
func (s *Service) BeginPasskey(ctx context.Context, cookie string) (options []byte, state string, err error) {
	if s.passkeys == nil {
		return nil, "", errNoPasskeys
	}
	half, err := s.find(ctx, cookie)
	if err != nil {
		return nil, "", err
	}
	var asked *protocol.CredentialAssertion
	var data *webauthn.SessionData
	kind, sessionID := signingIn, int64(0)
	if half != nil && half.half {
		kind, sessionID = comingAfter, half.id
		h, err := s.holderOf(ctx, half.userID)
		if err != nil {
			return nil, "", err
		}
		if len(h.keys) == 0 {
			return nil, "", fault.New(fault.Conflict, "There is no passkey: use another second factor.")
		}
		if asked, data, err = s.passkeys.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationPreferred)); err != nil {
			return nil, "", err
		}
	} else if asked, data, err = s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired)); err != nil {
		return nil, "", err
	}
	return s.begun(asked, kind, sessionID, data)
}

func (s *Service) begun(asked any, kind string, sessionID int64, data *webauthn.SessionData) (options []byte, state string, err error) {
	if options, err = json.Marshal(asked); err != nil {
		return nil, "", err
	}
	state, err = s.seal(kind, sessionID, data)
	return options, state, err
}

// FinishPasskey takes the browser's answer to BeginPasskey and signs in. answer is the credential as JSON.
func (s *Service) FinishPasskey(ctx context.Context, cookie, state string, answer []byte) (Result, error) {
	if s.passkeys == nil {
		return Result{}, errNoPasskeys
	}
	if err := take(s.throttle.passkey, networkOf(ctx), s.opt.Now()); err != nil {
		return Result{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Result{}, refusedPasskey(err)
	}
	if c, err := s.unseal(signingIn, state); err == nil {
		return s.finishAlone(ctx, c, parsed)
	}
	c, err := s.unseal(comingAfter, state)
	if err != nil {
		return Result{}, err
	}
	return s.finishSecond(ctx, cookie, c, parsed)
}

// finishAlone signs in whoever the passkey belongs to.
func (s *Service) finishAlone(ctx context.Context, c *ceremony, parsed *protocol.ParsedCredentialAssertionData) (res Result, err error) {
	var h *holder
	find := func(id, handle []byte) (webauthn.User, error) {
		owner, err := s.passkeyOwner(ctx, id)
		if err == nil {
			h, err = s.holderOf(ctx, owner)
		}
		if err == nil && !bytes.Equal(h.handle, handle) {
			err = errors.New("the passkey is another user's")
		}
		return h, err
	}
	_, used, err := s.passkeys.ValidatePasskeyLogin(find, c.Data, parsed)
	if err == nil && used.Authenticator.CloneWarning {
		err = errors.New("its counter went back: there may be a copy of it")
	}
	if err != nil {
		s.refuse(ctx, nil, "passkey")
		return Result{}, refusedPasskey(err)
	}
	login, user, err := s.loginOf(ctx, h.login.UserID)
	if err != nil {
		return Result{}, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		same, err := s.accounts.LockLogin(ctx, tx, login)
		if err == nil && !same {
			err = errStartAgain
		}
		if err == nil {
			err = s.answered(ctx, tx, c, login.UserID, used)
		}
		if err != nil {
			return err
		}
		res, err = s.open(ctx, tx, user, "passkey", false)
		return err
	})
	return res, err
}

// finishSecond makes half a session whole.
func (s *Service) finishSecond(ctx context.Context, cookie string, c *ceremony, parsed *protocol.ParsedCredentialAssertionData) (Result, error) {
	half, login, user, err := s.halfOf(ctx, cookie)
	if err != nil {
		return Result{}, err
	}
	h, err := s.holderOf(ctx, user.ID)
	if err != nil {
		return Result{}, err
	}
	if c.SessionID != half.id {
		return Result{}, errCeremony
	}
	c.Data.AllowedCredentialIDs = h.ids()
	used, err := s.passkeys.ValidateLogin(h, c.Data, parsed)
	if err == nil && used.Authenticator.CloneWarning {
		err = errors.New("its counter went back: there may be a copy of it")
	}
	if err != nil {
		s.refuse(ctx, user, "passkey")
		return Result{}, refusedPasskey(err)
	}
	return s.makeWhole(ctx, half, login, user, "passkey", func(tx *store.Tx) (bool, error) {
		return true, s.answered(ctx, tx, c, user.ID, used)
	})
}

// answered notes that a passkey was used and that its challenge is worth nothing any more.
func (s *Service) answered(ctx context.Context, tx *store.Tx, c *ceremony, userID int64, used *webauthn.Credential) error {
	first, err := insertAnswered(ctx, tx, c.mark(), c.Expires)
	if err != nil {
		return err
	}
	if !first {
		return errCeremony
	}
	return updatePasskey(ctx, tx, userID, used, s.moment().UnixMilli())
}

// BeginPasskeyRegistration asks the browser to make a passkey for the caller: options is what
// navigator.credentials.create takes, as JSON, and state is for SetCeremony.
func (s *Service) BeginPasskeyRegistration(ctx context.Context) (options []byte, state string, err error) {
	if s.passkeys == nil {
		return nil, "", errNoPasskeys
	}
	user, sessionID, err := s.fresh(ctx)
	if err != nil {
		return nil, "", err
	}
	h, err := s.holderOf(ctx, user.ID)
	if err != nil {
		return nil, "", err
	}
	if len(h.keys) >= maxPasskeys {
		return nil, "", fault.Newf(fault.Conflict, "There are %d passkeys already: delete one first.", maxPasskeys)
	}
	asked, data, err := s.passkeys.BeginRegistration(h, webauthn.WithExclusions(h.descriptors()))
	if err != nil {
		return nil, "", err
	}
	return s.begun(asked, registering, sessionID, data)
}

// FinishPasskeyRegistration takes the browser's answer and keeps the passkey. It returns recovery codes where the caller
// has none yet.
func (s *Service) FinishPasskeyRegistration(ctx context.Context, state, name string, answer []byte) (Passkey, []string, error) {
	made, err := s.finishRegistration(ctx, state, answer)
	if err != nil {
		return Passkey{}, nil, err
	}
	if made.Name, err = passkeyName(name); err != nil {
		return Passkey{}, nil, err
	}
	made.CreatedAt = s.moment()
	var codes []string
	err = s.change(ctx, made.userID, func(tx *store.Tx, user *bearer.User) error {
		first, err := insertAnswered(ctx, tx, made.ceremony.mark(), made.ceremony.Expires)
		if err == nil && !first {
			err = errCeremony
		}
		if err != nil {
			return err
		}
		if made.ID, err = insertPasskey(ctx, tx, user.ID, made.storedPasskey); err != nil {
			if store.IsDuplicate(err) {
				err = fault.New(fault.Conflict, "This passkey is registered already.")
			}
			return err
		}
		if codes, err = s.firstCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.passkey_added", Detail: map[string]string{"name": made.Name}})
	})
	return made.Passkey, codes, err
}

// registration is a passkey that was made, before it is kept.
type registration struct {
	storedPasskey
	userID   int64
	ceremony *ceremony
}

// finishRegistration checks the answer of a browser that made a passkey.
func (s *Service) finishRegistration(ctx context.Context, state string, answer []byte) (*registration, error) {
	if s.passkeys == nil {
		return nil, errNoPasskeys
	}
	user, sessionID, err := s.self(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.unseal(registering, state)
	if err != nil || c.SessionID != sessionID {
		return nil, errCeremony
	}
	h, err := s.holderOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, refusedPasskey(err)
	}
	record, err := s.passkeys.CreateCredential(h, c.Data, parsed)
	if err != nil {
		return nil, refusedPasskey(err)
	}
	record.Attestation = webauthn.CredentialAttestation{} // large, and nothing asks for it again
	return &registration{storedPasskey{Passkey{Synced: record.Flags.BackupState}, *record}, user.ID, c}, nil
}

// Passkeys lists a user's passkeys, oldest first.
func (s *Service) Passkeys(ctx context.Context, userID int64) ([]Passkey, error) {
	stored, err := s.loadPasskeys(ctx, userID)
	out := make([]Passkey, len(stored))
	for i, k := range stored {
		out[i] = k.Passkey
	}
	return out, err
}

// RenamePasskey gives one of the caller's passkeys another name.
func (s *Service) RenamePasskey(ctx context.Context, id int64, name string) error {
	user, _, err := s.self(ctx)
	if err != nil {
		return err
	}
	if name, err = account.CheckName(name); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return renamePasskey(ctx, tx, user.ID, id, name) })
}

// DeletePasskey makes one of the caller's passkeys worthless. The last one stays while there is no password.
func (s *Service) DeletePasskey(ctx context.Context, id int64) error {
	user, _, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	has, err := s.Factors(ctx, user.ID)
	if err != nil {
		return err
	}
	if !has.Password && has.Passkeys <= 1 {
		return fault.New(fault.Conflict, "This passkey is the only way to sign in: set a password first.")
	}
	return s.change(ctx, user.ID, func(tx *store.Tx, user *bearer.User) error {
		name, err := deletePasskey(ctx, tx, user.ID, id)
		if err != nil {
			return err
		}
		if err := deleteUselessCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, user, audit.Event{Action: "user.passkey_deleted", Detail: map[string]string{"name": name}})
	})
}
