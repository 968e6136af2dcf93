package alert

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

const speedRule = `{"name":"Too fast","type":"speed","config":{"limit":90,"seconds":30}}`

func TestRules(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		van := w.asset("North")
		made := w.want(201, "POST", "/api/acme/alert-rule", fmt.Sprintf(`{"name":" Too fast ","type":"speed","config":{"limit":90},"cool_down":5,
			"severity":"critical","applies_to":{"groups":["North","North"],"assets":[%d]}}`, van))["data"].(map[string]any)
		path := fmt.Sprint("/api/acme/alert-rule/", made["id"])
		if made["name"] != "Too fast" || made["cool_down"] != 5.0 || made["active"] != true || fmt.Sprint(made["applies_to"]) != fmt.Sprintf("map[assets:[%d] groups:[North]]", van) {
			t.Errorf("%v", made)
		}
		if got := w.want(200, "GET", path, "")["data"]; fmt.Sprint(got) != fmt.Sprint(made) {
			t.Errorf("%v, made %v", got, made)
		}
		renamed := w.want(200, "PATCH", path, `{"name":"Faster","severity":null}`)["data"].(map[string]any)
		if renamed["valid_from"] != made["valid_from"] || renamed["severity"] != "warning" {
			t.Errorf("a name makes no other rule of it: %v", renamed)
		}
		changed := w.want(200, "PATCH", path, `{"config":{"limit":80},"applies_to":null}`)["data"].(map[string]any)
		if changed["valid_from"] == made["valid_from"] || changed["applies_to"] != nil {
			t.Errorf("%v", changed)
		}
		w.want(201, "POST", "/api/acme/alert-rule", `{"name":"Silent","type":"offline","active":false,"config":{"minutes":30}}`)
		for query, want := range map[string]int{"": 2, "?type=offline": 1, "?active=false": 1, "?severity=critical": 0, "?sort=-name&per_page=1": 1} {
			if got := w.want(200, "GET", "/api/acme/alert-rule"+query, "")["data"].([]any); len(got) != want {
				t.Errorf("%s: %v", query, got)
			}
		}
		for _, foreign := range []string{strings.Replace(path, "acme", "other", 1), path + "0", "/api/acme/alert-rule/x"} {
			for method, body := range map[string]string{"GET": "", "PATCH": `{}`, "DELETE": ""} {
				if got := w.want(404, method, foreign, body)["message"]; got != "Alert rule not found." {
					t.Errorf("%s %s: %v", method, foreign, got)
				}
			}
		}
		conditional := w.want(201, "POST", "/api/acme/alert-rule", strings.Replace(speedRule, "{", `{"applies_to":{"groups":["North"]},`, 1))["data"].(map[string]any)["id"]
		testkit.Conditions(t, w.router, fmt.Sprint("/api/acme/alert-rule/", conditional), `{"name":"Rule %d"}`)
		w.gate.part = &bearer.Part{Groups: []string{"North"}}
		w.want(404, "GET", path, "")
		w.want(404, "PATCH", path, `{"name":"Mine"}`)
		w.want(404, "DELETE", path, "")
		w.want(403, "POST", "/api/acme/alert-rule", speedRule)
		if got := w.want(200, "GET", "/api/acme/alert-rule", "")["data"].([]any); len(got) != 0 {
			t.Errorf("a limited member sees %v", got)
		}
		w.gate.part = nil
		w.want(204, "DELETE", path, "")
		w.want(404, "GET", path, "")
		for range maxRules - 1 {
			w.want(201, "POST", "/api/acme/alert-rule", speedRule)
		}
		w.want(409, "POST", "/api/acme/alert-rule", speedRule)
	})
}

func TestWrongRules(t *testing.T) {
	w := newWorld(t, testkit.SQLite(t))
	foreign := w.asset("")
	for body, want := range map[string]string{
		`"type":"speed"`:                                                               "config.limit: The config.limit field is required in a rule of type speed.",
		`"type":"speed","config":{"limit":0}`:                                          "config.limit: The config.limit field must be within 1 to 500.",
		`"type":"speed","config":{"limit":90,"minutes":1}`:                             "config.minutes: The config.minutes field must be left out of a rule of type speed, which takes limit, seconds.",
		`"type":"idle","config":{"minutes":0}`:                                         "config.minutes: The config.minutes field must be within 1 to 1440.",
		`"type":"geofence","config":{"geofence_ids":[]}`:                               "config.geofence_ids: The config.geofence_ids field must name at least one geofence, or be left out for any.",
		`"type":"geofence","config":{"on":[]}`:                                         "config.on: The config.on field must hold at least one of enter, exit and dwell.",
		`"type":"offline","config":{}`:                                                 "config.minutes: The config.minutes field is required in a rule of type offline.",
		`"type":"power_cut","config":{"below_volts":-1}`:                               "config.below_volts: The config.below_volts field must be within 0 to 1000.",
		`"type":"temperature","config":{"minutes":5}`:                                  "config.above: The config.above field is required in a rule of type temperature, or below in its place.",
		`"type":"temperature","config":{"above":2,"below":8}`:                          "config.below: The config.below field must be less than above.",
		`"type":"temperature","config":{"above":2,"sensor":" "}`:                       "config.sensor: The config.sensor field must have 1 to 64 characters without control characters.",
		`"type":"service_due","config":{}`:                                             "config.every_km: The config.every_km field is required, or else one of at_km, every_hours and at_hours; and one of the four only.",
		`"type":"service_due","config":{"every_km":5,"at_km":5}`:                       "config.every_km: The config.every_km field is required, or else one of at_km, every_hours and at_hours; and one of the four only.",
		`"type":"offline","config":{"minutes":5},"cool_down":-1`:                       "cool_down: The cool_down field must be within 0 to 10080.",
		`"type":"offline","config":{"minutes":5},"severity":"dire"`:                    "severity: The severity field must be info, warning or critical.",
		`"type":"offline","config":{"minutes":5},"applies_to":{}`:                      "applies_to: The applies_to field must name at least a group or an asset; leave it out, or make it null, for all assets.",
		`"type":"offline","config":{"minutes":5},"applies_to":{"assets":[` + "77777]}": "applies_to.assets: The applies_to.assets field names an asset that isn't there.",
		`"type":"offline","config":{"minutes":5},"name":" "`:                           "name: The name field is required.",
	} {
		if !strings.Contains(body, `"name"`) {
			body = `"name":"r",` + body
		}
		answer := w.want(422, "POST", "/api/acme/alert-rule", "{"+body+"}")
		got := ""
		for field, messages := range answer["errors"].(map[string]any) {
			got = field + ": " + messages.([]any)[0].(string)
		}
		if got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	w.want(422, "POST", "/api/acme/alert-rule", `{"name":"r","type":"no such"}`)
	w.want(422, "POST", "/api/acme/alert-rule", `{"name":"r","type":"speed","config":{"limits":90}}`)
	w.want(422, "POST", "/api/other/alert-rule", fmt.Sprintf(`{"name":"r","type":"idle","config":{"minutes":5},"applies_to":{"assets":[%d]}}`, foreign))
}
