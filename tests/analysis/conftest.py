"""One way to compare with reference numbers: every comparison asserts, and is counted for ``docs/validation.md``."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"

_SEEN: list[dict[str, Any]] = []
#: the reference values that a test asked for
_ASKED: set[str] = set()


class _Asked(dict[str, dict[str, Any]]):
    """Reference values by id, which know which of them were compared."""

    def __getitem__(self, id: str) -> dict[str, Any]:
        _ASKED.add(id)
        return super().__getitem__(id)


class Reference:
    """Compare numbers with those of other software.

    ``kernel`` names the analysis, ``software`` who computed the reference, ``qualified`` says that ``proband qualify`` compares it too. Tolerances are absolute (``within``) or relative (``relative``).
    """

    def __init__(self, kernel: str, software: str, *, qualified: bool = False) -> None:
        self.kernel, self.software, self.qualified = kernel, software, qualified

    def equal(
        self, what: str, got: Any, want: Any, *, within: float | None = None, relative: float | None = None
    ) -> None:
        got, want = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
        assert got.shape == want.shape, f"{what}: shape {got.shape} against {want.shape}"
        assert np.array_equal(np.isnan(got), np.isnan(want)), f"{what}: {got} against {want}"
        gap = np.nan_to_num(np.abs(got - want))
        allowed = (within or 0.0) if relative is None else relative * np.abs(want)
        worst = float(np.nanmax(gap, initial=0.0))
        assert np.all((gap <= allowed) | np.isnan(want)), (
            f"{self.kernel}, {what}: {got} against {want} ({self.software}); largest difference {worst:.2e}"
        )
        self.count(what, int(want.size), worst, within, relative)

    def at_most(self, what: str, got: float, want: float, *, slack: float) -> None:
        assert got <= want + slack, f"{self.kernel}, {what}: {got} is above {want} ({self.software})"
        self.count(what, 1, max(0.0, got - want), slack, None)

    def count(
        self, what: str, numbers: int, worst: float, within: float | None, relative: float | None
    ) -> None:
        _SEEN.append(
            {
                "kernel": self.kernel,
                "software": self.software,
                "what": what,
                "qualified": self.qualified,
                "numbers": numbers,
                "largest_difference": worst,
                "tolerance": f"{relative:g} relative" if relative is not None else f"{within or 0:g}",
            }
        )


@pytest.fixture(scope="session", autouse=True)
def _write_what_was_compared() -> Iterator[None]:
    yield
    if path := os.environ.get("PROBAND_VALIDATION"):
        Path(path).write_text(
            json.dumps({"seen": _SEEN, "asked": sorted(_ASKED)}, indent=1), encoding="utf-8"
        )


@pytest.fixture(scope="session")
def anchors() -> Mapping[str, dict[str, Any]]:
    """The reference values kept beside the checkout, by id and quantity."""
    path = SHARED / "evidence" / "statistics" / "reference_values.json"
    if not path.is_file():
        pytest.skip("evidence data absent: reference values not compared")
    read = json.loads(path.read_text(encoding="utf-8"))["anchors"]
    return _Asked(
        {entry["id"]: {check["quantity"]: check["value"] for check in entry["checks"]} for entry in read}
    )


def read_table(path: Path, numbers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Columns of a CSV file as text, those in ``numbers`` as floats (empty or NA is NaN)."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in numbers:
        table[name] = np.array([float(v) if v not in ("", "NA") else np.nan for v in table[name]])
    return table
