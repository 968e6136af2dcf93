package atlas

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"
)

// Asset is one marker of a map, as the script reads it. What isn't known is nil.
type Asset struct {
	ID        int64      `json:"asset_id"`
	Name      string     `json:"name"`
	Status    string     `json:"status"` // as the API writes it
	Latitude  *float64   `json:"latitude"`
	Longitude *float64   `json:"longitude"`
	Speed     *float64   `json:"speed"`   // km/h
	Heading   *float64   `json:"heading"` // degrees clockwise from north
	Timestamp *time.Time `json:"timestamp"`
}

// Live says how the page hears of new positions, in the words of pusher-js. The browser connects to the host that the
// page came from.
type Live struct {
	Key          string            `json:"key"`                    // of the application
	Channel      string            `json:"channel"`                // such as "private-account.acme"
	AuthEndpoint string            `json:"authEndpoint,omitempty"` // for a private channel
	Headers      map[string]string `json:"headers,omitempty"`      // that the authorization is asked for with
	EventName    string            `json:"eventName,omitempty"`    // ".location.updated" if left out
}

// Options are what a page says to the script. An address with {id} in it is one of an asset.
type Options struct {
	Tiles       string          `json:"tiles"`                 // where images of the map are, with {z}, {x} and {y}; "" for the outline of the world
	Attribution string          `json:"attribution,omitempty"` // who made the tiles, as text
	Assets      []Asset         `json:"assets,omitempty"`
	Live        *Live           `json:"live,omitempty"`        // nil for a page that isn't told
	Positions   string          `json:"positions,omitempty"`   // the address of {"assets": [...]}, asked again now and then
	Trails      string          `json:"trails,omitempty"`      // the address of an asset's Trail
	AssetPage   string          `json:"assetPage,omitempty"`   // the page of an asset
	Trail       bool            `json:"trail,omitempty"`       // draw behind an asset the way that it goes while the page is open
	Geofences   json.RawMessage `json:"geofences,omitempty"`   // a GeoJSON FeatureCollection, circles as points with a radius
	FencesAt    string          `json:"geofencesAt,omitempty"` // the address of such a collection, in place of Geofences
	Save        string          `json:"save,omitempty"`        // where a drawn geofence is posted to as a GeoJSON Feature; "" for who may not
	Fence       string          `json:"fence,omitempty"`       // where a geofence with an {id} is read, patched and deleted, with its tag; "" for who may not
	Follow      bool            `json:"follow,omitempty"`      // the page is about its one asset: its card is open, and the map goes along with it
	Theme       string          `json:"theme,omitempty"`       // "light" or "dark"; "" for what the browser prefers
	ListTitle   string          `json:"listTitle,omitempty"`   // what the list beside the map is called; "Assets" if left out
}

// Trail is where an asset was, in order of time.
type Trail struct {
	Points    []TrailPoint `json:"points"`
	Truncated bool         `json:"truncated"` // there were more
}

// TrailPoint is a moment in milliseconds since 1970, longitude, latitude, speed in km/h and heading; what isn't known is nil.
type TrailPoint [5]any

// JSON is the options as the script reads them, for the attribute data-live-map.
func (o Options) JSON() (string, error) {
	text, err := json.Marshal(o)
	return string(text), err
}

// PageOptions describe a page that is nothing but a map.
type PageOptions struct {
	Title   string
	Options Options
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<link rel="stylesheet" href="{{.Library}}">
<link rel="stylesheet" href="{{.Style}}">
<script type="module" src="{{.Script}}"></script>
</head>
<body class="live-map-page">
<main>
<h1>{{.Title}}</h1>
<div data-live-map="{{.Options}}"><noscript><p>The map needs JavaScript.</p></noscript></div>
</main>
</body>
</html>
`))

// Page writes a page that shows a map in the whole window, without navigation. Its answer is to carry
// [ContentSecurity] of the same tiles.
func Page(w io.Writer, p PageOptions) error {
	options, err := p.Options.JSON()
	if err != nil {
		return fmt.Errorf("write the options of a map: %w", err)
	}
	return page.Execute(w, struct{ Title, Options, Library, Style, Script string }{
		p.Title, options, Path("maplibre-gl.css"), Path("live-map.css"), Path("live-page.js")})
}

// ContentSecurity is the Content-Security-Policy of a page with a map: it lets the page ask this server, and the host of
// the tiles for images. 'self' covers the WebSocket of the same host; MapLibre's worker is a file of this server.
func ContentSecurity(tiles string) string {
	host := ""
	if u, err := url.Parse(plainTiles(tiles)); tiles != "" && err == nil {
		host = " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:" + host +
		"; connect-src 'self'" + host + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// Referrer is the Referrer-Policy of a page with a map: the hosts of tiles, OpenStreetMap's among them, refuse who doesn't
// say which site asks. They learn its name and no path.
func Referrer(tiles string) string {
	if tiles == "" {
		return "no-referrer"
	}
	return "strict-origin"
}

// plainTiles is an address of tiles with numbers in place of the variables, which a URL can't hold.
func plainTiles(tiles string) string {
	return strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0").Replace(tiles)
}

// CheckTiles refuses an address of tiles that a map can't be drawn from, or that would tell others than its host where
// somebody looks.
func CheckTiles(tiles string) error {
	u, err := url.Parse(plainTiles(tiles))
	for _, variable := range []string{"{z}", "{x}", "{y}"} {
		if !strings.Contains(tiles, variable) {
			err = fmt.Errorf("it lacks %s", variable)
		}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(tiles, "https://"), "/")
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(host, ";, '\"*{}") {
		return fmt.Errorf("%q is not an https address with {z}, {x} and {y}", tiles)
	}
	return nil
}
