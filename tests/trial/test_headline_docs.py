"""The documentation says what the code does today."""

from __future__ import annotations

import re
from pathlib import Path

from proband.natural_history.special.coverage import coverage_report, sensitivity_report
from shipped import headline, loaded

DOC = Path(__file__).resolve().parents[2] / "docs" / "headline.md"


def test_coverage_table_is_current() -> None:
    text = DOC.read_text(encoding="utf-8")
    block = text.split("<!-- coverage: begin -->\n", 1)[1].split("<!-- coverage: end -->\n", 1)[0]
    assert block == coverage_report(loaded("spinal-cord-autologous")), (
        "run python -m benchmarks.headline --write-coverage"
    )


def test_sensitivity_table_is_current() -> None:
    text = DOC.read_text(encoding="utf-8")
    block = text.split("<!-- sensitivity: begin -->\n", 1)[1].split("<!-- sensitivity: end -->\n", 1)[0]
    assert block == sensitivity_report(loaded("spinal-cord-autologous")), (
        "run python -m benchmarks.headline --write-coverage"
    )


def test_left_out_cohorts_are_covered_about_as_often_as_promised() -> None:
    text = DOC.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| **all**"))
    (own, n), (half, m), (eighty, _), (wide, _) = (
        (int(a), int(b)) for a, b in re.findall(r"(\d+) of (\d+)", row)
    )
    assert own == n
    assert 0.35 <= half / m <= 0.8
    assert 0.7 <= eighty / m <= 0.97
    assert wide / m >= 0.9


def test_examples_of_the_documentation_hold() -> None:
    def asked(era: str | None) -> tuple[float, float]:
        r = headline(
            "12 of 13",
            programme="spinal-cord-autologous",
            outcome="ais-conversion",
            baseline="A:6,B:2,C:5",
            level="cervical",
            baseline_window="30d",
            follow_up="220d",
            era=era,
        )
        return round(r.exact, 3), round(r.probability, 2)

    for era, line in ((None, "newest years"), ("1995-2015", "1995 to 2015")):
        exact, new = asked(era)
        assert f"{line}: exact, average cohorts {exact:g}; over new cohorts {new:g}" in DOC.read_text(
            encoding="utf-8"
        )
