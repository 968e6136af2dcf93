package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// Violation is what keeps some people from using a page, by a rule of axe-core.
type Violation struct {
	Rule   string   `json:"rule"`
	Impact string   `json:"impact"` // serious or critical
	Help   string   `json:"help"`
	Where  []string `json:"where"` // CSS selectors
}

// String tells it in one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s: %s", v.Rule, v.Impact, v.Help, strings.Join(v.Where, ", "))
}

// axeFile is where `make clients` puts axe-core, below the module.
const axeFile = "test/clients/node_modules/axe-core/axe.min.js"

// check runs axe-core. It loads nothing: the pages' content security policy is not to be bent for it.
const check = `axe.run(document, {resultTypes: ['violations'], preload: false}).then(result => result.violations
	.filter(v => v.impact === 'serious' || v.impact === 'critical')
	.map(v => ({rule: v.id, impact: v.impact, help: v.help, where: v.nodes.map(n => n.target.flat().join(' '))})))`

// Axe lists the serious and critical violations of the page as it is shown now. Where axe-core isn't installed the test is
// skipped, or fails where nothing may be; so call it last, or in a subtest.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	script, err := os.ReadFile(filepath.Join(moduleFolder(p), axeFile))
	if err != nil {
		lacks(p.t, "axe-core is not installed: make clients")
	}
	// The browser's own protocol runs the script, past the content security policy.
	p.Do(chromedp.Evaluate[chromedp.Void](string(script)))
	return Read(p, chromedp.Evaluate[[]Violation](check, chromedp.EvalAwaitPromise))
}

// moduleFolder is the nearest folder with a go.mod: tests run in the folder of their package.
func moduleFolder(p *Page) string {
	p.t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		p.t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		up := filepath.Dir(folder)
		if up == folder {
			p.t.Fatal("there is no go.mod above this folder")
		}
		folder = up
	}
}
