"""What the tests of the pages share: the site built once on a fixed day."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_ledgers import DAY, built

from proband.pages.ledger import Ledger
from proband.pages.site import BuiltSite
from proband.programme import Programme, bundled, load


@pytest.fixture(scope="session")
def programmes() -> dict[str, Programme]:
    """The bundles that ship with Proband."""
    return {name: load(name, on=DAY) for name in bundled()}


@pytest.fixture(scope="session")
def ledgers(programmes: dict[str, Programme]) -> dict[str, Ledger]:
    """Their ledgers on the day of the tests."""
    return {name: Ledger.of(programme, DAY) for name, programme in programmes.items()}


@pytest.fixture(scope="session")
def site() -> BuiltSite:
    """The whole site, built once."""
    return built(*bundled(), for_investigators=True)


@pytest.fixture(scope="session")
def written(site: BuiltSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which it was written."""
    folder = tmp_path_factory.mktemp("site")
    site.write(folder)
    return folder
