package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// geodesics are ways on WGS 84 as C. F. F. Karney publishes them with GeographicLib (geodtest, "testcases" and "GeodSolve"): from, azimuth at the
// beginning, to, metres, and how far off in metres the publication may be by rounding. An azimuth of NaN is not told.
func geodesics() [][7]float64 {
	none := math.NaN()
	return [][7]float64{
		{35.60777, -139.44815, 111.098748429560326, -11.17491, -69.95921, 8935244.5604818305, 0},
		{55.52454, 106.05087, 22.020059880982801, 77.03196, 197.18234, 4105086.1713924406, 0},
		{-21.97856, 142.59065, -32.44456876433189, 41.84138, 98.56635, 8394328.894657671, 0},
		{-66.99028, 112.2363, 173.73491240878403, -12.70631, 285.90344, 11150344.2312080241, 0},
		{-17.42761, 173.34268, -159.033557661192928, -15.84784, 5.93557, 16076603.1631180673, 0},
		{32.84994, 48.28919, 150.492927788121982, -56.28556, 202.29132, 16727068.9438164461, 0},
		{6.96833, 52.74123, 92.581585386317712, -7.39675, 206.17291, 17102477.2496958388, 0},
		{-50.56724, -16.30485, -105.439679907590164, -33.56571, -94.97412, 6455670.5118668696, 0},
		{-58.93002, -8.90775, 140.965397902500679, -8.91104, 133.13503, 11756066.0219864627, 0},
		{-68.82867, -74.28391, 93.774347763114881, -50.63005, -8.36685, 3956936.926063544, 0},
		{-10.62672, -32.0898, -86.426713286747751, 5.883, -134.31681, 11470869.3864563009, 0},
		{-21.76221, 166.90563, 29.319421206936428, 48.72884, 213.97627, 9098627.3986554915, 0},
		{-19.79938, -174.47484, 71.167275780171533, -11.99349, -154.35109, 2319004.8601169389, 0},
		{-11.95887, -116.94513, 92.712619830452549, 4.57352, 7.16501, 13834722.5801401374, 0},
		{-87.85331, 85.66836, -65.120313040242748, 66.48646, 16.09921, 17286615.3147144645, 0},
		{1.74708, 128.32011, -101.584843631173858, -11.16617, 11.87109, 12942901.1241347408, 0},
		{-25.72959, -144.90758, -153.647468693117198, -57.70581, -269.17879, 9413446.7452453107, 0},
		{-41.22777, 122.32875, 14.285113402275739, -7.57291, 130.37946, 3812686.035106021, 0},
		{11.01307, 138.25278, 79.43682622782374, 6.62726, 247.05981, 11911190.819018408, 0},
		{-29.47124, 95.14681, -163.779130441688382, -27.46601, -69.15955, 13487015.8381145492, 0},
		{40.6, -73.8, 53.47022, 49.01666667, 2.55, 5853226, 0.5},
		{36.493349428792, 0, none, 36.49334942879201, .0000008, 0.072, 0.0005},
		{88.202499451857, 0, none, -88.202499451857, 179.981022032992859592, 20003898.214, 0.0005},
		{89.262080389218, 0, none, -89.262080389218, 179.992207982775375662, 20003925.854, 0.0005},
		{56.320923501171, 0, none, -56.320923501171, 179.664747671772880215, 19993558.287, 0.0005},
		{52.784459512564, 0, none, -52.784459512563990912, 179.634407464943777557, 19991596.095, 0.0005},
		{48.522876735459, 0, none, -48.52287673545898293, 179.599720456223079643, 19989144.774, 0.0005},
		{0, 0, 90, 0, 179, 19926189, 0.5},
		{0, 0, none, 0, 179.5, 19980862, 0.5},
		{0, 0, none, 0, 180, 20003931, 0.5},
		{0, 0, none, 1, 180, 19893357, 0.5},
	}
}

func TestDistanceOfPublishedGeodesics(t *testing.T) {
	for _, g := range geodesics() {
		metres := 1000 * Distance(g[0], g[1], g[3], g[4])
		if off := math.Abs(metres - g[5]); off > 0.001+g[6] {
			t.Errorf("from %v, %v to %v, %v: %.6f m, published %.6f", g[0], g[1], g[3], g[4], metres, g[5])
		}
		if back := 1000 * Distance(g[3], g[4], g[0], g[1]); math.Abs(back-metres) > 0.001 {
			t.Errorf("%v: there %.6f m, back %.6f", g, metres, back)
		}
		bearing := Bearing(g[0], g[1], g[3], g[4])
		if off := math.Abs(math.Remainder(bearing-g[2], 360)); off > 1e-4 { // near the antipode many directions lead there
			t.Errorf("from %v, %v to %v, %v: bearing %.7f, published %.7f", g[0], g[1], g[3], g[4], bearing, g[2])
		}
	}
}

// Near places are measured another way. It must be the same distance, wherever on the globe.
func TestShortWaysAreAsLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := rapid.Float64Range(-89.9999, 89.9999).Draw(t, "latitude")
		lon := rapid.Float64Range(-180, 180).Draw(t, "longitude")
		lat2 := max(-90, min(90, lat+rapid.Float64Range(-0.6, 0.6).Draw(t, "north")))
		lon2 := lon + rapid.Float64Range(-0.6, 0.6).Draw(t, "east")/math.Cos(lat*radian)
		metres, near := short(lat, lon, lat2, lon2)
		want, azimuth := vincenty(lat, lon, lat2, lon2)
		if near != (want < shortest) && math.Abs(want-shortest) > 100 {
			t.Fatalf("near: %v at %v m", near, want)
		}
		if near && math.Abs(metres-want) > 0.01 {
			t.Fatalf("%v m, by Vincenty %v", metres, want)
		}
		off := math.Remainder(Bearing(lat, lon, lat2, lon2)-azimuth/radian, 360)
		if near && want > 1 && math.Abs(off) > 0.001 {
			t.Fatalf("bearing off by %v at %v m", off, want)
		}
	})
}

func TestBearing(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to Point
		want     float64
	}{
		{"nowhere", Point{52, 13}, Point{52, 13}, 0},
		{"north", Point{52, 13}, Point{52.1, 13}, 0},
		{"east", Point{0, 13}, Point{0, 13.1}, 90},
		{"south", Point{52, 13}, Point{51.9, 13}, 180},
		{"west", Point{0, 13}, Point{0, 12.9}, 270},
		{"east across the 180th meridian", Point{0, 179.95}, Point{0, -179.95}, 90},
		{"over the pole", Point{89.99, 0}, Point{89.99, 180}, 0},
	} {
		got := Bearing(c.from.Latitude, c.from.Longitude, c.to.Latitude, c.to.Longitude)
		if math.Abs(math.Remainder(got-c.want, 360)) > 1e-9 || got < 0 || got >= 360 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	for b.Loop() {
		Distance(52.52, 13.405, 52.53, 13.41)
	}
}
