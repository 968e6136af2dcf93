package account

import (
	"context"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Member is a user with a role in an account.
type Member struct {
	UserID    int64
	Name      string
	Email     string
	Suspended bool // in every account
	Role      bearer.Role
	Part      *bearer.Part // of the assets; nil: all
	Since     time.Time
}

// AddMember gives the person with this address a role in the account, making the user where there is none, and
// changes the role of one who is a member. It returns the user's id.
func (s *Service) AddMember(ctx context.Context, accountID int64, name, email string, role bearer.Role) (int64, error) {
	var id int64
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		id, err = s.Join(ctx, tx, accountID, name, email, role, nil)
		return err
	})
	return id, err
}

// Join is AddMember inside another room's transaction, such as that of an invitation that is accepted. It announces: what
// else the transaction records must come before.
func (s *Service) Join(ctx context.Context, tx *store.Tx, accountID int64, name, email string, role bearer.Role, part *bearer.Part) (int64, error) {
	u, err := newUser(name, email, "")
	if err != nil {
		return 0, err
	}
	if err := lockAccount(ctx, tx, accountID); err != nil {
		return 0, err
	}
	if u.id, err = upsertUser(ctx, tx, u, s.db.Now()); err != nil {
		return 0, err
	}
	return u.id, s.setRole(ctx, tx, accountID, u.id, role, part)
}

// SetRole changes a member's role and the part of the assets that they see. An account keeps an admin.
func (s *Service) SetRole(ctx context.Context, accountID, userID int64, role bearer.Role, part *bearer.Part) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockAccount(ctx, tx, accountID); err != nil {
			return err
		}
		if before, _, err := findMembership(ctx, tx, accountID, userID); err != nil || before == bearer.NoRole {
			return orMissing(err)
		}
		return s.setRole(ctx, tx, accountID, userID, role, part)
	})
}

func orMissing(err error) error {
	if err != nil {
		return err
	}
	return fault.Missing("Member")
}

// setRole writes a role, the log's line and the notice. The account is locked.
func (s *Service) setRole(ctx context.Context, tx *store.Tx, accountID, userID int64, role bearer.Role, part *bearer.Part) error {
	text, err := s.checkPart(role, part)
	if err != nil {
		return err
	}
	before, partBefore, err := findMembership(ctx, tx, accountID, userID)
	if err != nil {
		return err
	}
	if before == role && partBefore == text {
		return nil
	}
	if before == bearer.Admin && role != bearer.Admin {
		if err := s.keepAdmin(ctx, tx, accountID, userID); err != nil {
			return err
		}
	}
	e := audit.Event{AccountID: accountID, Action: "member.role_changed", Detail: map[string]string{"role": role.String()}}
	if before == bearer.NoRole {
		e.Action = "member.added"
	} else {
		e.Detail["before"] = before.String()
	}
	if text != "" {
		e.Detail["limited_to"] = text
	}
	if err := upsertMembership(ctx, tx, accountID, userID, role, text, s.db.Now()); err != nil {
		return err
	}
	return s.recordMember(ctx, tx, userID, e)
}

// recordMember writes the log's line of a change of a member, and announces the change.
func (s *Service) recordMember(ctx context.Context, tx *store.Tx, userID int64, e audit.Event) error {
	email, err := emailOf(ctx, tx, userID)
	if err != nil {
		return err
	}
	e.Subject, e.SubjectName = bearer.UserSubject(userID), email
	if err := s.log.Record(ctx, tx, e); err != nil {
		return err
	}
	return announceUser(ctx, tx, userID)
}

// keepAdmin refuses to take the role of the last admin who can act.
func (s *Service) keepAdmin(ctx context.Context, tx *store.Tx, accountID, userID int64) error {
	n, err := countAdmins(ctx, tx, accountID, userID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "The account needs an admin: make somebody else one first.")
	}
	return err
}

// Bounds of a Part.
const (
	maxPartGroups = 100
	maxPartAssets = 1000
)

// checkPart refuses a limit that can't be, and returns it as it is stored.
func (s *Service) checkPart(role bearer.Role, part *bearer.Part) (string, error) {
	if part == nil {
		return "", nil
	}
	switch {
	case role == bearer.Admin:
		return "", fault.InvalidField("limited_to", "An admin can't be limited to some of the assets.")
	case len(part.Groups) > maxPartGroups || len(part.Assets) > maxPartAssets:
		return "", fault.InvalidField("limited_to", "A member can be limited to at most 100 groups and 1,000 assets.")
	}
	for _, group := range part.Groups {
		if strings.TrimSpace(group) == "" || len([]rune(group)) > 100 {
			return "", fault.InvalidField("limited_to", "The name of a group must be 1 to 100 characters.")
		}
	}
	return partText(part)
}

// RemoveMember takes a user's role in the account away. Their credentials made there die with it.
func (s *Service) RemoveMember(ctx context.Context, accountID, userID int64) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockAccount(ctx, tx, accountID); err != nil {
			return err
		}
		role, _, err := findMembership(ctx, tx, accountID, userID)
		if err != nil || role == bearer.NoRole {
			return orMissing(err)
		}
		if role == bearer.Admin {
			if err := s.keepAdmin(ctx, tx, accountID, userID); err != nil {
				return err
			}
		}
		if err := deleteMembership(ctx, tx, accountID, userID); err != nil {
			return err
		}
		return s.recordMember(ctx, tx, userID, audit.Event{AccountID: accountID, Action: "member.removed", Detail: map[string]string{"role": role.String()}})
	})
}
