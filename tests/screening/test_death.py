"""The dead are not screened as living: by evaluator and SQL, whatever the programme asks, and results after death change nothing."""

from __future__ import annotations

from datetime import date

import pytest

from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.record.verdicts import verdict_data
from proband.screening import as_text
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.engines import DuckDBEngine, Engine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

ON = date(2026, 11, 1)
ELIGIBILITY = Eligibility.model_validate(
    {
        "source": "tests", "level": "inference",
        "observables": [{"id": "x", "label": "a result", "type": "number", "unit": "1", "codes": [{"system": "Proband", "code": "x"}]}],
        "criteria": [{"id": "I", "kind": "include", "purpose": "safety", "reason": "a test", "when": "x > 0"}],
    }
)  # fmt: skip
RESULT = Observation("p", "Proband", "x", value=1.0, when=UncertainDate.on(ON))


def status(word: str, day: str = "unknown", **more: object) -> Observation:
    return Observation("p", "Proband", "vital-status", text=word, when=UncertainDate.parse(day), **more)  # type: ignore[arg-type]


CASES = [
    ([], "eligible"),
    ([status("alive")], "eligible"),
    ([Observation("p", "Proband", "vital-status", presence=Presence.UNKNOWN)], "eligible"),
    ([status("deceased", "2026-10-20")], "not-eligible"),
    ([status("Deceased", "2026-11-01")], "not-eligible"),
    ([status("deceased")], "not-eligible"),  # on record, of a day that nobody wrote down
    ([status("alive"), status("deceased", "2026-10")], "not-eligible"),
    ([status("deceased", "2026-11-02")], "eligible"),  # judged as of a day on which the person lived
    ([status("deceased", "2026-11")], "needs-data"),
    ([status("deceased", "2026")], "needs-data"),
    ([status("deceased", "2026-10-20", problems=("death before birth",))], "needs-data"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "outcome"), CASES)
def test_nobody_is_screened_after_death(facts: list[Observation], outcome: str) -> None:
    verdict = Screening(ELIGIBILITY).verdict([RESULT, *facts], ON)
    assert verdict.outcome is EligibilityStatus(outcome)
    assert ("died" in as_text(verdict, ELIGIBILITY)) is (outcome != "eligible")
    assert bool(verdict_data(verdict, "screening")["reasons"]) is (outcome != "eligible")
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        engine.load("observations", to_frame([RESULT, *facts]))
        screened = screen_loaded(ELIGIBILITY, engine, ON)
        assert screened.counts == {outcome: 1}, engine.dialect.name
        assert getattr(screened.funnel, outcome.replace("-", "_")) == 1
