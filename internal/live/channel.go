package live

import (
	"slices"
	"strconv"
	"strings"
)

// kind is what a channel is about.
type kind int

const (
	ofAccount kind = iota // private-account.{account_key}: all that happens in an account
	ofAsset               // private-asset.{id}
	ofGroup               // private-group.{id}: the assets that are in it now
	ofLink                // private-tracking.{link}: what a public link shows
)

var prefixes = [...]string{ofAccount: "private-account.", ofAsset: "private-asset.", ofGroup: "private-group.", ofLink: "private-tracking."}

// unsupported are kinds of channels that Pusher's protocol has and this server doesn't: nobody is told who else follows, and what
// the server reads it can't encrypt from itself.
var unsupported = [...]string{"presence-", "private-encrypted-"}

func isUnsupported(name string) bool {
	return slices.ContainsFunc(unsupported[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// maxChannelName is Pusher's.
const maxChannelName = 164

// address is a channel's name, taken apart.
type address struct {
	kind kind
	text string // the account's key or the link
	id   int64  // of the asset or group
}

// parseChannel takes a channel's name apart, and reports false for one that names nothing here.
func parseChannel(name string) (address, bool) {
	if len(name) > maxChannelName {
		return address{}, false
	}
	for k, prefix := range prefixes {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest == "" {
			continue
		}
		a := address{kind: kind(k), text: rest}
		if a.kind == ofAsset || a.kind == ofGroup {
			id, err := strconv.ParseInt(rest, 10, 64)
			if err != nil || id <= 0 || strconv.FormatInt(id, 10) != rest {
				return address{}, false
			}
			a.id = id
		}
		return a, true
	}
	return address{}, false
}
