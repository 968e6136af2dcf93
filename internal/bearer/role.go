package bearer

import "fmt"

// Role is what a user may do in an account. The order is that of power, so that roles can be compared.
type Role int

// The roles (contract §2). A driver sees own trips only, so no account-wide route takes one.
const (
	NoRole  Role = iota
	Driver       // own trips only
	Viewer       // reads
	Manager      // assets, reports, alerts, geofences
	Admin        // everything
)

var roleNames = [...]string{"", "driver", "viewer", "manager", "admin"}

// String is the role's name on the wire.
func (r Role) String() string { return roleNames[r] }

// ParseRole reads a role's name.
func ParseRole(name string) (Role, error) {
	for i, known := range roleNames {
		if i > 0 && known == name {
			return Role(i), nil
		}
	}
	return NoRole, fmt.Errorf("unknown role %q: use admin, manager, viewer or driver", name)
}
