package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// A member who is limited to a part of the account's assets gets those alone: the others are to them as if they weren't
// there. It is decided here, where the SQL is, and by the request's principal, so that no caller can forget it.

// within adds the condition of the caller's part to a statement that has args already, and returns both.
func within(ctx context.Context, accountID int64, args []any) (string, []any) {
	part := bearer.PartOf(ctx, accountID)
	if part == nil {
		return "", args
	}
	condition, partArgs := PartSQL(part, len(args))
	return ` AND ` + condition, append(args, partArgs...)
}

// PartSQL is the condition that a row of assets is in the part, for a statement that has taken placeholders already. Of an
// empty part nothing is seen.
func PartSQL(part *bearer.Part, taken int) (condition string, args []any) {
	var terms []string
	if n := len(part.Groups); n > 0 {
		terms = append(terms, `group_name IN (`+store.Placeholders(taken+1, n)+`)`)
		for _, group := range part.Groups {
			args = append(args, group)
		}
	}
	if n := len(part.Assets); n > 0 {
		terms = append(terms, `id IN (`+store.Placeholders(taken+1+len(args), n)+`)`)
		for _, id := range part.Assets {
			args = append(args, id)
		}
	}
	if terms == nil {
		return `(1 = 0)`, nil
	}
	return `(` + strings.Join(terms, ` OR `) + `)`, args // with nothing else in it, an index finds one asset of many
}

// mayPlace refuses a limited member who would put an asset into a group that isn't theirs, where they would lose it.
func mayPlace(ctx context.Context, accountID, id int64, group string) error {
	part := bearer.PartOf(ctx, accountID)
	if part == nil || slices.Contains(part.Groups, group) || id != 0 && slices.Contains(part.Assets, id) {
		return nil
	}
	return fault.InvalidField("group", fmt.Sprintf("The group field must be one of your own groups: %v.", part.Groups))
}
