package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

// furnish makes something of each kind. Silence is long in coming to mean anything, so that statuses don't depend on the moment.
func (s *settler) furnish() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/later" && !s.takesLater.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.hooks <- hook{r.URL.Path, r.Header, body}
	}))
	s.t.Cleanup(receiver.Close)
	webhook := func(path, types string) (id, secret string) {
		var made struct {
			Data struct {
				ID     json.Number
				Secret string
			}
		}
		must(s.t, json.Unmarshal([]byte(s.do("POST", moved+"webhook", s.token, fmt.Sprintf(`{"url":%q,"event_types":[%s]}`, receiver.URL+path, types))), &made))
		return made.Data.ID.String(), made.Data.Secret
	}
	s.ids[moved+"webhook"], s.hookSecret = webhook("/", `"alert.*","geofence.*","trip.*"`)
	s.later, s.laterSecret = webhook("/later", `"report.*"`)

	asset := s.record(moved+"asset", `{"name":"Żebbuġ 🚚 1","tracker":"van-1","group":"North depot","type":"van"}`)
	other := s.field("POST", moved+"asset", s.token, `{"name":"Van 2","tracker":"van-2"}`, "data", "id")
	s.do("DELETE", moved+"asset/"+s.field("POST", moved+"asset", s.token, `{"name":"Gone"}`, "data", "id"), s.token, "") // its number is not given again
	s.ids[moved+"group"] = "1"
	beacon := s.record(moved+"beacon", `{"identity":"7cd9f407f95c","name":"Cold box","kind":"temperature","asset_id":`+asset+`}`)
	driver := s.record(moved+"driver", `{"name":"Ada Okafor","ibutton":"00000158FBA2","beacon_id":`+beacon+`}`)
	assignment := moved + "driver/" + driver + "/assignment"
	s.ids[assignment] = s.field("POST", assignment, s.token, `{"asset_id":`+asset+`}`, "data", "id")
	s.record(moved+"geofence", `{"name":"Depot","category":"home","geometry":{"type":"Point","coordinates":[14.4,35.9]},"radius":150.5}`)
	s.record(moved+"alert-rule", `{"name":"Too fast","type":"speed","severity":"critical","config":{"limit":50}}`)
	s.do("PUT", moved+"live-setting", s.token, `{"tier":"detailed"}`)
	s.do("PUT", moved+"report-setting", s.token, `{"time_zone":"Europe/Malta","units":"mi"}`)
	s.do("PATCH", moved+"trail-setting", s.token, `{"still_below":2.5,"offline_after":40000,"disconnected_after":80000}`)
	s.do("PATCH", moved+"trip-setting", s.token, `{"stop_after":240}`)
	s.do("POST", moved+"member", s.token, `{"email":"drew@acme.example","role":"viewer","limited_to":{"groups":["North depot"],"assets":[]}}`)
	s.positions(asset, other)

	s.ids[moved+"alert"] = s.first(moved + "alert")
	s.ids[moved+"webhook/"+s.ids[moved+"webhook"]+"/delivery"] = s.delivered()
	link := s.do("POST", moved+"tracking-link", s.token, `{"name":"Delivery 4711","asset_ids":[`+asset+`],"show":"trail","pin":"471100","until":`+quoted(time.Now().Add(48*time.Hour))+`}`)
	var public struct {
		Data struct {
			ID  json.Number
			URL string
		}
	}
	must(s.t, json.Unmarshal([]byte(link), &public))
	s.ids[moved+"tracking-link"], s.public = public.Data.ID.String(), public.Data.URL[strings.LastIndex(public.Data.URL, "/")+1:]
	s.publicToken = s.field("POST", "/api/public/tracking/"+s.public+"/session", "", `{"pin":"471100"}`, "token")

	s.ids["/api/v1/reports"] = s.report("Before")
	s.completed(s.ids["/api/v1/reports"])
	s.until("a delivery has failed, and waits", func() bool {
		list := s.do("GET", moved+"webhook/"+s.later+"/delivery", s.token, "")
		return strings.Contains(list, `"waiting"`) && !strings.Contains(list, `"attempts":0`)
	})
	s.ids["/api/v1/report-schedules"] = s.field("POST", "/api/v1/report-schedules", s.token, `{"name":"Mileage","type":"mileage","format":"pdf","every":"monthly","day":1,"time":"06:30","deliver":"webhook"}`, "data", "id")
	s.credentials()
}

func quoted(at time.Time) string { return `"` + at.UTC().Format(time.RFC3339) + `"` }

// positions drives an asset six days ago, for trips and reports, and just now, fast, into a geofence and to a stand there: rules and geofences
// conclude nothing of the time before they were made. Another asset reports once.
func (s *settler) positions(asset, other string) {
	start := time.Now().Add(-6 * 24 * time.Hour)
	s.drive(asset, start, 10*time.Second, 400)
	s.do("POST", moved+"position", s.token, `{"asset_id":`+other+`,"timestamp":`+quoted(start.Add(-40*24*time.Hour))+`,"latitude":35.8,"longitude":14.5}`)
	_, _ = s.in.call("POST", moved+"position", s.token, `{"asset_id":`+other+`,"timestamp":"1999-01-01T00:00:00Z","latitude":35.8,"longitude":14.5}`) // set apart
	s.drive(asset, time.Now().Add(2*time.Second), time.Second, 40)
	s.until("an event of the live stream has an id", func() bool {
		answer, events := s.follow("")
		defer answer.Body.Close()
		_, s.lastEvent = events()
		return s.lastEvent != ""
	})
}

// drive sends positions at an interval, of which the second half stand.
func (s *settler) drive(asset string, from time.Time, every time.Duration, count int) {
	var list []string
	for i := range count {
		list = append(list, fmt.Sprintf(`{"asset_id":%s,"timestamp":%s,"latitude":%f,"longitude":14.4,"speed":%f,"heading":0,"altitude":12.5,"ignition":%v,"sensors":{"temp":4.25}}`,
			asset, quoted(from.Add(time.Duration(i)*every)), 35.9+0.0002*float64(max(count/2-i, 0)), 80.1*float64(1-2*i/count), i < count/2))
	}
	s.do("POST", moved+"position", s.token, "["+strings.Join(list, ",")+"]")
}

// follow opens the live stream, behind an event if it names one. events gives the next one.
func (s *settler) follow(last string) (answer *http.Response, events func() (data, id string)) {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", s.in.url+moved+"live", nil)
	must(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	answer, err = http.DefaultClient.Do(request)
	must(s.t, err)
	lines := bufio.NewScanner(answer.Body)
	return answer, func() (data, id string) {
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); {
			case name == "data":
				data = value
			case name == "id":
				id = value
			case name == "" && data != "":
				return data, id
			}
		}
		return "", ""
	}
}

// first is the id of the first record of a list.
func (s *settler) first(path string) string {
	s.t.Helper()
	var list struct{ Data []struct{ ID any } }
	must(s.t, json.Unmarshal([]byte(s.do("GET", path, s.token, "")), &list))
	if len(list.Data) == 0 {
		s.t.Fatalf("GET %s lists nothing", path)
	}
	return fmt.Sprint(list.Data[0].ID)
}

// delivered waits until the outbox is empty, and answers one of its deliveries.
func (s *settler) delivered() string {
	path := moved + "webhook/" + s.ids[moved+"webhook"] + "/delivery"
	s.until("all is delivered", func() bool { return !strings.Contains(s.do("GET", path, s.token, ""), `"waiting"`) })
	for len(s.hooks) > 0 {
		<-s.hooks
	}
	return s.first(path)
}

func (s *settler) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not in a minute: %s\n%s", what, s.in.log)
		}
	}
}

// report asks for a report.
func (s *settler) report(title string) string {
	s.t.Helper()
	return s.field("POST", "/api/v1/reports/generate", s.token, fmt.Sprintf(`{"account_name":"acme-logistics","type":"mileage","format":"json","title":%q,"date_from":%s,"date_to":%s}`,
		title, quoted(time.Now().Add(-20*24*time.Hour)), quoted(time.Now().Add(-24*time.Hour))), "id")
}

func (s *settler) completed(id string) {
	s.t.Helper()
	s.until("the report is made", func() bool { return s.field("GET", "/api/v1/reports/"+id, s.token, "", "status") == "completed" })
}

// credentials makes one of each kind, and revokes one.
func (s *settler) credentials() {
	s.revoked = s.in.token(s.in.made.ClientID, s.in.made.ClientSecret)
	s.do("POST", "/oauth/revoke", "", url.Values{"token": {s.revoked}, "client_id": {s.in.made.ClientID}, "client_secret": {s.in.made.ClientSecret}}.Encode())
	var key struct{ Data map[string]any }
	must(s.t, json.Unmarshal([]byte(s.do("POST", moved+"api-key", s.token, `{"name":"Spreadsheet","scopes":["read:assets"]}`)), &key))
	s.key, _ = key.Data["key"].(string)
	s.personal = s.field("POST", "/oauth/personal-access-tokens", s.token, `{"name":"Laptop","scopes":["read:assets"]}`, "accessToken")
	form := url.Values{"email": {s.in.made.Email}, "password": {s.in.made.Password}}
	request, err := http.NewRequest("POST", s.in.url+"/login", strings.NewReader(form.Encode()))
	must(s.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := http.DefaultTransport.RoundTrip(request)
	must(s.t, err)
	answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == "__Host-yipii" {
			s.cookie = c
		}
	}
	if s.key == "" || s.personal == "" || s.cookie == nil {
		s.t.Fatalf("key %v, token %v, cookie %v: %s", s.key != "", s.personal != "", s.cookie != nil, answer.Status)
	}
	s.secrets = append(s.secrets, s.key, s.cookie.Value, s.revoked, s.publicToken, s.hookSecret, s.laterSecret)
}
