// Reads the name of an account's first asset with axios. The credentials are form fields.

import axios from "axios";

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

try {
  const api = axios.create({ baseURL: setting("YIPII_URL"), timeout: 30_000 });
  const { data: answer } = await api.post(
    "/oauth/token",
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: setting("YIPII_CLIENT_ID"),
      client_secret: setting("YIPII_CLIENT_SECRET"),
    }),
  );
  const { data: list } = await api.get(`/api/${setting("YIPII_ACCOUNT_KEY")}/asset`, {
    headers: { Authorization: `Bearer ${answer.access_token}` },
  });
  if (list.data.length === 0) throw new Error("the account has no asset");
  console.log(list.data[0].name);
} catch (error) {
  // Only the message: the error itself holds the request, with the credentials in it.
  console.error(`axios-form.mjs: ${error.message}`);
  process.exitCode = 1;
}
