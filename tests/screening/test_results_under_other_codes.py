"""Results under other codes, names or none, and records that bear a name: evaluator, DuckDB, SQLite and PostgreSQL say the same of all, for every way in which one of several counts.

A generator draws people with results under the code that is asked for and others that may be of the same, on days before, inside and after the window.
Learning of a further one never makes a criterion met that was unknown without it unless both decide alike. The people are invented.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from proband.facts.called import by_its_name
from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.engines import DuckDBEngine, PostgresEngine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

AS_OF = date(2026, 11, 1)
OTHERS = [
    ("LOINC", "26515-7"),
    ("Proband", "result-named.platelets"),
    ("Proband", "result-unnamed.platelets"),
]
NAME = str(by_its_name("portal vein thrombosis"))
PLATELETS = {
    "id": "it", "label": "platelets", "type": "number", "unit": "10*9/L", "codes": [{"system": "LOINC", "code": "777-3"}], "window": {"start": "-28 d"},
}  # fmt: skip
VEIN = {
    "id": "it", "label": "the vein", "type": "boolean", "no_means": "now", "no_holds_for": "28 d",
    "codes": [{"system": "ICD-10", "code": "I81", "display": "Portal vein thrombosis"}],
}  # fmt: skip
ASKED = {
    "last": (PLATELETS | {"aggregate": "last"}, "it >= 75"), "first": (PLATELETS | {"aggregate": "first"}, "it >= 75"),
    "worst": (PLATELETS | {"aggregate": "worst", "worse": "low"}, "it >= 75"), "range": (PLATELETS | {"aggregate": "range"}, "it <= 30"),
    "a multiple": (PLATELETS | {"relative_to": "uln", "aggregate": "last"}, "it >= 0.5"),
    "a slope": (PLATELETS | {"aggregate": "slope", "slope_per": "d"}, "it >= '-1 10*9/L'"),
    "a no": (VEIN, "not it"), "a no by silence": (VEIN | {"absent": "no"}, "not it"), "the last word": (VEIN | {"aggregate": "last", "window": {"start": "-28 d"}}, "not it"),
}  # fmt: skip


def criteria(how: str) -> Eligibility:
    observable, when = ASKED[how]
    rule = {"id": "X1", "kind": "include", "purpose": "safety", "reason": "a test", "when": when}
    return Eligibility.model_validate({"source": "tests", "level": "inference", "observables": [observable], "criteria": [rule]})  # fmt: skip


def on(draw: random.Random) -> UncertainDate:
    return UncertainDate.on(AS_OF - timedelta(days=draw.choice([40, 20, 10, 3, 0, -4])))


def result(who: str, key: tuple[str, str], draw: random.Random, n: int) -> Observation:
    return Observation(who, *key, value=draw.choice([12.0, 70.0, 80.0, 90.0, 95.0]), unit=draw.choice(["10*9/L"] * 9 + ["g/L", None]), when=on(draw),
                       reference_high=draw.choice([100.0, None]), comparator=draw.choice([None, None, None, "<"]), resource=f"Observation/{n}")  # fmt: skip


def record(who: str, key: tuple[str, str], draw: random.Random, n: int) -> Observation:
    said = draw.choice([Presence.ABSENT, Presence.ABSENT, Presence.PRESENT]) if key[0] == "ICD-10" else draw.choice([Presence.UNKNOWN, Presence.PRESENT, Presence.ABSENT])  # fmt: skip
    lasts = said is not Presence.ABSENT and draw.random() < 0.6
    return Observation(who, *key, presence=said, when=on(draw), persists=lasts, until=on(draw) if lasts and draw.random() < 0.4 else None, resource=f"Condition/{n}")  # fmt: skip


def people(how: str) -> dict[str, list[Observation]]:
    draw = random.Random(how)
    told = {}
    for n in range(80):
        who = f"p{n}"
        told[who] = [Observation(who, "Proband", "sex", text="female")]
        for each in range(draw.randrange(5)):
            if "platelets" in str(ASKED[how][0]):
                told[who].append(result(who, draw.choice([("LOINC", "777-3")] * 3 + OTHERS), draw, each))
            else:
                told[who].append(record(who, draw.choice([("ICD-10", "I81"), ("Proband", NAME)]), draw, each))
    return told


@pytest.mark.postgres
@pytest.mark.parametrize("how", ASKED)
def test_all_engines_say_the_same_of_what_may_be_meant(how: str, postgres: PostgresEngine) -> None:
    asked, told = criteria(how), people(how)
    alone = Screening(asked)
    found = {who: alone.verdict(own, AS_OF, look_ahead=False).outcome for who, own in told.items()}
    assert len(set(found.values())) >= 2
    table = to_frame(each for own in told.values() for each in own)
    for engine in (DuckDBEngine(threads=1), SQLiteEngine(), postgres):
        engine.load("observations", table)
        many = screen_loaded(asked, engine, AS_OF).table
        assert dict(zip(many["subject"], many["verdict"], strict=True)) == {who: said.value for who, said in found.items()}  # fmt: skip


@pytest.mark.parametrize("how", [each for each in ASKED if each != "a slope"])
def test_what_may_be_meant_makes_nobody_eligible(how: str) -> None:
    alone = Screening(criteria(how))
    gained = []
    for who, own in people(how).items():
        sure = [each for each in own if (each.system, each.code) not in {*OTHERS, ("Proband", NAME)}]
        if alone.verdict(own, AS_OF, look_ahead=False).outcome is EligibilityStatus.ELIGIBLE and alone.verdict(sure, AS_OF, look_ahead=False).outcome is not EligibilityStatus.ELIGIBLE:  # fmt: skip
            gained.append(who)
    assert not gained
