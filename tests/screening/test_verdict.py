"""The verdict on one person: hard cases of records, windows, clocks, cohorts and visits, each with its explanation."""

from __future__ import annotations

import json
import time
from datetime import date, datetime
from typing import Any

import pytest

from proband.pages.screening.verdict import verdict_article
from proband.programme.eligibility import Eligibility
from proband.screening import (
    EligibilityStatus,
    Observation,
    Origin,
    Presence,
    Screening,
    as_dict,
    as_text,
    plain,
)
from proband.screening.result import Verdict
from proband.terms import UncertainDate

DAY = date(2026, 11, 20)


def fact(system: str, code: str, when: str, **more: Any) -> Observation:
    return Observation("p1", system, code, when=UncertainDate.parse(when), **more)


def lab(
    code: str, value: float | None, unit: str | None, when: str = "2026-11-10", **more: Any
) -> Observation:
    return fact("LOINC", code, when, value=value, unit=unit, **more)


def good_record() -> list[Observation]:
    """Someone early after injury who fulfils the worked example."""
    return [
        fact("Proband", "birth-date", "1980-05-02"),
        fact("Proband", "sex", "unknown", text="male"),
        fact("Proband", "injury-date", "2026-10-01"),
        fact("Proband", "baseline-visit", "2026-11-18"),
        fact("Proband", "neurological-level", "2026-10-20", text="C5"),
        fact("Proband", "ais-grade", "2026-11-01", text="B"),
        fact("Proband", "other-trial", "2024-01-01"),
        lab("777-3", 150, "10*3/uL"),
        lab("5895-7", 1.1, None),
        lab("1742-6", 50, "U/L", reference_high=45),
        lab("1975-2", 1.1, "mg/dL"),
    ]


def but(record: list[Observation], *codes: str, plus: list[Observation] | None = None) -> list[Observation]:
    return [o for o in record if o.code not in codes] + (plus or [])


def judge(eligibility: Eligibility, record: list[Observation], on: date = DAY) -> Verdict:
    return Screening(eligibility).verdict(record, on)


def truth(verdict: Verdict, key: str) -> bool | None:
    return next(r.truth for r in verdict.results if r.instance.key == key)


def value(verdict: Verdict, name: str) -> Any:
    return next(r.values[name] for r in verdict.results if name in r.values)


def small(*observables: dict[str, Any], when: str, **more: Any) -> Eligibility:
    return Eligibility.model_validate(
        {
            "source": "test",
            "level": "inference",
            "observables": list(observables),
            "criteria": [
                {"id": "I1", "kind": "include", "purpose": "safety", "reason": "a test", "when": when}
            ],
            **more,
        }
    )


PLATELETS = {
    "id": "x",
    "label": "platelets",
    "type": "number",
    "unit": "10*9/L",
    "codes": [{"system": "LOINC", "code": "777-3"}],
}


def test_who_fulfils_everything_known_is_eligible_by_one_cohort(example: Eligibility) -> None:
    verdict = judge(example, good_record())
    assert verdict.outcome is EligibilityStatus.ELIGIBLE
    assert verdict.cohorts == {
        "subacute": EligibilityStatus.ELIGIBLE,
        "chronic": EligibilityStatus.NOT_ELIGIBLE,
    }
    assert truth(verdict, "I6@baseline") is True


def test_one_missing_result_needs_data_and_is_named(example: Eligibility) -> None:
    verdict = judge(example, but(good_record(), "1975-2"))
    assert verdict.outcome is EligibilityStatus.NEEDS_DATA
    assert [[i.name for i in s.items] for s in verdict.to_confirm] == [["bilirubin"]]
    assert verdict.one_datum_away
    assert "nothing on record" in verdict.to_confirm[0].items[0].reason


def test_missing_data_never_excludes_silently_nor_qualifies(example: Eligibility) -> None:
    record = good_record()
    for code in {o.code for o in record}:
        verdict = judge(example, but(record, code))
        assert verdict.outcome is not EligibilityStatus.ELIGIBLE, code


def test_a_silent_record_counts_as_no_only_where_written_and_is_printed(example: Eligibility) -> None:
    verdict = judge(example, good_record())
    assert truth(verdict, "E3") is False
    assert "absent: no" in as_text(verdict, example)
    assert any("absent: no" in a for a in value(verdict, "penetrating").assumed)


@pytest.mark.parametrize(("code", "answer"), [("6301-6", 1.2), ("5895-7", 1.2)])
def test_either_code_of_one_analyte_counts(example: Eligibility, code: str, answer: float) -> None:
    verdict = judge(example, but(good_record(), "5895-7", plus=[lab(code, answer, "{INR}")]))
    assert value(verdict, "inr").low == answer


def test_two_results_of_one_moment_that_differ_are_reported_not_averaged(example: Eligibility) -> None:
    both_fine = but(good_record(), "777-3", plus=[lab("777-3", 120, "10*9/L"), lab("777-3", 180, "10*9/L")])
    verdict = judge(example, both_fine)
    assert verdict.outcome is EligibilityStatus.ELIGIBLE  # every one of them is above the limit
    assert verdict.contradictions == ("platelets",)
    assert (value(verdict, "platelets").low, value(verdict, "platelets").high) == (120, 180)
    straddling = but(good_record(), "777-3", plus=[lab("777-3", 80, "10*9/L"), lab("777-3", 180, "10*9/L")])
    verdict = judge(example, straddling)
    assert truth(verdict, "I6") is None
    assert "CONTRADICTORY" in as_text(verdict, example)
    later = [*straddling, lab("777-3", 130, "10*9/L", "2026-11-15")]
    assert truth(judge(example, later), "I6") is True


def test_a_time_of_day_says_which_came_last(example: Eligibility) -> None:
    record = but(
        good_record(),
        "777-3",
        plus=[
            lab("777-3", 80, "10*9/L", time=datetime(2026, 11, 10, 8)),
            lab("777-3", 180, "10*9/L", time=datetime(2026, 11, 10, 18)),
        ],
    )
    verdict = judge(example, record)
    assert value(verdict, "platelets").low == value(verdict, "platelets").high == 180
    assert not value(verdict, "platelets").contradictory


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lab("777-3", 150, "mg/dL"), "cannot become"),
        (lab("777-3", 150, None), "no unit"),
        (lab("777-3", 150_000, "10*9/L"), "impossible"),
        (lab("777-3", float("nan"), "10*9/L"), "not finite"),
        (lab("777-3", float("inf"), "10*9/L"), "not finite"),
        (lab("777-3", None, "10*9/L", text="clotted"), "no number"),
        (lab("777-3", 150, "10*9/L", problems=("unit looks wrong",)), "flagged"),
        (lab("777-3", None, None, presence=Presence.MASKED), "masked"),
        (lab("777-3", None, None, presence=Presence.UNKNOWN), "unknown"),
    ],
)
def test_what_cannot_be_used_is_shown_and_never_scored(
    example: Eligibility, result: Observation, why: str
) -> None:
    verdict = judge(example, but(good_record(), "777-3", plus=[result]))
    assert truth(verdict, "I6") is None
    assert why in value(verdict, "platelets").reason
    assert "NOT USED" in as_text(verdict, example)
    # an earlier good result does not stand in for a later bad one
    earlier = lab("777-3", 150, "10*9/L", "2026-11-08")
    assert truth(judge(example, but(good_record(), "777-3", plus=[result, earlier])), "I6") is None


def test_a_null_flavour_says_why_it_is_missing(example: Eligibility) -> None:
    record = but(good_record(), "777-3", plus=[lab("777-3", None, None, presence=Presence.NOT_ASKED)])
    verdict = judge(example, record)
    assert "not asked" in value(verdict, "platelets").reason


def test_units_are_converted_by_analyte_and_limits_carry_their_own(example: Eligibility) -> None:
    for amount, excluded in ((34.2, False), (34.3, True)):
        verdict = judge(example, but(good_record(), "1975-2", plus=[lab("1975-2", amount, "umol/L")]))
        assert truth(verdict, "E2") is excluded


def test_multiples_of_the_upper_limit_take_the_results_own_limit_first(example: Eligibility) -> None:
    own = judge(example, but(good_record(), "1742-6", plus=[lab("1742-6", 130, "U/L", reference_high=45)]))
    stated = judge(example, but(good_record(), "1742-6", plus=[lab("1742-6", 130, "U/L")]))
    assert truth(own, "E2") is False
    assert truth(stated, "E2") is True  # 130 / 40 = 3.25
    assert value(stated, "alt").low == 3.25


@pytest.mark.parametrize(
    ("bound", "limit", "expected"),
    [("<", 100.0, False), ("<=", 100.0, None), (">", 100.0, True), (">=", 100.0, True), ("<", 200.0, None)],
)
def test_a_bound_decides_only_where_all_its_values_agree(
    example: Eligibility, bound: str, limit: float, expected: bool | None
) -> None:
    record = but(good_record(), "777-3", plus=[lab("777-3", limit, "10*9/L", comparator=bound)])
    assert truth(judge(example, record), "I6") is expected


def test_uncertain_dates_give_unknown_where_they_straddle(example: Eligibility) -> None:
    by_injury = {
        when: truth(
            judge(example, but(good_record(), "injury-date", plus=[fact("Proband", "injury-date", when)])),
            "I4",
        )
        for when in ("2026-10", "2026-09", "2026-08", "2026", "unknown")
    }
    assert by_injury == {"2026-10": True, "2026-09": None, "2026-08": False, "2026": None, "unknown": None}
    near_window = fact("LOINC", "777-3", "2026-11-01..2026-11-09", value=150, unit="10*9/L")
    assert truth(judge(example, but(good_record(), "777-3", plus=[near_window])), "I6") is None


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("2008-11-20", True),
        ("2008-11-21", False),
        ("1956-11-21", True),
        ("1956-11-20", False),
        ("2008-11", None),
        ("1980", True),
    ],
)
def test_age_counts_completed_years(example: Eligibility, born: str, expected: bool | None) -> None:
    record = but(good_record(), "birth-date", plus=[fact("Proband", "birth-date", born)])
    assert truth(judge(example, record), "I1") is expected


def test_a_birthday_on_29_february_is_reached_on_1_march(example: Eligibility) -> None:
    record = but(good_record(), "birth-date", plus=[fact("Proband", "birth-date", "2008-02-29")])
    assert truth(judge(example, record, date(2026, 2, 28)), "I1") is False
    assert truth(judge(example, record, date(2026, 3, 1)), "I1") is True


def test_levels_are_rostral_not_numeric(example: Eligibility) -> None:
    for level, expected in (
        ("C1", True),
        ("C7", True),
        ("C8", False),
        ("T1", False),
        ("c5", True),
        ("C9", None),
    ):
        record = but(
            good_record(),
            "neurological-level",
            plus=[fact("Proband", "neurological-level", "2026-10-20", text=level)],
        )
        assert truth(judge(example, record), "I2") is expected, level


def test_the_same_criterion_at_two_visits_looks_at_each_day(example: Eligibility) -> None:
    record = but(
        good_record(),
        "baseline-visit",
        "777-3",
        plus=[
            fact("Proband", "baseline-visit", "2026-11-12"),
            lab("777-3", 150, "10*9/L", "2026-11-10"),
            lab("777-3", 60, "10*9/L", "2026-11-15"),
        ],
    )
    verdict = judge(example, record)
    assert truth(verdict, "I6") is False
    assert truth(verdict, "I6@baseline") is True
    unheld = judge(
        example, but(record, "baseline-visit", plus=[fact("Proband", "baseline-visit", "2026-12-01")])
    )
    assert truth(unheld, "I6@baseline") is None
    assert "has not been held" in as_text(unheld, example)


def test_what_is_recorded_after_the_day_of_screening_does_not_count(example: Eligibility) -> None:
    record = but(good_record(), "777-3", plus=[lab("777-3", 150, "10*9/L", "2026-11-21")])
    assert truth(judge(example, record), "I6") is None
    assert truth(judge(example, record, date(2026, 11, 22)), "I6") is True


def test_stability_is_shown_only_as_long_as_results_show_it(example: Eligibility) -> None:
    def chronic(*scores: tuple[str, float]) -> bool | None:
        record = but(
            good_record(),
            "injury-date",
            plus=[
                fact("Proband", "injury-date", "2024-01-01"),
                *(fact("Proband", "motor-score", day, value=v, unit="1") for day, v in scores),
            ],
        )
        return truth(judge(example, record), "I5")

    assert chronic(("2026-06-01", 40), ("2026-11-01", 41)) is True
    assert chronic(("2026-10-01", 40), ("2026-11-01", 41)) is None  # may have been stable for longer
    assert chronic(("2026-10-01", 30), ("2026-11-01", 41)) is False  # changed 50 days ago at most
    assert chronic(("2026-05-01", 30), ("2026-10-01", 40), ("2026-11-01", 41)) is None
    assert chronic(("2026-05-01", 30), ("2026-06-01", 40), ("2026-11-01", 41)) is True


def test_two_clocks_run_apart() -> None:
    anchors = [
        {"id": a, "label": a + " day", "codes": [{"system": "Proband", "code": f"{a}-date"}]}
        for a in ("injury", "injection")
    ]
    eligibility = small(
        {
            "id": "to_consent",
            "label": "injury to consent",
            "type": "number",
            "elapsed": {"since": "injury", "until": "consent", "unit": "d"},
        },
        {
            "id": "to_injection",
            "label": "injury to injection",
            "type": "number",
            "elapsed": {"since": "injury", "until": "injection", "unit": "d"},
        },
        when="to_consent <= 37 and 21 <= to_injection <= 42",
        anchors=anchors,
    )
    injured = fact("Proband", "injury-date", "2026-10-01")
    for consent, injection, expected in (
        ("2026-11-07", "2026-11-12", True),
        ("2026-11-08", "2026-11-12", False),
        ("2026-11-07", "2026-11-13", False),
        ("2026-10-10", "2026-10-21", False),
        ("2026-11", "2026-11-12", None),
    ):
        record = [
            injured,
            fact("Proband", "consent-date", consent),
            fact("Proband", "injection-date", injection),
        ]
        assert truth(judge(eligibility, record), "I1") is expected


def test_hours_need_the_time_of_day() -> None:
    eligibility = small(
        {
            "id": "hours",
            "label": "hours to the first dose",
            "type": "number",
            "elapsed": {"since": "injury", "until": "dose", "unit": "h"},
        },
        when="hours <= 12",
        anchors=[
            {"id": a, "label": a + " moment", "codes": [{"system": "Proband", "code": a}]}
            for a in ("injury", "dose")
        ],
    )

    def record(dose: datetime | None, day: str = "2026-11-01") -> list[Observation]:
        return [
            fact("Proband", "injury", "2026-11-01", time=datetime(2026, 11, 1, 8)),
            fact("Proband", "dose", day, time=dose),
        ]

    assert truth(judge(eligibility, record(datetime(2026, 11, 1, 20))), "I1") is True
    assert truth(judge(eligibility, record(datetime(2026, 11, 1, 20, 1))), "I1") is False
    assert truth(judge(eligibility, record(None)), "I1") is None
    assert truth(judge(eligibility, record(None, "2026-11-02")), "I1") is False


def test_a_variant_counts_by_gene_class_and_zygosity_and_unsaid_is_possible(example: Eligibility) -> None:
    two = {
        "id": "two",
        "label": "two changes",
        "type": "boolean",
        "codes": [{"system": "Proband", "code": "variant"}],
        "no_means": "always",  # a gene does not change, so an undated "no" holds
        "where": {"gene": ["HPDL"], "pathogenicity": ["pathogenic"], "zygosity": ["homozygous"]},
    }
    eligibility = small(two, when="two")

    def seen(**attributes: str) -> bool | None:
        return truth(judge(eligibility, [fact("Proband", "variant", "unknown", attributes=attributes)]), "I1")

    full = {"gene": "HPDL", "pathogenicity": "pathogenic", "zygosity": "homozygous"}
    assert seen(**full) is True
    assert (
        seen(**{**full, "zygosity": "heterozygous"}) is None
    )  # nothing on record says that there is no other
    assert seen(**{**full, "zygosity": "unknown"}) is None
    assert seen(gene="HPDL") is None
    excluded = fact("Proband", "variant", "unknown", presence=Presence.ABSENT, attributes=full)
    assert truth(judge(eligibility, [excluded]), "I1") is False


def test_excluded_is_not_present() -> None:
    eligibility = small(
        {
            "id": "seizures",
            "label": "seizures",
            "type": "boolean",
            "codes": [{"system": "HPO", "code": "HP:0001250"}],
        },
        when="seizures",
    )
    for presence, expected in ((Presence.PRESENT, True), (Presence.ABSENT, False), (Presence.UNKNOWN, None)):
        record = [fact("HPO", "HP:0001250", DAY.isoformat(), presence=presence)]
        assert truth(judge(eligibility, record), "I1") is expected


def test_a_count_without_closed_world_is_only_a_lower_bound(example: Eligibility) -> None:
    bleeding = {
        "id": "n",
        "label": "bleedings",
        "type": "number",
        "unit": "1",
        "codes": [{"system": "Proband", "code": "bleeding"}],
        "aggregate": "count",
    }
    two = [fact("Proband", "bleeding", "2026-05-01"), fact("Proband", "bleeding", "2026-06-01")]
    for absent, least, less in (("unknown", True, None), ("no", True, True)):
        assert truth(judge(small({**bleeding, "absent": absent}, when="n >= 2"), two), "I1") is least
        assert truth(judge(small({**bleeding, "absent": absent}, when="n < 3"), two), "I1") is less
    assert truth(judge(small(bleeding, when="n >= 3"), two), "I1") is None


def test_a_derived_score_names_its_missing_input_and_stands_beside_a_recorded_one() -> None:
    def input_of(id: str, code: str, unit: str) -> dict[str, Any]:
        return {
            "id": id,
            "label": id,
            "type": "number",
            "unit": unit,
            "codes": [{"system": "LOINC", "code": code}],
            "effort": "sample",
        }

    eligibility = small(
        input_of("ast_value", "1920-8", "U/L"),
        input_of("alt_value", "1742-6", "U/L"),
        input_of("platelets", "777-3", "10*9/L"),
        {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}},
        {
            "id": "fib4",
            "label": "FIB-4",
            "type": "number",
            "unit": "1",
            "codes": [{"system": "Proband", "code": "fib-4"}],
            "derived": {
                "instrument": "fib-4",
                "inputs": {"age": "age", "ast": "ast_value", "alt": "alt_value", "platelets": "platelets"},
            },
        },
        when="fib4 < 2.67",
    )
    record = [
        fact("Proband", "birth-date", "1976-05-02"),
        lab("1920-8", 40, "U/L"),
        lab("777-3", 200, "10*9/L"),
    ]
    verdict = judge(eligibility, record)
    assert verdict.outcome is EligibilityStatus.NEEDS_DATA
    assert [[i.name for i in s.items] for s in verdict.to_confirm] == [["alt_value"]]
    assert "alt_value" in value(verdict, "fib4").reason
    verdict = judge(eligibility, [*record, lab("1742-6", 25, "U/L")])
    assert value(verdict, "fib4").low == pytest.approx(50 * 40 / (200 * 5.0), abs=0.01)
    on_record = fact("Proband", "fib-4", "2026-11-10", value=3.1, unit="1")
    verdict = judge(eligibility, [*record, on_record])  # nothing can be computed: the recorded score alone
    assert truth(verdict, "I1") is False
    assert not verdict.contradictions
    verdict = judge(eligibility, [*record, lab("1742-6", 25, "U/L"), on_record])
    assert verdict.outcome is EligibilityStatus.NEEDS_DATA
    assert verdict.contradictions == ("fib4",)
    assert (value(verdict, "fib4").low, value(verdict, "fib4").high) == (pytest.approx(2.0), 3.1)
    text = as_text(verdict, eligibility)
    assert "CONTRADICTORY" in text
    assert (
        "FIB-4 = between 2 and 3.1 (the score on record and the one computed from its items differ)" in text
    )
    assert [[i.name for i in s.items] for s in verdict.to_confirm] == [["fib4"]]
    rounded = fact("Proband", "fib-4", "2026-11-10", value=2.0, unit="1")
    assert not judge(eligibility, [*record, lab("1742-6", 25.5, "U/L"), rounded]).contradictions


def test_near_misses_say_from_when_and_until_when(example: Eligibility) -> None:
    young = but(good_record(), "birth-date", plus=[fact("Proband", "birth-date", "2008-11-22")])
    verdict = judge(example, young)
    assert verdict.outcome is EligibilityStatus.NOT_ELIGIBLE
    assert verdict.near is not None
    assert verdict.near.eligible_from == date(2026, 11, 22)
    assert verdict.near.only is None  # the late cohort stops at another criterion too
    assert "would be eligible from 2026-11-22" in as_text(verdict, example)
    verdict = judge(example, good_record())
    assert verdict.near is not None
    assert verdict.near.until == date(2026, 11, 24)  # results of 10 November count for 14 days
    assert judge(example, good_record(), date(2026, 11, 24)).outcome is EligibilityStatus.ELIGIBLE
    assert judge(example, good_record(), date(2026, 11, 25)).outcome is not EligibilityStatus.ELIGIBLE


def test_a_washout_ends_on_its_day(example: Eligibility) -> None:
    record = but(good_record(), "other-trial", plus=[fact("Proband", "other-trial", "2026-08-24")])
    verdict = judge(example, record)  # 88 days ago; more than 90 are needed
    assert verdict.failing
    assert verdict.near is not None
    assert verdict.near.eligible_from == date(2026, 11, 23)


def test_the_family_form_never_says_eligible(example: Eligibility) -> None:
    texts = [
        plain(judge(example, record), example)
        for record in (
            good_record(),
            [],
            but(good_record(), "ais-grade", plus=[fact("Proband", "ais-grade", "2026-11-01", text="E")]),
        )
    ]
    for text in texts:
        assert "eligib" not in text.lower()
        assert "should" not in text.lower()
    assert texts[0].startswith("Nothing you entered rules this out.")
    assert "These need your team:" in texts[1]
    assert "would exclude" in texts[2]


def test_every_rendering_carries_values_dates_and_places_and_escapes(example: Eligibility) -> None:
    record = good_record()
    record[0] = fact("Proband", "birth-date", "1980-05-02", origin=Origin("<b>a.json</b>", "/entry/3"))
    verdict = judge(example, record)
    text, page, data = as_text(verdict, example), verdict_article(verdict, example), as_dict(verdict, example)
    assert "/entry/3" in text
    assert "1980-05-02" in text
    assert "<b>a.json" not in page
    assert "&lt;b&gt;a.json" in page
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["criteria"][0]["values"]["age"]["facts"]


def test_facts_of_two_persons_are_refused(example: Eligibility) -> None:
    with pytest.raises(ValueError, match="2 persons"):
        judge(example, [fact("Proband", "sex", "unknown"), Observation("p2", "Proband", "sex")])


def test_one_person_is_judged_within_twenty_milliseconds(example: Eligibility) -> None:
    screening = Screening(example)
    record = good_record()
    screening.verdict(record, DAY)
    best = min(_timed(screening, record) for _ in range(5))
    assert best < 0.1  # the promise is 0.02 on an idle machine; a shared one gets five times that


def _timed(screening: Screening, record: list[Observation]) -> float:
    start = time.perf_counter()
    screening.verdict(record, DAY)
    return time.perf_counter() - start
