package fleet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/web"
)

// Targets are the assets that a record of the account is for: those of these groups, and these.
type Targets struct {
	Groups []string `json:"groups" required:"false" maxItems:"100" doc:"Names of groups."`
	Assets []int64  `json:"assets" required:"false" maxItems:"1000" doc:"Ids of assets."`
}

const (
	maxTargetGroups = 100
	maxTargetAssets = 1000
)

// Check puts them in order, each once, and says what is wrong with them, "" if nothing is.
func (t *Targets) Check() string {
	groups, assets := make([]string, 0, len(t.Groups)), append([]int64{}, t.Assets...)
	for _, group := range t.Groups {
		if group = strings.TrimSpace(group); group == "" || utf8.RuneCountInString(group) > maxGroup || !utf8.ValidString(group) || strings.ContainsFunc(group, unicode.IsControl) {
			return fmt.Sprintf("The applies_to field must name groups of 1 to %d characters.", maxGroup)
		}
		groups = append(groups, group)
	}
	slices.Sort(groups)
	slices.Sort(assets)
	t.Groups, t.Assets = slices.Compact(groups), slices.Compact(assets)
	switch {
	case len(t.Groups)+len(t.Assets) == 0:
		return "The applies_to field must name at least a group or an asset; leave it out, or make it null, for all assets."
	case len(t.Groups) > maxTargetGroups || len(t.Assets) > maxTargetAssets:
		return fmt.Sprintf("The applies_to field must not name more than %d groups and %d assets.", maxTargetGroups, maxTargetAssets)
	}
	return ""
}

// NullTargets says in a record's schema that applies_to may be null, which the tags of a struct can't.
func NullTargets(s *huma.Schema) *huma.Schema { return web.OrNull(s, "applies_to") }
