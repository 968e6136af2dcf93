package dashboard

import (
	"net/http"
	"time"

	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/geofence"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// liveMap is the page with the map of all assets.
type liveMap struct {
	frame
	Options string // for the script, as JSON
}

// Bounds of what a map shows.
const (
	maxMapAssets    = 20_000
	maxMapGeofences = 2_000
	mapTrail        = 24 * time.Hour
	pageOfMap       = 500 // read at a time
)

// serveMap shows the map. The script asks the routes below for what is on it.
func (s *Service) serveMap(w http.ResponseWriter, r *http.Request) error {
	page := liveMap{frame: s.frame(r, "map", "Map")}
	page.MoreStyles = []string{atlas.Path("maplibre-gl.css"), atlas.Path("live-map.css")}
	page.MoreScripts = []string{atlas.Path("live-page.js")}
	key := page.Caller.Account.Key
	options := atlas.Options{Tiles: s.MapTiles, Attribution: s.MapAttribution, Trail: true, Positions: page.in("map", "positions"),
		Trails: page.in("map", "trail") + "/{id}", AssetPage: page.in("asset") + "/{id}", FencesAt: page.in("map", "geofences")}
	// Who is limited to a part may only make geofences of that part, which the map has no field for.
	if page.may(bearer.Manager) && bearer.PartOf(r.Context(), bearer.AccountID(r.Context())) == nil {
		options.Save, options.Fence = page.in("map", "geofence"), page.in("map", "geofence")+"/{id}"
	}
	// The account's channel tells who is limited to a part of that part alone.
	if s.LiveKey != "" {
		options.Live = &atlas.Live{Key: s.LiveKey, Channel: "private-account." + key, AuthEndpoint: "/broadcasting/auth"}
	}
	var err error
	if page.Options, err = options.JSON(); err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", atlas.ContentSecurity(s.MapTiles))
	w.Header().Set("Referrer-Policy", atlas.Referrer(s.MapTiles))
	return s.show(w, r, http.StatusOK, liveMapPage(page))
}

// servePositions tells where all assets are that the caller sees.
func (s *Service) servePositions(w http.ResponseWriter, r *http.Request) error {
	all := struct {
		Assets []atlas.Asset `json:"assets"`
	}{Assets: []atlas.Asset{}}
	for page := 1; len(all.Assets) < maxMapAssets; page++ {
		list, _, err := s.Fleet.List(r.Context(), bearer.AccountID(r.Context()), fleet.Filter{}, web.PageInput{Page: page, PerPage: pageOfMap, Sort: "id"})
		if err != nil {
			return err
		}
		for _, a := range list {
			all.Assets = append(all.Assets, onMap(a))
		}
		if len(list) < pageOfMap {
			break
		}
	}
	web.WriteJSON(w, http.StatusOK, all)
	return nil
}

// onMap is an asset as the map's script reads it.
func onMap(a fleet.Asset) atlas.Asset {
	out := atlas.Asset{ID: a.ID, Name: a.Name, Status: a.Status}
	if p := a.Position; p != nil {
		out.Latitude, out.Longitude, out.Speed, out.Heading, out.Timestamp = &p.Latitude, &p.Longitude, p.Speed, p.Heading, &p.Timestamp
	}
	return out
}

// serveMapTrail tells where an asset was in the last 24 hours.
func (s *Service) serveMapTrail(w http.ResponseWriter, r *http.Request) error {
	id, err := fleet.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	asset, err := s.Fleet.Find(r.Context(), bearer.AccountID(r.Context()), id)
	if err != nil {
		return err
	}
	out := atlas.Trail{Points: []atlas.TrailPoint{}}
	now := s.Now()
	err = s.Trail.Between(r.Context(), asset.AccountID, asset.ID, now.Add(-mapTrail), now.Add(time.Minute), maxPoints, func(p *trail.Position) {
		out.Points = append(out.Points, atlas.TrailPoint{p.Time, p.Longitude, p.Latitude, known(p.Speed), known(p.Heading)})
	})
	if err != nil {
		return err
	}
	out.Truncated = len(out.Points) >= maxPoints
	web.WriteJSON(w, http.StatusOK, out)
	return nil
}

// known is a value, or nil where the tracker didn't report one.
func known(m trail.Maybe[float64]) any {
	if m.Known {
		return m.Value
	}
	return nil
}

// serveGeofences lists the geofences that are switched on and that the caller sees, as GeoJSON.
func (s *Service) serveGeofences(w http.ResponseWriter, r *http.Request) error {
	var all []geofence.Geofence
	for page := 1; len(all) < maxMapGeofences; page++ {
		list, _, err := s.Geofences.List(r.Context(), bearer.AccountID(r.Context()), geofence.Filter{Active: "true"}, web.PageInput{Page: page, PerPage: pageOfMap})
		if err != nil {
			return err
		}
		if all = append(all, list...); len(list) < pageOfMap {
			break
		}
	}
	web.WriteJSON(w, http.StatusOK, geofence.GeoJSON(all))
	return nil
}

// serveDrawGeofence makes a geofence of what was drawn, a GeoJSON feature, and answers with it as it is kept.
func (s *Service) serveDrawGeofence(w http.ResponseWriter, r *http.Request) error {
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return err
	}
	made, _, err := s.Geofences.Import(r.Context(), bearer.AccountID(r.Context()), body)
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusCreated, geofence.GeoJSON(made))
	return nil
}

// serveMapGeofence answers with a geofence that is about to be changed, as a GeoJSON collection of it, and its tag.
func (s *Service) serveMapGeofence(w http.ResponseWriter, r *http.Request) error {
	id, err := web.ParseID(r.PathValue("id"), "Geofence")
	if err != nil {
		return err
	}
	found, err := s.Geofences.Find(r.Context(), bearer.AccountID(r.Context()), id)
	return writeGeofence(w, found, err)
}

// serveReshapeGeofence changes the fields of a geofence that the map sends, unless others have changed it meanwhile.
func (s *Service) serveReshapeGeofence(w http.ResponseWriter, r *http.Request) error {
	id, err := web.ParseID(r.PathValue("id"), "Geofence")
	if err != nil {
		return err
	}
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return err
	}
	changed, err := s.Geofences.Revise(r.Context(), bearer.AccountID(r.Context()), id, body, web.Precondition{IfMatch: r.Header.Get("If-Match")})
	return writeGeofence(w, changed, err)
}

// serveDeleteGeofence deletes a geofence, unless others have changed it meanwhile.
func (s *Service) serveDeleteGeofence(w http.ResponseWriter, r *http.Request) error {
	id, err := web.ParseID(r.PathValue("id"), "Geofence")
	if err != nil {
		return err
	}
	if err := s.Geofences.Delete(r.Context(), bearer.AccountID(r.Context()), id, web.Precondition{IfMatch: r.Header.Get("If-Match")}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeGeofence(w http.ResponseWriter, g *geofence.Geofence, err error) error {
	if err != nil {
		return err
	}
	tag, err := web.LiveTag(g.Version, *g)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag)
	web.WriteJSON(w, http.StatusOK, geofence.GeoJSON([]geofence.Geofence{*g}))
	return nil
}

// asJSON answers the faults of a handler that a script calls as the API does.
func asJSON(fn handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := fn(w, r); err != nil {
			web.WriteError(w, r, err)
		}
		return nil
	}
}
