// How the map looks: its layers, and the pictures of markers. The colours stand in live-map.css, once for light and once
// for dark; this reads them there.

export const statuses = {
  moving: "Moving", in_traffic: "In traffic", slow_moving: "Slow moving", idle: "Idle", parked: "Parked",
  garage: "In the garage", offline: "Offline", disconnected: "Disconnected", unavailable: "No positions yet",
};

const lost = new Set(["offline", "disconnected", "unavailable"]);

export const statusClass = (status) => `lm-${String(status in statuses ? status : "unavailable").replaceAll("_", "-")}`;

export const empty = { type: "FeatureCollection", features: [] };

// put gives a source of the map what it shows. Where the browser can't draw a map there is none, and nothing is done.
export const put = (map, source, data) => map?.getSource(source)?.setData(data);

// coloursOf reads the colours that the style sheet has for an element now.
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--lm-${name}`).trim() || "#888888";
  const colours = {};
  for (const name of ["water", "land", "border", "text", "surface", "accent", "on-accent", "fence"]) colours[name] = read(name);
  for (const status of Object.keys(statuses)) colours[status] = read(status.replaceAll("_", "-"));
  colours.dark = read("dark") === "1";
  return colours;
}

const font = ["sans-serif"];
const byZoom = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];

// wide is a line's width in pixels that keeps its width in metres: it doubles with every zoom.
const wide = ["interpolate", ["exponential", 2], ["zoom"], 0, ["max", 0.0001, ["get", "pixels"]], 24, ["*", 16777216, ["get", "pixels"]]];

// marker is how every marker of an asset is laid out: turned by its heading, with its name below it.
const marker = {
  "icon-image": ["get", "icon"], "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map", "icon-allow-overlap": true,
  "text-field": ["get", "name"], "text-font": font, "text-size": 12, "text-anchor": "top", "text-offset": [0, 1.2], "text-optional": true, "text-max-width": 12,
};

// layersOf lists the map's layers from the ground up.
function layersOf(c, tiled) {
  const names = { "text-color": c.text, "text-halo-color": c.land, "text-halo-width": 1.4 };
  const named = { "text-color": c.text, "text-halo-color": c.surface, "text-halo-width": 1.6 };
  const ground = tiled
    ? [{ id: "tiles", type: "raster", source: "tiles", paint: c.dark ? { "raster-brightness-max": 0.7, "raster-saturation": -0.35 } : { "raster-brightness-max": 1, "raster-saturation": 0 } }]
    : [
      { id: "land", type: "fill", source: "world", filter: ["==", ["get", "kind"], "land"], paint: { "fill-color": c.land } },
      { id: "borders", type: "line", source: "world", filter: ["==", ["get", "kind"], "border"], paint: { "line-color": c.border, "line-width": byZoom(1, 0.5, 8, 1.5) } },
      { id: "countries", type: "symbol", source: "world", filter: ["all", ["has", "rank"], ["<=", ["get", "rank"], ["+", ["zoom"], 0.5]]], maxzoom: 9,
        layout: { "text-field": ["get", "name"], "text-font": font, "text-size": byZoom(1, 10, 6, 14), "text-max-width": 7 }, paint: { ...names, "text-opacity": 0.75 } },
    ];
  return [
    { id: "water", type: "background", paint: { "background-color": c.water } },
    ...ground,
    { id: "fences", type: "fill", source: "fences", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c.fence, "fill-opacity": 0.14 } },
    { id: "fence-corridors", type: "line", source: "fences", filter: ["has", "pixels"], layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.fence, "line-opacity": 0.2, "line-width": wide } },
    { id: "fence-edges", type: "line", source: "fences", paint: { "line-color": c.fence, "line-width": 2 } },
    { id: "fence-names", type: "symbol", source: "fences", minzoom: 9,
      layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 12, "text-max-width": 10 }, paint: { ...named, "text-color": c.fence } },
    { id: "ways", type: "line", source: "ways", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.accent, "line-width": 2.5, "line-opacity": 0.6 } },
    { id: "ahead", type: "line", source: "ahead", layout: { "line-cap": "round" }, paint: { "line-color": c.fence, "line-width": 2.5, "line-dasharray": [0.5, 2.2] } },
    { id: "trail-halo", type: "line", source: "trail", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.surface, "line-width": 7 } },
    { id: "trail", type: "line", source: "trail", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.accent, "line-width": 3.5 } },
    { id: "draft-fill", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c.accent, "fill-opacity": 0.18 } },
    { id: "draft-corridor", type: "line", source: "draft", filter: ["has", "pixels"], layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.accent, "line-opacity": 0.22, "line-width": wide } },
    { id: "draft-edge", type: "line", source: "draft", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": c.accent, "line-width": 2.5, "line-dasharray": [2, 1.5] } },
    { id: "draft-points", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": ["case", ["get", "mid"], 4, 7], "circle-color": ["case", ["get", "picked"], c.accent, c.surface],
        "circle-opacity": ["case", ["get", "mid"], 0.75, 1], "circle-stroke-color": c.accent, "circle-stroke-width": ["case", ["get", "mid"], 1.5, 3] } },
    { id: "goal", type: "symbol", source: "goal", layout: { ...marker, "icon-image": "goal", "icon-rotate": 0, "icon-anchor": "bottom", "text-offset": [0, 0.3], "text-allow-overlap": true },
      paint: { ...named, "text-color": c.fence } },
    { id: "clusters", type: "circle", source: "assets", filter: ["has", "point_count"],
      paint: { "circle-color": c.accent, "circle-stroke-color": c.surface, "circle-stroke-width": 2.5, "circle-radius": ["step", ["get", "point_count"], 15, 10, 18, 100, 22, 1000, 27] } },
    { id: "cluster-counts", type: "symbol", source: "assets", filter: ["has", "point_count"],
      layout: { "text-field": ["get", "point_count_abbreviated"], "text-font": font, "text-size": 13, "text-allow-overlap": true }, paint: { "text-color": c["on-accent"] } },
    { id: "markers", type: "symbol", source: "assets", filter: ["!", ["has", "point_count"]], layout: marker, paint: named },
    { id: "chosen-ring", type: "circle", source: "chosen",
      paint: { "circle-radius": 19, "circle-color": c.accent, "circle-opacity": 0.22, "circle-stroke-color": c.accent, "circle-stroke-width": 2 } },
    { id: "chosen", type: "symbol", source: "chosen", layout: { ...marker, "text-offset": [0, 1.7], "text-allow-overlap": true }, paint: named },
    { id: "played", type: "symbol", source: "played", layout: { "icon-image": "played", "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map", "icon-allow-overlap": true } },
  ];
}

// styleOf is the style of a new map.
export function styleOf(c, tiles) {
  const geojson = (more) => ({ type: "geojson", data: empty, ...more });
  const sources = { fences: geojson(), trail: geojson(), draft: geojson(), chosen: geojson(), played: geojson(), ways: geojson(), ahead: geojson(), goal: geojson(),
    assets: geojson({ cluster: true, clusterRadius: 38, clusterMaxZoom: 13 }) };
  if (tiles) sources.tiles = { type: "raster", tiles: [tiles], tileSize: 256, maxzoom: 19 };
  else sources.world = { type: "geojson", data: new URL("world.json", import.meta.url).href };
  return { version: 8, sources, layers: layersOf(c, Boolean(tiles)) };
}

// repaint gives a map other colours.
export function repaint(map, c, tiles) {
  for (const layer of layersOf(c, Boolean(tiles))) {
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
  }
  addImages(map, c);
}

// iconOf names the picture of an asset: an arrow for one whose heading says something, else a dot.
export function iconOf(asset) {
  const status = asset.status in statuses ? asset.status : "unavailable";
  return `${asset.heading == null || lost.has(status) ? "dot" : "arrow"}-${status}`;
}

// addImages draws the pictures of markers, at twice the size for fine screens.
export function addImages(map, c) {
  const keep = (id, image) => (map.hasImage(id) ? map.updateImage(id, image) : map.addImage(id, image, { pixelRatio: 2 }));
  for (const status of Object.keys(statuses)) {
    keep(`arrow-${status}`, draw(arrow, c[status], c.surface));
    keep(`dot-${status}`, lost.has(status) ? draw(dot, c.surface, c[status]) : draw(dot, c[status], c.surface));
  }
  keep("played", draw(arrow, c.accent, c.surface));
  keep("goal", draw(pin, c.fence, c.surface));
}

function draw(shape, fill, edge) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 60;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.lineWidth = 6;
  pen.lineJoin = "round";
  pen.fillStyle = fill;
  pen.strokeStyle = edge;
  pen.beginPath();
  shape(pen);
  pen.closePath();
  pen.stroke();
  pen.fill();
  return pen.getImageData(0, 0, 60, 60);
}

// arrow points north; the map turns it.
function arrow(pen) {
  pen.moveTo(30, 5);
  pen.lineTo(49, 51);
  pen.lineTo(30, 42);
  pen.lineTo(11, 51);
}

// pin stands with its tip at the bottom.
function pin(pen) {
  pen.arc(30, 22, 17, Math.PI * 0.86, Math.PI * 0.14);
  pen.lineTo(30, 57);
  pen.closePath();
  pen.moveTo(36, 22);
  pen.arc(30, 22, 6, 0, 2 * Math.PI, true);
}

const dot = (pen) => pen.arc(30, 30, 16, 0, 2 * Math.PI);
