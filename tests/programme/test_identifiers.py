"""The identifiers of the shipped bundles are possible and stand once; of every way in which they can be wrong one is found."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from proband.programme import Programme, bundled, load
from shipped import loaded

ROOT = Path(__file__).parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "identifiers.py"))
findings: Callable[[list[Programme]], list[Any]] = SCRIPT["findings"]
listed: Callable[[list[Programme]], list[str]] = SCRIPT["listed"]
THIS_YEAR = date.today().year
MINIMAL = ROOT / "tests" / "bundles" / "minimal"


def written(folder: Path, name: str, *sources: str) -> Programme:
    """The smallest bundle with these sources beside its own."""
    bundle = Path(shutil.copytree(MINIMAL, folder / name))
    lines = [
        f'  - {{id: s{at}, citation: "Text {at}", level: unverified, conflict_of_interest: none declared, {source}}}\n'
        for at, source in enumerate(sources)
    ]
    (bundle / "evidence" / "added.yaml").write_text("sources:\n" + "".join(lines), encoding="utf-8")
    return load(bundle)


def test_the_shipped_bundles_have_nothing_wrong_and_every_source_is_listed() -> None:
    programmes = [loaded(name) for name in bundled()]
    assert [str(finding) for finding in findings(programmes)] == []
    lines = list(listed(programmes))
    assert len(lines) == sum(len(programme.sources) for programme in programmes)
    assert all(line.count("\t") == 2 for line in lines)


@pytest.mark.parametrize(
    ("source", "why", "honest"),
    [
        ("doi: 10.1000/a.", "is no DOI", "doi: 10.1000/a"),
        ("doi: 10.1016/j.jhep.2020.06.013, year: 2012", "bears the year 2020", "doi: 10.1016/j.jhep.2020.06.013, year: 2020"),
        ("doi: 10.1038/s41586-025-09246-x, year: 2019", "bears the year 2025", "doi: 10.1038/s41586-025-09246-x, year: 2025"),
        ("pmid: '0123'", "begins with 0", "pmid: '123'"),
        ("registration: 1999-012345-12", "its year lies outside", "registration: 2010-012345-12"),
        (f"registration: {THIS_YEAR + 1}-512345-12", "its year lies outside", f"registration: {THIS_YEAR}-512345-12"),
        ("registration: KCT12", "is no number of a register", "registration: KCT0000879"),
        ("url: 'https://doi.org/10.1000/b'", "write it as doi", "doi: 10.1000/b"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_found_and_its_honest_twin_is_not(
    source: str, why: str, honest: str, tmp_path: Path
) -> None:
    (found,) = findings([written(tmp_path, "wrong", source)])
    assert why in str(found)
    assert found.source == "s0"
    assert findings([written(tmp_path, "right", honest)]) == []


def test_a_doi_of_another_text_in_the_citation_is_found(tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    (bundle / "evidence" / "added.yaml").write_text(
        "sources:\n  - {id: s0, citation: 'A text (doi 10.1000/other)', doi: 10.1000/own, level: unverified, conflict_of_interest: none declared}\n",
        encoding="utf-8",
    )
    (found,) = findings([load(bundle)])
    assert "not the DOI of the source" in str(found)


def test_a_running_number_among_the_wrong_years_is_found(tmp_path: Path) -> None:
    """The neighbours say when a number was given out: one of them alone, in its own year, disturbs nobody."""
    honest = [f"pmid: '{20_000_000 + 1_000_000 * at}', year: {2010 + at}" for at in range(8)]
    assert findings([written(tmp_path, "right", *honest)]) == []
    (found,) = findings([written(tmp_path, "wrong", *honest, "pmid: '21500000', year: 2024")])
    assert (found.source, found.identifier) == ("s8", "21500000")
    (found,) = findings([written(tmp_path, "older", *honest, "pmid: '26500000', year: 1999")])
    assert found.source == "s8"


@pytest.mark.parametrize(
    "identifier",
    [
        "doi: 10.1000/One",
        "pmcid: PMC7",
        "url: 'https://example.org/a/text'",
    ],
)
def test_one_text_under_two_ids_is_found_in_one_bundle_and_in_two(identifier: str, tmp_path: Path) -> None:
    first = written(tmp_path, "one", identifier)
    second = written(tmp_path, "two", "pmid: '5'", identifier.replace("One", "ONE"))
    found = findings([first, second])
    assert [f.source for f in found] == ["s1"]
    assert "one text, two ids" in str(found[0])
    assert findings([first, first]) == []
