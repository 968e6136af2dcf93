package relay

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// form is what a carrier takes.
type form struct {
	size int  // most bytes of a frame
	text bool // only UTF-8 without a zero byte
}

// A frame is a line and then pieces of messages:
//
//	2f1c9a77b05e4d31 17 lost
//	t11 {"asset":1}T5 begin
//
// The line has the node, the number of the frame among that node's, from 1, and "lost" if messages before it were
// dropped. A piece has a letter, its length in bytes, a blank, and so many bytes. The letter is t for text as it is and b for
// base64; a capital if more of the message comes, with + before it if some has come.
const (
	asText    = 't'
	asBase64  = 'b'
	continues = '+'
	lostWord  = " lost"
)

// frame is a frame that was read.
type frame struct {
	node   string
	number uint64
	lost   bool
	pieces []piece
}

type piece struct {
	letter byte // asText or asBase64
	goesOn bool // some of the message has come
	more   bool // more comes
	body   string
}

var errFrame = errors.New("it is no frame of this program")

// readFrame reads a frame. Its parts lie in the text.
func readFrame(text string) (frame, error) {
	line, rest, found := strings.Cut(text, "\n")
	var f frame
	line, f.lost = strings.CutSuffix(line, lostWord)
	node, number, spaced := strings.Cut(line, " ")
	if !found || !spaced || len(node) != 16 {
		return frame{}, errFrame
	}
	var err error
	if f.number, err = strconv.ParseUint(number, 10, 64); err != nil || f.number == 0 {
		return frame{}, errFrame
	}
	f.node = node
	for rest != "" {
		var p piece
		rest, p.goesOn = strings.CutPrefix(rest, string(continues))
		head, body, spaced := strings.Cut(rest, " ")
		if !spaced || head == "" {
			return frame{}, errFrame
		}
		p.letter = head[0] | 0x20 // lower case
		p.more = p.letter != head[0]
		n, err := strconv.ParseUint(head[1:], 10, 31)
		if p.letter != asText && p.letter != asBase64 || err != nil || n > uint64(len(body)) {
			return frame{}, errFrame
		}
		p.body, rest = body[:n], body[n:]
		f.pieces = append(f.pieces, p)
	}
	return f, nil
}

// appendHead begins a frame.
func appendHead(b []byte, node string, number uint64, lost bool) []byte {
	b = append(b, node...)
	b = append(b, ' ')
	b = strconv.AppendUint(b, number, 10)
	if lost {
		b = append(b, lostWord...)
	}
	return append(b, '\n')
}

// pieceHead is the most bytes before the body of a piece.
const pieceHead = len("+t1234567 ")

func appendPiece(b []byte, p piece) []byte {
	if p.goesOn {
		b = append(b, continues)
	}
	letter := p.letter
	if p.more {
		letter &^= 0x20 // a capital
	}
	b = append(b, letter)
	b = strconv.AppendInt(b, int64(len(p.body)), 10)
	b = append(b, ' ')
	return append(b, p.body...)
}

// cut is how many bytes of body, at most n, make a part that ends with a whole character, if it is text.
func cut(body string, n int) int {
	for end := n; end > n-utf8.UTFMax && end > 0; end-- {
		if utf8.RuneStart(body[end]) {
			return end
		}
	}
	return n
}

// isText reports whether every engine carries message as it is.
func isText(message string) bool {
	return utf8.ValidString(message) && strings.IndexByte(message, 0) < 0
}

func encode(message string) string { return base64.RawStdEncoding.EncodeToString([]byte(message)) }

func decode(letter byte, body []byte) ([]byte, error) {
	if letter == asText {
		return body, nil
	}
	return base64.RawStdEncoding.AppendDecode(nil, body)
}
