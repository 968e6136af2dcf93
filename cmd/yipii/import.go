package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/track"
	"github.com/yipii/yipii/internal/trail"
)

// importCommand stores recorded tracks.
type importCommand struct {
	inAccount `embed:""`
	Files     []string `arg:"" name:"file" help:"Files to read: GPX, or CSV with the columns lat, lng, datetime and uid; with gzip or without." placeholder:"FILE"`
	Type      string   `name:"type" help:"Type of the assets that are made. Default: vehicle." placeholder:"TYPE"`
}

// Help is shown by --help.
func (*importCommand) Help() string {
	return `Each track of a GPX file, and each uid of a CSV file, goes to one asset: the one whose tracker has that name, or a new one. A position that is there already is left as it is, so the same file can be imported again.

A file is read up to its first fault. What stands before the fault is stored; mend the file and import it again.`
}

// Run imports the files in order. One that can't be read to its end, and a position that is refused, make the command
// fail once everything else is stored.
func (c *importCommand) Run(ctx context.Context, con *console) error {
	size, err := totalSize(c.Files)
	if err != nil {
		return err
	}
	rooms, in, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer rooms.Close()
	progress := newProgress(con.err, size)
	run := &importRun{rooms: rooms, accountID: in.ID, kind: c.Type, trackers: map[string]string{}, batch: make([]trail.Position, 0, importBatch)}
	for _, file := range c.Files {
		if err := run.file(ctx, file, progress); err != nil {
			progress.end()
			return err
		}
	}
	progress.end()
	if err := c.print(con, run.summary, run.summary.text); err != nil {
		return err
	}
	if run.summary.Rejected > 0 || len(run.summary.Faults) > 0 {
		return errReported
	}
	return nil
}

func totalSize(files []string) (total int64, err error) {
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return 0, err
		}
		if !info.Mode().IsRegular() {
			return 0, fmt.Errorf("%s is not a file", file)
		}
		total += info.Size()
	}
	return total, nil
}

// importBatch is how many points are stored in one transaction.
const importBatch = 10_000

// importRun is one import on its way.
type importRun struct {
	rooms     *server.Rooms
	accountID int64
	kind      string

	trackers map[string]string // of tracks whose asset is known, by the track's name
	batch    []trail.Position
	summary  importSummary
}

// file imports one file. The error is one that ends the import; a fault of the file goes into the summary.
func (r *importRun) file(ctx context.Context, file string, progress *progress) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var failed error // of storing, which isn't the file's fault
	err = track.Read(file, progress.reader(f), func(p track.Point) error {
		failed = r.point(ctx, p)
		return failed
	})
	if failed == nil {
		failed = r.store(ctx)
	}
	if failed != nil {
		return failed
	}
	r.summary.Files++
	if err != nil {
		r.summary.Faults = append(r.summary.Faults, importFault{file, err.Error()})
	}
	return nil
}

// point takes one point, and stores the batch when it is full.
func (r *importRun) point(ctx context.Context, p track.Point) error {
	tracker, err := r.tracker(ctx, p.Track)
	if err != nil {
		return err
	}
	r.summary.Points++
	r.batch = append(r.batch, trail.Position{Tracker: tracker, Time: p.Time.UnixMilli(), Latitude: p.Latitude, Longitude: p.Longitude,
		Altitude: maybe(p.Altitude), Speed: maybe(p.Speed), Heading: maybe(p.Heading)})
	if len(r.batch) < importBatch {
		return nil
	}
	return r.store(ctx)
}

func maybe(value *float64) trail.Maybe[float64] {
	if value == nil {
		return trail.Maybe[float64]{}
	}
	return trail.Some(*value)
}

// tracker answers the tracker of the track's asset, making the asset if there is none.
func (r *importRun) tracker(ctx context.Context, name string) (string, error) {
	if tracker, ok := r.trackers[name]; ok {
		return tracker, nil
	}
	tracker := trackerOf(name)
	_, made, err := r.rooms.Fleet.EnsureByTracker(ctx, r.accountID, tracker, fleet.Draft{Name: name, Type: r.kind})
	if err != nil {
		return "", fmt.Errorf("the asset of the track %q: %w", name, err)
	}
	r.trackers[name] = tracker
	r.summary.Assets++
	if made {
		r.summary.AssetsMade++
	}
	return tracker, nil
}

// longestTracker is the most characters that a tracker's identity may have.
const longestTracker = 64

// trackerOf is the tracker identity that a track's name stands for: the name itself where it can be one, and otherwise
// what of it can, with a part of its hash, so that the same name always finds the same asset and no other's.
func trackerOf(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '-'
		}
		return r
	}, name)
	if plain == name && len(name) <= longestTracker {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := "-" + hex.EncodeToString(sum[:6])
	return plain[:min(len(plain), longestTracker-len(hash))] + hash
}

// store stores the batch and empties it.
func (r *importRun) store(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	result, err := r.rooms.Trail.Ingest(ctx, r.accountID, r.batch)
	if err != nil {
		return err
	}
	for _, rejection := range result.Rejected {
		r.summary.reject(r.batch[rejection.Index], rejection.Message)
	}
	r.summary.Stored += result.Accepted
	r.summary.Duplicates += result.Duplicates
	r.batch = r.batch[:0]
	return nil
}

// importSummary is what an import came to.
type importSummary struct {
	Files      int               `json:"files"`
	Points     int               `json:"points"`
	Stored     int               `json:"stored"`
	Duplicates int               `json:"duplicates"`
	Rejected   int               `json:"rejected"`
	Assets     int               `json:"assets"`
	AssetsMade int               `json:"assets_made"`
	Reasons    []importRejection `json:"reasons,omitempty"` // of the first that were rejected
	Faults     []importFault     `json:"faults,omitempty"`
}

type importRejection struct {
	Tracker string `json:"tracker"`
	Time    string `json:"timestamp"`
	Message string `json:"message"`
}

type importFault struct {
	File    string `json:"file"`
	Message string `json:"message"`
}

// reasonsShown is how many rejected points are told of; the others are counted.
const reasonsShown = 10

func (s *importSummary) reject(p trail.Position, message string) {
	s.Rejected++
	if len(s.Reasons) < reasonsShown {
		s.Reasons = append(s.Reasons, importRejection{p.Tracker, time.UnixMilli(p.Time).UTC().Format(time.RFC3339), message})
	}
}

func (s *importSummary) text(w io.Writer) {
	fmt.Fprintf(w, "%d points of %d assets read: %d stored, %d there already, %d rejected. %d assets made.\n",
		s.Points, s.Assets, s.Stored, s.Duplicates, s.Rejected, s.AssetsMade)
	for _, r := range s.Reasons {
		fmt.Fprintf(w, "rejected: %s at %s: %s\n", r.Tracker, r.Time, r.Message)
	}
	if more := s.Rejected - len(s.Reasons); more > 0 {
		fmt.Fprintf(w, "rejected: and %d more\n", more)
	}
	for _, f := range s.Faults {
		fmt.Fprintf(w, "not read to the end: %s: %s\n", f.File, f.Message)
	}
}
