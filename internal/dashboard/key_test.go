package dashboard

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
)

// TestKeyIsShownOnce, and is its maker's: a viewer has own keys and sees no others.
func TestKeyIsShownOnce(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusOK, s.vic, "/acme/key", "name", "Sheet <1>", "scopes", "read:assets", "expires_at", s.now.AddDate(0, 6, 0).Format(time.DateOnly))
	text := secretIn(t, page)
	s.sees(page, publicURL+"/api/acme/asset", "YIPII_API_KEY")
	checkPage(t, "the key's page", page)
	keys, _, err := s.pages.Credentials.KeysPage(t.Context(), s.acme, s.vic, 0, 10)
	s.must(err)
	if len(keys) != 1 || keys[0].Name != "Sheet <1>" || keys[0].UserID != s.vic || keys[0].MadeBy != "session:9" {
		t.Fatalf("%+v", keys)
	}
	if c, err := s.pages.Credentials.Verify(t.Context(), text); err != nil || c.UserID != s.vic {
		t.Errorf("the key shown doesn't work: %v", err)
	}
	own := "/acme/key/" + strconv.FormatInt(keys[0].ID, 10)
	for _, path := range []string{"/acme/access", own, own + "/revoke"} {
		page := s.want(http.StatusOK, s.vic, path)
		s.sees(page, "Sheet &lt;1&gt;")
		s.not(page, text)
	}
	s.sees(s.want(http.StatusOK, s.ada, "/acme/access"), "Sheet &lt;1&gt;", "by Vic Viewer")
	s.sees(s.want(http.StatusOK, s.ada, own), "Sheet &lt;1&gt;")
}

// TestOthersKeys: to who isn't an admin, another person's key isn't there.
func TestOthersKeys(t *testing.T) {
	s := newSite(t)
	key, _, err := s.pages.Credentials.CreateKey(t.Context(), credential.Key{AccountID: s.acme, UserID: s.ada, Name: "Ada's", Scopes: bearer.AllScopes})
	s.must(err)
	path := "/acme/key/" + strconv.FormatInt(key.ID, 10)
	s.not(s.want(http.StatusOK, s.vic, "/acme/access"), "Ada&#39;s")
	s.want(http.StatusNotFound, s.vic, path)
	s.want(http.StatusNotFound, s.vic, path+"/revoke")
	s.want(http.StatusNotFound, s.vic, path+"/revoke", "x", "")
	s.sees(s.want(http.StatusOK, s.ada, path+"/revoke"), "Ada&#39;s")
	s.want(http.StatusSeeOther, s.ada, path+"/revoke", "x", "")
	s.sees(s.want(http.StatusOK, s.ada, path), "It was revoked")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/access"), `class="dead"`, "Revoked")
}

func TestKeyFormErrors(t *testing.T) {
	s := newSite(t)
	page := s.want(http.StatusUnprocessableEntity, s.vic, "/acme/key", "name", "", "scopes", "read:assets", "expires_at", "2001-01-01")
	s.sees(page, `id="name-error"`)
	page = s.want(http.StatusUnprocessableEntity, s.vic, "/acme/key", "name", "x", "scopes", "read:assets", "expires_at", "2001-01-01")
	s.sees(page, `id="expires_at-error"`, `value="2001-01-01"`)
	checkPage(t, "the form", page)
}

// TestAccessPages: lists of more than a page go on, and a credential near its end is marked.
func TestAccessPages(t *testing.T) {
	s := newSite(t)
	for i := range perPage/2 + 1 {
		_, _, err := s.pages.Credentials.CreateKey(t.Context(), credential.Key{AccountID: s.acme, UserID: s.ada, Name: "Key no. " + strconv.Itoa(i+1), Scopes: 1,
			ExpiresAt: s.now.Add(time.Duration(i+1) * 24 * time.Hour)})
		s.must(err)
	}
	page := s.want(http.StatusOK, s.ada, "/acme/access?clients=3")
	s.sees(page, "1 to 25 of 26 keys", "keys=2", "clients=3", "Key no. 26<", "Expires soon")
	s.not(page, "Key no. 1<")
	page = s.want(http.StatusOK, s.ada, "/acme/access?keys=2")
	s.sees(page, "26 to 26 of 26 keys", "Key no. 1<", "in 1 day", "keys=1")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/access?keys=9"), "There is nothing on this page of the list.")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/"), "Key no. 1<", "API key", "/acme/key/1")
}
