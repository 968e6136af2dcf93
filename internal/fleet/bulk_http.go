package fleet

import (
	"bytes"
	"mime"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

// maxBulkBody bounds the body of a bulk: 1,000 assets with all fields as long as they can be fit into it.
const maxBulkBody = 4 << 20

// BulkResult is the answer to a bulk.
type BulkResult struct {
	Data []RowResult `json:"data" doc:"One for each row, in their order."`
	Meta Count       `json:"meta"`
}

// BulkRow is an asset as it is sent in a bulk, for the API description alone: decodeRow reads it.
type BulkRow struct {
	Tracker      string  `json:"tracker" doc:"Identity of the tracker, by which the asset is known." example:"356307042441013"`
	Name         *string `json:"name,omitempty" doc:"1 to 200 characters; needed for a new asset." example:"Van 12"`
	Type         *string `json:"type,omitempty" nullable:"true" example:"truck"`
	Group        *string `json:"group,omitempty" nullable:"true" example:"North depot"`
	Registration *string `json:"registration,omitempty" nullable:"true" example:"B-YP 1234"`
	VIN          *string `json:"vin,omitempty" nullable:"true" example:"WVWZZZ1JZXW000001"`
}

const bulkDescription = `Makes and changes up to 1,000 assets in one transaction. Each is known by its tracker: an asset of the account that has
it is changed, and where there is none, one is made.

Send one object, an array of objects, or CSV (` + "`Content-Type: text/csv`" + `). In JSON, fields that are left out stay as they are, and null
or an empty text clears one. In CSV the first line names the columns (tracker, name, type, group, registration, vin), parted
by commas or semicolons; a column that is there tells the field of every row, so an empty one is cleared.

A row that is wrong is rejected with its reasons, and the others are done. What isn't JSON, or isn't CSV, is 400, a header
that can't be is 422, and more than 1,000 assets are 413; nothing is done then.`

func (s *Service) bulkRoutes(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodPost, Pattern: web.AccountPrefix + "asset/bulk", Access: web.Access{Scope: "write:assets", Role: "manager"},
		ID: "upsert-assets", Tag: "Assets", Summary: "Make and change many assets", Description: bulkDescription, MaxBody: maxBulkBody, Document: documentBulk},
		http.HandlerFunc(s.serveBulk))
}

func documentBulk(op *huma.Operation, schemas huma.Registry) {
	one := schemas.Schema(reflect.TypeFor[BulkRow](), true, "BulkRow")
	most := MaxBulk
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{one, {Type: huma.TypeArray, Items: one, MaxItems: &most}}},
			Example: []any{map[string]any{"tracker": "356307042441013", "name": "Van 12", "group": "North depot"}}},
		"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}, Example: "tracker,name,group\n356307042441013,Van 12,North depot\n"},
	}}
	op.Responses["200"] = &huma.Response{Description: "Done, but for what was rejected.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[BulkResult](), true, "BulkResult")}}}
	for status, text := range map[string]string{"400": "The body is not JSON, or not CSV.", "413": "The body is too large, or has more than 1,000 assets.",
		"422": "The CSV's header can't be."} {
		op.Responses[status] = &huma.Response{Description: text, Content: op.Responses["default"].Content}
	}
}

func (s *Service) serveBulk(w http.ResponseWriter, r *http.Request) {
	result, err := s.bulk(r)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	web.WriteJSON(w, http.StatusOK, result)
}

func (s *Service) bulk(r *http.Request) (BulkResult, error) {
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return BulkResult{}, err
	}
	var rows []Row
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "text/csv" {
		rows, err = ReadCSV(bytes.NewReader(body), MaxBulk)
	} else {
		rows, err = decodeRows(body)
	}
	if err != nil {
		return BulkResult{}, err
	}
	result := BulkResult{}
	if result.Data, err = s.Upsert(r.Context(), bearer.AccountID(r.Context()), rows); err != nil {
		return BulkResult{}, err
	}
	result.Meta.Add(result.Data)
	return result, nil
}
