// Starts the maps of a page: each element with data-live-map, whose options the server has written there.

import { mountLiveMap } from "./live-map.js";

// saving posts a drawn geofence, and answers with the one that was made.
const saving = (address) => async (feature) => {
  const answer = await fetch(address, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(feature) });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const first = Object.values(body.errors ?? {}).flat()[0];
  throw new Error(first ?? body.message ?? "It could not be saved.");
};

for (const element of document.querySelectorAll("[data-live-map]")) {
  const options = JSON.parse(element.dataset.liveMap);
  if (options.save) options.onGeofence = saving(options.save);
  element.liveMap = mountLiveMap(element, options);
}
