// The page of a tracking link: it opens a session, with the PIN where one is asked for, and shows what the link shows, again and
// again. What it knows it also tells #map, as the event "tracking" with the state in its detail (null when the link has ended), for a
// map to draw.

const main = document.querySelector("main");
const api = "/api/public/tracking/" + encodeURIComponent(main.dataset.link);
const every = 10_000; // milliseconds between two looks
const el = (id) => document.getElementById(id);

let pin = "";
let session = null; // {token, expires_at}
let timer = 0;
let last = null; // the state that is shown

function note(text) {
  el("note").textContent = text;
  el("note").hidden = text === "";
}

async function open() {
  const answer = await fetch(api + "/session", {
    method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(pin ? { pin } : {}),
  });
  if (answer.ok) {
    const body = await answer.json();
    session = { token: body.token, expires: Date.parse(body.expires_at) };
    show(body);
    return;
  }
  session = null;
  if (answer.status === 422) askPIN(pin ? "The PIN is not right." : "");
  else if (answer.status === 429) refuse(answer);
  else await ended(answer);
}

// ended shows why the link can't be followed any more. Nothing stays of what it has shown.
async function ended(answer) {
  clearTimeout(timer);
  session = last = null;
  el("pin-form").hidden = el("followed").hidden = true;
  el("assets").replaceChildren();
  el("map").dispatchEvent(new CustomEvent("tracking", { detail: null }));
  const body = await answer.json().catch(() => ({}));
  note(body.message || "This link does not work any more.");
}

function refuse(answer) {
  const seconds = Number(answer.headers.get("Retry-After")) || 60;
  const text = "Too many attempts. Try again in " + (seconds < 90 ? seconds + " seconds." : Math.ceil(seconds / 60) + " minutes.");
  if (el("pin-form").hidden) {
    note(text);
    timer = setTimeout(look, seconds * 1000);
  } else {
    el("pin-wrong").textContent = text;
  }
}

function askPIN(wrong) {
  pin = "";
  el("followed").hidden = true;
  el("pin-form").hidden = false;
  el("pin-wrong").textContent = wrong;
  el("pin").value = "";
  el("pin").setAttribute("aria-invalid", String(wrong !== ""));
  if (wrong) el("pin").focus();
}

el("pin-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  pin = el("pin").value.trim();
  await attempt();
});

// attempt opens the link, and goes on to look.
async function attempt() {
  clearTimeout(timer);
  try {
    await open();
  } catch {
    note("The server can't be reached. The page tries again.");
    timer = setTimeout(attempt, every);
    return;
  }
  if (session) timer = setTimeout(look, every);
}

async function look() {
  if (document.hidden) return; // visibilitychange looks again
  if (!session || Date.now() > session.expires - 30_000) {
    await attempt();
    return;
  }
  try {
    const answer = await fetch(api + "/state", { credentials: "omit", headers: { Authorization: "Bearer " + session.token } });
    if (answer.ok) show(await answer.json());
    else if (answer.status === 401) { session = null; await attempt(); return; }
    else if (answer.status === 429) { refuse(answer); return; }
    else if (answer.status < 500) { await ended(answer); return; }
  } catch {
    note("The server can't be reached. What is shown may be old.");
  }
  timer = setTimeout(look, every);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && last) { clearTimeout(timer); look(); }
});

function show(state) {
  last = state;
  note("");
  el("pin-form").hidden = true;
  el("followed").hidden = false;
  el("title").textContent = document.title = state.name;
  el("span").textContent = "This link works until " + moment(state.until) + ".";
  el("assets").replaceChildren(...state.assets.map(asset));
  el("map").dispatchEvent(new CustomEvent("tracking", { detail: state }));
}

function line(kind, ...parts) {
  const p = document.createElement("p");
  p.className = kind;
  p.append(...parts);
  return p;
}

function asset(of) {
  const item = document.createElement("li");
  const name = document.createElement("h2");
  name.textContent = of.name;
  item.append(name);
  if (!of.position) {
    item.append(line("muted", "There is no position yet."));
    return item;
  }
  const at = of.position;
  const time = document.createElement("time");
  time.dateTime = at.timestamp;
  time.textContent = moment(at.timestamp);
  if (of.arrival) item.append(...arrival(of.arrival));
  item.append(line("muted", at.speed === null ? "Seen " : Math.round(at.speed) + " km/h, seen ", time, " at " + at.latitude.toFixed(5) + ", " + at.longitude.toFixed(5)));
  return item;
}

function arrival(a) {
  const to = last.destination ? last.destination.name : "the destination";
  if (a.arrived) return [line("arrival", "Arrived at " + to)];
  const away = a.distance.toFixed(a.distance < 10 ? 1 : 0) + " km from " + to;
  return a.estimated_at ? [line("arrival", "Arrives about " + moment(a.estimated_at)), line("", away + ". The time is an estimate.")] : [line("arrival", away)];
}

// moment writes a time, with its day unless that is today.
function moment(text) {
  const at = new Date(text);
  if (at.toDateString() === new Date().toDateString()) return at.toLocaleTimeString(undefined, { timeStyle: "short" });
  return at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

if (main.dataset.access === "pin") askPIN("");
else attempt();
