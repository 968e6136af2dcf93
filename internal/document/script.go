package document

import (
	"slices"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// piece is a part of a line of text as it is drawn from left to right: in one font, its letters in the order and the forms in which
// they stand on paper.
type piece struct {
	drawn   string
	meant   string // what was written, where letters of it can't be drawn; "" where they can
	arabic  bool   // in the font of Arabic script
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

// visualRuns parts text by direction (Unicode's UAX 9) and puts the parts in the order in which they stand from left to right. The
// line as a whole goes from left to right, as the document does.
func visualRuns(s string) []run {
	var p bidi.Paragraph
	if _, err := p.SetString(s); err != nil {
		return []run{{text: s}}
	}
	order, err := p.Order()
	if err != nil {
		return []run{{text: s}}
	}
	runs := make([]run, 0, order.NumRuns())
	for i := range order.NumRuns() {
		r := order.Run(i)
		text := r.String()
		rightToLeft := r.Direction() == bidi.RightToLeft
		if n := len(runs); n > 0 && runs[n-1].rightToLeft == rightToLeft {
			runs[n-1].text += text
			continue
		}
		if n := len(runs); n > 0 && !rightToLeft { // the library keeps a number after Arabic together with what follows it
			if number := leadingNumber(text); 0 < number && number < len(text) {
				runs = append(runs, run{text[:number], false})
				text = text[number:]
			}
		}
		runs = append(runs, run{text, rightToLeft})
	}
	if first := firstStrong(s); first {
		slices.Reverse(runs)
		return runs
	}
	// The library gives the runs in the order of reading, and not their levels. Numbers within Arabic are runs to the right whose level is
	// above it: such a run, with no letter of its own and Arabic before it, turns with the Arabic around it.
	for from := 0; from < len(runs); {
		if !runs[from].rightToLeft {
			from++
			continue
		}
		to := from + 1
		for to < len(runs) && (runs[to].rightToLeft || !hasLetter(runs[to].text)) {
			to++
		}
		slices.Reverse(runs[from:to])
		from = to
	}
	return runs
}

// firstStrong reports whether the first letter is of a script that goes from right to left.
func firstStrong(s string) bool {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			return false
		case bidi.R, bidi.AL:
			return true
		}
	}
	return false
}

// leadingNumber is how long the number is that a text begins with; 0 where it begins with another thing.
func leadingNumber(s string) int {
	end := 0
	for i, r := range s {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.EN, bidi.AN:
			end = i + len(string(r))
		case bidi.CS, bidi.ES:
			if i != end || end == 0 {
				return end
			}
		default:
			return end
		}
	}
	return end
}

func hasLetter(s string) bool {
	for _, r := range s {
		if p, _ := bidi.LookupRune(r); p.Class() == bidi.L {
			return true
		}
	}
	return false
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
		if !arabic && (letter > 0xFFFF || !covered(letter)) {
			letter = unicode.ReplacementChar
		}
		if n := len(out); n > 0 && (out[n-1].arabic == arabic || letter == ' ') {
			out[n-1].backing = append(out[n-1].backing, letter)
			continue
		}
		out = append(out, piece{arabic: arabic, backing: []rune{letter}})
	}
	for i := range out {
		out[i].drawn = string(out[i].backing)
	}
	if len(out) == 1 && !r.rightToLeft && out[0].drawn != r.text {
		out[0].meant = r.text
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
