package trail

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/web"
)

// Routes declares the room's routes.
func (s *Service) Routes(r *web.Router) {
	read := web.Access{Scope: "read:positions", Role: "viewer"}
	write := web.Access{Scope: "write:positions", Role: "manager"}
	const one, tag = web.AccountPrefix + "asset/{id}", "Positions"

	r.Handle(web.Route{Method: http.MethodPost, Pattern: web.AccountPrefix + "position", Access: write, ID: "ingest-positions", Tag: tag,
		Summary: "Send positions", Description: ingestDescription, MaxBody: maxBody, Document: documentIngest}, http.HandlerFunc(s.serveIngest))
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one + "/position", Access: read, ID: "get-last-position", Tag: tag,
		Summary: "Read an asset's last position", Description: "The newest position; 404 if the asset has never reported.", Document: fleet.DocumentID}, s.serveLast)
	r.Handle(web.Route{Method: http.MethodGet, Pattern: one + "/trail", Access: read, ID: "get-trail", Tag: tag,
		Summary: "Read an asset's trail", Description: trailDescription, Document: documentTrail}, http.HandlerFunc(s.serveTrail))
	s.settingRoutes(r)
	s.changedRoute(r)
	s.quarantineRoutes(r)
}

type lastInput struct {
	ID string `path:"id"`
}

type lastOutput struct {
	Body web.Record[fleet.Position]
}

func (s *Service) serveLast(ctx context.Context, in *lastInput) (*lastOutput, error) {
	id, err := fleet.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	accountID := bearer.AccountID(ctx)
	if _, err := s.fleet.Name(ctx, accountID, id); err != nil {
		return nil, err
	}
	fixes, err := s.store.Last(ctx, accountID, []int64{id})
	if err != nil {
		return nil, err
	}
	last := fixes[id].Position
	if last == nil {
		return nil, fault.Missing("Position")
	}
	return &lastOutput{Body: web.Record[fleet.Position]{Data: *last}}, nil
}

// Limits of a trail's page, and the time that it covers when no from is given.
const (
	defaultLimit = 1000
	maxLimit     = 10_000
	defaultSpan  = 24 * time.Hour
)

// question is what a caller wants to know of an asset's trail: positions from from until before to.
type question struct {
	from, to int64 // Unix milliseconds
	start    int64 // where this page begins: from, or after the cursor
	limit    int
	format   string // json, geojson, gpx or polyline

	simplified bool // then there is one page
	tolerance  float64
	maxPoints  int // 0 for as many as the tolerance asks for
}

func (s *Service) serveTrail(w http.ResponseWriter, r *http.Request) {
	if err := s.writeTrail(w, r); err != nil {
		web.WriteError(w, r, err)
	}
}

func (s *Service) writeTrail(w http.ResponseWriter, r *http.Request) error {
	id, err := fleet.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	q, err := parseQuestion(r.URL.RawQuery, s.store.now())
	if err != nil {
		return err
	}
	name, err := s.fleet.Name(r.Context(), bearer.AccountID(r.Context()), id)
	if err != nil {
		return err
	}
	buffer := s.buffers.Get().(*[]byte)
	defer s.release(buffer)
	var page format
	contentType := "application/json"
	switch q.format {
	case "geojson":
		page, contentType = newGeoPage(id), "application/geo+json"
	case "gpx":
		page, contentType = newGPXPage(name), "application/gpx+xml"
	case "polyline":
		page = &polylinePage{}
	default:
		page = newJSONPage(*buffer)
	}
	rest, err := s.page(r.Context(), bearer.AccountID(r.Context()), id, q, page)
	if err != nil {
		return err
	}
	body := page.finish(rest)
	if json, ok := page.(*jsonPage); ok {
		*buffer = json.b // it may have grown
	}
	if rest.cursor != "" {
		w.Header().Set("Link", "<"+s.nextURL(r, id, q, rest.cursor)+`>; rel="next"`)
	}
	web.WriteBytes(w, http.StatusOK, contentType, body)
	return nil
}

// page adds a page of the trail to out and returns what there is to say of what isn't on it.
func (s *Service) page(ctx context.Context, accountID, assetID int64, q question, out format) (rest, error) {
	if q.simplified {
		return s.simplify(ctx, accountID, assetID, q, out)
	}
	count, last := 0, int64(0)
	err := s.store.between(ctx, accountID, assetID, q.start, q.to, q.limit+1, func(p *Position) { // one more tells whether there is a next
		if count++; count <= q.limit {
			last = p.Time
			out.add(p)
		}
	})
	if err != nil || count <= q.limit {
		return rest{}, err
	}
	return rest{cursor: cursorAfter(last)}, nil
}

// nextURL is the absolute URL of the next page. It names both ends of the time, so that they don't move with the clock.
func (s *Service) nextURL(r *http.Request, id int64, q question, cursor string) string {
	query := url.Values{
		"from": {string(appendTime(nil, q.from))}, "to": {string(appendTime(nil, q.to))},
		"limit": {strconv.Itoa(q.limit)}, "format": {q.format}, "cursor": {cursor},
	}
	return fmt.Sprintf("%s/api/%s/asset/%d/trail?%s", s.baseURL, url.PathEscape(r.PathValue("account_key")), id, query.Encode())
}

// parseQuestion reads the query of a trail. Names it doesn't know, repeated ones and wrong values are Invalid, all at once.
func parseQuestion(rawQuery string, now time.Time) (question, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return question{}, fault.InvalidField("query", "The query string can't be read.")
	}
	p := parameters{values: values}
	p.only("from", "to", "limit", "cursor", "format", "tolerance", "max_points")
	q := question{limit: defaultLimit, format: "json", to: now.UnixMilli()}
	if text, ok := p.get("to"); ok {
		q.to = p.time("to", text)
	}
	q.from = q.to - defaultSpan.Milliseconds()
	if text, ok := p.get("from"); ok {
		q.from = p.time("from", text)
	}
	q.start = q.from
	if text, ok := p.get("limit"); ok {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > maxLimit {
			p.refuse("limit", fmt.Sprintf("The limit field must be a whole number from 1 to %d.", maxLimit))
		}
	}
	if text, ok := p.get("format"); ok {
		if q.format = text; text != "json" && text != "geojson" && text != "gpx" && text != "polyline" {
			p.refuse("format", "The format field must be json, geojson, gpx or polyline.")
		}
	}
	if text, ok := p.get("cursor"); ok {
		last, good := timeOfCursor(text)
		if !good {
			p.refuse("cursor", "The cursor field must be a next_cursor that a page of this trail gave.")
		}
		q.start = max(q.from, last+1)
	}
	p.simplification(&q)
	if len(p.wrong) == 0 && q.to < q.from {
		p.refuse("to", "The to field must not be before from.")
	}
	return q, fault.InvalidFields(p.wrong)
}

// parameters are a query's, and what was found wrong with them.
type parameters struct {
	values url.Values
	wrong  []fault.Field
}

func (p *parameters) refuse(name, message string) {
	p.wrong = append(p.wrong, fault.Field{Name: name, Message: message})
}

// only refuses every name but those listed, and those that are given twice.
func (p *parameters) only(names ...string) {
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
		if len(p.values[name]) > 1 {
			p.refuse(name, "The "+name+" field is given twice.")
		}
	}
	for _, name := range sortedKeys(p.values) {
		if !known[name] {
			p.refuse(shorten(name), fmt.Sprintf("The field %q is unknown.", shorten(name)))
		}
	}
}

func (p *parameters) get(name string) (string, bool) {
	values := p.values[name]
	return p.values.Get(name), len(values) == 1
}

// time reads an RFC 3339 time and returns its Unix milliseconds.
func (p *parameters) time(name, text string) int64 {
	t, ok := parseTime([]byte(text))
	if !ok {
		p.refuse(name, notATime(name)+" In a URL a plus sign is written %2B.")
		return 0
	}
	// Rounded up, so that a bound between two milliseconds parts them where it should.
	return t.Add(time.Millisecond - 1).UnixMilli()
}

// A cursor is the time of the last position of a page, so that it stays good whatever is stored or deleted meanwhile.

func cursorAfter(ms int64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(ms)))
}

// timeOfCursor reads a cursor. Only a time that a position can have is one.
func timeOfCursor(cursor string) (int64, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) != 8 {
		return 0, false
	}
	ms := int64(binary.BigEndian.Uint64(raw))
	return ms, ms >= earliest && ms < latestCursor
}

// latestCursor is the end of the year 9999, past which RFC 3339 can't write a time.
const latestCursor = 253_402_300_800_000
