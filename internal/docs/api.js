// Shows /openapi.json, light or dark as the reader's system is. Who is signed in to the dashboard of this server tries calls with
// a token that the server gives for the session: it lives for minutes, in this page's memory alone, as does a token entered here.
"use strict";
(async () => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  // What the browser keeps of the guides' choices: their colours and language are this page's too.
  const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ } };
  const theme = recall("yipii-theme");
  const follow = () => document.documentElement.classList.toggle("dark-mode", theme ? theme === "dark" : dark.matches);
  dark.addEventListener("change", follow);
  follow();

  // The session's token, and when to get the next one. A page without a session goes on without.
  let session = null;
  let renewAt = 0;
  let account = "";
  const getToken = async () => {
    const response = await fetch("/docs/session-token" + (account && "?account=" + encodeURIComponent(account)), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    }).catch(() => null);
    session = response?.status === 200 ? await response.json() : null;
    renewAt = session ? Date.now() + session.expires_in * 800 : Infinity;
    account = session?.account ?? "";
  };

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const reader = document.getElementById("reader");
  const guides = () => element("a", { href: "/docs", textContent: "Guides" });
  const showReader = () => {
    reader.hidden = false;
    if (!session) {
      reader.replaceChildren(guides(), element("span", {}, element("a", { href: "/login?next=/docs/api", textContent: "Sign in" }), " to try calls with your own account, or authorize with a token."));
      return;
    }
    const choice = element("select", { id: "account", onchange: choose }, ...session.accounts.map(({ key, name, role }) => element("option", { value: key, textContent: `${name} (${key}), ${role}`, selected: key === account })));
    reader.replaceChildren(
      guides(),
      element("span", {}, "Signed in as ", element("strong", { textContent: session.name })),
      element("label", {}, "Account ", choice),
      element("span", { className: "note", textContent: "“Try it out” makes real calls in this account. It can do what you can, but make no credentials." }),
    );
  };

  const languageKey = "yipii-language";
  const asInGuides = { curl: "sh", axios: "js axios", fetch: "js" }; // what the guides call these
  let language = yipiiSamples.languages.find((name) => (asInGuides[name] ?? name) === recall(languageKey));
  language ??= "curl";
  const listeners = new Set();

  // Samples stand between an operation's parameters and its answers.
  const samples = (spec) => () => ({
    wrapComponents: {
      responses: (Original, { React }) => (props) => {
        const [chosen, setChosen] = React.useState(language);
        const [copied, setCopied] = React.useState(false);
        React.useEffect(() => {
          listeners.add(setChosen);
          return () => listeners.delete(setChosen);
        }, []);
        const h = React.createElement;
        const operation = spec.paths[props.path]?.[props.method];
        if (!operation) return h(Original, props);
        const text = yipiiSamples.write(chosen, yipiiSamples.requestOf(spec, props.path, props.method, { base: location.origin, account }));
        const choose = (name) => () => {
          language = name;
          keep(languageKey, asInGuides[name] ?? name);
          setCopied(false);
          listeners.forEach((listen) => listen(name));
        };
        const copy = async () => {
          await navigator.clipboard.writeText(text);
          setCopied(true);
        };
        return h(
          React.Fragment,
          null,
          h(
            "section",
            { className: "samples" },
            h("h4", null, "Example"),
            h(
              "div",
              { className: "languages", role: "group", "aria-label": "Language" },
              yipiiSamples.languages.map((name) => h("button", { key: name, type: "button", "aria-pressed": name === chosen, onClick: choose(name) }, yipiiSamples.names[name])),
            ),
            h("pre", { tabIndex: 0 }, h("code", null, text)),
            h("button", { type: "button", className: "copy", onClick: copy }, copied ? "Copied" : "Copy"),
          ),
          h(Original, props),
        );
      },
    },
  });

  // The description, as it is for this reader.
  const description = fetch("/openapi.json").then((response) => response.json());
  const fit = (spec) => {
    delete spec.servers; // calls go to where the page is from
    const flow = spec.components?.securitySchemes?.clientCredentials?.flows?.clientCredentials;
    if (flow) flow.tokenUrl = location.origin + "/oauth/token";
    for (const operations of Object.values(spec.paths)) {
      for (const operation of Object.values(operations)) {
        for (const parameter of operation.parameters ?? []) {
          if (parameter.name === "account_key" && account) parameter.example = account;
        }
      }
    }
    return spec;
  };

  await getToken();
  const spec = fit(await description);
  const ui = window.SwaggerUIBundle({
    spec,
    dom_id: "#reference",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    showMutatedRequest: false, // which would show the session's token
    validatorUrl: null,
    plugins: [samples(spec)],
    requestInterceptor: async (request) => {
      const url = new URL(request.url, location.href);
      const ours = url.origin === location.origin && url.pathname.startsWith("/api/") && !url.pathname.startsWith("/api/public/");
      if (!ours || request.headers.Authorization) return request;
      if (session && Date.now() > renewAt) {
        await getToken();
        showReader();
      }
      if (session) request.headers.Authorization = "Bearer " + session.access_token;
      return request;
    },
  });
  async function choose(event) {
    account = event.target.value;
    await getToken();
    showReader();
    ui.specActions.updateJsonSpec(JSON.parse(JSON.stringify(fit(spec))));
  }
  showReader();
})();
