"""A small server that answers exactly what a test tells it to, however wrong.

The sandbox plays WeCom as it should be; this one plays it as it must never hurt us.
"""

import gzip
import json
import socket
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Stub:
    """``say(path, *answers)`` queues answers; the last one is repeated for ever. ``calls`` counts by path."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.answers: dict[str, deque] = {}
        self.calls: Counter[str] = Counter()
        self.requests: list[tuple[str, dict, bytes]] = []
        self.tokens = 0
        self.say("gettoken", self.token)

    def say(self, path: str, *answers) -> None:
        self.answers[path] = deque(answers)

    def token(self, handler) -> None:
        with self.lock:
            self.tokens += 1
        reply(handler, {"errcode": 0, "access_token": f"token-{self.tokens}", "expires_in": 7200})

    def handle(self, handler) -> None:
        address = urlsplit(handler.path)
        path = address.path.removeprefix("/cgi-bin/")
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self.lock:
            self.calls[path] += 1
            self.requests.append((path, {k: v[0] for k, v in parse_qs(address.query).items()}, body))
            queue = self.answers.get(path) or deque([{"errcode": 0, "errmsg": "ok"}])
            answer = queue.popleft() if len(queue) > 1 else queue[0]
        if callable(answer):
            answer(handler)
        else:
            reply(handler, answer)

    def sent(self, path: str) -> dict:
        """The JSON body of the last request to ``path``."""
        return json.loads([body for name, _, body in self.requests if name == path][-1])


def reply(handler, content, *, status=200, headers=None) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def code(number: int):
    return {"errcode": number, "errmsg": "hint: [1], from ip: 1.2.3.4"}


def status(number: int):
    return lambda handler: reply(
        handler, b"<html>busy</html>", status=number, headers={"Content-Type": "text/html"}
    )


def raw(content: bytes, **headers):
    return lambda handler: reply(handler, content, headers=headers)


def redirect(handler) -> None:
    reply(handler, b"", status=302, headers={"Location": "http://192.0.2.1/"})


def cut(handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "400")
    handler.end_headers()
    handler.wfile.write(b'{"errcode": 0, "errmsg"')
    handler.close_connection = True


def reset(handler) -> None:
    """Close without a word, the hard way."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.close_connection = True


def drip_body(handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    _drip(handler, b'{"errcode": 0, "errmsg": "ok"}')
    handler.close_connection = True


def drip_headers(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    _drip(handler, b"X-Slow: " + b"a" * 400)
    handler.close_connection = True


def silence(handler) -> None:
    with suppress(OSError):
        handler.connection.recv(1)
    handler.close_connection = True


def huge(handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        for _ in range(320):
            handler.wfile.write(b" " * 65536)
    handler.close_connection = True


def bomb(handler) -> None:
    reply(handler, gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"})


def _drip(handler, content: bytes) -> None:
    with suppress(OSError):
        for byte in content:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        with suppress(ConnectionError):
            self.server.stub.handle(self)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = Stub(self.server_port)
