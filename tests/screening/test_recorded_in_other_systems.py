"""Records in code systems that a criterion does not ask in, on every engine: evaluator, DuckDB, SQLite and PostgreSQL say the same of all.

A generator draws people: records of each kind in any systems, on days before, inside and after the window, over or going on, with and without a
"no" of their own. Whoever has a record that may be meant, stands in systems alone in which nobody asks, and may hold in the window is never told "no"
by silence; taking that record away, or coding it in a system that is asked in, makes them eligible. The people are invented.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import KINDS, recorded_in
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.engines import DuckDBEngine, PostgresEngine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

AS_OF = date(2026, 11, 1)
ASKED = {
    "diagnosis": [("ICD-10", "I81"), ("ICD-10", "K55.0")],
    "drug": [("ATC", "B01AA03"), ("RxNorm", "11289")],
    "procedure": [("SNOMED", "18027006")],
}


def criteria(kind: str, *, count: bool = False) -> Eligibility:
    """Silence about a kind of record means no; as a yes or no of two weeks, or as a count."""
    plain = {
        "id": "it", "label": "the thing asked for", "absent": "no", "codes": [{"system": system, "code": code} for system, code in ASKED[kind]],
        "window": {"start": "-14 d"}, **({"type": "number", "aggregate": "count"} if count else {"type": "boolean", "no_means": "now"}),
    }  # fmt: skip
    rule = {"id": "X1", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": "it >= 1" if count else "it"}  # fmt: skip
    return Eligibility.model_validate({"source": "tests", "level": "inference", "observables": [plain], "criteria": [rule]})  # fmt: skip


def alive(who: str) -> Observation:
    return Observation(who, "Proband", "sex", text="female")


def record(who: str, kind: str, systems: set[str], begin: int, end: int | None, n: int) -> Observation:
    """A record that began so many days before screening, and ended so many; ``None``: goes on."""
    until = None if end is None else UncertainDate.on(AS_OF - timedelta(days=end))
    return Observation(
        who, *recorded_in(kind, systems), presence=Presence.UNKNOWN, when=UncertainDate.on(AS_OF - timedelta(days=begin)), persists=True, until=until,
        resource=f"Record/{n}",
    )  # fmt: skip


def people(kind: str, seed: int, *, count: bool) -> tuple[dict[str, list[Observation]], dict[str, bool]]:
    """People with records, and of each whether one of them may be what is asked for."""
    draw = random.Random(seed)
    asked = {system for system, _ in ASKED[kind]}
    told: dict[str, list[Observation]] = {}
    doubted: dict[str, bool] = {}
    for n in range(120):
        who = f"{kind}-{n}"
        told[who], doubted[who] = [alive(who)], False
        for each in range(draw.randrange(3)):
            own = draw.choice([kind, kind, draw.choice(sorted(KINDS))])
            systems = set(draw.sample(sorted(KINDS[own]), min(draw.randrange(4), len(KINDS[own]))))
            begin = draw.choice([400, 30, 14, 7, 0, -5])
            end = draw.choice([None, begin, max(begin - 10, -9)])
            told[who].append(record(who, own, systems, begin, end, each))
            meant = own == kind or (
                kind == "procedure" and own == "diagnosis"
            )  # a code of SNOMED CT may be of either
            # what is counted is an event of the day on which it began
            inside = 0 <= begin <= 14 if count else begin >= 0 and (end is None or end <= 14)
            doubted[who] |= meant and inside and not systems & asked
    return told, doubted


@pytest.mark.parametrize("count", [False, True], ids=["yes or no", "a count"])
@pytest.mark.parametrize("kind", ASKED)
def test_no_silence_answers_for_a_record_in_another_system(
    kind: str, count: bool, postgres: PostgresEngine
) -> None:
    asked = criteria(kind, count=count)
    told, doubted = people(kind, len(kind), count=count)
    alone = Screening(asked)
    found = {who: alone.verdict(own, AS_OF, look_ahead=False).outcome for who, own in told.items()}
    assert {who for who, said in found.items() if said is EligibilityStatus.NEEDS_DATA} == {who for who, is_so in doubted.items() if is_so}  # fmt: skip
    assert {said for who, said in found.items() if not doubted[who]} == {EligibilityStatus.ELIGIBLE}
    assert 10 < sum(doubted.values()) < 110
    table = to_frame(each for own in told.values() for each in own)
    for engine in (DuckDBEngine(threads=1), SQLiteEngine(), postgres):
        engine.load("observations", table)
        many = screen_loaded(asked, engine, AS_OF).table
        assert dict(zip(many["subject"], many["verdict"], strict=True)) == {who: said.value for who, said in found.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "outcome"), [(7, EligibilityStatus.ELIGIBLE), (0, EligibilityStatus.NEEDS_DATA)]
)
def test_a_no_of_its_own_answers_what_began_before_it(
    begins: int, outcome: EligibilityStatus, postgres: PostgresEngine
) -> None:
    own = [alive("a"), record("a", "diagnosis", {"SNOMED"}, begins, None, 1)]
    own += [
        Observation(
            "a", system, code, presence=Presence.ABSENT, when=UncertainDate.on(AS_OF - timedelta(days=2))
        )
        for system, code in ASKED["diagnosis"]
    ]
    asked = criteria("diagnosis").model_dump(mode="json", exclude_unset=True)
    asked["observables"][0]["no_holds_for"] = "14 d"
    judged = Eligibility.model_validate(asked)
    assert Screening(judged).verdict(own, AS_OF, look_ahead=False).outcome is outcome
    for engine in (DuckDBEngine(threads=1), SQLiteEngine(), postgres):
        engine.load("observations", to_frame(own))
        assert list(screen_loaded(judged, engine, AS_OF).table["verdict"]) == [outcome.value]


def test_where_silence_is_unknown_anyway_nothing_is_looked_at() -> None:
    asked = criteria("diagnosis").model_dump(mode="json", exclude_unset=True)
    asked["observables"][0] |= {"absent": "unknown", "no_holds_for": "14 d"}
    own = [alive("a"), record("a", "diagnosis", {"SNOMED"}, 7, None, 1)]
    own += [
        Observation(
            "a", system, code, presence=Presence.ABSENT, when=UncertainDate.on(AS_OF - timedelta(days=9))
        )
        for system, code in ASKED["diagnosis"]
    ]
    assert Screening(Eligibility.model_validate(asked)).verdict(own, AS_OF, look_ahead=False).outcome is EligibilityStatus.ELIGIBLE  # fmt: skip
