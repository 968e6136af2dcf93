package geo

import "math"

// The ellipsoid of WGS 84: metres and pure numbers.
const (
	equatorial   = 6378137.0
	flattening   = 1 / 298.257223563
	polar        = equatorial * (1 - flattening)
	eccentricity = flattening * (2 - flattening) // squared
	radian       = math.Pi / 180
)

// Point is a place on the ellipsoid, in degrees.
type Point struct{ Latitude, Longitude float64 }

// Distance is the length in kilometres of the shortest way from one place to another on the ellipsoid.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	return Metres(lat1, lon1, lat2, lon2) / 1000
}

// Metres is Distance in metres. It is off by less than a centimetre up to 100 km, and a millimetre beyond. Short ways cost
// some tens of nanoseconds, long ones half a microsecond, ways to where the antipode lies 50.
func Metres(lat1, lon1, lat2, lon2 float64) float64 {
	if metres, near := short(lat1, lon1, lat2, lon2); near {
		return metres
	}
	metres, _ := long(lat1, lon1, lat2, lon2)
	return metres
}

// Bearing is the direction in which the shortest way begins: degrees clockwise from north, at least 0 and less than 360; 0 between
// a place and itself.
func Bearing(lat1, lon1, lat2, lon2 float64) float64 {
	degrees := 0.0
	if metres, near := short(lat1, lon1, lat2, lon2); near && metres > 0 {
		p, q := onEllipsoid(lat1, lon1), onEllipsoid(lat2, lon2)
		sinLat, cosLat := math.Sincos(lat1 * radian)
		sinLon, cosLon := math.Sincos(lon1 * radian)
		d := q.minus(p)
		east := cosLon*d.y - sinLon*d.x
		north := cosLat*d.z - sinLat*(cosLon*d.x+sinLon*d.y)
		degrees = math.Atan2(east, north) / radian
	} else if !near {
		_, azimuth := long(lat1, lon1, lat2, lon2)
		degrees = azimuth / radian
	}
	if degrees < 0 {
		degrees += 360
	}
	if degrees >= 360 { // what was a hair below 0
		return 0
	}
	return degrees
}

// vector is a place in space, or a direction.
type vector struct{ x, y, z float64 }

func (v vector) minus(w vector) vector  { return vector{v.x - w.x, v.y - w.y, v.z - w.z} }
func (v vector) dot(w vector) float64   { return v.x*w.x + v.y*w.y + v.z*w.z }
func (v vector) times(k float64) vector { return vector{v.x * k, v.y * k, v.z * k} }
func (v vector) cross(w vector) vector {
	return vector{v.y*w.z - v.z*w.y, v.z*w.x - v.x*w.z, v.x*w.y - v.y*w.x}
}

// onSphere is the place on a sphere of radius 1 that has these angles.
func onSphere(lat, lon float64) vector {
	sinLat, cosLat := math.Sincos(lat * radian)
	sinLon, cosLon := math.Sincos(lon * radian)
	return vector{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// onEllipsoid is the place in metres from the Earth's centre.
func onEllipsoid(lat, lon float64) vector {
	v := onSphere(lat, lon)
	n := equatorial / math.Sqrt(1-eccentricity*v.z*v.z)
	return vector{v.x * n, v.y * n, v.z * n * (1 - eccentricity)}
}

// shortest is how far short reaches, in metres.
const shortest = 100_000

// short measures the straight line through the ground and adds what the Earth bulges over it. The bulge is that of a
// sphere; how the ellipsoid's differs from it is 7 mm at 100 km, and less by the cube of the distance below. Nothing in it minds
// poles or meridians. near is false where the way is too long for that.
func short(lat1, lon1, lat2, lon2 float64) (metres float64, near bool) {
	d := onEllipsoid(lat1, lon1).minus(onEllipsoid(lat2, lon2))
	squared := d.dot(d)
	if !(squared <= shortest*shortest) {
		return 0, false
	}
	const mean = (2*equatorial + polar) / 3
	return math.Sqrt(squared) * (1 + squared/(24*mean*mean)), true
}

// long is the length in metres and the azimuth in radians at which the way begins, by the iteration of T. Vincenty, "Direct and inverse
// solutions of geodesics on the ellipsoid" (Survey Review XXIII, 1975). That doesn't converge near the antipode, where the
// way is cut in two.
func long(lat1, lon1, lat2, lon2 float64) (metres, azimuth float64) {
	if onSphere(lat1, lon1).dot(onSphere(lat2, lon2)) < -0.999 { // within 2.6 degrees of the antipode
		return antipodal(lat1, lon1, lat2, lon2)
	}
	return vincenty(lat1, lon1, lat2, lon2)
}

func vincenty(lat1, lon1, lat2, lon2 float64) (metres, azimuth float64) {
	l := math.Remainder(lon2-lon1, 360) * radian
	sinU1, cosU1 := math.Sincos(reduced(lat1))
	sinU2, cosU2 := math.Sincos(reduced(lat2))
	lambda := l
	var sinSigma, cosSigma, sigma, cos2Alpha, cos2SigmaM float64
	for range 100 {
		sinLambda, cosLambda := math.Sincos(lambda)
		east, north := cosU2*sinLambda, cosU1*sinU2-sinU1*cosU2*cosLambda
		azimuth = math.Atan2(east, north)
		sinSigma, cosSigma = math.Hypot(east, north), sinU1*sinU2+cosU1*cosU2*cosLambda
		if sinSigma == 0 {
			return 0, 0
		}
		sigma = math.Atan2(sinSigma, cosSigma)
		sinAlpha := cosU1 * cosU2 * sinLambda / sinSigma
		cos2Alpha, cos2SigmaM = 1-sinAlpha*sinAlpha, 0
		if cos2Alpha > 1e-15 { // along the equator it is 0
			cos2SigmaM = cosSigma - 2*sinU1*sinU2/cos2Alpha
		}
		c := flattening / 16 * cos2Alpha * (4 + flattening*(4-3*cos2Alpha))
		before := lambda
		lambda = l + (1-c)*flattening*sinAlpha*(sigma+c*sinSigma*(cos2SigmaM+c*cosSigma*(2*cos2SigmaM*cos2SigmaM-1)))
		if math.Abs(lambda-before) < 1e-13 {
			break
		}
	}
	u2 := cos2Alpha * (equatorial*equatorial - polar*polar) / (polar * polar)
	a := 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
	b := u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
	delta := b * sinSigma * (cos2SigmaM + b/4*(cosSigma*(2*cos2SigmaM*cos2SigmaM-1)-
		b/6*cos2SigmaM*(4*sinSigma*sinSigma-3)*(4*cos2SigmaM*cos2SigmaM-3)))
	return polar * a * (sigma - delta), azimuth
}

// reduced is the latitude on the sphere around the ellipsoid, in radians.
func reduced(lat float64) float64 {
	sin, cos := math.Sincos(lat * radian)
	return math.Atan2((1-flattening)*sin, cos)
}

// antipodal finds the shortest way to near the antipode: every way there crosses the great circle that lies a quarter of the globe away, and
// the shortest crosses where the ways to and from the crossing are shortest together.
func antipodal(lat1, lon1, lat2, lon2 float64) (metres, azimuth float64) {
	from := onSphere(lat1, lon1)
	sin, cos := math.Sincos(lon1 * radian)
	east := vector{-sin, cos, 0}
	north := from.cross(east)
	by := func(direction float64) (float64, Point) {
		sin, cos := math.Sincos(direction)
		v := vector{east.x*sin + north.x*cos, east.y*sin + north.y*cos, east.z*sin + north.z*cos}
		at := Point{math.Atan2(v.z, math.Hypot(v.x, v.y)) / radian, math.Atan2(v.y, v.x) / radian}
		out, _ := vincenty(lat1, lon1, at.Latitude, at.Longitude)
		on, _ := vincenty(at.Latitude, at.Longitude, lat2, lon2)
		return out + on, at
	}
	const looks = 32
	best, least := 0.0, math.Inf(1)
	for i := range looks {
		direction := float64(i) * 2 * math.Pi / looks
		if m, _ := by(direction); m < least {
			best, least = direction, m
		}
	}
	best = lowest(best-2*math.Pi/looks, best+2*math.Pi/looks, 40, func(direction float64) float64 {
		m, _ := by(direction)
		return m
	})
	metres, at := by(best)
	_, azimuth = vincenty(lat1, lon1, at.Latitude, at.Longitude)
	return metres, azimuth
}

// lowest is where a function that falls and then rises between two places is least, by the golden section.
func lowest(low, high float64, rounds int, of func(float64) float64) float64 {
	const golden = 0.6180339887498949
	a, b := high-golden*(high-low), low+golden*(high-low)
	fa, fb := of(a), of(b)
	for range rounds {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - golden*(high-low)
			fa = of(a)
		} else {
			low, a, fa = a, b, fb
			b = low + golden*(high-low)
			fb = of(b)
		}
	}
	return (low + high) / 2
}
