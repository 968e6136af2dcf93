// Package track reads recorded GPS tracks from files, so that a fleet's past can be imported: GPX 1.0 and 1.1, and CSV
// with a header that names its columns. Either may be compressed with gzip.
//
// It owns no table and no route. It reads a stream once, from front to back, holds one point at a time, and gives every
// point to the caller in the order of the file. What a point becomes is the caller's affair.
//
// It refuses a whole file at its first fault and says where the fault is: a coordinate, speed, heading, altitude or time
// outside its bounds, a point without a time, a row whose fields do not match the header, a line over 64 KiB, XML deeper
// than 64 elements, an entity that XML does not define itself. No point is ever dropped or repaired in silence.
//
// Read track.go first; csv.go and gpx.go hold the two formats, point.go the bounds of a value.
package track
