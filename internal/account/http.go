package account

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// Profile is the caller's profile: the user whose credential it is, and the accounts that the credential reaches.
type Profile struct {
	ID       int64            `json:"id"`
	Name     string           `json:"name"`
	Email    string           `json:"email" format:"email"`
	Accounts []ProfileAccount `json:"accounts"`
}

// ProfileAccount is one account of a Profile.
type ProfileAccount struct {
	ID   int64  `json:"id"`
	Key  string `json:"key" doc:"The account key, as it stands in every path." example:"acme-logistics"`
	Name string `json:"name"`
	Role string `json:"role" enum:"admin,manager,viewer,driver"`
}

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	r.Handle(web.Route{Method: "GET", Pattern: "/api/user", Access: web.Access{Any: true}, ID: "get-user", Tag: "User",
		Summary:     "The caller's profile",
		Description: "The user whose credential this is, with the accounts that the credential reaches and their keys.",
		Document: func(op *huma.Operation, schemas huma.Registry) {
			op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
				"application/json": {Schema: schemas.Schema(reflect.TypeFor[Profile](), true, "")}}}
		}}, http.HandlerFunc(profile))
}

// profile is a plain handler: it takes no input, and programs call it more often than anything else.
func profile(w http.ResponseWriter, r *http.Request) {
	p := bearer.PrincipalOf(r.Context())
	out := Profile{ID: p.User.ID, Name: p.User.Name, Email: p.User.Email, Accounts: make([]ProfileAccount, 0, len(p.Accounts))}
	for _, m := range p.Accounts {
		out.Accounts = append(out.Accounts, ProfileAccount{ID: m.AccountID, Key: m.Key, Name: m.Name, Role: m.Role.String()})
	}
	web.WriteJSON(w, http.StatusOK, out)
}
