package tracker

import "encoding/hex"

// What the flags before a beacon say of it.
const (
	beaconRSSI        = 1 << 0
	beaconVoltage     = 1 << 1 // 2 bytes, mV
	beaconTemperature = 1 << 2 // 2 bytes, 256ths of a degree, signed: as an Eddystone tells it
	beaconIBeacon     = 1 << 5 // else an Eddystone
)

// Lengths of what beacons send.
const (
	iBeaconID   = 16 + 2 + 2
	eddystoneID = 10 + 6
)

// readBeacons reads the list of beacons that a tracker hears: a byte that numbers the parts of a long list, then each with its
// flags. A list that is no such thing is left out from there on: the record around it is good.
func readBeacons(r *Report, list []byte) {
	c := cursor{rest: list}
	for c.number(1); len(c.rest) > 0; {
		flags := c.number(1)
		length := eddystoneID
		if flags&beaconIBeacon != 0 {
			length = iBeaconID
		}
		name := "beacon." + hex.EncodeToString(c.take(length))
		var readings [3]func()
		if flags&beaconRSSI != 0 {
			rssi := float64(int8(c.number(1)))
			readings[0] = func() { r.sense(name+".rssi", rssi) }
		}
		if flags&beaconVoltage != 0 {
			voltage := float64(c.number(2)) / 1000
			readings[1] = func() { r.sense(name+".battery_voltage", voltage) }
		}
		if flags&beaconTemperature != 0 {
			temperature := float64(int16(c.number(2))) / 256
			readings[2] = func() { r.sense(name+".temperature", temperature) }
		}
		if c.short {
			return
		}
		for _, keep := range readings {
			if keep != nil {
				keep()
			}
		}
	}
}
