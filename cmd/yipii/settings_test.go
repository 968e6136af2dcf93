package main

import (
	"strings"
	"testing"
	"time"
)

func TestNearest(t *testing.T) {
	s := newSettings(nil)
	for text, want := range map[string]string{"adr": "addr", "databse-url": "database-url", "loglevel": "log-level", "xyz": "", "completely-else": ""} {
		if got, _ := nearest(text, s.names); got != want {
			t.Errorf("nearest to %s: %q, want %q", text, got, want)
		}
	}
}

func TestMaskURLHidesEverySecret(t *testing.T) {
	for _, text := range []string{
		"postgres://ann:hidden@db/yipii",
		"postgres://ann:hid@hidden@db/yipii",
		"postgres://ann:hid%den hidden@db/yipii",
		"postgres://ann:hid/hidden@db:5432/yipii",
		"postgres://ann:hid#hidden@db/yipii",
		"postgres://ann:hid?hidden@db/yipii",
		"postgres://db/yipii?user=ann&password=hidden&sslmode=require",
		"postgres://db/yipii?sslpassword=hidden",
		"https://hidden@collector.example/v1/traces?api-key=hidden",
		"https://collector.example/v1/traces?Token=hidden#x",
	} {
		if got := maskURL(text); strings.Contains(got, "hid") || !strings.Contains(got, masked) {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
	for _, text := range []string{"", "sqlite:data/yipii.db", "https://iot.example", "postgres://ann@db/yipii?sslmode=disable", "text"} {
		if got := maskURL(text); got != text {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}

func TestPeriod(t *testing.T) {
	for text, want := range map[string]time.Duration{"36h": 36 * time.Hour, "90d": 90 * 24 * time.Hour, "1.5d": 36 * time.Hour, "10m": 10 * time.Minute} {
		var p period
		if err := p.UnmarshalText([]byte(text)); err != nil || time.Duration(p) != want {
			t.Errorf("%s: %v, %v", text, time.Duration(p), err)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1h", "90", "1y", "99999999d", "1h d"} {
		var p period
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%s is taken as %v", text, time.Duration(p))
		}
	}
}
