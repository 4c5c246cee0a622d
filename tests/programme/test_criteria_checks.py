"""Each check of criteria on a fault of its own, and silence on a sound set."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.programme import Programme
from proband.programme.criteria_checks import unfillable
from proband.programme.eligibility import Eligibility
from proband.programme.lint import LINTS
from proband.programme.linting import LintFinding
from proband.terms import yaml12

EXAMPLE = Path(__file__).parent.parent / "screening" / "example_eligibility.yaml"


def eligibility(*criteria: tuple[str, str], **more: Any) -> Eligibility:
    plausible = {
        "low": 1,
        "high": 3000,
        "unit": "10*9/L",
        "interval": "range",
        "source": "test",
        "level": "inference",
    }
    codes = [{"system": "Proband", "code": "x"}]
    return Eligibility.model_validate(
        {
            "source": "test",
            "level": "inference",
            "anchors": [{"id": "start", "label": "first day of the drug", "codes": codes}],
            "observables": [
                {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}},
                {
                    "id": "platelets",
                    "label": "platelets",
                    "type": "number",
                    "unit": "10*9/L",
                    "plausible": plausible,
                    "codes": codes,
                },
                {"id": "bare", "label": "a bare number", "type": "number", "codes": codes},
                {"id": "pregnant", "label": "pregnancy", "type": "boolean", "codes": codes},
                {
                    "id": "months",
                    "label": "months on it",
                    "type": "number",
                    "elapsed": {"since": "start", "unit": "mo"},
                },
                {
                    "id": "months_old",
                    "label": "age in months",
                    "type": "number",
                    "elapsed": {"since": "birth", "unit": "mo"},
                },
                {
                    "id": "fever",
                    "label": "fever",
                    "type": "boolean",
                    "codes": codes,
                    "window": {"start": "-28 d", "end": "0 d"},
                },
                {
                    "id": "level",
                    "label": "level",
                    "type": "ordered",
                    "values": ["C1", "C7", "T1"],
                    "towards_first": "rostral",
                    "towards_last": "caudal",
                    "codes": codes,
                },
            ],
            "criteria": [
                {
                    "id": f"X{n}",
                    "kind": kind,
                    "purpose": "safety",
                    "reason": more.get("reason", "a test"),
                    "when": when,
                    "plain": more.get("plain"),
                }
                for n, (kind, when) in enumerate(criteria)
            ],
        }
    )


def findings(e: Eligibility, check: str) -> list[LintFinding]:
    """What a lint finds in the eligibility of a programme that has nothing else."""
    return list(
        LINTS.all()[f"lint.{check}"].find(cast(Programme, SimpleNamespace(eligibility=e)), date(2026, 11, 1))
    )


def found(e: Eligibility, check: str) -> list[str]:
    return [f.message for f in findings(e, check)]


@pytest.mark.parametrize(
    ("check", "criteria"),
    [
        ("criteria-never-met", [("include", "age < 18 and age >= 18")]),
        ("criteria-never-met", [("include", "age < 0")]),
        ("criteria-never-met", [("include", "17 < age < 18")]),
        ("criteria-never-met", [("include", "level < 'C1'")]),
        ("criteria-never-met", [("exclude", "not known(age)")]),
        ("criteria-never-met", [("include", "platelets > 4000")]),
        ("criteria-never-fail", [("include", "age >= 18 or age < 18")]),
        ("criteria-never-fail", [("exclude", "platelets >= 0")]),
        ("criteria-never-fail", [("include", "pregnant or not pregnant")]),
        ("criteria-never-fail", [("include", "level <= 'T1'")]),
        ("criteria-inverted", [("include", "18 <= age <= 65"), ("exclude", "age >= 12")]),
        ("criteria-inverted", [("exclude", "platelets > 50"), ("include", "platelets >= 100")]),
        ("criteria-contradict", [("include", "level == 'C7'"), ("exclude", "level in ['C1', 'C7']")]),
        ("criteria-contradict", [("include", "pregnant"), ("exclude", "pregnant")]),
        ("criteria-contradict", [("include", "age < 18"), ("include", "age >= 18")]),
        ("criteria-contradict", [("include", "age < 18 or pregnant"), ("include", "age >= 18 or level == 'C1'"), ("exclude", "pregnant and level != 'C1' or level == 'C1'")]),
        ("criteria-plausible", [("exclude", "platelets < 50000")]),
        ("criteria-unit", [("include", "bare > 40")]),
    ],
)  # fmt: skip
def test_a_fault_is_found_by_its_check(check: str, criteria: list[tuple[str, str]]) -> None:
    assert found(eligibility(*criteria), check)


def test_an_inverted_comparison_is_shown_turned_round() -> None:
    e = eligibility(("include", "18 <= age <= 65"), ("exclude", "age >= 12"))
    (finding,) = findings(e, "criteria-inverted")
    assert "age <= 12" in finding.mend
    assert finding.path == ("criteria", 1, "when")
    assert not found(e, "criteria-contradict")


def test_words_and_comparison_of_a_level_must_agree() -> None:
    wrong = eligibility(("include", "level >= 'C7'"), reason="C7 or more rostral")
    right = eligibility(("include", "level <= 'C7'"), reason="C7 or more rostral")
    assert found(wrong, "criteria-direction")
    assert not found(right, "criteria-direction")


@pytest.mark.parametrize(
    ("when", "plain", "wrong"),
    [
        ("age >= 12", "You are 18 to 65.", 2),
        ("age >= 12", "You are 12 or older.", 0),
        ("18 <= age <= 65", "You are 18 or older.", 1),
        ("18 <= age <= 65", "You are an adult.", 0),
        ("18 <= age <= 65", "You are 18 to 56.", 2),
        ("platelets >= 100", "At least 100 of the small cells that stop bleeding.", 0),
        ("platelets >= 100", "At least 1000 of them.", 1),
        ("level <= 'C7'", "Your level is C7 or higher.", 0),
        ("0 <= age < 18", "You are younger than 18.", 0),
        ("age >= 18 and pregnant", "You are 18 or older and have CoQ10 or 4-HB at hand.", 0),
        ("months >= 12", "A year on the drug, that is 1 year.", 0),
        ("months >= 12", "For 2 years.", 1),
        ("months >= 12", "For 12.5 months.", 1),
        ("months >= 12", "For 12 years.", 1),
        ("age < '24 mo'", "You are younger than 2 years.", 0),
        ("age < '24 mo'", "You are younger than 24 months.", 0),
        ("age < '24 mo'", "You are younger than 2.", 0),
        ("age < '24 mo'", "You are younger than 24 years.", 1),
        ("age < '24 mo'", "You are younger than 3 years.", 1),
        ("platelets > 50", "Antibodies at 1:50 or more.", 0),
        ("platelets > 50", "Antibodies at 1:60 or more.", 1),
        ("fever", "You had a fever in the last 4 weeks.", 0),
        ("fever", "You had a fever in the last 28 days.", 0),
        ("fever", "You had a fever in the last 8 weeks.", 1),
    ],
)
def test_numbers_in_plain_words_are_those_of_the_criterion(when: str, plain: str, wrong: int) -> None:
    data = eligibility(("include", when), plain=plain)
    assert len(found(data, "criteria-plain")) == wrong


@settings(max_examples=60, deadline=None)
@given(limit=st.integers(1, 120), said=st.integers(1, 120))
def test_a_limit_that_is_changed_alone_is_told(limit: int, said: int) -> None:
    e = eligibility(("include", f"age >= {limit}"), plain=f"You are {said} or older.")
    assert bool(found(e, "criteria-plain")) == (limit != said)


MINORS: dict[str, Any] = {
    "assent": [1], "guardians": [SimpleNamespace(majority=SimpleNamespace(value=18, unit="a"))],
    "reconsent": [SimpleNamespace(event="majority")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("criteria", "enter"),
    [
        ([("include", "age >= 12")], True),
        ([("include", "age >= 18")], False),
        ([("exclude", "age < 18")], False),
        ([("include", "pregnant")], True),  # nothing speaks of age
        ([("include", "age >= 17 and pregnant")], True),
        ([("include", "months >= 216")], True),  # another clock than age
        ([("include", "months_old >= 216")], False),
        ([("include", "months_old >= 215")], True),
        ([("include", "age >= 18 or pregnant")], True),
        ([("include", "age >= 12"), ("exclude", "12 <= age < 20")], False),
    ],
)
def test_minors_who_may_enter_are_asked_as_minors(criteria: list[tuple[str, str]], enter: bool) -> None:
    e = eligibility(*criteria)

    def lacking(**consent: Any) -> set[str]:
        asked = {"assent": [], "guardians": [], "reconsent": []} | consent
        programme = SimpleNamespace(eligibility=e, head=SimpleNamespace(consent=SimpleNamespace(**asked)))
        found = LINTS.all()["lint.minors-asked"].find(cast(Programme, programme), date(2026, 11, 1))
        return {str(finding.path[-1]) for finding in found}

    assert lacking() == ({"assent", "guardians", "reconsent"} if enter else set())
    assert lacking(**MINORS) == set()
    for name in MINORS:
        assert lacking(**{**MINORS, name: []}) == ({name} if enter else set())


def test_known_is_no_tautology() -> None:
    assert not found(eligibility(("include", "known(age)")), "criteria-never-fail")


def test_cohorts_may_differ() -> None:
    data = eligibility(("include", "age < 18"), ("include", "age >= 18")).model_dump(mode="json")
    data["cohorts"] = [{"id": "young", "label": "Young"}, {"id": "old", "label": "Old"}]
    data["criteria"][0]["cohorts"], data["criteria"][1]["cohorts"] = ["young"], ["old"]
    assert not found(Eligibility.model_validate(data), "criteria-contradict")


def test_the_worked_example_is_sound() -> None:
    e = Eligibility.model_validate(yaml12.data(EXAMPLE.read_text(encoding="utf-8")))
    of_criteria = [
        code.removeprefix("lint.")
        for code in LINTS.all()
        if code.startswith(("lint.criteria-", "lint.observables-"))
    ]
    assert len(of_criteria) >= 9
    for check in of_criteria:
        messages = found(e, check)
        if check == "observables-unused":
            shown = {
                m.rstrip(".").rpartition(" ")[2] for m in messages
            }  # constructs that its criteria do not need
            assert shown == {
                "consent_after",
                "creatinine",
                "weight",
                "first_weight",
                "weight_ratio",
                "motor_trend",
                "biallelic",
            }
        else:
            assert not messages, check


def test_what_no_source_fills_is_named() -> None:
    e = eligibility(("include", "age >= 18"))
    assert {f.path[1] for f in unfillable(e, [("Proband", "birth-date")])} == {1, 2, 3, 4, 6, 7}
    assert not list(unfillable(e, [("Proband", "birth-date"), ("Proband", "x")]))
