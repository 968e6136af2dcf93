package fleet

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// Driver is a person who drives assets. They may be known by an iButton, whose number positions carry as the sensor
// "ibutton", or by a beacon that they carry; no two drivers of an account share either.
type Driver struct {
	ID        int64     `json:"id" example:"4"`
	AccountID int64     `json:"-"`
	Name      string    `json:"name" example:"Ada Okafor"`
	Phone     *string   `json:"phone" doc:"Null for none." example:"+356 2100 0000"`
	Licence   *string   `json:"licence" doc:"Null for none." example:"OKAFO 710 A"`
	IButton   *IButton  `json:"ibutton"`
	BeaconID  *int64    `json:"beacon_id" doc:"The beacon that the driver carries; null for none."`
	Version   int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// TransformSchema says what may be null, which the tags of a struct can't.
func (Driver) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["beacon_id"].Nullable = true
	return s
}

// IButton is the serial number of an iButton: 48 bits, without the family code and the checksum that stand around it on the
// wire. 0 is none.
type IButton int64

// maxIButton is the largest serial number.
const maxIButton = 1<<48 - 1

// ParseIButton reads a serial number in hexadecimal digits.
func ParseIButton(text string) (IButton, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
	return IButton(n), err == nil && n >= 1 && n <= maxIButton
}

// String is the serial number in twelve hexadecimal digits.
func (b IButton) String() string { return fmt.Sprintf("%012X", int64(b)) }

// MarshalText writes it as String does.
func (b IButton) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Schema describes the text, or null.
func (IButton) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true, Pattern: "^[0-9A-F]{12}$", Examples: []any{"00000158FBA2"},
		Description: "Serial number of the driver's iButton, 48 bits in hexadecimal digits. Null for none."}
}

// DriverChange says what to change of a driver, or how to make one. A nil field stays as it is, and an empty one, or 0, is
// cleared; Name can't be.
type DriverChange struct {
	Name, Phone, Licence *string
	IButton              *IButton
	BeaconID             *int64
	If                   web.Precondition
}

// DriverFilter picks drivers of a list; an empty field picks all.
type DriverFilter struct {
	IButton IButton
	Search  string // in name, phone or licence
}

// Keys are what drivers are known by, each to the driver's id. Nobody changes them in place.
type Keys struct {
	IButtons map[int64]int64  // by serial number
	Beacons  map[string]int64 // by the beacon's identity
}

// cachedKeys bounds how many accounts' keys are held. A key takes about 100 bytes.
const cachedKeys = 1000

// ListDrivers returns one page of the account's drivers and how many match in all. A limited member gets those who drive, or
// have driven, assets that they see. It sorts by id, name, created_at or updated_at.
func (s *Service) ListDrivers(ctx context.Context, accountID int64, filter DriverFilter, page web.PageInput) ([]Driver, int, error) {
	return s.store.listDrivers(ctx, accountID, filter, page)
}

// FindDriver returns one driver. Unknown, deleted, another account's, or none of a limited member's: NotFound.
func (s *Service) FindDriver(ctx context.Context, accountID, id int64) (Driver, error) {
	return s.store.findDriver(ctx, s.store.db.Read(), accountID, id, ``)
}

// CreateDriver makes a driver. Who is limited to a part of the assets may not: drivers are the whole account's.
func (s *Service) CreateDriver(ctx context.Context, accountID int64, in DriverChange) (Driver, error) {
	in.Name = new(textOf(in.Name))
	in, err := in.checked()
	if err == nil {
		err = unlimited(ctx, accountID)
	}
	if err != nil {
		return Driver{}, err
	}
	return s.store.createDriver(ctx, accountID, in)
}

// UpdateDriver changes a driver and returns them as they are then. Who is limited to a part of the assets may not.
func (s *Service) UpdateDriver(ctx context.Context, accountID, id int64, in DriverChange) (Driver, error) {
	in, err := in.checked()
	if err != nil {
		return Driver{}, err
	}
	return s.store.updateDriver(ctx, accountID, id, in)
}

// DeleteDriver deletes a driver. What they are driving ends now, and what they were to drive later is dropped. What they
// have driven stays, with their name; phone, licence and keys are forgotten.
func (s *Service) DeleteDriver(ctx context.Context, accountID, id int64, seen web.Precondition) error {
	return s.store.deleteDriver(ctx, accountID, id, seen)
}

// DriverByKey returns what the account's drivers are known by, for a look at each position. It is answered from memory,
// which is at most a second behind.
func (s *Service) DriverByKey(ctx context.Context, accountID int64) (*Keys, error) {
	return s.keys.Get(ctx, accountID)
}

func (c DriverChange) checked() (DriverChange, error) {
	var wrong []fault.Field
	c.Name = checkText(&wrong, "name", c.Name, maxName, nameFault)
	c.Phone = checkText(&wrong, "phone", c.Phone, maxPhone, nil)
	c.Licence = checkText(&wrong, "licence", c.Licence, maxLicence, nil)
	if c.IButton != nil && (*c.IButton < 0 || *c.IButton > maxIButton) {
		wrong = append(wrong, fault.Field{Name: "ibutton", Message: badIButton})
	}
	return c, fault.InvalidFields(wrong)
}

const badIButton = "The ibutton field must be a serial number of 48 bits: up to 12 hexadecimal digits, or a number."

func (d *Driver) audited() map[string]string {
	key := ""
	if d.IButton != nil {
		key = d.IButton.String()
	}
	return map[string]string{"name": d.Name, "phone": textOf(d.Phone), "licence": textOf(d.Licence), "ibutton": key, "beacon": idText(d.BeaconID)}
}
