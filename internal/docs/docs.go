// Package docs describes the API: for programs, for tools and for people.
//
// /openapi.json is made from the declarations that serve the routes, so it can't tell of another API than the one that answers.
// /docs/postman.json is the same API as a collection for Postman and its like (collection.go). Reference is the same again, as
// the pages below /docs/api show it (reference.go): each operation with its parameters, its bodies (shape.go), what it answers, and a
// sample of it in eight languages (sample.go, language.go). The pages themselves are the room guide's. The package owns no table and
// refuses nobody.
package docs

import (
	"net/http"
	"sync"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// Service tells what a router's operations are.
type Service struct{ describe, collect func() ([]byte, error) }

// New makes the service. It may be made before the operations are declared: they are read when somebody first asks.
func New(r *web.Router) *Service {
	s := &Service{describe: sync.OnceValues(func() ([]byte, error) { return r.OpenAPI(bearer.ScopeMeanings(), tags) })}
	s.collect = sync.OnceValues(func() ([]byte, error) {
		text, err := s.describe()
		if err != nil {
			return nil, err
		}
		return collect(text)
	})
	return s
}

// Reference is the API as people read it. It is made anew by each call.
func (s *Service) Reference() (*Reference, error) {
	text, err := s.describe()
	if err != nil {
		return nil, err
	}
	return Refer(text)
}

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	serve := func(pattern, id string, text func() ([]byte, error)) {
		r.Handle(web.Route{Method: http.MethodGet, Pattern: pattern, Access: web.Access{Public: true}, ID: id, Hidden: true},
			http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				body, err := text()
				if err != nil {
					web.WriteError(w, req, err)
					return
				}
				web.WriteBytes(w, http.StatusOK, "application/json", body)
			}))
	}
	serve("/openapi.json", "get-openapi", s.describe)
	serve("/docs/postman.json", "get-collection", s.collect)
}
