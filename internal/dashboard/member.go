package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/session"
)

// members is the page of an account's people, and of those who are invited.
type members struct {
	frame
	Now         time.Time
	Members     []account.Member
	Invitations []session.Invitation
}

func (s *Service) serveMembers(w http.ResponseWriter, r *http.Request) error {
	ctx, accountID := r.Context(), bearer.AccountID(r.Context())
	page := members{frame: s.frame(r, "member", "Members"), Now: s.Now()}
	var err error
	if page.Members, err = s.Accounts.Members(ctx, accountID); err != nil {
		return err
	}
	if page.Invitations, err = s.Sessions.Invitations(ctx, accountID); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, membersPage(page))
}

// memberForm is the page on which a person is invited, or a member's role changed.
type memberForm struct {
	frame
	form
	Member *account.Member // nil: somebody is invited
}

func (memberForm) fields() []string { return []string{"email", "name", "role", "limited_to"} }

// roles are what a member can be.
func roles() []option {
	return []option{
		{"viewer", "Viewer", "Reads, and has API keys of their own."},
		{"manager", "Manager", "Changes assets and what belongs to them too."},
		{"admin", "Admin", "Does everything, with members, credentials and settings too."},
		{"driver", "Driver", "Sees own trips only, and none of these pages."},
	}
}

// role reads the chosen role.
func (f *form) role() bearer.Role {
	role, err := bearer.ParseRole(f.get("role"))
	if err != nil {
		f.refuse("role", "Choose a role.")
	}
	return role
}

// part reads what a member is limited to; nil is nothing.
func (f *form) part() *bearer.Part {
	if f.get("limit") != "yes" {
		return nil
	}
	part := &bearer.Part{}
	for line := range strings.Lines(f.values.Get("groups")) {
		if group := strings.TrimSpace(line); group != "" && !slices.Contains(part.Groups, group) {
			part.Groups = append(part.Groups, group)
		}
	}
	for word := range strings.FieldsFuncSeq(f.values.Get("assets"), func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }) {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil || id < 1 {
			f.refuse("limited_to", "Write assets as their numbers, such as 7, 12.")
			break
		}
		part.Assets = append(part.Assets, id)
	}
	if len(part.Groups) == 0 && len(part.Assets) == 0 {
		f.refuse("limited_to", "Name at least one group or asset, or don't limit the member.")
	}
	return part
}

// fillPart enters what a member is limited to.
func (f *form) fillPart(part *bearer.Part) {
	if part == nil {
		return
	}
	f.values.Set("limit", "yes")
	f.values.Set("groups", strings.Join(part.Groups, "\n"))
	var ids []string
	for _, id := range part.Assets {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	f.values.Set("assets", strings.Join(ids, ", "))
}

// partText says in a few words what a member sees.
func partText(part *bearer.Part) string {
	if part == nil {
		return "All assets"
	}
	var parts []string
	if len(part.Groups) > 0 {
		parts = append(parts, strings.Join(part.Groups, ", "))
	}
	if n := len(part.Assets); n > 0 {
		parts = append(parts, plural(n, "asset"))
	}
	return strings.Join(parts, " and ")
}

func (s *Service) serveAskInvite(w http.ResponseWriter, r *http.Request) error {
	page := memberForm{frame: s.frame(r, "member", "Invite somebody"), form: formWith("role", "viewer")}
	return s.show(w, r, http.StatusOK, inviteFormPage(page))
}

// invited is the page that shows an invitation's link, once: whoever has it can accept.
type invited struct {
	frame
	Email, Link string
	Mailed      bool
}

func (s *Service) serveInvite(w http.ResponseWriter, r *http.Request) error {
	page := memberForm{frame: s.frame(r, "member", "Invite somebody")}
	var err error
	if page.form, err = formOf(r); err != nil {
		return err
	}
	in := session.Invitation{AccountID: bearer.AccountID(r.Context()), Email: page.get("email"), Name: page.get("name"), Role: page.role(), Part: page.part()}
	if !page.bad() {
		link, err := s.Sessions.Invite(r.Context(), in)
		if err == nil {
			return s.show(w, r, http.StatusOK, invitedPage(invited{s.frame(r, "member", "Invited"), in.Email, link, s.Sessions.CanMail()}))
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, inviteFormPage(page))
}

func (s *Service) serveRevokeInvitation(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.Missing("Invitation")
	}
	if err := s.Sessions.RevokeInvitation(r.Context(), bearer.AccountID(r.Context()), id); err != nil {
		return err
	}
	return see(w, s.frame(r, "", "").in("member"))
}

// member finds the member that a path names.
func (s *Service) member(r *http.Request, title string) (memberForm, error) {
	page := memberForm{frame: s.frame(r, "member", title)}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return page, fault.Missing("Member")
	}
	found, err := s.Accounts.FindMember(r.Context(), bearer.AccountID(r.Context()), id)
	page.Member = &found
	return page, err
}

func (s *Service) serveMember(w http.ResponseWriter, r *http.Request) error {
	page, err := s.member(r, "")
	if err != nil {
		return err
	}
	page.Title = page.Member.Name
	page.form = formWith("role", page.Member.Role.String())
	page.fillPart(page.Member.Part)
	return s.show(w, r, http.StatusOK, memberPage(page))
}

func (s *Service) serveUpdateMember(w http.ResponseWriter, r *http.Request) error {
	page, err := s.member(r, "")
	if err != nil {
		return err
	}
	page.Title = page.Member.Name
	if page.form, err = formOf(r); err != nil {
		return err
	}
	role, part := page.role(), page.part()
	if !page.bad() {
		err := s.Accounts.SetRole(r.Context(), bearer.AccountID(r.Context()), page.Member.UserID, role, part)
		if err == nil {
			return see(w, page.in("member"))
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, memberPage(page))
}

func (s *Service) serveAskRemoveMember(w http.ResponseWriter, r *http.Request) error {
	page, err := s.member(r, "Remove this member?")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, removeMemberPage(page))
}

func (s *Service) serveRemoveMember(w http.ResponseWriter, r *http.Request) error {
	page, err := s.member(r, "Remove this member?")
	if err != nil {
		return err
	}
	err = s.Accounts.RemoveMember(r.Context(), bearer.AccountID(r.Context()), page.Member.UserID)
	if fault.Is(err, fault.Conflict) {
		page.message = fault.As(err).Message
		return s.show(w, r, http.StatusConflict, removeMemberPage(page))
	}
	if err != nil {
		return err
	}
	return see(w, page.in("member"))
}
