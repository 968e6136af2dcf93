package webhook

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
)

// check refuses a webhook that can't be, with all that is wrong, and one that tells what its maker may not read. It trims
// the texts.
func (s *Service) check(ctx context.Context, w *Webhook) error {
	var wrong []fault.Field
	add := func(name, message string) {
		if message != "" {
			wrong = append(wrong, fault.Field{Name: name, Message: message})
		}
	}
	w.URL, w.Description = strings.TrimSpace(w.URL), strings.TrimSpace(w.Description)
	add("url", urlFault(w.URL, s.opt.Networks))
	add("event_types", s.typesFault(w.Types))
	if !utf8.ValidString(w.Description) || utf8.RuneCountInString(w.Description) > maxDescription || strings.ContainsFunc(w.Description, unicode.IsControl) {
		add("description", "The description must be at most 200 characters, none of them a control character.")
	}
	if err := fault.InvalidFields(wrong); err != nil {
		return err
	}
	return s.mayTell(ctx, w.Types)
}

// urlFault says what is wrong with a webhook's URL, "" if nothing. What its host's name stands for is only known when
// connecting, and is looked at then.
func urlFault(text string, allowed []netip.Prefix) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "The url field is required."
	case len(text) > maxURL:
		return "The url field must not be longer than 2000 characters."
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "The url field may contain printable ASCII characters without spaces only."
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return "The url field must be a URL such as https://example.com/hook."
	case u.Scheme != "https" && u.Scheme != "http":
		return "The url field must begin with https://."
	case u.Scheme == "http" && len(allowed) == 0:
		return "The url field must begin with https://: this server sends nothing over http."
	case u.User != nil:
		return "The url field must not contain a user name or password."
	case strings.Contains(text, "#"):
		return "The url field must not contain a fragment."
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !mayReach(addr, u.Scheme == "http", allowed) {
		return "The url field names an address that this server may not send to."
	}
	return ""
}

// typesFault says what is wrong with a list of patterns, "" if nothing.
func (s *Service) typesFault(patterns []string) string {
	if len(patterns) == 0 || len(patterns) > maxTypes {
		return "The event_types field must have 1 to 50 entries."
	}
	for _, pattern := range patterns {
		if !slices.ContainsFunc(s.opt.Types, func(kind string) bool { return matches(pattern, kind) }) {
			return "An entry of event_types picks no event. These exist: " + strings.Join(s.opt.Types, ", ") + "; alert.* picks all that begin with alert., and * picks all."
		}
	}
	return ""
}

// matches reports whether a pattern picks an event type: "*" picks all, "alert.*" those that begin with "alert.".
func matches(pattern, kind string) bool {
	if pattern == "*" || pattern == kind {
		return true
	}
	prefix, wild := strings.CutSuffix(pattern, "*")
	return wild && strings.HasSuffix(prefix, ".") && strings.HasPrefix(kind, prefix)
}

// picks reports whether one of the patterns picks the event type.
func picks(patterns []string, kind string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, kind) })
}

// scopeOf is the scope that lets a caller read what events of a type tell. Of a noun that has none it is every scope.
func scopeOf(kind string) bearer.Scopes {
	noun, _, _ := strings.Cut(kind, ".")
	if noun == "webhook" {
		return 0 // a test tells nothing
	}
	scope, err := bearer.ParseScopes("read:" + noun + "s")
	if err != nil {
		return bearer.AllScopes
	}
	return scope
}

// mayTell refuses a caller who would learn, or let others learn, by a webhook what their credential may not read itself.
func (s *Service) mayTell(ctx context.Context, patterns []string) error {
	p := bearer.CallerOf(ctx)
	if p == nil {
		return nil
	}
	var needed bearer.Scopes
	for _, kind := range s.opt.Types {
		if picks(patterns, kind) {
			needed |= scopeOf(kind)
		}
	}
	if lacking := needed &^ p.Scopes.Implied(); lacking != 0 {
		return fault.New(fault.Forbidden, "The webhook tells what this credential may not read itself. It lacks: "+lacking.String()+".")
	}
	return nil
}
