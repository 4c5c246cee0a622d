"""What a bundle said in words alone is data now, and the record goes by it: guardians, times of steps, exceptions, places, baselines, causality, visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.programme_view import ProgrammeView
from proband.record.tables import visit_rows
from proband.record.trial_rows import trial_rows_of

from .synthetic import GUARDIANS, WHY, Hospital, hospital, product, q, release_test, stands, step, view
from .test_standing import retract

ONE = {"by": "guardians", "guardians": GUARDIANS["guardians"][:1]}
CHILD = {"age_years": 14, "majority_on": "2030-01-01", "assent": "yes"}


def codes(call: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        call()
    return [one.code for one in refused.value.refusals]


def whole(version: str = "1.0.0", **parts: Any) -> ProgrammeView:
    """The synthetic programme with values laid over parts of it, as deep as they go."""

    def laid(below: Any, above: Any) -> Any:
        return {**below, **{key: laid(below.get(key), one) for key, one in above.items()}} if isinstance(above, dict) and isinstance(below, dict) else above  # fmt: skip

    plain = view(version).model_dump(mode="json")
    return ProgrammeView.model_validate({**plain, **{key: laid(plain[key], one) for key, one in parts.items()}})  # fmt: skip


# guardians


def child(rules: list[dict[str, Any]], where: str = ":memory:") -> Hospital:
    house = hospital(where, programme=whole(consent={"guardians": rules}))
    house.wait(days=2)
    house.refer("S-1")
    house.screen("S-1")
    return house


RULE = {"jurisdiction": "GB", "majority": q(18, "a"), "guardians": 2, "fewer_when": ["dead", "unknown"]}


def test_one_guardian_is_enough_for_a_reason_that_the_programme_names(where: str) -> None:
    house = child([RULE], where)
    house.consent("S-1", **CHILD, **ONE, fewer_guardians="dead")
    assert house.record.state.participants["S-1"].consent is not None
    stands(house)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (RULE, {}),
        (RULE, {"fewer_guardians": "not-reasonably-available"}),
        (RULE, {"fewer_guardians": "dead", "guardians": []}),
        (RULE | {"fewer_when": []}, {"fewer_guardians": "dead"}),
    ],
)
def test_one_guardian_is_not_enough_for_any_other(rule: dict[str, Any], said: dict[str, Any]) -> None:
    house = child([rule])
    refused = codes(lambda: house.consent("S-1", **{**CHILD, **ONE, **said}))
    assert refused == ["gate.consent-form.guardians"]
    assert house.record.state.participants["S-1"].consent is None


# the time that a step takes


def making(where: str = ":memory:", **changes: Any) -> tuple[Hospital, str]:
    house = hospital(where, programme=view(products=[product(manufacturing=[step("expand", duration=q(2, "d"), duration_tolerance=q(4, "h"), **changes)])]))  # fmt: skip
    house.wait(days=2)
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.do("product.make", "BAG-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")
    return house, "BAG-1"


def took(house: Hospital, hours: float, **said: Any) -> Any:
    begun = house.now
    house.wait(hours=hours)
    return house.step("BAG-1", start=begun, end=house.now, temperature=None, **said)


@pytest.mark.parametrize("hours", [44.0, 48.0, 52.0])
def test_a_step_takes_its_time_give_or_take_its_tolerance(hours: float, where: str) -> None:
    house, bag = making(where)
    took(house, hours)
    assert house.record.state.products[bag].status == "in-process"
    stands(house)


@pytest.mark.parametrize("hours", [0.0, 43.9, 52.1, 400.0])
def test_another_time_is_told_and_puts_the_product_aside(hours: float) -> None:
    house, bag = making()
    assert codes(lambda: took(house, hours)) == ["gate.range.duration"]
    house, bag = making()
    took(house, hours, deviation=WHY)
    assert house.record.state.products[bag].status == "quarantined"
    stands(house)


# exceptional release


def failed(attributes: list[str], where: str = ":memory:", *, also: bool = False) -> Hospital:
    """A finished product outside its limit of viability (and of a marker), investigated."""
    tests = [release_test("viability", "viability", ">=", q(70, "%")), release_test("sterility", "sterility", "negative")]  # fmt: skip
    tests += [release_test("marker", "identity-marker", ">=", q(90, "%"))]
    terms = {"exceptional_release": True, "signatures": 2, "conditions": WHY, "attributes": attributes}
    house = hospital(where, programme=view(products=[product(release_tests=tests, out_of_specification=terms)]))  # fmt: skip
    house.wait(days=2)
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1", viability=60.0)
    house.do("product.test", "BAG-1", {"test": "marker", "result": 50.0 if also else 95.0, "laboratory": "qc"}, actor="lab-1")  # fmt: skip
    house.label("BAG-1", "COI-1")
    house.do("product.quarantine", "BAG-1", {}, actor="qa-1")
    house.do("product.investigate", "BAG-1", {"finding": WHY, "conclusion": "exceptional-release-possible"}, actor="qa-1")  # fmt: skip
    return house


def excepted(house: Hospital) -> None:
    for who in ("qa-1", "qa-2"):
        house.do("product.release-exceptionally", "BAG-1", {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True}, actor=who)  # fmt: skip


@pytest.mark.parametrize(("attributes", "also"), [([], False), ([], True), (["viability"], False), (["viability", "identity-marker"], True)])  # fmt: skip
def test_an_exception_is_made_of_what_the_programme_names(
    attributes: list[str], also: bool, where: str
) -> None:
    house = failed(attributes, where, also=also)
    excepted(house)
    assert house.record.state.products["BAG-1"].status == "released"
    stands(house)


@pytest.mark.parametrize(("attributes", "also"), [(["count"], False), (["viability"], True)])
def test_and_of_nothing_else(attributes: list[str], also: bool) -> None:
    house = failed(attributes, also=also)
    assert codes(lambda: excepted(house)) == ["gate.exception.attribute"]


def test_an_exception_that_the_version_in_force_does_not_make_is_none_at_the_bed() -> None:
    house = failed([])
    excepted(house)
    made = house.record.state.view
    assert made is not None
    terms = made.products[0].out_of_specification
    assert terms is not None
    narrowed = product(
        release_tests=[one.model_dump(mode="json") for one in made.products[0].release_tests],
        out_of_specification=terms.model_dump(mode="json") | {"attributes": ["count"]},
    )
    before = house.record.state.programme
    house.adopt(view("1.1.0", hash="f" * 64, products=[narrowed]))
    house.do(
        "participant.migrate", "S-1", {"from_programme": before, "to_programme": house.record.state.programme}
    )
    house.screen("S-1")
    house.check("BAG-1", "S-1")
    label = next(iter(house.record.state.labels))
    assert "gate.release.outside" in codes(lambda: house.bedside("BAG-1", "S-1", label))
    assert "gate.release.outside" in codes(lambda: house.give("BAG-1", "S-1", "COI-1"))


# a conditional approval holds where it holds


@pytest.mark.parametrize(("authorised", "refused"), [([], True), (["US"], True), (["GB"], False), (["EU", "GB"], False)])  # fmt: skip
def test_under_a_conditional_approval_nobody_is_taken_where_the_product_is_not_authorised(
    authorised: list[str], refused: bool
) -> None:
    house = hospital(programme=view(products=[product(authorised_in=authorised)], conditional=True))
    house.wait(days=2)
    if refused:
        assert codes(lambda: house.refer("S-1")) == ["gate.approval.place"]
    else:
        house.admit("S-1")
        stands(house)
    # the same product by another route, which rests on no authorisation of the product
    house = hospital(programme=view(products=[product(authorised_in=authorised)]))
    house.wait(days=2)
    house.admit("S-1")


# the untreated baseline of a use in a single patient

BASELINE = {"outcome": "strength", "instrument": "diary", "days": 3, "over": q(14, "d")}


def measured(house: Hospital, score: float | None = 4.0, instrument: str = "diary") -> None:
    house.do("outcome.record", "S-1", {"visit": "baseline", "on": house.now[:10], "instrument": instrument, "instrument_version": "1",
                                      "scores": {"total": score}})  # fmt: skip


def at_the_bed(days: list[int], where: str = ":memory:", **options: Any) -> tuple[Hospital, str, str]:
    activities = [one.model_dump(mode="json") for one in view().schedule.activities]
    activities.append({"id": "other", "name": "other", "instrument": "other", "measures": []})
    house = hospital(where, programme=whole(baseline=BASELINE, schedule={"activities": activities}))
    house.wait(days=2)
    house.admit("S-1")
    for day in range(15):
        if day in days:
            measured(house, **options)
        house.wait(days=1)
    bag, coi, _ = house.ready("S-1", "1")
    return house, bag, coi


def test_a_first_dose_waits_for_the_baseline_that_was_asked_for(where: str) -> None:
    house, bag, coi = at_the_bed([0, 7, 14], where)
    house.give(bag, "S-1", coi)
    stands(house)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([], {}),
        ([0, 14], {}),
        ([0, 0, 14], {}),
        ([0, 5, 13], {}),  # over thirteen days
        ([0, 7, 14], {"score": None}),
        ([0, 7, 14], {"instrument": "other"}),
    ],
)
def test_no_dose_before_it(days: list[int], said: dict[str, Any]) -> None:
    house, bag, coi = at_the_bed(days, **said)
    assert codes(lambda: house.give(bag, "S-1", coi)) == ["gate.interval.baseline"]


def test_what_is_measured_on_the_day_of_the_dose_is_no_baseline() -> None:
    house, bag, coi = at_the_bed([0, 7])
    measured(house)
    assert codes(lambda: house.give(bag, "S-1", coi)) == ["gate.interval.baseline"]


def test_the_second_dose_asks_for_no_baseline_again() -> None:
    house, bag, coi = at_the_bed([0, 7, 14])
    house.give(bag, "S-1", coi)
    house.wait(days=30)
    house.screen("S-1")
    second, coi, _ = house.ready("S-1", "2")
    house.give(second, "S-1", coi)
    stands(house)


@pytest.mark.parametrize("how", ["taken back", "corrected to another day", "corrected to no answer"])
def test_a_baseline_that_was_none_calls_the_dose_that_rested_on_it_into_question(how: str) -> None:
    house, bag, coi = at_the_bed([0, 7, 14])
    house.give(bag, "S-1", coi)
    house.wait(hours=1)
    state = house.record.state
    seq, said = list(state.participants["S-1"].outcomes.items())[1]
    if how == "taken back":
        retract(house, "S-1", seq, "outcome.recorded")
    else:
        first = next(iter(state.participants["S-1"].outcomes.values()))
        other = {"on": first["on"]} if how == "corrected to another day" else {"scores": {"total": None}}
        house.do(
            "event.correct", "S-1", {"event": "outcome.recorded", "data": {**said, **other}}, corrects=seq
        )
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.standing, dose.found) == ("questioned", ("interval",))
    assert house.record.state.invalid == {}


def test_a_measurement_of_something_else_that_was_none_questions_nothing() -> None:
    house, bag, coi = at_the_bed([0, 7, 14])
    measured(house, instrument="other")
    seq = list(house.record.state.participants["S-1"].outcomes)[-1]
    house.give(bag, "S-1", coi)
    house.wait(hours=1)
    retract(house, "S-1", seq, "outcome.recorded")
    (dose,) = house.record.state.participants["S-1"].doses
    assert dose.standing is None


# causality by the programme's own categories

CAUSALITY = {"causality": ["unrelated", "unlikely", "possible", "certain"], "suspected_from": "possible"}


def judged(grading: dict[str, Any], where: str = ":memory:", **said: Any) -> Hospital:
    house = hospital(where, programme=whole(safety={"grading": grading}))
    house.wait(days=2)
    house.admit("S-1")
    house.do("adverse-event.report", "S-1", {"event": "AE-1", "term": WHY, "grade": 3, "serious": True, "expected": False,
                                             "onset": house.now[:10], "aware_on": house.now[:10]})  # fmt: skip
    for who in ("dr-1", "dr-3"):
        house.do("adverse-event.judge", "AE-1", {"why": WHY, **said}, actor=who)
    return house


@pytest.mark.parametrize(
    ("category", "related"),
    [("unrelated", False), ("unlikely", False), ("possible", True), ("certain", True)],
)
def test_a_judgement_names_its_category_and_says_the_same(category: str, related: bool) -> None:
    house = judged(CAUSALITY, category=category, related=related)
    assert house.record.state.adverse_events["AE-1"].related is related
    stands(house)
    for other in ({"related": not related, "category": category}, {"related": related}, {"related": related, "category": "likely"}):  # fmt: skip
        assert codes(lambda other=other: judged(CAUSALITY, **other)) == ["gate.stage.missing"]


def test_where_no_category_is_said_to_be_suspected_it_may_be_left_out() -> None:
    plain = {"causality": CAUSALITY["causality"]}
    stands(judged(plain, related=True))
    stands(judged(plain, related=False, category="possible"))  # its words are for people there
    assert codes(lambda: judged(plain, related=True, category="likely")) == ["gate.stage.missing"]


# a visit outside every window


def seen(day: int, when_outside: str | None, where: str = ":memory:") -> Hospital:
    """Somebody whose visit a month after the first dose was made on a day after it."""
    visits = [one.model_dump(mode="json") for one in view().schedule.visits]
    if when_outside is not None:
        visits = [one | {"when_outside": when_outside} for one in visits]
    house = hospital(where, programme=whole(schedule={"visits": visits}))
    house.wait(days=2)
    house.admit("S-1")
    bag, coi, _ = house.ready("S-1", "1")
    house.give(bag, "S-1", coi)
    house.wait(days=day)
    house.do("visit.record", "S-1", {"visit": "month-1", "on": house.now[:10]})
    house.do("outcome.record", "S-1", {"visit": "month-1", "on": house.now[:10], "instrument": "diary", "instrument_version": "1", "scores": {"total": 4.0}})  # fmt: skip
    house.wait(days=1)
    return house


def visit_row(house: Hospital) -> Any:
    return next(
        row for row in visit_rows(house.record.state, house._clock[0].date()) if row["name"] == "month-1"
    )


def measured_at(house: Hospital) -> str | None:
    return next(row["visit"] for row in trial_rows_of(house.record.state) if row["kind"] == "measurement")


@pytest.mark.parametrize(("day", "inside"), [(26, False), (27, True), (33, True), (34, True), (40, True), (41, False), (90, False)])  # fmt: skip
def test_what_is_seen_outside_every_window_is_no_visit_where_the_programme_says_so(
    day: int, inside: bool
) -> None:
    house = seen(day, "unscheduled")
    assert measured_at(house) == ("month-1" if inside else None)
    assert visit_row(house)["status"] == ("done" if inside else "due" if day < 27 else "overdue")
    assert any(row["kind"] == "event" and row["name"] == "seen" for row in trial_rows_of(house.record.state))
    stands(house)
    for otherwise in ("counts", None):
        house = seen(day, otherwise)
        assert (measured_at(house), visit_row(house)["status"]) == ("month-1", "done")


def test_a_visit_whose_anchor_nobody_knows_is_outside_no_window() -> None:
    visits = [one.model_dump(mode="json") | {"when_outside": "unscheduled"} for one in view().schedule.visits]
    house = hospital(programme=whole(schedule={"visits": visits}))
    house.wait(days=2)
    house.admit("S-1")
    house.do("outcome.record", "S-1", {"visit": "month-1", "on": house.now[:10], "instrument": "diary", "instrument_version": "1", "scores": {"total": 4.0}})  # fmt: skip
    assert measured_at(house) == "month-1"


def test_the_time_of_a_step_is_counted_in_elapsed_time() -> None:
    """The same two days, said in another unit, are the same two days."""
    house, _ = making()
    begun = house._clock[0]
    house.wait(hours=48)
    house.step("BAG-1", start=stamp(begun), end=stamp(begun + timedelta(days=2)), temperature=None)
    assert house.record.state.products["BAG-1"].status == "in-process"
