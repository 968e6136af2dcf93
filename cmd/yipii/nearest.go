package main

import "slices"

// nearest answers the word of known that text was most likely meant to be, and false if none is near.
func nearest(text string, known []string) (string, bool) {
	best, least := "", len(text)/3+2 // more than a third of the letters wrong is no typing mistake any more
	for _, word := range known {
		if d := distance(text, word); d < least {
			best, least = word, d
		}
	}
	return best, best != ""
}

// distance is how many letters must be put in, left out or changed to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{cost, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}
