package intake

import (
	"errors"
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/trail"
)

// hook is what the library asks. It handles the packets of a client one after the other, and sends the acknowledgement of a
// message after OnPublish has returned: so that means durable.
type hook struct {
	mqtt.HookBase
	broker *Broker
}

// ID names the hook.
func (h *hook) ID() string { return "intake" }

// Provides says which questions the hook answers.
func (h *hook) Provides(b byte) bool {
	return b == mqtt.OnPacketRead || b == mqtt.OnConnect || b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck || b == mqtt.OnPublish
}

func visitorOf(cl *mqtt.Client) (*visitor, bool) {
	v, ok := cl.Net.Conn.(*visitor)
	return v, ok
}

// OnPacketRead makes each session a new one. There is nothing to remember of one, and an acknowledgement that is taken over from
// the session before would be for the message that has the same number in the new one.
//
// And it keeps the library from passing over topics of servers' own, such as $SYS, in silence: whoever published there would wait for
// ever. With a slash before it, it is a topic of no account, and refused as such.
func (h *hook) OnPacketRead(_ *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	switch {
	case pk.FixedHeader.Type == packets.Connect:
		pk.Connect.Clean = true
	case pk.FixedHeader.Type == packets.Publish && strings.HasPrefix(pk.TopicName, "$"):
		pk.TopicName = "/" + pk.TopicName
	}
	return pk, nil
}

// OnConnect authenticates. An error closes the connection without an answer: the credential may be good, but this can't be
// known now.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	v, ok := visitorOf(cl)
	if !ok {
		return errors.New("no connection of ours")
	}
	if longest := uint16(min(h.broker.service.Idle.Seconds(), 0xffff)); cl.State.Keepalive == 0 || cl.State.Keepalive > longest {
		cl.State.Keepalive, cl.State.ServerKeepalive = longest, true
	}
	cl.Properties.Will = mqtt.Will{} // nobody would get it
	err := h.broker.connect(v, cl, string(pk.Connect.Username), string(pk.Connect.Password))
	if errors.Is(err, errLogin) {
		return nil // OnConnectAuthenticate says so
	}
	if err != nil {
		h.broker.service.figures.refused(mqttName, reasonUnavailable)
	}
	return err
}

// OnConnectAuthenticate tells what OnConnect found.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	v, ok := visitorOf(cl)
	return ok && v.let
}

// OnACLCheck refuses all subscriptions. OnPublish decides about topics that are written to, because it can tell why.
func (h *hook) OnACLCheck(_ *mqtt.Client, _ string, write bool) bool { return write }

// OnPublish stores a message. Without an error it is acknowledged, by CodeSuccessIgnore without being handed on.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	v, ok := visitorOf(cl)
	if !ok {
		return pk, packets.ErrRejectPacket
	}
	result, err := h.broker.publish(v, pk.TopicName, pk.Payload)
	code, fate := verdict(result, err)
	h.refused(code)
	told := cl.Properties.ProtocolVersion == 5 && pk.FixedHeader.Qos == 1 // the acknowledgement has room for a reason
	switch {
	case told && fate != cut && code != packets.CodeSuccess:
		return pk, code
	case fate == acknowledged:
		return pk, packets.CodeSuccessIgnore
	}
	// Without an acknowledgement a client sends again when it connects anew, and not before.
	h.broker.cut(cl, code)
	return pk, packets.ErrRejectPacket
}

func (h *hook) refused(code packets.Code) {
	switch code {
	case packets.ErrPayloadFormatInvalid:
		h.broker.service.figures.refused(mqttName, reasonUnreadable)
	case packets.ErrNotAuthorized:
		h.broker.service.figures.refused(mqttName, reasonUnauthorized)
	}
}

// fate is what becomes of a message's sender.
type fate int

const (
	acknowledged fate = iota // it was stored, or sending it again would be in vain
	toldOrCut                // the sender has to learn that it does something wrong
	cut                      // it is to be sent again, or the sender is nobody's any more
)

// verdict is the reason code of what became of a message, and what becomes of its sender.
func verdict(result trail.Result, err error) (packets.Code, fate) {
	if err == nil {
		if result.Accepted+result.Duplicates == 0 && len(result.Rejected) > 0 {
			return packets.ErrImplementationSpecificError, acknowledged
		}
		return packets.CodeSuccess, acknowledged
	}
	switch fault.As(err).Kind {
	case fault.Malformed, fault.TooLarge, fault.Invalid:
		return packets.ErrPayloadFormatInvalid, acknowledged
	case fault.NotFound: // one tracker of the many that a gateway may send for
		return packets.ErrTopicNameInvalid, acknowledged
	case fault.Forbidden:
		return packets.ErrNotAuthorized, toldOrCut
	case fault.Unauthenticated:
		return packets.ErrNotAuthorized, cut
	}
	return packets.ErrServerBusy, cut
}
