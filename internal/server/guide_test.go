package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/account"
)

// TestGuidesKnowTheReader: the samples of the guides name the account of who is signed in, and the example's for everybody
// else; nobody's guide is kept by a cache for another.
func TestGuidesKnowTheReader(t *testing.T) {
	w := newWorld(t, sqliteURL(t), nil)
	_, id, err := w.node.Rooms.Accounts.Create(context.Background(), account.NewAccount{Key: "north-star", Name: "North Star", Email: "nora@north-star.example"})
	must(t, err)
	w.password(id, "correct horse battery")
	cookie := w.signIn("nora@north-star.example", "correct horse battery")

	const path, example, own = "/docs/quick-start", "YIPII_ACCOUNT_KEY=acme-logistics", "YIPII_ACCOUNT_KEY=north-star"
	anybody := w.get(w.node, path, "")
	if !strings.Contains(anybody.body, example) {
		t.Errorf("for anybody: %.300s", anybody.body)
	}
	signedIn := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
	nora := w.do(w.node, "GET", path, signedIn, "")
	if !strings.Contains(nora.body, own) || strings.Contains(nora.body, example) || nora.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("for Nora: %s %.300s", nora.header.Get("Cache-Control"), nora.body)
	}
	must(t, w.node.Rooms.Sessions.SignOut(context.Background(), cookie.Value))
	if after := w.do(w.node, "GET", path, signedIn, ""); !strings.Contains(after.body, example) {
		t.Errorf("after signing out: %.300s", after.body)
	}
}
