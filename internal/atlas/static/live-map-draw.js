// Drawing a geofence: a circle by its middle and edge, a polygon by its corners. Corners can be dragged until it is saved.
// Without a pointer a circle can be put around the middle of the map, with its radius as a number.

import { make } from "./live-map-list.js";
import { empty, put } from "./live-map-look.js";
import { circle, metres } from "./live-map-shape.js";

const leastRadius = 5;
const mostRadius = 200_000;
const rounded = ([lng, lat]) => [Math.round(lng * 1e6) / 1e6, Math.round(lat * 1e6) / 1e6];

// drawing adds the tools to a map. save gets the geofence as a GeoJSON Feature, and answers with a promise.
export function drawing(map, save) {
  let kind = ""; // "circle", "polygon", or "" while nothing is drawn
  let points = []; // of a polygon its corners, of a circle its middle
  let radius = 0;
  let dragged = -1;

  const hint = make("p", { class: "lm-muted", role: "status" });
  const name = make("input", { id: "lm-fence-name", maxlength: "200", autocomplete: "off", required: true });
  const size = make("input", { id: "lm-fence-radius", type: "number", min: leastRadius, max: mostRadius, step: "1", inputmode: "numeric",
    oninput: () => { radius = Number(size.value); show(); } });
  const sizeField = make("div", { class: "lm-field" }, make("label", { for: "lm-fence-radius", text: "Radius in metres" }), size);
  const middle = make("button", { type: "button", class: "lm-middle", text: "Put it in the middle of the map", onclick: () => { points = []; place(map.getCenter().toArray()); } });
  const undo = make("button", { type: "button", text: "Undo corner", onclick: () => { points.pop(); show(); } });
  const keep = make("button", { type: "submit", class: "lm-primary", text: "Save" });
  const wrong = make("p", { class: "lm-wrong", role: "alert" });
  const form = make("form", { hidden: true, method: "post", onsubmit: (event) => { event.preventDefault(); event.stopPropagation(); finish(); } },
    hint, make("div", { class: "lm-field" }, make("label", { for: "lm-fence-name", text: "Name" }), name), sizeField, middle, undo, wrong,
    make("div", { class: "lm-line" }, keep, make("button", { type: "button", text: "Cancel", onclick: () => stop() })));
  const begin = (to, text) => make("button", { type: "button", "data-draw": to, text, onclick: () => start(to) });
  const buttons = make("div", { class: "lm-line", role: "group", "aria-label": "Draw a geofence" }, begin("circle", "Draw a circle"), begin("polygon", "Draw a polygon"));
  const element = make("div", { class: "lm-draw" }, buttons, form);

  function start(to) {
    kind = to;
    points = [];
    radius = 0;
    name.value = size.value = wrong.textContent = "";
    buttons.hidden = true;
    form.hidden = false;
    element.classList.add("lm-open");
    sizeField.hidden = middle.hidden = kind !== "circle";
    undo.hidden = kind !== "polygon";
    map.doubleClickZoom.disable();
    map.getCanvas().style.cursor = "crosshair";
    show();
    name.focus();
  }

  function stop() {
    kind = "";
    points = [];
    form.hidden = true;
    buttons.hidden = false;
    element.classList.remove("lm-open");
    map.doubleClickZoom.enable();
    map.getCanvas().style.cursor = "";
    show();
    buttons.firstElementChild.focus();
  }

  // place adds a point where somebody clicked.
  function place(point) {
    if (kind === "circle" && points.length === 1) setRadius(point);
    else points.push(rounded(point));
    if (kind === "circle" && radius === 0) {
      // A circle is seen at once: a sixth of what the map shows, until its edge is set.
      const bounds = map.getBounds();
      radius = bound(metres([bounds.getWest(), points[0][1]], [bounds.getEast(), points[0][1]]) / 12);
      size.value = String(radius);
    }
    show();
  }

  const bound = (value) => Math.round(Math.min(mostRadius, Math.max(leastRadius, value)));

  function setRadius(edge) {
    radius = bound(metres(points[0], edge));
    size.value = String(radius);
  }

  const drawn = () => (kind === "circle" ? points.length === 1 && radius >= leastRadius && radius <= mostRadius : points.length >= 3);

  // handles are the points that can be dragged.
  const handles = () => (kind === "circle" && points.length === 1 ? [points[0], circle(points[0], radius, 4)[1]] : points);

  function show() {
    const features = handles().map((p, index) => ({ type: "Feature", properties: { index }, geometry: { type: "Point", coordinates: p } }));
    const area = (ring) => features.unshift({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } });
    if (kind === "circle" && drawn()) area(circle(points[0], radius));
    if (kind === "polygon" && points.length >= 3) area([...points, points[0]]);
    if (kind === "polygon" && points.length === 2) features.unshift({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: points } });
    put(map, "draft", features.length > 0 ? { type: "FeatureCollection", features } : empty);
    undo.disabled = points.length === 0;
    keep.disabled = !drawn();
    if (kind === "circle") hint.textContent = points.length === 0 ? "Click where its middle is." : "Click where its edge is, or drag its points.";
    if (kind === "polygon") hint.textContent = drawn() ? "Click further corners, drag them, or save." : `Click its corners: ${3 - points.length} more at least.`;
  }

  const feature = () => ({ type: "Feature", properties: kind === "circle" ? { name: name.value.trim(), radius } : { name: name.value.trim() },
    geometry: kind === "circle" ? { type: "Point", coordinates: points[0] } : { type: "Polygon", coordinates: [[...points, points[0]]] } });

  async function finish() {
    if (!drawn()) return;
    keep.disabled = true;
    wrong.textContent = "";
    try {
      await save(feature());
      stop();
    } catch (reason) {
      wrong.textContent = reason.message || "It could not be saved.";
      keep.disabled = false;
    }
  }

  // ---- the pointer

  map.on("click", (event) => {
    if (kind && !event.defaultPrevented) place(event.lngLat.toArray());
  });
  const drag = (event) => {
    if (!kind || (event.points && event.points.length > 1)) return;
    const [hit] = map.queryRenderedFeatures([[event.point.x - 10, event.point.y - 10], [event.point.x + 10, event.point.y + 10]], { layers: ["draft-points"] });
    if (!hit) return;
    event.preventDefault(); // the map stays where it is
    dragged = hit.properties.index;
  };
  const pull = (event) => {
    if (dragged < 0) return;
    const to = rounded(event.lngLat.toArray());
    if (kind === "circle" && dragged === 1) setRadius(to);
    else points[dragged] = to;
    show();
  };
  const drop = () => { dragged = -1; };
  map.on("mousedown", drag);
  map.on("touchstart", drag);
  map.on("mousemove", pull);
  map.on("touchmove", pull);
  map.on("mouseup", drop);
  map.on("touchend", drop);
  element.addEventListener("keydown", (event) => { if (event.key === "Escape" && kind) stop(); });

  return { element, drawing: () => kind !== "", start, stop, place, feature };
}
