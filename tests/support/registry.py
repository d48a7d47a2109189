"""A Schema Registry of a few lines, on a free loopback port."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class FakeRegistry:
    """Schemas by id; `asked` lists all requests, `broken` makes it answer 500."""

    def __init__(self):
        self.schemas = {}
        self.asked = []
        self.broken = False
        self.url = ""

    def answer(self, method, path, body):
        self.asked.append((method, path))
        if self.broken:
            return 500, {"error_code": 50001, "message": "store is down"}
        if method == "GET":
            text = self.schemas.get(int(path.rpartition("/")[2]))
            return (200, {"schema": text}) if text else (404, {"error_code": 40403, "message": "Schema not found"})
        text = json.loads(body)["schema"]
        known = {held: schema_id for schema_id, held in self.schemas.items()}
        schema_id = known.get(text, len(self.schemas) + 1)
        self.schemas[schema_id] = text
        return 200, {"id": schema_id}


@contextmanager
def fake_registry():
    """A running registry, stopped at the end."""
    registry = FakeRegistry()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = registry.answer(self.command, self.path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _reply  # noqa: N815 - names of http.server

        def log_message(self, *args):
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
