package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/geocode"
	"github.com/yipii/yipii/internal/mail"
	"github.com/yipii/yipii/internal/relay"
	"github.com/yipii/yipii/internal/reporting"
	"github.com/yipii/yipii/internal/secret"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/token"
)

// Database says where the data is: what every command needs.
type Database struct {
	DatabaseURL      string `name:"database-url" default:"sqlite:yipii.db" help:"sqlite:PATH or postgres://…" placeholder:"URL"`
	ServerSecret     string `name:"server-secret" help:"The server secret (base64url, 32 bytes or more). On SQLite it is made beside the database file." placeholder:"SECRET"`
	ServerSecretFile string `name:"server-secret-file" help:"File that holds the server secret." placeholder:"PATH"`
	MaxConns         int    `name:"max-conns" default:"0" help:"Most database connections; 0 means 4 a core, at least 8."`
}

// Tokens says how tokens are made.
type Tokens struct {
	PublicURL     string        `name:"public-url" help:"The address that clients use, and the issuer of tokens. Default: from --addr." placeholder:"URL"`
	SigningAlg    string        `name:"signing-alg" default:"ES256" enum:"ES256,EdDSA,RS256" help:"Algorithm that new access tokens are signed with: ES256, EdDSA or RS256."`
	TokenLifetime time.Duration `name:"token-lifetime" default:"8760h" help:"Lifetime of an access token whose client sets none."`
}

// Config is every setting of the server. Each is a flag, a YIPII_ variable or a line in the configuration file.
type Config struct {
	Database `embed:""`
	Tokens   `embed:""`

	Addr string `name:"addr" default:"127.0.0.1:8080" help:"Address to listen on." placeholder:"HOST:PORT"`

	TeltonikaAddr     string        `name:"teltonika-addr" help:"Address where devices of Teltonika send (TCP, Codec 8 and 8 Extended). Default: none." placeholder:"HOST:PORT"`
	OsmAndAddr        string        `name:"osmand-addr" help:"Address where phones send by the OsmAnd protocol without a credential. Default: none." placeholder:"HOST:PORT"`
	MQTTAddr          string        `name:"mqtt-addr" help:"Address where positions are published by MQTT 3.1.1 or 5. Default: none." placeholder:"HOST:PORT"`
	DeviceIdle        time.Duration `name:"device-idle" default:"10m" help:"Longest silence of a tracker's connection."`
	DeviceConnections int           `name:"device-connections" default:"20000" help:"Most connections of trackers at a time, on each of their addresses; 0 means any number."`

	TLSCert   string   `name:"tls-cert" help:"Certificate file (PEM); read again when it changes." placeholder:"PATH"`
	TLSKey    string   `name:"tls-key" help:"Private key file (PEM)." placeholder:"PATH"`
	ACMEHosts []string `name:"acme-host" help:"Get certificates for these host names by ACME (Let's Encrypt)." placeholder:"HOST"`
	ACMEEmail string   `name:"acme-email" help:"Contact address for the ACME account." placeholder:"EMAIL"`
	ACMECache string   `name:"acme-cache" default:"yipii-acme" help:"Folder that keeps ACME certificates." placeholder:"PATH"`

	RateLimit    int           `name:"rate-limit" default:"6000" help:"Requests that one credential may make in a minute, on this node; 0 means any number."`
	AuthFailures int           `name:"auth-failures" default:"20" help:"Failed client authentications in a minute that one address may make for one client; 0 means any number."`
	OfflineGrace time.Duration `name:"offline-grace" default:"10m" help:"How long good tokens go on working while the database can't be reached."`

	NATSURL string `name:"nats-url" help:"Carry live messages between nodes by this NATS server: nats://NAME:PASSWORD@HOST:4222 or tls://…, several with commas between. Default: by PostgreSQL." placeholder:"URL"`

	SMTPURL  string `name:"smtp-url" help:"Mail server for invitations, password resets and notices: smtp://NAME:PASSWORD@HOST:587 or smtps://… Default: no letters are sent." placeholder:"URL"`
	MailFrom string `name:"mail-from" help:"Address that letters come from." placeholder:"EMAIL"`

	GeocoderURL string `name:"geocoder-url" help:"Find addresses of places by this server, which speaks Nominatim's reverse; it is told where assets have been. Default: none is asked." placeholder:"URL"`

	LiveAppKey      string `name:"live-app-key" default:"yipii" help:"App key that Pusher clients name."`
	LivePlainNames  bool   `name:"live-plain-names" help:"Names of live events without the leading dot, for clients that take it away, such as Laravel Echo with a namespace."`
	LiveNoSnapshot  bool   `name:"live-no-snapshot" help:"Don't tell who subscribes to a channel the newest position of each asset first."`
	LiveCompress    bool   `name:"live-compress" help:"Compress live messages for clients that can read it. It costs memory for each connection."`
	LiveConnections int    `name:"live-connections" default:"50000" help:"Most live connections at a time on this node; 0 means any number."`

	MapTiles       string `name:"map-tiles" help:"Draw maps with the tiles of this host, which is told where somebody looks: an https address with {z}, {x} and {y}. Default: the outline of the world, and no other host is asked." placeholder:"URL"`
	MapAttribution string `name:"map-attribution" help:"Who made the map tiles, as maps say it." placeholder:"TEXT"`

	TrustedProxies []netip.Prefix `name:"trusted-proxies" help:"Networks whose X-Forwarded-For is believed." placeholder:"CIDR"`
	MetricsFrom    []netip.Prefix `name:"metrics-from" default:"127.0.0.0/8,::1/128" help:"Networks that may read /metrics." placeholder:"CIDR"`

	WebhookNetworks []netip.Prefix `name:"webhook-networks" help:"Private networks that webhooks may be sent to, by http too. Default: public addresses alone, by https." placeholder:"CIDR"`

	ReportWorkers int           `name:"report-workers" default:"0" help:"Reports that this node makes at a time; 0 means half the cores, at least 1."`
	ReportTimeout time.Duration `name:"report-timeout" default:"15m" help:"Longest that one report may be worked on."`
	ReportSize    int           `name:"report-size" default:"100" help:"Largest file of a report, in MB."`
	ReportKeep    time.Duration `name:"report-keep" default:"720h" help:"How long a report is kept after it ended."`
	ReportFiles   string        `name:"report-files" help:"Keep the files of reports in this S3 bucket: https://KEY:SECRET@HOST/BUCKET/PREFIX?region=REGION. Default: in the database." placeholder:"URL"`

	RequestTimeout  time.Duration `name:"request-timeout" default:"30s" help:"Longest that a request may be worked on."`
	ShutdownTimeout time.Duration `name:"shutdown-timeout" default:"20s" help:"Longest that a shutdown waits for requests to end."`

	LogLevel     string `name:"log-level" default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error."`
	LogFormat    string `name:"log-format" default:"json" enum:"json,text" help:"json or text."`
	OTLPEndpoint string `name:"otlp-endpoint" help:"Send OpenTelemetry traces here (OTLP over HTTP). Default: none are made." placeholder:"URL"`
}

// liveAppKey is the shape of the key that clients name in the socket's address.
var liveAppKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Check refuses settings that can't be, and fills in what follows from others.
func (c *Config) Check() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("--addr %q is not HOST:PORT", c.Addr)
	}
	for name, addr := range map[string]string{"--teltonika-addr": c.TeltonikaAddr, "--osmand-addr": c.OsmAndAddr, "--mqtt-addr": c.MQTTAddr} {
		if _, _, err := net.SplitHostPort(addr); addr != "" && err != nil {
			return fmt.Errorf("%s %q is not HOST:PORT", name, addr)
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if c.TLSCert != "" && len(c.ACMEHosts) > 0 {
		return errors.New("--tls-cert and --acme-host exclude each other")
	}
	if (c.SMTPURL == "") != (c.MailFrom == "") {
		return errors.New("--smtp-url and --mail-from go together")
	}
	if c.SMTPURL != "" {
		if _, err := mail.New(c.SMTPURL, c.MailFrom); err != nil {
			return err
		}
	}
	if c.NATSURL != "" {
		if err := relay.CheckURL(c.NATSURL); err != nil {
			return err
		}
	}
	if c.GeocoderURL != "" {
		if _, err := geocode.NewNominatim(c.GeocoderURL, ""); err != nil {
			return err
		}
	}
	if c.MapTiles != "" {
		if err := atlas.CheckTiles(c.MapTiles); err != nil {
			return fmt.Errorf("--map-tiles: %w", err)
		}
	}
	if c.ReportFiles != "" {
		if _, err := reporting.NewBucket(c.ReportFiles, nil); err != nil {
			return fmt.Errorf("--report-files: %w", err)
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = c.defaultPublicURL()
	}
	for name, d := range map[string]time.Duration{"--offline-grace": c.OfflineGrace, "--request-timeout": c.RequestTimeout, "--shutdown-timeout": c.ShutdownTimeout} {
		if d < time.Second {
			return fmt.Errorf("%s must be at least 1s", name)
		}
	}
	if c.LiveAppKey == "" {
		c.LiveAppKey = "yipii"
	}
	if !liveAppKey.MatchString(c.LiveAppKey) {
		return errors.New("--live-app-key takes letters, digits, hyphens and underscores")
	}
	if c.ReportWorkers < 0 || c.ReportTimeout < 0 || c.ReportSize < 0 || c.ReportKeep < 0 || c.RateLimit < 0 || c.AuthFailures < 0 || c.MaxConns < 0 || c.DeviceConnections < 0 || c.LiveConnections < 0 || c.DeviceIdle < 0 {
		return errors.New("limits must not be negative")
	}
	return errors.Join(c.Database.check(), c.Tokens.check())
}

// PublicAddress is where people reach a server with these settings.
func (c *Config) PublicAddress() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return c.defaultPublicURL()
}

func (c *Config) defaultPublicURL() string {
	scheme := "http"
	if c.TLSCert != "" || len(c.ACMEHosts) > 0 {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(c.Addr)
	if len(c.ACMEHosts) > 0 {
		return scheme + "://" + c.ACMEHosts[0]
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

func (d *Database) check() error {
	if d.ServerSecret != "" && d.ServerSecretFile != "" {
		return errors.New("--server-secret and --server-secret-file exclude each other")
	}
	return nil
}

func (t *Tokens) check() error {
	u, err := url.Parse(t.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("--public-url %q must be http(s)://HOST[:PORT] without a path", t.PublicURL)
	}
	t.PublicURL = u.Scheme + "://" + u.Host
	if t.TokenLifetime < time.Second || t.TokenLifetime > credential.MaxLifetime || t.TokenLifetime%time.Second != 0 {
		return errors.New("--token-lifetime must be whole seconds, from one second to ten years")
	}
	return nil
}

// secret finds the server secret: as given, or beside the SQLite file. bound says that the database has one already, so
// that one which has been lost isn't replaced by another.
func (d *Database) secret(bound bool) (secret.Server, error) {
	switch {
	case d.ServerSecret != "":
		return secret.Parse(d.ServerSecret)
	case d.ServerSecretFile != "":
		return secret.LoadFile(d.ServerSecretFile, bound)
	}
	if path, ok := store.SQLitePath(d.DatabaseURL); ok {
		return secret.LoadFile(secret.FilePath(path), bound)
	}
	return secret.Server{}, errors.New("PostgreSQL needs the server secret by setting, the same on every node: --server-secret, YIPII_SERVER_SECRET or --server-secret-file; `yipii secret` makes one")
}

// alg is the algorithm that the ring must sign with.
func (t *Tokens) alg() token.Alg { return token.Alg(t.SigningAlg) }
