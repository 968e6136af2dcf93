package trail

import "time"

// Words of an asset's status (contract §6), in JSON's spelling. Three more need what is not kept yet: in_traffic (stop
// and go) needs the last minutes, garage a home place, disconnected the state of the tracker's connection.
const (
	statusMoving      = "moving"
	statusSlowMoving  = "slow_moving"
	statusIdle        = "idle"
	statusParked      = "parked"
	statusOffline     = "offline"
	statusUnavailable = "unavailable"
)

// offlineAfter is how long an asset may be silent.
const offlineAfter = 30 * time.Minute

// statusOf tells an asset's status from its last position (nil for none) at now, in Unix milliseconds. The documented
// rules overlap; the first that holds wins:
//
//  1. never reported: unavailable
//  2. nothing for 30 minutes: offline, whatever it was doing
//  3. above 10 km/h: moving
//  4. 2 to 10 km/h, both included: slow_moving, the narrower rule beside "moving above 2"
//  5. slower, or its speed isn't reported: still. With the ignition on idle, otherwise parked; an ignition that isn't
//     reported counts as off, because a tracker without that wire is the commonest case of a parked thing.
func statusOf(last *Position, now int64) string {
	switch {
	case last == nil:
		return statusUnavailable
	case now-last.Time >= offlineAfter.Milliseconds():
		return statusOffline
	case last.Speed.Known && last.Speed.Value > 10:
		return statusMoving
	case last.Speed.Known && last.Speed.Value >= 2:
		return statusSlowMoving
	case last.Ignition.Known && last.Ignition.Value:
		return statusIdle
	}
	return statusParked
}

// Statuses lists the words that an asset's status can be, in the order in which people look for them: what moves first.
func Statuses() []string {
	return []string{statusMoving, statusSlowMoving, statusIdle, statusParked, statusOffline, statusUnavailable}
}
