package guide

import (
	"bytes"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Reader is who is signed in to the dashboard and reads.
type Reader struct {
	Name     string
	Accounts []Account // that they belong to; the first one is shown where none was chosen
}

// Account is one of a reader's.
type Account struct{ Key, Name, Role string }

// accountCookie names the account that a reader chose for the samples. It is no secret, and is asked for nothing: the account must be
// one of the reader's.
const accountCookie = "yipii-account"

// reader is who asks, with the account that they chose as the first; nil for who has none.
func (s *Service) reader(r *http.Request) *Reader {
	if s.Reader == nil {
		return nil
	}
	reader := s.Reader(r)
	if reader == nil || len(reader.Accounts) == 0 {
		return nil
	}
	if chosen, err := r.Cookie(accountCookie); err == nil {
		if i := slices.IndexFunc(reader.Accounts, func(a Account) bool { return a.Key == chosen.Value }); i > 0 {
			first := reader.Accounts[i]
			reader.Accounts = append([]Account{first}, slices.Delete(slices.Clone(reader.Accounts), i, i+1)...)
		}
	}
	return reader
}

// stranger is what a page says to who isn't signed in.
func stranger(path string) string {
	return `<a href="/login?next=` + url.QueryEscape(path) + `">Sign in</a><span> to see your account key in the samples</span>`
}

// personal is a page for a reader: samples are for their account, and they can choose another.
func (r *Reader) personal(page []byte, path string) []byte {
	key := html.EscapeString(r.Accounts[0].Key)
	page = bytes.ReplaceAll(page, []byte(exampleKey), []byte(key))
	return bytes.Replace(page, []byte(stranger(path)), []byte(r.greeting(key)), 1)
}

// greeting says for which account the samples are. The choice is for scripts, which keep it.
func (r *Reader) greeting(key string) string {
	var out strings.Builder
	out.WriteString(`<span>Samples for </span><a id="mine" href="/` + key + `/" data-name="` + html.EscapeString(r.Name) + `" data-key="` + key +
		`" data-role="` + html.EscapeString(r.Accounts[0].Role) + `">` + key + `</a>`)
	if len(r.Accounts) < 2 {
		return out.String()
	}
	out.WriteString(`<select id="account" aria-label="Account of the samples" hidden>`)
	inOrder := slices.SortedFunc(slices.Values(r.Accounts), func(a, b Account) int { return strings.Compare(a.Key, b.Key) })
	for _, a := range inOrder {
		selected := ""
		if a.Key == r.Accounts[0].Key {
			selected = " selected"
		}
		out.WriteString(`<option value="` + html.EscapeString(a.Key) + `"` + selected + `>` + html.EscapeString(a.Key+" ("+a.Role+")") + `</option>`)
	}
	out.WriteString(`</select>`)
	return out.String()
}
