// Copies the map's libraries into ../lib, compressed, and draws the outline of the world from Natural Earth's countries.
// `make libraries` runs it after npm ci. What it writes is committed, so that building the program needs no Node.js.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { feature, merge, mesh } from "topojson-client";
import { presimplify, quantile, simplify } from "topojson-simplify";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(here(`node_modules/${path}`), "utf8");
mkdirSync(here("../lib"), { recursive: true });

// keep writes a file without the line that names its source map, which isn't served.
const keep = (name, text) =>
  writeFileSync(here(`../lib/${name}.gz`), gzipSync(text.replace(/\n?\/[/*]# sourceMappingURL=\S+( \*\/)?\s*$/, "\n"), { level: 9 }));

for (const name of ["maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"]) keep(name, read(`maplibre-gl/dist/${name}`));
keep("pusher.js", read("pusher-js/dist/web/pusher.min.js"));
writeFileSync(here("../lib/LICENSE.maplibre-gl.txt"), read("maplibre-gl/LICENSE.txt"));
writeFileSync(here("../lib/LICENSE.pusher-js.txt"), read("pusher-js/LICENCE"));
writeFileSync(here("../lib/LICENSE.world-atlas.txt"), read("world-atlas/LICENSE"));

// The outline: land, borders, and a point for each country's name. Points that hardly change a shape are left out, and
// two places after the point (about a kilometre) are enough for what shows where on the globe something is.
const detailed = presimplify(JSON.parse(read("world-atlas/countries-50m.json")));
const world = simplify(detailed, quantile(detailed, 0.28));
const round = (value) => (Array.isArray(value) ? value.map(round) : Math.round(value * 100) / 100);

// thin rounds a line and drops points that fall together; what has no extent any more is dropped as a whole.
function thin(line, least) {
  const points = line.map(round).filter((p, i, all) => i === 0 || p[0] !== all[i - 1][0] || p[1] !== all[i - 1][1]);
  return points.length >= least ? points : null;
}

const area = (ring) => Math.abs(ring.reduce((sum, [x, y], i) => {
  const [nextX, nextY] = ring[(i + 1) % ring.length];
  return sum + x * nextY - nextX * y;
}, 0)) / 2;

const land = merge(world, world.objects.countries.geometries).coordinates
  .map((polygon) => polygon.map((ring) => thin(ring, 4)).filter(Boolean)).filter((polygon) => polygon.length > 0);
const borders = mesh(world, world.objects.countries, (a, b) => a !== b).coordinates.map((line) => thin(line, 2)).filter(Boolean);

// centre is the middle of a country's largest part, weighed by area.
function centre({ type, coordinates }) {
  const rings = (type === "Polygon" ? [coordinates] : coordinates).map((polygon) => polygon[0]);
  const ring = rings.reduce((largest, one) => (area(one) > area(largest) ? one : largest));
  let [x, y, twice] = [0, 0, 0];
  ring.forEach(([x0, y0], i) => {
    const [x1, y1] = ring[(i + 1) % ring.length];
    const cross = x0 * y1 - x1 * y0;
    x += (x0 + x1) * cross; y += (y0 + y1) * cross; twice += cross;
  });
  return { at: round([x / (3 * twice), y / (3 * twice)]), size: area(ring) };
}

const names = feature(world, world.objects.countries).features.filter((country) => country.geometry).map((country) => {
  const { at, size } = centre(country.geometry);
  // The larger a country, the earlier its name shows as the map is zoomed in.
  return { type: "Feature", properties: { name: country.properties.name, rank: Math.max(0, Math.min(6, Math.round(7 - Math.log(size + 0.01) / 1.1))) },
    geometry: { type: "Point", coordinates: at } };
}).filter((name) => name.geometry.coordinates.every(Number.isFinite));

const outline = JSON.stringify({ type: "FeatureCollection", features: [
  { type: "Feature", properties: { kind: "land" }, geometry: { type: "MultiPolygon", coordinates: land } },
  { type: "Feature", properties: { kind: "border" }, geometry: { type: "MultiLineString", coordinates: borders } },
  ...names] });
keep("world.json", outline);
console.log(`world.json: ${outline.length} bytes before it is compressed`);
