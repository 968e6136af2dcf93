package docs

import (
	"slices"
	"strings"

	"github.com/yipii/yipii/internal/web"
)

// tags are the headings of the description, in the order in which a reader needs them.
var tags = []web.Heading{
	{Name: "OAuth", Description: "Access tokens: get one, ask about it, give it back."},
	{Name: "User", Description: "Whose credential it is, and which accounts it reaches."},
	{Name: "Assets", Description: "Vehicles and things, with their trackers, sensors and status."},
	{Name: "Groups", Description: "Names that assets are put together under."},
	{Name: "Positions", Description: "Where assets are and have been: in from trackers and programs, out as last positions and trails."},
	{Name: "Trips", Description: "Trips and the stops between them, found in the positions."},
	{Name: "Live tracking", Description: "What happens, as it becomes known: by Pusher's protocol or Server-Sent Events."},
	{Name: "Geofences", Description: "Shapes on the map, and who enters, leaves and stays."},
	{Name: "Alert rules", Description: "What to raise an alert of."},
	{Name: "Alerts", Description: "The inbox of what rules have raised."},
	{Name: "Drivers", Description: "Who drives, and what they are assigned to."},
	{Name: "Beacons", Description: "Bluetooth beacons that trackers hear: of drivers, trailers and sensors."},
	{Name: "Addresses", Description: "The address of a place."},
	{Name: "Tracking links", Description: "Links by which the public follows a few assets for a while."},
	{Name: "Public tracking", Description: "What a tracking link shows, without a credential."},
	{Name: "Reports", Description: "Documents about what a fleet did, made in the background; schedules of them."},
	{Name: "Webhooks", Description: "What happens, told to other servers."},
	{Name: "Members", Description: "The people of an account, and invitations."},
	{Name: "OAuth clients", Description: "The credentials of programs: made, rotated, revoked."},
	{Name: "API keys", Description: "Long-lived bearer tokens of a person in an account."},
	{Name: "Audit", Description: "Who did what in the account."},
}

// leads are the paths that readers look for first below a heading, in this order, each with the paths below it. Others follow by path.
var leads = []string{
	"/api/{account_key}/api-key", // before Passport's
	"/oauth/token",
	"/oauth",
	"/api/{account_key}/position",
	"/api/{account_key}/trip",
	"/api/{account_key}/live",
	"/broadcasting/auth",
	"/api/{account_key}/geofence",
	"/api/{account_key}/asset",
	"/api/v1/reports/generate",
	"/api/v1/reports",
	"/api/{account_key}/member",
}

// lead is the place of a path among the leads; after all of them for one that none leads.
func lead(path string) int {
	if i := slices.IndexFunc(leads, func(l string) bool { return path == l || strings.HasPrefix(path, l+"/") }); i >= 0 {
		return i
	}
	return len(leads)
}
