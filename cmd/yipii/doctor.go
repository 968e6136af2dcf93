package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/token"
)

// doctorCommand looks for what would keep the server from working, and changes nothing.
type doctorCommand struct {
	server.Config `embed:""`
	output        `embed:""`
}

// finding is what one check found.
type finding struct {
	Status  string `json:"status"` // ok, warn or fail
	Check   string `json:"check"`
	Message string `json:"message"`
}

// doctor is one examination.
type doctor struct {
	config   server.Config
	settings *settings
	now      time.Time
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any)   { d.say("ok", check, format, args...) }
func (d *doctor) warn(check, format string, args ...any) { d.say("warn", check, format, args...) }
func (d *doctor) fail(check, format string, args ...any) { d.say("fail", check, format, args...) }
func (d *doctor) say(status, check, format string, args ...any) {
	d.findings = append(d.findings, finding{status, check, fmt.Sprintf(format, args...)})
}

// Run examines everything that can be, and fails if anything would keep the server from working.
func (c *doctorCommand) Run(ctx context.Context, con *console, s *settings) error {
	d := &doctor{config: c.Config, settings: s, now: con.now()}
	d.examine(ctx)
	err := c.print(con, d.findings, func(w io.Writer) {
		rows := make([][]string, len(d.findings))
		for i, f := range d.findings {
			rows[i] = []string{f.Status, f.Check, f.Message}
		}
		table(w, "STATUS CHECK FINDING", rows)
	})
	if err != nil {
		return err
	}
	for _, f := range d.findings {
		if f.Status == "fail" {
			return errReported
		}
	}
	return nil
}

func (d *doctor) examine(ctx context.Context) {
	d.checkSettings()
	d.checkClock()
	d.checkCertificate()
	made := d.checkFiles()
	server, known := d.checkSecret(made)
	if !made {
		return
	}
	db, err := openDatabase(ctx, d.config.Database)
	if err != nil {
		d.fail("database", "%s", explain(err))
		return
	}
	defer db.Close()
	if err := db.Ping(ctx); err != nil {
		d.fail("database", "%s", explain(err))
		return
	}
	d.ok("database", "%s answers", maskURL(d.config.DatabaseURL))
	if d.checkSchema(ctx, db) && known {
		d.checkBound(ctx, db, server)
	}
	d.checkWrite(ctx, db)
}

func (d *doctor) checkSettings() {
	if err := d.config.Check(); err != nil {
		d.fail("settings", "%s", explain(err))
		return
	}
	d.ok("settings", "no contradiction; %d come from variables and the settings file", len(d.settings.origins))
	if d.settings.path == "" {
		return
	}
	u, _ := url.Parse(d.settings.file["database-url"])
	password := false
	if u != nil && u.User != nil {
		_, password = u.User.Password()
	}
	if (password || d.settings.file["server-secret"] != "") && !private(d.settings.path) {
		d.warn("settings file", "%s holds a secret and others may read it: chmod 600", d.settings.path)
	}
}

// private reports whether nobody but the owner may read the file.
func private(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o077 == 0
}

// checkClock: tokens hang on the clock. The program can't have been built in the future.
func (d *doctor) checkClock() {
	built, err := time.Parse(time.RFC3339, buildVersion().Time)
	if err == nil && d.now.Before(built.Add(-24*time.Hour)) || d.now.Year() < 2025 {
		d.fail("clock", "%s lies before this program was made: tokens would be wrong", moment(d.now, "-"))
		return
	}
	d.ok("clock", "%s", moment(d.now, "-"))
}

func (d *doctor) checkCertificate() {
	if d.config.TLSCert == "" || d.config.TLSKey == "" {
		return
	}
	pair, err := tls.LoadX509KeyPair(d.config.TLSCert, d.config.TLSKey)
	switch {
	case err != nil:
		d.fail("certificate", "%s", explain(err))
	case d.now.After(pair.Leaf.NotAfter):
		d.fail("certificate", "it has expired %s", moment(pair.Leaf.NotAfter, "-"))
	case pair.Leaf.NotAfter.Sub(d.now) < 14*24*time.Hour:
		d.warn("certificate", "it expires %s", moment(pair.Leaf.NotAfter, "-"))
	default:
		d.ok("certificate", "good until %s", moment(pair.Leaf.NotAfter, "-"))
	}
}

// checkFiles looks at a SQLite database's file and folder. It reports whether there is a database to look at.
func (d *doctor) checkFiles() (made bool) {
	path, ok := store.SQLitePath(d.config.DatabaseURL)
	if !ok {
		return true
	}
	if err := writable(filepath.Dir(path)); err != nil {
		d.fail("folder", "%s", explain(err))
	} else if free, ok := store.FreeSpace(filepath.Dir(path)); ok && free < 1<<30 {
		d.warn("folder", "%s has %d MiB left", filepath.Dir(path), free>>20)
	} else {
		d.ok("folder", "%s can be written to", filepath.Dir(path))
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn("database", `%s is not there yet: "yipii init" or "yipii serve" makes it`, path)
		return false
	case err != nil:
		d.fail("database", "%s", explain(err))
		return false
	case info.Mode().Perm()&0o077 != 0:
		d.warn("database", "others may read %s: chmod 600", path)
	}
	return true
}

// writable reports why no file can be made in the folder, or would be once the folder is made.
func writable(folder string) error {
	for {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	f, err := os.CreateTemp(folder, ".yipii-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkSecret looks for the server secret without making one. made says that the database is there already, which
// can't be used with a new secret.
func (d *doctor) checkSecret(made bool) (secret.Server, bool) {
	if d.config.ServerSecret != "" {
		server, err := secret.Parse(d.config.ServerSecret)
		if err != nil {
			d.fail("server secret", "%s", explain(err))
			return server, false
		}
		d.ok("server secret", "given by setting")
		return server, true
	}
	file := d.config.ServerSecretFile
	if path, ok := store.SQLitePath(d.config.DatabaseURL); ok && file == "" {
		file = secret.FilePath(path)
	}
	if file == "" {
		d.fail("server secret", `PostgreSQL needs it by setting, the same on every node; "yipii secret" makes one`)
		return secret.Server{}, false
	}
	return d.checkSecretFile(file, made)
}

func (d *doctor) checkSecretFile(file string, made bool) (secret.Server, bool) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !made {
		d.warn("server secret", "%s is not there yet: it is made with the database", file)
		return secret.Server{}, false
	}
	if errors.Is(err, fs.ErrNotExist) {
		d.fail("server secret", "%s is missing: the database can't be used without the secret that it was made with", file)
		return secret.Server{}, false
	}
	if err != nil {
		d.fail("server secret", "%s", explain(err))
		return secret.Server{}, false
	}
	server, err := secret.Parse(string(text))
	if err != nil {
		d.fail("server secret", "%s: %s", file, explain(err))
		return server, false
	}
	if !private(file) {
		d.warn("server secret", "others may read %s: chmod 600", file)
	} else {
		d.ok("server secret", "%s, for its owner alone", file)
	}
	return server, true
}

// checkSchema reports whether the database has tables to look into.
func (d *doctor) checkSchema(ctx context.Context, db *store.DB) bool {
	have, want, err := db.SchemaVersions(ctx)
	switch {
	case err != nil:
		d.fail("schema", "%s", explain(err))
	case have > want:
		d.fail("schema", "version %d; this program knows up to %d: use the newer program", have, want)
	case have < want:
		d.warn("schema", `version %d of %d; "yipii serve" or "yipii migrate" brings it forward`, have, want)
	default:
		d.ok("schema", "version %d", have)
	}
	return err == nil && have > 0
}

// checkBound looks whether the secret is the database's, and opens the signing keys with it.
func (d *doctor) checkBound(ctx context.Context, db *store.DB, server secret.Server) {
	bound, err := db.Setting(ctx, "server_secret_check")
	switch {
	case err != nil:
		d.fail("server secret", "%s", explain(err))
		return
	case bound == "":
		d.warn("server secret", "the database is not bound to one yet")
		return
	}
	if err := server.Bind(ctx, db); err != nil { // it is bound: this only compares
		d.fail("server secret", "%s", explain(err))
		return
	}
	ring := token.NewKeyring(db, server, func() time.Time { return d.now })
	if err := ring.Load(ctx); err != nil {
		d.fail("signing keys", "%s", explain(err))
		return
	}
	d.checkKeys(shownKeys(ring.List(), d.now))
}

func (d *doctor) checkKeys(keys []signingKey) {
	for _, k := range keys {
		if k.CreatedAt.After(d.now.Add(time.Minute)) {
			d.warn("clock", "the signing key %s was made at %s: a clock is wrong", k.KID, moment(k.CreatedAt, "-"))
		}
		if k.Status == "signing" && k.Alg != d.config.SigningAlg {
			d.warn("signing keys", "%s signs with %s and the setting is %s: the server makes a new key when it starts", k.KID, k.Alg, d.config.SigningAlg)
		}
	}
	if len(keys) == 0 {
		d.warn("signing keys", "none yet: the server makes one when it starts")
		return
	}
	d.ok("signing keys", "%d can be opened", len(keys))
}

// errNothing ends a transaction that was only to show that it can be had.
var errNothing = errors.New("nothing to write")

func (d *doctor) checkWrite(ctx context.Context, db *store.DB) {
	err := db.Tx(ctx, func(*store.Tx) error { return errNothing })
	if !errors.Is(err, errNothing) {
		d.fail("writing", "%s", strings.TrimSpace(explain(err)))
		return
	}
	d.ok("writing", "a transaction can be had")
}
