package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	only    string
	seconds float64
	pairs   int
	write   bool
	binary  string
	dir     string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "baseline" {
		fail(runBaseline(os.Args[2], os.Args[3:]))
		return
	}
	var o options
	flag.StringVar(&o.only, "only", "", "measure only these, comma-separated: "+strings.Join(names(), ", "))
	flag.Float64Var(&o.seconds, "seconds", 2, "length of one round")
	flag.IntVar(&o.pairs, "pairs", 7, "rounds of each side")
	flag.BoolVar(&o.write, "write", false, "write the table into docs/benchmarks.md")
	flag.StringVar(&o.binary, "binary", "", "measure this binary instead of building one")
	flag.StringVar(&o.dir, "dir", "", "where databases are put; default: the system's temporary folder")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(run(ctx, o))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measurement is one name of -only.
type measurement struct {
	name string
	run  func(context.Context, *bench) error
}

func measurements() []measurement {
	return []measurement{{"token", benchToken}, {"user", benchUser}, {"million", benchMillion}, {"ingest", benchIngest}, {"follow", benchFollow},
		{"history", benchHistory}, {"trail", benchTrail}, {"simplify", benchSimplify}, {"latest", benchLatest}, {"teltonika", benchTeltonika}, {"live", benchLive}, {"idle", benchIdle},
		{"dashboard", benchDashboard}, {"report", benchReport}, {"audit", benchAudit}, {"memory", benchMemory}, {"binary", benchBinary}}
}

func names() (list []string) {
	for _, m := range measurements() {
		list = append(list, m.name)
	}
	return list
}

func run(ctx context.Context, o options) error {
	var only []string
	if o.only != "" {
		only = strings.Split(o.only, ",")
	}
	for _, name := range only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no measurement %q: take some of %s", name, strings.Join(names(), ", "))
		}
	}
	if o.write && only != nil {
		return errors.New("-write needs all measurements: leave out -only")
	}
	if o.pairs < 1 || o.seconds <= 0 {
		return errors.New("-pairs and -seconds must be positive")
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	// The generator shares the machine with what it measures: it gets half of the processors at most.
	runtime.GOMAXPROCS(max(1, runtime.NumCPU()/2))
	b, err := newBench(ctx, o, root)
	if err != nil {
		return err
	}
	defer b.close()
	for _, m := range measurements() {
		if only != nil && !slices.Contains(only, m.name) {
			continue
		}
		start := time.Now()
		if err := m.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		b.logf("%s took %.0f s", m.name, time.Since(start).Seconds())
	}
	fmt.Printf("%s\n\n%s", b.machine, b.table())
	if o.write {
		if err := writeTable(filepath.Join(root, "docs", "benchmarks.md"), b.machine.String(), b.table()); err != nil {
			return err
		}
	}
	if missed := b.missed(); missed > 0 {
		return fmt.Errorf("%d of the bars missed", missed)
	}
	return nil
}

// moduleRoot is the folder of go.mod, at or above the working folder.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run it inside the repository")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
