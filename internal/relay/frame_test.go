package relay

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// hears makes an inbox that notes what it is told.
func hears(node string) (in *inbox, messages *[][]byte, gaps *int) {
	in, messages, gaps = newInbox(node), new([][]byte), new(int)
	in.message = func(m []byte) { *messages = append(*messages, m) }
	in.gap = func(bool) { *gaps++ }
	return in, messages, gaps
}

const me, you = "0123456789abcdef", "fedcba9876543210"

// TestSentAgain: a frame that comes twice counts once, one that is missing is a gap, and what is left of a message
// without its beginning is nothing.
func TestSentAgain(t *testing.T) {
	out := newOutbox(me)
	for range 20 {
		out.add(bytes.Repeat([]byte("m"), 150))
	}
	small := form{size: 100, text: true} // each message is two frames
	frames, _ := out.frames(small)
	if again, _ := out.frames(small); !slices.Equal(frames, again) {
		t.Error("other frames than those that failed")
	}
	in, messages, gaps := hears(you)
	for i, frame := range frames {
		if i == 4 { // and with it a message
			continue
		}
		in.take(frame)
		in.take(frame)
	}
	for _, m := range *messages {
		if len(m) != 150 {
			t.Errorf("a message of %d bytes", len(m))
		}
	}
	if len(*messages) < 15 || len(*messages) > 19 || *gaps != 1 {
		t.Errorf("%d messages, %d gaps of %d frames", len(*messages), *gaps, len(frames))
	}
	own, messages, _ := hears(me)
	for _, frame := range frames {
		own.take(frame)
	}
	if len(*messages) > 0 {
		t.Error("a node hears itself")
	}
}

// TestBound: what waits is bounded, the newest stays, and a message that was cut when its rest was dropped doesn't arrive.
func TestBound(t *testing.T) {
	out := newOutbox(me)
	out.add(bytes.Repeat([]byte{'a'}, MaxMessage))
	frames, _ := out.frames(form{size: 8000}) // the beginning of it
	in, messages, gaps := hears(you)
	for _, frame := range frames {
		in.take(frame)
	}
	for range 100_000 {
		out.add(bytes.Repeat([]byte{'b'}, 200))
	}
	if out.held > maxWaiting {
		t.Errorf("%d bytes wait", out.held)
	}
	out.sent()
	out.add([]byte("newest"))
	for {
		frames, _ := out.frames(form{size: 8000})
		if len(frames) == 0 {
			break
		}
		for _, frame := range frames {
			if len(frame) > 8000 {
				t.Fatalf("a frame of %d bytes", len(frame))
			}
			in.take(frame)
		}
		out.sent()
	}
	if got := *messages; *gaps != 1 || len(got) < 20_000 || string(got[0]) != string(bytes.Repeat([]byte{'b'}, 200)) || string(got[len(got)-1]) != "newest" {
		t.Errorf("%d messages, %d gaps", len(got), *gaps)
	}
	if out.held != 0 {
		t.Errorf("%d bytes wait where nothing does", out.held)
	}
}

// FuzzMessage: any message, cut anywhere, comes out as it went in, and in UTF-8 where that is asked for.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"a":"é"}`), 130, true)
	f.Add([]byte("\x00\xff+t5 "), 200, true)
	f.Fuzz(func(t *testing.T, message []byte, size int, text bool) {
		form := form{size: 128 + max(0, size)%8000, text: text}
		out := newOutbox(me)
		in, messages, gaps := hears(you)
		var want [][]byte
		for range 1 + rand.N(3) {
			out.add(message)
			want = append(want, message)
		}
		for len(*messages) < len(want) {
			frames, _ := out.frames(form)
			if len(frames) == 0 {
				break
			}
			for _, frame := range frames {
				if len(frame) > form.size || text && !isText(frame) {
					t.Fatalf("the frame %q of %d bytes", frame, len(frame))
				}
				in.take(frame)
			}
			out.sent()
		}
		if *gaps > 0 || !slices.EqualFunc(*messages, want, bytes.Equal) {
			t.Fatalf("heard %q with %d gaps", *messages, *gaps)
		}
	})
}

// FuzzFrame: what others say is read or refused, and what is read has a node's name and a number.
func FuzzFrame(f *testing.F) {
	f.Add(me + " 7 lost\nt3 abc+b4 YWJj")
	f.Add(me + " 1\nT2 ab+T1 c+t0 ")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := readFrame(text)
		if err == nil && (len(read.node) != 16 || read.number == 0) {
			t.Errorf("read %+v", read)
		}
		in, _, _ := hears(you)
		in.take(text)
		in.take(text)
	})
}
