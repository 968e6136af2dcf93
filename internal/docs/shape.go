package docs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Shape is a schema as people read it: references are followed, and lists say what they are lists of.
type Shape struct {
	Type    string   // "string", "list of objects", "integer or null"
	Meaning string   // Markdown, or ""
	Limits  []string // "date-time", "1 to 500", "at most 63 characters"
	Choices []string // of which it is one
	Default string
	Example string
	Fields  []Field // of the object that it is, or of those in the list
	Either  []Shape // of which it is one, where that can't be told as one type
}

// Field is a part of an object.
type Field struct {
	Name     string
	Required bool
	Shape
}

// anyName stands for the names of fields that are free.
const anyName = "{name}"

// shape reads a schema. Within are the names of those that it stands in, so that one that holds itself ends.
func (d *description) shape(schema object, within []string) Shape {
	outer := schema
	schema, name := d.resolve(schema)
	if slices.Contains(within, name) {
		return Shape{Type: "object as above"}
	}
	if name != "" {
		within = append(slices.Clip(within), name)
	}
	s := d.choose(schema, within)
	for _, of := range []object{outer, schema} { // what is said where it stands goes before
		if text, _ := of["description"].(string); text != "" {
			s.Meaning = text
			break
		}
	}
	s.Limits = append(limits(schema), s.Limits...)
	if of, ok := schema["enum"].([]any); ok {
		for _, value := range of {
			s.Choices = append(s.Choices, plain(value))
		}
	}
	if value, ok := schema["const"]; ok {
		s.Choices = append(s.Choices, plain(value))
	}
	if value, ok := schema["default"]; ok {
		s.Default = plain(value)
	}
	if of, ok := schema["examples"].([]any); ok && len(of) > 0 {
		s.Example = plain(of[0])
	}
	return s
}

// choose is the type of a schema and what it consists of.
func (d *description) choose(schema object, within []string) Shape {
	for _, list := range []string{"oneOf", "anyOf"} {
		if of, ok := schema[list].([]any); ok {
			return d.either(of, within)
		}
	}
	kinds, null := kindsOf(schema)
	var s Shape
	switch {
	case slices.Contains(kinds, "array"):
		items, _ := schema["items"].(object)
		s = d.shape(items, within)
		s.Type = "list of " + plural(s.Type)
		s.Example, s.Default = "", ""
	case slices.Contains(kinds, "object") || schema["properties"] != nil:
		s = Shape{Type: "object", Fields: d.fields(schema, within)}
	case len(kinds) == 0:
		s.Type = "any value"
	default:
		s.Type = strings.Join(kinds, " or ")
	}
	if null {
		s.Type += " or null"
	}
	return s
}

// either is one of several shapes. An object or a list of such objects is told once, as is something or null.
func (d *description) either(of []any, within []string) Shape {
	var choices []Shape
	null := false
	refs := map[string]bool{}
	for _, one := range of {
		schema, _ := one.(object)
		if schema["type"] == "null" {
			null = true
			continue
		}
		items, _ := schema["items"].(object)
		_, name := d.resolve(items)
		if last := len(choices) - 1; schema["type"] == "array" && name != "" && refs[name] && last == 0 {
			choices[0].Type += ", or a list of " + plural(choices[0].Type)
			choices[0].Limits = append(choices[0].Limits, limits(schema)...)
			continue
		}
		_, name = d.resolve(schema)
		refs[name] = name != ""
		choices = append(choices, d.shape(schema, within))
	}
	s := Shape{Type: "one of these", Either: choices}
	if len(choices) == 1 {
		s = choices[0]
	}
	if null {
		s.Type += " or null"
	}
	return s
}

// fields are those of an object: the required ones first, in the order in which they are required.
func (d *description) fields(schema object, within []string) []Field {
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]any)
	var out []Field
	add := func(name string, must bool) {
		property, _ := properties[name].(object)
		out = append(out, Field{Name: name, Required: must, Shape: d.shape(property, within)})
	}
	for _, name := range required {
		if text, _ := name.(string); properties[text] != nil {
			add(text, true)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !slices.Contains(required, any(name)) {
			add(name, false)
		}
	}
	switch more := schema["additionalProperties"].(type) {
	case object:
		out = append(out, Field{Name: anyName, Shape: d.shape(more, within)})
	case bool:
		if more && len(out) > 0 {
			out = append(out, Field{Name: anyName, Shape: Shape{Type: "any value", Meaning: "Others are passed over."}})
		}
	}
	return out
}

// limits are the bounds of a schema, in words.
func limits(schema object) []string {
	var out []string
	if format, _ := schema["format"].(string); format != "" && format != "double" { // which all numbers of JSON are
		out = append(out, format)
	}
	between := func(low, high any, unit string) {
		if low == 1. && high == nil {
			unit = strings.TrimSuffix(unit, "s")
		}
		switch {
		case low != nil && high != nil:
			out = append(out, number(low)+" to "+number(high)+unit)
		case low != nil:
			out = append(out, "at least "+number(low)+unit)
		case high != nil:
			out = append(out, "at most "+number(high)+unit)
		}
	}
	between(schema["minimum"], schema["maximum"], "")
	if low := schema["exclusiveMinimum"]; low != nil {
		out = append(out, "above "+number(low))
	}
	if high := schema["exclusiveMaximum"]; high != nil {
		out = append(out, "below "+number(high))
	}
	if of := schema["multipleOf"]; of != nil {
		out = append(out, "a multiple of "+number(of))
	}
	between(schema["minLength"], schema["maxLength"], " characters")
	between(schema["minItems"], schema["maxItems"], " elements")
	between(schema["minProperties"], schema["maxProperties"], " fields")
	if schema["uniqueItems"] == true {
		out = append(out, "none twice")
	}
	if pattern, _ := schema["pattern"].(string); pattern != "" {
		out = append(out, "matching "+pattern)
	}
	return out
}

// number is one with commas between thousands.
func number(value any) string {
	of, ok := value.(float64)
	if !ok {
		return fmt.Sprint(value)
	}
	text := strconv.FormatFloat(of, 'f', -1, 64)
	whole, rest, fraction := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction {
		whole += "." + rest
	}
	return whole
}

// plural is a type as several of it are called.
func plural(kind string) string {
	first, rest, more := strings.Cut(kind, " ")
	switch first {
	case "any":
		return "any values"
	case "one":
		return "one of these each"
	case "list":
		first = "lists"
	default:
		first += "s"
	}
	if more {
		return first + " " + rest
	}
	return first
}
