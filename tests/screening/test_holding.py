"""A "no" proves itself or it proves nothing: each case beside the twin in which it does, by evaluator and SQL."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.sql.engines import DuckDBEngine, SQLiteEngine
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

DAY = date(2026, 11, 1)
_CODES = {"infection": "active-infection", "peritonitis": "peritonitis", "cancer": "cancer-diagnosis"}


def said(what: str, days: int, *, no: bool = False, **more: Any) -> Observation:
    """A synthetic fact of some days ago, or a "no"."""
    presence = Presence.ABSENT if no else Presence.PRESENT
    given: dict[str, Any] = {
        "presence": presence,
        "when": UncertainDate.on(DAY - timedelta(days=days)),
    } | more
    return Observation("p", "Proband", _CODES[what], **given)


def ago(days: int) -> UncertainDate:
    return UncertainDate.on(DAY - timedelta(days=days))


NOW: dict[str, Any] = {"window": {"start": "-7 d"}, "no_holds_for": "3 d"}
BOTH: dict[str, Any] = NOW | {"asks": ["infection", "peritonitis"]}
WIDER: dict[str, Any] = BOTH | {"subsumes": {"Proband|active-infection": ["Proband|peritonitis"]}}
EVER: dict[str, Any] = {
    "asks": ["cancer"],
    "window": {"start": "-5 a"},
    "no_means": "ever",
    "no_holds_for": "28 d",
}
SILENT: dict[str, Any] = NOW | {"absent": "no"}
NOT_ASKED = said("infection", 0, presence=Presence.NOT_ASKED)

CASES = [
    # a "no" speaks for its own code
    (BOTH, [said("peritonitis", 1, no=True)], None),
    (BOTH, [said("peritonitis", 1, no=True), said("infection", 1, no=True)], False),
    (BOTH, [said("infection", 1, no=True)], None),
    (WIDER, [said("infection", 1, no=True)], False),
    (WIDER, [said("peritonitis", 1, no=True)], None),
    (WIDER, [said("infection", 3, no=True), said("peritonitis", 1)], True),
    # it holds as long as is declared
    (NOW, [said("infection", 3, no=True)], False),
    (NOW, [said("infection", 4, no=True)], None),
    (NOW | {"no_holds_for": None}, [said("infection", 0, no=True)], False),
    (NOW, [said("infection", 0, no=True, when=UncertainDate.parse("2026-11"))], None),
    (NOW, [said("infection", 0, no=True, when=UncertainDate.parse("2026"))], None),
    (EVER, [said("cancer", 28, no=True)], False),
    (EVER, [said("cancer", 5 * 365, no=True)], None),
    (EVER, [said("cancer", 1, no=True), said("cancer", 400)], True),
    (EVER, [said("cancer", 1, no=True), said("cancer", 3000)], False),  # six years and more ago is not asked for
    (EVER, [said("cancer", 1, no=True), said("cancer", 3000, persists=True, until=ago(1000))], True),
    # what was said later overtakes it
    (NOW, [said("infection", 3, no=True), said("infection", 1, presence=Presence.UNKNOWN)], None),
    (NOW, [said("infection", 1, no=True), said("infection", 3, presence=Presence.UNKNOWN)], False),
    # a condition lasts until it is said to be over
    (NOW, [said("infection", 20)], None),
    (NOW, [said("infection", 20, persists=True)], True),
    (NOW, [said("infection", 20, persists=True, until=ago(5))], True),
    (NOW, [said("infection", 20, persists=True, until=ago(9))], None),
    (NOW, [said("infection", 20, persists=True, until=ago(9)), said("infection", 2, no=True)], False),
    (NOW, [said("infection", 20, persists=True, until=UncertainDate.unknown())], None),
    (NOW, [said("infection", 20, persists=True), said("infection", 9, no=True)], None),
    (NOW, [said("infection", 20, persists=True), said("infection", 2, no=True)], True),  # until three days ago
    (NOW, [said("infection", 20, persists=True), said("infection", 10, no=True), said("infection", 0, no=True)], False),
    # a "yes" grows old where that is declared
    ({"yes_holds_for": "14 d"}, [said("infection", 14)], True),
    ({"yes_holds_for": "14 d"}, [said("infection", 15)], None),
    ({"yes_holds_for": "14 d"}, [said("infection", 15, persists=True)], None),
    ({}, [said("infection", 15)], True),
    # silence is a "no" only where it is declared one, and not to be asked is no silence
    (NOW, [], None),
    (SILENT, [], False),
    (SILENT, [NOT_ASKED], None),
    (SILENT, [said("infection", 20)], False),
    (SILENT, [said("infection", 20, persists=True, until=UncertainDate.unknown())], None),
    (SILENT | {"aggregate": "last"}, [NOT_ASKED], None),
    (SILENT | {"aggregate": "last"}, [], False),
    # the last of several
    ({"aggregate": "last", "no_holds_for": "28 d"}, [said("infection", 40), said("infection", 28, no=True)], False),
    ({"aggregate": "last", "no_holds_for": "28 d"}, [said("infection", 40), said("infection", 29, no=True)], None),
    ({"aggregate": "last"}, [said("infection", 3, no=True), said("infection", 1)], True),
    # what cannot change
    ({"no_means": "always"}, [said("infection", 0, no=True, when=UncertainDate.unknown())], False),
    ({"no_means": "now"}, [said("infection", 0, no=True, when=UncertainDate.unknown())], None),
]  # fmt: skip


def asked(*, asks: tuple[str, ...] = ("infection",), **keys: Any) -> Eligibility:
    observable = {
        "id": "it",
        "label": "the question",
        "type": "boolean",
        **{k: v for k, v in keys.items() if v is not None},
    }
    observable["codes"] = [{"system": "Proband", "code": _CODES[each]} for each in asks]
    criterion = {"id": "E", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": "it"}
    return Eligibility.model_validate(
        {"source": "tests", "level": "inference", "observables": [observable], "criteria": [criterion]}
    )


@pytest.mark.parametrize(("keys", "facts", "expected"), CASES)
def test_what_a_yes_or_a_no_proves(
    keys: dict[str, Any], facts: list[Observation], expected: bool | None
) -> None:
    eligibility = asked(**keys)
    # somebody else is there too, so that silence is somebody's
    record = [Observation("p", "Proband", "sex", text="male"), *facts]
    (result,) = Screening(eligibility).verdict(record, DAY).results
    assert result.truth is expected
    for engine in (DuckDBEngine(threads=1), SQLiteEngine()):
        assert screen(eligibility, to_frame(record), DAY, on=engine).table["E"].to_list() == [expected]
