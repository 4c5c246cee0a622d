"""Whoever took a consent back, left a study or failed a screening is not eligible until they agree anew: by evaluator and every engine, whatever is asked."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from test_death import ELIGIBILITY, ON, RESULT, status

from proband.facts.left import AGREED, LEFT, left_in_words
from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.pages.screening.verdict import verdict_article
from proband.record.verdicts import verdict_data
from proband.screening import as_text, plain
from proband.screening.outcome import EligibilityStatus
from proband.screening.render import as_dict
from proband.screening.sql.engines import DuckDBEngine, PostgresEngine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate


def left(day: str = "unknown", **more: object) -> Observation:
    return Observation("p", *LEFT, text="withdrawal by subject", when=UncertainDate.parse(day), **more)  # type: ignore[arg-type]


def agreed(day: str = "unknown", **more: object) -> Observation:
    return Observation("p", *AGREED, when=UncertainDate.parse(day), **more)  # type: ignore[arg-type]


CASES = [
    ([left()], "needs-data"),
    ([left("2026-10-20")], "needs-data"),
    ([left("2026-11-02")], "eligible"),  # later than the day that is asked for
    ([left("2026-11")], "needs-data"),
    ([left("2026-10-20"), agreed("2026-10-10")], "needs-data"),
    ([left("2026-10-20"), agreed("2026-10-20")], "needs-data"),
    ([left("2026-10-20"), agreed("2026-10-21")], "eligible"),
    ([left("2026-10"), agreed("2026-10-21")], "needs-data"),
    ([left("2026-10-20"), agreed()], "needs-data"),
    ([left(), agreed("2026-10-21")], "needs-data"),
    ([left("2026-10-20"), agreed("2026-11-02")], "needs-data"),  # not yet
    ([left("2026-10-20"), agreed("2026-10-21", problems=("of another",))], "needs-data"),
    ([left("2026-10-20"), agreed("2026-10-21", presence=Presence.UNKNOWN)], "needs-data"),
    ([left("2026-10-20", presence=Presence.ABSENT)], "eligible"),
    ([left("2026-10-20"), status("deceased", "2026-10-22")], "not-eligible"),
    ([agreed("2026-10-20")], "eligible"),
]  # fmt: skip


@pytest.mark.postgres
def test_whoever_left_is_not_eligible_until_they_agree_anew(postgres: PostgresEngine) -> None:
    told = {f"p{n}": ([replace(each, subject=f"p{n}") for each in (RESULT, *facts)], outcome) for n, (facts, outcome) in enumerate(CASES)}  # fmt: skip
    draw = random.Random(7)
    for n in range(len(CASES), 120):
        who, facts = f"p{n}", [replace(RESULT, subject=f"p{n}")]
        for _ in range(draw.randrange(4)):
            day = ON + timedelta(days=draw.choice([-30, -20, -2, 0, 3]))
            when = draw.choice([UncertainDate.on(day)] * 4 + [UncertainDate(None, day), UncertainDate(day, None), UncertainDate.unknown()])  # fmt: skip
            facts.append(Observation(who, *draw.choice([LEFT, AGREED]), when=when, problems=draw.choice([(), (), ("doubted",)])))  # fmt: skip
        told[who] = facts, Screening(ELIGIBILITY).verdict(facts, ON).outcome.value
    for who, (facts, outcome) in told.items():
        assert Screening(ELIGIBILITY).verdict(facts, ON, look_ahead=False).outcome.value == outcome, who
    table = to_frame(each for facts, _ in told.values() for each in facts)
    for engine in (DuckDBEngine(threads=1), SQLiteEngine(), postgres):
        engine.load("observations", table)
        many = screen_loaded(ELIGIBILITY, engine, ON).table
        assert dict(zip(many["subject"], many["verdict"], strict=True)) == {who: said for who, (_, said) in told.items()}  # fmt: skip


def test_it_is_said_wherever_a_verdict_is_shown() -> None:
    verdict = Screening(ELIGIBILITY).verdict([RESULT, left("2026-10-20")], ON)
    assert verdict.outcome is EligibilityStatus.NEEDS_DATA
    for said in (as_text(verdict, ELIGIBILITY), str(verdict_article(verdict, ELIGIBILITY)), str(as_dict(verdict, ELIGIBILITY)), str(verdict_data(verdict, "screening"))):  # fmt: skip
        assert "withdrawal by subject" in said
    assert "Nothing you entered" not in plain(verdict, ELIGIBILITY)
    assert "left" not in as_dict(Screening(ELIGIBILITY).verdict([RESULT], ON), ELIGIBILITY)


@pytest.mark.parametrize("words", [
    "Withdrew consent on 20 October", "consent withdrawn", "WITHDRAWAL BY SUBJECT", "Withdrawal of informed consent", "patient has dropped out", "screen failure: platelets", "SCREEN_FAILURE", "not eligible (HCC)",
    "exclusion criterion violated", "declined to participate", "Einwilligung zurückgezogen", "Einwilligung widerrufen", "retrait du consentement", "retiró su consentimiento", "ritiro del consenso", "failed screening",
])  # fmt: skip
def test_words_that_say_it(words: str) -> None:
    assert left_in_words(words)


@pytest.mark.parametrize("words", ["", "did not withdraw consent", "has never dropped out", "consent obtained", "drug withdrawn", "alcohol withdrawal", "not a screen failure", "no screen failure", "eligible", "declined vaccination", "withdrawal symptoms"])  # fmt: skip
def test_words_that_do_not(words: str) -> None:
    assert left_in_words(words) is None
