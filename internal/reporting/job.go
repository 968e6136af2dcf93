package reporting

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/yipii/yipii/internal/store"
)

// A job says that there is a report to make, and nothing else: which one follows when it is taken (turn.go); whether it still is to be
// made, who makes it, and how often it was tried stands in the report's row. Each change of the row that leaves work to do puts a job
// in the same transaction; a job for which nothing waits is done at once. So no job can be lost, and one too many does no harm.

// jobArgs is River's view of a job.
type jobArgs struct {
	ReportID string `json:"report_id"`
}

// Kind implements river.JobArgs.
func (jobArgs) Kind() string { return "report" }

// addJob puts a job into a transaction, to be taken at once where at is zero. At a later time it also wakes the report, which is
// paused until then.
type addJob func(ctx context.Context, reportID string, at time.Time) error

// queue is River on either database.
type queue interface {
	// write runs fn in one writing transaction.
	write(ctx context.Context, fn func(tx store.Writer, add addJob) error) error
	// start takes jobs until stop, with as many workers.
	start(ctx context.Context, workers int) error
	// stop ends the jobs that are being worked on, and waits for them.
	stop(ctx context.Context) error
}

const (
	riverQueue = "reports"
	// Jobs that wake a report go first, so that it waits for its account's turn as the others do, and not behind all of their jobs.
	riverWake, riverTurn = 1, 2
	// riverKeeps is how long River keeps jobs that have ended: they tell nothing that the report's row doesn't.
	riverKeeps = time.Hour
	// riverRescues is when River takes a job for lost whose worker was killed. The report has long been taken over then.
	riverRescues = time.Hour
)

// newQueue makes the queue of a database.
func newQueue(db *store.DB, s *Service) queue {
	sqlite, postgres := db.Pools()
	if db.Dialect == store.Postgres {
		return newJobs(s, riverpgxv5.New(postgres), func(ctx context.Context, fn func(store.Writer, pgx.Tx) error) error {
			return db.PostgresTx(ctx, func(tx pgx.Tx) error { return fn(store.PostgresWriter(tx), tx) })
		})
	}
	return newJobs(s, riversqlite.New(sqlite), sqliteWrite(db))
}

// jobs is the queue with a transaction of the type that the database's driver for River takes.
type jobs[Tx any] struct {
	service *Service
	driver  riverdriver.Driver[Tx]
	begin   func(ctx context.Context, fn func(store.Writer, Tx) error) error
	put     *river.Client[Tx] // puts jobs
	take    *river.Client[Tx] // takes them; nil before start
}

func newJobs[Tx any](s *Service, driver riverdriver.Driver[Tx], begin func(context.Context, func(store.Writer, Tx) error) error) *jobs[Tx] {
	client, err := river.NewClient(driver, &river.Config{Logger: s.riverLog()})
	if err != nil {
		panic(err) // the configuration is the same each time
	}
	return &jobs[Tx]{service: s, driver: driver, begin: begin, put: client}
}

func (j *jobs[Tx]) write(ctx context.Context, fn func(store.Writer, addJob) error) error {
	return j.begin(ctx, func(w store.Writer, tx Tx) error {
		return fn(w, func(ctx context.Context, reportID string, at time.Time) error {
			priority := riverTurn
			if !at.IsZero() {
				priority = riverWake
			}
			_, err := j.put.InsertTx(ctx, tx, jobArgs{reportID}, &river.InsertOpts{Queue: riverQueue, Priority: priority, ScheduledAt: at})
			return err
		})
	})
}

func (j *jobs[Tx]) start(ctx context.Context, workers int) error {
	known := river.NewWorkers()
	river.AddWorker(known, &worker{service: j.service})
	client, err := river.NewClient(j.driver, &river.Config{
		Queues:  map[string]river.QueueConfig{riverQueue: {MaxWorkers: workers}},
		Workers: known, Logger: j.service.riverLog(),
		JobTimeout: -1, RescueStuckJobsAfter: riverRescues, FetchCooldown: 20 * time.Millisecond,
		CompletedJobRetentionPeriod: riverKeeps, CancelledJobRetentionPeriod: riverKeeps, DiscardedJobRetentionPeriod: riverKeeps,
	})
	if err != nil {
		return err
	}
	j.take = client
	return client.Start(ctx)
}

func (j *jobs[Tx]) stop(ctx context.Context) error {
	if j.take == nil {
		return nil
	}
	return j.take.StopAndCancel(ctx)
}

// worker is River's view of who makes reports.
type worker struct {
	river.WorkerDefaults[jobArgs]
	service *Service
}

// Work implements river.Worker. An error is the database's, which didn't let the report be claimed: River tries again.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	return w.service.work(ctx, job.Args.ReportID)
}

// riverLog is where River says what goes wrong; what goes well it needn't.
func (s *Service) riverLog() *slog.Logger {
	if s.opt.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(warnings{s.opt.Log.Handler()})
}

// warnings is a log of warnings and worse.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
