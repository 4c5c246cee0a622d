"""A local server for a built site: 127.0.0.1 only, read-only, with the headers that a real server would add."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: what a meta element cannot say
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class _Handler(SimpleHTTPRequestHandler):
    server_version = "proband"
    sys_version = ""

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def list_directory(self, path: Any) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: a log of who looked at which page would be personal data."""


def server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server for a folder, bound to 127.0.0.1; port 0 takes any free one. Call ``serve_forever`` on it, then ``shutdown``."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, directory=str(folder)))
