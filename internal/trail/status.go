package trail

// Words of an asset's status (contract §6), in JSON's spelling.
const (
	statusMoving       = "moving"
	statusInTraffic    = "in_traffic"
	statusSlowMoving   = "slow_moving"
	statusIdle         = "idle"
	statusParked       = "parked"
	statusGarage       = "garage"
	statusOffline      = "offline"
	statusDisconnected = "disconnected"
	statusUnavailable  = "unavailable"
)

// lastKnown is an asset's newest position, and what its followers have concluded there.
type lastKnown struct {
	Position
	stopAndGo, home  bool
	distance, engine Maybe[float64] // kilometres, and milliseconds; not known before the first position was followed
	driver           int64
}

// statusOf tells an asset's status from what was last known of it (nil for nothing) at now, in Unix milliseconds. The
// documented rules overlap; the first that holds wins. Figures are the defaults of the account's settings:
//
//  1. never reported: unavailable
//  2. nothing for 24 hours: disconnected
//  3. nothing for 30 minutes: offline, whatever it was doing
//  4. the ignition on, up to 27 km/h, and stop and go (see Motion.StopAndGo): in_traffic
//  5. above 10 km/h: moving
//  6. 2 to 10 km/h, both included: slow_moving, the narrower rule beside "moving above 2"
//  7. slower, or its speed isn't reported: still. With the ignition on: idle
//  8. still, in a geofence that is its home: garage
//  9. still anywhere else: parked. An ignition that isn't reported counts as off, because a tracker without that wire is
//     the commonest case of a parked thing.
func statusOf(last *lastKnown, in Settings, now int64) string {
	switch {
	case last == nil:
		return statusUnavailable
	case now-last.Time >= in.DisconnectedAfter*1000:
		return statusDisconnected
	case now-last.Time >= in.OfflineAfter*1000:
		return statusOffline
	case last.stopAndGo:
		return statusInTraffic
	case last.Speed.Known && last.Speed.Value > in.MovingAbove:
		return statusMoving
	case last.Speed.Known && last.Speed.Value >= in.StillBelow:
		return statusSlowMoving
	case last.Ignition.Known && last.Ignition.Value:
		return statusIdle
	case last.home:
		return statusGarage
	}
	return statusParked
}

// Statuses lists the words that an asset's status can be, in the order in which people look for them: what moves first.
func Statuses() []string {
	return []string{statusMoving, statusInTraffic, statusSlowMoving, statusIdle, statusParked, statusGarage,
		statusOffline, statusDisconnected, statusUnavailable}
}
