package alert

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yipii/yipii/internal/trail"
)

// reading is a named number of a position.
type reading struct {
	name  string
	value float64
}

// appendReadings adds a position's readings to list, in their order. It does without memory of its own for what trail makes
// of a position: an object of numbers, without spaces. Anything else it leaves to the decoder of the language, and of what
// can't be read at all there are none.
func appendReadings(list []reading, sensors trail.Sensors) []reading {
	start := len(list)
	rest, ok := strings.CutPrefix(string(sensors), `{"`)
	for ok {
		name := strings.IndexByte(rest, '"')
		if name < 0 || len(rest) < name+2 || rest[name+1] != ':' || strings.IndexByte(rest[:name], '\\') >= 0 || !utf8.ValidString(rest[:name]) {
			break
		}
		text := rest[name+2:]
		end := strings.IndexAny(text, ",}")
		if end < 0 {
			break
		}
		number, err := strconv.ParseFloat(text[:end], 64)
		if err != nil || !jsonNumber(text[:end]) {
			break
		}
		list = append(list, reading{rest[:name], number})
		if text[end:] == "}" {
			return list
		}
		rest, ok = strings.CutPrefix(text[end:], `,"`)
	}
	return appendDecoded(list[:start], sensors)
}

// jsonNumber reports whether a text that ParseFloat has read can stand in JSON: no hexadecimal, no sign in front, no underscore.
func jsonNumber(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9', i > 0 && (c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'), i == 0 && c == '-':
		default:
			return false
		}
	}
	return true
}

func appendDecoded(list []reading, sensors trail.Sensors) []reading {
	var pairs map[string]float64
	if json.Unmarshal([]byte(sensors), &pairs) != nil {
		return list
	}
	for name, value := range pairs {
		list = append(list, reading{name, value})
	}
	// The order of a map is chance, and nothing that is concluded may be.
	sortReadings(list)
	return list
}
