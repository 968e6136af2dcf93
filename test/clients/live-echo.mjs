// Follows an account live with laravel-echo, as it comes from npm, and prints a line of JSON for each thing that happens. Echo takes the
// leading dot of an event's name for "as it is", so the server runs with --live-plain-names. It goes on until it is ended.
import Echo from "laravel-echo";
import Pusher from "pusher-js";

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const url = new URL(setting("YIPII_URL"));
const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
const say = (line) => console.log(JSON.stringify(line));

const answer = await fetch(`${url.origin}/oauth/token`, {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "client_credentials",
    client_id: setting("YIPII_CLIENT_ID"),
    client_secret: setting("YIPII_CLIENT_SECRET"),
  }),
});
if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}`);

const echo = new Echo({
  broadcaster: "pusher",
  Pusher,
  key: "yipii",
  cluster: "",
  wsHost: url.hostname,
  wsPort: port,
  wssPort: port,
  forceTLS: url.protocol === "https:",
  enabledTransports: ["ws", "wss"],
  disableStats: true,
  authEndpoint: `${url.origin}/broadcasting/auth`,
  bearerToken: (await answer.json()).access_token,
});
const { connection } = echo.connector.pusher;
connection.bind("state_change", ({ current }) => say({ state: current }));
connection.bind("error", ({ error }) => say({ error: error?.data?.code ?? "unknown" }));
echo
  .private(`account.${process.env.YIPII_FOLLOW || setting("YIPII_ACCOUNT_KEY")}`)
  .subscribed(() => say({ subscribed: `private-account.${setting("YIPII_ACCOUNT_KEY")}` }))
  .error(({ status }) => say({ refused: status }))
  .listen(".location.updated", (updates) => {
    for (const { asset_id, latitude, longitude, status } of [updates].flat()) say({ asset_id, latitude, longitude, status });
  });
