"""The local server of a folder: what is hidden in it is not served, however its address is spelt."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path

import pytest

from proband.pages.serving import server


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/report.html", 200),
        ("/pages/index.html", 200),
        ("/registryhouse.html", 200),
        ("/registry/secret.key", 404),
        ("/registry/deep/record.json", 404),
        ("/%72egistry/secret.key", 404),
        ("//registry/secret.key", 404),
        ("/pages/../registry/secret.key", 404),
        ("/./registry/secret.key?x=1", 404),
        ("/link/secret.key", 404),
        ("/registry", 404),
        ("/registry/", 404),
        ("/report.html/", 404),
    ],
)
def test_a_hidden_folder_is_served_at_no_address(address: str, status: int, tmp_path: Path) -> None:
    for name in (
        "report.html",
        "registryhouse.html",
        "pages/index.html",
        "registry/secret.key",
        "registry/deep/record.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("synthetic")
    (tmp_path / "link").symlink_to(tmp_path / "registry")
    running = server(tmp_path, hidden=["registry"])
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        asked = http.client.HTTPConnection("127.0.0.1", running.server_address[1], timeout=5)
        asked.request("GET", address)
        assert asked.getresponse().status == status
    finally:
        running.shutdown()
        running.server_close()
