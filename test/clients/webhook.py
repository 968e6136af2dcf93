import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def verify(headers, body):
    """Gives the event of a request that Yipii signed within the last five minutes, and raises of any other. body is
    the request's body as it came: JSON that was read and written again has other bytes."""
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) >= 300:
        raise ValueError("too old, or too new")
    signed = f"{headers['webhook-id']}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(one, expected) for one in headers["webhook-signature"].split(" ")):
        raise ValueError("the signature is wrong")
    return json.loads(body)


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = verify(self.headers, body)
            print(event["type"], flush=True)
            self.send_response(204)
        except Exception:
            self.send_response(400)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Hook).serve_forever()
