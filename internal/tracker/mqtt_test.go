package tracker

import (
	"bytes"
	"errors"
	"testing"
)

func TestReadConnect(t *testing.T) {
	for sent, want := range map[string]int{"\x10\x0c\x00\x04MQTT": 2, "\x10\x80\x40\x00": 3, "\x10\x81\x80\x00rest": 4, "\x10\x81\x80\x80\x00": 5} {
		if head, err := ReadConnect(bytes.NewReader([]byte(sent))); err != nil || string(head) != sent[:want] {
			t.Errorf("%x: %x %v", sent, head, err)
		}
	}
	for _, sent := range []string{"GET / HTTP/1.1", "\x30\x00", "\x10\x81\x40", "\x10\xff\xff\xff\xff\x00", "\x10\xff\xff\xff\x7f"} {
		if head, err := ReadConnect(bytes.NewReader([]byte(sent))); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%x: %x %v", sent, head, err)
		}
	}
}

func FuzzConnect(f *testing.F) {
	f.Add([]byte("\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"))
	f.Add([]byte{0x10, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, sent []byte) {
		head, err := ReadConnect(bytes.NewReader(sent))
		if err == nil && (len(head) < 2 || len(head) > 5 || !bytes.HasPrefix(sent, head) || head[len(head)-1]&0x80 != 0) {
			t.Fatalf("%x of %x", head, sent)
		}
	})
}
