// A map of assets that move. mountLiveMap puts it into an element, with a list beside it that shows the same in words.
//
// options: {tiles, attribution, assets, live: {key, channel, authEndpoint, headers, eventName, wsHost, wsPort}, positions,
// trails, assetPage, trail, follow, geofences, geofencesAt, theme, listTitle, onGeofence}. page.go says what each is; onGeofence is called with
// a drawn geofence as a GeoJSON Feature, and answers with a promise of the one that was kept. Without it nobody draws. geofence is
// {open, change, remove} for those that are kept, as live-map-draw.js takes them. Without it nobody changes them. goal is where assets
// are going: {name, latitude, longitude}; what an asset's news say of arrival, {text, when, distance, arrived}, is shown with it.

import * as maplibre from "./maplibre-gl.mjs";
import { drawing } from "./live-map-draw.js";
import { shapes } from "./live-map-shape.js";
import { link } from "./live-map-link.js";
import { card, list, make, statusText } from "./live-map-list.js";
import { addImages, coloursOf, empty, iconOf, put, repaint, styleOf } from "./live-map-look.js";
import { trail } from "./live-map-trail.js";

const glideTime = 900; // milliseconds that a marker takes to its new place
const mostGliding = 300; // assets; more of them jump
const askAgain = { live: 60_000, otherwise: 15_000 };
const states = { live: "Live", reconnecting: "Reconnecting…", still: "" };
const driving = new Set(["moving", "in_traffic", "slow_moving"]);
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// escaped makes a text safe where the map takes HTML.
const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function mountLiveMap(element, options = {}) {
  const assets = new Map();
  let chosen = null;
  let following = false;
  let ways = new Map(); // trails by asset, where the page has them
  const goal = options.goal ? { ...options.goal, at: [options.goal.longitude, options.goal.latitude] } : null;
  let fences = options.geofences ?? empty;
  let drawAt = 0; // the frame that is asked for
  let ended = false;

  const single = options.follow && options.assets?.length === 1;
  element.classList.add("live-map");
  element.classList.toggle("lm-single", Boolean(single));
  if (options.theme) element.dataset.theme = options.theme;
  const canvas = make("div", { class: "lm-map" });
  const state = make("p", { class: "lm-link", role: "status" });
  const told = make("p", { class: "lm-told", role: "status", hidden: true });
  const rows = list(options.listTitle ?? "Assets", assets, (id) => choose(id));
  let colours = coloursOf(element);
  const stage = make("div", { class: "lm-stage" }, canvas, told);
  element.replaceChildren(make("div", { class: "lm-side" }, state, rows.element), stage);
  const map = newMap(canvas, options, styleOf(colours, options.tiles)); // it measures the element that it is in
  const way = trail(map, calm);
  const facts = card(options, () => choose(null), (on) => { following = on; centre(); }, way.element);
  stage.append(facts.element);
  // On a narrow map the card lies at the bottom, and who made the map is to be read above it.
  const cardSize = new ResizeObserver(() => stage.style.setProperty("--lm-below", `${facts.element.offsetHeight}px`));
  cardSize.observe(facts.element);
  if (!map) canvas.append(make("p", { class: "lm-none", text: "This browser can't draw the map. The list shows the same in words." }));
  const draft = map && options.onGeofence ? drawing(map, {
    create: async (feature) => { addFence(await options.onGeofence(feature) ?? feature); },
    list: () => fences.features.filter((one) => one.id).map((one) => ({ id: one.id, name: one.properties.name })),
    open: options.geofence && ((id) => options.geofence.open(id)),
    change: async (id, tag, fields) => replaceFence(id, await options.geofence.change(id, tag, fields)),
    remove: async (id, tag) => { await options.geofence.remove(id, tag); replaceFence(id, empty); },
    show: workOn,
  }) : null;
  if (draft) stage.append(draft.element);

  let sayReady;
  const ready = new Promise((resolve) => { sayReady = resolve; });
  if (!map) sayReady();
  map?.once("style.load", () => {
    map.resize(); // its element may have changed while it began
    addImages(map, colours);
    showFences();
    showWays();
    if (goal) put(map, "goal", { type: "Feature", properties: { name: goal.name }, geometry: { type: "Point", coordinates: goal.at } });
    sayReady();
    draw();
  });

  // ---- what is known of assets

  // apply takes one position, and reports whether it is news. known is what a page route says: with names, and the status
  // of now, even where the position is as old as the one that is shown.
  function apply(news, known) {
    const id = Number(news.asset_id);
    if (!Number.isFinite(id)) return null;
    const time = news.timestamp == null ? NaN : typeof news.timestamp === "number" ? news.timestamp : Date.parse(news.timestamp);
    let asset = assets.get(id);
    if (!asset) {
      asset = { id, name: news.name ?? `Asset ${id}`, status: "unavailable", time: NaN, lng: null, lat: null, glide: null };
      assets.set(id, asset);
      if (!known) askSoon(); // for its name
      rows.stale = true;
    } else if (asset.time > time) {
      return null;
    }
    if (known && news.name && news.name !== asset.name) { asset.name = news.name; rows.stale = true; }
    if (news.status) asset.status = news.status;
    if (known) asset.arrival = news.arrival ?? null;
    for (const key of ["speed", "heading", "altitude", "ignition", "odometer", "address", "driver_id"]) if (key in news) asset[key] = news[key];
    asset.moving = driving.has(asset.status);
    const [lat, lng] = [news.latitude, news.longitude];
    if (Number.isFinite(lat) && Number.isFinite(lng) && Number.isFinite(time)) {
      if (time !== asset.time || lat !== asset.lat || lng !== asset.lng) move(asset, lng, lat);
      asset.time = time;
    }
    return asset;
  }

  // move sets an asset's place. It glides there, unless that is far away or there are many.
  function move(asset, lng, lat) {
    const near = asset.lng !== null && Math.hypot(lng - asset.lng, lat - asset.lat) < 0.5;
    asset.glide = near && assets.size <= mostGliding && !calm() && !document.hidden ? { ...shownAt(asset), since: performance.now() } : null;
    asset.lng = lng;
    asset.lat = lat;
  }

  function shownAt(asset, now = performance.now()) {
    if (!asset.glide) return { lng: asset.lng, lat: asset.lat };
    const part = Math.min(1, (now - asset.glide.since) / glideTime);
    if (part >= 1) asset.glide = null;
    const from = asset.glide ?? asset;
    return { lng: from.lng + (asset.lng - from.lng) * part, lat: from.lat + (asset.lat - from.lat) * part };
  }

  function update(data) {
    for (const news of [data].flat()) {
      if (news === null || typeof news !== "object") continue;
      const asset = apply(news, false);
      if (!asset) continue;
      rows.write(asset);
      if (asset.id !== chosen) continue;
      facts.show(asset);
      if (asset.lng !== null && (options.trail || options.trails)) way.add([asset.time, asset.lng, asset.lat, asset.speed ?? null, asset.heading ?? null]);
      centre();
    }
    refresh();
  }

  // replace takes all assets as a page route lists them: who isn't there any more is taken away.
  function replace(all) {
    const there = new Set(all.map((news) => Number(news.asset_id)));
    for (const id of assets.keys()) {
      if (there.has(id)) continue;
      assets.delete(id);
      rows.stale = true;
      if (id === chosen) choose(null);
    }
    for (const news of all) apply(news, true);
    rows.refresh();
    if (chosen !== null) facts.show(assets.get(chosen));
    refresh();
  }

  function refresh() {
    if (rows.stale) { rows.stale = false; rows.fill(); }
    draw();
  }

  // ---- drawing

  function draw() {
    drawAt ||= requestAnimationFrame((now) => {
      drawAt = 0;
      if (ended) return;
      let gliding = false;
      const features = [];
      let alone = empty;
      const ahead = [];
      for (const asset of assets.values()) {
        if (asset.lng === null) continue;
        const { lng, lat } = shownAt(asset, now);
        gliding ||= asset.glide !== null;
        const label = asset.arrival?.text ? `${asset.name}\n${asset.arrival.text}` : asset.name;
        const feature = { type: "Feature", properties: { id: asset.id, name: label, icon: iconOf(asset), heading: asset.heading ?? 0 },
          geometry: { type: "Point", coordinates: [lng, lat] } };
        if (goal && !asset.arrival?.arrived) ahead.push([[lng, lat], goal.at]);
        if (asset.id === chosen) alone = feature;
        else features.push(feature);
      }
      put(map, "assets", { type: "FeatureCollection", features });
      put(map, "chosen", alone);
      put(map, "ahead", { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: ahead } });
      if (gliding) setTimeout(draw, 30);
    });
  }

  const everything = () => [...[...assets.values()].filter((a) => a.lng !== null).map((a) => [a.lng, a.lat]), ...(goal ? [goal.at] : [])];

  // fit shows all assets and where they are going, or the points given.
  function fit(points = everything(), glide = false) {
    if (!map || points.length === 0) return;
    const bounds = points.reduce((box, point) => box.extend(point), new maplibre.LngLatBounds(points[0], points[0]));
    // Nothing is to lie under the tools or the card: that is at the left, or at the bottom of a narrow map.
    const narrow = canvas.clientWidth < 600;
    const space = narrow ? 40 : 60;
    const padding = { top: draft ? 80 : space, right: space, bottom: space, left: space };
    if (goal) { padding.right += 40; padding.bottom += narrow ? 10 : 25; } // its name is read beside the buttons, and when below the marker
    if (chosen !== null) padding[narrow ? "bottom" : "left"] += narrow ? facts.element.offsetHeight : facts.element.offsetWidth;
    if (draft?.opened()) padding[narrow ? "top" : "left"] += narrow ? draft.element.offsetHeight : draft.element.offsetWidth;
    if (padding.top + padding.bottom > canvas.clientHeight - 60) padding.top = padding.bottom = 20;
    map.fitBounds(bounds, { padding, maxZoom: 14, animate: glide && !calm(), duration: glideTime });
  }

  // centre keeps the chosen asset in view while it is followed.
  function centre() {
    const asset = assets.get(chosen);
    if (!map || !following || !asset || asset.lng === null) return;
    if (goal) return fit([[asset.lng, asset.lat], goal.at], true);
    map.easeTo({ center: [asset.lng, asset.lat], offset: aside(), duration: calm() ? 0 : glideTime });
  }

  // aside is how far from the middle of the map the middle of what the card leaves of it is.
  const aside = () => (canvas.clientWidth < 600 ? [0, -facts.element.offsetHeight / 2] : [facts.element.offsetWidth / 2, 0]);

  // ---- choosing

  async function choose(id) {
    if (chosen === id && id !== null) id = null;
    const before = chosen;
    chosen = id;
    following = false;
    facts.following(false);
    rows.choose(id);
    way.clear();
    facts.show(assets.get(id));
    draw();
    if (id === null) {
      if (before !== null) rows.focus(before);
      return showWays();
    }
    const asset = assets.get(id);
    showWays();
    if (asset.lng !== null && !goal) map?.easeTo({ center: [asset.lng, asset.lat], zoom: Math.max(map.getZoom(), 11), offset: aside(), duration: calm() ? 0 : 600 });
    if (options.trails) await loadTrail(id);
    else if (ways.has(id)) way.show(ways.get(id));
    else if (options.trail && asset.lng !== null) way.add([asset.time, asset.lng, asset.lat, asset.speed ?? null, asset.heading ?? null]);
  }

  async function loadTrail(id) {
    try {
      const answer = await fetch(options.trails.replace("{id}", encodeURIComponent(id)), { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.statusText);
      const found = await answer.json();
      if (chosen !== id) return;
      way.show(found.points, found.truncated);
      if (found.points.length > 1) fit(way.bounds());
    } catch {
      if (chosen === id) tell("The trail could not be loaded.");
    }
  }

  // showTrails draws where assets were: those of a Map from an asset's id to the points of its trail.
  function showTrails(all) {
    const first = ways.size === 0;
    ways = all;
    if (first && !goal) ready.then(() => fit([...everything(), ...[...all.values()].flat().map((p) => [p[1], p[2]])]));
    if (ways.has(chosen)) way.renew(ways.get(chosen));
    showWays();
  }

  // showWays draws the trails of those that aren't chosen: the chosen one's is in full.
  function showWays() {
    const lines = [...ways].filter(([id, points]) => id !== chosen && points.length > 1).map(([, points]) => points.map((p) => [p[1], p[2]]));
    put(map, "ways", { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } });
  }

  function tell(text) {
    told.textContent = text;
    told.hidden = false;
    setTimeout(() => { told.hidden = true; }, 6000);
  }

  // ---- geofences

  let worked = null; // the geofence that is being changed: the tools draw it

  function showFences() {
    put(map, "fences", shapes({ features: fences.features.filter((one) => one.id !== worked || worked === null) }));
  }

  function addFence(feature) {
    fences = { type: "FeatureCollection", features: [...fences.features, ...(feature.features ?? [feature])] };
    showFences();
  }

  function replaceFence(id, { features }) {
    fences = { type: "FeatureCollection", features: [...fences.features.filter((one) => one.id !== id), ...features] };
    showFences();
  }

  // workOn shows where a geofence is whose corners are about to be moved.
  function workOn(id) {
    worked = id;
    showFences();
    const one = fences.features.find((each) => each.id === id);
    if (!one) return;
    const points = shapes({ features: [one] }).features[0].geometry.coordinates.flat(Infinity);
    const corners = points.flatMap((lng, i) => (i % 2 === 0 ? [[lng, points[i + 1]]] : []));
    const shown = map.getBounds();
    if (!corners.every((at) => shown.contains(at)) || map.project(corners[0]).dist(map.project(corners[corners.length >> 1])) < 60) fit(corners);
  }

  // ---- news

  let timer = 0;
  let linkState = "still";
  function askSoon(after = 1000) {
    if (!options.positions || ended) return;
    clearTimeout(timer);
    timer = setTimeout(ask, after);
  }

  // ask reads all positions anew: statuses age, assets come and go, and while there is no connection nothing else tells.
  async function ask() {
    try {
      if (!document.hidden) {
        const answer = await fetch(options.positions, { credentials: "same-origin" });
        if (answer.ok && !ended) {
          const first = assets.size === 0;
          replace((await answer.json()).assets);
          if (first) fit();
        }
      }
    } catch { /* it is asked again below */ }
    askSoon(linkState === "live" ? askAgain.live : askAgain.otherwise);
  }

  function tellLink(to) {
    if (to === "live" && linkState !== "live") askSoon(0); // what was missed in between
    linkState = to;
    state.textContent = states[to];
    state.className = `lm-link lm-link-${to}`;
  }

  // ---- the beginning

  const ages = setInterval(() => {
    rows.refresh();
    if (chosen !== null) facts.show(assets.get(chosen));
  }, 20_000);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => ready.then(() => {
    colours = coloursOf(element);
    if (map && !ended) repaint(map, colours, options.tiles);
  });
  dark.addEventListener("change", recolour);

  if (map) {
    for (const layer of ["markers", "clusters", "chosen"]) {
      map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
    }
    map.on("click", async (event) => {
      if (draft?.drawing()) return;
      const around = [[event.point.x - 8, event.point.y - 8], [event.point.x + 8, event.point.y + 8]]; // a finger is wide
      const [hit] = map.queryRenderedFeatures(around, { layers: ["markers", "clusters"] });
      if (!hit) {
        const [fence] = draft?.choose ? map.queryRenderedFeatures(around, { layers: ["fences", "fence-corridors", "fence-edges"] }) : [];
        if (fence?.properties.id) draft.choose(fence.properties.id);
        return;
      }
      if (!hit.properties.point_count) return choose(hit.properties.id);
      const zoom = await map.getSource("assets").getClusterExpansionZoom(hit.properties.cluster_id);
      map.easeTo({ center: hit.geometry.coordinates, zoom: Math.min(zoom + 0.2, 17), duration: calm() ? 0 : 500 });
    });
  }

  if (options.geofencesAt) {
    fetch(options.geofencesAt, { credentials: "same-origin" }).then((answer) => answer.json()).then(addFence).catch(() => tell("The geofences could not be loaded."));
  }

  tellLink("still");
  for (const news of options.assets ?? []) apply(news, true);
  rows.fill();
  fit();
  if (options.positions && !options.assets) askSoon(0);
  else askSoon(askAgain.otherwise);
  if (single) {
    const [only] = assets.keys();
    choose(only);
    following = true;
    facts.following(true);
    if (goal) ready.then(() => fit());
  }
  let leave = null;
  if (options.live?.key) {
    link(options.live, update, tellLink).then((end) => { if (ended) end(); else leave = end; }, () => tellLink("reconnecting"));
  }

  return {
    update, replace, choose, fit, showTrails, ready, map, draft, trail: way, statusText,
    addGeofence: addFence,
    asset: (id) => assets.get(id),
    shownAt: (id) => shownAt(assets.get(id)),
    state: () => linkState,
    remove() {
      ended = true;
      clearTimeout(timer);
      clearInterval(ages);
      cardSize.disconnect();
      dark.removeEventListener("change", recolour);
      leave?.();
      map?.remove();
      element.replaceChildren();
    },
  };
}

// newMap makes the map, or answers null where the browser can't draw one.
function newMap(container, options, style) {
  try {
    const map = new maplibre.Map({ container, style, center: [10, 30], zoom: 1.2, maxZoom: 19, attributionControl: false, dragRotate: false,
      pitchWithRotate: false, touchPitch: false, renderWorldCopies: true, fadeDuration: 0 });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new maplibre.ScaleControl({ unit: "metric" }), "bottom-right");
    const source = options.tiles ? options.attribution ?? "" : "Natural Earth";
    map.addControl(new maplibre.AttributionControl({ compact: false, customAttribution: escaped(source) }), "bottom-right");
    return map;
  } catch (reason) {
    console.warn("no map:", reason);
    return null;
  }
}
