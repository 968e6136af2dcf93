package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	yipii "github.com/yipii/yipii/client"
)

// apiCommand makes one call of a server's API, as other companies' programs do.
type apiCommand struct {
	Path   string   `arg:"" help:"What to call, such as /api/user or /api/acme-logistics/asset?search=van."`
	Method string   `name:"method" short:"X" help:"GET, or POST where there is a body, unless this says otherwise." placeholder:"METHOD"`
	Data   string   `name:"data" short:"d" help:"JSON body; @FILE reads it from a file, - from standard input." placeholder:"JSON"`
	Query  []string `name:"query" short:"q" sep:"none" help:"A parameter of the query, repeated." placeholder:"NAME=VALUE"`
}

// Help is shown by --help.
func (*apiCommand) Help() string {
	return `YIPII_URL says which server. The credential is YIPII_CLIENT_ID and YIPII_CLIENT_SECRET, with which it gets a token, or YIPII_API_KEY; it is taken from variables alone, so that it stands in no list of processes and no shell's history.

  yipii api /api/user
  yipii api /api/acme-logistics/asset -q per_page=10
  yipii api /api/acme-logistics/asset -d '{"name":"Van 12"}'`
}

// Run makes the call and prints the answer, JSON with one field a line.
func (c *apiCommand) Run(ctx context.Context, con *console) error {
	server, err := apiClient(con.environ)
	if err != nil {
		return err
	}
	path, err := c.target()
	if err != nil {
		return err
	}
	body, err := c.body(con.in)
	if err != nil {
		return err
	}
	method, header := strings.ToUpper(c.Method), http.Header{}
	if method == "" {
		method = http.MethodGet
	}
	if body != nil {
		header.Set("Content-Type", "application/json")
		if c.Method == "" {
			method = http.MethodPost
		}
	}
	res, err := server.Send(ctx, method, path, header, body)
	if err != nil {
		return explained(err)
	}
	defer res.Body.Close()
	return printAnswer(con.out, res)
}

// apiClient makes a client of what the variables say.
func apiClient(environ []string) (*yipii.Client, error) {
	set := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		set[name] = value
	}
	base, id, secret, key := set["YIPII_URL"], set["YIPII_CLIENT_ID"], set["YIPII_CLIENT_SECRET"], set["YIPII_API_KEY"]
	switch u, err := url.Parse(base); {
	case base == "":
		return nil, errors.New("YIPII_URL says which server, such as https://yipii.example.com: it is not set")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("YIPII_URL is not the address of a server, such as https://yipii.example.com")
	case key != "" && (id != "" || secret != ""):
		return nil, errors.New("YIPII_API_KEY and YIPII_CLIENT_ID exclude each other")
	case key != "":
		return yipii.NewFrom(base, yipii.Key(key)), nil
	case id == "" || secret == "":
		return nil, errors.New("set YIPII_CLIENT_ID and YIPII_CLIENT_SECRET, or YIPII_API_KEY")
	}
	return yipii.New(base, yipii.Credentials{ID: id, Secret: secret}), nil
}

// target is the path with its query.
func (c *apiCommand) target() (string, error) {
	if !strings.HasPrefix(c.Path, "/") {
		return "", fmt.Errorf("%q is not a path such as /api/user", c.Path)
	}
	path, rest, _ := strings.Cut(c.Path, "?")
	query, err := url.ParseQuery(rest)
	if err != nil {
		return "", fmt.Errorf("the query of %q can't be read", c.Path)
	}
	for _, pair := range c.Query {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return "", fmt.Errorf("--query %q is not NAME=VALUE", pair)
		}
		query.Add(name, value)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, nil
}

// body reads the body; nil for none.
func (c *apiCommand) body(in io.Reader) ([]byte, error) {
	file, isFile := strings.CutPrefix(c.Data, "@")
	switch {
	case c.Data == "":
		return nil, nil
	case c.Data == "-":
		return io.ReadAll(in)
	case isFile:
		return os.ReadFile(file)
	}
	return []byte(c.Data), nil
}

// explained is a refusal as a line, with all wrong fields where there are several.
func explained(err error) error {
	var refused *yipii.Error
	if !errors.As(err, &refused) {
		return err
	}
	line := strings.TrimPrefix(refused.Error(), "yipii: ") // which stands before every error of a command
	if len(refused.Fields) > 1 {
		if text, err := json.Marshal(refused.Fields); err == nil {
			line += ": " + string(text)
		}
	}
	return errors.New(line)
}

// printAnswer writes JSON with one field a line, and everything else as it comes.
func printAnswer(out io.Writer, res *http.Response) error {
	if !strings.Contains(res.Header.Get("Content-Type"), "json") || strings.Contains(res.Header.Get("Content-Type"), "ndjson") {
		_, err := io.Copy(out, res.Body)
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") != nil {
		_, err = out.Write(text)
		return err
	}
	_, err = fmt.Fprintln(out, strings.TrimSpace(indented.String()))
	return err
}
