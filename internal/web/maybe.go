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
