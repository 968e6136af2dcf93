// Starts the maps of a page: each element with data-live-map, whose options the server has written there.

import { mountLiveMap } from "./live-map.js";

// call asks the server for something of geofences, and answers with what it says and the tag of that.
async function call(method, address, body, tag) {
  const headers = { ...(body && { "Content-Type": "application/json" }), ...(tag && { "If-Match": tag }) };
  const answer = await fetch(address, { method, credentials: "same-origin", headers, body: body && JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return { said, tag: answer.headers.get("ETag") };
  if (answer.status === 412) throw new Error("Somebody else has changed it meanwhile. Cancel, and edit it again.");
  if (answer.status === 404) throw new Error("It is not there any more.");
  throw new Error(Object.values(said.errors ?? {}).flat()[0] ?? said.message ?? "It could not be saved.");
}

for (const element of document.querySelectorAll("[data-live-map]")) {
  const options = JSON.parse(element.dataset.liveMap);
  if (options.save) options.onGeofence = async (feature) => (await call("POST", options.save, feature)).said;
  if (options.fence) {
    const at = (id) => options.fence.replace("{id}", encodeURIComponent(id));
    options.geofence = {
      open: async (id) => { const { said, tag } = await call("GET", at(id)); return { feature: said.features[0], tag }; },
      change: async (id, tag, fields) => (await call("PATCH", at(id), fields, tag)).said,
      remove: (id, tag) => call("DELETE", at(id), null, tag),
    };
  }
  element.liveMap = mountLiveMap(element, options);
}
