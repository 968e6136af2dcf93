package dashboard

import (
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/usage"
)

// secretIn finds a secret or key in a page.
func secretIn(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`\byips?_[0-9A-Za-z]{49}\b`).FindAllString(page, -1)
	if len(found) != 1 {
		t.Fatalf("the page shows %d secrets: %s", len(found), textOf(page))
	}
	return found[0]
}

// onlyClient is the account's one client.
func (s *site) onlyClient() *credential.Client {
	s.tb.Helper()
	clients, total, err := s.pages.Credentials.ClientsPage(s.tb.Context(), s.acme, 0, 10)
	s.must(err)
	if total != 1 {
		s.tb.Fatalf("there are %d clients", total)
	}
	return clients[0]
}

// used counts a use of a credential and writes it.
func (s *site) used(name, address, agent string) {
	s.tb.Helper()
	s.pages.Usage.Count(usage.Use{AccountID: s.acme, Credential: name, IP: netip.MustParseAddr(address), UserAgent: agent, At: s.now})
	s.must(s.pages.Usage.Flush(s.tb.Context()))
}

// TestSecretIsShownOnce: the answer that makes a client shows its secret and samples; no later page does.
func TestSecretIsShownOnce(t *testing.T) {
	s := newSite(t)
	last := s.now.AddDate(0, 1, 0).Format(time.DateOnly)
	page := s.want(http.StatusOK, s.ada, "/acme/client", "name", " Importer ", "scopes", "read:assets", "scopes", "write:positions",
		"token_lifetime", "3600", "expires_at", last, "allowed_networks", "203.0.113.7\r\n2001:db8::/32")
	secret, c := secretIn(t, page), s.onlyClient()
	s.sees(page, c.ID, publicURL+"/oauth/token", publicURL+"/api/acme/asset", "YIPII_CLIENT_SECRET")
	checkPage(t, "the secret's page", page)
	if c.Name != "Importer" || c.OwnerID != s.ada || c.MadeBy != "session:9" || c.TokenLifetime != time.Hour || c.Networks.String() != "203.0.113.7/32 2001:db8::/32" ||
		c.Scopes.String() != "read:assets write:positions" || dayOf(c.ExpiresAt) != last || !c.MayUse(credential.ClientCredentials) {
		t.Errorf("%+v", c)
	}
	if found, _, err := s.pages.Credentials.Authenticate(t.Context(), c.ID, secret); err != nil || found == nil {
		t.Errorf("the secret shown is not the client's: %v", err)
	}
	for _, path := range []string{"/acme/access", "/acme/client/" + c.ID, "/acme/client/" + c.ID + "/edit", "/acme/client/" + c.ID + "/rotate",
		"/acme/client/" + c.ID + "/revoke", "/acme/audit"} {
		s.not(s.want(http.StatusOK, s.ada, path), secret)
	}
}

// TestClientFormErrors: a wrong form comes back as it was filled in, with what is wrong at each field.
func TestClientFormErrors(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusUnprocessableEntity, s.ada, "/acme/client", "name", "Importer <1>", "scopes", "write:trips", "token_lifetime", "7",
		"expires_at", "tomorrow", "allowed_networks", "10.0.0.0/8\nhome")
	s.sees(page, `value="Importer &lt;1&gt;"`, `value="write:trips" checked`, `<option value="7" selected>7 seconds</option>`, "10.0.0.0/8\nhome",
		`id="expires_at-error"`, `aria-describedby="expires_at-hint expires_at-error"`, `aria-invalid="true"`, "&#34;home&#34; is not an address")
	checkPage(t, "the form", page)

	page = s.want(http.StatusUnprocessableEntity, s.ada, "/acme/client", "name", "  ", "scopes", "read:assets", "token_lifetime", "0", "expires_at", "2001-01-01")
	s.sees(page, `id="name-error"`)
	page = s.want(http.StatusUnprocessableEntity, s.ada, "/acme/client", "name", "X", "scopes", "read:everything", "token_lifetime", "soon")
	s.sees(page, "One of the scopes is unknown.", "Choose one of the lifetimes.")
	page = s.want(http.StatusUnprocessableEntity, s.ada, "/acme/client", "name", "X", "token_lifetime", "0")
	s.sees(page, "Choose at least one scope.")
	if _, total, _ := s.pages.Credentials.ClientsPage(t.Context(), s.acme, 0, 1); total != 0 {
		t.Errorf("%d clients were made", total)
	}
	s.want(http.StatusRequestEntityTooLarge, s.ada, "/acme/client", "name", strings.Repeat("x", 2<<20))
}

// TestTermsInForms: what the account asks of its credentials shows in the form, and is refused where it's broken.
func TestTermsInForms(t *testing.T) {
	s := newSite(t)
	s.must(s.pages.Accounts.Update(t.Context(), s.acme, account.Settings{Name: "Acme", Terms: bearer.Terms{RequireExpiry: true,
		MaxTokenLifetime: 24 * time.Hour, MaxKeyLifetime: 90 * 24 * time.Hour}}))
	page := s.want(http.StatusOK, s.ada, "/acme/client/new")
	s.sees(page, "The account asks for one.", "at most 1 day", `value="`+s.now.AddDate(1, 0, -1).Format("2006-01"))
	s.not(page, "30 days", "1 year")
	page = s.want(http.StatusUnprocessableEntity, s.ada, "/acme/client", "name", "X", "scopes", "read:assets", "token_lifetime", "0")
	s.sees(page, `id="expires_at-error"`)
	page = s.want(http.StatusOK, s.ada, "/acme/key/new")
	usual := s.now.Add(90*24*time.Hour).AddDate(0, 0, -1).Format(time.DateOnly)
	s.sees(page, "at most 90 days", `value="`+usual+`"`)
	s.want(http.StatusOK, s.ada, "/acme/key", "name", "X", "scopes", "read:assets", "expires_at", usual)
	s.want(http.StatusUnprocessableEntity, s.ada, "/acme/key", "name", "X", "scopes", "read:assets", "expires_at", s.now.AddDate(1, 0, 0).Format(time.DateOnly))
}

func TestChangeClient(t *testing.T) {
	s := newSite(t)
	c := s.client(s.acme, s.ada, "Importer")
	path := "/acme/client/" + c.ID
	s.sees(s.want(http.StatusOK, s.ada, path+"/edit"), `value="Importer"`, `value="manage:credentials" checked`)
	if answer := s.as(s.ada, path+"/edit", "name", "Exporter", "scopes", "read:trips", "token_lifetime", "86400", "allowed_networks", "10.0.0.1"); answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != path {
		t.Fatalf("%d %s", answer.Code, textOf(answer.Body.String()))
	}
	s.sees(s.want(http.StatusOK, s.ada, path), "Exporter", "read:trips", "1 day", "10.0.0.1/32")
	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, path+"/edit", "name", "", "scopes", "read:trips", "token_lifetime", "0"), `id="name-error"`)

	s.want(http.StatusSeeOther, s.ada, path+"/disable", "disabled", "yes")
	s.sees(s.want(http.StatusOK, s.ada, path), "The client is disabled", "Enable")
	s.want(http.StatusSeeOther, s.ada, path+"/disable", "disabled", "no")
	s.not(s.want(http.StatusOK, s.ada, path), "The client is disabled")

	s.want(http.StatusSeeOther, s.ada, path+"/revoke", "x", "")
	s.want(http.StatusNotFound, s.ada, path)
}

// TestChangeKeepsTheMoment: a client that expires within a day keeps its moment when something else is changed.
func TestChangeKeepsTheMoment(t *testing.T) {
	s := newSite(t)
	expires := s.now.Add(40 * time.Hour).Truncate(time.Minute)
	c, _, err := s.pages.Credentials.Create(t.Context(), credential.NewClient{AccountID: s.acme, OwnerID: s.ada, Name: "X", Scopes: 1, ExpiresAt: expires})
	s.must(err)
	s.want(http.StatusSeeOther, s.ada, "/acme/client/"+c.ID+"/edit", "name", "Y", "scopes", "read:assets", "token_lifetime", "0", "expires_at", dayOf(expires))
	if after := s.onlyClient(); !after.ExpiresAt.Equal(expires) || after.Name != "Y" {
		t.Errorf("%+v, want %v", after, expires)
	}
}

// TestRotation walks the three steps: a second secret, both in use, the old one deleted.
func TestRotation(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusOK, s.ada, "/acme/client", "name", "Importer", "scopes", "read:assets", "token_lifetime", "0")
	old, c := secretIn(t, page), s.onlyClient()
	path := "/acme/client/" + c.ID
	s.sees(s.want(http.StatusOK, s.ada, path+"/rotate"), "Make a second secret", "The one in use goes on working.")
	s.now = s.now.Add(time.Hour)
	page = s.want(http.StatusOK, s.ada, path+"/secret", "x", "")
	fresh := secretIn(t, page)
	s.sees(page, "The old secret goes on working.", "curl")
	for _, text := range []string{old, fresh} {
		if found, _, _ := s.pages.Credentials.Authenticate(t.Context(), c.ID, text); found == nil {
			t.Error("a secret doesn't work while both should")
		}
	}
	page = s.want(http.StatusConflict, s.ada, path+"/secret", "x", "")
	s.sees(page, "2 secrets already")
	checkPage(t, "a third secret", page)

	c = s.onlyClient()
	s.sees(s.want(http.StatusOK, s.ada, path+"/rotate"), "The new secret has not been used yet.")
	s.now = s.now.Add(time.Hour)
	s.used(bearer.SecretName(c.Secrets[1].ID), "203.0.113.9", "importer/2")
	s.sees(s.want(http.StatusOK, s.ada, path+"/rotate"), "You can delete the old one.", "importer/2", "203.0.113.9")
	s.used(bearer.SecretName(c.Secrets[0].ID), "203.0.113.8", "importer/1")
	s.sees(s.want(http.StatusOK, s.ada, path+"/rotate"), "Both are in use")

	ask := path + "/secret/" + strconv.FormatInt(c.Secrets[0].ID, 10) + "/delete"
	s.sees(s.want(http.StatusOK, s.ada, ask), "importer/1", "the old one")
	s.want(http.StatusSeeOther, s.ada, ask, "x", "")
	s.want(http.StatusNotFound, s.ada, ask)
	if found, _, _ := s.pages.Credentials.Authenticate(t.Context(), c.ID, old); found != nil {
		t.Error("the old secret still works")
	}
}

// TestRevokeSaysWhoUsesIt: before a credential goes, its page tells what would miss it.
func TestRevokeSaysWhoUsesIt(t *testing.T) {
	s := newSite(t)
	c := s.client(s.acme, s.ada, "Importer")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/client/"+c.ID+"/revoke"), "It has never been used.")
	s.used(c.ID, "203.0.113.9", "importer/<2>")
	page := s.want(http.StatusOK, s.ada, "/acme/client/"+c.ID+"/revoke")
	s.sees(page, "203.0.113.9", "importer/&lt;2&gt;", "1 request in the last 24 hours")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/access"), "203.0.113.9", "importer/&lt;2&gt;", "1 request in 7 days")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/"), "1 request that went through")
}

// TestUnusualClients: one that gets no tokens, and one that reaches its owner's other accounts.
func TestUnusualClients(t *testing.T) {
	s := newSite(t)
	c, _, err := s.pages.Credentials.Create(t.Context(), credential.NewClient{AccountID: s.acme, OwnerID: s.ada, Name: "Gateway", Scopes: 1})
	s.must(err)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/client/"+c.ID), "may only ask about tokens")
	_, err = s.pages.Accounts.AddMember(t.Context(), s.other, "", "ada@example.com", bearer.Viewer)
	s.must(err)
	c, _, err = s.pages.Credentials.Create(t.Context(), credential.NewClient{AccountID: s.acme, OwnerID: s.ada, Name: "Wide", Scopes: 1,
		GrantTypes: []string{credential.ClientCredentials}, Reach: []int64{s.other}})
	s.must(err)
	s.sees(s.want(http.StatusOK, s.ada, "/acme/client/"+c.ID), "Also reaches", ">Other</dd>")
}
