// Package demo moves a fleet that does not exist: six vehicles on the roads of Malta, so that a fresh installation has
// something to show, and tests have a history with a known shape.
//
// It owns no table and no route, keeps no state and asks no clock. Where a vehicle is follows from the moment alone, so
// that two calls about the same moment agree, in any order. To that end a vehicle's days are dealt in a cycle of eight
// weeks; day n and day n+56 have the same trips, to the second. That also makes the odometer a sum that needs no walk
// through the days before. Days are those of Malta's winter time, UTC+1, all year.
//
// It refuses nothing: any moment has an answer, and a fix never leaves the island.
//
// The roads are a coarse net of main roads, drawn by hand from general knowledge. They are good for looking at, not for
// navigating.
//
// Read in this order: fleet.go, the vehicles and when they work; plan.go, how a day is made of that; history.go, how
// fixes are read off a day. Below them: drive.go, the speeds along one leg; path.go, the ways through the net of
// road.go; dice.go, the chance that always falls the same.
package demo
