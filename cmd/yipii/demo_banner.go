package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// banner is what the demonstration says once it is ready.
type banner struct {
	URL      string
	Folder   string
	Tenant   tenant
	Vehicles int
	Asset    int64 // the one whose trail is read
	Now      time.Time
}

// write writes it. The indented lines can be pasted into any POSIX shell, one block after the other; they need curl and
// sed and nothing else. There are no comments among them, which not every shell takes at its prompt.
func (b banner) write(w io.Writer) error {
	day := b.Now.Truncate(24 * time.Hour)
	account := `"$YIPII_URL/api/` + b.Tenant.AccountKey
	bearer := ` --header "Authorization: Bearer $TOKEN"; echo`
	_, err := io.WriteString(w, strings.Join([]string{
		"",
		"The Yipii demonstration is ready.",
		"",
		"API          " + b.URL,
		"Guides       " + b.URL + "/docs",
		"Reference    " + b.URL + "/docs/api",
		"Dashboard    " + b.URL + "/" + b.Tenant.AccountKey + "/",
		"Sign in as   " + b.Tenant.Email + b.password(),
		"Account key  " + b.Tenant.AccountKey,
		fmt.Sprintf("Vehicles     %d, with a month behind them; on the move each reports every %s", b.Vehicles, demoEvery),
		"Data         " + b.Folder,
		"",
		"Paste this into another terminal. First, who asks:",
		"",
		"  export YIPII_URL=" + b.URL,
		"  export YIPII_CLIENT_ID=" + b.Tenant.ClientID,
		"  export YIPII_CLIENT_SECRET=" + b.Tenant.ClientSecret,
		"",
		"An access token:",
		"",
		`  TOKEN=$(curl -sS "$YIPII_URL/oauth/token" --data grant_type=client_credentials --data client_id="$YIPII_CLIENT_ID" \`,
		`    --data client_secret="$YIPII_CLIENT_SECRET" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')`,
		"",
		"Whose it is and which accounts it reaches, the vehicles, and where the first of them has been today:",
		"",
		`  curl -sS "$YIPII_URL/api/user"` + bearer,
		"  curl -sS " + account + `/asset"` + bearer,
		fmt.Sprintf("  curl -sS %s/asset/%d/trail?from=%s&to=%s&limit=5\"%s", account, b.Asset, day.Format(time.RFC3339), day.Add(24*time.Hour).Format(time.RFC3339), bearer),
		"",
		"Ctrl-C ends it; the next start goes on where it was. To forget everything, delete the folder.",
		"",
	}, "\n"))
	return err
}

// password says with what to sign in to the dashboard. Where the file with it was lost, the operator's command helps.
func (b banner) password() string {
	if b.Tenant.Password == "" {
		return " (for a new password: yipii user reset-password)"
	}
	return " with " + b.Tenant.Password
}
