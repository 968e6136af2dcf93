package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/testkit/browser"
)

// withoutPublicURL makes the server tell its own address as the public one, as browsers are bound to it.
func (in *installation) withoutPublicURL() {
	in.environment = slices.DeleteFunc(in.environment, func(s string) bool { return strings.HasPrefix(s, "YIPII_PUBLIC_URL=") })
}

// signIn signs the account's admin in.
func (in *installation) signIn(p *browser.Page) {
	in.t.Helper()
	p.Goto("/login")
	p.Do(chromedp.SendKeys("#email", in.made.Email), chromedp.SendKeys("#password", in.made.Password), chromedp.Click("form[action='/login'] button[type=submit]"))
	// The page that is left is there for a moment longer.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := p.Text("h1")
		if got == "Overview" {
			return
		}
		if time.Now().After(deadline) {
			in.t.Fatalf("after signing in: %q", got)
		}
	}
}

// TestAdminStory is the whole of it in a browser: an admin signs in, makes a client, pastes its sample into a shell, rotates
// its secret, sees which one is in use, deletes the old one, revokes the client, and finds all of it in the audit log.
func TestAdminStory(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, in *installation) {
		in.withoutPublicURL()
		in.serve()
		in.asset(in.token(in.made.ClientID, in.made.ClientSecret), "Story van", "story")
		p := browser.Open(t, in.url)
		in.signIn(p)

		p.Goto("/acme-logistics/access")
		p.Do(chromedp.Click("a[href$='/client/new']"), chromedp.WaitVisible("dialog #name"), chromedp.SendKeys("dialog #name", "Story client"), chromedp.Click("dialog button[type=submit]"))
		first := p.Text("#secret")
		in.secrets = append(in.secrets, first)
		id := p.Text("dl.facts dd code")
		if out := shell(t, p.Text("#sample-curl"), first); out != "Story van\n" {
			t.Errorf("the sample printed %q", out)
		}
		token := in.token(id, first)

		rotate := "/acme-logistics/client/" + id + "/rotate"
		p.Goto(rotate)
		p.Do(chromedp.Click("form[action$='/secret'] button[type=submit]"))
		second := p.Text("#secret")
		in.secrets = append(in.secrets, second)
		in.token(id, first)
		in.token(id, second)
		// The use of secrets is written every ten seconds.
		seen := false
		for deadline := time.Now().Add(25 * time.Second); !seen && time.Now().Before(deadline); time.Sleep(time.Second) {
			p.Goto(rotate)
			seen = strings.Count(p.Text("main"), "just now")+strings.Count(p.Text("main"), "seconds ago") >= 2 && !strings.Contains(p.Text("main"), "Never")
		}
		if !seen {
			t.Errorf("the page doesn't tell that both secrets were used: %s", p.Text("main"))
		}
		p.Do(chromedp.Click("a[href$='/delete']"), chromedp.Click("dialog form button[type=submit]"), chromedp.WaitVisible("#secrets"))
		in.refused(id, first)
		in.token(id, second)

		p.Goto("/acme-logistics/client/" + id + "/revoke")
		p.Do(chromedp.Click("form[action$='/revoke'] button[type=submit]"))
		p.Do(chromedp.WaitVisible("#clients"))
		if status, body := in.call("GET", "/api/user", token, ""); status != 401 || !strings.Contains(string(body), "revoked") {
			t.Errorf("a token of the revoked client: %d %s", status, body)
		}
		in.refused(id, second)

		p.Goto("/acme-logistics/audit?subject=" + id)
		log := p.Text("main")
		for _, want := range []string{"Client: created", "Credential: first used", "Client: secret created", "Client: secret deleted", "Client: deleted"} {
			if !strings.Contains(log, want) {
				t.Errorf("the audit log doesn't tell of %s: %s", want, log)
			}
		}
		p.Check()
	})
}

// refused checks that a client's secret gets no token.
func (in *installation) refused(id, secret string) {
	in.t.Helper()
	if status, body := in.call("POST", "/oauth/token", "", "grant_type=client_credentials&client_id="+id+"&client_secret="+secret); status != 401 {
		in.t.Errorf("a dead secret: %d %s", status, body)
	}
}

// shell runs a sample as somebody would who pastes it, with the secret in the environment.
func shell(t *testing.T, sample, secret string) string {
	t.Helper()
	cmd := exec.Command("bash", "-c", sample)
	cmd.Env = append(os.Environ(), "YIPII_CLIENT_SECRET="+secret)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the sample: %v\n%s", err, out)
	}
	return string(out)
}

// TestPagesOnAPhone looks at every page of the program on a phone, in light and in dark: nobody has to scroll sideways, no
// page breaks its own rules or asks another host for anything, and axe-core finds nothing serious. With
// YIPII_TEST_PICTURES set to a folder pictures are kept there, of a desk too.
func TestPagesOnAPhone(t *testing.T) {
	t.Parallel()
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.withoutPublicURL()
	in.serve()
	in.fill()
	p := browser.Open(t, in.url)
	views := map[string]browser.Look{"phone": {Phone: true}, "phone-dark": {Phone: true, Dark: true}}
	folder := os.Getenv("YIPII_TEST_PICTURES")
	if folder != "" {
		views["light"], views["dark"] = browser.Look{}, browser.Look{Dark: true}
	}
	look := func(name, path string) {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			for view, as := range views {
				p.As(as)
				p.Goto(path)
				if folder != "" {
					p.Screenshot(filepath.Join(folder, name+"-"+view+".png"))
				}
				if over := p.Overflow(); over > 0 {
					t.Errorf("%s: %d pixels wider than the window", view, over)
				}
				for _, v := range p.Axe() {
					t.Errorf("%s: %s", view, v)
				}
				p.Check()
			}
		})
	}
	for name, path := range map[string]string{"login": "/login", "forgot": "/password", "invite": "/invite", "reset": "/reset"} {
		look(name, path)
	}
	p.As(browser.Look{})
	in.signIn(p)
	client := "/acme-logistics/client/" + in.made.ClientID
	for name, path := range map[string]string{"overview": "/acme-logistics/", "assets": "/acme-logistics/asset", "asset": "/acme-logistics/asset/1", "access": "/acme-logistics/access",
		"client-new": "/acme-logistics/client/new", "client": client, "rotate": client + "/rotate", "revoke": client + "/revoke", "key-new": "/acme-logistics/key/new",
		"members": "/acme-logistics/member", "invite-new": "/acme-logistics/member/invite", "audit": "/acme-logistics/audit", "settings": "/acme-logistics/settings", "profile": "/me"} {
		look(name, path)
	}
}

// fill makes what the pages have to show.
func (in *installation) fill() {
	in.t.Helper()
	token := in.token(in.made.ClientID, in.made.ClientSecret)
	now := time.Now().UTC()
	for i := range 12 {
		in.asset(token, fmt.Sprintf("Van %d", i+1), fmt.Sprintf("van-%d", i+1))
		var batch []string
		for j := range 40 {
			batch = append(batch, fmt.Sprintf(`{"tracker":"van-%d","timestamp":%q,"latitude":%f,"longitude":%f,"speed":%d,"heading":%d,"ignition":true}`,
				i+1, now.Add(time.Duration(j-40)*time.Minute).Format(time.RFC3339), 35.88+float64(i)*0.004+float64(j)*0.0007, 14.4+float64(j)*0.001*float64(i%3+1), (i*7)%60, (j*9)%360))
		}
		if status, body := in.call("POST", "/api/acme-logistics/position", token, "["+strings.Join(batch, ",")+"]"); status != 200 {
			in.t.Fatalf("positions: %d %s", status, body)
		}
	}
	soon := now.Add(5 * 24 * time.Hour).Format(time.RFC3339)
	for i := range 8 {
		body := fmt.Sprintf(`{"name":"Partner %d","scopes":["read:assets"],"expires_at":%q}`, i+1, soon)
		if status, answer := in.call("POST", "/api/acme-logistics/client", token, body); status != 201 {
			in.t.Fatalf("client: %d %s", status, answer)
		}
		in.call("POST", "/api/acme-logistics/api-key", token, fmt.Sprintf(`{"name":"Key %d","scopes":["read:assets"]}`, i+1))
	}
}
