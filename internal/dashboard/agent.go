package dashboard

import "strings"

// agentText names a browser and its system as far as a person cares, such as "Firefox on Linux".
func agentText(userAgent string) string {
	browser := firstIn(userAgent, [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}})
	system := firstIn(userAgent, [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"},
		{"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case userAgent == "":
		return "Unknown browser"
	}
	runes := []rune(userAgent)
	return string(runes[:min(len(runes), 60)])
}

// firstIn is the name of the first mark that stands in text, "" for none.
func firstIn(text string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(text, m[0]) {
			return m[1]
		}
	}
	return ""
}

// howText says how somebody signed in.
func howText(how string) string {
	words := map[string]string{"password": "password", "totp": "one-time code", "passkey": "passkey", "recovery_code": "recovery code", "invitation": "invitation"}
	var out []string
	for part := range strings.SplitSeq(how, "+") {
		if word, ok := words[part]; ok {
			out = append(out, word)
		}
	}
	return strings.Join(out, " and ")
}
