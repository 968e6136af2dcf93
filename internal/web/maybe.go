package web

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Maybe is a field of a JSON body that may be left out, which changes nothing, or be null, which clears it. Give the
// field the tag option omitzero.
type Maybe[T any] struct {
	Given bool
	Value *T // nil for null
}

// UnmarshalJSON reads a value or null.
func (m *Maybe[T]) UnmarshalJSON(data []byte) error {
	m.Given, m.Value = true, nil
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	m.Value = new(T)
	return json.Unmarshal(data, m.Value)
}

// Schema describes T or null.
func (Maybe[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// OrNull says in a record's schema that a field which is an object may be null, which the tags of a struct can't.
func OrNull(record *huma.Schema, field string) *huma.Schema {
	s := record.Properties[field]
	record.Properties[field] = &huma.Schema{Description: s.Description, AnyOf: []*huma.Schema{{Ref: s.Ref}, {Type: "null"}}}
	return record
}
