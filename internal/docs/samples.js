// Writes a sample of an operation in each language, from the API's description alone. The reference shows them; a test runs them.
// A sample takes its token from YIPII_TOKEN and ends with an error where the server refuses.
"use strict";
globalThis.yipiiSamples = (() => {
  const resolve = (spec, schema) => {
    while (schema && schema.$ref) schema = schema.$ref.split("/").slice(1).reduce((at, name) => at[name], spec);
    return schema || {};
  };

  // A value that a schema takes: its example, else the least that it asks for.
  const valueOf = (spec, schema, depth = 0) => {
    schema = resolve(spec, schema);
    if (schema.examples && schema.examples.length) return schema.examples[0];
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    if (schema.default !== undefined) return schema.default;
    if (schema.oneOf || schema.anyOf) return valueOf(spec, (schema.oneOf || schema.anyOf)[0], depth);
    const type = [].concat(schema.type || "object").find((name) => name !== "null");
    switch (type) {
      case "string":
        return { "date-time": "2026-03-01T08:30:00Z", uuid: "0e0aa4f0-58a5-4a68-9b2a-54be5a53bd4f", email: "ada@example.com", uri: "https://example.com/hook" }[schema.format] || "…";
      case "integer":
      case "number":
        return Math.max(1, schema.minimum || 0);
      case "boolean":
        return true;
      case "array":
        return schema.items && depth < 4 ? [valueOf(spec, schema.items, depth + 1)] : [];
    }
    const out = {};
    const required = schema.required || [];
    for (const [name, property] of Object.entries(schema.properties || {})) {
      const shown = resolve(spec, property);
      if (required.includes(name) || (depth === 0 && required.length === 0 && shown.examples)) out[name] = valueOf(spec, property, depth + 1);
    }
    return out;
  };

  // What a program reads from its environment instead of having it written down.
  const variables = { client_id: "YIPII_CLIENT_ID", client_secret: "YIPII_CLIENT_SECRET", token: "YIPII_TOKEN" };

  // The request of a sample: what all languages say in their own way.
  const requestOf = (spec, path, method, { base, account } = {}) => {
    const operation = spec.paths[path][method];
    const parameters = (operation.parameters || []).map((parameter) => resolve(spec, parameter));
    const example = (parameter) => (parameter.name === "account_key" && account ? account : (parameter.example ?? valueOf(spec, parameter.schema)));
    const filled = path.replace(/\{(\w+)\}/g, (whole, name) => {
      const parameter = parameters.find((one) => one.in === "path" && one.name === name);
      return encodeURIComponent(parameter ? example(parameter) : whole);
    });
    const query = parameters
      .filter((parameter) => parameter.in === "query" && (parameter.required || parameter.example !== undefined))
      .map((parameter) => encodeURIComponent(parameter.name) + "=" + encodeURIComponent(example(parameter)));
    const request = {
      method: method.toUpperCase(),
      url: (base ?? spec.servers?.[0]?.url ?? "").replace(/\/$/, "") + filled + (query.length ? "?" + query.join("&") : ""),
      bearer: (operation.security || []).length > 0,
      stream: Boolean(operation.responses["200"]?.content?.["text/event-stream"]),
    };
    const content = operation.requestBody?.content;
    if (content) {
      request.type = ["application/json", "application/x-www-form-urlencoded"].find((kind) => content[kind]) ?? Object.keys(content)[0];
      if (content["application/x-www-form-urlencoded"] && path.startsWith("/oauth/")) request.type = "application/x-www-form-urlencoded";
      const media = content[request.type];
      const value = media.example ?? Object.values(media.examples || {})[0]?.value ?? valueOf(spec, media.schema);
      if (request.type === "application/x-www-form-urlencoded") {
        request.form = Object.entries(value).map(([name, of]) => ({ name, value: String(of), variable: path.startsWith("/oauth/") ? variables[name] : undefined }));
        for (const name of ["client_id", "client_secret"]) {
          if (path.startsWith("/oauth/") && !request.form.some((field) => field.name === name)) request.form.push({ name, variable: variables[name] });
        }
      } else {
        request.body = typeof value === "string" ? value : JSON.stringify(value);
        request.json = typeof value === "string" ? undefined : value;
      }
    }
    return request;
  };

  const double = (text) => JSON.stringify(text);
  const shell = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  const php = (text) => "'" + text.replaceAll("\\", "\\\\").replaceAll("'", "\\'") + "'";
  const indent = (text, by) => text.replaceAll("\n", "\n" + by);
  const script = (value, by) => indent(JSON.stringify(value, null, 2), by);
  const python = (value, by = "") => {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (Array.isArray(value)) return "[" + value.map((one) => python(one, by)).join(", ") + "]";
    if (typeof value === "object") return "{" + Object.entries(value).map(([name, of]) => double(name) + ": " + python(of, by)).join(", ") + "}";
    return double(value);
  };
  const lines = (...parts) => parts.flat(9).filter((part) => part !== undefined && part !== false).join("\n") + "\n";

  const writers = {
    curl: (r) => {
      const parts = [`curl --fail-with-body ${r.stream ? "--no-buffer " : ""}${r.method === "GET" || ((r.body ?? r.form) && r.method === "POST") ? "" : `--request ${r.method} `}${double(r.url)}`];
      if (r.bearer) parts.push('--header "Authorization: Bearer $YIPII_TOKEN"');
      if (r.body !== undefined) parts.push(`--header ${shell("Content-Type: " + r.type)}`, `--data-binary ${shell(r.body)}`);
      for (const field of r.form ?? []) parts.push(field.variable ? `--data-urlencode "${field.name}=$${field.variable}"` : `--data-urlencode ${shell(field.name + "=" + field.value)}`);
      return lines(parts.join(" \\\n  "));
    },
    fetch: (r) =>
      lines(
        `const response = await fetch(${double(r.url)}, {`,
        r.method !== "GET" && `  method: "${r.method}",`,
        (r.bearer || r.body !== undefined) && ["  headers: {", r.bearer && "    Authorization: `Bearer ${process.env.YIPII_TOKEN}`,", r.body !== undefined && `    "Content-Type": "${r.type}",`, "  },"],
        r.json !== undefined ? `  body: JSON.stringify(${script(r.json, "  ")}),` : r.body !== undefined && `  body: ${double(r.body)},`,
        r.form && ["  body: new URLSearchParams({", r.form.map((field) => `    ${field.name}: ${field.variable ? "process.env." + field.variable : double(field.value)},`), "  }),"],
        "});",
        "if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);",
        r.stream ? 'for await (const part of response.body.pipeThrough(new TextDecoderStream())) console.log(part);' : "console.log(await response.text());",
      ),
    axios: (r) =>
      lines(
        'import axios from "axios";',
        "",
        "const { data } = await axios({",
        `  method: "${r.method.toLowerCase()}",`,
        `  url: ${double(r.url)},`,
        (r.bearer || r.body !== undefined) && ["  headers: {", r.bearer && "    Authorization: `Bearer ${process.env.YIPII_TOKEN}`,", r.body !== undefined && `    "Content-Type": "${r.type}",`, "  },"],
        r.json !== undefined ? `  data: ${script(r.json, "  ")},` : r.body !== undefined && `  data: ${double(r.body)},`,
        r.form && ["  data: new URLSearchParams({", r.form.map((field) => `    ${field.name}: ${field.variable ? "process.env." + field.variable : double(field.value)},`), "  }),"],
        r.stream && '  responseType: "stream",',
        "});",
        r.stream ? 'for await (const part of data) console.log(String(part));' : "console.log(data);",
      ),
    php: (r) =>
      lines(
        "<?php",
        "",
        `$curl = curl_init(${php(r.url)});`,
        "curl_setopt_array($curl, [",
        r.method !== "GET" && `    CURLOPT_CUSTOMREQUEST => '${r.method}',`,
        !r.stream && "    CURLOPT_RETURNTRANSFER => true,",
        (r.bearer || r.body !== undefined) && ["    CURLOPT_HTTPHEADER => [", r.bearer && "        'Authorization: Bearer ' . getenv('YIPII_TOKEN'),", r.body !== undefined && `        'Content-Type: ${r.type}',`, "    ],"],
        r.body !== undefined && `    CURLOPT_POSTFIELDS => ${php(r.body)},`,
        r.form && ["    CURLOPT_POSTFIELDS => http_build_query([", r.form.map((field) => `        '${field.name}' => ${field.variable ? `getenv('${field.variable}')` : php(field.value)},`), "    ]),"],
        "]);",
        "$answer = curl_exec($curl);",
        "$status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);",
        "if ($answer === false || $status >= 400) {",
        '    fwrite(STDERR, "$status $answer" . curl_error($curl) . "\\n");',
        "    exit(1);",
        "}",
        !r.stream && "echo $answer;",
      ),
    python: (r) =>
      lines(
        (r.bearer || (r.form ?? []).some((field) => field.variable)) && ["import os", ""],
        "import requests",
        "",
        "response = requests.request(",
        `    "${r.method}",`,
        `    ${double(r.url)},`,
        (r.bearer || (r.body !== undefined && r.json === undefined)) && ["    headers={", r.bearer && `        "Authorization": "Bearer " + os.environ["YIPII_TOKEN"],`, r.body !== undefined && r.json === undefined && `        "Content-Type": "${r.type}",`, "    },"],
        r.json !== undefined ? `    json=${python(r.json)},` : r.body !== undefined && `    data=${double(r.body)}.encode(),`,
        r.form && ["    data={", r.form.map((field) => `        "${field.name}": ${field.variable ? `os.environ["${field.variable}"]` : double(field.value)},`), "    },"],
        r.stream && "    stream=True,",
        "    timeout=30,",
        ")",
        "response.raise_for_status()",
        r.stream ? ["for line in response.iter_lines(decode_unicode=True):", "    print(line)"] : "print(response.text)",
      ),
    go: (r) => {
      const body = r.form ? "strings.NewReader(form.Encode())" : r.body !== undefined ? `strings.NewReader(${r.body.includes("`") ? double(r.body) : "`" + r.body + "`"})` : "nil";
      return lines(
        "package main",
        "",
        "import (",
        ['"io"', '"log"', '"net/http"', r.form && '"net/url"', '"os"', (r.form || r.body !== undefined) && '"strings"'].filter(Boolean).map((name) => "\t" + name),
        ")",
        "",
        "func main() {",
        r.form && ["\tform := url.Values{}", r.form.map((field) => `\tform.Set("${field.name}", ${field.variable ? `os.Getenv("${field.variable}")` : double(field.value)})`)],
        `\treq, err := http.NewRequest("${r.method}", ${double(r.url)}, ${body})`,
        "\tif err != nil {",
        "\t\tlog.Fatal(err)",
        "\t}",
        r.bearer && '\treq.Header.Set("Authorization", "Bearer "+os.Getenv("YIPII_TOKEN"))',
        (r.form || r.body !== undefined) && `\treq.Header.Set("Content-Type", "${r.type}")`,
        "\tres, err := http.DefaultClient.Do(req)",
        "\tif err != nil {",
        "\t\tlog.Fatal(err)",
        "\t}",
        "\tdefer res.Body.Close()",
        "\tif _, err := io.Copy(os.Stdout, res.Body); err != nil {",
        "\t\tlog.Fatal(err)",
        "\t}",
        "\tif res.StatusCode >= 400 {",
        "\t\tlog.Fatal(res.Status)",
        "\t}",
        "}",
      );
    },
    csharp: (r) =>
      lines(
        "using System;",
        r.form && "using System.Collections.Generic;",
        r.stream && "using System.IO;",
        "using System.Net.Http;",
        r.bearer && "using System.Net.Http.Headers;",
        r.body !== undefined && "using System.Text;",
        "using System.Threading.Tasks;",
        "",
        "static class Program",
        "{",
        "    static void Main() => Run().GetAwaiter().GetResult();",
        "",
        "    static async Task Run()",
        "    {",
        "        var http = new HttpClient();",
        `        var request = new HttpRequestMessage(new HttpMethod("${r.method}"), ${double(r.url)});`,
        r.bearer && '        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("YIPII_TOKEN"));',
        r.body !== undefined && `        request.Content = new StringContent(${double(r.body)}, Encoding.UTF8, "${r.type}");`,
        r.form && [
          "        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>",
          "        {",
          r.form.map((field) => `            { "${field.name}", ${field.variable ? `Environment.GetEnvironmentVariable("${field.variable}")` : double(field.value)} },`),
          "        });",
        ],
        r.stream
          ? [
              "        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);",
              "        response.EnsureSuccessStatusCode();",
              "        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());",
              "        string line;",
              "        while ((line = await reader.ReadLineAsync()) != null)",
              "        {",
              "            Console.WriteLine(line);",
              "        }",
            ]
          : ["        var response = await http.SendAsync(request);", "        Console.WriteLine(await response.Content.ReadAsStringAsync());", "        response.EnsureSuccessStatusCode();"],
        "    }",
        "}",
      ),
    java: (r) => {
      const body = r.form ? "HttpRequest.BodyPublishers.ofString(form)" : r.body !== undefined ? `HttpRequest.BodyPublishers.ofString(${double(r.body)})` : "HttpRequest.BodyPublishers.noBody()";
      return lines(
        "import java.net.URI;",
        r.form && ["import java.net.URLEncoder;"],
        "import java.net.http.HttpClient;",
        "import java.net.http.HttpRequest;",
        "import java.net.http.HttpResponse;",
        r.form && ["import java.nio.charset.StandardCharsets;"],
        "",
        "class Main {",
        r.form && ["    static String field(String name, String value) {", '        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);', "    }", ""],
        "    public static void main(String[] args) throws Exception {",
        r.form && [
          '        var form = String.join("&",',
          r.form.map((field, i) => `                field("${field.name}", ${field.variable ? `System.getenv("${field.variable}")` : double(field.value)})${i + 1 < r.form.length ? "," : ");"}`),
        ],
        `        var request = HttpRequest.newBuilder(URI.create(${double(r.url)}))`,
        r.bearer && '                .header("Authorization", "Bearer " + System.getenv("YIPII_TOKEN"))',
        (r.form || r.body !== undefined) && `                .header("Content-Type", "${r.type}")`,
        `                .method("${r.method}", ${body})`,
        "                .build();",
        r.stream
          ? "        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines()).body().forEach(System.out::println);"
          : [
              "        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());",
              "        System.out.println(response.body());",
              "        if (response.statusCode() >= 400) {",
              "            System.exit(1);",
              "        }",
            ],
        "    }",
        "}",
      );
    },
  };

  const names = { curl: "curl", axios: "Node.js, axios", fetch: "JavaScript, fetch", php: "PHP", python: "Python", go: "Go", csharp: "C#", java: "Java" };

  return { languages: Object.keys(names), names, requestOf, write: (language, request) => writers[language](request) };
})();
