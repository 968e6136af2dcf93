package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/yipii/yipii/internal/fault"
)

// PageInput is the paging part of a list's query (contract §6). Embed it in the operation's input.
type PageInput struct {
	Page    int    `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Page number, from 1."`
	PerPage int    `query:"per_page" minimum:"1" maximum:"500" default:"50" doc:"Records on a page."`
	Sort    string `query:"sort" maxLength:"64" doc:"Field to sort by; a leading minus turns the order round."`
}

// Offset is the number of records before the page.
func (p PageInput) Offset() int { return (p.Page - 1) * p.PerPage }

// Order splits Sort into a column that columns names, and its direction. Sort's empty value stands for fallback.
func (p PageInput) Order(columns map[string]string, fallback string) (column string, descending bool, err error) {
	name := p.Sort
	if name == "" {
		name = fallback
	}
	name, descending = strings.CutPrefix(name, "-")
	column, ok := columns[name]
	if !ok {
		return "", false, fault.InvalidField("sort", "The sort field is not one that this list can be sorted by.")
	}
	return column, descending, nil
}

// Page is one page of a list (contract §6).
type Page[T any] struct {
	Data  []T   `json:"data"`
	Links Links `json:"links"`
	Meta  Meta  `json:"meta"`
}

// Links are absolute URLs of the list's other pages; prev and next are null at the ends.
type Links struct {
	First string  `json:"first" format:"uri"`
	Last  string  `json:"last" format:"uri"`
	Prev  *string `json:"prev" format:"uri"`
	Next  *string `json:"next" format:"uri"`
}

// Meta counts the list. From and To are the positions of the page's first and last record, null on an empty page.
type Meta struct {
	CurrentPage int  `json:"current_page"`
	From        *int `json:"from"`
	LastPage    int  `json:"last_page"`
	PerPage     int  `json:"per_page"`
	To          *int `json:"to"`
	Total       int  `json:"total"`
}

// NewPage makes the page that in asked for. base is the list's absolute URL without a query; query its filters,
// which every link repeats.
func NewPage[T any](data []T, total int, in PageInput, base string, query url.Values) Page[T] {
	if data == nil {
		data = []T{}
	}
	last := max(1, (total+in.PerPage-1)/in.PerPage)
	link := func(page int) string {
		q := url.Values{}
		for name, values := range query {
			q[name] = values
		}
		q.Set("page", strconv.Itoa(page))
		q.Set("per_page", strconv.Itoa(in.PerPage))
		if in.Sort != "" {
			q.Set("sort", in.Sort)
		}
		return base + "?" + q.Encode()
	}
	page := Page[T]{Data: data,
		Links: Links{First: link(1), Last: link(last)},
		Meta:  Meta{CurrentPage: in.Page, LastPage: last, PerPage: in.PerPage, Total: total}}
	if in.Page > 1 {
		prev := link(min(in.Page-1, last))
		page.Links.Prev = &prev
	}
	if in.Page < last {
		next := link(in.Page + 1)
		page.Links.Next = &next
	}
	if len(data) > 0 {
		from, to := in.Offset()+1, in.Offset()+len(data)
		page.Meta.From, page.Meta.To = &from, &to
	}
	return page
}

// Record is one record (contract §6).
type Record[T any] struct {
	Data T `json:"data"`
}

// ParseID reads the id in a path. What can be no id is a record that isn't there, as an unknown one is: "Asset not found."
func ParseID(text, noun string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0, fault.Missing(noun)
	}
	return id, nil
}
