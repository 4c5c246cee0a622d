"""While files are read the collector of garbage rests; however a reading ends, it is as before."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from exchange_samples import PATIENT
from one_person import bundle

from proband.exchange import Progress, read
from proband.exchange.collecting import collected_rarely
from proband.exchange.shared_reading import read_parts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle([PATIENT])))
    return path


def test_it_rests_while_facts_are_given(file: Path) -> None:
    before = gc.get_threshold()
    one, other = iter(read(file)), iter(read(file))
    next(one)
    assert gc.get_threshold()[0] > before[0]
    next(other)
    list(one)
    assert gc.get_threshold()[0] > before[0]  # the other is still under way
    del other  # and is never read to its end
    assert gc.get_threshold() == before


def test_an_error_leaves_it_as_before(file: Path, tmp_path: Path) -> None:
    before = gc.get_threshold()
    seen = []

    def stops(state: Progress) -> None:
        seen.append(gc.get_threshold())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_parts(read(file, progress=stops), tmp_path, 1)
    assert seen[0][0] > before[0]
    assert gc.get_threshold() == before


def test_whoever_turned_it_off_keeps_it_off() -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(0)
        with collected_rarely():
            assert gc.get_threshold()[0] == 0
        assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
