"""What the tests of the pages share: the site built once on a fixed day."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_ledgers import DAY, built

from proband.pages.ledger import Ledger
from proband.pages.site import PROGRAMMES, BuiltSite
from proband.programme import Programme, load


@pytest.fixture(scope="session")
def programmes() -> dict[str, Programme]:
    """The three bundles."""
    return {name: load(name, on=DAY) for name in PROGRAMMES}


@pytest.fixture(scope="session")
def ledgers(programmes: dict[str, Programme]) -> dict[str, Ledger]:
    """Their ledgers on the day of the tests."""
    return {name: Ledger.of(programme, DAY) for name, programme in programmes.items()}


@pytest.fixture(scope="session")
def site() -> BuiltSite:
    """The whole site, built once."""
    return built(*PROGRAMMES, for_investigators=True)


@pytest.fixture(scope="session")
def written(site: BuiltSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which it was written."""
    folder = tmp_path_factory.mktemp("site")
    site.write(folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium: the system's own, else Playwright's; the tests that need it are skipped, and say so, without one."""
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
