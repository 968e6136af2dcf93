package dashboard

import (
	"fmt"
	"time"

	"github.com/yipii/yipii/internal/usage"
)

// often says roughly how often a credential is used, "" where it isn't.
func often(u usage.Last) string {
	switch week := u.Week.Requests; {
	case week == 0:
		return ""
	case week < 14:
		return plural(int(week), "request") + " in 7 days"
	case week < 7*48:
		return fmt.Sprintf("about %s a day", grouped((week+3)/7))
	default:
		return fmt.Sprintf("about %s an hour", grouped((week+84)/168))
	}
}

// seen is a credential's use, seen from now.
type seen struct {
	Now time.Time
	Use usage.Last
}
