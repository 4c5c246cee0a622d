"""How far one person's MELD moves in half a year: the figures recomputed from open data, and the spread against that of people who were followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from proband.natural_history.special.liver_course import meld_change, noise_above_floor
from proband.natural_history.tables import published
from shipped import loaded

LIVER = "liver-cells"
VISITS = Path(__file__).resolve().parents[3] / "shared" / "acceptance" / "04_liver" / "survival_pbcseq.csv"
needs_data = pytest.mark.skipif(
    not VISITS.is_file(), reason="visits of the pbcseq data absent: nothing recomputed"
)
Array = NDArray[np.float64]


def _figure(quantity: str) -> float:
    (row,) = published(loaded(LIVER), "meld-change").where(quantity=quantity)
    value = row.number("value")
    assert value is not None
    return value


@pytest.fixture(scope="module")
def people() -> list[Array]:
    """Day, bilirubin and prothrombin time of every visit, by person."""
    lines = VISITS.read_text(encoding="utf-8").splitlines()
    names = [n.strip('"') for n in lines[0].split(",")]
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]
    table: dict[str, list[tuple[float, ...]]] = {}
    for r in rows:
        table.setdefault(r["id"], []).append(tuple(float(r[k]) for k in ("day", "bili", "protime")))
    return [np.array(sorted(t)) for t in table.values()]


def _differences(people: list[Array], of: Any) -> Array:
    """Of successive visits 130 to 256 days apart."""
    out = []
    for visits in people:
        near = (np.diff(visits[:, 0]) >= 130) & (np.diff(visits[:, 0]) <= 256)
        out.append(np.diff(of(visits))[near])
    return np.concatenate(out)


@needs_data
def test_the_table_is_what_the_open_data_say(people: list[Array]) -> None:
    moved = _differences(people, lambda v: np.log(np.maximum(v[:, 1], 1.0)))
    assert len(moved) == 516
    assert moved.std(ddof=1) == pytest.approx(
        _figure("SD of 6-month difference of ln bilirubin, at least 1"), abs=0.0005
    )
    assert _differences(people, lambda v: np.log(v[:, 1])).std(ddof=1) == pytest.approx(0.477, abs=0.0005)
    slopes = np.array(
        [np.polyfit(v[:, 0] / 365.25, np.log(np.maximum(v[:, 1], 1.0)), 1)[0] for v in people if len(v) >= 4]
    )
    assert len(slopes) == 227
    assert slopes.mean() == pytest.approx(_figure("slope of ln bilirubin per year, at least 1"), abs=0.0005)
    assert slopes.std(ddof=1) == pytest.approx(
        _figure("SD of slope of ln bilirubin per year, at least 1"), abs=0.0005
    )


@needs_data
@pytest.mark.parametrize("normal_seconds", [10.0, 11.0, 12.0])
def test_the_predicted_spread_is_that_of_people_who_were_followed(
    people: list[Array], normal_seconds: float
) -> None:
    """Bilirubin and INR as they moved in the same people (creatinine was not measured; which time is normal is not recorded)."""

    def score(v: Array) -> Array:
        return 3.78 * np.log(np.maximum(v[:, 1], 1.0)) + 11.2 * np.log(
            np.maximum(v[:, 2] / normal_seconds, 1.0)
        )

    seen = _differences(people, score).std(ddof=1)
    assert 1.65 < seen < 1.95
    assert meld_change(loaded(LIVER), "cirrhosis", 182).sd == pytest.approx(seen, rel=0.12)


def test_spread_is_made_of_what_stands_in_the_table() -> None:
    visit = 3.78 * 0.385
    creatinine = 2 * (9.57 * 0.08) ** 2 * (1 + noise_above_floor(0.90, 0.08)) / 2
    inr, rounding = 2 * (11.2 * 0.05) ** 2, 2 / 12
    assert meld_change(loaded(LIVER), "cirrhosis", 182).sd == pytest.approx(
        np.sqrt(visit**2 + creatinine + inr + rounding)
    )


@pytest.mark.parametrize("level", [0.6, 0.9, 1.0, 1.05, 1.2, 3.0])
@pytest.mark.parametrize("cv", [0.03, 0.08, 0.2])
def test_noise_that_a_floor_leaves_is_that_of_the_censored_variable(level: float, cv: float) -> None:
    e = np.linspace(-9, 9, 200_001)
    weight = np.exp(-e * e / 2)
    weight /= weight.sum()
    seen = np.maximum(np.log(level) + cv * e, 0.0)
    variance = float(weight @ seen**2 - (weight @ seen) ** 2)
    assert noise_above_floor(level, cv) == pytest.approx(variance / cv**2, abs=1e-6)
