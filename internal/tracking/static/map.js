// The map of the page: it draws what page.js tells #map, and follows live what happens in between. Without a map the page
// still says everything in words.

const place = document.getElementById("map");
const options = JSON.parse(place.dataset.map);
let map = null;
let mounting = null;
let leave = null;
let token = "";

place.addEventListener("tracking", async ({ detail: state }) => {
  if (!state) return end();
  mounting ??= mount(state);
  await mounting;
  if (!map) return;
  map.update(state.assets.filter((of) => of.position).map(marker));
  const way = state.assets.length === 1 && state.assets[0].trail;
  if (way) map.showTrail(way.map((at) => [Date.parse(at.timestamp), at.longitude, at.latitude, null, null]), false);
  if (options.key && state.token && state.token !== token) await follow(state);
});

async function mount(state) {
  try {
    const { mountLiveMap } = await import(options.map);
    map = mountLiveMap(place, { tiles: options.tiles, attribution: options.attribution, assets: state.assets.filter((of) => of.position).map(marker), trail: true, follow: state.assets.length === 1, listTitle: "Vehicles" });
  } catch (reason) {
    console.warn("no map:", reason);
  }
}

// follow hears of new positions by the session of the link. A new session needs a new connection.
async function follow(state) {
  token = state.token;
  const { link } = await import(options.link);
  leave?.();
  leave = await link({ key: options.key, channel: state.channel, authEndpoint: "/broadcasting/auth", headers: { Authorization: "Bearer " + token } },
    (news) => map?.update(news), () => {});
}

function end() {
  leave?.();
  map?.remove();
  leave = map = mounting = null;
  token = "";
}

// A link doesn't tell what an asset's status is; the live news does.
function marker({ asset_id, name, position }) {
  return { asset_id, name, ...position, status: position.speed > 2 ? "moving" : "parked" };
}
