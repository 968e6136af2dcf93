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

// settle ends the transitions under way, as of colours after a switch to dark: what they pass through is not what the page is.
const settle = `for (const change of document.getAnimations()) if (change instanceof CSSTransition) change.finish()`

// check runs axe-core on a context, with options beside. It loads nothing: the pages' content security policy is not to be bent for it.
const check = `axe.run(%s, {resultTypes: ['violations'], preload: false, %s}).then(result => result.violations
	.filter(v => v.impact === 'serious' || v.impact === 'critical')
	.map(v => ({rule: v.id, impact: v.impact, help: v.help, where: v.nodes.map(n => n.target.flat().join(' '))})))`

// oneOfEachKind picks elements with a text of their own, one of each kind: what contrast is reckoned from, the colours, the backgrounds
// below them, the size and the weight, is the same in all others of its kind. What lies over a text is not looked for.
const oneOfEachKind = `(() => {
	const grounds = new Map(), kinds = new Map();
	const ground = (e) => {
		if (!e) return '';
		if (!grounds.has(e)) {
			const s = getComputedStyle(e);
			grounds.set(e, [ground(e.parentElement), s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode].join());
		}
		return grounds.get(e);
	};
	for (const e of document.body.querySelectorAll('*')) {
		if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()) && !e.matches('input, textarea, select')) continue;
		const s = getComputedStyle(e);
		const kind = [ground(e), s.color, s.fontSize, s.fontWeight, s.textShadow, s.position].join();
		if (!kinds.has(kind)) kinds.set(kind, e);
	}
	return {include: [...kinds.values()]};
})()`

// Axe lists the serious and critical violations of the page as it is shown now, by all rules or those that are named. Where axe-core isn't
// installed the test is skipped, or fails where nothing may be; so call it last, or in a subtest.
func (p *Page) Axe(rules ...string) []Violation {
	p.t.Helper()
	return p.axe("document", rules)
}

// AxeContrast lists the texts that are too faint, looking at one of each kind: many times quicker than [Page.Axe], and for a page that
// Axe has looked at in another colour or width.
func (p *Page) AxeContrast() []Violation {
	p.t.Helper()
	return p.axe(oneOfEachKind, []string{"color-contrast"})
}

func (p *Page) axe(context string, rules []string) []Violation {
	p.t.Helper()
	if Read(p, chromedp.Evaluate[string](`typeof axe`)) == "undefined" {
		script, err := os.ReadFile(filepath.Join(moduleFolder(p), axeFile))
		if err != nil {
			lacks(p.t, "axe-core is not installed: make clients")
		}
		// The browser's own protocol runs the script, past the content security policy.
		p.Do(chromedp.Evaluate[chromedp.Void](string(script)))
	}
	p.Do(chromedp.Evaluate[chromedp.Void](settle))
	only := ""
	if len(rules) > 0 {
		only = fmt.Sprintf(`runOnly: {type: 'rule', values: ['%s']}`, strings.Join(rules, "', '"))
	}
	return Read(p, chromedp.Evaluate[[]Violation](fmt.Sprintf(check, context, only), chromedp.EvalAwaitPromise))
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
