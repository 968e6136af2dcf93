package dashboard

import (
	"net/http"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	s := newSite(t)
	answer := s.as(s.ada, "/acme/settings", "name", " Acme & Sons ", "max_token_lifetime", "0.5", "max_key_lifetime", "90", "require_expiry", "yes",
		"allowed_networks", "203.0.113.0/24 198.51.100.1", "rate_limit", "600")
	if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "/acme/settings?saved=yes" {
		t.Fatalf("%d %s", answer.Code, textOf(answer.Body.String()))
	}
	a, err := s.pages.Accounts.Find(t.Context(), s.acme)
	s.must(err)
	if a.Name != "Acme & Sons" || a.Terms.MaxTokenLifetime != 12*time.Hour || a.Terms.MaxKeyLifetime != 90*oneDay || !a.Terms.RequireExpiry ||
		a.Terms.Networks.String() != "203.0.113.0/24 198.51.100.1/32" || a.Terms.RateLimit != 600 {
		t.Errorf("%+v", a)
	}
	page := s.want(http.StatusOK, s.ada, "/acme/settings?saved=yes")
	s.sees(page, "The settings are saved", `value="Acme &amp; Sons"`, `value="0.5"`, `value="90"`, `value="yes" checked`, "203.0.113.0/24\n198.51.100.1/32", `value="600"`)
	checkPage(t, "the settings", page)
	s.want(http.StatusSeeOther, s.ada, "/acme/settings", "name", "Acme", "max_token_lifetime", "", "max_key_lifetime", "", "rate_limit", "")
	a, err = s.pages.Accounts.Find(t.Context(), s.acme)
	s.must(err)
	if a.Terms.MaxTokenLifetime != 0 || a.Terms.MaxKeyLifetime != 0 || a.Terms.RequireExpiry || len(a.Terms.Networks) != 0 || a.Terms.RateLimit != 0 {
		t.Errorf("%+v", a)
	}
}

func TestSettingsErrors(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusUnprocessableEntity, s.ada, "/acme/settings", "name", "Acme", "max_token_lifetime", "a year", "max_key_lifetime", "-1",
		"allowed_networks", "office", "rate_limit", "many")
	s.sees(page, `id="max_token_lifetime-error"`, `id="max_key_lifetime-error"`, `id="allowed_networks-error"`, `id="rate_limit-error"`, `value="a year"`, ">office</textarea>")
	checkPage(t, "the form", page)
	s.sees(s.want(http.StatusUnprocessableEntity, s.ada, "/acme/settings", "name", ""), `id="name-error"`)
	for _, odd := range []string{"NaN", "Inf", "1e300", "0"} {
		s.want(http.StatusUnprocessableEntity, s.ada, "/acme/settings", "name", "Acme", "max_key_lifetime", odd)
	}
}
