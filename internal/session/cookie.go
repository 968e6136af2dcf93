package session

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// The cookies. The prefix __Host- makes browsers refuse one that was set by another host, over an insecure connection, or
// for a part of the paths only.
const (
	CookieName   = "__Host-yipii"
	ceremonyName = "__Host-yipii-passkey"
	cookiePrefix = "yipw_" // of a session's value
)

// maxCookie bounds what is read of a cookie.
const maxCookie = 4096

// SetCookie gives the browser the session of a result.
func SetCookie(w http.ResponseWriter, res Result) {
	lifetime := absoluteLifetime
	if res.Half {
		lifetime = halfLifetime
	}
	setCookie(w, CookieName, res.Cookie, lifetime)
}

// ClearCookie takes the browser's session away.
func ClearCookie(w http.ResponseWriter) { setCookie(w, CookieName, "", -time.Second) }

// CookieOf is the session's cookie that a request brings, "" for none.
func CookieOf(r *http.Request) string { return cookieOf(r, CookieName) }

// SetCeremony gives the browser what belongs to a passkey's ceremony until it answers.
func SetCeremony(w http.ResponseWriter, state string) {
	setCookie(w, ceremonyName, state, ceremonyLifetime)
}

// ClearCeremony takes it away.
func ClearCeremony(w http.ResponseWriter) { setCookie(w, ceremonyName, "", -time.Second) }

// CeremonyOf is what SetCeremony gave, "" for none.
func CeremonyOf(r *http.Request) string { return cookieOf(r, ceremonyName) }

func cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > maxCookie {
		return ""
	}
	return c.Value
}

// setCookie follows RFC 6265bis §4.1.3.2 for __Host-. SameSite is Lax, so that a link from a letter leads to a signed-in
// page; what changes anything is held to the site by the cross-origin check.
func setCookie(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(lifetime / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// SafeNext is where to go after signing in: the path asked for if it is one of this server's own, else "/".
func SafeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
		return "/"
	}
	return u.RequestURI()
}
