package tracker

// Elements of Teltonika's trackers (the FMB family's list of AVL IDs) that become fields of a position.
const (
	elementIgnition     = 239 // 0 or 1
	elementOdometer     = 16  // metres
	elementBatteryLevel = 113 // per cent
	elementExternal     = 66  // mV
	elementUnplug       = 252 // 1: cut off
	elementIButton      = 78  // 8 bytes
	elementBeacons      = 385 // of variable length
)

// sensor says how an element becomes a reading.
type sensor struct {
	name   string
	per    float64 // raw values to one of our unit
	signed bool
	most   float64 // the largest raw value that is a reading; beyond are the maker's codes of failures. 0: any
	// codes are raw values within that, which say that the sensor failed. A true reading of just this value is lost, and the
	// next one comes; taking a missing sensor's 30 °C for true would raise an alarm.
	codes [3]float64
}

// sensorOf is the list of elements that become readings, but for those above.
func sensorOf(id int) (sensor, bool) {
	switch id {
	case 240:
		return sensor{name: "movement", per: 1}, true
	case 21:
		return sensor{name: "gsm_signal", per: 1}, true
	case 66:
		return sensor{name: "external_voltage", per: 1000}, true
	case 67:
		return sensor{name: "battery_voltage", per: 1000}, true
	case 181:
		return sensor{name: "pdop", per: 10}, true
	case 182:
		return sensor{name: "hdop", per: 10}, true
	case 87: // metres, from the bus of a truck or car
		return sensor{name: "can_odometer", per: 1000}, true
	case 389: // kilometres, from the diagnosis port
		return sensor{name: "can_odometer", per: 1}, true
	case 85, 36:
		return sensor{name: "engine_rpm", per: 1}, true
	case 102: // minutes
		return sensor{name: "engine_hours", per: 60}, true
	case 89:
		return sensor{name: "fuel_level", per: 1}, true
	case 84:
		return sensor{name: "fuel", per: 10}, true
	}
	for i := range 4 {
		number := string(rune('1' + i))
		switch id {
		case 72 + i:
			return sensor{name: "wire" + number + ".temperature", per: 10, signed: true, most: 1250, codes: [3]float64{850}}, true
		case 25 + i:
			return sensor{name: "ble" + number + ".temperature", per: 100, signed: true, most: 12_500, codes: [3]float64{2000, 3000, 4000}}, true
		case [...]int{86, 104, 106, 108}[i]:
			return sensor{name: "ble" + number + ".humidity", per: 10, most: 1000}, true
		case [...]int{29, 20, 22, 23}[i]:
			return sensor{name: "ble" + number + ".battery", per: 1, most: 100}, true
		}
	}
	return sensor{}, false
}

// elements are those of one record that decide something together.
type elements struct {
	cut, powered bool // some element says so
}

// add takes one element of size bytes.
func (e *elements) add(r *Report, id, size int, value uint64) {
	switch id {
	case elementIgnition:
		on := value != 0
		r.Ignition = &on
	case elementOdometer:
		kilometres := float64(value) / 1000
		r.Odometer = &kilometres
	case elementBatteryLevel:
		level := float64(value)
		r.Battery = &level
	case elementUnplug:
		e.cut, e.powered = e.cut || value == 1, e.powered || value == 0
	case elementExternal:
		e.cut, e.powered = e.cut || value == 0, e.powered || value != 0
	case elementIButton:
		r.sense("ibutton", IButton(value))
	}
	s, known := sensorOf(id)
	if !known {
		return
	}
	raw := float64(value)
	if s.signed {
		raw = float64(int64(value<<(64-8*size)) >> (64 - 8*size))
	}
	if s.most > 0 && raw > s.most || raw != 0 && (raw == s.codes[0] || raw == s.codes[1] || raw == s.codes[2]) {
		return
	}
	r.sense(s.name, raw/s.per)
}

// finish says whether the tracker is cut off: where one element says so it is, whatever the other says.
func (e *elements) finish(r *Report) {
	if e.cut || e.powered {
		r.sense("power_cut", truth(e.cut))
	}
}
