"""A small server that speaks chat completions over real HTTP and answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Asked = dict[str, Any]
Answer = tuple[int, bytes]


def saying(content: str | None, *, tokens: int = 5) -> Answer:
    """A chat completion with that content."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": 1 + tokens}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return 200, json.dumps(whole).encode()


def refusing(status: int, said: str) -> Answer:
    return status, json.dumps({"error": {"message": said}}).encode()


class Endpoint:
    """What the server was asked, and how many requests it had at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.keys: list[str] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()


@contextmanager
def endpoint(answer: Callable[[Asked], Answer]) -> Iterator[Endpoint]:
    """The server, up until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with seen.lock:
                seen.asked.append(asked)
                seen.keys.append(self.headers["Authorization"])
                seen.at_once += 1
                seen.most_at_once = max(seen.most_at_once, seen.at_once)
            status, body = answer(asked)
            with seen.lock:
                seen.at_once -= 1
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen = Endpoint(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
