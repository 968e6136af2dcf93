package docs

import "strings"

// The languages of samples. Each writes a call as people of that language would, without a library where the language has what it
// needs.

func (c *call) curl() string {
	command := "curl --fail-with-body "
	if c.stream {
		command += "--no-buffer "
	}
	if c.method != "GET" && (c.method != "POST" || !c.has() && len(c.form) == 0) {
		command += "--request " + c.method + " "
	}
	parts := []string{command + double(c.url)}
	if c.bearer {
		parts = append(parts, `--header "Authorization: Bearer $YIPII_TOKEN"`)
	}
	if c.has() {
		parts = append(parts, "--header "+inShell("Content-Type: "+c.kind), "--data-binary "+inShell(c.body))
	}
	for _, f := range c.form {
		parts = append(parts, "--data-urlencode "+f.either(func(v string) string { return `"` + f.name + "=$" + v + `"` },
			func(text string) string { return inShell(f.name + "=" + text) }))
	}
	return strings.Join(parts, " \\\n  ") + "\n"
}

// scriptHeaders and scriptBody are what both ways of JavaScript have in common.
func (c *call) scriptHeaders(l *lines) {
	if !c.bearer && !c.has() {
		return
	}
	l.add("  headers: {")
	l.when(c.bearer, "    Authorization: `Bearer ${process.env.YIPII_TOKEN}`,")
	l.when(c.has(), `    "Content-Type": `+double(c.kind)+",")
	l.add("  },")
}

func (c *call) scriptBody(l *lines, name string) {
	value := strings.ReplaceAll(pretty(c.json), "\n", "\n  ")
	if name == "body" {
		value = "JSON.stringify(" + value + ")"
	}
	switch {
	case c.json != nil:
		l.add("  " + name + ": " + value + ",")
	case c.has():
		l.add("  " + name + ": " + double(c.body) + ",")
	case len(c.form) > 0:
		l.add("  " + name + ": new URLSearchParams({")
		l.fields(c.form, func(f formField) string {
			return "    " + f.name + ": " + f.either(func(v string) string { return "process.env." + v }, double) + ","
		})
		l.add("  }),")
	}
}

func (c *call) fetch() string {
	var l lines
	l.add("const response = await fetch(" + double(c.url) + ", {")
	l.when(c.method != "GET", "  method: "+double(c.method)+",")
	c.scriptHeaders(&l)
	c.scriptBody(&l, "body")
	l.add("});", "if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);")
	if c.stream {
		l.add("for await (const part of response.body.pipeThrough(new TextDecoderStream())) console.log(part);")
	} else {
		l.add("console.log(await response.text());")
	}
	return l.String()
}

func (c *call) axios() string {
	var l lines
	l.add(`import axios from "axios";`, "", "const { data } = await axios({", "  method: "+double(strings.ToLower(c.method))+",", "  url: "+double(c.url)+",")
	c.scriptHeaders(&l)
	c.scriptBody(&l, "data")
	l.when(c.stream, `  responseType: "stream",`)
	l.add("});")
	if c.stream {
		l.add("for await (const part of data) console.log(String(part));")
	} else {
		l.add("console.log(data);")
	}
	return l.String()
}

func (c *call) php() string {
	var l lines
	l.add("<?php", "", "$curl = curl_init("+inPHP(c.url)+");", "curl_setopt_array($curl, [")
	l.when(c.method != "GET", "    CURLOPT_CUSTOMREQUEST => "+inPHP(c.method)+",")
	l.when(!c.stream, "    CURLOPT_RETURNTRANSFER => true,")
	if c.bearer || c.has() {
		l.add("    CURLOPT_HTTPHEADER => [")
		l.when(c.bearer, "        'Authorization: Bearer ' . getenv('YIPII_TOKEN'),")
		l.when(c.has(), "        "+inPHP("Content-Type: "+c.kind)+",")
		l.add("    ],")
	}
	l.when(c.has(), "    CURLOPT_POSTFIELDS => "+inPHP(c.body)+",")
	if len(c.form) > 0 {
		l.add("    CURLOPT_POSTFIELDS => http_build_query([")
		l.fields(c.form, func(f formField) string {
			return "        " + inPHP(f.name) + " => " + f.either(func(v string) string { return "getenv(" + inPHP(v) + ")" }, inPHP) + ","
		})
		l.add("    ]),")
	}
	l.add("]);", "$answer = curl_exec($curl);", "$status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);", "if ($answer === false || $status >= 400) {",
		`    fwrite(STDERR, "$status $answer" . curl_error($curl) . "\n");`, "    exit(1);", "}")
	l.when(!c.stream, "echo $answer;")
	return l.String()
}

func (c *call) python() string {
	var l lines
	reads := c.bearer
	for _, f := range c.form {
		reads = reads || f.variable != ""
	}
	text := c.has() && c.json == nil
	l.when(reads, "import os", "")
	l.add("import requests", "", "response = requests.request(", "    "+double(c.method)+",", "    "+double(c.url)+",")
	if c.bearer || text {
		l.add("    headers={")
		l.when(c.bearer, `        "Authorization": "Bearer " + os.environ["YIPII_TOKEN"],`)
		l.when(text, `        "Content-Type": `+double(c.kind)+",")
		l.add("    },")
	}
	l.when(c.json != nil, "    json="+inPython(c.json)+",")
	l.when(text, "    data="+double(c.body)+".encode(),")
	if len(c.form) > 0 {
		l.add("    data={")
		l.fields(c.form, func(f formField) string {
			return "        " + double(f.name) + ": " + f.either(func(v string) string { return "os.environ[" + double(v) + "]" }, double) + ","
		})
		l.add("    },")
	}
	l.when(c.stream, "    stream=True,")
	l.add("    timeout=30,", ")", "response.raise_for_status()")
	if c.stream {
		l.add("for line in response.iter_lines(decode_unicode=True):", "    print(line)")
	} else {
		l.add("print(response.text)")
	}
	return l.String()
}

func (c *call) golang() string {
	body := "nil"
	switch {
	case len(c.form) > 0:
		body = "strings.NewReader(form.Encode())"
	case strings.Contains(c.body, "`"):
		body = "strings.NewReader(" + double(c.body) + ")"
	case c.has():
		body = "strings.NewReader(`" + c.body + "`)"
	}
	var l lines
	l.add("package main", "", "import (", "\t\"io\"", "\t\"log\"", "\t\"net/http\"")
	l.when(len(c.form) > 0, "\t\"net/url\"")
	l.add("\t\"os\"")
	l.when(body != "nil", "\t\"strings\"")
	l.add(")", "", "func main() {")
	if len(c.form) > 0 {
		l.add("\tform := url.Values{}")
		l.fields(c.form, func(f formField) string {
			return "\tform.Set(" + double(f.name) + ", " + f.either(func(v string) string { return "os.Getenv(" + double(v) + ")" }, double) + ")"
		})
	}
	l.add("\treq, err := http.NewRequest("+double(c.method)+", "+double(c.url)+", "+body+")", "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}")
	l.when(c.bearer, "\treq.Header.Set(\"Authorization\", \"Bearer \"+os.Getenv(\"YIPII_TOKEN\"))")
	l.when(body != "nil", "\treq.Header.Set(\"Content-Type\", "+double(c.kind)+")")
	l.add("\tres, err := http.DefaultClient.Do(req)", "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}", "\tdefer res.Body.Close()",
		"\tif _, err := io.Copy(os.Stdout, res.Body); err != nil {", "\t\tlog.Fatal(err)", "\t}",
		"\tif res.StatusCode >= 400 {", "\t\tlog.Fatal(res.Status)", "\t}", "}")
	return l.String()
}

func (c *call) csharp() string {
	var l lines
	form := len(c.form) > 0
	l.add("using System;")
	l.when(form, "using System.Collections.Generic;")
	l.when(c.stream, "using System.IO;")
	l.add("using System.Net.Http;")
	l.when(c.bearer, "using System.Net.Http.Headers;")
	l.when(c.has(), "using System.Text;")
	l.add("using System.Threading.Tasks;", "", "static class Program", "{", "    static void Main() => Run().GetAwaiter().GetResult();", "",
		"    static async Task Run()", "    {", "        var http = new HttpClient();",
		"        var request = new HttpRequestMessage(new HttpMethod("+double(c.method)+"), "+double(c.url)+");")
	l.when(c.bearer, `        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("YIPII_TOKEN"));`)
	l.when(c.has(), "        request.Content = new StringContent("+double(c.body)+", Encoding.UTF8, "+double(c.kind)+");")
	if form {
		l.add("        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>", "        {")
		l.fields(c.form, func(f formField) string {
			return "            { " + double(f.name) + ", " + f.either(func(v string) string { return "Environment.GetEnvironmentVariable(" + double(v) + ")" }, double) + " },"
		})
		l.add("        });")
	}
	if c.stream {
		l.add("        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);", "        response.EnsureSuccessStatusCode();",
			"        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());", "        string line;",
			"        while ((line = await reader.ReadLineAsync()) != null)", "        {", "            Console.WriteLine(line);", "        }")
	} else {
		l.add("        var response = await http.SendAsync(request);", "        Console.WriteLine(await response.Content.ReadAsStringAsync());",
			"        response.EnsureSuccessStatusCode();")
	}
	l.add("    }", "}")
	return l.String()
}

func (c *call) java() string {
	var l lines
	form := len(c.form) > 0
	body := "HttpRequest.BodyPublishers.noBody()"
	if form {
		body = "HttpRequest.BodyPublishers.ofString(form)"
	} else if c.has() {
		body = "HttpRequest.BodyPublishers.ofString(" + double(c.body) + ")"
	}
	l.add("import java.net.URI;")
	l.when(form, "import java.net.URLEncoder;")
	l.add("import java.net.http.HttpClient;", "import java.net.http.HttpRequest;", "import java.net.http.HttpResponse;")
	l.when(form, "import java.nio.charset.StandardCharsets;")
	l.add("", "class Main {")
	l.when(form, "    static String field(String name, String value) {", `        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);`, "    }", "")
	l.add("    public static void main(String[] args) throws Exception {")
	if form {
		var fields []string
		for _, f := range c.form {
			fields = append(fields, "                field("+double(f.name)+", "+f.either(func(v string) string { return "System.getenv(" + double(v) + ")" }, double)+")")
		}
		l.add(`        var form = String.join("&",`, strings.Join(fields, ",\n")+");")
	}
	l.add("        var request = HttpRequest.newBuilder(URI.create(" + double(c.url) + "))")
	l.when(c.bearer, `                .header("Authorization", "Bearer " + System.getenv("YIPII_TOKEN"))`)
	l.when(form || c.has(), `                .header("Content-Type", `+double(c.kind)+")")
	l.add("                .method("+double(c.method)+", "+body+")", "                .build();")
	if c.stream {
		l.add("        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines()).body().forEach(System.out::println);")
	} else {
		l.add("        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());", "        System.out.println(response.body());",
			"        if (response.statusCode() >= 400) {", "            System.exit(1);", "        }")
	}
	l.add("    }", "}")
	return l.String()
}
