package main

import (
	"math"
	"strconv"
	"time"
)

// What the senders of positions look like: a fleet whose vehicles report every ten seconds, through four gateways that
// collect a thousand positions before they send them. Each gateway has vehicles of its own.
const (
	vehicles    = 80
	batchSize   = 1000
	interval    = 10_000 // ms between two positions of a vehicle
	fourSenders = 4      // senders at once
)

// position is one row, with every field that a tracker sends.
type position struct {
	assetID, time                                                              int64
	latitude, longitude, speed, heading, altitude, accuracy, odometer, battery float64
	satellites, ignition                                                       int64
	sensors                                                                    string
}

// firstMoment is when the positions begin: the first day of last month, so that none lies in the future and all of
// them lie in one month.
func firstMoment() int64 {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}

// feed is where positions come from.
type feed struct {
	Assets []int64
	Base   int64 // time of the first positions, Unix milliseconds
	Run    int   // how many positions a vehicle reports at a time
}

// batch makes the n-th batch, of gateway n modulo four: the next few positions of its vehicles, in the order in which they
// come in.
func (f feed) batch(n int) []position {
	gateway, own := n%fourSenders, len(f.Assets)/fourSenders
	list := make([]position, batchSize)
	for i := range list {
		at := n/fourSenders*batchSize + i
		turn := at / f.Run
		list[i] = positionOf(f.Assets[gateway*own+turn%own], turn/own*f.Run+at%f.Run, f.Base, interval)
	}
	return list
}

// round is how many batches it takes until every vehicle has had its turn.
func (f feed) round() int {
	return fourSenders * ((len(f.Assets)/fourSenders*f.Run + batchSize - 1) / batchSize)
}

// positionOf is the step-th position of an asset, somewhere on a round trip. Its numbers have as many digits as
// trackers send.
func positionOf(asset int64, step int, base, every int64) position {
	turn := float64(step)/200 + float64(asset)
	sin, cos := math.Sincos(turn)
	return position{
		assetID: asset, time: base + int64(step)*every,
		latitude: digits(52.52+0.1*sin+float64(asset)/1000, 6), longitude: digits(13.405+0.15*cos, 6),
		speed: digits(50+30*sin*cos, 1), heading: digits(math.Mod(turn*57.3, 360), 1), altitude: digits(34+5*cos, 1), accuracy: digits(4+2*sin, 1),
		odometer: digits(48_000+float64(step)*0.14, 2), battery: digits(80+15*cos, 1), satellites: 9 + int64(step%6), ignition: int64(min(1, step%50)),
		sensors: `{"fuel":` + strconv.FormatFloat(digits(61+20*cos, 1), 'f', -1, 64) + `,"temperature":` + strconv.FormatFloat(digits(4+2*sin, 1), 'f', -1, 64) + `}`,
	}
}

func digits(x float64, n int) float64 {
	scale := math.Pow10(n)
	return math.Round(x*scale) / scale
}

// appendBody writes positions as the JSON array that is sent.
func appendBody(b []byte, list []position) []byte {
	b = append(b, '[')
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"asset_id":`...), p.assetID, 10)
		b = time.UnixMilli(p.time).UTC().AppendFormat(append(b, `,"timestamp":"`...), time.RFC3339Nano)
		b = append(b, '"')
		for _, f := range [...]struct {
			name  string
			value float64
		}{{"latitude", p.latitude}, {"longitude", p.longitude}, {"speed", p.speed}, {"heading", p.heading}, {"altitude", p.altitude},
			{"accuracy", p.accuracy}, {"odometer", p.odometer}, {"battery", p.battery}} {
			b = append(append(append(b, `,"`...), f.name...), `":`...)
			b = strconv.AppendFloat(b, f.value, 'f', -1, 64)
		}
		b = strconv.AppendInt(append(b, `,"satellites":`...), p.satellites, 10)
		b = strconv.AppendBool(append(b, `,"ignition":`...), p.ignition == 1)
		b = append(append(b, `,"sensors":`...), p.sensors...)
		b = append(b, '}')
	}
	return append(b, ']')
}
