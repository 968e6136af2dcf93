package document

import (
	"iter"
	"time"
)

// Document is what one report says. Numbers are metric throughout (kilometres, km/h, °C); a format shows them in Units.
type Document struct {
	Type     string   // the type of report, as the API names it: "mileage"
	Title    string   // as asked for, or the type's own
	Account  string   // the account's name
	Subjects []string // what it is about, by name: assets, a driver, a beacon; empty for the whole account
	From, To time.Time
	Zone     *time.Location // in which moments and days are shown
	Units    Units
	MadeAt   time.Time
	Figures  []Figure  // the key figures, most important first
	Sections []Section // in the order in which they are read
	Notes    []string  // sentences that a reader must know: "One position each 5 minutes of 2,592,000."
	Nothing  string    // a sentence where there is no data in the range; "" where there is
}

// Units are the units that distances and speeds are shown in.
type Units string

// The units that an account may set.
const (
	Kilometres Units = "km" // and km/h
	Miles      Units = "mi" // and mph
)

// Kind is what a value means: it rules how the value is shown, and its type.
type Kind string

// The kinds of values. A nil value is one that isn't known, of any kind.
const (
	Text        Kind = "text"        // string
	Count       Kind = "count"       // int64 (or int)
	Number      Kind = "number"      // float64, shown with two decimals
	Distance    Kind = "distance"    // float64, kilometres
	Speed       Kind = "speed"       // float64, km/h
	Duration    Kind = "duration"    // float64, seconds
	Moment      Kind = "moment"      // time.Time
	Day         Kind = "day"         // time.Time: midnight in the Document's Zone
	Degrees     Kind = "degrees"     // float64: latitude or longitude, shown with five decimals
	Heading     Kind = "heading"     // float64: 0 to 360 from north by east, shown without decimals
	Temperature Kind = "temperature" // float64, °C
	Percent     Kind = "percent"     // float64, 0 to 100
)

// Figure is a value that stands for itself.
type Figure struct {
	Key   string // snake_case, its name in JSON
	Label string // as people read it: "Distance"
	Kind  Kind
	Value any
}

// Section is a *Table, a *Chart or a *Map.
type Section interface{ section() }

// Table is rows of values.
type Table struct {
	Key     string // snake_case, its name in JSON
	Title   string
	Columns []Column
	// Rows yields the rows, in order, each as long as Columns. It may read them as it goes, can be gone through once for each
	// file that is written, and reuses nothing that it yielded. An error ends it.
	Rows iter.Seq2[[]any, error]
	// Nothing is shown in place of a table without rows.
	Nothing string
}

// Column is a column of a Table.
type Column struct {
	Key   string // snake_case, its name in JSON
	Label string
	Kind  Kind
	Total bool // its values add up: the table has a sum of them
}

// Chart is a bar or line chart of a few hundred points at most. Its values are numbers: Kind is no Text, Moment or Day.
type Chart struct {
	Key    string
	Title  string
	Kind   Kind     // of the values
	Lines  bool     // lines over a course, not bars over labels
	Labels []string // one for each point
	Series []Series
}

// Series is one line of a chart, or one of the bars at each label.
type Series struct {
	Label  string
	Values []float64 // as many as Labels; NaN for none
}

// Map is a drawing of where something was, on nothing but its own scale.
type Map struct {
	Key    string
	Title  string
	Lines  []Line
	Shapes []Shape
	Marks  []Mark
}

// Line is a way that was gone.
type Line struct {
	Label  string
	Points []Place
}

// Shape is an area: a geofence. Its rings are closed.
type Shape struct {
	Label string
	Rings [][]Place
}

// Mark is a place with a name.
type Mark struct {
	Label string
	Kind  MarkKind
	Place Place
}

// MarkKind is what happened at a place.
type MarkKind string

// The kinds of marks.
const (
	Start MarkKind = "start"
	End   MarkKind = "end"
	Stop  MarkKind = "stop"
	Event MarkKind = "event" // an alert, an entering, the top speed
)

// Place is in degrees, WGS 84.
type Place struct{ Latitude, Longitude float64 }

func (*Table) section() {}
func (*Chart) section() {}
func (*Map) section()   {}
