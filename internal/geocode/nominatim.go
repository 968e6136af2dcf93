package geocode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Nominatim is a provider that speaks Nominatim's "reverse" (https://nominatim.org/release-docs/latest/api/Reverse/), which
// Photon, LocationIQ and others offer too.
type Nominatim struct {
	url    *url.URL
	agent  string
	client *http.Client
}

// maxAddress is the longest address that is kept, in bytes.
const maxAddress = 500

// NewNominatim makes a provider at an address such as https://nominatim.example.com/reverse; a query that it has, such as a
// key, is sent along. agent is the User-Agent, by which public servers want to know who asks.
func NewNominatim(address, agent string) (*Nominatim, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		return nil, errors.New("--geocoder-url must be http(s)://HOST/PATH") // it may hold a key: it isn't repeated
	}
	return &Nominatim{url: u, agent: agent, client: &http.Client{}}, nil
}

// Address implements Provider.
func (n *Nominatim) Address(ctx context.Context, latitude, longitude float64) (string, error) {
	u := *n.url
	query := u.Query()
	query.Set("format", "jsonv2")
	query.Set("lat", strconv.FormatFloat(latitude, 'f', 4, 64))
	query.Set("lon", strconv.FormatFloat(longitude, 'f', 4, 64))
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("User-Agent", n.agent)
	response, err := n.client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // without the URL, which may hold a key
		}
		return "", fmt.Errorf("ask the provider of addresses: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return "", fmt.Errorf("ask the provider of addresses: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the provider of addresses answers %d", response.StatusCode)
	}
	return readNominatim(body)
}

// readNominatim reads an answer. A place without an address is answered with an error in place of the name.
func readNominatim(body []byte) (string, error) {
	var answer struct {
		Name  string          `json:"display_name"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("the provider of addresses answers something else than JSON: %w", err)
	}
	if answer.Name == "" && answer.Error == nil {
		return "", errors.New("the provider of addresses answers neither an address nor an error")
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(answer.Name, ""))
	if len(name) > maxAddress {
		name = strings.ToValidUTF8(name[:maxAddress], "")
	}
	return strings.TrimSpace(name), nil
}
