package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/fault"
)

// TestUndeclaredAccessDoesNotStart: a route says who may call it, or the server doesn't start.
func TestUndeclaredAccessDoesNotStart(t *testing.T) {
	const inAccount = "/api/{account_key}/x"
	for name, rt := range map[string]Route{
		"nothing declared":       {Method: "GET", Pattern: "/x", ID: "x"},
		"two at once":            {Method: "GET", Pattern: "/x", ID: "x", Access: Access{Public: true, Any: true}},
		"public account data":    {Method: "GET", Pattern: inAccount, ID: "x", Access: Access{Public: true}},
		"no role in an account":  {Method: "GET", Pattern: inAccount, ID: "x", Access: Access{Scope: "read:assets"}},
		"no operation id":        {Method: "GET", Pattern: "/x", Access: Access{Public: true}},
		"a gate that refuses it": {Method: "GET", Pattern: "/x", ID: "x", Access: Access{Any: true}},
	} {
		r := NewRouter(Info{}, refusing{}, nil)
		r.Handle(rt, http.NotFoundHandler())
		if r.Err() == nil || len(r.Routes()) != 0 {
			t.Errorf("%s: taken", name)
		}
	}
}

type refusing struct{}

func (refusing) Guard(Route, http.Handler) (http.Handler, error) {
	return nil, fault.New(fault.Internal, "no")
}

// TestEveryKindHasAStatus: the presenter is total; a new kind without a status of its own shows here.
func TestEveryKindHasAStatus(t *testing.T) {
	seen := map[int]fault.Kind{}
	for kind := fault.Internal; kind <= fault.Stale; kind++ {
		status := StatusOf(kind)
		if other, twice := seen[status]; twice {
			t.Errorf("kinds %d and %d are both %d", other, kind, status)
		}
		seen[status] = kind
	}
}

// TestInternalsAreNotSent: what went wrong inside stays inside.
func TestInternalsAreNotSent(t *testing.T) {
	w := httptest.NewRecorder()
	WriteError(w, httptest.NewRequest("GET", "/", nil), context.DeadlineExceeded)
	if w.Code != 500 || strings.Contains(w.Body.String(), "deadline") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestValidationMessages: the first error and the number of the others, as the contract has it.
func TestValidationMessages(t *testing.T) {
	one, two := fault.Field{Name: "a", Message: "A."}, fault.Field{Name: "b", Message: "B."}
	for want, fields := range map[string][]fault.Field{"A.": {one}, "A. (and 1 more error)": {one, two}, "A. (and 2 more errors)": {one, two, one}} {
		if got := fault.Summary(fields); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPage(t *testing.T) {
	in := PageInput{Page: 2, PerPage: 10, Sort: "-name"}
	p := NewPage(make([]int, 5), 15, in, "https://iot.example/x", url.Values{"type": {"van"}})
	if p.Meta.LastPage != 2 || *p.Meta.From != 11 || *p.Meta.To != 15 || p.Links.Next != nil || *p.Links.Prev != "https://iot.example/x?page=1&per_page=10&sort=-name&type=van" {
		t.Errorf("%+v %+v", p.Meta, p.Links)
	}
	empty := NewPage[int](nil, 0, PageInput{Page: 1, PerPage: 10}, "x", nil)
	if empty.Data == nil || empty.Meta.From != nil || empty.Meta.LastPage != 1 || empty.Links.Next != nil || empty.Links.Prev != nil {
		t.Errorf("%+v", empty)
	}
	if _, _, err := in.Order(map[string]string{"id": "id"}, "id"); !fault.Is(err, fault.Invalid) {
		t.Errorf("sorted by an unknown field: %v", err)
	}
}
