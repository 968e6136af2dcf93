package main

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/yipii/yipii/internal/server"
)

// configCommand prints the settings that the server would run with, given the same flags, variables and file.
type configCommand struct {
	server.Config `embed:""`
	output        `embed:""`
}

// setting is one setting in effect.
type setting struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`
	Origin string `json:"origin"` // default, flag, variable … or file …
}

// Run checks the settings and prints them, secrets masked.
func (c *configCommand) Run(ctx *kong.Context, con *console, s *settings) error {
	given := map[string]bool{}
	for _, path := range ctx.Path {
		if path.Flag != nil && !path.Resolved {
			given[path.Flag.Name] = true
		}
	}
	if err := c.Check(); err != nil { // which also fills in what follows from others
		return err
	}
	var shown []setting
	for _, flag := range ctx.Selected().Flags {
		if !s.isSetting(flag.Value) {
			continue
		}
		origin, ok := s.origins[flag.Name]
		switch {
		case given[flag.Name]:
			origin = "flag"
		case !ok:
			origin = "default"
		}
		shown = append(shown, setting{flag.Name, inEffect(flag), origin})
	}
	return c.print(con, shown, func(w io.Writer) {
		rows := make([][]string, len(shown))
		for i, one := range shown {
			value := fmt.Sprint(one.Value)
			if list, ok := one.Value.([]string); ok {
				value = strings.Join(list, ",")
			}
			if value == "" {
				value = "-"
			}
			rows[i] = []string{one.Name, value, one.Origin}
		}
		table(w, "SETTING VALUE ORIGIN", rows)
	})
}

const masked = "********"

// inEffect is a flag's value as it may be shown: a number, a list of texts, or a text.
func inEffect(flag *kong.Flag) any {
	switch value := flag.Target.Interface().(type) {
	case int:
		return value
	case string:
		if value != "" && flag.Name == "server-secret" {
			return masked
		}
		return maskURL(value)
	default:
		if flag.Target.Kind() != reflect.Slice {
			return fmt.Sprint(value)
		}
		list := []string{}
		for i := range flag.Target.Len() {
			list = append(list, fmt.Sprint(flag.Target.Index(i).Interface()))
		}
		return list
	}
}

var (
	urlSecrets   = regexp.MustCompile(`(?i)([?&][a-z_-]*(?:password|secret|token|key)=)[^&#]*`)
	urlPasswords = regexp.MustCompile(`(://[^:/?#@]*:)[^/?#]*@`)
	anyPasswords = regexp.MustCompile(`://.*@`)
)

// maskURL hides the passwords in a text that may be a URL: that of the user, and those among the parameters.
func maskURL(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	// A password with a character that should be encoded may stand anywhere before the last @; a web address needs no
	// user, so what stands there is a token.
	if u, err := url.Parse(text); err != nil || u.User != nil && strings.HasPrefix(u.Scheme, "http") {
		text = anyPasswords.ReplaceAllString(text, "://"+masked+"@")
	}
	text = urlPasswords.ReplaceAllString(text, "${1}"+masked+"@")
	return urlSecrets.ReplaceAllString(text, "${1}"+masked)
}
