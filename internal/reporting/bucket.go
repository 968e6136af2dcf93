package reporting

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yipii/yipii/internal/fault"
)

// Bucket is a place for files in a store that speaks S3's protocol: four of its calls, signed as signature.go says. Objects are
// addressed by path, which all such stores take.
type Bucket struct {
	base   *url.URL // of the bucket: https://HOST/BUCKET
	prefix string   // of objects' names; ends in a slash, or is empty
	sign   signer
	client *http.Client
	now    func() time.Time
}

// partSize is the length of the parts of a file that is sent in several: S3 takes no shorter ones but the last.
const partSize = 8 << 20

// NewBucket reads the address of a bucket, https://KEY:SECRET@HOST/BUCKET/PREFIX, with ?region=… where it isn't us-east-1. It
// connects to nothing.
func NewBucket(address string, now func() time.Time) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User == nil {
		return nil, errors.New("the address of an S3 bucket must be https://KEY:SECRET@HOST/BUCKET, with /PREFIX and ?region=REGION where needed")
	}
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	secret, _ := u.User.Password()
	if name == "" || secret == "" || u.User.Username() == "" {
		return nil, errors.New("the address of an S3 bucket must name a key, its secret and a bucket: https://KEY:SECRET@HOST/BUCKET")
	}
	if prefix != "" {
		prefix += "/"
	}
	region := u.Query().Get("region")
	if region == "" {
		region = "us-east-1"
	}
	return &Bucket{base: &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/" + name}, prefix: prefix, now: now,
		sign:   signer{key: u.User.Username(), secret: secret, region: region, service: "s3"},
		client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: 30 * time.Second, MaxIdleConnsPerHost: 8, DisableCompression: true}}}, nil
}

// String names the bucket without its key.
func (b *Bucket) String() string { return "S3 bucket " + b.base.String() }

// GoString is String, so that no dump shows the secret.
func (b *Bucket) GoString() string { return b.String() }

// call sends one request. What may pass is an Unavailable fault, an object that isn't there errGone.
func (b *Bucket) call(ctx context.Context, method, name string, query url.Values, header http.Header, body []byte) (*http.Response, error) {
	u := *b.base
	u.Path += "/" + b.prefix + name
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for key, values := range header {
		req.Header[key] = values
	}
	sum := sha256.Sum256(body)
	b.sign.sign(req, hex.EncodeToString(sum[:]), b.now())
	res, err := b.client.Do(req)
	if err != nil {
		var failure *url.Error
		if errors.As(err, &failure) {
			err = failure.Err // without the address
		}
		return nil, fault.Wrap(fault.Unavailable, "The store of files can't be reached.", err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, 2000))
	res.Body.Close()
	cause := fmt.Errorf("%s: %s %s: %s", b, method, res.Status, text)
	switch {
	case res.StatusCode == http.StatusNotFound && method != http.MethodPut && method != http.MethodPost:
		return nil, errors.Join(errGone, cause)
	case res.StatusCode >= 500, res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusRequestTimeout:
		return nil, fault.Wrap(fault.Unavailable, "The store of files can't be reached.", cause)
	}
	return nil, cause
}

func done(res *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	return res.Body.Close()
}

// read returns a file from an offset on.
func (b *Bucket) read(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	header := http.Header{}
	if from > 0 {
		header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	}
	res, err := b.call(ctx, http.MethodGet, name, nil, header, nil)
	if err != nil {
		return nil, err
	}
	if from > 0 && res.StatusCode != http.StatusPartialContent {
		res.Body.Close()
		return nil, fmt.Errorf("%s: it gives no parts of files", b)
	}
	return res.Body, nil
}

// delete removes a file. One that isn't there is removed already.
func (b *Bucket) delete(ctx context.Context, name string) error {
	err := done(b.call(ctx, http.MethodDelete, name, nil, nil, nil))
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// upload is a file that is being sent: in one call if it is short, in parts otherwise.
type upload struct {
	b     *Bucket
	name  string
	id    string // "" until there are parts
	parts []uploadPart
}

type uploadPart struct {
	PartNumber int
	ETag       string
}

func (b *Bucket) upload(name string) *upload { return &upload{b: b, name: name} }

// part sends the next part of partSize bytes.
func (u *upload) part(ctx context.Context, data []byte) error {
	if u.id == "" {
		res, err := u.b.call(ctx, http.MethodPost, u.name, url.Values{"uploads": {""}}, nil, nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		var begun struct {
			UploadID string `xml:"UploadId"`
		}
		if err := xml.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&begun); err != nil || begun.UploadID == "" {
			return fmt.Errorf("%s: its answer to the beginning of an upload can't be read", u.b)
		}
		u.id = begun.UploadID
	}
	number := len(u.parts) + 1
	res, err := u.b.call(ctx, http.MethodPut, u.name, url.Values{"partNumber": {strconv.Itoa(number)}, "uploadId": {u.id}}, nil, data)
	if err != nil {
		return err
	}
	tag := res.Header.Get("ETag")
	u.parts = append(u.parts, uploadPart{number, tag})
	return done(res, nil)
}

// close sends the rest.
func (u *upload) close(ctx context.Context, rest []byte) error {
	if u.id == "" {
		return done(u.b.call(ctx, http.MethodPut, u.name, nil, nil, rest))
	}
	if len(rest) > 0 {
		if err := u.part(ctx, rest); err != nil {
			return err
		}
	}
	body, err := xml.Marshal(struct {
		XMLName xml.Name     `xml:"CompleteMultipartUpload"`
		Part    []uploadPart `xml:"Part"`
	}{Part: slices.Clone(u.parts)})
	if err != nil {
		return err
	}
	res, err := u.b.call(ctx, http.MethodPost, u.name, url.Values{"uploadId": {u.id}}, nil, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	// An upload may fail after its answer began with 200: the body tells.
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil || bytes.Contains(text, []byte("<Error>")) {
		return fault.Wrap(fault.Unavailable, "The store of files can't be reached.", fmt.Errorf("%s: an upload was not completed: %w %.500s", u.b, err, text))
	}
	return nil
}

// abort gives up the parts that were sent.
func (u *upload) abort(ctx context.Context) {
	if u.id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = done(u.b.call(ctx, http.MethodDelete, u.name, url.Values{"uploadId": {u.id}}, nil, nil)) // stores end what is left themselves
}
