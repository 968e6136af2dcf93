package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
)

// perPage is how many rows a list shows at a time.
const perPage = 50

// pager is where one is in a list.
type pager struct {
	Page, Total int
	Size        int    // rows on a page
	Noun        string // of one row
	base        string // the list's path
	query       url.Values
	name        string // of the parameter that holds the page
}

// pagerOf reads which page of a list is asked for; what is no number is the first. name is the query's parameter: a page
// with two lists has two.
func pagerOf(r *http.Request, name, noun string) pager {
	page, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || page < 1 || page > 1_000_000 {
		page = 1
	}
	return pager{Page: page, Size: perPage, Noun: noun, base: r.URL.Path, query: r.URL.Query(), name: name}
}

func (p pager) offset() int { return (p.Page - 1) * p.Size }

func (p pager) last() int { return max(1, (p.Total+p.Size-1)/p.Size) }

// link is the URL of another page of the list, with everything else that was asked for.
func (p pager) link(page int) string {
	query := url.Values{}
	for name, values := range p.query {
		query[name] = values
	}
	query.Set(p.name, strconv.Itoa(page))
	return p.base + "?" + query.Encode()
}

// extent says which rows are shown.
func (p pager) extent() string {
	from, to := p.offset()+1, min(p.offset()+p.Size, p.Total)
	if p.Total <= p.Size && p.Page == 1 {
		return plural(p.Total, p.Noun)
	}
	if from > to {
		return "No more of " + plural(p.Total, p.Noun)
	}
	return grouped(int64(from)) + " to " + grouped(int64(to)) + " of " + plural(p.Total, p.Noun)
}
