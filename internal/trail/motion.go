package trail

// Motion is what adds up from an asset's positions.
type Motion struct {
	Time      int64   `json:"t"` // of the newest position, Unix milliseconds; 0 before the first
	Latitude  float64 `json:"a"`
	Longitude float64 `json:"o"`
	Distance  float64 `json:"d"`           // kilometres since the first position
	Engine    int64   `json:"e,omitempty"` // milliseconds during which the engine ran
	Ignition  bool    `json:"i,omitempty"` // known to be on at the newest position
}
