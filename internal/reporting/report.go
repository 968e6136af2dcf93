package reporting

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/document"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/report"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
)

// Statuses of a report.
const (
	Queued     = "queued"
	Processing = "processing"
	Completed  = "completed"
	Failed     = "failed"
)

// Report is one that was asked for, as the API tells of it.
type Report struct {
	ID          string     `json:"id" format:"uuid"`
	AccountName string     `json:"account_name" doc:"The account's key." example:"acme-logistics"`
	Status      string     `json:"status" enum:"queued,processing,completed,failed"`
	Progress    int        `json:"progress" minimum:"0" maximum:"100" doc:"How much of it is made, in percent."`
	Error       *string    `json:"error" doc:"Why it failed."`
	Type        string     `json:"type" example:"mileage"`
	Format      string     `json:"format" enum:"json,pdf,excel,html"`
	Title       string     `json:"title" doc:"As asked for; empty for the type's own."`
	Priority    string     `json:"priority" enum:"low,standard,high"`
	AssetID     *int64     `json:"asset_id"`
	AssetIDs    []int64    `json:"asset_ids" doc:"The assets that were named; empty for all that the caller could see."`
	BeaconID    *int64     `json:"beacon_id"`
	DriverID    *int64     `json:"driver_id"`
	DateFrom    time.Time  `json:"date_from" doc:"Where its range begins."`
	DateTo      time.Time  `json:"date_to" doc:"Where its range ends; itself not in it."`
	ScheduleID  *int64     `json:"schedule_id" doc:"The schedule that asked for it."`
	Size        *int64     `json:"size" doc:"Bytes of its file."`
	CreatedAt   time.Time  `json:"created_at"`
	StartedAt   *time.Time `json:"started_at"`
	EndedAt     *time.Time `json:"ended_at" doc:"When it was completed, or failed."`
	ExpiresAt   time.Time  `json:"expires_at" doc:"When it is deleted."`
	StatusURL   string     `json:"status_url" format:"uri"`
	DownloadURL *string    `json:"download_url" format:"uri" doc:"Null until it is completed."`

	row row
}

// row is what the database has of a report beside what is shown.
type row struct {
	accountID  int64
	userID     int64
	request    fields
	whole      bool
	claimedBy  string
	attempts   int64
	file       string
	place      string
	size       int64
	digest     string
	scheduleID int64
}

// Maker makes what a report says: the room report.
type Maker interface {
	// Check refuses a request that its type can't be made of, as Invalid by field.
	Check(ctx context.Context, r report.Request) error
	// Fingerprint is the same for as long as the data that the report is about is the same.
	Fingerprint(ctx context.Context, r report.Request) (string, error)
	Make(ctx context.Context, r report.Request) (*document.Document, error)
}

// Event is what became of a report.
type Event struct {
	AccountID int64
	Name      string // "report.progress", "report.completed" or "report.failed"
	Report    *Report
	Assets    []int64 // those that it is about; nil for the whole account
}

// Options of New. Those of the server alone may be set later, before Run.
type Options struct {
	BaseURL string // public URL of the API without a path
	Now     func() time.Time
	Log     *slog.Logger
	Maker   Maker
	Write   func(ctx context.Context, w io.Writer, d *document.Document, f document.Format) error
	// Types are the types that Maker knows.
	Types []string

	Limits Limits
	Bucket *Bucket // where files are; nil for the database
	// Tell hands an event on within the transaction that it is true in, Show once that is committed. They may be nil.
	Tell func(ctx context.Context, tx store.Writer, e Event) error
	Show func(e Event)
	// Letters sends a letter; nil where there is no mail server.
	Letters func(ctx context.Context, to, subject, text string) error
}

// Limits bound the work. A zero value stands for the default.
type Limits struct {
	Workers int           // reports that this node makes at a time
	Timeout time.Duration // for one report
	Size    int64         // bytes of a file
	Keep    time.Duration // how long a report is kept after it ended
}

func (l Limits) filled() Limits {
	if l.Workers == 0 {
		l.Workers = 1
	}
	if l.Timeout == 0 {
		l.Timeout = 15 * time.Minute
	}
	if l.Size == 0 {
		l.Size = 100 << 20
	}
	if l.Keep == 0 {
		l.Keep = 30 * 24 * time.Hour
	}
	return l
}

// pace is how often is looked after what; tests make haste.
type pace struct {
	lease, beat, look, tidy time.Duration
	pause                   time.Duration // before the first repetition; it doubles
}

// Service is the room's front. Its methods may be called from many goroutines.
type Service struct {
	opt      Options
	store    reportStore
	fleet    *fleet.Service
	log      *audit.Log
	queue    queue
	pace     pace
	linkKey  [32]byte
	settings *store.Cache[int64, Setting]
	counts   counts
}

// New makes the service. No report is made before Run.
func New(db *store.DB, server secret.Server, assets *fleet.Service, log *audit.Log, opt Options) *Service {
	opt.BaseURL = strings.TrimRight(opt.BaseURL, "/")
	s := &Service{opt: opt, store: reportStore{db}, fleet: assets, log: log, linkKey: server.Derive("report links"),
		pace: pace{lease: 6 * time.Second, beat: time.Second, look: time.Second, tidy: time.Minute, pause: 5 * time.Second}}
	s.counts.seconds = map[string]*typeCount{}
	s.settings = store.NewCache(20_000, s.store.setting)
	db.Subscribe(settingTopic, store.Subscriber{Changed: s.dropSetting, Reset: s.settings.Reset})
	s.queue = newQueue(db, s)
	return s
}

// Configure changes the options before Run and before the first request.
func (s *Service) Configure(change func(*Options)) { change(&s.opt) }

// limits are those in force.
func (s *Service) limits() Limits { return s.opt.Limits.filled() }

// moment is now as the database keeps it.
func (s *Service) moment() time.Time { return time.UnixMilli(s.opt.Now().UnixMilli()).UTC() }

// show fills in what follows from a report's row.
func (s *Service) show(r *Report) {
	f := &r.row.request
	r.Type, r.Title, r.AssetIDs = f.Type, f.Title, f.Named
	if r.AssetIDs == nil {
		r.AssetIDs = []int64{}
	}
	r.AssetID, r.BeaconID, r.DriverID, r.ScheduleID = optional(f.AssetID), optional(f.BeaconID), optional(f.DriverID), optional(r.row.scheduleID)
	r.DateFrom, r.DateTo = time.UnixMilli(f.From).UTC(), time.UnixMilli(f.To).UTC()
	r.StatusURL = s.opt.BaseURL + prefix + "/" + r.ID
	if r.Status == Completed {
		r.Size = &r.row.size
		url := r.StatusURL + "/download"
		r.DownloadURL = &url
	}
}

func optional(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// event is what became of r.
func (r *Report) event(name string, assets []int64) Event {
	if r.row.whole {
		assets = nil
	}
	return Event{AccountID: r.row.accountID, Name: name, Report: r, Assets: assets}
}
