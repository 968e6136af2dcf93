// The list beside the map, and the card of the chosen asset: what the map shows, in words, for a keyboard and a screen
// reader too.

import { statusClass, statuses } from "./live-map-look.js";

const most = 200; // rows; a search finds the others

// make builds an element.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") element.textContent = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export const statusText = (asset) => statuses[asset.status] ?? "Unknown";

export const speedText = (asset) => (asset.speed == null ? "" : `${Math.round(asset.speed)} km/h`);

// agoText says how long ago a moment was.
export function agoText(moment, now = Date.now()) {
  if (!Number.isFinite(moment)) return "never reported";
  const seconds = Math.max(0, Math.round((now - moment) / 1000));
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

const aboutText = (asset) => [statusText(asset), asset.moving && speedText(asset), asset.arrival?.text, agoText(asset.time)].filter(Boolean).join(" · ");

// list shows the assets by name. choose is called with the id of one.
export function list(title, assets, choose) {
  const rows = new Map();
  const words = make("input", { type: "search", "aria-label": `Search ${title.toLowerCase()}`, placeholder: "Search", autocomplete: "off", oninput: () => fill() });
  const items = make("ul", {});
  const rest = make("p", { class: "lm-muted", role: "status" });
  const count = make("span", { class: "lm-count" });
  const head = make("h2", { text: title });
  const element = make("section", { class: "lm-list", "aria-label": title }, make("header", {}, head, count), words, items, rest);
  let chosen = null;

  function write(row, asset) {
    row.dot.className = `lm-dot ${statusClass(asset.status)}`;
    if (row.name.textContent !== asset.name) row.name.textContent = asset.name;
    const about = aboutText(asset);
    if (row.about.textContent !== about) row.about.textContent = about;
    row.button.setAttribute("aria-pressed", String(asset.id === chosen));
  }

  function rowOf(asset) {
    const [dot, name, about] = [make("span", { "aria-hidden": "true" }), make("span", { class: "lm-name" }), make("span", { class: "lm-about" })];
    const button = make("button", { type: "button", "data-asset": asset.id, onclick: () => choose(asset.id) }, dot, name, about);
    return { dot, name, about, button, item: make("li", {}, button) };
  }

  // fill shows the rows that the search finds. Rows stay what they are, so that the focus stays on one.
  function fill() {
    const wanted = words.value.trim().toLowerCase();
    const found = [...assets.values()].filter((a) => a.name.toLowerCase().includes(wanted)).sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    const shown = found.slice(0, most);
    const kept = new Map(shown.map((asset) => [asset.id, rows.get(asset.id) ?? rowOf(asset)]));
    rows.clear();
    for (const [id, row] of kept) rows.set(id, row);
    const order = shown.map((asset) => {
      write(rows.get(asset.id), asset);
      return rows.get(asset.id).item;
    });
    if (order.length !== items.children.length || order.some((item, i) => items.children[i] !== item)) items.replaceChildren(...order);
    words.hidden = assets.size < 8;
    count.textContent = String(assets.size);
    if (assets.size === 0) rest.textContent = "Nothing to show yet.";
    else if (found.length === 0) rest.textContent = "Nothing matches.";
    else rest.textContent = found.length > most ? `And ${found.length - most} more: search for them.` : "";
  }

  return {
    element, fill,
    write: (asset) => rows.has(asset.id) && write(rows.get(asset.id), asset),
    choose(id) {
      const before = chosen;
      chosen = id;
      for (const each of [before, id]) if (rows.has(each)) rows.get(each).button.setAttribute("aria-pressed", String(each === chosen));
      if (rows.has(id)) rows.get(id).item.scrollIntoView({ block: "nearest" });
    },
    refresh: () => { for (const [id, row] of rows) if (assets.has(id)) write(row, assets.get(id)); },
    focus: (id) => rows.get(id)?.button.focus(),
  };
}

// card shows one asset in full, with what belongs to it in extra.
export function card(options, close, follow, ...extra) {
  const name = make("h2", { id: "lm-card-name" });
  const state = make("span", { class: "lm-state" });
  const facts = make("dl", {});
  const page = make("a", { text: "Open its page" });
  const following = make("input", { type: "checkbox", onchange: () => follow(following.checked) });
  const element = make("section", { class: "lm-card", "aria-labelledby": "lm-card-name", hidden: true },
    make("header", {}, name, make("button", { type: "button", class: "lm-close", "aria-label": "Close", onclick: close, text: "×" })),
    state, facts, make("div", { class: "lm-line" }, make("label", {}, following, " Follow"), page), ...extra);
  page.hidden = !options.assetPage;

  const fact = (term, text) => (text ? [make("div", {}, make("dt", { text: term }), make("dd", { text }))] : []);
  return {
    element,
    show(asset) {
      element.hidden = !asset;
      if (!asset) return;
      name.textContent = asset.name;
      state.className = `lm-state ${statusClass(asset.status)}`;
      state.textContent = statusText(asset);
      facts.replaceChildren(
        ...fact("Speed", speedText(asset)),
        ...fact("Reported", agoText(asset.time)),
        ...fact("Time", Number.isFinite(asset.time) ? new Date(asset.time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" }) : ""),
        ...fact("Arrival", asset.arrival?.when),
        ...fact("Distance", asset.arrival && !asset.arrival.arrived ? `${asset.arrival.distance.toFixed(asset.arrival.distance < 10 ? 1 : 0)} km` : ""),
        ...fact("Ignition", asset.ignition == null ? "" : asset.ignition ? "On" : "Off"),
        ...fact("Odometer", asset.odometer == null ? "" : `${Math.round(asset.odometer).toLocaleString()} km`),
        ...fact("Address", asset.address));
      if (options.assetPage) page.href = options.assetPage.replace("{id}", encodeURIComponent(asset.id));
    },
    following: (on) => { following.checked = on; },
  };
}
