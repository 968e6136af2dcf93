// Trying calls. The token of a call is one that the server gives for the session of who is signed in, or one that the reader pastes;
// both are in this page's memory alone, and stand in no address.

let pasted = ""; // the reader's own token, which goes before that of the session
let pastedIs = ""; // whose it is
let session; // what the server gave: a token for one account, that lasts minutes
let renewAt = 0;

const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
let ended = false; // the session has ended since the page was made
const mine = () => (ended ? undefined : document.getElementById("mine")?.dataset);

// sessionToken is a token for the account that was chosen, "" for who isn't signed in (any more).
async function sessionToken() {
  if (!mine()) return "";
  if (!session || Date.now() > renewAt) {
    const answer = await fetch(`/docs/session-token?account=${encodeURIComponent(mine().key)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    session = answer.status === 200 ? await answer.json() : undefined;
    renewAt = session ? Date.now() + session.expires_in * 800 : 0;
    if (!session) {
      ended = true;
      showCaller();
    }
  }
  return session?.access_token ?? "";
}

// showCaller says with whose token calls are made, at the top and in each form.
function showCaller() {
  const who = document.querySelector("#caller .who");
  const me = mine();
  document.querySelector("#caller summary").textContent = me || pasted ? "Use another token" : "Paste a token";
  if (pasted) {
    who.replaceChildren("Calls are made with the token that you pasted", pastedIs ? `: ${pastedIs}.` : ".");
  } else if (me) {
    who.replaceChildren("Calls are made as ", element("b", { textContent: me.name }), `, ${me.role} in `, element("b", { textContent: me.key }), ". They are real, and can make no credentials.");
  } else {
    who.replaceChildren(element("a", { href: `/login?next=${encodeURIComponent(location.pathname)}`, textContent: "Sign in" }), " to try calls with your own account, or paste a token.");
  }
  for (const form of document.querySelectorAll(".try > form")) {
    const kind = form.parentElement.dataset.caller;
    const hint = form.querySelector(".caller");
    const link = element("a", { href: "#caller", textContent: "Use another token" });
    if (!kind) hint.textContent = "No token is sent.";
    else if (pasted) hint.replaceChildren("Sent with the token that you pasted. ", link, ".");
    else if (kind === "guest") hint.replaceChildren("It takes the token of a tracking session. ", link, " to paste it.");
    else if (me) hint.replaceChildren(`Sent as ${me.name} in ${me.key}. `, link, ".");
    else hint.replaceChildren("Sent without a token, and so refused. ", element("a", { href: "#caller", textContent: "Sign in or paste one" }), ".");
  }
}

function readyCaller() {
  const box = document.getElementById("caller");
  const form = box.querySelector("form");
  const input = form.querySelector("input");
  const forget = form.querySelector(".forget");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    pasted = input.value.trim();
    pastedIs = "";
    input.value = "";
    forget.hidden = !pasted;
    showCaller();
    if (!pasted) return;
    tell("Calls are made with your token now.");
    box.querySelector("details").open = false;
    const answer = await fetch("/api/user", { headers: { Authorization: `Bearer ${pasted}` } }).catch(() => null);
    if (answer?.status !== 200) return; // it may be one of another kind, and good for other calls
    const { name, accounts } = await answer.json();
    pastedIs = `${name}, ${accounts.map(({ key, role }) => `${role} in ${key}`).join(", ")}`;
    for (const field of document.querySelectorAll('.try [name="account_key"]')) {
      if (accounts.length && field.value === field.defaultValue) field.value = accounts[0].key;
    }
    showCaller();
  });
  forget.addEventListener("click", () => {
    pasted = pastedIs = "";
    forget.hidden = true;
    showCaller();
    tell("The token is forgotten.");
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest('a[href="#caller"]')) box.querySelector("details").open = true;
  });
  box.hidden = false;
}

// requestOf is what a form asks for; throws a text if that can't be sent.
function requestOf(box, form) {
  const { method } = box.dataset;
  let path = box.dataset.path;
  const query = new URLSearchParams();
  const headers = new Headers();
  for (const field of form.querySelectorAll("[data-in]")) {
    const value = field.value;
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (field.dataset.in === "query") query.append(field.name, value);
    else headers.append(field.name, value);
  }
  const request = { method, headers };
  const kind = form.querySelector(".kinds")?.value;
  const text = form.querySelector("textarea")?.value ?? "";
  if (kind) {
    headers.set("Content-Type", kind);
    request.body = text;
    if (kind === "application/x-www-form-urlencoded") {
      request.body = new URLSearchParams(text.split("\n").filter((line) => line.trim()).map((line) => [line.split("=", 1)[0].trim(), line.slice(line.indexOf("=") + 1)])).toString();
    } else if (/json$/.test(kind) && kind !== "application/x-ndjson") {
      try { JSON.parse(text); } catch (wrong) { throw `The body is not JSON: ${wrong.message}`; }
    }
  }
  return { url: path + (query.size ? `?${query}` : ""), request };
}

// inCurl is a request as a command, which takes the token from the environment.
function inCurl(url, { method, headers, body }, withToken) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl --request ${method} ${quote(location.origin + url)}`];
  if (withToken) parts.push('--header "Authorization: Bearer $YIPII_TOKEN"');
  for (const [name, value] of headers) if (name !== "authorization") parts.push(`--header ${quote(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push(`--data-binary ${quote(body)}`);
  return parts.join(" \\\n  ");
}

const size = (bytes) => (bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const shownMost = 200_000; // characters of a body; the file has all
const telling = ["content-type", "location", "link", "etag", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "www-authenticate", "allow", "content-disposition", "x-request-id"];

const listOf = (headers) => element("dl", {}, ...headers.flatMap(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]));
const blockOf = (label, text) => {
  const pre = element("pre", { tabIndex: 0 }, element("code", { textContent: text }));
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", label);
  return pre;
};
const fold = (title, inside) => element("details", {}, element("summary", { textContent: title }), inside);

// showBody shows a body as text where it is one, and offers it as a file.
async function showBody(answer, into, began, line) {
  const blob = await answer.blob();
  line.append(element("span", { className: "muted", textContent: `${Math.round(performance.now() - began)} ms, ${size(blob.size)}` }));
  if (!blob.size) return;
  const kind = answer.headers.get("Content-Type") ?? "";
  const name = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  if (/json|text|xml|csv/.test(kind) && !/openxml/.test(kind)) {
    let text = await blob.text();
    if (/json$/.test(kind.split(";")[0])) {
      try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it is shown as it came */ }
    }
    into.append(blockOf("Body of the answer", text.length > shownMost ? `${text.slice(0, shownMost)}\n…` : text));
    const copy = element("button", { type: "button", className: "slim", textContent: "Copy" });
    copy.addEventListener("click", () => navigator.clipboard.writeText(text).then(() => tell("Copied."), () => tell("Copying was not allowed.")));
    copy.hidden = !navigator.clipboard;
    into.append(element("p", { className: "line actions" }, copy));
  } else {
    into.append(element("p", { className: "line actions" }, `A file: ${kind || "of no named kind"}.`));
  }
  const save = element("a", { className: "button slim", textContent: "Save as file", download: name ?? "answer", href: URL.createObjectURL(blob) });
  into.lastElementChild.append(save);
}

// follow shows an answer that goes on, as it comes.
async function follow(answer, into) {
  const block = blockOf("What has come so far", "");
  into.append(block);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    block.firstChild.textContent = (block.firstChild.textContent + part.value).slice(-shownMost);
    block.scrollTop = block.scrollHeight;
  }
}

async function send(box, form) {
  const into = form.querySelector(".result");
  const stop = form.querySelector(".stop");
  const show = (...children) => {
    for (const old of into.querySelectorAll("a[download]")) URL.revokeObjectURL(old.href);
    into.replaceChildren(...children);
    into.hidden = false;
  };
  let asked;
  try {
    asked = requestOf(box, form);
  } catch (wrong) {
    show(element("p", { className: "wrong", textContent: String(wrong) }));
    tell(String(wrong));
    return;
  }
  const ending = new AbortController();
  stop.onclick = () => ending.abort();
  stop.hidden = false;
  try {
    const { caller } = box.dataset;
    const token = caller && (pasted || (caller === "session" ? await sessionToken() : ""));
    if (token && !asked.request.headers.has("Authorization")) asked.request.headers.set("Authorization", `Bearer ${token}`);
    const command = inCurl(asked.url, asked.request, Boolean(token));
    const began = performance.now();
    const answer = await fetch(asked.url, { ...asked.request, signal: ending.signal, credentials: "omit", cache: "no-store" });
    const line = element("p", { className: "line" }, element("b", { className: `status ${answer.ok ? "good" : "bad"}`, textContent: answer.status }), answer.statusText);
    const headers = [...answer.headers];
    show(line, element("p", {}, element("code", { textContent: `${asked.request.method} ${asked.url}` })), listOf(headers.filter(([name]) => telling.includes(name))));
    tell(`Answered with ${answer.status}.`);
    if (/event-stream/.test(answer.headers.get("Content-Type"))) await follow(answer, into);
    else await showBody(answer, into, began, line);
    into.append(fold("All headers", listOf(headers)), fold("The call in a shell", blockOf("The call in a shell", command)));
  } catch (wrong) {
    if (wrong.name === "AbortError") {
      into.append(element("p", { className: "muted", textContent: "Stopped." }));
      into.hidden = false;
    } else {
      show(element("p", { className: "wrong", textContent: `There was no answer: ${wrong.message}` }));
    }
  } finally {
    stop.hidden = true;
  }
}

// readyTry makes a form work. What deletes is asked for again: the second press sends it.
function readyTry(box) {
  const form = box.querySelector("form");
  const button = form.querySelector("button.first");
  const label = button.textContent;
  const kinds = form.querySelector(".kinds");
  if (kinds) {
    const text = form.querySelector("textarea");
    const fill = () => {
      text.value = kinds.selectedOptions[0].dataset.text;
      text.rows = Math.min(24, Math.max(4, text.value.split("\n").length + 1));
      text.hidden = kinds.value === "";
      form.querySelector(".hint").hidden = kinds.value !== "application/x-www-form-urlencoded";
    };
    kinds.addEventListener("change", fill);
    fill();
  }
  let sure = 0;
  const calm = () => {
    clearTimeout(sure);
    sure = 0;
    button.textContent = label;
  };
  form.addEventListener("input", calm);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if ("erases" in box.dataset && !sure) {
      button.textContent = "This can't be undone: press again to send";
      tell(button.textContent);
      sure = setTimeout(calm, 8000);
      return;
    }
    calm();
    button.disabled = true;
    send(box, form).finally(() => { button.disabled = false; });
  });
  // The form leaves the place that it kept while the page moved: it is brought back to the eye.
  box.addEventListener("toggle", () => {
    const { top } = box.getBoundingClientRect();
    if (box.open && (top < 60 || top > innerHeight - 160)) box.scrollIntoView();
  });
  box.hidden = false;
}

addEventListener("DOMContentLoaded", () => {
  // An address as the reference had it before: /docs/api#/Assets/list-assets.
  const operation = /^#\/[^/]+\/([\w-]+)$/.exec(location.hash)?.[1];
  const now = operation && document.querySelector(`main a[href$="#${operation}"]`);
  if (now) location.replace(now.href);
  if (!document.getElementById("caller")) return;
  readyCaller();
  document.querySelectorAll(".try").forEach(readyTry);
  showCaller();
});
