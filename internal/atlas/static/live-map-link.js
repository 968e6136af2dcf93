// Hearing of new positions by pusher-js, which is loaded only where a page has something to hear.

// link connects, and calls heard with what comes and tell with "live" or "reconnecting". It returns a function that ends it.
export async function link(options, heard, tell) {
  tell("reconnecting");
  if (!globalThis.Pusher) await import("./pusher.js");
  const secure = location.protocol === "https:";
  const port = Number(options.wsPort ?? location.port) || (secure ? 443 : 80);
  const pusher = new globalThis.Pusher(options.key, {
    cluster: "self", wsHost: options.wsHost ?? location.hostname, wsPort: port, wssPort: port, forceTLS: secure,
    enabledTransports: ["ws", "wss"], enableStats: false,
    ...(options.authEndpoint && { channelAuthorization: { endpoint: options.authEndpoint, transport: "ajax", headers: options.headers ?? {} } }),
  });
  // An operator's setting takes away the dot at the beginning of events' names; the page hears of both.
  const name = (options.eventName ?? ".location.updated").replace(/^\./, "");
  const channel = pusher.subscribe(options.channel);
  let subscribed = false;
  const state = () => tell(subscribed && pusher.connection.state === "connected" ? "live" : "reconnecting");
  channel.bind(name, heard);
  channel.bind("." + name, heard);
  channel.bind("pusher:subscription_succeeded", () => { subscribed = true; state(); });
  channel.bind("pusher:subscription_error", () => { subscribed = false; state(); });
  pusher.connection.bind("state_change", ({ current }) => { if (current !== "connected") subscribed = false; state(); });
  return () => pusher.disconnect();
}
