//go:build !race

package atlas_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/yipii/yipii/internal/atlas"
	"github.com/yipii/yipii/internal/testkit/browser"
)

// bare is a page of atlas on a server of its own. dialled counts the connections that pusher-js asked for.
func bare(t *testing.T, options func(base string) atlas.Options) (p *browser.Page, dialled, tiles *atomic.Int64) {
	t.Helper()
	dialled, tiles = new(atomic.Int64), new(atomic.Int64)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("GET "+atlas.Pattern, atlas.Handler())
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /app/k1", func(w http.ResponseWriter, _ *http.Request) {
		dialled.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("GET /tile/{z}/{x}/{y}", func(w http.ResponseWriter, r *http.Request) {
		tiles.Add(1)
		tile := image.NewRGBA(image.Rect(0, 0, 256, 256))
		for i := range 256 * 256 {
			shade := uint8(215 + (i%256/32+i/256/32)%2*20)
			tile.Set(i%256, i/256, color.RGBA{shade, shade, 200, 255})
		}
		var b bytes.Buffer
		_ = png.Encode(&b, tile)
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(b.Bytes())
	})
	mux.HandleFunc("GET /t/abc", func(w http.ResponseWriter, _ *http.Request) {
		o := options(server.URL)
		w.Header().Set("Content-Security-Policy", atlas.ContentSecurity(o.Tiles))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := atlas.Page(w, atlas.PageOptions{Title: "Where is Van 12?", Options: o}); err != nil {
			t.Error(err)
		}
	})
	return browser.Open(t, server.URL), dialled, tiles
}

func until(t *testing.T, p *browser.Page, condition string) {
	t.Helper()
	p.Do(chromedp.Poll[chromedp.Void](`(() => { const live = document.querySelector("[data-live-map]").liveMap; return Boolean(live && (` + condition + `)); })()`))
}

func picture(p *browser.Page, name string) {
	if folder := os.Getenv("YIPII_TEST_PICTURES"); folder != "" {
		p.Screenshot(filepath.Join(folder, name+".png"))
	}
}

func one(name string, at time.Time) []atlas.Asset {
	latitude, longitude, speed, heading := 52.52, 13.40, 42.0, 45.0
	return []atlas.Asset{{ID: 7, Name: name, Status: "moving", Latitude: &latitude, Longitude: &longitude, Speed: &speed, Heading: &heading, Timestamp: &at}}
}

// TestBarePage: a page for somebody who follows one vehicle. It fills the window, draws the way behind the vehicle, and
// nothing on it breaks its own policy.
func TestBarePage(t *testing.T) {
	now := time.Now().UTC()
	p, _, _ := bare(t, func(string) atlas.Options {
		return atlas.Options{Assets: one("Van 12", now), Trail: true, ListTitle: "Vehicles"}
	})
	for name, look := range map[string]browser.Look{"desk": {}, "phone": {Phone: true, Dark: true}} {
		t.Run(name, func(t *testing.T) {
			p := p.In(t)
			p.As(look)
			p.Goto("/t/abc")
			p.Do(chromedp.WaitVisible(".lm-list li button"))
			until(t, p, `live.map.loaded() && live.map.queryRenderedFeatures({layers: ["markers"]}).length === 1`)
			p.Do(chromedp.Click(".lm-list li button"), chromedp.WaitVisible(".lm-card"))
			for i := range 3 {
				p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("[data-live-map]").liveMap.update({asset_id: 7, latitude: %v, longitude: %v, speed: 50, heading: 45, timestamp: %q, status: "moving"}); undefined`,
					52.521+float64(i)*0.004, 13.402+float64(i)*0.005, now.Add(time.Duration(i+1)*time.Second).Format(time.RFC3339Nano))))
			}
			until(t, p, `live.trail.state().points === 4 && live.asset(7).glide === null && live.map.queryRenderedFeatures({layers: ["trail"]}).length > 0 && live.map.loaded()`)
			picture(p, "bare-"+name)
			if n := p.Overflow(); n > 0 {
				t.Errorf("%d pixels too wide", n)
			}
			p.Check()
			t.Run("axe", func(t *testing.T) {
				for _, v := range p.In(t).Axe() {
					t.Error(v)
				}
			})
		})
	}
}

// TestReconnecting: while nobody answers the page says so, and shows what it has. Its policy lets it dial the same host.
func TestReconnecting(t *testing.T) {
	p, dialled, tiles := bare(t, func(base string) atlas.Options {
		return atlas.Options{Assets: one("Van 12", time.Now()), Live: &atlas.Live{Key: "k1", Channel: "track.abc"}, Tiles: base + "/tile/{z}/{x}/{y}", Attribution: "© <b>Somebody"}
	})
	p.As(browser.Look{Dark: true})
	p.Goto("/t/abc")
	if got := p.Text(".lm-link"); got != "Reconnecting…" {
		t.Errorf("it says %q", got)
	}
	until(t, p, `live.map.loaded() && live.state() === "reconnecting"`)
	for deadline := time.Now().Add(30 * time.Second); dialled.Load() == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
	}
	if dialled.Load() == 0 || tiles.Load() == 0 {
		t.Errorf("%d connections, %d tiles", dialled.Load(), tiles.Load())
	}
	if got := p.Text(".maplibregl-ctrl-attrib"); !strings.Contains(got, "© <b>Somebody") {
		t.Errorf("the attribution is %q", got)
	}
	picture(p, "bare-tiles")
	for _, fault := range p.Faults() {
		if !strings.Contains(fault, "WebSocket") {
			t.Error(fault)
		}
	}
}

// TestFollow: a page about one vehicle opens with its card, and goes along with it.
func TestFollow(t *testing.T) {
	now := time.Now().UTC()
	p, _, _ := bare(t, func(string) atlas.Options {
		return atlas.Options{Assets: one("Van 12", now), Trail: true, Follow: true}
	})
	p.As(browser.Look{Phone: true})
	p.Goto("/t/abc")
	if got := p.Text(".lm-card"); !strings.Contains(got, "Van 12") || !strings.Contains(got, "42 km/h") {
		t.Errorf("the card says %q", got)
	}
	until(t, p, `live.map.loaded()`)
	p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("[data-live-map]").liveMap.update({asset_id: 7, latitude: 52.6, longitude: 13.6, speed: 50, heading: 45, timestamp: %q, status: "moving"}); undefined`,
		now.Add(time.Second).Format(time.RFC3339Nano))))
	until(t, p, `!live.map.isMoving() && Math.abs(live.map.getCenter().lng - 13.6) < 0.001 && live.map.queryRenderedFeatures({layers: ["chosen"]}).length === 1`)
	picture(p, "bare-follow")
	if n := p.Overflow(); n > 0 {
		t.Errorf("%d pixels too wide", n)
	}
	p.Check()
}
