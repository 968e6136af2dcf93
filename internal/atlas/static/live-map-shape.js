// Geofences as what a map draws: circles become polygons, corridors lines of a width.

const earth = 6371008.8; // metres: the radius of the globe, as internal/geo has it
const rad = Math.PI / 180;

// metres is the distance between two points.
export function metres([lng1, lat1], [lng2, lat2]) {
  const half = Math.sin(((lat2 - lat1) * rad) / 2) ** 2 + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lng2 - lng1) * rad) / 2) ** 2;
  return 2 * earth * Math.asin(Math.sqrt(half));
}

// circle is a ring of points around a middle.
export function circle([lng, lat], radius, corners = 72) {
  const angle = radius / earth;
  const ring = [];
  for (let i = 0; i <= corners; i++) {
    const turn = (2 * Math.PI * i) / corners;
    const y = Math.asin(Math.sin(lat * rad) * Math.cos(angle) + Math.cos(lat * rad) * Math.sin(angle) * Math.cos(turn));
    const x = lng * rad + Math.atan2(Math.sin(turn) * Math.sin(angle) * Math.cos(lat * rad), Math.cos(angle) - Math.sin(lat * rad) * Math.sin(y));
    ring.push([x / rad, y / rad]);
  }
  return ring;
}

// pixels is how wide a width in metres is at zoom 0, where a pixel of a tile of 512 is 78 km at the equator.
export const pixels = (width, latitude) => width / (78271.517 * Math.cos(latitude * rad));

// shapes turns a FeatureCollection of geofences into one that the map draws.
export function shapes(collection) {
  return { type: "FeatureCollection", features: collection.features.map(({ id = 0, geometry, properties: { name = "", radius, width } = {} }) => {
    const properties = { id, name };
    if (geometry.type === "Point") {
      return { type: "Feature", properties, geometry: { type: "Polygon", coordinates: [circle(geometry.coordinates, radius ?? 50)] } };
    }
    if (geometry.type === "LineString" && width) {
      return { type: "Feature", properties: { ...properties, pixels: pixels(width, geometry.coordinates[0][1]) }, geometry };
    }
    return { type: "Feature", properties, geometry };
  }) };
}
