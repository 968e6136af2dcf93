package fleet

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

func (s *Service) driverRoutes(r *web.Router) {
	read := web.Access{Scope: "read:drivers", Role: "viewer"}
	write := web.Access{Scope: "write:drivers", Role: "manager"}
	const all, one, tag = web.AccountPrefix + "driver", web.AccountPrefix + "driver/{id}", "Drivers"
	document := documentRecord("The driver's id.")

	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: all, Access: read, ID: "list-drivers", Tag: tag,
		Summary: "List drivers", Description: "The account's drivers. A member who is limited to some assets sees those who drive, or have driven, them."}, s.serveDrivers)
	web.Operation(r, web.Route{Method: http.MethodPost, Pattern: all, Access: write, ID: "create-driver", Tag: tag,
		Summary: "Make a driver", Description: "Makes a driver. Give them an iButton or a beacon, and trips are theirs by it.", Document: created}, s.serveCreateDriver)
	web.Operation(r, web.Route{Method: http.MethodGet, Pattern: one, Access: read, ID: "get-driver", Tag: tag,
		Summary: "Read a driver", Description: "One driver.", Document: document}, s.serveDriver)
	web.Operation(r, web.Route{Method: http.MethodPatch, Pattern: one, Access: write, ID: "update-driver", Tag: tag,
		Summary: "Change a driver", Description: "Changes the fields that are given. Null or an empty text clears one.", Document: document}, s.serveUpdateDriver)
	web.Operation(r, web.Route{Method: http.MethodDelete, Pattern: one, Access: write, ID: "delete-driver", Tag: tag,
		Summary:     "Delete a driver",
		Description: "Deletes the driver. What they drive ends now, what they were to drive later is dropped. What they have driven stays, with their name.",
		Document:    document}, s.serveDeleteDriver)
	s.assignmentRoutes(r, read, write)
}

// IButtonText is an iButton's serial number in a JSON body: hexadecimal digits, a number, or null. What is none of these is
// kept as -1, which the rules of drivers refuse with the field's name.
type IButtonText struct {
	given bool
	value IButton
}

// UnmarshalJSON reads a text, a number or null.
func (t *IButtonText) UnmarshalJSON(data []byte) error {
	t.given = true
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	switch v := value.(type) {
	case nil:
		t.value = 0
	case json.Number:
		n, err := v.Int64()
		t.value = IButton(n)
		if err != nil || n < 1 {
			t.value = -1
		}
	case string:
		var ok bool
		if t.value, ok = ParseIButton(v); !ok {
			t.value = -1
		}
		if strings.TrimSpace(v) == "" {
			t.value = 0
		}
	default:
		t.value = -1
	}
	return nil
}

// Schema describes the field. It names no type, so that the room's own rules say what is wrong.
func (IButtonText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "Serial number of the driver's iButton, 48 bits: up to 12 hexadecimal digits as a text, or a number. Null or an empty text for none.",
		Examples: []any{"00000158FBA2"}}
}

func (t IButtonText) change() *IButton {
	if !t.given {
		return nil
	}
	return &t.value
}

// DriverFields are those of a driver beside the name.
type DriverFields struct {
	Phone    Text             `json:"phone,omitzero" doc:"Up to 32 characters." example:"+356 2100 0000"`
	Licence  Text             `json:"licence,omitzero" doc:"Up to 64 characters." example:"OKAFO 710 A"`
	IButton  IButtonText      `json:"ibutton,omitzero"`
	BeaconID web.Maybe[int64] `json:"beacon_id,omitzero" doc:"The beacon that the driver carries; null for none."`
}

func (f DriverFields) change(name *string) DriverChange {
	return DriverChange{Name: name, Phone: f.Phone.change(), Licence: f.Licence.change(), IButton: f.IButton.change(), BeaconID: idChange(f.BeaconID)}
}

// idChange is the change of an id that may be null: 0 then, and nothing where it isn't given. An id below 1 is no record's.
func idChange(id web.Maybe[int64]) *int64 {
	switch {
	case !id.Given:
		return nil
	case id.Value == nil:
		return new(int64)
	case *id.Value < 1:
		return new(int64(-1))
	}
	return id.Value
}

type driversInput struct {
	AccountKey string `path:"account_key"`
	web.PageInput
	IButton string `query:"ibutton" doc:"Only the driver with this iButton, in hexadecimal digits."`
	Search  string `query:"search" maxLength:"200" doc:"Only drivers whose name, phone or licence contains this text. Latin letters match whatever their case."`
}

type createDriverInput struct {
	AccountKey string `path:"account_key"`
	Body       struct {
		Name string `json:"name" doc:"1 to 200 characters." example:"Ada Okafor"`
		DriverFields
	}
}

type updateDriverInput struct {
	ID string `path:"id"`
	web.Precondition
	Body struct {
		Name Text `json:"name,omitzero" doc:"1 to 200 characters." example:"Ada Okafor"`
		DriverFields
	}
}

func (s *Service) serveDrivers(ctx context.Context, in *driversInput) (*pageOutput[Driver], error) {
	filter := DriverFilter{Search: in.Search}
	if in.IButton != "" {
		var ok bool
		if filter.IButton, ok = ParseIButton(in.IButton); !ok {
			return nil, fault.InvalidField("ibutton", badIButton)
		}
	}
	drivers, total, err := s.ListDrivers(ctx, bearer.AccountID(ctx), filter, in.PageInput)
	if err != nil {
		return nil, err
	}
	return &pageOutput[Driver]{web.NewPage(drivers, total, in.PageInput, s.url(in.AccountKey, "driver"), queryOf("ibutton", in.IButton, "search", in.Search))}, nil
}

func (s *Service) serveCreateDriver(ctx context.Context, in *createDriverInput) (*web.Made[Driver], error) {
	d, err := s.CreateDriver(ctx, bearer.AccountID(ctx), in.Body.DriverFields.change(&in.Body.Name))
	if err != nil {
		return nil, err
	}
	return &web.Made[Driver]{Location: s.url(in.AccountKey, "driver/%d", d.ID), ETag: web.Tag(d.Version), Body: web.Record[Driver]{Data: d}}, nil
}

func (s *Service) serveDriver(ctx context.Context, in *findInput) (*web.Tagged[Driver], error) {
	id, err := web.ParseID(in.ID, "Driver")
	if err != nil {
		return nil, err
	}
	d, err := s.FindDriver(ctx, bearer.AccountID(ctx), id)
	return tagged(d, d.Version, err, in.Revalidation)
}

func (s *Service) serveUpdateDriver(ctx context.Context, in *updateDriverInput) (*web.Tagged[Driver], error) {
	id, err := web.ParseID(in.ID, "Driver")
	if err != nil {
		return nil, err
	}
	change := in.Body.DriverFields.change(in.Body.Name.change())
	change.If = in.Precondition
	d, err := s.UpdateDriver(ctx, bearer.AccountID(ctx), id, change)
	return tagged(d, d.Version, err, web.Revalidation{})
}

func (s *Service) serveDeleteDriver(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, err := web.ParseID(in.ID, "Driver")
	if err != nil {
		return nil, err
	}
	return nil, s.DeleteDriver(ctx, bearer.AccountID(ctx), id, in.Precondition)
}
