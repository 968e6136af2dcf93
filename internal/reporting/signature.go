package reporting

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// signer signs requests by AWS Signature Version 4
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), as S3 has it: the path is
// encoded once.
type signer struct{ key, secret, region, service string }

const signatureTime = "20060102T150405Z"

// sign adds the headers that sign a request. Those that are there already are signed with it; the URL must be encoded as
// canonicalQuery and encodePath do.
func (s signer) sign(req *http.Request, bodySum string, now time.Time) {
	now = now.UTC()
	req.Header.Set("X-Amz-Date", now.Format(signatureTime))
	if s.service == "s3" {
		req.Header.Set("X-Amz-Content-Sha256", bodySum)
	}
	path := encodePath(req.URL.Path)
	req.URL.RawPath = path
	names := []string{"host"}
	for name := range req.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		value := req.URL.Host
		if name != "host" {
			value = strings.Join(req.Header.Values(name), ",")
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{req.Method, path, canonicalQuery(req.URL.Query()), headers.String(), signed, bodySum}, "\n")
	scope := strings.Join([]string{now.Format("20060102"), s.region, s.service, "aws4_request"}, "/")
	sum := sha256.Sum256([]byte(canonical))
	text := strings.Join([]string{"AWS4-HMAC-SHA256", now.Format(signatureTime), scope, hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + s.secret)
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.key+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(mac(key, text)))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonicalQuery is a query in the order of its names, with all but RFC 3986's unreserved characters encoded.
func canonicalQuery(query url.Values) string {
	var parts []string
	for name, values := range query {
		for _, value := range values {
			parts = append(parts, encode(name)+"="+encode(value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func encode(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func encodePath(path string) string {
	if path == "" {
		return "/"
	}
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = encode(parts[i])
	}
	return strings.Join(parts, "/")
}
