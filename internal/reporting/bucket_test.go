package reporting

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/testkit"
)

// TestSignature: the examples that AWS publishes (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
func TestSignature(t *testing.T) {
	s := signer{key: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "s3"}
	for _, c := range []struct {
		method, path, query, body string
		header                    map[string]string
		want                      string
	}{
		{"GET", "/test.txt", "", "", map[string]string{"Range": "bytes=0-9"}, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "/test$file.text", "", "Welcome to Amazon S3.", map[string]string{"Date": "Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY"},
			"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "/", "lifecycle=", "", nil, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "/", "max-keys=2&prefix=J", "", nil, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		req, err := http.NewRequest(c.method, "https://examplebucket.s3.amazonaws.com", nil)
		must(t, err)
		req.URL.Path, req.URL.RawQuery = c.path, c.query
		for name, value := range c.header {
			req.Header.Set(name, value)
		}
		sum := sha256.Sum256([]byte(c.body))
		s.sign(req, hex.EncodeToString(sum[:]), time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
		if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+c.want) {
			t.Errorf("%s %s?%s: %s", c.method, c.path, c.query, got)
		}
	}
}

// smallStore is a store of objects as S3 has them, of what a Bucket needs.
type smallStore struct {
	mu      sync.Mutex
	objects map[string][]byte
	parts   map[string][][]byte
	away    bool
}

func (s *smallStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	sum := sha256.Sum256(body)
	name, query := r.URL.Path, r.URL.Query()
	switch {
	case s.away:
		w.WriteHeader(503)
	case r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/"):
		w.WriteHeader(403)
	case r.Method == "POST" && query.Has("uploads"):
		s.parts["1"] = nil
		fmt.Fprint(w, `<?xml version="1.0"?><InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><UploadId>1</UploadId></InitiateMultipartUploadResult>`)
	case r.Method == "PUT" && query.Has("partNumber"):
		s.parts["1"] = append(s.parts["1"], body)
		w.Header().Set("ETag", `"`+query.Get("partNumber")+`"`)
	case r.Method == "POST" && bytes.Contains(body, []byte(`<PartNumber>`+strconv.Itoa(len(s.parts["1"]))+`</PartNumber><ETag>&#34;`)):
		s.objects[name] = slices.Concat(s.parts["1"]...)
		fmt.Fprint(w, `<CompleteMultipartUploadResult/>`)
	case r.Method == "PUT":
		s.objects[name] = body
	case r.Method == "GET" && s.objects[name] != nil:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.objects[name]))
	case r.Method == "DELETE":
		delete(s.objects, name)
		w.WriteHeader(204)
	default:
		w.WriteHeader(404)
	}
}

// TestBucket: reports whose files are in a store that speaks S3's protocol, in one call and in parts; while it is away, they wait.
func TestBucket(t *testing.T) {
	t.Parallel() // it waits for River's look, as TestFailures does
	s := &smallStore{objects: map[string][]byte{}, parts: map[string][][]byte{}}
	server := httptest.NewServer(s)
	defer server.Close()
	address := strings.Replace(server.URL, "http://", "http://key:s%2Fecret@", 1) + "/files/of/yipii"
	bucket, err := NewBucket(address, time.Now)
	must(t, err)
	if text := fmt.Sprintf("%s %#v", bucket, bucket); strings.Contains(text, "ecret") {
		t.Errorf("it shows its secret: %s", text)
	}
	for _, bad := range []string{"https://host/bucket", "https://key@host/bucket", "https://key:secret@host/", "ftp://key:secret@host/bucket"} {
		if _, err := NewBucket(bad, nil); err == nil || strings.Contains(err.Error(), "secret@host") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	w := newWorld(t, testkit.SQLite(t))
	w.pace.lease = 20 * time.Second // nobody is overtaken here
	w.Configure(func(o *Options) { o.Bucket = bucket })
	s.away = true
	id := w.want(201, "POST", prefix+"/generate", mileage)["id"].(string)
	w.run(w.node)
	for range 100 { // until it has been tried in vain
		if w.maker.made.Load() > 1 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.mu.Lock()
	s.away = false
	s.mu.Unlock()
	w.until(id, Completed)
	if out := w.call("GET", prefix+"/"+id+"/download", ""); out.Body.String() != "May" {
		t.Errorf("short: %q", out.Body)
	}
	long := make([]byte, 2*partSize+1000)
	_, _ = rand.Read(long)
	w.maker.words = string(long)
	second := w.want(201, "POST", prefix+"/generate", strings.Replace(mileage, "May", "Long", 1))["id"].(string)
	w.until(second, Completed)
	want := "Long" + string(long)
	if out := w.call("GET", prefix+"/"+second+"/download", ""); out.Body.String() != want {
		t.Errorf("long: %d bytes", out.Body.Len())
	}
	if out := w.call("GET", prefix+"/"+second+"/download", "", "Range", fmt.Sprintf("bytes=%d-%d", partSize-5, partSize+4)); out.Code != 206 || out.Body.String() != want[partSize-5:partSize+5] {
		t.Errorf("a part: %d, %d bytes", out.Code, out.Body.Len())
	}
	w.want(204, "DELETE", prefix+"/"+id, "")
	w.want(204, "DELETE", prefix+"/"+second, "")
	must(t, w.Tidy(t.Context()))
	if len(s.objects) > 0 {
		t.Errorf("%d objects stay", len(s.objects))
	}
	if _, err := bucket.read(t.Context(), "none", 0); err == nil || fault.Is(err, fault.Unavailable) {
		t.Errorf("an object that isn't there: %v", err)
	}
	if u, _ := url.Parse(address); bucket.prefix != "of/yipii/" || u.User == nil {
		t.Errorf("prefix %q", bucket.prefix)
	}
}
