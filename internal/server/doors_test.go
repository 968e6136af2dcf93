package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/account"
	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fleet"
	"github.com/yipii/yipii/internal/server"
	"github.com/yipii/yipii/internal/testkit"
)

// door waits for the line that says where a protocol is listened for.
func door(t *testing.T, logs *logBuffer, protocol string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, line := range strings.Split(logs.String(), "\n") {
			var said struct{ Msg, Protocol, Addr string }
			if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "listening for trackers" && said.Protocol == protocol {
				return said.Addr
			}
		}
	}
	t.Fatalf("%s is not listened for", protocol)
	return ""
}

// mqttConnect is a CONNECT packet of MQTT 3.1.1.
func mqttConnect(name, password string) []byte {
	text := func(s string) string { return string([]byte{byte(len(s) >> 8), byte(len(s))}) + s }
	body := text("MQTT") + "\x04\xc2\x00\x3c" + text("me") + text(name) + text(password)
	return append([]byte{0x10, byte(len(body)&0x7f) | 0x80, byte(len(body) >> 7)}, body...)
}

// TestDoors: the ports of trackers are open while the server serves, encrypted where it is, counted, and closed with it.
func TestDoors(t *testing.T) {
	folder, logs := t.TempDir(), &logBuffer{}
	pool := x509.NewCertPool()
	pool.AddCert(writeCertificate(t, folder))
	config := server.Config{
		Database: server.Database{DatabaseURL: "sqlite:" + filepath.Join(folder, "yipii.db")}, Tokens: server.Tokens{PublicURL: "https://iot.example", SigningAlg: "ES256", TokenLifetime: time.Hour},
		Addr: "127.0.0.1:0", TeltonikaAddr: "127.0.0.1:0", OsmAndAddr: "127.0.0.1:0", MQTTAddr: "127.0.0.1:0", TLSCert: filepath.Join(folder, "cert.pem"), TLSKey: filepath.Join(folder, "key.pem"),
		AuthFailures: 20, OfflineGrace: time.Minute, RequestTimeout: 20 * time.Second, ShutdownTimeout: 10 * time.Second, MetricsFrom: mustPrefixes("127.0.0.0/8"),
	}
	s, err := server.New(t.Context(), config, "test", server.NewLog(logs, "info", "json"), time.Now)
	must(t, err)
	listener, err := net.Listen("tcp", config.Addr)
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()

	acme, admin, err := s.Rooms.Accounts.Create(t.Context(), account.NewAccount{Key: "acme", Name: "Acme", Email: "a@acme.example"})
	must(t, err)
	_, err = s.Rooms.Fleet.Create(t.Context(), acme.ID, fleet.Draft{Name: "Van", Tracker: "356307042441013"})
	must(t, err)
	_, key, err := s.Rooms.Credentials.CreateKey(t.Context(), credential.Key{AccountID: acme.ID, UserID: admin, Name: "test", Scopes: bearer.AllScopes})
	must(t, err)

	device, err := net.Dial("tcp", door(t, logs, "teltonika"))
	must(t, err)
	defer device.Close()
	must(t, device.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = device.Write([]byte("\x00\x0f356307042441013"))
	must(t, err)
	var answer [4]byte
	if _, err := io.ReadFull(device, answer[:1]); err != nil || answer[0] != 1 {
		t.Errorf("greeted with %d: %v", answer[0], err)
	}

	encrypted := &tls.Config{RootCAs: pool, ServerName: "iot.example"}
	phone := &http.Client{Transport: &http.Transport{TLSClientConfig: encrypted}}
	for query, want := range map[string]int{"id=356307042441013&lat=1&lon=2": 200, "id=nobody&lat=1&lon=2": 404} {
		res, err := phone.Get("https://" + door(t, logs, "osmand") + "/?" + query)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d", query, res.StatusCode)
		}
	}
	for _, c := range []struct {
		password string
		code     byte
	}{{key, 0}, {testkit.Spoiled(key), 5}} {
		conn, err := tls.Dial("tcp", door(t, logs, "mqtt"), encrypted)
		must(t, err)
		defer conn.Close()
		must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = conn.Write(mqttConnect("acme", c.password))
		must(t, err)
		if _, err := io.ReadFull(conn, answer[:]); err != nil || answer[3] != c.code {
			t.Errorf("MQTT: %x, %v", answer, err)
		}
	}

	api := &http.Client{Transport: &http.Transport{TLSClientConfig: encrypted}}
	res, err := api.Get("https://" + listener.Addr().String() + "/metrics")
	must(t, err)
	metrics, _ := io.ReadAll(res.Body)
	res.Body.Close()
	for _, want := range []string{`yipii_intake_connections{protocol="teltonika"} 1`, `yipii_intake_positions_total{protocol="osmand",result="accepted"} 1`,
		`yipii_intake_refusals_total{protocol="osmand",reason="unknown"} 1`, `yipii_intake_refusals_total{protocol="mqtt",reason="unauthorized"} 1`} {
		if !strings.Contains(string(metrics), want) {
			t.Errorf("no metric %s", want)
		}
	}
	phone.CloseIdleConnections()
	api.CloseIdleConnections()
	stop()
	must(t, <-ended)
	if n, err := device.Read(answer[:]); err == nil {
		t.Errorf("%d bytes more", n)
	}
	if strings.Contains(logs.String(), key) {
		t.Error("a key stands in the log")
	}
	seen(t, config)
}

// seen looks at what a stopped server has written: the unknown tracker, and the refusal by MQTT.
func seen(t *testing.T, config server.Config) {
	t.Helper()
	rooms, err := server.OpenRooms(t.Context(), config.Database, "", time.Now, server.NewLog(io.Discard, "info", "json").Logger)
	must(t, err)
	defer rooms.Close()
	unknown, err := rooms.Unknown.List(t.Context(), 10)
	must(t, err)
	if len(unknown) != 1 || unknown[0].Identity != "nobody" || unknown[0].Address != "127.0.0.1" {
		t.Errorf("%+v", unknown)
	}
	events, _, err := rooms.Audit.List(t.Context(), 0, audit.Filter{Action: "request.refused"})
	must(t, err)
	if text := fmt.Sprintf("%+v", events); !strings.Contains(text, "MQTT connect") {
		t.Errorf("the refusal is not in the audit log: %s", text)
	}
}

// TestDoorInUse: a port that can't be had keeps the server from starting, and says so.
func TestDoorInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	config := server.Config{
		Database: server.Database{DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "yipii.db")}, Tokens: server.Tokens{PublicURL: "https://iot.example", SigningAlg: "ES256", TokenLifetime: time.Hour},
		Addr: "127.0.0.1:0", TeltonikaAddr: "127.0.0.1:0", MQTTAddr: taken.Addr().String(), OfflineGrace: time.Minute, RequestTimeout: time.Minute, ShutdownTimeout: time.Minute,
	}
	s, err := server.New(t.Context(), config, "test", server.NewLog(io.Discard, "info", "json"), time.Now)
	must(t, err)
	listener, err := net.Listen("tcp", config.Addr)
	must(t, err)
	if err := s.Serve(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
}
