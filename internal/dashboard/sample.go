package dashboard

import (
	"embed"
	"fmt"
	"strings"
)

// The folder sample holds copies of programs in test/clients, which are run against a server there. A test holds the
// copies to them.
//
//go:embed sample
var sampleFiles embed.FS

// sample is a whole program in one language that calls this server as one client.
type sample struct {
	Name  string // of the tab
	Label string
	Text  string
}

// samples are the programs filled in with everything but the secret, which they take from the environment.
func (s *Service) samples(clientID, accountKey string) ([]sample, error) {
	values := [...][2]string{{"YIPII_URL", s.PublicURL}, {"YIPII_CLIENT_ID", clientID}, {"YIPII_ACCOUNT_KEY", accountKey}}
	var out []sample
	for _, of := range [...]struct{ name, label, file string }{
		{"curl", "curl", "curl.sh"},
		{"axios", "Node", "axios-form.mjs"},
		{"fetch", "fetch", "fetch.mjs"},
		{"php", "PHP", "php-curl.php"},
		{"python", "Python", "requests_form.py"},
	} {
		text, err := sampleFiles.ReadFile("sample/" + of.file)
		if err != nil {
			return nil, err
		}
		filled := string(text)
		for _, v := range values {
			filled = fillIn(filled, v[0], v[1])
		}
		out = append(out, sample{of.name, of.label, filled})
	}
	return out, nil
}

// fillIn writes a value where a sample reads it from the environment. The values are an address, a UUID and an account's
// key: none holds a quote or a backslash.
func fillIn(text, name, value string) string {
	if strings.ContainsAny(value, "'\"\\$`\n") {
		return text
	}
	return strings.NewReplacer(
		// JavaScript, PHP, Python, and Python inside a text
		fmt.Sprintf(`setting("%s")`, name), `"`+value+`"`,
		fmt.Sprintf(`setting('%s')`, name), `'`+value+`'`,
		fmt.Sprintf(`os.environ["%s"]`, name), `"`+value+`"`,
		fmt.Sprintf(`{os.environ['%s']}`, name), value,
		// the shell: it is set where the secret is asked for
		fmt.Sprintf(`"${%s:?is not set}" `, name), "",
		fmt.Sprintf(` "${%s:?is not set}"`, name), "",
		`$`+name, value,
	).Replace(text)
}
