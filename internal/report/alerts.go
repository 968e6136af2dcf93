package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/yipii/yipii/internal/alert"
	"github.com/yipii/yipii/internal/document"
)

// mostAlerts is how many alerts a report lists; it counts all.
const mostAlerts = 20_000

// raised is how many alerts of one type and severity there were, and what became of them.
type raised struct {
	kind, severity string
	times          int64
	acknowledged   int64
	waited         []time.Duration // until each was acknowledged
	open           int64
}

func (r *raised) add(a *alert.Alert) {
	r.times++
	if a.AcknowledgedAt != nil {
		r.acknowledged++
		r.waited = append(r.waited, a.AcknowledgedAt.Sub(a.TriggeredAt))
	} else if a.EndedAt == nil && a.State == "open" {
		r.open++
	}
}

// typical is the median of how long they waited, nil where none was acknowledged.
func (r *raised) typical() any {
	if len(r.waited) == 0 {
		return nil
	}
	slices.Sort(r.waited)
	n := len(r.waited)
	return (r.waited[(n-1)/2] + r.waited[n/2]).Seconds() / 2
}

// eachAlert hands to each the alerts of the range that are of the report's assets.
func (w *work) eachAlert(ctx context.Context, do func(*alert.Alert) error) error {
	return w.alerts.History(ctx, w.AccountID, w.From, w.To, func(a *alert.Alert) error {
		if _, ours := slices.BinarySearch(w.Assets, a.AssetID); !ours {
			return nil
		}
		return do(a)
	})
}

// alertsReport is what alerts were raised, and how soon somebody acknowledged them.
func (w *work) alertsReport(ctx context.Context) error {
	c := dayCuts(w.From, w.To, w.Zone)
	perDay := make([]float64, len(c)-1)
	var list []alert.Alert
	groups := map[[2]string]*raised{}
	var all raised
	critical := int64(0)
	err := w.eachAlert(ctx, func(a *alert.Alert) error {
		key := [2]string{a.Type, a.Severity}
		if groups[key] == nil {
			groups[key] = &raised{kind: a.Type, severity: a.Severity}
		}
		groups[key].add(a)
		all.add(a)
		if a.Severity == "critical" {
			critical++
		}
		perDay[c.in(a.TriggeredAt)]++
		if len(list) < mostAlerts {
			list = append(list, *a)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var kinds []raised
	for _, r := range groups {
		kinds = append(kinds, *r)
	}
	slices.SortFunc(kinds, func(a, b raised) int {
		return cmp.Or(cmp.Compare(severityRank(b.severity), severityRank(a.severity)), cmp.Compare(b.times, a.times), cmp.Compare(a.kind, b.kind))
	})
	if all.times == 0 {
		w.nothing("There are no alerts in this time.")
	}
	w.figure("alerts", "Alerts", document.Count, all.times)
	w.figure("critical", "Critical", document.Count, critical)
	w.figure("acknowledged", "Acknowledged", document.Percent, ratio(float64(all.acknowledged), float64(all.times)))
	w.figure("time_to_acknowledge", "Median time to acknowledge", document.Duration, all.typical())
	w.dayChart("alerts_by_day", "Alerts by day", document.Count, c, document.Series{Label: "Alerts", Values: perDay})
	w.section(&document.Table{Key: "types", Title: "Types", Nothing: "There are no alerts in this time.", Columns: []document.Column{
		column("type", "Type", document.Text), column("severity", "Severity", document.Text), total("alerts", "Alerts", document.Count),
		total("acknowledged", "Acknowledged", document.Count), total("open", "Open", document.Count),
		column("time_to_acknowledge", "Median time to acknowledge", document.Duration)},
		Rows: rows(kinds, func(r *raised) []any {
			return []any{r.kind, r.severity, r.times, r.acknowledged, r.open, r.typical()}
		})})
	w.section(&document.Table{Key: "alerts", Title: "Alerts", Nothing: "There are no alerts in this time.", Columns: []document.Column{
		column("triggered_at", "When", document.Moment), column("asset", "Asset", document.Text), column("type", "Type", document.Text),
		column("severity", "Severity", document.Text), column("message", "What", document.Text), column("duration", "Lasted", document.Duration),
		column("state", "State", document.Text), column("time_to_acknowledge", "Time to acknowledge", document.Duration), column("note", "Note", document.Text)},
		Rows: rows(list, func(a *alert.Alert) []any {
			return []any{a.TriggeredAt, w.assetName(a.AssetID), a.Type, a.Severity, a.Message, since(a.TriggeredAt, a.EndedAt),
				a.State, since(a.TriggeredAt, a.AcknowledgedAt), told(a.Note)}
		})})
	w.note("Alerts that a late position showed to be wrong are left out.")
	if all.times > int64(len(list)) {
		w.note(fmt.Sprintf("The table has the first %d of %d alerts.", len(list), all.times))
	}
	return nil
}

func severityRank(severity string) int {
	return slices.Index([]string{"info", "warning", "critical"}, severity)
}

// since is how long it was from one moment to another, nil where that isn't known.
func since(from time.Time, to *time.Time) any {
	if to == nil {
		return nil
	}
	return to.Sub(from).Seconds()
}

// told is a text, nil where there is none.
func told(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}
