package document

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// piece is a part of a line of text as it is drawn from left to right: in one font, its letters in the order and the forms in which
// they stand on paper.
type piece struct {
	drawn   string
	meant   string // what was written, where the fonts have none of its letters; "" where they do
	arabic  bool   // in the font of Arabic script
	turned  bool   // it goes from right to left
	backing []rune // the same as drawn, while it is made
}

// covered reports whether the fonts of Latin, Greek and Cyrillic have a letter. font/make.sh has the same ranges.
func covered(r rune) bool {
	switch {
	case ' ' <= r && r <= '~', 0xA0 <= r && r <= 0x377, 0x37A <= r && r <= 0x37F, 0x384 <= r && r <= 0x3E1, 0x3F0 <= r && r <= 0x52F:
		return r != 0x38B && r != 0x38D && r != 0x3A2 && (r < 0x250 || r == 0x259 || r >= 0x2B0)
	case 0x1E00 <= r && r <= 0x1EFF, 0x2000 <= r && r <= 0x2064, 0x20A0 <= r && r <= 0x20BF, 0x2100 <= r && r <= 0x214F, r == 0xFFFD:
		return true
	}
	return false
}

// arabicLetter reports whether the font of Arabic script is to be used for a letter.
func arabicLetter(r rune) bool {
	switch {
	case r == 0x60C, r == 0x61B, r == 0x61F, 0x621 <= r && r <= 0x64A, 0x660 <= r && r <= 0x66D, 0x671 <= r && r <= 0x6D4, 0x6F0 <= r && r <= 0x6F9:
		return true
	}
	return false
}

// simple reports whether text can be drawn as it is: all of it is in the first font, and goes from left to right.
func simple(s string) bool {
	for _, r := range s {
		if r >= 0x300 && (r <= 0x36F || !covered(r)) || r < ' ' || r >= 0x7F && !covered(r) {
			return false
		}
	}
	return true
}

// pieces makes of plain text what is to be drawn for it, from left to right. Letters that the fonts don't have are drawn as U+FFFD.
func pieces(s string) []piece {
	if simple(s) {
		return []piece{{drawn: s}}
	}
	s = norm.NFC.String(s)
	if simple(s) {
		return []piece{{drawn: s}}
	}
	var out []piece
	for _, run := range visualRuns(s) {
		out = append(out, runPieces(run)...)
	}
	return out
}

// run is text of one direction.
type run struct {
	text        string
	rightToLeft bool
}

// visualRuns parts text by direction and puts the parts in the order in which they stand from left to right.
func visualRuns(s string) []run {
	letters := []rune(s)
	levels := bidiLevels(letters)
	var runs []run
	var of []int // their levels
	for from := 0; from < len(letters); {
		to := from + 1
		for to < len(letters) && levels[to] == levels[from] {
			to++
		}
		runs = append(runs, run{string(letters[from:to]), levels[from]%2 == 1})
		of = append(of, levels[from])
		from = to
	}
	for level := 2; level >= 1; level-- { // UAX 9, L2: what is at a level or above turns around
		for from := 0; from < len(runs); from++ {
			to := from
			for to < len(runs) && of[to] >= level {
				to++
			}
			slices.Reverse(runs[from:to])
			slices.Reverse(of[from:to])
			from = max(from, to-1)
		}
	}
	return runs
}

// bidiLevels is how deep each letter of a line stands in text of the other direction (Unicode's UAX 9, without the marks for directions,
// which plain drops): 0 to the right, 1 to the left, 2 to the right within what goes to the left. The line goes as its first letter does. The
// library has the classes of letters; its own levels it keeps to itself, and it parts brackets around Latin names in Arabic text.
func bidiLevels(letters []rune) []int {
	const neutral, right, left, count = 0, 1, 2, 3 // to the right, to the left, a number within Arabic
	kinds, base, last := make([]int, len(letters)), 0, 0
	for i, letter := range letters {
		p, _ := bidi.LookupRune(letter)
		switch p.Class() {
		case bidi.L:
			kinds[i], last = right, right
		case bidi.R, bidi.AL:
			kinds[i], last = left, left
		case bidi.AN:
			kinds[i] = count
		case bidi.EN:
			if kinds[i] = right; last == left { // W2, W7
				kinds[i] = count
			}
		case bidi.NSM:
			if i > 0 {
				kinds[i] = kinds[i-1]
			}
		}
		if base == 0 {
			base = last
		}
	}
	if base == 0 {
		base = right
	}
	for i, letter := range letters { // W4: a sign between digits belongs to the number
		if kinds[i] == neutral && strings.ContainsRune(".,:/-", letter) && i > 0 && i+1 < len(letters) && kinds[i-1] == count && kinds[i+1] == count {
			kinds[i] = count
		}
	}
	side := func(kind int) int { // numbers count as going to the left for what is around them
		if kind == count {
			return left
		}
		return kind
	}
	before := func(i int) int {
		for i--; i >= 0; i-- {
			if kinds[i] != neutral {
				return side(kinds[i])
			}
		}
		return base
	}
	brackets(letters, func(open, end int) { // N0
		inside := neutral
		for _, kind := range kinds[open+1 : end] {
			if kind = side(kind); kind == base {
				inside = base
				break
			} else if kind != neutral {
				inside = kind
			}
		}
		if inside != neutral && inside != base && before(open) == base {
			inside = base
		}
		kinds[open], kinds[end] = inside, inside
	})
	for i := range kinds { // N1, N2
		if kinds[i] != neutral {
			continue
		}
		to, from := i, before(i)
		for to < len(kinds) && kinds[to] == neutral {
			to++
		}
		after := base
		if to < len(kinds) {
			after = side(kinds[to])
		}
		if from != after {
			after = base
		}
		for j := i; j < to; j++ {
			kinds[j] = after
		}
	}
	for i, kind := range kinds { // I1, I2
		switch {
		case kind == left:
			kinds[i] = 1
		case kind == count || base == left:
			kinds[i] = 2
		default:
			kinds[i] = 0
		}
	}
	return kinds
}

// brackets calls pair for each pair of brackets, in the order in which they open.
func brackets(letters []rune, pair func(open, end int)) {
	ends, opened := map[int]int{}, []int{}
	for i, letter := range letters {
		switch letter {
		case '(', '[', '{':
			opened = append(opened, i)
		case ')', ']', '}':
			for n := len(opened) - 1; n >= 0; n-- {
				if mirrored(letters[opened[n]]) == letter {
					ends[opened[n]], opened = i, opened[:n]
					break
				}
			}
		}
	}
	for i := range letters {
		if end, ok := ends[i]; ok {
			pair(i, end)
		}
	}
}

// runPieces makes pieces of a run: one for each change of font.
func runPieces(r run) []piece {
	letters := []rune(r.text)
	if r.rightToLeft {
		letters = shape(letters)
		slices.Reverse(letters)
		for i, letter := range letters {
			letters[i] = mirrored(letter)
		}
	}
	var out []piece
	for _, letter := range letters {
		arabic := arabicLetter(letter) || 0xFB50 <= letter && letter <= 0xFEFC
		meant := ""
		if !arabic && (letter > 0xFFFF || !covered(letter)) {
			letter, meant = unicode.ReplacementChar, string(letter)
		}
		var last *piece
		if n := len(out); n > 0 {
			last = &out[n-1]
		}
		switch {
		case last != nil && meant == "" && last.meant == "" && (last.arabic == arabic || letter == ' '):
			last.backing = append(last.backing, letter)
		case last != nil && meant != "" && last.meant != "" && !r.rightToLeft: // to the left each by itself: readers turn the letters they find
			last.backing, last.meant = append(last.backing, letter), last.meant+meant
		default:
			out = append(out, piece{arabic: arabic, turned: r.rightToLeft, meant: meant, backing: []rune{letter}})
		}
	}
	for i := range out {
		out[i].drawn = string(out[i].backing)
	}
	return out
}

// mirrored is the other of a pair of brackets.
func mirrored(r rune) rune {
	const pairs = "()[]{}<>«»‹›"
	letters := []rune(pairs)
	for i, letter := range letters {
		if letter == r {
			return letters[i^1]
		}
	}
	return r
}

// Arabic letters that stand in a word have another form at its beginning, in its middle and at its end. The PDF library knows
// nothing of that, but Unicode has the forms as letters ("presentation forms"), and the font has them.

// form is where a letter's forms stand: alone, at the end, and, of those that join what follows, at the beginning and in the middle.
type form struct {
	alone rune
	joins bool // what follows
}

// formOf is a switch by ranges over the letters of Arabic, Persian and Urdu.
func formOf(r rune) (form, bool) {
	// In the order of Unicode, from U+0621: how many forms each has.
	const first = "12222424244444222244444444" // hamza to ghain
	if 0x621 <= r && r <= 0x63A {
		at := rune(0xFE80)
		for _, count := range first[:r-0x621] {
			at += count - '0'
		}
		return form{at, first[r-0x621] == '4'}, true
	}
	if 0x641 <= r && r <= 0x64A { // feh to yeh; waw and alef maksura end a word's part
		at := rune(0xFED1)
		for letter := rune(0x641); letter < r; letter++ {
			if letter == 0x648 || letter == 0x649 {
				at += 2
			} else {
				at += 4
			}
		}
		return form{at, r != 0x648 && r != 0x649}, true
	}
	switch r {
	case 0x640: // the line that lengthens
		return form{0, true}, true
	case 0x671:
		return form{0xFB50, false}, true
	case 0x679:
		return form{0xFB66, true}, true
	case 0x67E:
		return form{0xFB56, true}, true
	case 0x686:
		return form{0xFB7A, true}, true
	case 0x688:
		return form{0xFB88, false}, true
	case 0x691:
		return form{0xFB8C, false}, true
	case 0x698:
		return form{0xFB8A, false}, true
	case 0x6A9:
		return form{0xFB8E, true}, true
	case 0x6AF:
		return form{0xFB92, true}, true
	case 0x6BA:
		return form{0xFB9E, false}, true
	case 0x6BE:
		return form{0xFBAA, true}, true
	case 0x6C0:
		return form{0xFBA4, false}, true
	case 0x6C1:
		return form{0xFBA6, true}, true
	case 0x6CC:
		return form{0xFBFC, true}, true
	case 0x6D2:
		return form{0xFBAE, false}, true
	case 0x6D3:
		return form{0xFBB0, false}, true
	}
	return form{}, false
}

// shape gives Arabic letters, in the order of reading, the forms that they have next to each other. Marks above and below letters are left
// out: the library can't place them.
func shape(letters []rune) []rune {
	letters = slices.DeleteFunc(letters, func(r rune) bool { return unicode.Is(unicode.Mn, r) })
	out := make([]rune, 0, len(letters))
	joined := false // the letter before joins this one
	for i := 0; i < len(letters); i++ {
		f, ok := formOf(letters[i])
		if !ok {
			out, joined = append(out, letters[i]), false
			continue
		}
		if letters[i] == 0x644 && i+1 < len(letters) { // lam and alef are one letter
			if both, ok := lamAlef(letters[i+1]); ok {
				if joined {
					both++
				}
				out, joined = append(out, both), false
				i++
				continue
			}
		}
		if f.alone == 0 {
			out, joined = append(out, letters[i]), true
			continue
		}
		follows := false
		if f.joins && i+1 < len(letters) {
			next, ok := formOf(letters[i+1])
			follows = ok && letters[i+1] != 0x621 && (next.alone != 0 || letters[i+1] == 0x640)
		}
		if letters[i] == 0x621 { // hamza alone joins nothing
			out, joined = append(out, f.alone), false
			continue
		}
		at := f.alone
		switch {
		case joined && follows:
			at += 3
		case follows:
			at += 2
		case joined:
			at++
		}
		out, joined = append(out, at), follows
	}
	return out
}

func lamAlef(alef rune) (rune, bool) {
	switch alef {
	case 0x622:
		return 0xFEF5, true
	case 0x623:
		return 0xFEF7, true
	case 0x625:
		return 0xFEF9, true
	case 0x627:
		return 0xFEFB, true
	}
	return 0, false
}
