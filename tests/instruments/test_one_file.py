"""A new instrument is one file: it is found by itself, scored, described, documented and drawn as a form."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.instruments import REGISTRY, catalogue, documentation, function, redcap_dictionary, score
from proband.pages.examination.entry_form import entry_form

#: a file as a study would write it, laid into a folder of instruments
STUDY = '''
"""Steadiness, which only this synthetic study asks for."""

from proband.instruments.function.scales import rated, source
from proband.instruments.instrument import Computed, Direction, Instrument, Variant
from proband.terms import Level

STEADINESS = Instrument(
    id="steadiness",
    name="Steadiness on two feet",
    area="balance",
    purpose="How steadily a synthetic person stands",
    items=(rated("open", "Eyes open", 4), rated("closed", "Eyes closed", 4)),
    value_unit="{points}",
    total_low=0,
    total_high=8,
    direction=Direction.HIGHER_IS_BETTER,
    version="1",
    licence="free",
    sources=(source("nobody-2026", "A synthetic study, 2026", Level.UNVERIFIED),),
    variants=(Variant(name="sum", meaning="0 worst to 8 best", level=Level.UNVERIFIED, source="nobody-2026"),),
    default_variant="sum",
    population="Synthetic people",
    formula="open + closed",
    example={"open": 3, "closed": 1},
    compute=lambda x, variant: Computed(x["open"] + x["closed"]),
)
'''


@pytest.fixture
def steadiness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "steadiness.py").write_text(STUDY, encoding="utf-8")
    monkeypatch.setattr(function, "__path__", [*function.__path__, str(tmp_path)])
    before = dict(REGISTRY)
    catalogue.load_instruments()
    yield "steadiness"
    REGISTRY.clear()
    REGISTRY.update(before)
    sys.modules.pop("proband.instruments.function.steadiness", None)


def test_one_file_adds_an_instrument_everywhere(steadiness: str) -> None:
    assert score(steadiness, open=3, closed=1).value == 4
    assert score(steadiness, open=3).reason is not None, "what is missing gives no score"
    run = CliRunner()
    listed = run.invoke(app, ["instruments"], env={"COLUMNS": "200"})
    assert steadiness in listed.stdout
    shown = run.invoke(app, ["score", steadiness, "--open", "3", "--closed", "1"])
    assert shown.exit_code == 0, shown.output
    helped = run.invoke(app, ["score", steadiness, "--help"], env={"COLUMNS": "200"})
    assert "--closed" in helped.output
    pages = documentation.pages()
    assert "Steadiness on two feet" in pages["index.md"]
    assert "## Balance" in pages["index.md"], "an area that nobody thought of has its table"
    assert "open + closed" in pages["steadiness.md"]
    assert "Eyes closed" in entry_form(REGISTRY[steadiness])
    assert "closed" in redcap_dictionary(REGISTRY[steadiness])


def test_two_instruments_of_one_id_are_refused(steadiness: str, tmp_path: Path) -> None:
    (tmp_path / "again.py").write_text(STUDY, encoding="utf-8")
    with pytest.raises(ValueError, match="another instrument with the id steadiness"):
        catalogue.load_instruments()
    sys.modules.pop("proband.instruments.function.again", None)
