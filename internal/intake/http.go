package intake

import (
	"context"
	"net/http"
	"strings"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/tracker"
	"github.com/yipii/yipii/internal/trail"
	"github.com/yipii/yipii/internal/web"
)

// Bounds of what a phone or a Traccar server sends at a time: hundreds of locations, fewer where anybody may send.
const (
	maxBody     = 512 << 10
	maxOpenBody = 128 << 10
)

// Routes declares the guarded routes.
func (s *Service) Routes(r *web.Router) {
	const tag, position = "Positions", web.AccountPrefix + "position"
	for _, by := range [...][2]string{{http.MethodGet, "send-osmand-query"}, {http.MethodPost, "send-osmand"}} {
		rt := web.Route{Method: by[0], Pattern: position + "/osmand", Access: writeAccess(), ID: by[1], Tag: tag,
			Summary: "Send a position by the OsmAnd protocol", Description: osmAndDescription, MaxBody: maxBody, Document: documentOsmAnd}
		r.Handle(rt, handler(s.ownOsmAnd))
	}
	r.Handle(web.Route{Method: http.MethodPost, Pattern: position + "/traccar", Access: writeAccess(), ID: "send-traccar", Tag: tag,
		Summary: "Send a position that a Traccar server forwards", Description: traccarDescription, MaxBody: maxBody, Document: documentTraccar}, handler(s.ownTraccar))
}

// OpenRoutes declares the routes of the port where phones send that can show no credential.
func (s *Service) OpenRoutes(r *web.Router) {
	for _, by := range [...][2]string{{http.MethodGet, "osmand-query"}, {http.MethodPost, "osmand"}} {
		r.Handle(web.Route{Method: by[0], Pattern: "/{$}", Access: web.Access{Public: true}, ID: by[1], Hidden: true, MaxBody: maxOpenBody}, handler(s.openOsmAnd))
	}
}

// handler answers what ingest says.
func handler(ingest func(*http.Request) (trail.Result, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, err := ingest(r)
		if err != nil {
			web.WriteError(w, r, err)
			return
		}
		web.WriteJSON(w, http.StatusOK, result)
	})
}

func senderOf(r *http.Request, protocol string) sender {
	return sender{protocol, web.RequestOf(r.Context()).ClientIP}
}

// openOsmAnd takes a request whose identity alone says whose it is.
func (s *Service) openOsmAnd(r *http.Request) (trail.Result, error) {
	reports, err := s.readOsmAnd(r)
	if err != nil {
		return trail.Result{}, err
	}
	return s.bring(r.Context(), senderOf(r, osmAnd), reports[0].Identity, reports)
}

func (s *Service) ownOsmAnd(r *http.Request) (trail.Result, error) {
	reports, err := s.readOsmAnd(r)
	if err != nil {
		return trail.Result{}, err
	}
	return s.storeOwn(r.Context(), senderOf(r, osmAnd), reports)
}

func (s *Service) ownTraccar(r *http.Request) (trail.Result, error) {
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return trail.Result{}, err
	}
	report, err := tracker.ReadTraccar(body)
	if err != nil {
		return trail.Result{}, s.malformed(traccar, err)
	}
	reports := []tracker.Report{report}
	s.dated(reports)
	return s.storeOwn(r.Context(), senderOf(r, traccar), reports)
}

// readOsmAnd reads the reports of one tracker; there is at least one.
func (s *Service) readOsmAnd(r *http.Request) ([]tracker.Report, error) {
	body, err := web.ReadBody(r.Body)
	if err != nil {
		return nil, err
	}
	reports, err := tracker.ReadOsmAnd(r.URL.RawQuery, body)
	if err != nil {
		return nil, s.malformed(osmAnd, err)
	}
	s.dated(reports)
	return reports, nil
}

// malformed is the fault of what can't be read. It says why: somebody is setting a device up.
func (s *Service) malformed(protocol string, err error) error {
	s.figures.refused(protocol, reasonUnreadable)
	why := strings.TrimPrefix(err.Error(), tracker.ErrUnreadable.Error()+": ")
	return fault.New(fault.Malformed, strings.ToUpper(why[:1])+why[1:]+".")
}

// dated gives reports without a time the present one, as the protocols mean it.
func (s *Service) dated(reports []tracker.Report) {
	for i := range reports {
		if reports[i].Undated {
			reports[i].Time = s.Now().UnixMilli()
		}
	}
}

// storeOwn stores the reports of a tracker of the account that the guarded request's path names. One that isn't there, or that
// the caller may not see, is NotFound, and counted as unknown.
func (s *Service) storeOwn(ctx context.Context, by sender, reports []tracker.Report) (trail.Result, error) {
	accountID, identity := bearer.AccountID(ctx), reports[0].Identity
	known, err := s.known(ctx, accountID, identity)
	if err != nil {
		return trail.Result{}, err
	}
	if !known {
		s.unknown(by, identity)
		return trail.Result{}, errUnknown()
	}
	return s.store(ctx, by, accountID, identity, reports)
}

// known reports whether the account has the tracker, as far as the caller sees.
func (s *Service) known(ctx context.Context, accountID int64, identity string) (bool, error) {
	if identity == "" || identity != printable(identity) {
		return false, nil
	}
	found, err := s.Fleet.Lookup(ctx, accountID, nil, []string{identity})
	_, known := found.Trackers[identity]
	return known, err
}
