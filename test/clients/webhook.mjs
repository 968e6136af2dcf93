import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");

// Gives the event of a request that Yipii signed within the last five minutes, and throws of any other. body is the
// request's body as it came: JSON that was read and written again has other bytes.
function verify(headers, body) {
  const id = headers["webhook-id"], timestamp = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) throw new Error("too old, or too new");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  const good = (headers["webhook-signature"] ?? "").split(" ").some((one) => {
    const [version, text] = one.split(",");
    const given = Buffer.from(text ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!good) throw new Error("the signature is wrong");
  return JSON.parse(body);
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const event = verify(request.headers, Buffer.concat(chunks));
    console.log(event.type);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(Number(process.env.PORT ?? 8000), "127.0.0.1");
