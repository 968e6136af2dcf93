// Follows an account live with pusher-js, as it comes from npm, and prints a line of JSON for each thing that happens.
// It goes on until it is ended.
import Pusher from "pusher-js";

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const url = new URL(setting("YIPII_URL"));
const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
const say = (line) => console.log(JSON.stringify(line));

async function token() {
  const response = await fetch(`${url.origin}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: setting("YIPII_CLIENT_ID"),
      client_secret: setting("YIPII_CLIENT_SECRET"),
    }),
  });
  if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`);
  return (await response.json()).access_token;
}

const pusher = new Pusher("yipii", {
  cluster: "",
  wsHost: url.hostname,
  wsPort: port,
  wssPort: port,
  forceTLS: url.protocol === "https:",
  enabledTransports: ["ws", "wss"],
  disableStats: true,
  channelAuthorization: {
    transport: "ajax",
    endpoint: `${url.origin}/broadcasting/auth`,
    headers: { Authorization: `Bearer ${await token()}` },
  },
});
pusher.connection.bind("state_change", ({ current }) => say({ state: current }));
pusher.connection.bind("error", ({ error }) => say({ error: error?.data?.code ?? "unknown" }));

const channel = pusher.subscribe(process.env.YIPII_CHANNEL || `private-account.${setting("YIPII_ACCOUNT_KEY")}`);
channel.bind("pusher:subscription_succeeded", () => say({ subscribed: channel.name }));
channel.bind("pusher:subscription_error", ({ status }) => say({ refused: status }));
channel.bind(".location.updated", (updates) => {
  for (const { asset_id, latitude, longitude, status } of [updates].flat()) say({ asset_id, latitude, longitude, status });
});
channel.bind(".alert.triggered", ({ asset_id, type, message }) => say({ alert: type, asset_id, message }));
