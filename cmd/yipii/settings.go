package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/pelletier/go-toml/v2"

	"github.com/yipii/yipii/internal/server"
)

// settings gives flags the values that the command line doesn't: first from YIPII_ variables, then from the settings
// file. A setting is a flag of server.Config, whichever command has it; other flags have neither variable nor line.
//
// A name that isn't a setting is refused wherever it stands, because a mistyped one would else do nothing in silence.
type settings struct {
	environ []string
	names   []string // of all settings, in order

	path      string            // the file's; "" for none
	file      map[string]string // by name
	variables map[string]string // by name; without the empty ones, which count as not set
	origins   map[string]string // where Resolve took a setting from
}

func newSettings(environ []string) *settings {
	s := &settings{environ: environ, file: map[string]string{}, variables: map[string]string{}, origins: map[string]string{}}
	parser, err := kong.New(&server.Config{}, kong.NoDefaultHelp())
	if err != nil {
		panic(err) // the tags of a struct are wrong, for which there are tests
	}
	for _, flag := range parser.Model.Flags {
		s.names = append(s.names, flag.Name)
	}
	slices.Sort(s.names)
	return s
}

// notOurs are variables that begin with YIPII_ and aren't settings: those of client programs and of the tests, and those
// that Kubernetes gives every container beside a service of the name yipii.
func notOurs(variable string) bool {
	switch variable {
	case "YIPII_CONFIG", "YIPII_URL", "YIPII_CLIENT_ID", "YIPII_CLIENT_SECRET", "YIPII_API_KEY", "YIPII_ACCOUNT_KEY", "YIPII_PORT":
		return true
	}
	return slices.ContainsFunc([]string{"YIPII_TEST_", "YIPII_REQUIRE_", "YIPII_SERVICE_", "YIPII_PORT_"}, func(prefix string) bool {
		return strings.HasPrefix(variable, prefix)
	})
}

func variableOf(name string) string {
	return "YIPII_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// isSetting reports whether flag takes its value from variables and the file. A flag that has a setting's name by
// chance carries the tag setting:"-".
func (s *settings) isSetting(value *kong.Value) bool {
	_, known := slices.BinarySearch(s.names, value.Name)
	return known && value.Flag != nil && value.Tag.Get("setting") != "-"
}

// load reads variables and file for the selected command, if it has any setting. One that has none, such as version,
// must work whatever they say.
func (s *settings) load(ctx *kong.Context) error {
	if !slices.ContainsFunc(ctx.Flags(), func(f *kong.Flag) bool { return s.isSetting(f.Value) }) {
		return nil
	}
	for _, flag := range ctx.Model.Flags {
		if flag.Name == "config" {
			s.path, _ = ctx.FlagValue(flag).(string)
		}
	}
	if err := s.loadVariables(); err != nil {
		return err
	}
	if s.path != "" {
		if err := s.loadFile(); err != nil {
			return err
		}
	}
	ctx.AddResolver(s)
	return nil
}

func (s *settings) loadVariables() error {
	byVariable := make(map[string]string, len(s.names))
	for _, name := range s.names {
		byVariable[variableOf(name)] = name
	}
	for _, entry := range s.environ {
		variable, value, _ := strings.Cut(entry, "=")
		name, known := byVariable[variable]
		switch {
		case known && value != "":
			s.variables[name] = value
		case variable == "YIPII_CONFIG" && s.path == "":
			s.path = value
		case !known && strings.HasPrefix(variable, "YIPII_") && !notOurs(variable):
			return s.unknown("variable "+variable, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "YIPII_"), "_", "-")), variableOf)
		}
	}
	return nil
}

// unknown is the error of a name that isn't a setting; spell writes the setting that was perhaps meant.
func (s *settings) unknown(what, name string, spell func(string) string) error {
	if meant, ok := nearest(name, s.names); ok {
		return fmt.Errorf("the %s is not a setting, did you mean %s?", what, spell(meant))
	}
	return fmt.Errorf(`the %s is not a setting; "yipii config" lists them`, what)
}

func (s *settings) loadFile() error {
	text, err := os.ReadFile(s.path)
	if err != nil {
		return fmt.Errorf("the settings file can't be read: %w", err)
	}
	var lines map[string]any
	if err := toml.Unmarshal(text, &lines); err != nil {
		var where *toml.DecodeError
		if errors.As(err, &where) { // its text alone: the rest repeats lines of the file
			row, _ := where.Position()
			return fmt.Errorf("%s, line %d: %s", s.path, row, strings.TrimPrefix(where.Error(), "toml: "))
		}
		return fmt.Errorf("%s is not TOML", s.path)
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		if _, known := slices.BinarySearch(s.names, name); !known {
			return s.unknown(fmt.Sprintf("key %q in %s", name, s.path), name, strconv.Quote)
		}
		if s.file[name], err = plain(lines[name]); err != nil {
			return fmt.Errorf("%s: %s: %w", s.path, name, err)
		}
	}
	return nil
}

// plain is a TOML value as a flag's text.
func plain(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case int64, bool:
		return fmt.Sprint(v), nil
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return "", errors.New("a list must be one of texts")
			}
			items[i] = text
		}
		return kong.JoinEscaped(items, ','), nil
	}
	return "", errors.New("the value must be a text, a whole number, true or false, or a list of texts")
}

// Validate is part of kong.Resolver: load has looked at everything already.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver: the value of a flag that the command line doesn't give, nil for its default.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !s.isSetting(flag.Value) {
		return nil, nil
	}
	text, ok := s.variables[flag.Name]
	origin := "variable " + variableOf(flag.Name)
	if !ok {
		if text, ok = s.file[flag.Name]; !ok {
			return nil, nil
		}
		origin = "file " + s.path
	}
	if err := try(flag, text); err != nil {
		return nil, fmt.Errorf("%w (from the %s)", err, origin)
	}
	s.origins[flag.Name] = origin
	return text, nil
}

// try reads text as the flag would, so that the error can say where the text comes from.
func try(flag *kong.Flag, text string) error {
	if flag.Enum != "" && !flag.EnumMap()[text] {
		return fmt.Errorf("must be one of %s, not %q", strings.Join(flag.EnumSlice(), ", "), text)
	}
	scratch := reflect.New(flag.Target.Type()).Elem()
	return flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: kong.Scan().PushTyped(text, kong.FlagValueToken)}, scratch)
}

// help is the help text of a flag or argument: a setting's ends in its variable.
func (s *settings) help(value *kong.Value) string {
	text := value.Help
	if value.Flag != nil && value.Flag.PlaceHolder != "" && value.Default != "" {
		text += " Default: " + value.Default + "." // the place holder stands where the default would
	}
	if value.Flag != nil && value.Name == "config" {
		return text + " [YIPII_CONFIG]"
	}
	if s.isSetting(value) {
		return text + " [" + variableOf(value.Name) + "]"
	}
	return text
}
