"""A local server for a built site: 127.0.0.1 only, read-only, with the headers that a real server would add."""

from __future__ import annotations

from collections.abc import Sequence
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

    def __init__(self, *args: Any, hidden: Sequence[str] = (), **more: Any) -> None:
        self._hidden = hidden
        super().__init__(*args, **more)

    def translate_path(self, path: str) -> str:
        """The file of an address; one of a hidden folder is none, however the address is spelt."""
        file, root = super().translate_path(path), Path(self.directory)
        hidden = any(Path(file).resolve().is_relative_to((root / name).resolve()) for name in self._hidden)
        return str(root / "nothing-is-here") if hidden else file

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def list_directory(self, path: Any) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: a log of who looked at which page would be personal data."""


def server(folder: Path, port: int = 0, *, hidden: Sequence[str] = ()) -> ThreadingHTTPServer:
    """A server for a folder, bound to 127.0.0.1; port 0 takes any free one. Call ``serve_forever`` on it, then ``shutdown``.

    What lies below the ``hidden`` names of the folder is not served.
    """
    return ThreadingHTTPServer(
        ("127.0.0.1", port), partial(_Handler, directory=str(folder), hidden=tuple(hidden))
    )
