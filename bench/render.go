package main

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// tableRows is how many rows a list shows, and so the table that the baseline renders.
const tableRows = 50

// tableText is a page with a table. Its cells are what cells of lists are made of: a link, a name, something small.
const tableText = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title></head><body><h1>{{.Title}}</h1><table>
{{range .Rows}}<tr>{{range .}}<td><a href="/bench-fleet/asset/{{.ID}}">{{.Name}}</a> <span class="muted">{{.Detail}}</span></td>{{end}}</tr>
{{end}}</table><p>{{.Rest}}</p></body></html>
`

type (
	tablePage struct {
		Title, Rest string
		Rows        [][]tableCell
	}
	tableCell struct {
		ID           int
		Name, Detail string
	}
)

// rendering is the baseline of pages: the n-th path renders a table of 50 rows, with as many cells as make up the n-th
// size, by html/template. Nobody signs in, and nothing is read or logged.
func rendering(setup baselineSetup) (http.Handler, error) {
	t, err := template.New("table").Parse(tableText)
	if err != nil {
		return nil, err
	}
	pages := make([]tablePage, len(setup.Sizes))
	for i, size := range setup.Sizes {
		if pages[i], err = pageOfSize(t, size); err != nil {
			return nil, err
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || n < 0 || n >= len(pages) {
			http.NotFound(w, r)
			return
		}
		var body bytes.Buffer
		if err := t.Execute(&body, pages[n]); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeAnswer(w, map[string]string{"Content-Type": "text/html; charset=utf-8", "Content-Length": strconv.Itoa(body.Len())}, body.Bytes())
	}), nil
}

// pageOfSize is the page with the most cells that has no more bytes than size, and text for the rest.
func pageOfSize(t *template.Template, size int) (tablePage, error) {
	page := tableOf(1)
	for cells := 1; ; cells++ {
		next := tableOf(cells)
		var body bytes.Buffer
		if err := t.Execute(&body, next); err != nil {
			return page, err
		}
		if body.Len() > size {
			return page, nil
		}
		page, page.Rest = next, strings.Repeat("x", size-body.Len())
	}
}

// tableOf is a table of 50 rows with this many cells each.
func tableOf(cells int) tablePage {
	page := tablePage{Title: "Assets", Rows: make([][]tableCell, tableRows)}
	for i := range page.Rows {
		for k := range cells {
			id := i*cells + k
			page.Rows[i] = append(page.Rows[i], tableCell{id, fmt.Sprintf("Van %05d", id), "52.52000, 13.40500"})
		}
	}
	return page
}
