package server_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object as it is parsed.
type object = map[string]any

// raw is a text that goes into a JSON body as it is, valid or not.
type raw string

// twice is a field that an object has two times.
type twice struct{ first, second any }

// dice draws requests from the schemas of an API description: what is right, and now and then what is not.
type dice struct {
	*rand.Rand
	schemas object // of the description, by name
}

// oneIn is true once in n times.
func (d dice) oneIn(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// oddTexts are texts that somebody might send, and hardly anybody expects.
var oddTexts = []string{"", " ", "0", "-1", "null", "true", "NaN", "1e309", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1.5", "+1",
	"0x10", "\x00", "a\x00b", "\x7f\x1b[0m", "\u202eabc", "é", "e\u0301", "🚚🚚", "שלום", "İ", "\ufeff", "'; --", `"`, `\`, "%", "%00", "../../etc", "a/b", "{}", "[]", "<b>",
	"2026-02-30T00:00:00Z", "9999-12-31T23:59:59.999999999+14:00", "0000-01-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:60Z", "292277026596-01-01T00:00:00Z",
	"00000000-0000-0000-0000-000000000000", "http://[::1", "javascript:alert(1)", "a@b", "*", ",", ",,", "-", "-name", "id,name", "\n", "\r\nX: y", "\xff\xfe", "\xed\xa0\x80"}

func (d dice) oddText() string {
	switch d.IntN(8) {
	case 0:
		return strings.Repeat(pick(d, "a", "é", "🚚", "9", "{", " "), pick(d, 33, 101, 256, 5000))
	case 1:
		return pick(d, oddTexts...) + pick(d, oddTexts...)
	}
	return pick(d, oddTexts...)
}

// oddValue is a value of any type.
func (d dice) oddValue() any {
	switch d.IntN(12) {
	case 0:
		return nil
	case 1:
		return d.oneIn(2)
	case 2, 3:
		return pick(d, raw("0"), raw("-1"), raw("-0"), raw("-0.0"), raw("0.1"), raw("1e3"), raw("1E400"), raw("-1e400"), raw("1e-400"), raw("9223372036854775807"),
			raw("9223372036854775808"), raw("-9223372036854775809"), raw("9007199254740993"), raw("4294967296"), raw("1.7976931348623157e308"), raw("123456789012345678901234567890"))
	case 4:
		return []any{}
	case 5:
		return pick[any](d, []any{nil}, []any{[]any{}}, []any{object{}}, []any{"", 1, true, nil, object{"": nil}})
	case 6:
		return pick[any](d, object{}, object{"": object{}}, object{"type": 1, "id": []any{}}, object{"__proto__": nil, "$ref": "#"})
	case 7:
		depth := pick(d, 10, 100, 12000)
		return raw(strings.Repeat("[", depth) + strings.Repeat("]", depth))
	case 8:
		return pick(d, raw(`"\ud800"`), raw(`"\u0000"`), raw(`"\x"`), raw(`'a'`), raw("NaN"), raw("01"), raw("tru"), raw("1 2"), raw("\"\xff\""), raw("\"a\nb\""))
	case 9:
		return pick[any](d, raw(`[`+strings.Repeat(`1,`, 2000)+`1]`), raw(`{`+strings.Repeat(`"k":1,`, 2000)+`"k":1}`))
	}
	return d.oddText()
}

// number draws a number that a schema takes, its bounds more often than others.
func (d dice) number(schema object, whole bool) any {
	low, hasLow := schema["minimum"].(float64)
	high, hasHigh := schema["maximum"].(float64)
	switch {
	case hasLow && d.oneIn(4):
		return low
	case hasHigh && d.oneIn(4):
		return high
	case !hasHigh:
		high = low + pick(d, 3.0, 100, 1e6)
	case !hasLow:
		low = high - 100
	}
	if whole {
		return int64(low) + d.Int64N(int64(high-low)+1)
	}
	return low + d.Float64()*(high-low)
}

func (d dice) text(schema object) string {
	switch schema["format"] {
	case "date-time":
		return pick(d, "2026-01-01T00:00:00Z", "2026-03-01T09:30:30+01:00", "2024-02-29T23:59:59.999Z", "2030-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2106-02-07T06:28:16Z")
	case "uuid":
		return fmt.Sprintf("%08x-0000-7000-8000-%012x", d.Uint32(), d.Uint64N(1<<48))
	case "uri":
		return pick(d, "https://hook.example/a", "http://127.0.0.1:1/", "https://hook.example:99999/", "https://user:pw@hook.example/?a=b#c")
	case "email":
		return "p" + strconv.Itoa(d.IntN(1e6)) + "@example.com"
	}
	return pick(d, "a", "North", "Van ", "temperature", "name", "2") + pick(d, "", strconv.Itoa(d.IntN(1e6)))
}

// value draws what a schema takes, and once in odd times something else, here or somewhere within. odd 0 stands for never.
func (d dice) value(schema object, odd, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		return d.value(d.schemas[ref[strings.LastIndex(ref, "/")+1:]].(object), odd, depth)
	}
	if odd > 0 && d.oneIn(odd) {
		return d.oddValue()
	}
	for _, choice := range []string{"oneOf", "anyOf"} {
		if list, ok := schema[choice].([]any); ok {
			return d.value(pick(d, list...).(object), odd, depth)
		}
	}
	if always, ok := schema["const"]; ok {
		return always
	}
	if list, ok := schema["enum"].([]any); ok {
		return pick(d, list...)
	}
	if list, ok := schema["examples"].([]any); ok && d.oneIn(2) {
		return pick(d, list...)
	}
	kind, _ := schema["type"].(string)
	if list, ok := schema["type"].([]any); ok {
		kind = pick(d, list...).(string)
	}
	switch kind {
	case "null":
		return nil
	case "boolean":
		return d.oneIn(2)
	case "integer":
		return d.number(schema, true)
	case "number":
		return d.number(schema, d.oneIn(2))
	case "string":
		return d.text(schema)
	case "array":
		return d.array(schema, odd, depth)
	case "object":
		return d.object(schema, odd, depth)
	}
	return d.oddValue()
}

func (d dice) array(schema object, odd, depth int) any {
	items, _ := schema["items"].(object)
	n := d.IntN(4)
	if odd > 0 && d.oneIn(50) {
		n = 300
	}
	if depth > 5 || items == nil {
		n = min(n, 1)
	}
	out := make([]any, n)
	for i := range out {
		out[i] = d.value(items, odd, depth+1)
	}
	return out
}

func (d dice) object(schema object, odd, depth int) any {
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]any)
	out := object{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		needed := slices.Contains(required, any(name))
		if needed && odd > 0 && d.oneIn(40) || !needed && (depth > 5 || d.oneIn(2)) {
			continue
		}
		out[name] = d.value(properties[name].(object), odd, depth+1)
		if odd > 0 && d.oneIn(60) {
			out[name] = twice{out[name], d.oddValue()}
		}
	}
	if more, ok := schema["additionalProperties"].(object); ok {
		for range d.IntN(3) {
			out[d.text(object{})] = d.value(more, odd, depth+1)
		}
	}
	if odd > 0 && d.oneIn(40) {
		out[d.oddText()] = d.oddValue()
	}
	return out
}

// appendJSON writes what was drawn, with raw parts as they are.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case raw:
		return append(b, v...)
	case string:
		return append(b, quoteJSON(v)...)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		comma := false
		for _, name := range slices.Sorted(maps.Keys(v)) {
			values := []any{v[name]}
			if two, ok := v[name].(twice); ok {
				values = []any{two.first, two.second}
			}
			for _, value := range values {
				if comma {
					b = append(b, ',')
				}
				comma = true
				b = append(append(b, quoteJSON(name)...), ':')
				b = appendJSON(b, value)
			}
		}
		return append(b, '}')
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	default:
		return fmt.Append(b, v)
	}
}

// quoteJSON quotes a text and leaves bytes that aren't UTF-8 as they are.
func quoteJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
