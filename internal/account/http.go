package account

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// Profile documents the answer, which profile writes: the user whose credential it is, and the accounts that the
// credential reaches.
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
	s.memberRoutes(r)
}

// profile is a plain handler that writes its JSON by itself: it takes no input, and programs call it more often than
// anything else.
func profile(w http.ResponseWriter, r *http.Request) {
	p := bearer.PrincipalOf(r.Context())
	b := make([]byte, 0, 256+64*len(p.Accounts))
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, p.User.ID, 10)
	b = appendText(b, `,"name":`, p.User.Name)
	b = appendText(b, `,"email":`, p.User.Email)
	b = append(b, `,"accounts":[`...)
	for i, m := range p.Accounts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, m.AccountID, 10)
		b = appendText(b, `,"key":`, m.Key)
		b = appendText(b, `,"name":`, m.Name)
		b = append(appendText(b, `,"role":`, m.Role.String()), '}')
	}
	web.WriteBytes(w, http.StatusOK, "application/json", append(b, "]}\n"...))
}

func appendText(b []byte, name, value string) []byte {
	b = append(b, name...)
	b, _ = jsontext.AppendQuote(b, value) // it fails on broken UTF-8 only, and quotes that too
	return b
}
