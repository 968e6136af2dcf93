package tracker

import (
	"encoding/json"
	"net/url"
	"strings"
)

// phoneBody is what newer apps send: the JSON of the location library that they are made with.
type phoneBody struct {
	Location json.RawMessage `json:"location"` // one, or an array of them
	DeviceID text            `json:"device_id"`
}

type phoneLocation struct {
	Timestamp text `json:"timestamp"`
	Coords    *struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
		Accuracy  *float64 `json:"accuracy"`
		Speed     *float64 `json:"speed"` // m/s; below 0 for unknown, as the next
		Heading   *float64 `json:"heading"`
		Altitude  *float64 `json:"altitude"`
	} `json:"coords"`
	Moving  *bool `json:"is_moving"`
	Battery struct {
		Level    *float64 `json:"level"` // 0 to 1; below 0 for unknown
		Charging *bool    `json:"is_charging"`
	} `json:"battery"`
	Odometer *float64 `json:"odometer"` // metres
}

// text is a JSON string, or a number as it is written.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] != '"' {
		var number json.Number
		err := json.Unmarshal(raw, &number)
		*t = text(number)
		return err
	}
	return json.Unmarshal(raw, (*string)(t))
}

// maxLocations bounds the locations of one request.
const maxLocations = 1000

// readPhone reads the JSON of newer apps. The identity may stand in the query in place of the body.
func readPhone(query string, body []byte) ([]Report, error) {
	var b phoneBody
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, unreadable("the body is not the JSON of a location")
	}
	identity := string(b.DeviceID)
	if identity == "" {
		values, _ := url.ParseQuery(query)
		f := form{values: values}
		identity = f.first("id", "deviceid", "device_id")
	}
	if identity == "" {
		return nil, unreadable("the device_id field must be the identity of the tracker")
	}
	var list []phoneLocation
	var err error
	if raw := strings.TrimSpace(string(b.Location)); strings.HasPrefix(raw, "[") {
		err = json.Unmarshal(b.Location, &list)
	} else if raw != "" && raw != "null" {
		list = make([]phoneLocation, 1)
		err = json.Unmarshal(b.Location, &list[0])
	}
	if err != nil || len(list) == 0 || len(list) > maxLocations {
		return nil, unreadable("the location field must be a location, or an array of at most %d", maxLocations)
	}
	reports := make([]Report, 0, len(list))
	for i := range list {
		r, err := list[i].report()
		if err != nil {
			return nil, err
		}
		r.Identity = identity
		reports = append(reports, r)
	}
	return reports, nil
}

func (l *phoneLocation) report() (Report, error) {
	r := Report{Odometer: thousandth(positive(l.Odometer)), Battery: times(positive(l.Battery.Level), 100)}
	if l.Timestamp != "" {
		var ok bool
		if r.Time, ok = moment(string(l.Timestamp)); !ok {
			return r, unreadable("the timestamp field must be an ISO 8601 time")
		}
	} else {
		r.Undated = true
	}
	if c := l.Coords; c != nil {
		if c.Latitude != nil && c.Longitude != nil {
			r.Fixed, r.Latitude, r.Longitude = true, *c.Latitude, *c.Longitude
		}
		r.Accuracy, r.Altitude = positive(c.Accuracy), c.Altitude
		r.Speed, r.Heading = times(positive(c.Speed), 3.6), positive(c.Heading)
	}
	if l.Moving != nil {
		r.sense("movement", truth(*l.Moving))
	}
	if l.Battery.Charging != nil {
		r.sense("charging", truth(*l.Battery.Charging))
	}
	return r, nil
}
