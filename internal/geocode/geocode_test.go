package geocode

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
	"github.com/yipii/yipii/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// server is a provider's server, and how often it was asked.
func server(t *testing.T) (*Nominatim, *atomic.Int64) {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		q := r.URL.Query()
		if r.URL.Path != "/reverse" || q.Get("format") != "jsonv2" || q.Get("key") != "k1" || r.UserAgent() != "Yipii/test" {
			t.Errorf("asked %s by %s", r.URL, r.UserAgent())
		}
		switch q.Get("lat") {
		case "52.5200":
			_, _ = w.Write([]byte(`{"place_id":1,"display_name":"Alexanderplatz, Berlin"}`))
		case "0.0000":
			_, _ = w.Write([]byte(`{"error":"Unable to geocode"}`))
		default:
			http.Error(w, "too many", http.StatusTooManyRequests)
		}
	}))
	t.Cleanup(s.Close)
	provider, err := NewNominatim(s.URL+"/reverse?key=k1", "Yipii/test")
	if err != nil {
		t.Fatal(err)
	}
	return provider, &asked
}

func quick(db *store.DB, p Provider) *Service {
	s := New(db, p, slog.New(slog.DiscardHandler))
	s.pause = time.Millisecond
	return s
}

func TestFind(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		provider, asked := server(t)
		s := quick(db, provider)
		for _, c := range []struct {
			latitude, longitude float64
			want                string
			kind                fault.Kind
			asked               int64
		}{
			{52.52, 13.405, "Alexanderplatz, Berlin", 0, 1},
			{52.520004, 13.404996, "Alexanderplatz, Berlin", 0, 1}, // a few centimetres beside it
			{0, 0, "", 0, 2},
			{0, 0, "", 0, 2}, // that there is none is known too
			{1, 1, "", fault.Unavailable, 3},
			{1, 1, "", fault.Unavailable, 4}, // a failure isn't kept
			{91, 1, "", fault.Invalid, 4},
			{1, -181, "", fault.Invalid, 4},
		} {
			address, err := s.Find(t.Context(), c.latitude, c.longitude)
			if address != c.want || (err != nil) != (c.kind != 0) || err != nil && fault.As(err).Kind != c.kind || asked.Load() != c.asked {
				t.Errorf("%v, %v: %q, %v, asked %d times", c.latitude, c.longitude, address, err, asked.Load())
			}
			if err != nil && strings.Contains(err.Error(), "k1") {
				t.Errorf("the key is in %v", err)
			}
		}
		none := quick(db, nil)
		if address, err := none.Find(t.Context(), 52.52, 13.405); err != nil || address != "Alexanderplatz, Berlin" {
			t.Errorf("what is known needs no provider: %q, %v", address, err)
		}
		if _, err := none.Find(t.Context(), 2, 2); fault.As(err).Kind != fault.NotFound {
			t.Errorf("without a provider: %v", err)
		}
		if err := s.store.purge(t.Context(), -time.Hour); err != nil {
			t.Fatal(err)
		}
		if known, err := s.store.find(t.Context(), []Place{PlaceOf(52.52, 13.405)}); err != nil || len(known) != 0 {
			t.Errorf("after the purge: %v, %v", known, err)
		}
	})
}

func TestKnownIsLookedUpForTheNextTime(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		provider, _ := server(t)
		s := quick(db, provider)
		places := []Place{PlaceOf(52.52, 13.405), PlaceOf(0, 0)}
		if known, err := s.Known(t.Context(), places); err != nil || len(known) != 0 {
			t.Fatalf("%v, %v", known, err)
		}
		if _, err := s.Known(t.Context(), places); err != nil || len(s.wanted) != len(places) {
			t.Errorf("wanted twice: %v, %v", s.wanted, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.Run(ctx)
		}()
		for {
			known, err := s.store.find(t.Context(), places)
			if err != nil {
				t.Fatal(err)
			}
			if len(known) == 2 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		stop()
		<-ended
	})
}

// stuck is a provider that answers when it is let.
type stuck chan struct{}

func (s stuck) Address(ctx context.Context, _, _ float64) (string, error) {
	select {
	case <-s:
		return "", errors.New("let go")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func TestFewWait(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, db *store.DB) {
		provider := make(stuck)
		s := quick(db, provider)
		answers := make(chan error, 10)
		for i := range maxWaiting + 1 {
			go func() {
				_, err := s.Find(t.Context(), float64(i), 0)
				answers <- err
			}()
		}
		// One too many is refused while the others wait; they end when the provider does.
		if err := <-answers; fault.As(err).Kind != fault.Unavailable || fault.As(err).RetryAfter == 0 {
			t.Errorf("one too many: %v", err)
		}
		close(provider)
		for range maxWaiting {
			if err := <-answers; fault.As(err).Kind != fault.Unavailable {
				t.Errorf("%v", err)
			}
		}
	})
}

func FuzzNominatim(f *testing.F) {
	f.Add([]byte(`{"display_name":"Alexanderplatz, Berlin"}`))
	f.Add([]byte(`{"error":"Unable to geocode"}`))
	f.Add([]byte(`{"display_name":"a\u0000b\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		address, err := readNominatim(body)
		if len(address) > maxAddress || err != nil && address != "" || strings.ContainsAny(address, "\x00\n") {
			t.Errorf("%q, %v", address, err)
		}
	})
}
