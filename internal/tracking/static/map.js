// The map of the page: it draws what page.js tells #map, and follows live what happens in between. Without a map the page
// still says everything in words.

const place = document.getElementById("map");
const options = JSON.parse(place.dataset.map);
const offlineAfter = 30 * 60_000; // milliseconds
let map = null;
let mounting = null;
let leave = null;
let token = "";

place.addEventListener("tracking", async ({ detail: state }) => {
  if (!state) return end();
  mounting ??= mount(state);
  await mounting;
  if (!map) return;
  map.replace(state.assets.map(marker));
  map.showTrails(new Map(state.assets.filter((of) => of.trail).map((of) => [of.asset_id, of.trail.map((at) => [Date.parse(at.timestamp), at.longitude, at.latitude, null, null])])));
  if (options.key && state.token && state.token !== token) await follow(state);
});

async function mount(state) {
  try {
    const { mountLiveMap } = await import(options.map);
    map = mountLiveMap(place, { tiles: options.tiles, attribution: options.attribution, assets: state.assets.map(marker), trail: true,
      follow: state.assets.length === 1, listTitle: "Vehicles", goal: state.destination });
    place.liveMap = map;
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

// A link doesn't tell what an asset's status is; the live news does. Until it comes, it is guessed from the position.
function marker({ asset_id, name, position, arrival }) {
  const when = arrival && arrivalTime(arrival);
  const of = { asset_id, name, ...position, arrival: arrival && { ...arrival, when, text: when.replace(/^about/, "Arrives about") } };
  const time = Date.parse(position?.timestamp);
  if (!position) of.status = "unavailable";
  else if (Date.now() - time > offlineAfter) of.status = "offline";
  else if (map?.asset(asset_id)?.time !== time) of.status = position.speed > 2 ? "moving" : "parked";
  return of;
}

function arrivalTime({ arrived, estimated_at: at }) {
  if (arrived) return "Arrived";
  if (!at) return "";
  const day = new Date(at).toDateString() === new Date().toDateString() ? {} : { weekday: "short" };
  return `about ${new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...day })}`;
}
