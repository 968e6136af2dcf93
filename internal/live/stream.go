package live

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// stream is a reader of Server-Sent Events.
type stream struct {
	service *Service
	outbox  outbox
	wake    chan struct{}
	over    chan struct{}
}

// quiet is how long a stream says nothing before it says that it is there.
const quiet = 15 * time.Second

const streamDescription = `What happens in the account, as it happens, as Server-Sent Events: ` + "`location.updated`" + ` with one position or an array of them, and
` + "`alert.triggered`" + `. It begins with the newest position of each asset. After a break, send the last event's id as ` + "`Last-Event-ID`" + `
(browsers do it by themselves): it begins with the newest position of each asset that moved since, and some may come twice.`

func (s *Service) streamRoutes(r *web.Router) {
	r.Handle(web.Route{Method: http.MethodGet, Pattern: web.AccountPrefix + "live", Access: web.Access{Scope: "read:positions", Role: "viewer"},
		ID: "follow-account", Tag: "Live tracking", Summary: "Follow an account", Description: streamDescription, Stream: true,
		Document: func(op *huma.Operation, _ huma.Registry) {
			text := &huma.Schema{Type: huma.TypeString}
			op.Parameters = append(op.Parameters, &huma.Param{Name: "Last-Event-ID", In: "header", Description: "Where an earlier stream ended.", Schema: text})
			op.Responses["200"] = &huma.Response{Description: "The events, until either side ends them.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: text}}}
		}}, http.HandlerFunc(s.serveStream))
}

func (s *Service) serveStream(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	h, err := s.holderOf(r)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	account := bearer.PrincipalOf(ctx).Account
	at := address{kind: ofAccount, text: account.Key}
	may, err := s.right(ctx, h, at)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	h.expires = may.expires
	st := &stream{service: s, wake: make(chan struct{}, 1), over: make(chan struct{})}
	if err := s.openStream(st); err != nil {
		web.WriteError(w, r, err)
		return
	}
	defer s.closeStream(st)
	sub := s.subscribe(ctx, st, prefixes[ofAccount]+account.Key, at, h, may, true, nil)
	defer s.unsubscribe(sub)
	if err := s.catchUp(ctx, sub, r.Header.Get("Last-Event-ID")); err != nil {
		web.WriteError(w, r, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	st.run(w, r)
}

func (s *Service) openStream(st *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.opt.Most > 0 && s.open.Load() >= int64(s.opt.Most) {
		f := fault.New(fault.Unavailable, "This server has as many connections as it takes.")
		f.RetryAfter = 5 * time.Second
		return f
	}
	s.open.Add(1)
	s.streams[st] = struct{}{}
	return nil
}

func (s *Service) closeStream(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.Add(-1)
	delete(s.streams, st)
	st.outbox.close()
}

// run writes events until the client goes, the credential ends or the server does.
func (st *stream) run(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	tick := time.NewTicker(quiet)
	defer tick.Stop()
	write := func(b []byte) bool {
		_ = control.SetWriteDeadline(time.Now().Add(stuckTimeout))
		_, err := w.Write(b)
		return err == nil && control.Flush() == nil
	}
	if !write([]byte("retry: 2000\n\n")) {
		return
	}
	for {
		for f := st.outbox.next(); f != nil; f = st.outbox.next() {
			if !write(f.streamed()) {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-st.over:
			return
		case <-st.wake:
		case <-tick.C:
			if !write([]byte(": here\n\n")) {
				return
			}
		}
	}
}

// streamed is the frame as a Server-Sent Event. Data is JSON and has no line breaks.
func (f *frame) streamed() []byte {
	b := fmt.Appendf(nil, "event: %s\n", strings.TrimPrefix(f.event, "."))
	if f.cursor != "" {
		b = fmt.Appendf(b, "id: %s\n", f.cursor)
	}
	return append(append(append(b, "data: "...), f.data...), "\n\n"...)
}

// offer implements reader.
func (st *stream) offer(f *frame, sub *subscription) {
	if _, tooSlow := st.outbox.offer(f, sub, st.service.opt.Now()); tooSlow {
		st.end(errSlow)
		return
	}
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

var errSlow = fault.New(fault.TooMany, "The stream is read too slowly.")

// end implements reader.
func (st *stream) end(error) {
	st.outbox.mu.Lock()
	defer st.outbox.mu.Unlock()
	select {
	case <-st.over:
	default:
		close(st.over)
	}
}
