package guide

import (
	"html"
	"regexp"
	"strings"
)

// language is what is known of one to colour it: enough for samples, far from a grammar.
type language struct {
	tab   string // by which browsers keep the choice, here, in the reference and in the dashboard
	label string
	rule  *regexp.Regexp
}

// words of a language, as a pattern with a group for each kind of token: 1 comment, 2 string, 3 keyword, 4 number.
func rule(comment, text, keywords string) *regexp.Regexp {
	if keywords == "" {
		keywords = `\x00`
	} else {
		keywords = `\b(?:` + strings.ReplaceAll(keywords, " ", "|") + `)\b`
	}
	return regexp.MustCompile(`(` + comment + `)|(` + text + `)|(` + keywords + `)|(\b\d[\d_]*(?:\.\d+)?\b)`)
}

// languages are those of the samples, by the first word behind a fence; with "axios" for JavaScript that needs it.
func languages() map[string]language {
	const (
		slashes = `//[^\n]*`
		hash    = `(?m:(?:^|[ \t])#[^\n]*)`
		none    = `\x00`
		double  = `"(?:[^"\\\n]|\\.)*"`
		either  = double + `|'(?:[^'\\\n]|\\.)*'`
	)
	script := rule(slashes, either+"|`[^`]*`", "async await break case catch class const constructor continue else export extends false finally for from function if import in let new null of return static this throw true try typeof while")
	return map[string]language{
		"sh":       {"curl", "curl", rule(hash, `"(?:[^"\\]|\\.)*"|'[^']*'`, "if then else elif fi for do done case esac while export sudo")},
		"js axios": {"axios", "Node.js, axios", script},
		"js":       {"fetch", "JavaScript, fetch", script},
		"php":      {"php", "PHP", rule(slashes+"|"+hash, either, "array as bool catch class declare else false final fn for foreach function if int new null private public readonly return self static string throw true try use while")},
		"python":   {"python", "Python", rule(hash, `"""[\s\S]*?"""|f?`+double+`|f?'(?:[^'\\\n]|\\.)*'`, "and as class def elif else except False for from global if import in is lambda None not or pass raise return self True try while with")},
		"go":       {"go", "Go", rule(slashes, double+"|`[^`]*`|'[^'\n]*'", "break case const defer else error false for func go if import int interface map nil package range return string struct switch true type var")},
		"csharp":   {"csharp", "C#", rule(slashes, `[$@]*"(?:[^"\\\n]|\\.)*"`, "async await bool catch class const double else false finally for foreach if in int lock new null private public readonly return static string throw true try using var void while")},
		"java":     {"java", "Java", rule(slashes, double, "boolean catch class double else false final finally for if implements import int long new null private public record return static String synchronized this throw throws true try var void while")},
		"json":     {"json", "Answer", rule(none, double, "true false null")},
		"toml":     {"toml", "TOML", rule(hash, double, "true false")},
		"xml":      {"xml", "XML", rule(`<!--[\s\S]*?-->`, either, "")},
		"text":     {"text", "Text", nil},
	}
}

// languageOf picks a language by what stands behind a fence. A shell block that doesn't call curl is a shell's.
func languageOf(all map[string]language, info, text string) language {
	words := strings.Fields(info)
	name := "text"
	if len(words) > 0 {
		name = words[0]
	}
	if name == "js" && len(words) > 2 && words[2] == "axios" {
		name = "js axios"
	}
	l, known := all[name]
	if !known {
		return all["text"]
	}
	if name == "sh" && !strings.Contains(text, "curl") {
		l.label = "Shell"
	}
	return l
}

// highlight is text as HTML, its tokens in spans.
func highlight(l language, text string) string {
	if l.rule == nil {
		return html.EscapeString(text)
	}
	kinds := [...]string{"c", "s", "k", "n"}
	var out strings.Builder
	last := 0
	for _, at := range l.rule.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(html.EscapeString(text[last:at[0]]))
		for i, kind := range kinds {
			if at[2+2*i] >= 0 {
				out.WriteString(`<span class="` + kind + `">` + html.EscapeString(text[at[0]:at[1]]) + `</span>`)
			}
		}
		last = at[1]
	}
	out.WriteString(html.EscapeString(text[last:]))
	return out.String()
}
