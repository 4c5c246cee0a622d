"""The dead are not screened as living: by evaluator and SQL, whatever the programme asks, and results after death change nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.pages.screening.verdict import verdict_article
from proband.programme.eligibility import Eligibility
from proband.record.verdicts import verdict_data
from proband.screening import as_text, plain
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
    # a family is never told that nothing rules it out where the record speaks of a death
    assert ("Nothing you entered" in plain(verdict, ELIGIBILITY)) is (outcome == "eligible")
    assert ("died" in str(verdict_article(verdict, ELIGIBILITY))) is (outcome != "eligible")
    assert bool(verdict_data(verdict, "screening")["reasons"]) is (outcome != "eligible")
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        engine.load("observations", to_frame([RESULT, *facts]))
        screened = screen_loaded(ELIGIBILITY, engine, ON)
        assert screened.counts == {outcome: 1}, engine.dialect.name
        assert getattr(screened.funnel, outcome.replace("-", "_")) == 1


def recorded(system: str, code: str, day: str = "unknown", **more: object) -> Observation:
    return Observation("p", system, code, when=UncertainDate.parse(day), **more)  # type: ignore[arg-type]


#: a death that another code than the vital status says is doubted, never overlooked
ELSEWHERE = [
    ([recorded("SNOMED", "419099009", "2026-10-20")], "needs-data"),
    ([recorded("LOINC", "81956-5")], "needs-data"),
    ([recorded("ICD-10", "R99", "2026-11")], "needs-data"),
    ([recorded("ICD-10", "R96.1", "2026-11-02")], "eligible"),
    ([recorded("LOINC", "69453-9", "2026-10-20", presence=Presence.ABSENT)], "eligible"),
    ([recorded("SNOMED", "419099009", "2026-10-20"), status("deceased", "2026-10-20")], "not-eligible"),
]  # fmt: skip


@pytest.mark.postgres
def test_deaths_under_other_codes_are_doubted_on_every_engine(postgres: Engine) -> None:
    people = {f"p{n}": (facts, outcome) for n, (facts, outcome) in enumerate([*CASES, *ELSEWHERE])}
    told = [replace(each, subject=who) for who, (facts, _) in people.items() for each in (RESULT, *facts)]
    expected = {who: outcome for who, (_, outcome) in people.items()}
    for facts, outcome in ELSEWHERE:
        assert Screening(ELIGIBILITY).verdict([RESULT, *facts], ON).outcome is EligibilityStatus(outcome)
    for engine in (DuckDBEngine(threads=1), SQLiteEngine(), postgres):
        engine.load("observations", to_frame(told))
        many = screen_loaded(ELIGIBILITY, engine, ON).table
        assert dict(zip(many["subject"], many["verdict"], strict=True)) == expected, engine.dialect.name
