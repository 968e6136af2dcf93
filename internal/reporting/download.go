package reporting

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// notReady is the fault of a report whose file is asked for before there is one.
func notReady(r *Report) error {
	if r.Status == Failed {
		return fault.New(fault.Conflict, "The report failed: there is no file.")
	}
	return fault.New(fault.Conflict, "The report is not completed yet.")
}

func (s *Service) serveDownload(w http.ResponseWriter, req *http.Request) {
	r, err := s.reach(req.Context(), req.PathValue("id"))
	if err != nil {
		web.WriteError(w, req, err)
		return
	}
	s.ServeFile(w, req, r, true)
}

// ServeFile answers with a report's file, or the parts of it that were asked for. save has browsers store it.
func (s *Service) ServeFile(w http.ResponseWriter, req *http.Request, r *Report, save bool) {
	if r.Status != Completed {
		web.WriteError(w, req, notReady(r))
		return
	}
	file := s.open(req.Context(), r)
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", document.Format(r.Format).ContentType())
	h.Set("ETag", `"`+r.row.digest[:32]+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'") // a page of ours, but as if it weren't
	disposition := "inline"
	if save {
		disposition = "attachment"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": r.FileName()}))
	http.ServeContent(&refusals{ResponseWriter: w}, req, "", *r.EndedAt, file)
}

// refusals writes what http.ServeContent refuses as the API does: as JSON.
type refusals struct {
	http.ResponseWriter
	wrote bool
}

// Unwrap is for http.ResponseController.
func (w *refusals) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *refusals) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.wrote = true
	message := "The file has no such part."
	if status == http.StatusPreconditionFailed {
		message = "The file is another one than the request expects."
	}
	for _, name := range []string{"Content-Disposition", "Content-Security-Policy", "Content-Length"} { // of the file
		w.Header().Del(name)
	}
	web.WriteJSON(w.ResponseWriter, status, web.Problem{Message: message})
}

// Write implements http.ResponseWriter. The words of a refusal are left out.
func (w *refusals) Write(b []byte) (int, error) {
	if w.wrote {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// FileName is a name for the report's file: "mileage-acme-logistics-2026-05-01-2026-05-31.pdf", or by its title.
func (r *Report) FileName() string {
	f := &r.row.request
	zone := zoneOf(f.Zone)
	name := f.Title
	if name == "" {
		name = f.Type + " " + r.AccountName
	}
	first, last := moment(f.From).In(zone), moment(f.To-1).In(zone)
	name += " " + first.Format("2006-01-02")
	if last.Format("2006-01-02") != first.Format("2006-01-02") {
		name += " " + last.Format("2006-01-02")
	}
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(name) {
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(c)
		default:
			gap = true
		}
	}
	return b.String() + "." + document.Format(r.Format).Extension()
}

// Link makes a link that downloads a report without a credential for a while. It holds no secret: its signature is a MAC over the
// report and the link's end.
func (s *Service) Link(id string, lasts time.Duration) ReportLink {
	end := s.moment().Add(lasts).Truncate(time.Second)
	return ReportLink{ExpiresAt: end, URL: fmt.Sprintf("%s%s/%s/file?expires=%d&signature=%s", s.opt.BaseURL, prefix, id, end.Unix(), s.signature(id, end.Unix()))}
}

func (s *Service) signature(id string, end int64) string {
	h := hmac.New(sha256.New, s.linkKey[:])
	fmt.Fprintf(h, "%s %d", id, end)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// errLink is said of every link that isn't good, whatever is wrong with it.
var errLink = fault.New(fault.NotFound, "The link has expired, or its report was deleted.")

func (s *Service) serveLinked(w http.ResponseWriter, req *http.Request) {
	r, err := s.linked(req)
	if err != nil {
		web.WriteError(w, req, err)
		return
	}
	s.ServeFile(w, req, r, true)
}

func (s *Service) linked(req *http.Request) (*Report, error) {
	id, query := req.PathValue("id"), req.URL.Query()
	end, err := strconv.ParseInt(query.Get("expires"), 10, 64)
	if err != nil || !hmac.Equal([]byte(query.Get("signature")), []byte(s.signature(id, end))) || s.opt.Now().Unix() >= end {
		return nil, errLink
	}
	accountID, err := s.store.accountOf(req.Context(), id)
	if err == nil {
		var r *Report
		if r, err = s.store.find(req.Context(), accountID, id, nil); err == nil {
			s.show(r)
			return r, nil
		}
	}
	if fault.Is(err, fault.NotFound) {
		err = errLink
	}
	return nil, err
}

func describeFile(op *huma.Operation, _ huma.Registry) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "The report's id.", Schema: &huma.Schema{Type: "string"}})
	file := map[string]*huma.MediaType{}
	for _, f := range []document.Format{document.JSON, document.PDF, document.Excel, document.HTML} {
		kind, _, _ := strings.Cut(f.ContentType(), ";")
		file[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
		if f == document.JSON {
			file[kind].Schema = &huma.Schema{Type: "object", AdditionalProperties: true}
		}
	}
	op.Responses["200"] = &huma.Response{Description: "The whole file.", Content: file}
	op.Responses["206"] = &huma.Response{Description: "The parts of it that were asked for.", Content: file}
	op.Responses["304"] = &huma.Response{Description: "The caller has it."}
}

func describeLink(op *huma.Operation, schemas huma.Registry) {
	describeFile(op, schemas)
	for status, why := range map[string]string{"404": "The link has expired, or its report was deleted."} {
		op.Responses[status] = &huma.Response{Description: why, Content: op.Responses["default"].Content}
	}
	for _, name := range []string{"expires", "signature"} {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "query", Required: true, Description: "As the link has it.", Schema: &huma.Schema{Type: "string"}})
	}
}
