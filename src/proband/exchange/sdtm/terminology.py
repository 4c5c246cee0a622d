"""Words of CDISC's controlled terminology: units, sexes, and the LOINC code of a test whose specimen is stated.

CDISC publishes its terminology with NCI EVS for use by anyone. Units are those of the codelist UNIT that UCUM spells otherwise (there ``C`` is
coulomb and ``F`` farad). A test gets a LOINC code of ours only where the row says what was examined: a blank specimen is a guess.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from proband.terms import compatible, is_unit

SYSTEM = "CDISC"
#: submission value of the codelist UNIT → UCUM
_UNITS = {
    "C": "Cel", "F": "[degF]", "LB": "[lb_av]", "IN": "[in_i]", "in": "[in_i]", "FT": "[ft_i]", "OZ": "[oz_av]", "mmHg": "mm[Hg]",
    "beats/min": "/min", "breaths/min": "/min", "BEATS/MIN": "/min", "BREATHS/MIN": "/min", "RATIO": "1", "FRACTION": "1", "mEq/L": "meq/L",
    "mIU/L": "m[IU]/L", "uIU/mL": "u[IU]/mL", "mIU/mL": "m[IU]/mL", "IU/L": "[IU]/L", "IU/mL": "[IU]/mL", "msec": "ms", "sec": "s",
    "HOURS": "h", "DAYS": "d", "WEEKS": "wk", "MONTHS": "mo", "YEARS": "a", "mL/min/1.73m2": "mL/min/{1.73_m2}",
}  # fmt: skip
SEXES = {"M": "male", "F": "female", "UNDIFFERENTIATED": "other", "INTERSEX": "other"}


@lru_cache(maxsize=4096)
def ucum(written: str) -> str | None:
    """A unit of CDISC in UCUM's spelling where the two differ; else as it is written; ``None`` for nothing."""
    unit = written.strip()
    if not unit:
        return None
    known = _UNITS.get(unit)
    return known if known is not None and is_unit(known) else unit


@dataclass(frozen=True, slots=True)
class CodedTest:
    """A test of CDISC with one of its LOINC codes: what is examined, and a unit of the property that the code is of."""

    domain: str
    test: str
    specimens: frozenset[str]
    unit: str
    loinc: str


@cache
def _tests() -> dict[tuple[str, str], list[CodedTest]]:
    found: dict[tuple[str, str], list[CodedTest]] = {}
    with (files("proband.exchange.sdtm") / "loinc.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            specimens = frozenset(each for each in row["specimens"].split("|") if each)
            entry = CodedTest(row["domain"], row["test"], specimens, row["unit"], row["loinc"])
            found.setdefault((entry.domain, entry.test), []).append(entry)
    return found


@lru_cache(maxsize=65536)
def loinc_of(domain: str, test: str, specimen: str, unit: str | None) -> str | None:
    """The LOINC code of a test: ``None`` where the specimen is not stated or the unit is of another property."""
    for each in _tests().get((domain, test), ()):
        if (not each.specimens or specimen in each.specimens) and _is_of(unit, each.unit):
            return each.loinc
    return None


def _is_of(unit: str | None, wanted: str) -> bool:
    if wanted == "1":
        return unit is None or (is_unit(unit) and "%" not in unit and compatible(unit, "1"))
    return unit is not None and is_unit(unit) and compatible(unit, wanted)


@lru_cache(maxsize=4096)
def loinc_like(domain: str, test: str) -> str | None:
    """A LOINC code of the same component, whatever was examined: it tells the molar mass by which its units are converted."""
    return next((each.loinc for each in _tests().get((domain, test), ())), None)
