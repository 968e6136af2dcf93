package trail

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Largest body, as it comes and after it is unpacked: 10,000 positions with many sensors fit into either.
const (
	maxBody     = 8 << 20
	maxUnpacked = 32 << 20
)

func (s *Service) serveIngest(w http.ResponseWriter, r *http.Request) {
	result, err := s.ingestBody(r)
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	web.WriteJSON(w, http.StatusOK, result)
}

// ingestBody stores what a request brings. If that is one object and it is wrong, the error is an Invalid fault by
// field; of several, each wrong one is told in the result.
func (s *Service) ingestBody(r *http.Request) (Result, error) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.release(buffer)
	if err := readBody(r, buffer); err != nil {
		return Result{}, err
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	b, err := decode(*buffer, mediaType == "application/x-ndjson" || mediaType == "application/ndjson")
	if err != nil {
		return Result{}, err
	}
	result, err := s.Ingest(r.Context(), bearer.AccountID(r.Context()), b.positions)
	if err != nil {
		return Result{}, err
	}
	result.Rejected = b.allRejected(result.Rejected)
	if b.single && len(result.Rejected) == 1 {
		return Result{}, fault.InvalidField(result.Rejected[0].field, result.Rejected[0].Message)
	}
	return result, nil
}

// allRejected joins what Ingest rejected, by the index of a position, with what was no position to begin with.
func (b *batch) allRejected(ingested []Rejection) []Rejection {
	for i := range ingested {
		ingested[i].Index = b.items[ingested[i].Index]
	}
	all := append(ingested, b.rejected...)
	slices.SortFunc(all, func(x, y Rejection) int { return x.Index - y.Index })
	return all
}

// readBody reads the body into buffer, unpacked.
func readBody(r *http.Request, buffer *[]byte) error {
	body := bytes.NewBuffer((*buffer)[:0])
	if n := r.ContentLength; n > 0 && n <= maxBody {
		body.Grow(int(n) + bytes.MinRead) // room to see the end without growing once more
	}
	defer func() { *buffer = body.Bytes() }()
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		_, err := body.ReadFrom(r.Body)
		return web.BodyFault(err)
	case "gzip", "x-gzip":
		return unpack(r.Body, body)
	default:
		return fault.New(fault.Malformed, "The content encoding is not supported. Use gzip, or none.")
	}
}

// unpack reads gzip and stops at maxUnpacked bytes, however few they came from.
func unpack(packed io.Reader, body *bytes.Buffer) error {
	unpacked, err := gzip.NewReader(packed)
	if err == nil {
		_, err = body.ReadFrom(io.LimitReader(unpacked, maxUnpacked+1))
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return web.BodyFault(err)
	case err != nil:
		return fault.Wrap(fault.Malformed, "The request body is not valid gzip.", err)
	case body.Len() > maxUnpacked:
		return fault.New(fault.TooLarge, "The request body is too large once it is unpacked.")
	}
	return nil
}
