package fleet

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/web"
)

func (s *Service) assignmentRoutes(r *web.Router, read, write web.Access) {
	const all, one, tag = web.AccountPrefix + "driver/{id}/assignment", web.AccountPrefix + "driver/{id}/assignment/{assignment_id}", "Drivers"
	ofDriver := documentRecord("The driver's id.")
	ofBoth := func(op *huma.Operation, schemas huma.Registry) {
		ofDriver(op, schemas)
		documentNumber(op, "assignment_id", "The assignment's id.")
	}

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-driver-assignments", Tag: tag,
		Summary: "List a driver's assignments", Description: "Which assets the driver drives and has driven, and when; the newest first.", Document: ofDriver}, s.serveAssignments)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-driver-assignment", Tag: tag,
		Summary:     "Assign a driver to an asset",
		Description: "From from up to but not including until. An asset has one driver at a time: what overlaps another assignment of it is refused with 409.",
		Document: func(op *huma.Operation, schemas huma.Registry) {
			ofDriver(op, schemas)
			created(op, schemas)
		}}, s.serveAssign)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-driver-assignment", Tag: tag,
		Summary: "Read an assignment", Description: "One assignment: which asset, from when, until when.", Document: ofBoth}, s.serveAssignment)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "end-driver-assignment", Tag: tag,
		Summary: "End an assignment", Description: "Says until when it lasts. Null opens it again.", Document: ofBoth}, s.serveEndAssignment)
}

type assignmentsInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	web.PageInput
}

type assignDriverInput struct {
	AccountKey string `path:"account_key"`
	ID         string `path:"id"`
	Body       struct {
		AssetID int64                `json:"asset_id" doc:"The asset that the driver drives." example:"7"`
		From    *time.Time           `json:"from,omitempty" doc:"Since when; now if left out."`
		Until   web.Maybe[time.Time] `json:"until,omitzero" doc:"Until when; null or left out while it lasts."`
	}
}

type assignmentInput struct {
	ID           string `path:"id"`
	AssignmentID string `path:"assignment_id"`
	web.Revalidation
}

type endAssignmentInput struct {
	ID           string `path:"id"`
	AssignmentID string `path:"assignment_id"`
	web.Precondition
	Body struct {
		Until *time.Time `json:"until" nullable:"true" doc:"Until when it lasts; null to open it again."`
	}
}

// assignmentIDs reads the two ids of a path.
func assignmentIDs(driver, assignment string) (driverID, id int64, err error) {
	if driverID, err = web.ParseID(driver, "Driver"); err != nil {
		return 0, 0, err
	}
	id, err = web.ParseID(assignment, "Assignment")
	return driverID, id, err
}

func (s *Service) serveAssignments(ctx context.Context, in *assignmentsInput) (*pageOutput[Assignment], error) {
	id, err := web.ParseID(in.ID, "Driver")
	if err != nil {
		return nil, err
	}
	assignments, total, err := s.Assignments(ctx, bearer.AccountID(ctx), id, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &pageOutput[Assignment]{web.NewPage(assignments, total, in.PageInput, s.url(in.AccountKey, "driver/%d/assignment", id), queryOf())}, nil
}

func (s *Service) serveAssign(ctx context.Context, in *assignDriverInput) (*web.Made[Assignment], error) {
	id, err := web.ParseID(in.ID, "Driver")
	if err != nil {
		return nil, err
	}
	wanted := NewAssignment{DriverID: id, AssetID: in.Body.AssetID, Until: in.Body.Until.Value}
	if in.Body.From != nil {
		wanted.From = *in.Body.From
	}
	a, err := s.Assign(ctx, bearer.AccountID(ctx), wanted)
	if err != nil {
		return nil, err
	}
	return &web.Made[Assignment]{Location: s.url(in.AccountKey, "driver/%d/assignment/%d", id, a.ID), ETag: web.Tag(a.Version), Body: web.Record[Assignment]{Data: a}}, nil
}

func (s *Service) serveAssignment(ctx context.Context, in *assignmentInput) (*web.Tagged[Assignment], error) {
	driverID, id, err := assignmentIDs(in.ID, in.AssignmentID)
	if err != nil {
		return nil, err
	}
	a, err := s.FindAssignment(ctx, bearer.AccountID(ctx), driverID, id)
	return tagged(a, a.Version, err, in.Revalidation)
}

func (s *Service) serveEndAssignment(ctx context.Context, in *endAssignmentInput) (*web.Tagged[Assignment], error) {
	driverID, id, err := assignmentIDs(in.ID, in.AssignmentID)
	if err != nil {
		return nil, err
	}
	a, err := s.EndAssignment(ctx, bearer.AccountID(ctx), driverID, id, in.Body.Until, in.Precondition)
	return tagged(a, a.Version, err, web.Revalidation{})
}
