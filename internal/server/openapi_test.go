//go:build !race

// The validator takes minutes to compile under the race detector; what the handlers do, the other tests do under it.

package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/yipii/yipii/internal/bearer"
)

// TestOpenAPI: the description is valid, tells of every route that isn't hidden and of no other, and real requests and
// answers are as it says.
func TestOpenAPI(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, w *world) {
		text := w.get(w.node, "/openapi.json", "").body
		doc, err := libopenapi.NewDocument([]byte(text))
		must(t, err)
		v, errs := validator.NewValidator(doc)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if ok, problems := v.ValidateDocument(); !ok {
			for _, p := range problems {
				t.Errorf("%s: %s %v", p.Message, p.Reason, p.SchemaValidationErrors)
			}
		}
		var described struct {
			OpenAPI    string
			Paths      map[string]map[string]struct{ OperationID string }
			Components struct {
				SecuritySchemes map[string]struct {
					Flows map[string]struct{ Scopes map[string]string }
				}
			}
		}
		must(t, json.Unmarshal([]byte(text), &described))
		if !strings.HasPrefix(described.OpenAPI, "3.1") {
			t.Errorf("version %s", described.OpenAPI)
		}
		if got := described.Components.SecuritySchemes["clientCredentials"].Flows["clientCredentials"].Scopes; len(got) != len(bearer.ScopeNames()) {
			t.Errorf("%d scopes are described", len(got))
		}
		count := 0
		for _, methods := range described.Paths {
			count += len(methods)
		}
		for _, rt := range w.node.Router.Routes() {
			if rt.Hidden {
				continue
			}
			if count--; described.Paths[rt.Pattern][strings.ToLower(rt.Method)].OperationID != rt.ID {
				t.Errorf("%s %s is not described as %s", rt.Method, rt.Pattern, rt.ID)
			}
		}
		if count != 0 {
			t.Errorf("%d more operations are described than served", count)
		}
		validateCalls(t, w, v)
	})
}

// committed is the description that the clients are made of, with the version and the address of a test's server.
const committed = "../../clients/openapi.json"

// TestDescriptionIsCommitted: clients/openapi.json is what the server says of itself. With YIPII_TEST_WRITE it is written.
func TestDescriptionIsCommitted(t *testing.T) {
	h, _, _, _ := wholeServer(t, io.Discard)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/openapi.json", nil))
	var said bytes.Buffer
	must(t, json.Indent(&said, answer.Body.Bytes(), "", "\t"))
	said.WriteByte('\n')
	if os.Getenv("YIPII_TEST_WRITE") != "" {
		must(t, os.WriteFile(committed, said.Bytes(), 0o644))
	}
	kept, err := os.ReadFile(committed)
	must(t, err)
	if !bytes.Equal(kept, said.Bytes()) {
		t.Errorf("%s is not what the server says: run make describe, and commit what it changes", committed)
	}
}

// validateCalls makes real calls and holds request and answer against the description.
func validateCalls(t *testing.T, w *world, v validator.Validator) {
	token := w.token(w.node, w.acme.clientID, w.acme.secret, "")
	const base = "/api/acme-logistics"
	soon := w.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	link, opened := "", "" // the token of the tracking link, and that of its session
	jsonType := http.Header{"Content-Type": {"application/json"}}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	calls := []struct {
		method, path string
		header       http.Header
		body         string
		status       int
	}{
		{"POST", "/oauth/token", form, "grant_type=client_credentials&client_id=" + w.acme.clientID + "&client_secret=" + w.acme.secret, 200},
		{"POST", "/oauth/token", form, "grant_type=client_credentials&client_id=x&client_secret=x", 401},
		{"GET", "/.well-known/oauth-authorization-server", nil, "", 200},
		{"GET", "/.well-known/jwks.json", nil, "", 200},
		{"GET", "/api/user", nil, "", 200},
		{"POST", base + "/asset", jsonType, `{"name":"Van 1","type":"van","group":"North","registration":"ABC 123","vin":null,"tracker":"van-1"}`, 201},
		{"POST", base + "/asset", jsonType, `{"name":"Van 2"}`, 201},
		{"GET", base + "/asset?per_page=1&sort=-name", nil, "", 200},
		{"GET", base + "/asset/1", nil, "", 200},
		{"GET", base + "/asset/999", nil, "", 404},
		{"PATCH", base + "/asset/1", jsonType, `{"group":null}`, 200},
		{"POST", base + "/position", jsonType, `[{"tracker":"van-1","timestamp":"2026-01-01T00:00:00Z","latitude":35.9,"longitude":14.5,"speed":50,"heading":90,"sensors":{"temperature":4.5}},{"asset_id":99999,"timestamp":"2026-01-01T00:00:10Z","latitude":5,"longitude":14.5}]`, 200},
		{"GET", base + "/asset/1/position", nil, "", 200},
		{"GET", base + "/asset/2/position", nil, "", 404},
		{"GET", base + "/asset/1/trail?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", nil, "", 200},
		{"GET", base + "/asset/1/trail?max_points=10", nil, "", 200},
		{"GET", base + "/asset/1/trail?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&tolerance=5&format=polyline", nil, "", 200},
		{"GET", base + "/position?limit=10", nil, "", 200},
		{"POST", base + "/position", jsonType, `[{"tracker":"van-1","timestamp":"1970-01-01T00:00:00Z","latitude":35,"longitude":14.5}]`, 200},
		{"GET", base + "/quarantined-position?asset_id=1&reason=past", nil, "", 200},
		{"DELETE", base + "/quarantined-position/1", nil, "", 204},
		{"DELETE", base + "/quarantined-position?asset_id=1", nil, "", 204},
		{"GET", base + "/asset", nil, "", 200},
		{"GET", base + "/asset/1/sensor", nil, "", 200},
		{"GET", base + "/asset/1/tracker", nil, "", 200},
		{"POST", base + "/asset/bulk", jsonType, `[{"tracker":"van-1","group":"North"},{"tracker":"van-3","name":"Van 3","vin":null},{"tracker":"van-4"}]`, 200},
		{"POST", base + "/asset/bulk", http.Header{"Content-Type": {"text/csv"}}, "tracker,name\nvan-3,Van three\n", 200},
		{"GET", base + "/asset/1", http.Header{"If-None-Match": {"*"}}, "", 304},
		{"PATCH", base + "/asset/1", http.Header{"Content-Type": jsonType["Content-Type"], "If-Match": {`"1"`}}, `{"name":"Van"}`, 412},
		{"POST", base + "/group", jsonType, `{"name":"South"}`, 201},
		{"GET", base + "/group?search=o", nil, "", 200},
		{"GET", base + "/group/1", nil, "", 200},
		{"PATCH", base + "/group/1", jsonType, `{"name":"Far north"}`, 200},
		{"DELETE", base + "/group/1", nil, "", 409},
		{"POST", base + "/beacon", jsonType, `{"identity":"aa","kind":"identification","asset_id":1}`, 201},
		{"GET", base + "/beacon?asset_id=1", nil, "", 200},
		{"PATCH", base + "/beacon/1", jsonType, `{"asset_id":null}`, 200},
		{"GET", base + "/beacon/1", nil, "", 200},
		{"POST", base + "/driver", jsonType, `{"name":"Ada","phone":null,"ibutton":"158FBA2","beacon_id":1}`, 201},
		{"POST", base + "/driver", jsonType, `{"name":"Bob","ibutton":7}`, 201},
		{"PATCH", base + "/driver/1", jsonType, `{"ibutton":null,"licence":"L"}`, 200},
		{"GET", base + "/driver", nil, "", 200},
		{"GET", base + "/driver/1", nil, "", 200},
		{"POST", base + "/driver/1/assignment", jsonType, `{"asset_id":1}`, 201},
		{"POST", base + "/driver/2/assignment", jsonType, `{"asset_id":1,"from":"2026-01-01T00:00:00Z","until":null}`, 409},
		{"GET", base + "/driver/1/assignment", nil, "", 200},
		{"GET", base + "/driver/1/assignment/1", nil, "", 200},
		{"PATCH", base + "/driver/1/assignment/1", jsonType, `{"until":"9999-01-01T00:00:00Z"}`, 200},
		{"PATCH", base + "/driver/1/assignment/1", jsonType, `{"until":null}`, 200},
		{"DELETE", base + "/driver/1", nil, "", 204},
		{"DELETE", base + "/beacon/1", nil, "", 204},
		{"POST", base + "/geofence", jsonType, `{"name":"Depot","category":"home","dwell":10,"radius":150,"geometry":{"type":"Point","coordinates":[14.5,35.9]},"applies_to":{"groups":["North"],"assets":[1]}}`, 201},
		{"POST", base + "/geofence", jsonType, `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString","coordinates":[[14.5,35.9],[14.6,35.9]]},"properties":{"name":"Road","width":40}}]}`, 201},
		{"GET", base + "/geofence?sort=-name&per_page=1", nil, "", 200},
		{"GET", base + "/geofence?format=geojson", nil, "", 200},
		{"GET", base + "/geofence/1", nil, "", 200},
		{"GET", base + "/geofence/1", http.Header{"If-None-Match": {"*"}}, "", 304},
		{"PATCH", base + "/geofence/1", http.Header{"Content-Type": jsonType["Content-Type"], "If-Match": {`"9"`}}, `{"name":"Gate"}`, 412},
		{"PATCH", base + "/geofence/1", jsonType, `{"applies_to":null,"dwell":null,"geometry":{"type":"Polygon","coordinates":[[[14,35],[15,35],[15,36],[14,35]]]}}`, 200},
		{"GET", base + "/geofence/1/event?kind=entered&from=2026-01-01T00:00:00Z", nil, "", 200},
		{"GET", base + "/geofence/1/asset", nil, "", 200},
		{"GET", base + "/asset/1/geofence-event", nil, "", 200},
		{"DELETE", base + "/geofence/1", nil, "", 204},
		{"POST", base + "/alert-rule", jsonType, `{"name":"Too fast","type":"speed","config":{"limit":90,"seconds":30},"applies_to":{"assets":[1]},"cool_down":5}`, 201},
		{"POST", base + "/alert-rule", jsonType, `{"name":"Cold","type":"temperature","config":{"below":2},"severity":"info"}`, 201},
		{"GET", base + "/alert-rule?type=speed", nil, "", 200},
		{"GET", base + "/alert-rule/1", nil, "", 200},
		{"PATCH", base + "/alert-rule/1", jsonType, `{"applies_to":null,"active":false}`, 200},
		{"DELETE", base + "/alert-rule/2", nil, "", 204},
		{"GET", base + "/alert?state=open&from=2026-01-01T00:00:00Z", nil, "", 200},
		{"GET", base + "/alert/1", nil, "", 404},
		{"POST", base + "/alert/acknowledge", jsonType, `{"ids":[1],"note":"seen"}`, 200},
		{"POST", base + "/tracking-link", jsonType, `{"name":"Delivery","asset_ids":[1],"until":"` + soon + `","pin":"4711","show":"arrival","destination":{"name":"Harbour","latitude":35.9,"longitude":14.5}}`, 201},
		{"POST", base + "/tracking-link", jsonType, `{"name":"Delivery"}`, 422},
		{"GET", base + "/tracking-link?asset_id=1&sort=-until", nil, "", 200},
		{"GET", base + "/tracking-link/1", nil, "", 200},
		{"PATCH", base + "/tracking-link/1", jsonType, `{"pin":"4712","show":"trail"}`, 200},
		{"GET", "/api/public/tracking/ABCDEFGHIJKLMNOPQRSTUVWXYZ", nil, "", 404},
		{"GET", "/api/public/tracking/LINK", nil, "", 200},
		{"POST", "/api/public/tracking/LINK/session", jsonType, `{"pin":"1234"}`, 422},
		{"POST", "/api/public/tracking/LINK/session", jsonType, `{"pin":"4712"}`, 200},
		{"GET", "/api/public/tracking/LINK/state", nil, "", 200},
		{"POST", base + "/tracking-link/1/revoke", nil, "", 200},
		{"DELETE", base + "/tracking-link/1", nil, "", 204},
		{"DELETE", base + "/asset/1", nil, "", 204},
		{"POST", base + "/webhook", jsonType, `{"url":"https://example.invalid/hook","event_types":["alert.*"]}`, 201},
		{"PATCH", base + "/webhook/1", jsonType, `{"description":"Orders"}`, 200},
		{"POST", base + "/webhook/1/secret", jsonType, `{"revoke_old":false}`, 201},
		{"POST", base + "/webhook/1/test", nil, "", 202},
		{"GET", base + "/webhook?sort=-created_at", nil, "", 200},
		{"GET", base + "/webhook/1/delivery?event_type=webhook.test", nil, "", 200},
		{"GET", base + "/webhook/1/delivery/1", nil, "", 200},
		{"POST", base + "/webhook/1/delivery/1/replay", nil, "", 202},
		{"DELETE", base + "/webhook/1", nil, "", 204},
	}
	for _, c := range calls {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			req, err := http.NewRequest(c.method, w.node.url+strings.Replace(c.path, "LINK", link, 1), strings.NewReader(c.body))
			must(t, err)
			for name, values := range c.header {
				req.Header[name] = values
			}
			if !strings.HasPrefix(c.path, "/oauth/") && !strings.HasPrefix(c.path, "/.") {
				req.Header.Set("Authorization", "Bearer "+token)
			}
			if strings.HasSuffix(c.path, "LINK/state") {
				req.Header.Set("Authorization", "Bearer "+opened)
			}
			res, err := http.DefaultClient.Do(req)
			must(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			must(t, err)
			if res.StatusCode != c.status {
				t.Fatalf("%d %s, want %d", res.StatusCode, body, c.status)
			}
			var answered struct {
				AccessToken string `json:"access_token"`
				Token       string `json:"token"`
				Data        json.RawMessage
			}
			if json.Unmarshal(body, &answered) == nil && answered.AccessToken != "" {
				w.secrets = append(w.secrets, answered.AccessToken)
			}
			var made struct{ URL string }
			if strings.HasSuffix(c.path, "/tracking-link") && json.Unmarshal(answered.Data, &made) == nil && made.URL != "" {
				link = strings.TrimPrefix(made.URL, "https://iot.example/t/")
				w.secrets = append(w.secrets, link)
			}
			if answered.Token != "" && strings.HasSuffix(c.path, "/session") {
				opened = answered.Token
				w.secrets = append(w.secrets, opened)
			}
			res.Body = io.NopCloser(bytes.NewReader(body))
			again := req.Clone(t.Context())
			again.Body = io.NopCloser(strings.NewReader(c.body))
			again.URL.Scheme, again.URL.Host, again.Host = "https", "iot.example", "iot.example"
			if ok, problems := v.ValidateHttpRequestResponse(again, res); !ok {
				for _, p := range problems {
					t.Errorf("%s: %s %v\n%s", p.Message, p.Reason, p.SchemaValidationErrors, body)
				}
			}
		})
	}
}
