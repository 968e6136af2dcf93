package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// signIn signs the installation's admin in, as a browser does, and returns the cookie as it is sent back.
func (s *service) signIn(in *installation) (cookie string, err error) {
	c, err := dial(s.addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	form := url.Values{"email": {in.Email}, "password": {in.Password}}.Encode()
	// Browsers say where a form comes from; one of another site is refused.
	status, body, err := c.do([]byte("POST /login HTTP/1.1\r\nHost: bench\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
		"Content-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n" + form))
	if err != nil {
		return "", err
	}
	if status != 303 {
		return "", fmt.Errorf("signing in answers %d: %.500s", status, body)
	}
	for line := range strings.SplitSeq(string(c.header), "\r\n") {
		if value, found := strings.CutPrefix(line, "Set-Cookie: __Host-yipii="); found {
			value, _, _ = strings.Cut(value, ";")
			return "__Host-yipii=" + value, nil
		}
	}
	return "", errors.New("signing in gave no cookie")
}

// getPage makes the bytes of a GET request with a cookie.
func getPage(path, cookie string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\nCookie: " + cookie + "\r\n\r\n")
}
