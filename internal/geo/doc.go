// Package geo is the geometry of the globe: distances, bearings, what lies in a polygon or beside a line, and lines drawn
// with fewer points. Positions are degrees on WGS 84, latitudes north, longitudes east.
//
// Distances between points are those of the ellipsoid, to the centimetre up to 100 km and to the millimetre beyond, at the poles,
// across the 180th meridian and between antipodes alike. An edge between two points of a shape is straight in degrees, as
// RFC 7946 says of GeoJSON, and takes the shorter way around the globe. A ring that goes around a pole encloses it.
//
// The package owns no table and no route, knows no unit but degrees, metres and kilometres (a name or a comment says
// which), and refuses nothing: it is for callers to bring numbers, latitudes within 90 degrees, and edges that span
// less than 180 degrees of longitude.
//
// Read distance.go first; then ring.go and line.go, which tell inside from outside, box.go, and simplify.go, which stands alone.
package geo
