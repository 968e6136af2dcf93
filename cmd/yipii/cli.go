package main

import (
	"context"

	"github.com/alecthomas/kong"
)

// cli is the whole command line.
type cli struct {
	ConfigFile string `name:"config" help:"File with settings (TOML)." placeholder:"PATH"`

	Serve serveCommand `cmd:"" group:"server" help:"Run the server."`
	Demo  demoCommand  `cmd:"" group:"server" help:"Run a server with a demonstration fleet, to try the API on."`

	API apiCommand `cmd:"" name:"api" group:"caller" help:"Call the API of a server."`

	Init    initCommand    `cmd:"" group:"operator" help:"Make an account, its admin and a first client."`
	Account accountCommand `cmd:"" group:"operator" help:"Accounts and their members."`
	User    userCommand    `cmd:"" group:"operator" help:"Users."`
	Client  clientCommand  `cmd:"" group:"operator" help:"OAuth clients and their secrets."`
	APIKey  apiKeyCommand  `cmd:"" name:"api-key" group:"operator" help:"API keys."`
	Token   tokenCommand   `cmd:"" group:"operator" help:"Single access tokens."`
	Audit   auditCommand   `cmd:"" group:"operator" help:"The audit log: read it, export it, look for changes in it."`
	Asset   assetCommand   `cmd:"" group:"operator" help:"Assets of an account."`
	Tracker trackerCommand `cmd:"" group:"operator" help:"Trackers that send and that no asset has."`
	Report  reportCommand  `cmd:"" group:"operator" help:"Make a report."`
	Import  importCommand  `cmd:"" group:"operator" help:"Store recorded tracks (GPX or CSV)."`

	Key     keyCommand     `cmd:"" group:"machine" help:"The keys that access tokens are signed with."`
	Secret  secretCommand  `cmd:"" group:"machine" help:"Print a fresh server secret."`
	Migrate migrateCommand `cmd:"" group:"machine" help:"Bring the database's schema forward."`
	Backup  backupCommand  `cmd:"" group:"machine" help:"Copy a SQLite database, also while it is served."`
	Move    moveCommand    `cmd:"" group:"machine" help:"Copy all that a SQLite database holds into PostgreSQL."`
	Doctor  doctorCommand  `cmd:"" group:"machine" help:"Look for what would keep the server from working."`

	Config     configCommand     `cmd:"" group:"program" help:"Print the settings in effect, and where each comes from."`
	Version    versionCommand    `cmd:"" group:"program" help:"Print the program's version."`
	Completion completionCommand `cmd:"" group:"program" help:"Print the code that completes commands in a shell."`
}

const description = `The Yipii IoT API: a fleet's vehicles report positions, and other companies' programs read them.

Start with "yipii demo", or with "yipii init" and "yipii serve".`

// newParser makes the parser of c. Commands get a context, the console and the settings by the types of their Run
// method's parameters.
func newParser(ctx context.Context, con *console, c *cli, s *settings) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("yipii"),
		kong.Description(description),
		kong.Writers(con.out, con.err),
		kong.Bind(con, s),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 120}),
		kong.ValueFormatter(s.help),
		kong.ExplicitGroups([]kong.Group{
			{Key: "server", Title: "Server:"},
			{Key: "caller", Title: "Another server's API:"},
			{Key: "operator", Title: "Accounts, credentials and fleet:"},
			{Key: "machine", Title: "Database and keys:"},
			{Key: "program", Title: "This program:"},
		}))
}

// BeforeResolve reads the settings file and the variables, once it is known which command is meant.
func (c *cli) BeforeResolve(ctx *kong.Context, s *settings) error { return s.load(ctx) }

// run carries out one command line and answers the exit code: 0 for done, 1 for a command that failed, 2 for a
// command line or settings that can't be understood.
func run(ctx context.Context, con *console, args []string) int {
	c, s := &cli{}, newSettings(con.environ)
	parser, err := newParser(ctx, con, c, s)
	if err != nil {
		return report(con, err, 1)
	}
	if line, ok := completing(con); ok {
		return complete(con, parser.Model.Node, line)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return report(con, err, 2)
	}
	if err := command.Run(); err != nil {
		return report(con, err, 1)
	}
	return 0
}
