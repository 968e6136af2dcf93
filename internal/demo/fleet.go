package demo

import "time"

// Vehicle is one of the fleet. Only Fleet makes one that moves.
type Vehicle struct {
	Name         string
	Type         string
	Group        string
	Registration string
	VIN          string
	Tracker      string // an IMEI

	// Home is where the vehicle stands when it is not at work: a junction of the net of roads, and its place.
	Home                        string
	HomeLatitude, HomeLongitude float64

	*work
}

// work is what a vehicle does with its days. It is never changed once it is made.
type work struct {
	begins   float64            // hours after midnight at which its day begins, standing at home
	odometer float64            // km, at the beginning of its first day
	how      temper             // how it is driven
	stay     [2]float64         // the least and most seconds at a stop
	running  bool               // the engine runs on at stops
	cold     bool               // it has a cold store
	rounds   [][]string         // the stops of its rounds, from home to home
	week     [7][]shift         // by time.Weekday of the day's midnight
	paths    map[leg]*path      // every leg of every round
	before   [cycle + 1]float64 // metres driven before each day of the cycle, and in all of it
}

// shift is a stretch of a working day.
type shift struct {
	from, to float64 // hours after midnight
	rounds   int     // how many rounds are driven in it
}

// leg is a drive from one place to the next.
type leg struct{ from, to string }

// cycle is the number of days after which everything is driven again. A multiple of seven, so that weeks stay weeks.
const cycle = 8 * 7

// epoch is the beginning of the first day of a cycle: a Monday's midnight in Malta's winter time, which is used all
// year. Odometers read what their vehicles start with.
func epoch() time.Time { return time.Date(2025, time.January, 5, 23, 0, 0, 0, time.UTC) }

// Fleet answers the six vehicles, the same ones each time. It finds their ways through the net of roads, which takes
// some milliseconds: call it once and keep them. A vehicle may be used by several goroutines at once.
func Fleet() []Vehicle {
	vehicles := []Vehicle{cityVan(), nightVan(), lorry(), refrigerated(), car(), shuttle()}
	net := newNetwork()
	paths := map[leg]*path{}
	for i := range vehicles {
		v := &vehicles[i]
		home := net.place(v.Home)
		v.HomeLatitude, v.HomeLongitude = home.latitude, home.longitude
		v.paths = paths
		for _, stops := range v.rounds {
			for _, l := range v.legs(stops) {
				if paths[l] == nil {
					paths[l] = net.path(l.from, l.to)
				}
			}
		}
	}
	for i := range vehicles {
		vehicles[i].count()
	}
	return vehicles
}

// legs are the drives of a round.
func (v Vehicle) legs(stops []string) []leg {
	legs := make([]leg, 0, len(stops)+1)
	at := v.Home
	for _, stop := range stops {
		legs = append(legs, leg{at, stop})
		at = stop
	}
	return append(legs, leg{at, v.Home})
}

// count adds up the distances of the cycle's days.
func (v Vehicle) count() {
	for day := range cycle {
		metres := 0.0
		for _, rounds := range v.itinerary(day) {
			for _, stops := range rounds {
				for _, l := range v.legs(stops) {
					metres += v.paths[l].length()
				}
			}
		}
		v.before[day+1] = v.before[day] + metres
	}
}

// itinerary deals the rounds of a day of the cycle, by shift. No round comes twice before all have come once.
func (v Vehicle) itinerary(day int) [][][]string {
	d := roll(v.Tracker, int64(day))
	var deck [][]string
	shifts := v.shifts(day)
	dealt := make([][][]string, len(shifts))
	for i, s := range shifts {
		for range s.rounds {
			if len(deck) == 0 {
				deck = append(deck, v.rounds...)
			}
			card := d.below(len(deck))
			dealt[i] = append(dealt[i], deck[card])
			deck = append(deck[:card], deck[card+1:]...)
		}
	}
	return dealt
}

// shifts are the vehicle's working hours on a day of the cycle, which begins with a Monday.
func (v Vehicle) shifts(day int) []shift { return v.week[(day+int(time.Monday))%7] }

// week gives Monday to Friday the same shift, and its own to each day of the weekend.
func week(workday, saturday, sunday shift) [7][]shift {
	var days [7][]shift
	for day := time.Monday; day <= time.Friday; day++ {
		days[day] = []shift{workday}
	}
	days[time.Saturday], days[time.Sunday] = []shift{saturday}, []shift{sunday}
	return days
}

func cityVan() Vehicle {
	return Vehicle{
		Name: "City van", Type: "van", Group: "Deliveries", Registration: "LBX 204", VIN: "VF1DEMOVAN0000204",
		Tracker: "356307042441013", Home: "hamrun",
		work: &work{
			begins: 2, odometer: 48_000, how: temper{pace: 0.95, accelerate: 1.1, brake: 1.4}, stay: [2]float64{120, 480},
			rounds: [][]string{
				{"valletta", "sliema", "spinola", "san gwann"},
				{"birkirkara", "balzan", "lija", "attard"},
				{"msida", "gzira", "sliema", "balluta", "paceville"},
				{"qormi", "zebbug", "siggiewi", "luqa"},
				{"paola", "fgura", "zabbar", "bormla"},
				{"naxxar", "mosta", "attard", "fleur-de-lys"},
				{"floriana", "valletta", "paola", "tarxien", "zejtun"},
			},
			week: week(shift{6.75, 16.5, 4}, shift{7, 15.5, 4}, shift{7.5, 13, 3}),
		},
	}
}

func nightVan() Vehicle {
	return Vehicle{
		Name: "Night courier", Type: "van", Group: "Deliveries", Registration: "LCK 731", VIN: "VF1DEMOVAN0000731",
		Tracker: "356307042441385", Home: "luqa",
		work: &work{
			begins: 12, odometer: 73_500, how: temper{pace: 1, accelerate: 1.2, brake: 1.5}, stay: [2]float64{120, 360},
			rounds: [][]string{
				{"airport", "marsa", "mosta", "bugibba"},
				{"airport", "valletta", "sliema", "paceville"},
				{"airport", "birkirkara", "rabat", "zebbug"},
				{"airport", "mellieha", "st paul's bay", "naxxar"},
				{"freeport", "marsaxlokk", "zejtun", "marsaskala"},
			},
			week: week(shift{16, 32, 9}, shift{15, 32, 9}, shift{16, 32, 9}),
		},
	}
}

func lorry() Vehicle {
	return Vehicle{
		Name: "Container lorry", Type: "lorry", Group: "Freight", Registration: "GVP 118", VIN: "WDBDEMOLKW0000118",
		Tracker: "356307042441757", Home: "marsa",
		work: &work{
			begins: 2, odometer: 212_400, how: temper{pace: 0.8, accelerate: 0.6, brake: 1}, stay: [2]float64{720, 1500},
			rounds: [][]string{
				{"freeport", "qormi"}, {"freeport", "mriehel"}, {"freeport", "hal far"}, {"freeport", "mosta"},
				{"hal far", "zurrieq"},
			},
			week: week(shift{6, 16.5, 4}, shift{6.5, 12, 2}, shift{}),
		},
	}
}

func refrigerated() Vehicle {
	return Vehicle{
		Name: "Refrigerated truck", Type: "refrigerated truck", Group: "Freight", Registration: "KZD 562",
		VIN: "WDBDEMOKFZ0000562", Tracker: "356307042442128", Home: "pitkali",
		work: &work{
			begins: 2, odometer: 131_200, how: temper{pace: 0.85, accelerate: 0.8, brake: 1.1}, stay: [2]float64{360, 960},
			running: true, cold: true,
			rounds: [][]string{
				{"mosta", "bugibba", "qawra", "mellieha"},
				{"ghadira", "mellieha", "xemxija", "st paul's bay"},
				{"naxxar", "paceville", "spinola", "sliema"},
				{"rabat", "dingli", "mtarfa"},
				{"birkirkara", "hamrun", "valletta"},
				{"cirkewwa", "ghadira", "mgarr"},
			},
			week: week(shift{5, 14.5, 4}, shift{5.5, 15.5, 4}, shift{11.5, 18, 3}),
		},
	}
}

func car() Vehicle {
	return Vehicle{
		Name: "Sales car", Type: "car", Group: "Office", Registration: "MAB 390", VIN: "WVWDEMOPKW0000390",
		Tracker: "356307042442490", Home: "birkirkara",
		work: &work{
			begins: 3, odometer: 18_900, how: temper{pace: 1.06, accelerate: 1.5, brake: 1.7}, stay: [2]float64{600, 2100},
			rounds: [][]string{
				{"mater dei", "msida", "floriana"},
				{"pembroke", "qawra", "mosta"},
				{"marsaskala", "zejtun", "paola"},
				{"rabat", "mgarr", "bugibba"},
				{"airport", "birzebbuga", "marsaxlokk"},
				{"sliema", "gzira"},
			},
			week: week(shift{8, 19.5, 4}, shift{12, 18.5, 2}, shift{12.5, 18.5, 2}),
		},
	}
}

func shuttle() Vehicle {
	return Vehicle{
		Name: "Airport shuttle", Type: "minibus", Group: "Passengers", Registration: "MBS 077", VIN: "WF0DEMOBUS0000077",
		Tracker: "356307042442862", Home: "airport",
		work: &work{
			begins: 4, odometer: 61_300, how: temper{pace: 0.95, accelerate: 1, brake: 1.2}, stay: [2]float64{120, 300},
			rounds: [][]string{
				{"valletta", "sliema", "spinola"}, {"paceville", "pembroke"}, {"bugibba", "qawra"}, {"mellieha", "bugibba"},
				{"floriana", "valletta"}, {"cirkewwa"}, {"sliema", "balluta", "paceville"},
			},
			week: week(shift{4.05, 28, 16}, shift{4.05, 28, 16}, shift{4.05, 28, 16}),
		},
	}
}
