package report

import (
	"iter"

	"github.com/yipii/yipii/internal/document"
)

// rows yields rows that are made one at a time of what is held.
func rows[T any](list []T, row func(*T) []any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for i := range list {
			if !yield(row(&list[i]), nil) {
				return
			}
		}
	}
}

// column and total make columns.
func column(key, label string, kind document.Kind) document.Column {
	return document.Column{Key: key, Label: label, Kind: kind}
}

func total(key, label string, kind document.Kind) document.Column {
	return document.Column{Key: key, Label: label, Kind: kind, Total: true}
}

// known is a value that may not be known: nil where it isn't.
func known[T any](value T, ok bool) any {
	if !ok {
		return nil
	}
	return value
}

// ratio is a part of a whole in per cent, nil where there is no whole.
func ratio(part, whole float64) any { return known(100*part/whole, whole > 0) }

// speed is a mean speed in km/h, nil where there was no time.
func speed(kilometres, seconds float64) any { return known(kilometres/seconds*3600, seconds > 0) }
