"""Fixtures that every room shares: the data beside the checkout, where they are present."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples in every run, so that a green run means the same everywhere; PROBAND_FRESH=1 draws new ones each time
# (nightly, and whenever the rules that they test were changed).
settings.register_profile("same-examples", derandomize=True, print_blob=True)
settings.register_profile("fresh-examples", derandomize=False, print_blob=True)
settings.load_profile("fresh-examples" if os.environ.get("PROBAND_FRESH") else "same-examples")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def _folder(name: str, request: pytest.FixtureRequest) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{name} data absent: 1 check not run ({request.node.name})")
    return folder


@pytest.fixture
def acceptance(request: pytest.FixtureRequest) -> Path:
    """The folder of independent acceptance data; the test is skipped, and says so, without it."""
    return _folder("acceptance", request)


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Path:
    """The folder of evidence tables; the test is skipped, and says so, without it."""
    return _folder("evidence", request)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium: the system's own, else Playwright's; the tests that need it are skipped, and say so, without one.

    One for the whole session: Playwright cannot be started twice in one process.
    """
    api = pytest.importorskip("playwright.sync_api")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )
    with api.sync_playwright() as play:
        path = found or play.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("no Chromium on this machine: pages not looked at in a browser")
        started = play.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()
