package dashboard

import (
	"net/http"
	"regexp"
	"strconv"
	"testing"

	"github.com/yipii/yipii/internal/bearer"
)

func TestInvite(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusOK, s.ada, "/acme/member/invite", "email", "nora@example.com", "name", "Nora", "role", "manager",
		"limit", "yes", "groups", " North \r\n\r\nSouth\r\nNorth", "assets", "7, 12")
	link := regexp.MustCompile(publicURL + `/invite#[A-Za-z0-9_-]+`).FindString(page)
	if link == "" {
		t.Fatalf("no link: %s", textOf(page))
	}
	checkPage(t, "the link's page", page)
	page = s.want(http.StatusOK, s.ada, "/acme/member")
	s.sees(page, "nora@example.com", "North, South and 2 assets")
	s.not(page, link)
	list, err := s.pages.Sessions.Invitations(t.Context(), s.acme)
	s.must(err)
	if len(list) != 1 || list[0].Role != bearer.Manager || len(list[0].Part.Groups) != 2 || len(list[0].Part.Assets) != 2 {
		t.Fatalf("%+v", list)
	}
	s.want(http.StatusSeeOther, s.ada, "/acme/invitation/"+strconv.FormatInt(list[0].ID, 10)+"/revoke", "x", "")
	s.not(s.want(http.StatusOK, s.ada, "/acme/member"), "nora@example.com")
}

func TestInviteErrors(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusUnprocessableEntity, s.ada, "/acme/member/invite", "email", "nowhere", "role", "viewer")
	s.sees(page, `id="email-error"`, `value="nowhere"`)
	page = s.want(http.StatusUnprocessableEntity, s.ada, "/acme/member/invite", "email", "x@example.com", "role", "king", "limit", "yes", "assets", "seven")
	s.sees(page, "Choose a role.", "Write assets as their numbers", ">seven</textarea>")
	checkPage(t, "the form", page)
	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, "/acme/member/invite", "email", "x@example.com", "role", "viewer", "limit", "yes"), "Name at least one group or asset")
	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, "/acme/member/invite", "email", "vic@example.com", "role", "viewer"), "a member already")
}

func TestChangeMember(t *testing.T) {
	s := newSite(t)
	path := "/acme/member/" + strconv.FormatInt(s.vic, 10)
	s.sees(s.want(http.StatusOK, s.ada, path), "Vic Viewer", `value="viewer" checked`)
	s.want(http.StatusSeeOther, s.ada, path, "role", "manager", "limit", "yes", "groups", "North")
	s.sees(s.want(http.StatusOK, s.ada, path), `value="manager" checked`, ">North</textarea>")
	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, path, "role", "admin", "limit", "yes", "groups", "North"), "An admin can&#39;t be limited")
	s.sees(s.want(http.StatusOK, s.ada, path+"/remove"), "vic@example.com")
	s.want(http.StatusSeeOther, s.ada, path+"/remove", "x", "")
	s.want(http.StatusNotFound, s.ada, path)
}

// TestLastAdmin: the only admin can neither be removed nor made less.
func TestLastAdmin(t *testing.T) {
	s := newSite(t)
	path := "/acme/member/" + strconv.FormatInt(s.ada, 10)
	page := s.want(http.StatusConflict, s.ada, path+"/remove", "x", "")
	s.sees(page, "The account needs an admin")
	checkPage(t, "the refusal", page)
	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, path, "role", "viewer"), "The account needs an admin")
}
