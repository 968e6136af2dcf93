// Many callers in the story of a token's life, which test/e2e tells: it does what it is told, a word a line.
import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { pathToFileURL } from "node:url";

const { Yipii, Tokens, YipiiError } = await import(pathToFileURL(process.argv[2]).href);
const { YIPII_URL: url, YIPII_CLIENT_ID: clientId, YIPII_CLIENT_SECRET: clientSecret } = process.env;
const yipii = new Yipii(url, { clientId, clientSecret });

const words = {
  async call() {
    const users = await Promise.all(Array.from({ length: 20 }, () => yipii.get("/api/user")));
    return users.map((user) => user.accounts[0].key).join(" ");
  },
  async wrong() {
    return (await new Yipii(url, { clientId, clientSecret: "not-" + clientSecret }).get("/api/user")).name;
  },
  async show() {
    const tokens = new Tokens(url, { clientId, clientSecret });
    await tokens.token();
    return [yipii, tokens].map((value) => inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value)).join(" ").replaceAll("\n", " ");
  },
};

for await (const word of createInterface({ input: process.stdin })) {
  try {
    console.log(await words[word]());
  } catch (error) {
    if (!(error instanceof YipiiError)) throw error;
    console.log(`error ${error.status} ${error.code} ${inspect(error).replaceAll("\n", " ")}`);
  }
}
