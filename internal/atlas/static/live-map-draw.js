// Drawing a geofence, and changing one that is kept: a circle by its middle and edge, a polygon by its corners, a corridor by the
// corners of its line. Corners can be dragged until it is saved, a point between two of them becomes one where it is dragged to.
// Without a pointer a circle can be put around the middle of the map, and names and sizes are fields.

import { make } from "./live-map-list.js";
import { empty, put } from "./live-map-look.js";
import { circle, metres, pixels } from "./live-map-shape.js";

const bounds = { circle: [5, 200_000], corridor: [5, 20_000] }; // of a radius or width, in metres
const sizes = { circle: "Radius in metres", corridor: "Whole width in metres" };
const least = { circle: 1, polygon: 3, corridor: 2 }; // corners of a ring or line
const rounded = ([lng, lat]) => [Math.round(lng * 1e6) / 1e6, Math.round(lat * 1e6) / 1e6];
const between = ([lng1, lat1], [lng2, lat2]) => [(lng1 + lng2) / 2, (lat1 + lat2) / 2];

// drawing adds the tools to a map. keep is {create, list, open, change, remove, show}: create gets a new geofence as a GeoJSON Feature;
// list is of those that there are, as {id, name}; open gets one as {feature, tag}, change and remove take its id and tag, and
// change the fields that differ; show takes the id of the one that is worked on, or null. Without open nothing is changed.
export function drawing(map, keep) {
  let kind = ""; // "circle", "polygon", "corridor", or "" while nothing is drawn
  let kept = null; // {feature, tag} of a geofence that is changed; null for a new one
  let parts = []; // polygons, of rings, of corners without the last, which is the first; of others one ring
  let size = 0; // radius or width
  let picked = null; // the corner that was touched last, as [part, ring, index]
  let dragged = null;

  const field = (id, text, input) => make("div", { class: "lm-field" }, make("label", { for: id, text }), input);
  const hint = make("p", { class: "lm-muted", role: "status" });
  const name = make("input", { id: "lm-fence-name", maxlength: "200", autocomplete: "off", required: true });
  const sized = make("input", { id: "lm-fence-size", type: "number", step: "1", inputmode: "numeric", oninput: () => { size = Number(sized.value); show(); } });
  const sizeField = field("lm-fence-size", "", sized);
  const middle = make("button", { type: "button", class: "lm-middle", text: "Put it in the middle of the map", onclick: () => { parts = []; place(map.getCenter().toArray()); } });
  const undo = make("button", { type: "button", text: "Undo corner", onclick: () => { parts[0][0].pop(); show(); } });
  const less = make("button", { type: "button", text: "Remove corner", onclick: () => { ringOf(picked).splice(picked[2], 1); picked = null; show(); } });
  const submit = make("button", { type: "submit", class: "lm-primary", text: "Save" });
  const wrong = make("p", { class: "lm-wrong", role: "alert" });
  const remove = make("button", { type: "button", class: "lm-danger", onclick: () => (remove.dataset.sure ? away() : sure(true)) });
  const title = make("h2", {});
  const form = make("form", { hidden: true, method: "post", onsubmit: (event) => { event.preventDefault(); event.stopPropagation(); finish(); } },
    title, hint, field("lm-fence-name", "Name", name), sizeField, middle, undo, less, wrong,
    make("div", { class: "lm-line" }, submit, make("button", { type: "button", text: "Cancel", onclick: () => stop() }), remove));
  const which = make("select", { id: "lm-fence-which" });
  const chooseWrong = make("p", { class: "lm-wrong", role: "alert" });
  const chooser = make("form", { hidden: true, method: "post", onsubmit: (event) => { event.preventDefault(); event.stopPropagation(); edit(Number(which.value)); } },
    field("lm-fence-which", "Geofence", which), chooseWrong,
    make("div", { class: "lm-line" }, make("button", { type: "submit", class: "lm-primary", text: "Edit" }), make("button", { type: "button", text: "Close", onclick: () => stop() })));
  const begin = (to, text) => make("button", { type: "button", "data-draw": to, text, onclick: () => start(to) });
  const other = make("button", { type: "button", "data-draw": "edit", text: "Edit", hidden: !keep.open, onclick: () => choose() });
  const buttons = make("div", { class: "lm-line", role: "group", "aria-label": "Geofences" }, begin("circle", "Draw a circle"), begin("polygon", "Draw a polygon"), other);
  const element = make("div", { class: "lm-draw" }, buttons, form, chooser);

  const ringOf = (at) => parts[at[0]][at[1]];

  // open shows one of the two forms, or with null the buttons.
  function open(which) {
    buttons.hidden = which !== null;
    form.hidden = which !== form;
    chooser.hidden = which !== chooser;
    element.classList.toggle("lm-open", which !== null);
  }

  function start(to, one = null) {
    kind = to;
    kept = one;
    parts = [];
    size = 0;
    picked = dragged = null;
    name.value = sized.value = wrong.textContent = "";
    title.textContent = kept ? "Edit geofence" : "New geofence";
    if (kept) read(kept.feature);
    open(form);
    sizeField.hidden = !sizes[kind];
    sizeField.firstElementChild.textContent = sizes[kind] ?? "";
    if (sizes[kind]) [sized.min, sized.max] = bounds[kind];
    middle.hidden = kind !== "circle" || Boolean(kept);
    undo.hidden = kind !== "polygon" || Boolean(kept);
    less.hidden = kind === "circle" || !kept;
    remove.hidden = !kept;
    sure(false);
    map.doubleClickZoom.disable();
    map.getCanvas().style.cursor = kept ? "" : "crosshair";
    show();
    name.focus();
  }

  function stop() {
    kind = "";
    kept = null;
    parts = [];
    open(null);
    keep.show?.(null);
    map.doubleClickZoom.enable();
    map.getCanvas().style.cursor = "";
    show();
    buttons.firstElementChild.focus();
  }

  // choose asks which geofence is meant.
  function choose(id) {
    const all = keep.list().sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    which.replaceChildren(...all.map((one) => make("option", { value: one.id, text: one.name, selected: one.id === id })));
    chooseWrong.textContent = all.length === 0 ? "There is none yet." : "";
    open(chooser);
    which.focus();
  }

  async function edit(id) {
    if (!id) return;
    try {
      const one = await keep.open(id);
      start({ Point: "circle", LineString: "corridor" }[one.feature.geometry.type] ?? "polygon", one);
      keep.show?.(id);
    } catch (reason) {
      chooseWrong.textContent = reason.message || "It could not be read.";
    }
  }

  // read takes a kept geofence apart.
  function read({ geometry, properties }) {
    const open = (ring) => ring.slice(0, -1);
    parts = { Point: (c) => [[[c]]], LineString: (c) => [[c.slice()]], Polygon: (c) => [c.map(open)], MultiPolygon: (c) => c.map((p) => p.map(open)) }[geometry.type](geometry.coordinates);
    size = properties.radius ?? properties.width ?? 0;
    name.value = properties.name;
    sized.value = size ? String(size) : "";
  }

  // place adds a corner where somebody clicked.
  function place(point) {
    if (kind === "circle" && parts.length === 1) return resize(point);
    if (parts.length === 0) parts = [[[]]];
    parts[0][0].push(rounded(point));
    if (kind === "circle" && size === 0) {
      // A circle is seen at once: a sixth of what the map shows, until its edge is set.
      const shown = map.getBounds();
      setSize(metres([shown.getWest(), point[1]], [shown.getEast(), point[1]]) / 12);
    }
    show();
  }

  function setSize(value) {
    size = Math.round(Math.min(bounds[kind][1], Math.max(bounds[kind][0], value)));
    sized.value = String(size);
  }

  function resize(edge) {
    setSize(metres(parts[0][0][0], edge));
    show();
  }

  const drawn = () => parts.length > 0 && parts.flat().every((ring) => ring.length >= least[kind]) && (!bounds[kind] || (size >= bounds[kind][0] && size <= bounds[kind][1]));

  // handles are the points that can be dragged: corners, the edge of a circle, and what lies between corners of a kept one.
  function handles() {
    const all = [];
    parts.forEach((rings, part) => rings.forEach((ring, r) => ring.forEach((point, index) => {
      const at = [part, r, index];
      all.push({ point, at, picked: String(at) === String(picked) });
      if (kind === "circle") {
        if (drawn()) all.push({ point: circle(point, size, 4)[1], edge: true });
      } else if (kept && (kind === "polygon" || index + 1 < ring.length)) {
        all.push({ point: between(point, ring[(index + 1) % ring.length]), at: [part, r, index + 1], mid: true });
      }
    })));
    return all;
  }

  function show() {
    const line = parts[0]?.[0] ?? [];
    const areas = [];
    const add = (geometry, properties = {}) => areas.push({ type: "Feature", properties, geometry });
    if (kind === "circle" && drawn()) add({ type: "Polygon", coordinates: [circle(line[0], size)] });
    if (kind === "polygon" && (kept || line.length >= 3)) add({ type: "MultiPolygon", coordinates: closed() });
    else if (kind === "polygon" && line.length === 2) add({ type: "LineString", coordinates: line });
    if (kind === "corridor") add({ type: "LineString", coordinates: line }, { pixels: pixels(size, line[0][1]) });
    const points = handles().map(({ point, at, edge, mid, picked: touched }) => ({ type: "Feature", geometry: { type: "Point", coordinates: point },
      properties: { at: JSON.stringify(at ?? null), edge: Boolean(edge), mid: Boolean(mid), picked: Boolean(touched) } }));
    put(map, "draft", kind ? { type: "FeatureCollection", features: [...areas, ...points] } : empty);
    undo.disabled = line.length === 0;
    less.disabled = !picked || ringOf(picked).length <= least[kind];
    submit.disabled = !drawn();
    hint.textContent = hintText(line.length);
  }

  function hintText(corners) {
    if (kind === "circle") return corners === 0 ? "Click where its middle is." : kept ? "Drag its middle or its edge." : "Click where its edge is, or drag its points.";
    if (kept) return "Drag its corners. A point between two becomes a corner.";
    return drawn() ? "Click further corners, drag them, or save." : `Click its corners: ${3 - corners} more at least.`;
  }

  const closed = () => parts.map((rings) => rings.map((ring) => [...ring, ring[0]]));

  function geometry() {
    if (kind === "circle") return { type: "Point", coordinates: parts[0][0][0] };
    if (kind === "corridor") return { type: "LineString", coordinates: parts[0][0] };
    return parts.length > 1 || kept?.feature.geometry.type === "MultiPolygon" ? { type: "MultiPolygon", coordinates: closed() } : { type: "Polygon", coordinates: closed()[0] };
  }

  const sizeProperty = () => ({ circle: { radius: size }, corridor: { width: size } })[kind] ?? {};
  const feature = () => ({ type: "Feature", properties: { name: name.value.trim(), ...sizeProperty() }, geometry: geometry() });

  // changes are the fields that differ from what is kept: what is left out stays as it is.
  function changes() {
    const { geometry: before, properties } = kept.feature;
    const all = { ...feature().properties, geometry: geometry() };
    const same = (key) => JSON.stringify(all[key]) === JSON.stringify(key === "geometry" ? { type: before.type, coordinates: before.coordinates } : properties[key]);
    return Object.fromEntries(Object.entries(all).filter(([key]) => !same(key)));
  }

  async function attempt(work) {
    submit.disabled = remove.disabled = true;
    wrong.textContent = "";
    try {
      await work();
      stop();
    } catch (reason) {
      wrong.textContent = reason.message || "It could not be saved.";
    }
    remove.disabled = false;
    submit.disabled = !drawn();
  }

  const finish = () => drawn() && attempt(() => (kept ? keep.change(kept.feature.id, kept.tag, changes()) : keep.create(feature())));
  const away = () => attempt(() => keep.remove(kept.feature.id, kept.tag));

  function sure(yes) {
    if (yes) remove.dataset.sure = "yes";
    else delete remove.dataset.sure;
    remove.textContent = yes ? "Delete it for good" : "Delete";
  }

  // ---- the pointer

  map.on("click", (event) => {
    if (kind && !kept && !event.defaultPrevented) place(event.lngLat.toArray());
  });
  const drag = (event) => {
    if (!kind || (event.points && event.points.length > 1)) return;
    const around = [[event.point.x - 10, event.point.y - 10], [event.point.x + 10, event.point.y + 10]];
    const hits = map.queryRenderedFeatures(around, { layers: ["draft-points"] });
    const hit = hits.find((one) => !one.properties.mid) ?? hits[0]; // a corner before what lies between
    if (!hit) return;
    event.preventDefault(); // the map stays where it is
    const at = JSON.parse(hit.properties.at);
    if (hit.properties.mid) ringOf(at).splice(at[2], 0, rounded(event.lngLat.toArray()));
    picked = hit.properties.edge ? null : at;
    dragged = { edge: hit.properties.edge, at };
    show();
  };
  const pull = (event) => {
    if (!dragged) return;
    const to = rounded(event.lngLat.toArray());
    if (dragged.edge) return resize(to);
    ringOf(dragged.at)[dragged.at[2]] = to;
    show();
  };
  const drop = () => { dragged = null; };
  map.on("mousedown", drag);
  map.on("touchstart", drag);
  map.on("mousemove", pull);
  map.on("touchmove", pull);
  map.on("mouseup", drop);
  map.on("touchend", drop);
  for (const [event, cursor] of [["mouseenter", "move"], ["mouseleave", ""]]) map.on(event, "draft-points", () => { if (kept) map.getCanvas().style.cursor = cursor; });
  element.addEventListener("keydown", (event) => { if (event.key === "Escape" && buttons.hidden) stop(); });

  return { element, drawing: () => kind !== "", opened: () => buttons.hidden, choose: keep.open ? choose : null, edit, start, stop, place, feature, handles };
}
