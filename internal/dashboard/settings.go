package dashboard

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/reporting"
)

// settings is the page of what an account's admin decides for all of it.
type settings struct {
	frame
	form
	Account account.Account
	Saved   bool
}

func (settings) fields() []string {
	return []string{"name", "max_token_lifetime", "max_key_lifetime", "require_expiry", "allowed_networks", "rate_limit", "time_zone", "units"}
}

func (s *Service) serveSettings(w http.ResponseWriter, r *http.Request) error {
	page, err := s.settings(r)
	if err != nil {
		return err
	}
	page.Saved = r.URL.Query().Get("saved") == "yes"
	t := page.Account.Terms
	page.form = formWith("name", page.Account.Name, "allowed_networks", strings.Join(t.Networks.Strings(), "\n"),
		"max_token_lifetime", daysText(t.MaxTokenLifetime), "max_key_lifetime", daysText(t.MaxKeyLifetime), "rate_limit", numberText(t.RateLimit))
	if t.RequireExpiry {
		page.values.Set("require_expiry", "yes")
	}
	set, err := s.Reports.Setting(r.Context(), page.Account.ID)
	if err != nil {
		return err
	}
	page.values.Set("time_zone", set.TimeZone)
	page.values.Set("units", set.Units)
	return s.show(w, r, http.StatusOK, settingsPage(page))
}

func (s *Service) settings(r *http.Request) (settings, error) {
	page := settings{frame: s.frame(r, "settings", "Settings")}
	var err error
	page.Account, err = s.Accounts.Find(r.Context(), bearer.AccountID(r.Context()))
	return page, err
}

func (s *Service) serveUpdateSettings(w http.ResponseWriter, r *http.Request) error {
	page, err := s.settings(r)
	if err != nil {
		return err
	}
	if page.form, err = formOf(r); err != nil {
		return err
	}
	t := page.Account.Terms
	in := account.Settings{Name: page.get("name"), Terms: bearer.Terms{
		MaxTokenLifetime: page.days("max_token_lifetime", t.MaxTokenLifetime), MaxKeyLifetime: page.days("max_key_lifetime", t.MaxKeyLifetime),
		RequireExpiry: page.get("require_expiry") == "yes", Networks: page.networks("allowed_networks"), RateLimit: page.count("rate_limit")}}
	if !page.bad() {
		_, err := s.Reports.SetSetting(r.Context(), page.Account.ID, func(set *reporting.Setting) { set.TimeZone, set.Units = page.get("time_zone"), page.get("units") })
		if err == nil {
			err = s.Accounts.Update(r.Context(), page.Account.ID, in)
		}
		if err == nil {
			return see(w, page.in("settings")+"?saved=yes")
		}
		if err := page.take(err); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusUnprocessableEntity, settingsPage(page))
}

const oneDay = 24 * time.Hour

// daysText writes a lifetime in days; "" for none.
func daysText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatFloat(d.Hours()/24, 'f', -1, 64)
}

// days reads a lifetime in days; "" for none. The text that daysText made of before reads as before, to the second.
func (f *form) days(name string, before time.Duration) time.Duration {
	text := f.get(name)
	if text == "" || text == daysText(before) {
		if text == "" {
			return 0
		}
		return before
	}
	days, err := strconv.ParseFloat(text, 64)
	if err != nil || !(days > 0 && days <= credential.MaxLifetime.Hours()/24) {
		f.refuse(name, "Write a number of days, up to 3650, or nothing.")
		return 0
	}
	return max(time.Second, time.Duration(days*float64(oneDay)).Truncate(time.Second))
}

// numberText writes a number; "" for 0.
func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// count reads a whole number; "" for 0.
func (f *form) count(name string) int {
	text := f.get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		f.refuse(name, "Write a whole number, 1 or more, or nothing.")
	}
	return n
}
