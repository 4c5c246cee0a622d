"""The demonstration from outside: one command, one self-contained report, looked at in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo")
    program = "import sys; from proband.cli.app import main; sys.argv[0] = 'proband'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "demo", "--out", str(folder), "--people", "24", "--no-serve", "--json"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_the_summary_tells_what_was_run(demo: tuple[Path, dict[str, Any]]) -> None:
    _, summary = demo
    assert summary["ok"]
    assert set(summary["programmes"]) == {"liver-cells", "mitochondria-hpdl", "spinal-cord-autologous"}
    answers = {item["text"]: item for item in summary["headlines"]}
    common, edge, rare = (
        answers[text]["probability"] for text in ("2 of 4", "12 of 13", "17 of 50 against 0 of 20")
    )
    assert common > 0.2 > edge > 0.05 > rare > 0, "the test must cut both ways"
    assert "refused" in answers["1 of 1"], "where nothing is published there is no answer"
    assert {verdict for counts in summary["screened"].values() for verdict in counts} == {
        "eligible",
        "needs-data",
        "not-eligible",
    }
    assert all(sum(counts.values()) == 24 for counts in summary["screened"].values())
    flow = list(summary["flow"].values())
    assert flow == sorted(flow, reverse=True), "nobody can appear late in the flow"
    assert flow[0] == 12


def test_it_ends_at_a_registry_whose_every_home_is_shown(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = demo
    pytest.importorskip("django")
    assert (folder / "registry" / "record.json").is_file()
    assert len(summary["registry"]) > 20
    assert set(summary["registry"].values()) == {200}


def test_the_verb_screen_gives_the_same_counts(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = demo
    program = "import sys; from proband.cli.app import main; sys.argv[0] = 'proband'; main()"
    name = "spinal-cord-autologous"
    done = subprocess.run(
        [sys.executable, "-c", program, "screen", name, str(folder / "synthetic-people" / name),
         "--mapping", str(folder / "synthetic-people-mapping.yaml"), "--json"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    funnel = json.loads(done.stdout)["funnel"]
    counts = {
        verdict: funnel[verdict.replace("-", "_")] for verdict in ("eligible", "not-eligible", "needs-data")
    }
    assert {verdict: count for verdict, count in counts.items() if count} == summary["screened"][name]
    assert done.returncode == (0 if counts["eligible"] else 1)


def test_the_report_loads_nothing_and_links_to_what_was_built(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = demo
    html = unescape((folder / "index.html").read_text(encoding="utf-8"))
    assert not re.search(r"<(?:script|link|img|iframe|source)[^>]+(?:src|href)=", html)
    assert "default-src 'none'" in html
    assert "DEMONSTRATION" in html
    for href in summary["site"]:
        assert (folder / href).is_file(), href
        assert f'"{href}"' in html


@pytest.fixture(scope="module")
def page(browser: Any, demo: tuple[Path, dict[str, Any]]) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.heard = []
    opened.on("console", lambda message: opened.heard.append(message.text))
    opened.on("pageerror", lambda error: opened.heard.append(str(error)))
    opened.on(
        "request",
        lambda request: None if request.url.startswith("file:") else opened.heard.append(request.url),
    )
    opened.goto((demo[0] / "index.html").as_uri())
    yield opened
    opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_a_screen_reader(page: Any, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(color_scheme=scheme)
    found = axe.run(
        page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
    )
    serious = [v for v in found.response["violations"] if v["impact"] in {"serious", "critical"}]
    assert serious == [], [(v["id"], [node["html"][:120] for node in v["nodes"][:3]]) for v in serious]
    assert page.heard == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_width_scrolls_sideways(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_form_recomputes_with_the_keyboard_alone(page: Any) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    events = page.locator("#hf-events")
    events.focus()
    before = page.locator("#headline-form").inner_text()
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "before => document.getElementById('headline-form').innerText !== before", arg=before
    )
    assert "4 of 4" in page.locator("#headline-form").inner_text()
    assert page.heard == []


def test_the_record_beside_the_report_is_not_served(tmp_path: Path) -> None:
    """It holds the keys of everybody and the secret of the sessions."""
    from proband.cli.demo import REGISTRY, _server

    (tmp_path / REGISTRY).mkdir()
    for name in ("report.html", f"{REGISTRY}/record.json"):
        (tmp_path / name).write_text("synthetic")
    running, url = _server(tmp_path, open_browser=False)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        assert urlopen(f"{url}report.html").read() == b"synthetic"
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{url}{REGISTRY}/record.json")
    finally:
        running.shutdown()
        running.server_close()
