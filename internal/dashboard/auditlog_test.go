package dashboard

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAuditLog(t *testing.T) {
	s := newSite(t)
	s.want(http.StatusOK, s.ada, "/acme/key", "name", "Notebook", "scopes", "read:assets")
	page := s.want(http.StatusOK, s.ada, "/acme/audit")
	s.sees(page, "API key: created", "Notebook", "Ada Archer", "session:9", "203.0.113.7", "test/1", "Member: added")
	today, ada := s.now.Format(time.DateOnly), strconv.FormatInt(s.ada, 10)
	for query, seen := range map[string]bool{
		"action=api_key.": true, "action=api_key.created": true, "action=client.": false, "user=" + ada: true, "user=" + strconv.FormatInt(s.vic, 10): false,
		"from=" + today + "&to=" + s.now.AddDate(0, 0, 1).Format(time.DateOnly): true, "to=2001-01-01": false, "subject=key:1": true, "subject=key:2": false,
	} {
		page := s.want(http.StatusOK, s.ada, "/acme/audit?"+query)
		if strings.Contains(page, "Notebook") != seen {
			t.Errorf("%s: %s", query, textOf(page))
		}
	}
	page = s.want(http.StatusUnprocessableEntity, s.ada, "/acme/audit?from=yesterday&user=ada")
	s.sees(page, `id="from-error"`, "Choose one of the members.")
	checkPage(t, "a wrong filter", page)
	s.want(http.StatusNotFound, s.ada, "/acme/audit?before=x")
}

func TestAuditLogPages(t *testing.T) {
	s := newSite(t)
	c := s.client(s.acme, s.ada, "Importer")
	for i := range perPage {
		s.must(s.pages.Credentials.Disable(t.Context(), s.acme, c.ID, i%2 == 0))
	}
	page := s.want(http.StatusOK, s.ada, "/acme/audit?subject="+c.ID)
	s.sees(page, "Older", "before=", "subject="+c.ID)
	s.not(page, "Client: created")
	_, after, _ := strings.Cut(page, "before=")
	before, _, _ := strings.Cut(after, "&")
	s.sees(s.want(http.StatusOK, s.ada, "/acme/audit?subject="+c.ID+"&before="+before), "Client: created")
}

func TestExport(t *testing.T) {
	s := newSite(t)
	s.client(s.acme, s.ada, "Importer, \"1\"")
	answer := s.as(s.ada, "/acme/audit/export", "format", "csv", "action", "client.")
	rows, err := csv.NewReader(answer.Body).ReadAll()
	if answer.Code != http.StatusOK || err != nil || len(rows) != 2 || !strings.Contains(strings.Join(rows[1], "|"), `Importer, "1"`) {
		t.Errorf("%d, %v, %v", answer.Code, err, rows)
	}
	if got := answer.Header().Get("Content-Disposition"); got != `attachment; filename="audit-acme.csv"` {
		t.Error(got)
	}
	checkHeaders(t, "an export", answer)
	answer = s.as(s.ada, "/acme/audit/export", "format", "jsonl")
	for line := range strings.Lines(answer.Body.String()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil || event["action"] == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
	if answer.Header().Get("Content-Type") != "application/x-ndjson" || strings.Count(answer.Body.String(), "\n") < 3 {
		t.Errorf("%v %s", answer.Header(), answer.Body)
	}
	s.sees(s.want(http.StatusOK, s.ada, "/acme/audit"), "Audit: exported")
	s.want(http.StatusUnprocessableEntity, s.ada, "/acme/audit/export", "format", "xml")
	s.want(http.StatusUnprocessableEntity, s.ada, "/acme/audit/export", "format", "csv", "from", "x")
}
