package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	oldestMajor  = 15         // of PostgreSQL
	adminRole    = "postgres" // the superuser that initdb makes
	ordinaryRole = "yipii"    // the role that tests connect as
	folderPrefix = "yipii-test-postgres-"
	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
)

var errNoPrograms = fmt.Errorf("PostgreSQL server programs not found (initdb and postgres, version %d or newer)", oldestMajor)

// server is one PostgreSQL server with its own data folder and port. The zero value is not usable; startServer makes one.
type server struct {
	bindir  string
	account account // the operating system's account that the programs run as
	folder  string  // data, socket and log
	durable bool
	lock    *os.File // held on the folder for as long as this process lives
	port    int      // the same through restarts

	mu      sync.Mutex
	process *process // nil while stopped
}

// startServer makes a data folder and starts a server on it. The error is errNoPrograms where PostgreSQL is not
// installed.
func startServer(durable bool) (*server, error) {
	bindir, err := findPrograms()
	if err != nil {
		return nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	parent := temporaryFolder(account)
	sweep(parent)
	folder, err := os.MkdirTemp(parent, folderPrefix)
	if err != nil {
		return nil, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, err
	}
	s := &server{bindir: bindir, account: account, folder: folder, durable: durable}
	if err := s.initialise(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// initialise fills the new folder, starts the server on a free port and makes the role that tests use.
func (s *server) initialise() error {
	var err error
	if s.lock, err = lockFolder(s.folder); err != nil {
		return err
	}
	if err := s.account.own(s.folder); err != nil {
		return err
	}
	initdb := s.command("initdb", "--pgdata="+s.dataFolder(), "--username="+adminRole, "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", initdb.Path, err, output)
	}
	for attempt := 1; ; attempt++ {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.start(); err == nil {
			break
		}
		// Someone else may have taken the port after it was found free.
		if attempt == 5 || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
	}
	return s.exec("CREATE ROLE " + ordinaryRole + " LOGIN CREATEDB")
}

func (s *server) dataFolder() string { return filepath.Join(s.folder, "data") }

func (s *server) url(database string) string { return s.urlAs(ordinaryRole, database) }

func (s *server) adminURL() string { return s.urlAs(adminRole, "postgres") }

func (s *server) urlAs(role, database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", role, s.port, database)
}

// command prepares one of PostgreSQL's programs to run as the server's account, without the settings (PGPORT,
// PGOPTIONS and so on) and the language of whoever runs the tests.
func (s *server) command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bindir, program), arguments...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = s.account.attributes()
	return cmd
}

// start runs the server on its port and waits until it takes connections.
func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return errors.New("the server is running already")
	}
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(s.port),
		"unix_socket_directories=" + s.folder,
		"max_connections=200",
		"timezone=UTC",
		"log_timezone=UTC",
	}
	if !s.durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	arguments := []string{"-D", s.dataFolder()}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	deadline := time.Now().Add(startTimeout)
	for {
		p, err := launch(s.command("postgres", arguments...), filepath.Join(s.folder, "server.log"))
		if err != nil {
			return err
		}
		if err = s.awaitReady(p, deadline); err == nil {
			s.process = p
			return nil
		}
		p.end(os.Kill)
		// After a kill, the old server's helpers need a moment to notice, and the data is theirs until then.
		if !strings.Contains(err.Error(), "is still in use") || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// awaitReady waits until the server that p runs, and not another that has the same port, takes connections.
func (s *server) awaitReady(p *process, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	var last error
	for {
		select {
		case <-p.done:
			return fmt.Errorf("postgres ended at its start (%v):\n%s", p.result, p.output())
		case <-ctx.Done():
			return fmt.Errorf("postgres took no connections for %v (%v):\n%s", startTimeout, last, p.output())
		case <-time.After(20 * time.Millisecond):
		}
		var folder string
		if folder, last = s.servedFolder(ctx); last == nil && folder == s.dataFolder() {
			return nil
		}
	}
}

// servedFolder asks whoever answers on the port where its data is.
func (s *server) servedFolder(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.adminURL())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var folder string
	err = conn.QueryRow(ctx, "SHOW data_directory").Scan(&folder)
	return filepath.FromSlash(folder), err
}

// stop ends the server at once ("immediate shutdown") and waits until all its processes are gone.
func (s *server) stop() error { return s.end(immediateShutdown) }

// kill ends the server's main process with a signal that it can't catch.
func (s *server) kill() error { return s.end(os.Kill) }

func (s *server) end(signal os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	err := s.process.end(signal)
	s.process = nil
	return err
}

// close stops the server for good and removes its files.
func (s *server) close() error {
	err := s.stop()
	// Right after a kill, the server's helpers may still be writing: removal is tried again for a short while.
	for attempt := 0; ; attempt++ {
		removal := os.RemoveAll(s.folder)
		if removal == nil || attempt == 100 {
			err = errors.Join(err, removal)
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// process is a child that runs until it is ended, or until the test process dies, however it dies.
type process struct {
	cmd    *exec.Cmd
	log    string
	offset int64 // where this run's output starts in the log
	done   chan struct{}
	result error // of the child; to be read after done
}

// launch starts cmd, its output being added to the file log. Linux ends a child with the thread that started it, not
// with the process: so the goroutine that starts it keeps its thread until the child is gone.
func launch(cmd *exec.Cmd, log string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the child has its own copy
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = file, file
	p := &process{cmd: cmd, log: log, offset: info.Size(), done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.result = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// end sends the signal and waits until the child is gone. It is no error if the child was gone before.
func (p *process) end(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("postgres did not end within %v:\n%s", stopTimeout, p.output())
	}
}

// output answers the end of what the child has written.
func (p *process) output() string {
	const most = 8 << 10
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	content = content[min(p.offset, int64(len(content))):]
	return string(bytes.TrimSpace(content[max(0, len(content)-most):]))
}

// findPrograms answers the folder with initdb and postgres, or errNoPrograms.
func findPrograms() (string, error) {
	if dir := os.Getenv("YIPII_TEST_PG_BINDIR"); dir != "" {
		// A mistake in an explicit choice is not hidden by using another.
		if err := checkPrograms(dir); err != nil {
			return "", fmt.Errorf("YIPII_TEST_PG_BINDIR: %w", err)
		}
		return dir, nil
	}
	var candidates []string
	if path, err := exec.LookPath("initdb"); err == nil {
		// A link on PATH may stand alone, without the other programs.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(path))
		}
	}
	if output, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(output)))
	}
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(packaged, func(a, b string) int { return packagedMajor(b) - packagedMajor(a) })
	for _, dir := range append(candidates, packaged...) {
		if checkPrograms(dir) == nil {
			return dir, nil
		}
	}
	return "", errNoPrograms
}

// packagedMajor reads the version from a folder such as /usr/lib/postgresql/15/bin; 0 if there is none.
func packagedMajor(dir string) int {
	major, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return major
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// checkPrograms says what is wrong with dir as the home of the server programs.
func checkPrograms(dir string) error {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return err
	}
	output, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "postgres"), err)
	}
	match := versionLine.FindSubmatch(output)
	if match == nil {
		return fmt.Errorf("%s: unknown version %q", dir, output)
	}
	if major, _ := strconv.Atoi(string(match[1])); major < oldestMajor {
		return fmt.Errorf("%s: PostgreSQL %d is older than %d", dir, major, oldestMajor)
	}
	return nil
}

// immediateShutdown is what PostgreSQL's main process takes as the order to end at once, without a checkpoint.
const immediateShutdown = syscall.SIGQUIT
