package alert

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

const ruleTag = "Alert rules"

// ruleRoutes declares the routes of rules.
func (s *Service) ruleRoutes(r *web.Router) {
	read := web.Access{Scope: "read:alerts", Role: "viewer"}
	write := web.Access{Scope: "write:alerts", Role: "manager"}
	const all, one = web.AccountPrefix + "alert-rule", web.AccountPrefix + "alert-rule/{id}"
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-alert-rules", Tag: ruleTag,
		Summary: "List alert rules", Description: "The account's rules. Members who see a part of the assets alone see none."}, s.serveRules)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-alert-rule", Tag: ruleTag,
		Summary:     "Create an alert rule",
		Description: "Makes a rule, which judges positions from now on. What config takes depends on the type. An account has at most 100 rules.",
		Document:    func(op *huma.Operation, _ huma.Registry) { op.DefaultStatus = http.StatusCreated }}, s.serveCreateRule)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-alert-rule", Tag: ruleTag,
		Summary: "Read an alert rule", Description: "One rule, with what it asks and for which assets.", Document: documentID("The rule's id.")}, s.serveRule)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-alert-rule", Tag: ruleTag,
		Summary: "Change an alert rule",
		Description: "Changes the fields that are given; null clears one. A change of anything but name and severity makes another rule of it: " +
			"its alerts that go on are ended, and it concludes nothing for positions before.",
		Document: documentID("The rule's id.")}, s.serveUpdateRule)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-alert-rule", Tag: ruleTag,
		Summary: "Delete an alert rule", Description: "Its alerts stay in the inbox; those that go on are ended. This can't be undone.",
		Document: documentID("The rule's id.")}, s.serveDeleteRule)
}

// documentID describes the path parameter id as the integer that it is. To the decoder it is a text, because one that is no
// integer is a record that doesn't exist, not an invalid request.
func documentID(description string) func(*huma.Operation, huma.Registry) {
	return func(op *huma.Operation, _ huma.Registry) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: description,
			Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}, Example: 4})
	}
}

type rulesInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	Type     string `query:"type" enum:"speed,idle,geofence,offline,power_cut,temperature,service_due" doc:"Only rules of this type."`
	Severity string `query:"severity" enum:"info,warning,critical" doc:"Only rules of this severity."`
	Active   string `query:"active" enum:"true,false" doc:"Only those that are switched on, or off."`
}

type rulesOutput struct{ Body web.Page[Rule] }

type findInput struct {
	ID string `path:"id"`
	web.Revalidation
}

type deleteInput struct {
	ID string `path:"id"`
	web.Precondition
}

type createRuleInput struct {
	AccountKey string `path:"account_key"`
	Body       struct {
		Type string `json:"type" enum:"speed,idle,geofence,offline,power_cut,temperature,service_due" doc:"It can't be changed later."`
		RuleFields
	}
}

type updateRuleInput struct {
	ID string `path:"id"`
	web.Precondition
	Body RuleFields
}

func (s *Service) ruleURL(accountKey string) string {
	return s.baseURL + "/api/" + accountKey + "/alert-rule"
}

func (s *Service) serveRules(ctx context.Context, in *rulesInput) (*rulesOutput, error) {
	rules, total, err := s.store.listRules(ctx, bearer.AccountID(ctx), RuleFilter{in.Type, in.Severity, in.Active}, in.PageInput)
	if err != nil {
		return nil, err
	}
	query := queryOf([][2]string{{"type", in.Type}, {"severity", in.Severity}, {"active", in.Active}})
	return &rulesOutput{web.NewPage(rules, total, in.PageInput, s.ruleURL(in.AccountKey), query)}, nil
}

// queryOf are the filters of a list that are given.
func queryOf(filters [][2]string) url.Values {
	query := url.Values{}
	for _, f := range filters {
		if f[1] != "" {
			query.Set(f[0], f[1])
		}
	}
	return query
}

func (s *Service) serveCreateRule(ctx context.Context, in *createRuleInput) (*web.Made[Rule], error) {
	r, err := s.CreateRule(ctx, bearer.AccountID(ctx), in.Body.Type, in.Body.RuleFields)
	if err != nil {
		return nil, err
	}
	return &web.Made[Rule]{Location: fmt.Sprintf("%s/%d", s.ruleURL(in.AccountKey), r.ID), ETag: web.Tag(r.Version), Body: web.Record[Rule]{Data: *r}}, nil
}

func (s *Service) serveRule(ctx context.Context, in *findInput) (*web.Tagged[Rule], error) {
	id, err := web.ParseID(in.ID, ruleNoun)
	if err != nil {
		return nil, err
	}
	r, err := s.FindRule(ctx, bearer.AccountID(ctx), id)
	return ruleAnswer(r, err, in.Revalidation)
}

func (s *Service) serveUpdateRule(ctx context.Context, in *updateRuleInput) (*web.Tagged[Rule], error) {
	id, err := web.ParseID(in.ID, ruleNoun)
	if err != nil {
		return nil, err
	}
	r, err := s.UpdateRule(ctx, bearer.AccountID(ctx), id, in.Body, in.Precondition)
	return ruleAnswer(r, err, web.Revalidation{})
}

func (s *Service) serveDeleteRule(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, ruleNoun)
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteRule(ctx, bearer.AccountID(ctx), id, in.Precondition)
}

// ruleAnswer answers a rule, unless the caller has it.
func ruleAnswer(r *Rule, err error, has web.Revalidation) (*web.Tagged[Rule], error) {
	if err != nil {
		return nil, err
	}
	return web.NewTagged(*r, web.Tag(r.Version)).Unless(has), nil
}
