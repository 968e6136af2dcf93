package live

import "time"

// toldWithin is how long it may take until what was committed has been told: the slim tier holds it back, other nodes gather what
// they say, and one that is silent is missed after a while.
const toldWithin = slimEvery + 5*time.Second

// heads are places in the order of changes, the oldest first. A place is where somebody goes on once all before it must have been told.
type heads []headAt

type headAt struct {
	cursor string
	read   time.Time // behind everything committed until then
}

// add takes the place that was read just now, and returns the newest before which all has been told.
func (h *heads) add(cursor string, now time.Time) (told string, ok bool) {
	*h = append(*h, headAt{cursor, now})
	for len(*h) > 0 && now.Sub((*h)[0].read) >= toldWithin {
		told, ok = (*h)[0].cursor, true
		*h = (*h)[1:]
	}
	return told, ok
}
