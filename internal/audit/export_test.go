package audit

import "context"

// What the tests see of the inside.
const (
	EventColumns = eventColumns
	Started      = started
	MaxFaults    = maxFaults
	MaxOfAccount = maxOfAccount
	VerifyBatch  = verifyBatch
)

// Query is the statement of a list and its values; deep for a page in the middle.
func (f Filter) Query(accountID int64, newestFirst, deep bool) (string, []any) {
	where := f.conditions(accountID)
	switch at, number := int64(5_000_000), int64(5_000); {
	case deep && newestFirst:
		where.and(`(at, number) < ($%d, $%d)`, at, number)
	case deep:
		where.and(`(at, number) > ($%d, $%d)`, at, number)
	}
	return listQuery(where, newestFirst, 51), where.args
}

// FlushDue records what Run would.
func (r *Refusals) FlushDue(ctx context.Context) error { return r.flush(ctx, false) }
