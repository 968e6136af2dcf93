// Reads the name of an account's first asset with the fetch that is built into Node.js. The credentials are form fields.

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

async function call(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return response.json();
}

try {
  const url = setting("YIPII_URL");
  const { access_token: token } = await call(`${url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: setting("YIPII_CLIENT_ID"),
      client_secret: setting("YIPII_CLIENT_SECRET"),
    }),
  });
  const { data } = await call(`${url}/api/${setting("YIPII_ACCOUNT_KEY")}/asset`, {
    headers: { Authorization: `Bearer ${token}`, Accept: "application/json" },
  });
  if (data.length === 0) throw new Error("the account has no asset");
  console.log(data[0].name);
} catch (error) {
  console.error(`fetch.mjs: ${error.message}`);
  process.exitCode = 1;
}
