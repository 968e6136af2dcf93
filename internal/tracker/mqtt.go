package tracker

import "io"

// MaxConnect is the longest first packet of MQTT in bytes, without its head. It comes from a stranger.
const MaxConnect = 8 << 10

// mqttConnect is the first byte of a CONNECT packet (MQTT 5 §2.1.2, MQTT 3.1.1 §3.1).
const mqttConnect = 0x10

// ReadConnect reads the head of the first packet of an MQTT connection, which has to be a CONNECT of at most MaxConnect bytes:
// the packet's type, and its length in one to four bytes, the lowest seven bits first. It returns the bytes that it read.
func ReadConnect(from io.Reader) ([]byte, error) {
	head := make([]byte, 2, 5)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	if head[0] != mqttConnect {
		return nil, unreadable("the first packet is not a CONNECT")
	}
	length := int(head[1] & 0x7f)
	for shift := 7; head[len(head)-1]&0x80 != 0; shift += 7 {
		if len(head) == cap(head) {
			return nil, unreadable("the first packet has no length")
		}
		head = head[:len(head)+1]
		if _, err := io.ReadFull(from, head[len(head)-1:]); err != nil {
			return nil, err
		}
		length |= int(head[len(head)-1]&0x7f) << shift
	}
	if length > MaxConnect {
		return nil, unreadable("the first packet has %d bytes", length)
	}
	return head, nil
}
