"""What mutation testing found that no test noticed, fourth part: the tables of truth of holds, consent, names, containers, amounts and clocks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from proband.record.doses import ENTRY
from proband.record.gates import bedside, conduct, course, derived, making, names, person, stages
from proband.record.gates import product as of_product
from proband.record.making import MAKING
from proband.record.product import ROUNDING
from proband.record.state import COPY
from proband.terms import Quantity

from .test_gates_by_tables import at, code, each, seen

# holds


@pytest.mark.parametrize(
    ("blocks", "stood", "touches", "kind"),
    each([("administration",), ("enrolment",), ("enrolment", "administration")], [False, True], [False, True], ["stop", COPY]),
)  # fmt: skip
def test_a_hold_stops_what_it_blocks_where_it_stands_and_touches(
    blocks: tuple[str, ...], stood: bool, touches: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "_touches", lambda *_: touches)
    monkeypatch.setattr(person.safety, "crossed", lambda state: [])
    held = seen(blocks=blocks, stood=lambda early, late: stood, scope="site", target="", hold=kind, id="H", at="2026-03-02T08:00:00.000Z", seq=8)  # fmt: skip
    c = seen(
        command=seen(hold="administration"), state=seen(holds={"H": held}), early=at(), late=at(), view=None
    )
    found = person.hold(c)
    stops = "administration" in blocks and stood and touches
    assert code(found) == (("hold.copy" if kind == COPY else "hold.standing") if stops else None)
    if found is not None and kind == COPY:
        assert (found.details["since"], found.details["last"]) == ("2026-03-02T08:00", 7)
    elif found is not None:
        assert found.details["since"] == "2026-03-02"


@pytest.mark.parametrize(("declared", "blocks", "touches", "view"), each([False, True], [False, True], [False, True], [False, True]))  # fmt: skip
def test_a_rule_that_is_crossed_stops_as_its_hold_would(
    declared: bool, blocks: bool, touches: bool, view: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "_touches", lambda *_: touches)
    monkeypatch.setattr(person.safety, "crossed", lambda state: [seen(hold="none", target="", rule="q"), seen(hold="h", target="t", rule="r")])  # fmt: skip
    holds = (
        {"h": seen(blocks=("administration",) if blocks else ("enrolment",), scope="site")}
        if declared
        else {}
    )
    c = seen(command=seen(hold="administration"), state=seen(holds={}), early=at(), late=at(), view=seen(holds=holds) if view else None)  # fmt: skip
    found = person.hold(c)
    assert code(found) == ("hold.crossed" if declared and blocks and touches and view else None)
    if found is not None:
        assert found.details["rule"] == "r"


def touched(scope: str, target: str, **changes: Any) -> bool:
    arms = {"active": seen(regimen="r"), "care": seen(regimen=None), "lost": seen(regimen="none")}
    view = seen(
        given_products=frozenset({"cells", "vehicle"}),
        arm=arms,
        taking_turns=lambda id: (seen(product="cells"),) if id == "r" else (),
    )
    well: dict[str, Any] = {"participant": seen(id="S-1", arm="active", arm_is_sealed=False), "product": None, "view": view, "subject": "S-1", "body": {"site": "north"}}  # fmt: skip
    return bool(person._touches(seen(**well | changes), scope, target))


BAG, KIT = seen(id="B-1", kind="cells", kit=None), seen(id="K-1", kind="", kit="c")
NOBODY_S = {"participant": None}
SEALED = {"participant": seen(id="S-1", arm=None, arm_is_sealed=True)}


@pytest.mark.parametrize(
    ("scope", "target", "changes", "wanted"),
    [
        ("programme", "x", {}, True), ("site", "north", {}, True), ("site", "", {}, True), ("site", "south", {}, False),
        ("participant", "S-1", {}, True), ("participant", "S-2", {}, False), ("participant", "S-1", NOBODY_S, False),
        # a product: the container's kind, the container, any
        ("product", "cells", {"product": BAG, "subject": "B-1"}, True), ("product", "B-1", {"product": BAG, "subject": "B-1"}, True), ("product", "", {"product": BAG, "subject": "B-1"}, True),
        ("product", "B-2", {"product": BAG, "subject": "B-1"}, False), ("product", "vehicle", {"product": BAG, "subject": "B-1"}, False),
        # before there is one: that to which the arm leads
        ("product", "cells", {}, True), ("product", "", {}, True), ("product", "vehicle", {}, False), ("product", "S-1", {}, False),
        ("product", "cells", {"participant": seen(id="S-1", arm="care", arm_is_sealed=False)}, False), ("product", "cells", {"participant": seen(id="S-1", arm=None, arm_is_sealed=False)}, False),
        ("product", "cells", NOBODY_S, False), ("product", "", NOBODY_S, True), ("product", "cells", {"view": None}, False),
        # under seal: of any, as far as anybody may know
        ("product", "cells", SEALED, True), ("product", "vehicle", SEALED, True), ("product", "other", SEALED, False), ("product", "cells", SEALED | {"view": None}, False),
        ("product", "vehicle", {"product": KIT, "subject": "K-1"}, True), ("product", "K-1", {"product": KIT, "subject": "K-1"}, True), ("product", "other", {"product": KIT, "subject": "K-1"}, False),
        ("product", "vehicle", SEALED | {"product": BAG, "subject": "B-1"}, False),
    ],
)  # fmt: skip
def test_whom_and_what_a_hold_touches(scope: str, target: str, changes: dict[str, Any], wanted: bool) -> None:
    assert touched(scope, target, **changes) is wanted


# consent and verdicts


@pytest.mark.parametrize(
    ("fault", "said", "old", "kind", "held", "again"),
    each([None, "x"], [False, True], [None, (400, 180)], ["treatment", "procedures"], ["collection", "administration"], [None, (9, 5)]),
)  # fmt: skip
def test_consent_is_in_force_young_enough_and_given_anew_for_another_harvest(
    fault: Any, said: bool, old: Any, kind: str, held: str, again: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        person, "consent_fault", lambda *_: seen(code="gate.consent.version") if fault else None
    )
    monkeypatch.setattr(
        person, "too_old", lambda view, one, blocked, day, offset: asked.append(blocked) or old
    )
    monkeypatch.setattr(person, "too_old_to_collect_again", lambda *_: again)
    monkeypatch.setattr(person, "_taken_before", lambda *_: None)
    who = seen(id="S-1", true=lambda *_: seen() if said else None)
    c = seen(
        participant=who,
        view=None,
        at=at(),
        day="",
        body={"offset": ""},
        command=seen(withdrawal=kind, hold=held),
    )
    if fault or not said:
        wanted = "consent.version" if fault else None
    else:
        wanted = "consent.interval" if old else "consent.again" if held == "collection" and again else None
    found = person.consent(c)
    assert code(found) == wanted
    assert asked == ([] if fault or not said else [kind])
    if wanted == "consent.interval":
        assert found is not None
        assert (found.details["days"], found.details["every"]) == old
    if wanted == "consent.again":
        assert found is not None
        assert (found.details["days"], found.details["limit"]) == again
    assert code(person.consent(seen(participant=None, subject="S-1"))) == "consent.none"


def test_what_was_taken_before_is_of_another_therapy_event_and_earlier() -> None:
    collections = {
        "D1": seen(at=at(), coi="A"),
        "D2": seen(at=at(hours=2), coi="A"),
        "D3": seen(at=at(hours=3), coi="B"),
    }
    who = seen(collections=list(collections))
    for moment, coi, wanted in (
        (at(hours=9), "C", at(hours=3)), (at(hours=3), "C", at(hours=2)), (at(hours=9), "B", at(hours=2)), (at(hours=2), "A", None), (at(hours=1), "C", at()), (at(), "C", None),
    ):  # fmt: skip
        assert person._taken_before(seen(state=seen(collections=collections), at=moment, data={"coi": coi}), who) == wanted  # type: ignore[arg-type]  # fmt: skip


def test_consent_to_data_is_asked_for_the_day_on_which_it_was_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        person, "data_consent_fault", lambda view, who, when, day, offset: seen(code=f"gate.{day}")
    )
    for data, wanted in (({}, "2026-03-02"), ({"on": "2026-03-01"}, "2026-03-01"), ({"on": "2026-03-03"}, "2026-03-02"), ({"on": None}, "2026-03-02"), ({"status": "done"}, "2026-03-02"), ({"status": "missed"}, None)):  # fmt: skip
        c = seen(participant=seen(), view=seen(), data=data, day="2026-03-02", at=at(), body={"offset": ""})
        assert code(person.data_consent(c)) == wanted, data
        for changes in ({"participant": None}, {"view": None}):
            assert person.data_consent(seen(**vars(c) | changes)) is None


@pytest.mark.parametrize(
    ("subject", "scoped", "stopped", "refused"), each(["product", "participant"], [None, False, True], [False, True], [None, ENTRY, "dose"])
)  # fmt: skip
def test_a_dose_asks_what_the_criteria_ask_before_it_and_all_else_asks_for_entry(
    subject: str, scoped: bool | None, stopped: bool, refused: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "_verdict_stands", lambda c, view, who, kind, last: seen(code=f"gate.{kind}") if kind == refused else None)  # fmt: skip
    monkeypatch.setattr(
        person, "stopped", lambda *_: seen(at="2026-03-02T08:00:00.000Z") if stopped else None
    )
    monkeypatch.setattr(person, "next_dose", lambda *_: seen(last=None))
    monkeypatch.setattr(person, "given_before", lambda *_: [])
    monkeypatch.setattr(person, "needed", lambda *_: [ENTRY, "dose"])
    criteria = None if scoped is None else seen(has_scopes=scoped)
    c = seen(participant=seen(id="S-1"), view=seen(eligibility=criteria), command=seen(subject=subject), state=None, at=at(), aside=None, course=None, version="", subject="S-1")  # fmt: skip
    found = person.verdict(c)
    if subject == "product" and scoped:
        assert code(found) == ("verdict.stopped" if stopped else refused)
        if stopped:
            assert found is not None
            assert found.details["day"] == "2026-03-02"
    else:
        assert code(found) == (ENTRY if refused == ENTRY else None)
    for changes in ({"participant": None}, {"view": None}):
        assert code(person.verdict(seen(**vars(c) | changes))) == "verdict.none"


@pytest.mark.parametrize(("last", "asked"), each([None, "month-3"], [False, True]))
def test_whoever_has_later_criteria_is_judged_by_them(
    last: str | None, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "last_visit", lambda view: last)
    monkeypatch.setattr(person, "confirmations", lambda *_: [1] if asked else [])
    c = seen(participant=seen(id="S-1"), view=seen(), state=None, version="", at=at())
    assert code(person.confirmation(c)) == ("confirmation.none" if last and not asked else None)
    for changes in ({"participant": None}, {"view": None}):
        assert person.confirmation(seen(**vars(c) | changes)) is None


# names, order, clocks


@pytest.mark.parametrize(
    ("subject", "kind", "old", "known", "erases", "verb"),
    each(["study", "SYN", "online", "S-1"], ["participant", "study"], [False, True], [False, True], [False, True], ["personal.read", "visit.record"]),
)  # fmt: skip
def test_a_reserved_name_is_nobody_s(subject: str, kind: str, old: bool, known: bool, erases: bool, verb: str) -> None:  # fmt: skip
    state = seen(study="SYN", **{noun: {} for noun in names._NOUNS})
    if known:
        state.labels[subject] = 1
    c = seen(command=seen(subject=kind, erases=erases), subject=subject, verb=verb, state=state, written_since=lambda version: not old or version > names.RESERVED_SINCE)  # fmt: skip
    reserved = subject != "S-1" and kind != "study" and not old
    cared_for = known and not erases and verb == "visit.record"
    assert code(names.name(c)) == ("name.reserved" if reserved and not cared_for else None)


def test_things_happen_in_their_order_and_silence_is_no_permission() -> None:
    yes, no = ((lambda c: True), "a"), ((lambda c: False), "b")
    for needs, wanted in (((), "stage.undeclared"), ((yes,), None), ((yes, yes), None), ((no,), "stage.missing"), ((yes, no), "stage.missing"), ((no, yes), "stage.missing")):  # fmt: skip
        assert code(stages.stage(seen(command=seen(stage=needs), verb="v", subject="s"))) == wanted
    test, missing = stages.of_person(lambda c, who: who.id == "S-1", "it")
    assert missing == "it"
    assert [bool(test(seen(participant=who))) for who in (None, seen(id="S-1"), seen(id="S-2"))] == [False, True, False]  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "offsets", "source", "live", "reason"), each(["+00:00", "+09:00"], [(), ("+00:00", "+01:00")], ["online", "capsule:C"], [False, True], [None, "late"])
)  # fmt: skip
def test_times_are_possible(
    offset: str, offsets: tuple[str, ...], source: str, live: bool, reason: str | None
) -> None:
    ahead, live_for, late = conduct.AHEAD_SECONDS, conduct.LIVE_SECONDS, conduct.LATE_SECONDS
    for lag, back in each(
        [-ahead - 1, -ahead, 0, 1, live_for, live_for + 1, late, late + 1], [0, ahead, ahead + 1]
    ):
        body = {
            "at": at(seconds=-lag),
            "recorded": at(),
            "site": "north",
            "offset": offset,
            "source": source,
            "reason": reason,
        }
        c = seen(body=body, state=seen(recorded=at(seconds=back), sites={"north": seen(id="north", offsets=offsets)}), command=seen(live=live), verb="v")  # fmt: skip
        if back > ahead:
            wanted: str | None = "clock.record"
        elif offsets and offset not in offsets:
            wanted = "clock.offset"
        elif lag < -ahead:
            wanted = "clock.ahead"
        elif source != "online" or lag <= 0:
            wanted = None
        else:
            wanted = "clock.late" if live and lag > live_for else "clock.unexplained" if lag > late and not reason else None  # fmt: skip
        assert code(conduct.clock(c)) == wanted, (lag, back)
        nowhere = seen(**vars(c) | {"state": seen(recorded=at(), sites={})})
        assert code(conduct.clock(nowhere)) != "clock.offset"


@pytest.mark.parametrize(
    ("there", "view", "mine"), each([False, True], [False, True], ["north", "south", None])
)
def test_approvals_are_those_of_the_participant_s_site(there: bool, view: bool, mine: str | None, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(
        conduct, "approval_fault", lambda state, view, place, version, day: seen(code=f"gate.{place}")
    )
    who = None if mine is None else seen(site_at=lambda when: mine)
    places = {"north": "north", "south": "south"} if there else {}
    c = seen(participant=who, body={"site": "north"}, state=seen(sites=places), view=seen(single=False) if view else None, version="", day="", at=at())  # fmt: skip
    assert code(conduct.approval(c)) == ((mine or "north") if there and view else None)


@pytest.mark.parametrize(("opened", "moments"), each([(True, True), (True, False), (False, True)], [1, 2]))
def test_a_site_is_open_when_it_happened_and_when_it_is_said(opened: tuple[bool, bool], moments: int, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(conduct, "moments_of_acting", lambda c, role: (0, 1)[:moments])
    place = seen(opened=lambda when, offset: seen() if opened[when] else None)
    assert conduct._open(seen(body={"role": "nurse", "offset": ""}), place) is all(opened[:moments])  # type: ignore[arg-type]  # fmt: skip


# containers


@pytest.mark.parametrize(
    ("wanted", "arm", "place"), each(["r", "s", "none"], [None, "active", "other", "care"], [None, 3])
)
def test_an_arm_is_treated_by_its_own_regimen(wanted: str, arm: str | None, place: int | None) -> None:
    view = seen(regimen={"r": 1, "s": 1}, taking_turns=lambda id: (seen(id=id),) if id else (), arm={"active": seen(regimen="r"), "other": seen(regimen="s"), "care": seen(regimen=None)})  # fmt: skip
    c = seen(
        participant=seen(id="S-1", arm=arm, place=place),
        view=view,
        command=seen(says={"arm": lambda c: wanted}),
    )
    own = view.arm[arm].regimen if arm else None
    said = "arm.unknown" if wanted == "none" else ("arm.sealed" if place is not None else None) if arm is None else None if own == wanted else "arm.other"  # fmt: skip
    assert code(of_product.arm(c)) == said
    for changes in ({"participant": None}, {"view": None}):
        assert code(of_product.arm(seen(**vars(c) | changes))) == "arm.participant"


@pytest.mark.parametrize(("regimen", "who", "step"), each([False, True], [False, True], [None, 0.25]))
def test_a_dose_is_asked_at_its_step_and_whole_where_there_is_none(regimen: bool, who: bool, step: float | None, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(
        bedside, "at_step", lambda *_: None if step is None else seen(step=seen(fraction=step))
    )
    monkeypatch.setattr(
        bedside, "amount_fault", lambda c, rule, fraction: seen(code=f"gate.{rule} {fraction}")
    )
    c = seen(
        regimen=seen(dose="rule") if regimen else None,
        course=seen() if regimen else None,
        participant=seen() if who else None,
    )
    assert code(bedside.dose(c)) == (f"rule {step if who and step else 1.0}" if regimen else "dose.regimen")


@pytest.mark.parametrize(("taken", "alike", "names"), each([[], ["B"]], [None, ("b", "B")], [False, True]))
def test_a_new_name_was_never_used_and_looks_like_none(taken: list[str], alike: Any, names: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    class New:
        def __call__(self, c: Any) -> list[str]:
            return taken

        def alike(self, c: Any) -> Any:
            return alike

    monkeypatch.setattr(conduct, "NewNames", New)
    found = conduct.unique(seen(command=seen(says={"unique": New() if names else lambda c: taken})))
    assert code(found) == ("unique.taken" if taken else "unique.alike" if names and alike else None)
    if code(found) == "unique.alike":
        assert found is not None
        assert (found.details["name"], found.details["known"]) == alike


def test_a_copy_takes_another_name() -> None:
    for name in ("i", "j"):
        assert derived.another_copy(seen(data={"instance": name}, state=seen(instance="i"))) is (name == "j")


def test_one_person_signs_once() -> None:
    for who, wanted in (("a", "two-persons.same"), ("b", None)):
        says = {"two-persons": (lambda c: ["a"], "did", "must")}
        assert (
            code(of_product.two_persons(seen(command=seen(says=says), body={"actor": who}, subject="B")))
            == wanted
        )


@pytest.mark.parametrize(
    ("said", "many", "own", "view"), each(["iv", "it", "im", None], [False, True], [("it",), ("it", "iv"), ()], [False, True])
)  # fmt: skip
def test_a_route_is_the_regimen_s_and_of_a_lot_that_of_some_regimen(
    said: str | None, many: bool, own: tuple[str, ...], view: bool
) -> None:
    def regimen(route: str, product: str = "cells") -> Any:
        return SimpleNamespace(route=SimpleNamespace(value=route), product=product)

    regimens = [regimen("im", "other"), *map(regimen, own)]
    mine = regimen("it")
    data = {} if said is None else {"route": said}
    c = seen(product=seen(serves_many=many, kind="cells"), data=data, regimen=mine, view=seen(regimens=regimens) if view else None, told=lambda gate: None)  # fmt: skip
    wanted = said or "it"
    possible = own if many and view else ("it",)
    found = of_product.route(c)
    assert code(found) == (None if wanted in possible else "route.regimen")
    if found is not None and possible:
        assert found.details["route"] == possible[0]
    assert code(of_product.route(seen(**vars(c) | {"product": None}))) == "route.regimen"
    if not (many and view):
        assert code(of_product.route(seen(**vars(c) | {"regimen": None}))) == "route.regimen"
    assert of_product.wanted_route(seen(data=data, regimen=None)) == said


@pytest.mark.parametrize(("kit", "permission", "status", "sent", "place"), each([None, "c"], [MAKING, "x"], ["in-process", "released"], [None, "south"], ["north", "south"]))  # fmt: skip
def test_a_container_is_worked_on_that_is_open_and_here(kit: Any, permission: str, status: str, sent: Any, place: str) -> None:  # fmt: skip
    c = seen(product=seen(id="B", kit=kit, status=status, sent_to=sent, place=place), command=seen(permission=permission, says={"product-open": of_product.OPEN}), body={"site": "north"}, subject="B")  # fmt: skip
    wanted = "kit" if kit and permission == MAKING else "status" if status == "released" else "place" if sent or place == "south" else None  # fmt: skip
    assert code(of_product.product_open(c)) == (f"product-open.{wanted}" if wanted else None)
    assert code(of_product.product_open(seen(**vars(c) | {"product": None}))) == "product-open.unknown"


@pytest.mark.parametrize("pair", [None, ("a", "b")])
def test_two_scans_agree_or_both_are_shown(pair: Any) -> None:
    found = of_product.identity(seen(command=seen(says={"identity": lambda c: pair})))
    assert code(found) == (None if pair is None else "identity.different")
    if found is not None:
        assert (found.details["first"], found.details["second"]) == ("a", "b")


# making


def cel(value: float) -> Quantity:
    return Quantity.model_validate({"value": value, "unit": "Cel"})


def test_a_temperature_leaves_the_first_range_that_it_leaves() -> None:
    steps: Any = [seen(id="cold", temperature_low=None, temperature_high=cel(8)), seen(id="warm", temperature_low=cel(2), temperature_high=None), seen(id="any", temperature_low=None, temperature_high=None)]  # fmt: skip
    for value, unit, step in ((8, "Cel", None), (8.1, "Cel", "cold"), (2, "Cel", None), (1.9, "Cel", "warm"), (280, "K", None), (5, "mL", "cold")):  # fmt: skip
        data = {"temperature": {"value": value, "unit": unit}}
        left = making.left_range(steps, data)
        assert (left.id if left is not None else None) == step, value
        assert code(making.untold_deviation(steps, data)) == ("range.step" if step else None)
        assert making.untold_deviation(steps, data | {"deviation": "said"}) is None
        assert code(making.untold_deviation(steps, data | {"deviation": ""})) == (
            "range.step" if step else None
        )
    assert making.left_range(steps, {}) is None


def test_a_step_takes_as_long_as_it_is_to_within_its_tolerance() -> None:
    def step(name: str, duration: float | None, tolerance: float | None) -> Any:
        def amount(value: float | None) -> Any:
            return None if value is None else Quantity.model_validate({"value": value, "unit": "d"})

        return seen(id=name, duration=amount(duration), duration_tolerance=amount(tolerance), temperature_low=None, temperature_high=None)  # fmt: skip

    steps: Any = [step("any", None, 1.0), step("free", 9.0, None), step("week", 7.0, 1.0)]
    for days, step_named in ((7, None), (8, None), (6, None), (8.001, "week"), (5.999, "week"), (0, "week")):
        data = {"start": at(), "end": at(days=days)}
        found = making.took_other(steps, data)
        # the last millionth of a day is rounding
        assert making.took_other([step("edge", 7.0, 0.999999)], {"start": at(), "end": at(days=8)}) is None
        assert (found[0].id if found is not None else None) == step_named, days
        assert code(making.untold_deviation(steps, data)) == ("range.duration" if step_named else None)
        if found is not None:
            assert found[1] == pytest.approx(days)
            assert making.untold_deviation(steps, data | {"deviation": "said"}) is None
    for data in ({"start": at()}, {"end": at()}, {}):
        assert making.took_other(steps, data) is None


def test_parts_are_summed_in_one_unit_and_are_no_more_than_the_whole() -> None:
    assert making.sum_in([(1.0, "L"), (500.0, "mL")], "mL") == 1500.0
    assert making.sum_in([], "mL") == 0.0
    assert code(making.sum_in([(1.0, "mL"), (1.0, "g")], "mL")) == "balance.unit"
    lax: Any = seen(mass_balance_tolerance=seen(value=5.0, unit="%"))
    none: Any = seen(mass_balance_tolerance=None)
    for rule, total, more in (
        (None, 100.0, False), (None, 100.1, True), (none, 100.0, False), (none, 100.1, True), (None, 100.0 * (1 + ROUNDING), False), (lax, 104.9, False), (lax, 105.0, False), (lax, 105.1, True), (None, 99.0, False),
    ):  # fmt: skip
        assert making.more_than(rule, total, 100.0) is more, total
    assert making.tolerance_of(lax) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("frozen", "other", "named"), each([False, True], [False, True], [None, ["B", "P"], ["B", "none"], ["P"]])
)
def test_what_is_frozen_or_touched_by_a_recalled_lot_is_not_worked_on(
    frozen: bool, other: bool, named: Any
) -> None:
    bags = {"B": seen(id="B", frozen=frozen, lots=["L-1"] if frozen else []), "P": seen(id="P", frozen=other, lots=["L-1"] if other else ["L-2"])}  # fmt: skip
    data = {} if named is None else {"products": named}
    c = seen(
        state=seen(products=bags, recalled={"L-1": 1}, lot_as_known=lambda lot: lot.upper()),
        data=data,
        subject="B",
    )
    looked_at = named or ["B"]
    hit = (frozen and "B" in looked_at) or (other and "P" in looked_at)
    assert [one.id for one in making.concerned(c)] == [name for name in looked_at if name in bags]
    assert code(making.not_frozen(c)) == ("condition.frozen" if hit else None)
    assert code(making.recalled(c)) == ("recalled.lot" if hit else None)
    for lot in ("l-1", "l-2"):
        said = seen(**vars(c) | {"data": data | {"lots": [lot]}})
        assert code(making.recalled(said)) == ("recalled.lot" if hit or lot == "l-1" else None)


@pytest.mark.parametrize(("container", "rule", "left"), each([False, True], [False, True], [[], ["a"]]))
def test_steps_that_are_missing_are_named(container: bool, rule: bool, left: list[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(making, "missing", lambda *_: left)
    monkeypatch.setattr(making, "not_recorded", lambda step, data: left if step.id == "b" else [])
    c = seen(product=seen(id="B", kind="cells") if container else None, rule=seen() if rule else None)
    wanted = None if not container else "steps.kind" if not rule else "steps.missing" if left else None
    assert code(making.due("finish")(c)) == wanted
    found = making.unrecorded([seen(id="a"), seen(id="b")], {})  # type: ignore[list-item]
    assert code(found) == ("steps.unrecorded" if left else None)


# the dose


@pytest.mark.parametrize(
    ("known", "fits", "breaks"), each([True, False], [True, False], [None, "input", "rule"])
)
def test_an_amount_is_what_the_rule_gives(known: bool, fits: bool, breaks: str | None, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    refusal = course.Refusal("gate.dose.old", name="weight", person="S-1", days=9.0, most=7.0)
    permitted = seen(
        permits=lambda one: fits, permitted=(1.0, 2.0), unit="mL", tolerance_percent=5.0, steps=[]
    )

    def computed(rule: Any, inputs: Any, fraction: float) -> Any:
        assert fraction == 0.5
        if breaks == "rule":
            raise ValueError("no weight")
        return permitted

    def inputs(c: Any, rule: Any) -> Any:
        if breaks == "input":
            raise ValueError("no unit")
        return {} if known else refusal

    monkeypatch.setattr(course, "inputs_of", inputs)
    monkeypatch.setattr(course, "compute", computed)
    monkeypatch.setattr(course, "as_quantity", lambda one: one)
    found = course.amount_fault(seen(data={"dose": {"value": 3.0, "unit": "mL"}}), seen(), 0.5)  # type: ignore[arg-type]
    wanted = "dose.inputs" if breaks == "input" else "dose.old" if not known else "dose.inputs" if breaks else None if fits else "dose.outside"  # fmt: skip
    assert code(found) == wanted
    if wanted == "dose.outside":
        assert found is not None
        assert found.details["tolerance"] == ", the tolerance of 5 % included"


@pytest.mark.parametrize("since", [False, True])
def test_in_a_log_of_before_there_is_no_step(since: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "standing_here", lambda *_: None)
    monkeypatch.setattr(course, "step_of", lambda *_: "a step")
    assert course.at_step(seen(written_since=lambda version: since, at=at()), seen(), seen()) == ("a step" if since else None)  # type: ignore[arg-type, comparison-overlap]  # fmt: skip
