package tracker

import (
	"encoding/binary"
	"math"
)

// Codecs of Teltonika that are read: https://wiki.teltonika-gps.com/view/Teltonika_Data_Sending_Protocols.
const (
	codec8         = 0x08
	codec8Extended = 0x8e
)

// TeltonikaHeader is the length of what stands before a packet's data: four zeros and the data's length.
const TeltonikaHeader = 8

// TeltonikaTrailer is the length of what stands behind it: the checksum.
const TeltonikaTrailer = 4

// MaxTeltonika is the longest data of a packet in bytes: 255 records of about a kilobyte.
const MaxTeltonika = 256 << 10

// minTeltonika is the codec, and the number of records twice.
const minTeltonika = 3

// TeltonikaLength reads a packet's header and returns how many bytes of data follow, before the checksum.
func TeltonikaLength(header [TeltonikaHeader]byte) (int, error) {
	if binary.BigEndian.Uint32(header[:4]) != 0 {
		return 0, unreadable("a packet must begin with four zeros")
	}
	length := binary.BigEndian.Uint32(header[4:])
	if length < minTeltonika || length > MaxTeltonika {
		return 0, unreadable("the data has %d bytes, which must be %d to %d", length, minTeltonika, MaxTeltonika)
	}
	return int(length), nil
}

// ReadTeltonika reads what follows the header: the data and the checksum. The count is what is to be acknowledged: all
// records, those without a position too.
func ReadTeltonika(body []byte) (reports []Report, count int, err error) {
	if len(body) < minTeltonika+TeltonikaTrailer {
		return nil, 0, unreadable("the packet has %d bytes", len(body))
	}
	data, trailer := body[:len(body)-TeltonikaTrailer], body[len(body)-TeltonikaTrailer:]
	if sum := crc16(data); uint32(sum) != binary.BigEndian.Uint32(trailer) {
		return nil, 0, unreadable("the checksum is wrong")
	}
	codec, count, last := data[0], int(data[1]), int(data[len(data)-1])
	if codec != codec8 && codec != codec8Extended {
		return nil, 0, unreadable("the codec %#02x is not known", codec)
	}
	if count != last {
		return nil, 0, unreadable("the packet has %d records at its beginning and %d at its end", count, last)
	}
	c := cursor{rest: data[2 : len(data)-1], wide: codec == codec8Extended}
	reports = make([]Report, 0, min(count, len(c.rest)/minRecord+1))
	for range count {
		r := c.record()
		if c.short {
			return nil, 0, unreadable("the packet ends in the middle of a record")
		}
		reports = append(reports, r)
	}
	if len(c.rest) > 0 {
		return nil, 0, unreadable("%d bytes follow the last record", len(c.rest))
	}
	return reports, count, nil
}

// minRecord is the length of a record without any element.
const minRecord = 8 + 1 + 15 + 6

// crc16 is CRC-16/IBM (polynomial 0xA001 reflected, begun with 0).
func crc16(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= 0xa001
			}
		}
	}
	return crc
}

// cursor reads numbers, the highest byte first. Once there are too few bytes it is short and reads zeros.
type cursor struct {
	rest  []byte
	wide  bool // Codec 8 Extended: names and numbers of elements have two bytes
	short bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.rest) {
		c.short, c.rest = true, nil
		return nil
	}
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken
}

// number reads n bytes, at most 8.
func (c *cursor) number(n int) (value uint64) {
	for _, b := range c.take(n) {
		value = value<<8 | uint64(b)
	}
	return value
}

// name reads what has one byte in Codec 8 and two in the extended one.
func (c *cursor) name() int {
	if c.wide {
		return int(c.number(2))
	}
	return int(c.number(1))
}

// coordinate reads ten millionths of a degree.
func (c *cursor) coordinate() float64 { return float64(int32(c.number(4))) / 1e7 }

// record reads one record: time, priority, position, elements.
func (c *cursor) record() Report {
	r := Report{Time: int64(min(c.number(8), math.MaxInt64))}
	c.number(1) // the priority says in which order the tracker sends, which is past
	r.Longitude, r.Latitude = c.coordinate(), c.coordinate()
	altitude, heading := float64(int16(c.number(2))), float64(c.number(2))
	satellites, speed := int64(c.number(1)), float64(c.number(2))
	r.Satellites = &satellites
	// Without a fix the tracker repeats its last one with 0 satellites, angle and speed, and before its first one it sends
	// zeros. The last known place is a position, nowhere is none.
	if r.Fixed = satellites > 0 || r.Latitude != 0 || r.Longitude != 0; r.Fixed {
		r.Altitude, r.Speed = &altitude, &speed
		if satellites > 0 {
			r.Heading = &heading
		}
	}
	c.elements(&r)
	return r
}

// elements reads the I/O elements: the one that caused the record, how many there are, then those of 1, 2, 4 and 8 bytes, and
// in the extended codec those that tell their own length.
func (c *cursor) elements(r *Report) {
	c.name() // what caused the record stands among the elements too
	total, seen := c.name(), 0
	var e elements
	for _, size := range [...]int{1, 2, 4, 8} {
		for range c.name() {
			id, value := c.name(), c.number(size)
			if c.short {
				return
			}
			seen++
			e.add(r, id, size, value)
		}
	}
	var beacons []byte
	if c.wide {
		for range c.name() {
			id := c.name()
			value := c.take(int(c.number(2)))
			if c.short {
				return
			}
			seen++
			if id == elementBeacons {
				beacons = value
			}
		}
	}
	if seen != total {
		c.short = true // something has been read as what it isn't
		return
	}
	e.finish(r)
	readBeacons(r, beacons)
}
