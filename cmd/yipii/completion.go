package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand prints what a shell must run once to complete yipii's commands. The shell then calls the program
// with the line so far in COMP_LINE, as bash does for "complete -C".
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is shown by --help.
func (*completionCommand) Help() string {
	return `bash: source <(yipii completion bash)

zsh: source <(yipii completion zsh)

fish: yipii completion fish | source`
}

// Run prints the code.
func (c *completionCommand) Run(con *console) error {
	code := map[string]string{
		"bash": `complete -o default -o bashdefault -C yipii yipii`,
		"zsh": `autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
complete -o default -o bashdefault -C yipii yipii`,
		"fish": `function __yipii_complete
    set -lx COMP_LINE (commandline -cp)
    yipii
end
complete -c yipii -a "(__yipii_complete)"`,
	}[c.Shell]
	_, err := fmt.Fprintln(con.out, code)
	return err
}

// completing answers the line to complete, and false when the program was called for its own sake.
func completing(con *console) (line string, ok bool) {
	for _, entry := range con.environ {
		if line, ok = strings.CutPrefix(entry, "COMP_LINE="); ok {
			return line, strings.HasPrefix(line, "yipii") || strings.Contains(line, "/yipii")
		}
	}
	return "", false
}

// complete prints what the last word of line could become.
func complete(con *console, node *kong.Node, line string) int {
	words := strings.Fields(line)[1:]
	last := ""
	if !strings.HasSuffix(line, " ") && len(words) > 0 {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	var open *kong.Flag // whose value comes next
	for _, word := range words {
		switch {
		case open != nil:
			open = nil
		case strings.HasPrefix(word, "-"):
			open = takesValue(node, word)
		default:
			node = descend(node, word)
		}
	}
	for _, choice := range choices(node, open, last) {
		if strings.HasPrefix(choice, last) {
			fmt.Fprintln(con.out, choice)
		}
	}
	return 0
}

func descend(node *kong.Node, word string) *kong.Node {
	for _, child := range node.Children {
		if child.Name == word {
			return child
		}
	}
	return node
}

// takesValue answers the flag of a word that the next word belongs to.
func takesValue(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			if (word == "--"+flag.Name || flag.Short != 0 && word == "-"+string(flag.Short)) && !flag.IsBool() {
				return flag
			}
		}
	}
	return nil
}

// choices are the words that may come: values of an open flag, flags after a hyphen, commands, or values of an argument.
// Where there is none, the shell offers files.
func choices(node *kong.Node, open *kong.Flag, last string) []string {
	var words []string
	switch {
	case open != nil:
		words = enumOf(open.Value)
	case strings.HasPrefix(last, "-"):
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				words = append(words, "--"+flag.Name)
			}
		}
	case len(node.Children) > 0:
		for _, child := range node.Children {
			if !child.Hidden {
				words = append(words, child.Name)
			}
		}
	case len(node.Positional) > 0:
		words = enumOf(node.Positional[0])
	}
	slices.Sort(words)
	return words
}

func enumOf(value *kong.Value) []string {
	if value.Enum == "" {
		return nil
	}
	return value.EnumSlice()
}
