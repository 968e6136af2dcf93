package web

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fault"
)

// A record that people change has a version: a column that begins at 1 and that every change counts up. Its ETag (RFC 9110
// §8.8.3) is the version in quotes, a strong one. A record that also shows what changes by itself, as an asset shows its last
// position, has a tag of two parts, "7-c0ffee": the version, and a sum of all that is shown. If-None-Match compares
// the whole of it, If-Match the version alone, so that a position that comes in refuses nobody's change.
//
// A room embeds Precondition in the input of PATCH and DELETE, and Revalidation in that of GET, and answers with Tagged.
// The store calls Precondition.Check inside its transaction, with the version of the row that the transaction has locked:
// whichever of two changes comes second then sees what the first has made.

// Precondition is If-Match: the record is changed only if it is as the caller last saw it (RFC 9110 §13.1.1).
type Precondition struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"ETag of the record as you last read it. If it has changed since, the answer is 412 and nothing is done." example:"\"7\""`
}

// Check returns a Stale fault unless the record, whose version this is, is one that the caller named. Without If-Match
// every version will do, and so does "*". A weak tag names none.
func (p Precondition) Check(version int64) error {
	if p.IfMatch == "" {
		return nil
	}
	for tag := range strings.SplitSeq(p.IfMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" {
			return nil
		}
		inner, ok := quoted(tag)
		number, _, _ := strings.Cut(inner, "-")
		if ok && number == strconv.FormatInt(version, 10) {
			return nil
		}
	}
	return fault.New(fault.Stale, "The record has changed since you read it.")
}

func (Precondition) describe(op *huma.Operation, refusal *huma.Response) {
	changed := *refusal
	changed.Description = "The record has changed since: its ETag isn't the one in If-Match."
	op.Responses["412"] = &changed
}

// Revalidation is If-None-Match: the record is sent only if it is not as the caller has it (RFC 9110 §13.1.2).
type Revalidation struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETag of the record as you have it. If it is still so, the answer is 304 without a body." example:"\"7\""`
}

// Has reports whether the caller has what this tag stands for. Tags compare weakly here: W/ makes no difference.
func (v Revalidation) Has(tag string) bool {
	for mine := range strings.SplitSeq(v.IfNoneMatch, ",") {
		if mine = strings.TrimSpace(mine); mine == "*" || strings.TrimPrefix(mine, "W/") == tag {
			return true
		}
	}
	return false
}

func (Revalidation) describe(op *huma.Operation, _ *huma.Response) {
	op.Responses["304"] = &huma.Response{Description: "The record is as the caller has it."}
}

// conditional is an input that has one of the two conditions.
type conditional interface {
	describe(op *huma.Operation, refusal *huma.Response)
}

// quoted takes the quotes from a strong tag.
func quoted(tag string) (string, bool) {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return "", false
	}
	return tag[1 : len(tag)-1], true
}

// Tag is the ETag of a record that only its changes change.
func Tag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// LiveTag is the ETag of a record that changes by itself too; shown is what the answer shows.
func LiveTag(version int64, shown any) (string, error) {
	text, err := json.Marshal(shown)
	if err != nil {
		return "", err
	}
	sum := fnv.New128a()
	sum.Write(text)
	return fmt.Sprintf(`"%d-%x"`, version, sum.Sum(nil)), nil
}

// Tagged is the answer of one record with its ETag. As the output of an operation it has status 200, or 304 and no body.
type Tagged[T any] struct {
	Status int
	ETag   string `header:"ETag" doc:"For If-Match and If-None-Match."`
	Body   *Record[T]
}

// NewTagged answers a record.
func NewTagged[T any](record T, tag string) *Tagged[T] {
	return &Tagged[T]{Status: http.StatusOK, ETag: tag, Body: &Record[T]{record}}
}

// Unless leaves the record out if the caller has it.
func (t *Tagged[T]) Unless(has Revalidation) *Tagged[T] {
	if has.Has(t.ETag) {
		t.Status, t.Body = http.StatusNotModified, nil
	}
	return t
}

// Made is the answer to the making of a record. Give the route the DefaultStatus 201.
type Made[T any] struct {
	Location string `header:"Location" doc:"URL of the new record."`
	ETag     string `header:"ETag" doc:"For If-Match and If-None-Match."`
	Body     Record[T]
}
