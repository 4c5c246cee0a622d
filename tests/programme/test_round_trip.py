"""A bundle written and read again means the same; whatever bytes a file holds, reading it never crashes."""

from __future__ import annotations

import json
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proband.programme import Programme, bundled, check, load
from proband.programme.writing import write
from proband.terms import ProbandError

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
PROGRAMME = load(MINIMAL)

# what people really type: several scripts, quotes, colons, leading signs, words that YAML reads as something else
TEXTS = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp")), min_size=3, max_size=60),
    st.sampled_from(["yes please", "no: never", "'quoted'", '"twice"', "- dash", "# hash", "2026-01-15", "1e6", "null", "0x1F", "~~~", "a: b: c", "{a}", "[b]", "*x*", "&y&", "!tag", "%dir", "@at", "`tick`", "100 %"]),
).map(str.strip).filter(lambda text: len(text) >= 3 and "trial" not in text.lower())  # fmt: skip
NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: value + 0.0)


def rewritten(programme: Programme) -> Programme:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bundle"
        write(programme, target)
        report = check(target)
        assert report.errors == (), "\n".join(map(str, report.errors))
        assert report.programme is not None
        return report.programme


def test_the_minimal_bundle_survives() -> None:
    assert rewritten(PROGRAMME).hash == PROGRAMME.hash


@pytest.mark.parametrize("name", bundled())
def test_the_bundles_that_come_with_proband_survive(name: str) -> None:
    programme = load(name)
    assert rewritten(programme).hash == programme.hash


@given(
    title=TEXTS,
    summary=TEXTS,
    question=TEXTS,
    value=NUMBERS,
    spread=st.floats(0, 1e9),
    weight=st.integers(1, 50),
    masked=st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_texts_and_numbers_survive(
    title: str, summary: str, question: str, value: float, spread: float, weight: int, masked: bool
) -> None:
    documents = {name: deepcopy(document.data) for name, document in PROGRAMME.documents.items()}
    head, outcomes = documents["programme.yaml"], documents["outcomes.yaml"]
    head["title"], head["summary"] = title, summary
    head["arms"][0]["weight"] = weight
    head["masking"][1]["masked"] = masked
    outcomes["estimands"][0]["question"] = question
    documents["evidence/sources.yaml"]["figures"]["any"] = {
        "value": value, "unit": "kg", "low": value - spread, "high": value + spread, "interval": "range",
        "source": "proband-tests", "level": "inference",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        target = Path(shutil.copytree(MINIMAL, Path(folder) / "bundle"))
        for name, data in documents.items():  # JSON is YAML
            (target / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        changed = load(target)
    assert changed.head.title == title
    assert changed.figures["any"].value == value
    assert changed.head.masking[1].masked is masked
    again = rewritten(changed)
    assert again.hash == changed.hash
    assert again.as_data() == changed.as_data()


def test_a_bundle_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ProbandError, match="not empty"):
        write(PROGRAMME, tmp_path)


FILES = sorted(p.relative_to(MINIMAL).as_posix() for p in MINIMAL.rglob("*") if p.suffix in {".yaml", ".csv"})


@given(file=st.sampled_from(FILES), data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_are_reported_and_never_crash(file: str, data: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(shutil.copytree(MINIMAL, Path(folder) / "bundle"))
        path = target / file
        content = path.read_bytes()
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(len(content), start + 40)))
        path.write_bytes(content[:start] + data.draw(st.binary(max_size=12)) + content[stop:])
        report = check(target)
        assert report.programme is not None or report.errors
        assert all(problem.line >= 1 and problem.mend for problem in report.problems)
