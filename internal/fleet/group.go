package fleet

import (
	"context"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/web"
)

// GroupRenamed is called in the transaction that renames a group of an account, once it is done.
type GroupRenamed func(ctx context.Context, tx *store.Tx, accountID int64, from, to string) error

// Group is the record of a group of assets. Assets and the limits of members name it: its name is unique in the account, and
// what names it is renamed with it.
type Group struct {
	ID        int64     `json:"id" example:"3"`
	AccountID int64     `json:"-"`
	Name      string    `json:"name" example:"North depot"`
	Assets    int       `json:"assets" doc:"How many assets are in it." example:"12"`
	Version   int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// ListGroups returns one page of the account's groups and how many match in all; a limited member's own ones. It sorts by id,
// name, created_at or updated_at. search is part of the name.
func (s *Service) ListGroups(ctx context.Context, accountID int64, search string, page web.PageInput) ([]Group, int, error) {
	return s.store.listGroups(ctx, accountID, search, page)
}

// FindGroup returns one group. Unknown, another account's, or none of a limited member's: NotFound.
func (s *Service) FindGroup(ctx context.Context, accountID, id int64) (Group, error) {
	return s.store.findGroup(ctx, s.store.db.Read(), accountID, id, ``)
}

// CreateGroup makes an empty group. Who is limited to a part of the assets may not.
func (s *Service) CreateGroup(ctx context.Context, accountID int64, name string) (Group, error) {
	name, err := checkGroupName(name)
	if err == nil {
		err = unlimited(ctx, accountID)
	}
	if err != nil {
		return Group{}, err
	}
	return s.store.createGroup(ctx, accountID, name)
}

// RenameGroup renames a group wherever it is named: in its assets, in the limits of members and in invitations. Nobody sees
// more or less after it. A name that is taken, or that a limit names already, is Invalid; a group that isn't as the
// caller saw it any more, Stale. Who is limited to a part of the assets may not.
func (s *Service) RenameGroup(ctx context.Context, accountID, id int64, name string, seen web.Precondition) (Group, error) {
	name, err := checkGroupName(name)
	if err != nil {
		return Group{}, err
	}
	return s.store.renameGroup(ctx, accountID, id, name, seen, s.GroupRenamed)
}

// DeleteGroup deletes a group that has no assets; one that has is a Conflict. Limits of members that name it stay as they
// are: they show what is put into a group of that name again.
func (s *Service) DeleteGroup(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.store.deleteGroup(ctx, accountID, id, seen)
}

func checkGroupName(name string) (string, error) {
	name = strings.TrimSpace(name)
	message := textFault("name", name, maxGroup)
	if message == "" {
		message = nameFault(name)
	}
	if message != "" {
		return "", fault.InvalidField("name", message)
	}
	return name, nil
}

// unlimited refuses what concerns the whole account to a member who is limited to a part of its assets.
func unlimited(ctx context.Context, accountID int64) error {
	if bearer.PartOf(ctx, accountID) != nil {
		return fault.New(fault.Forbidden, "This action is unauthorized.")
	}
	return nil
}
