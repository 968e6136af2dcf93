package intake

import (
	"strings"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/trail"
)

// topic is what a message is published to.
type topic struct {
	account string
	of      trail.Position // whose positions they are: AssetID, Tracker, or neither
}

// parseTopic reads a topic:
//
//	{account_key}/position                      positions that name their asset or tracker
//	{account_key}/asset/{id}/position           positions of one asset
//	{account_key}/tracker/{identity}/position   positions of one tracker
func parseTopic(name string) (t topic, ok bool) {
	var rest string
	if t.account, rest, ok = strings.Cut(name, "/"); !ok || t.account == "" {
		return t, false
	}
	if rest == "position" {
		return t, true
	}
	rest, ok = strings.CutSuffix(rest, "/position")
	kind, which, both := strings.Cut(rest, "/")
	if !ok || !both {
		return t, false
	}
	switch kind {
	case "asset":
		id, err := fleet.ParseID(which)
		t.of.AssetID = id
		return t, err == nil
	case "tracker":
		t.of.Tracker = which // it may have slashes
		return t, which != "" && which == printable(which)
	}
	return t, false
}
