"""The criteria of the three bundles, judged on synthetic people: somebody can pass, and silence never helps."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from proband.facts.observation import Observation, Presence
from proband.programme import Programme
from proband.programme import load as load_bundle
from proband.programme.eligibility import Eligibility, Observable
from proband.screening.derived import check_derivation
from proband.screening.outcome import EligibilityStatus
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

TODAY = date(2026, 6, 1)


@cache
def load(name: str) -> Programme:
    """A bundle, read once for all tests of this module (it is frozen)."""
    return load_bundle(name)


NAMES = ("spinal-cord-autologous", "liver-cells", "mitochondria-hpdl")


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def fact(
    code: str, value: Any = None, when: date = TODAY, unit: str | None = None, **more: Any
) -> Observation:
    """One synthetic fact; booleans become presence, text a text, numbers a value."""
    system, _, bare = code.partition(" ")
    given: dict[str, Any] = {
        "subject": "synthetic",
        "system": system,
        "code": bare,
        "when": UncertainDate.on(when),
    }
    if isinstance(value, bool):
        given["presence"] = Presence.PRESENT if value else Presence.ABSENT
    elif isinstance(value, str):
        given["text"] = value
    elif value is not None:
        given |= {"value": float(value), "unit": unit}
    return Observation(**given | more)


def absences(eligibility: Eligibility, present: set[str], given: set[tuple[str, str]]) -> list[Observation]:
    """A plain no for each yes-or-no observable that is not in ``present`` and has no fact yet.

    It stands under every code for which the "no" of another does not speak.
    """
    found: dict[tuple[str, str], Observation] = {}
    for o in eligibility.observables:
        if o.type == "boolean" and o.where is None and not any(c.key in given for c in o.codes):
            asked = o.codes[:1] if o.id in present else _speaking(o)
            for concept in asked:
                said = fact(f"{concept.system} {concept.code}", o.id in present, days_ago(1))
                if concept.key not in found or o.id in present:
                    found[concept.key] = said
    return list(found.values())


def _speaking(observable: Any) -> list[Any]:
    """The codes that must say "no" themselves: those that no code before them, nor one that is wider, includes."""
    speakers = observable.speakers
    order = [c.key for c in observable.codes]
    return [
        c
        for c in observable.codes
        if not any(
            other != c.key and (c.key not in speakers[other] or order.index(other) < order.index(c.key))
            for other in speakers[c.key]
        )
    ]


def spinal(cohort: str) -> list[Observation]:
    injury = days_ago(20) if cohort == "recent" else days_ago(800)
    dose = TODAY + timedelta(days=35)
    return [
        fact("Proband birth-date", when=date(1990, 1, 1)),
        fact("Proband sex", "male"),
        fact("Proband injury-date", when=injury),
        fact("Proband planned-consent-date", when=TODAY),
        fact("Proband planned-first-dose-date", when=dose),
        fact("Proband second-isncsci-date", when=TODAY),
        fact("Proband isncsci-ais", "A", injury + timedelta(days=3)),
        fact("Proband isncsci-ais", "B", days_ago(1)),
        fact("Proband isncsci-nli", "C6", days_ago(1)),
        fact("Proband isncsci-motor-total", 24, days_ago(150), "{points}"),
        fact("Proband isncsci-motor-total", 25, days_ago(100), "{points}"),
        fact("Proband isncsci-motor-total", 24, days_ago(1), "{points}"),
        fact("Proband rehabilitation-hours-per-week", 12, days_ago(2), "h/wk"),
        fact("LOINC 26515-7", 250, days_ago(1), "10*9/L"),
        fact("LOINC 6690-2", 7, days_ago(1), "10*9/L"),
        fact("LOINC 1742-6", 30, days_ago(1), "U/L", reference_high=40.0),
        fact("LOINC 1920-8", 30, days_ago(1), "U/L", reference_high=40.0),
        fact("LOINC 38483-4", 0.8, days_ago(1), "mg/dL", reference_high=1.2),
    ]


def liver(cohort: str) -> list[Observation]:
    failing = cohort == "acute-on-chronic-failure"
    return [
        fact("Proband birth-date", when=date(1975, 1, 1)),
        fact("Proband sex", "male"),
        fact("Proband liver-disease-form", cohort),
        fact("Proband liver-disease-cause", "hepatitis-b" if failing else "alcohol"),
        fact("Proband last-alcohol-date", when=days_ago(300)),
        fact("Proband antiviral-start-date", when=days_ago(5)),
        fact("LOINC 29463-7", 72, days_ago(2), "kg"),
        fact("LOINC 1975-2", 14.0 if failing else 3.0, days_ago(1), "mg/dL", reference_high=1.2),
        fact("LOINC 2160-0", 1.1, days_ago(60), "mg/dL"),
        fact("LOINC 38483-4", 1.2, days_ago(1), "mg/dL", reference_high=1.3),
        fact("LOINC 5895-7", 1.9 if failing else 1.6, days_ago(1), "{INR}"),
        fact("LOINC 2947-0", 133, days_ago(1), "mmol/L"),
        fact("LOINC 1751-7", 2.9, days_ago(1), "g/dL"),
        fact("LOINC 777-3", 80, days_ago(1), "10*9/L"),
        fact("LOINC 718-7", 11.5, days_ago(1), "g/dL"),
        fact("LOINC 3255-7", 180, days_ago(1), "mg/dL"),
        fact("LOINC 1834-1", 6, days_ago(20), "ng/mL"),
        fact("Proband ascites-grade", "slight", days_ago(2)),
        fact("Proband west-haven-grade", "grade 1", days_ago(1)),
        fact("HPO HP:0001541", True, days_ago(5)),
        fact("LOINC 8478-0", 82, days_ago(1), "mm[Hg]"),
        fact("LOINC 50984-4", 380, days_ago(1), "mm[Hg]"),
        fact("Proband aclf-onset-date", when=days_ago(4)),
        fact("Proband decompensation-admission", True, days_ago(90)),
    ]


def hpdl(_: str) -> list[Observation]:
    return [
        fact("Proband birth-date", when=date(2017, 3, 1)),
        fact("Proband sex", "male"),
        fact("Proband onset-date", when=date(2025, 9, 1)),
        fact("LOINC 29463-7", 27, days_ago(1), "kg"),
        fact(
            "Proband variant",
            None,
            days_ago(30),
            attributes={"gene": "HPDL", "zygosity": "homozygous", "pathogenicity": "pathogenic"},
        ),
        *(
            fact("LOINC 64098-7", metres, days_ago(ago), "m")
            for metres, ago in ((300, 20), (280, 10), (270, 2))
        ),
        fact("LOINC 1742-6", 20, days_ago(1), "U/L", reference_high=40.0),
        fact("LOINC 2160-0", 0.4, days_ago(1), "mg/dL", reference_high=0.7),
    ]


PRESENT = {
    "spinal-cord-autologous": {"injury_on_mri", "can_consent", "contraception_agreed"},
    "liver-cells": {"can_consent", "transplant_opinion", "artery_reachable"},
    "mitochondria-hpdl": {"stiff_legs", "milestone_lost", "coenzyme_q_tried", "permission_given"},
}
CASES = [
    ("spinal-cord-autologous", "recent", spinal),
    ("spinal-cord-autologous", "chronic", spinal),
    ("liver-cells", "decompensated-cirrhosis", liver),
    ("liver-cells", "acute-on-chronic-failure", liver),
    ("mitochondria-hpdl", "", hpdl),
]


@pytest.fixture(scope="module")
def rules() -> dict[str, Screening]:
    return {name: Screening(load(name).eligibility) for name in NAMES}


def person(screening: Screening, name: str, cohort: str, make: Any) -> list[Observation]:
    facts = make(cohort)
    given = {(f.system, f.code) for f in facts}
    return [*facts, *absences(screening.eligibility, PRESENT[name], given)]


@pytest.mark.parametrize(("name", "cohort", "make"), CASES)
def test_somebody_can_pass(rules: dict[str, Screening], name: str, cohort: str, make: Any) -> None:
    screening = rules[name]
    verdict = screening.verdict(person(screening, name, cohort, make), TODAY, look_ahead=False)
    told = {
        f"{r.instance.criterion.id}@{r.instance.visit}": {k: str(v) for k, v in r.values.items()}
        for r in verdict.results
        if r.passes is not True
    }
    assert verdict.cohorts[cohort or None] is EligibilityStatus.ELIGIBLE, told
    others = {key: value for key, value in verdict.cohorts.items() if key != (cohort or None)}
    assert all(value is EligibilityStatus.NOT_ELIGIBLE for value in others.values()), others


@pytest.mark.parametrize(("name", "cohort", "make"), CASES)
def test_leaving_one_fact_out_never_shuts_and_seldom_opens(
    rules: dict[str, Screening], name: str, cohort: str, make: Any
) -> None:
    """Without one fact the answer is unknown, or unchanged where another branch of the criterion holds; it is never no."""
    screening = rules[name]
    whole = person(screening, name, cohort, make)
    needs_data = 0
    for index in range(len(whole)):
        left = whole[:index] + whole[index + 1 :]
        verdict = screening.verdict(left, TODAY, look_ahead=False)
        outcome = verdict.cohorts[cohort or None]
        assert outcome is not EligibilityStatus.NOT_ELIGIBLE or whole[index].code in {
            "isncsci-motor-total",  # fewer examinations show a shorter time without change
            "decompensation-admission",  # a count of none is known to be below one only where someone said so
            "64098-7",
        }, whole[index]
        needs_data += outcome is EligibilityStatus.NEEDS_DATA
    assert needs_data > len(whole) // 2


@pytest.mark.parametrize(
    ("name", "cohort", "make", "changes", "criterion"),
    [
        ("spinal-cord-autologous", "chronic", spinal, [fact("Proband isncsci-nli", "C3")], "I4-level"),
        ("spinal-cord-autologous", "chronic", spinal, [fact("Proband isncsci-nli", "T11")], "I4-level"),
        ("spinal-cord-autologous", "chronic", spinal, [fact("Proband isncsci-ais", "D")], "I2-grade-now"),
        (
            "spinal-cord-autologous",
            "chronic",
            spinal,
            [fact("LOINC 777-3", 100, TODAY, "10*9/L")],
            "E4-platelets",
        ),
        (
            "spinal-cord-autologous",
            "chronic",
            spinal,
            [fact("Proband prior-cell-product", True)],
            "E16-cells-before",
        ),
        (
            "spinal-cord-autologous",
            "chronic",
            spinal,
            [fact("LOINC 1742-6", 121, TODAY, "U/L", reference_high=40.0)],
            "E6-liver",
        ),
        (
            "spinal-cord-autologous",
            "chronic",
            spinal,
            [fact("Proband isncsci-motor-total", 31, TODAY, "{points}")],
            "I9-chronic-stable",
        ),
        (
            "liver-cells",
            "decompensated-cirrhosis",
            liver,
            [fact("Proband last-alcohol-date", when=days_ago(120))],
            "C8-alcohol",
        ),
        (
            "liver-cells",
            "decompensated-cirrhosis",
            liver,
            [fact("LOINC 2160-0", 1.68, TODAY, "mg/dL")],
            "X2-kidney",
        ),
        (
            "liver-cells",
            "decompensated-cirrhosis",
            liver,
            [fact("LOINC 14631-6", 171, TODAY, "umol/L")],
            "C6-bilirubin",
        ),
        (
            "liver-cells",
            "acute-on-chronic-failure",
            liver,
            [
                fact("LOINC 5895-7", 1.4, TODAY, "{INR}"),
                fact("LOINC 5894-1", 60, TODAY, "%"),
                fact("Proband aclf-onset-date", when=days_ago(9)),
            ],
            "A3-definition",
        ),
        (
            "liver-cells",
            "acute-on-chronic-failure",
            liver,
            [fact("Proband transplant-imminent", True)],
            "E1-offer",
        ),
        (
            "mitochondria-hpdl",
            "",
            hpdl,
            [fact("Proband onset-date", when=date(2018, 2, 28))],
            "I3-later-form",
        ),
        ("mitochondria-hpdl", "", hpdl, [fact("Proband four-hb-own-supply", True)], "E7-own-supply"),
    ],
)
def test_the_limit_that_is_crossed_is_the_one_named(
    rules: dict[str, Screening],
    name: str,
    cohort: str,
    make: Any,
    changes: list[Observation],
    criterion: str,
) -> None:
    screening = rules[name]
    whole = person(screening, name, cohort, make)
    instead = {(c.system, c.code) for c in changes}
    dropped = {c for c in instead if c[0] == "Proband" and not c[1].startswith("isncsci")}
    kept = [o for o in whole if (o.system, o.code) not in dropped]
    verdict = screening.verdict([*kept, *changes], TODAY, look_ahead=False)
    assert verdict.cohorts[cohort or None] is EligibilityStatus.NOT_ELIGIBLE
    failing = {r.instance.criterion.id for r in verdict.results if r.passes is False}
    assert criterion in failing


@pytest.mark.parametrize(
    "variants",
    [
        [("HPDL", "heterozygous", "pathogenic")],
        [("HPDL", "homozygous", "uncertain-significance")],
        [("SPG7", "homozygous", "pathogenic")],
    ],
)
def test_a_gene_is_not_the_disease(rules: dict[str, Screening], variants: list[tuple[str, str, str]]) -> None:
    screening = rules["mitochondria-hpdl"]
    whole = [o for o in person(screening, "mitochondria-hpdl", "", hpdl) if o.code != "variant"]
    for gene, zygosity, pathogenicity in variants:
        whole.append(
            fact(
                "Proband variant",
                attributes={"gene": gene, "zygosity": zygosity, "pathogenicity": pathogenicity},
            )
        )
    assert screening.verdict(whole, TODAY, look_ahead=False).outcome is not EligibilityStatus.ELIGIBLE


@pytest.mark.parametrize("name", NAMES)
def test_every_observable_is_used_and_every_score_can_be_computed(name: str) -> None:
    eligibility = load(name).eligibility
    used = {name for criterion in eligibility.criteria for name in criterion.parsed.names}
    stack = list(used)
    while stack:
        o: Observable = eligibility.by_id[stack.pop()]
        stack += [each for each in o.needs if each not in used]
        used |= set(o.needs)
    assert {o.id for o in eligibility.observables} == used
    for o in eligibility.observables:
        assert check_derivation(o) == []


def test_one_analyte_has_the_codes_of_guides_and_of_hospitals() -> None:
    by_id = load("liver-cells").eligibility.by_id
    for observable, codes in {
        "inr": {"6301-6", "5895-7"},
        "creatinine": {"2160-0", "38483-4"},
        "sodium": {"2951-2", "2947-0"},
        "bilirubin": {"1975-2"},
        "albumin": {"1751-7"},
        "platelets": {"777-3"},
    }.items():
        assert codes <= {c.code for c in by_id[observable].codes}, observable


@pytest.mark.parametrize("name", NAMES)
def test_silence_is_a_no_only_where_the_record_is_our_own_and_says_so(name: str) -> None:
    closed = [o for o in load(name).eligibility.observables if o.silence_means_no]
    assert len(closed) == 1
    assert "in-this-programme" in closed[0].codes[0].code
    assert closed[0].note
    assert "complete" in closed[0].note
