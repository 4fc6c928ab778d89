"""Twilio's REST API as far as we use it; every request is checked against Twilio's own OpenAPI document."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from twilio_requests import ACCOUNT_SID, TOKEN, oracles

CALL = "CA" + "7" * 32


class TwilioApi:
    """``problems`` are what was wrong with requests; ``status`` answers everything when it is set."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []
        self.problems: list[str] = []
        self.status = 0
        self.sound = b""
        self.paths = json.loads((oracles() / "twilio_api_v2010.json").read_text(encoding="utf-8"))["paths"]
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def check(self, method: str, path: str, fields: list[tuple[str, str]]) -> None:
        """Find the operation, and whether it knows all fields and gets those it needs."""
        if path.endswith(".mp3"):
            path = path.removesuffix(".mp3") + ".json"  # the same resource as sound
        for template, operations in self.paths.items():
            pattern = re.sub(
                r"\\{\w+\\}", "[^/]+", re.escape(template).replace("\\{", "{").replace("\\}", "}")
            )
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path) and method.lower() in operations:
                operation = operations[method.lower()]
                break
        else:
            self.problems.append(f"no operation {method} {path}")
            return
        if method != "POST":
            return
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        names = {name for name, _ in fields}
        self.problems += [f"unknown {name}" for name in names - set(schema["properties"])]
        self.problems += [f"missing {name}" for name in set(schema.get("required", ())) - names]


@contextmanager
def twilio_api() -> Iterator[TwilioApi]:
    """Serve on a port of this machine."""
    api = TwilioApi()
    right = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{TOKEN}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fields = parse_qsl(body.decode(), keep_blank_values=True)
            path = self.path.partition("?")[0]
            api.check(method, path, fields)
            named: dict[str, list[str]] = {}
            for name, value in fields:
                named.setdefault(name, []).append(value)
            api.asked.append((method, path, named))
            status, kind, answer = self.found(method, path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def found(self, method: str, path: str) -> tuple[int, str, bytes]:
            if api.status or self.headers.get("Authorization") != right:
                problem: dict[str, Any] = {
                    "code": 20003,
                    "message": "Authenticate",
                    "status": api.status or 401,
                }
                return api.status or 401, "application/json", json.dumps(problem).encode()
            if path.endswith(".mp3"):
                return (200, "audio/mpeg", api.sound) if api.sound else (404, "application/json", b"{}")
            if method == "POST":
                return 201, "application/json", json.dumps({"sid": CALL, "status": "queued"}).encode()
            if "/Calls/" in path:
                call = {"sid": CALL, "status": "completed", "duration": "31", "direction": "inbound"}
                return 200, "application/json", json.dumps(call).encode()
            return 200, "application/json", json.dumps({"sid": ACCOUNT_SID, "friendly_name": "Shop"}).encode()

        def do_GET(self) -> None:
            self.answer("GET")

        def do_POST(self) -> None:
            self.answer("POST")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
