"""What gates call, by tables: each answer worked out a second time in plain words, over all combinations of a few statements, counters and rules.

``python scripts/mutate_gates.py --called --of known. --tests test_called_by_tables`` (and ``bounds.``, ``standing_consent.``) changes one thing at a time in them.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace as seen
from typing import Any

import pytest

from proband.record import bounds, known, standing_consent
from proband.record.known import KnownStatement
from proband.record.participant import ConsentGiven, Participant
from proband.terms.units import Quantity


def day(number: int, hour: int = 0) -> str:
    return f"{(date(2026, 3, 1) + timedelta(days=number)).isoformat()}T{hour:02d}:00:00.000Z"


def said(value: Any, at: int, seq: int, recorded: int | None = None, until: int | None = None, gone: int | None = None) -> KnownStatement:  # fmt: skip
    return KnownStatement(value, day(at), seq, day(at if recorded is None else recorded), until, "" if gone is None else day(gone))  # fmt: skip


# what is known


EACH = [
    said((at, seq), at, seq, recorded, *taken)
    for seq, (at, recorded, taken) in enumerate(product((1, 2), (2, 3), ((), (9, 3), (9, 4))), 1)
]
PAIRS = [
    (KnownStatement(one.value, one.at, 1, one.recorded, one.until, one.gone), KnownStatement(two.value, two.at, 2, two.recorded, two.until, two.gone))
    for one, two in product(EACH, EACH)
]  # fmt: skip


def newest(those: list[KnownStatement]) -> KnownStatement | None:
    return max(those, key=lambda one: (one.at, one.seq), default=None)


@pytest.mark.parametrize("at", [day(n) for n in range(5)])
def test_the_newest_that_is_true_then_and_not_taken_back_is_true(at: str) -> None:
    for pair in (*PAIRS, *((two, one) for one, two in PAIRS)):
        now = [one for one in pair if one.until is None and one.at <= at]
        then = [
            one
            for one in pair
            if one.at <= at and one.recorded <= at and (one.until is None or at < one.gone)
        ]
        assert known.true_at(pair, at) is newest(now)
        assert known.true_as_known(pair, at) is newest(then)
        if now:
            assert known.true_that_day(pair, at, "+00:00") is newest(now)


def test_of_two_that_one_event_says_the_second_counts_and_what_is_said_ahead_is_not_true_yet() -> None:
    first, second = said("a", 1, 7), said("b", 1, 7)
    assert known.true_at([first, second], day(2)) is second
    assert known.true_as_known([first, second], day(2)) is second
    assert known.true_as_known([said("a", 3, 1, recorded=1)], day(2)) is None


def test_who_is_made_something_later_that_day_is_it_on_that_day_where_they_are() -> None:
    noon, evening = KnownStatement("a", day(0, 12), 1, ""), KnownStatement("b", day(0, 20), 2, "")
    for offset, at, wanted in (("+00:00", day(0, 6), noon), ("+10:00", day(0, 6), noon), ("+10:00", day(0, 1), noon), ("-10:00", day(0, 6), None)):  # fmt: skip
        assert known.true_that_day([evening, noon], at, offset) is wanted, (offset, at)
    assert known.true_that_day([], day(0), "+00:00") is None
    taken = KnownStatement("a", day(0, 12), 1, "", until=5)
    assert known.true_that_day([taken], day(0, 6), "+00:00") is None
    assert known.true_that_day([taken, evening], day(0, 6), "+00:00") is evening
    last = KnownStatement("z", "2026-03-01T23:59:59.999Z", 3, "")
    assert known.true_that_day([last], day(0, 6), "+00:00") is last


def test_offline_the_device_was_the_record() -> None:
    body = {"recorded": "R", "at": "A"}
    assert known.known_at(body | {"source": "online"}) == "R"
    assert known.known_at(body | {"source": "capsule:C"}) == "A"


# whether a consent stands


def person(consent: ConsentGiven | None, **statements: list[KnownStatement]) -> Participant:
    made = Participant("S-1", "north", "referral", day(0), day(0)[:10], "p")
    if consent is not None:
        made.say("consent", KnownStatement(consent, consent.at, consent.seq, consent.at))
    for kind, those in statements.items():
        for one in those:
            made.say(kind.replace("_", "-"), one)
    return made


def consent(at: int = 5, seq: int = 50, **more: Any) -> ConsentGiven:
    return ConsentGiven("v1", "en", day(at), "p", seq, **more)


def rule(event: str, every: float | None = None, blocks: tuple[str, ...] = ()) -> Any:
    return seen(event=event, every=None if every is None else Quantity(value=every, unit="d"), blocks=blocks)


def view(*rules: Any, stands: bool = True) -> Any:
    return seen(consent=seen(reconsent=rules), consent_stands=lambda version, language, on: stands)


LAPSES = [(4, 60), (5, 49), (5, 51), (6, 40), (9, 60)]


@pytest.mark.parametrize("lapse", [None, *LAPSES])
def test_what_ends_a_consent_ends_those_before_it(lapse: tuple[int, int] | None) -> None:
    ended = lapse is not None and lapse[0] <= 8 and lapse > (5, 50)
    who = person(
        consent(),
        **({} if lapse is None else {"lapse": [said("why", *lapse)], "lapse_of_data": [said("why", *lapse)]}),
    )
    found = standing_consent.consent_fault(view(), who, day(8), day(8)[:10])
    assert (None if found is None else found.code) == ("gate.consent.lapsed" if ended else None)
    of_data = standing_consent.data_consent_fault(view(), who, day(8), day(8)[:10], "+00:00")
    assert (None if of_data is None else of_data.code) == ("gate.data-consent.lapsed" if ended else None)


def test_no_consent_no_version_no_majority() -> None:
    code = lambda *arguments: getattr(standing_consent.consent_fault(*arguments), "code", None)  # noqa: E731
    there, then = person(consent()), (day(8), day(8)[:10])
    assert (
        code(view(), None, *then)
        == code(None, there, *then)
        == code(view(), person(None), *then)
        == "gate.consent.none"
    )
    assert code(view(), there, day(4), day(4)[:10]) == "gate.consent.none"
    assert code(view(stands=False), there, *then) == "gate.consent.version"
    for since, wanted in ((7, "gate.consent.majority"), (8, "gate.consent.majority"), (9, None)):
        assert code(view(), person(consent(majority_on=day(since)[:10])), *then) == wanted
        for rules in ((), (rule("majority", blocks=("data",)),), (rule("majority"),), (rule("interval"),), (rule("majority"), rule("majority", blocks=("data",)))):  # fmt: skip
            kept = bool(rules) and all(one.event == "majority" for one in rules) and not any("data" in one.blocks for one in rules)  # fmt: skip
            found = standing_consent.data_consent_fault(view(*rules), person(consent(majority_on=day(since)[:10])), *then, "+00:00")  # fmt: skip
            assert getattr(found, "code", None) == (
                None if kept or wanted is None else "gate.data-consent.majority"
            )
    assert standing_consent.data_consent_fault(view(), person(None), *then, "+00:00") is None
    # what is learnt of a day before the consent is asked of none
    assert (
        standing_consent.data_consent_fault(view(stands=False), there, day(8), day(4)[:10], "+00:00") is None
    )


STATES: list[tuple[str, int, int | None]] = [("lacks", 3, None), ("has", 3, None), ("lacks", 6, None), ("has", 6, None), ("has", 7, None), ("has", 7, 99), ("has", 9, None), ("has", 5, None), ("lacks", 5, None), ("has", 8, None)]  # fmt: skip


@pytest.mark.parametrize("represented", [False, True])
def test_who_is_represented_could_not_decide_then_and_cannot_since(represented: bool) -> None:
    given = consent(represented=represented)
    for count in (0, 1, 2):
        for chosen in product(STATES, repeat=count):
            who = person(
                given,
                capacity=[
                    said(value, at, 60 + n, until=until) for n, (value, at, until) in enumerate(chosen)
                ],
            )
            (stated,) = who.known["consent"]
            before = [
                (at, n, value) for n, (value, at, until) in enumerate(chosen) if until is None and at <= 5
            ]
            since = [at for value, at, until in chosen if value == "has" and until is None and 5 < at <= 8]
            wanted = None
            if represented:
                lacked = bool(before) and max(before)[2] == "lacks"
                wanted = day(5) if not lacked else day(min(since)) if since else None
            assert standing_consent.able_since(who, stated, day(8)) == wanted, chosen
            for rules, asked in (((), True), ((rule("capacity-regained"),), False), ((rule("capacity-regained", blocks=("data",)),), True), ((rule("interval"),), True)):  # fmt: skip
                found = standing_consent.data_consent_fault(view(*rules), who, day(8), day(8)[:10], "+00:00")
                assert getattr(found, "code", None) == (
                    "gate.consent.regained" if wanted and asked else None
                ), chosen
                assert found is None or found.details["since"] == str(wanted)[:10]
            found = standing_consent.consent_fault(view(), who, day(8), day(8)[:10])
            assert getattr(found, "code", None) == ("gate.consent.regained" if wanted else None)
            assert found is None or found.details["since"] == str(wanted)[:10]


@pytest.mark.parametrize("decides", [None, (4, 60), (5, 49), (5, 51), (6, 40)])
def test_who_gave_a_consent_decided_then(decides: tuple[int, int] | None) -> None:
    for named in ((), ("G-1",), ("G-2",), ("G-1", "g-l"), ("G-1", "G-3")):
        who = person(
            consent(guardians=named), **({} if decides is None else {"guardians": [said(("G-1",), *decides)]})
        )
        counts = decides is not None and decides <= (5, 50)
        wanted = next((one for one in named if one not in ("G-1", "g-l")), None) if counts else None
        (stated,) = who.known["consent"]
        assert standing_consent.given_by_another(stated, who.true("guardians", day(5))) == wanted
        if decides is not None:
            assert standing_consent.not_a_guardian(named, who.known["guardians"][0]) == next((one for one in named if one not in ("G-1", "g-l")), None)  # fmt: skip
            assert standing_consent.given_by_another(stated, who.known["guardians"][0]) == wanted
        for found in (
            standing_consent.consent_fault(view(), who, day(8), day(8)[:10]),
            standing_consent.data_consent_fault(view(), who, day(8), day(8)[:10], "+00:00"),
        ):
            assert getattr(found, "code", None) == ("gate.consent.guardian" if wanted else None)


def test_a_consent_is_as_old_as_the_days_that_passed_where_they_are() -> None:
    stated = person(consent()).known["consent"][0]
    for limits, passed in product(((), (3,), (4,), (2, 3), (3, 9)), range(1, 6)):
        rules = [rule("interval", limit, ("collection", "data")) for limit in limits]
        rules += [
            rule("interval", 0, ("else",)),
            rule("majority", 0, ("collection",)),
            rule("interval", None, ("collection",)),
        ]
        limit = min(limits, default=None)
        wanted = (passed, limit) if limit is not None and passed > limit else None
        now = day(5 + passed)[:10]
        assert standing_consent.too_old(view(*rules), stated, "collection", now, "+00:00") == wanted
        found = standing_consent.data_consent_fault(view(*rules), person(consent()), day(5 + passed, 1), now, "+00:00")  # fmt: skip
        assert getattr(found, "code", None) == ("gate.data-consent.interval" if wanted else None)
        assert found is None or (found.details["days"], found.details["every"]) == wanted
        further = [rule("further-collection", limit) for limit in limits]
        for taken in (None, day(4), day(5), day(6)):
            asked = limit is not None and taken is not None and taken >= day(5)
            again = standing_consent.too_old_to_collect_again(view(*further, rule("interval", 0)), stated, taken, now, "+00:00")  # fmt: skip
            assert again == ((passed, limit) if asked and passed > limit else None)
    assert standing_consent.too_old_to_collect_again(view(rule("further-collection")), stated, day(6), day(5)[:10], "+00:00") == (0, 0.0)  # fmt: skip
    assert standing_consent.too_old_to_collect_again(view(rule("further-collection", 9), rule("further-collection")), stated, day(6), day(5)[:10], "+00:00") == (0, 0.0)  # fmt: skip
    assert standing_consent.too_old(None, stated, "data", day(9)[:10], "+00:00") is None
    assert standing_consent.too_old_to_collect_again(None, stated, day(6), day(9)[:10], "+00:00") is None
    # at midnight of Greenwich it is the day before in the west
    assert standing_consent.too_old(
        view(rule("interval", 3, ("data",))), stated, "data", day(8)[:10], "-05:00"
    ) == (4, 3)


# when something happened offline


def entry(counter: Any, meaning: str = "device") -> dict[str, Any]:
    return {"meaning": meaning, "counter": counter}


def queued(counter: Any = None, at: str = day(3), recorded: str = day(9), **more: Any) -> dict[str, Any]:
    return {
        "at": at,
        "recorded": recorded,
        "skew": None,
        "source": "capsule:C",
        "signatures": [entry(counter)],
        **more,
    }


def held(count: int = 0, run: str = "r", ms: int = 0, broken: str = "") -> Any:
    return seen(count=count, run=run, ms=ms, early=day(1), broken=broken)


HOUR = 3_600_000


def test_a_counter_is_three_things_and_of_one_device() -> None:
    good = {"n": 1, "run": "r", "ms": 0}
    assert bounds.counter_of(queued(good)) == good
    for run, fits in (("", False), ("x" * 64, True), ("x" * 65, False), (1, False)):
        assert (bounds.counter_of(queued(good | {"run": run})) is not None) == fits
    for name, value in product(("n", "ms"), (-1, 0, 2**53 - 1, 2**53, 1.0, True, "1")):
        fits = type(value) is int and 0 <= value < 2**53
        assert (bounds.counter_of(queued(good | {name: value})) is not None) == fits, (name, value)
        assert (bounds.closing_of({"run": "r", "ms": value}) is not None) == fits
    for wrong in (None, 1, [], good | {"more": 1}, {"n": 1, "run": "r"}):
        assert bounds.counter_of(queued(wrong)) is None
        assert bounds.closing_of(wrong) is None
    assert bounds.closing_of({"run": 1, "ms": 1}) is None
    assert bounds.counter_of(queued(signatures=[])) is None
    assert bounds.counter_of(queued(signatures=[entry(good), entry(good)])) is None
    assert bounds.counter_of(queued(signatures=[entry(good, "verified")])) is None
    assert bounds.counter_of(queued(signatures=[entry(good, "verified"), entry(good)])) == good


def test_what_is_wrong_with_a_counter_has_a_word() -> None:
    for count, run, ms, n, new_run, new_ms in product((0, 1, 2), "rs", (5,), (1, 2, 3), "rs", (4, 5, 6)):
        wanted = (
            "repeated"
            if n <= count
            else "hole"
            if n > count + 1
            else "back"
            if run == new_run and new_ms < ms
            else ""
        )
        counter = {"n": n, "run": new_run, "ms": new_ms}
        assert bounds.counter_fault(held(count, run, ms), queued(counter)) == wanted
        assert bounds.counter_fault(held(count, run, ms, "hole"), queued(counter)) == "after-hole"
        assert bounds.counter_fault(held(count, run, ms, "after-hole"), queued(counter)) == "after-hole"
        state = held(count, run, ms)
        early = bounds.earliest(state, queued(counter))
        counted = max(0, new_ms - ms if run == new_run else new_ms)
        assert early == f"{day(1)[:-4]}{counted:03d}Z"
        bounds.note_counter(state, queued(counter), wanted)
        assert (state.early, state.count, state.run, state.ms, state.broken) == (early, max(count, n), new_run, new_ms, wanted)  # fmt: skip
        bounds.note_counter(state, queued(counter), "other")
        assert state.broken == (wanted or "other")
    untouched = held(2, "r", 5)
    assert bounds.counter_fault(untouched, queued()) == "missing"
    bounds.note_counter(untouched, queued(), "")
    assert (untouched.count, untouched.ms, untouched.broken) == (2, 5, "")
    assert bounds.earliest(untouched, queued()) == day(1)


def test_it_happened_no_later_than_the_return_found_and_no_later_than_it_was_recorded() -> None:
    for skew, wanted in ((None, day(9)), ({"latest": day(7)}, day(7)), ({"latest": day(10)}, day(9)), ({"latest": "soon"}, day(9)), ({}, day(9)), ("x", day(9))):  # fmt: skip
        assert bounds.latest(queued(skew=skew)) == wanted
    late = queued({"n": 1, "run": "r", "ms": 2 * HOUR}, recorded=day(1, 5))
    assert bounds.bounds(None, late) == (day(3), day(3))
    assert bounds.bounds(held(), late) == (day(1, 2), day(1, 5))
    # a device that counted more than passed: the bounds meet, and do not cross
    assert bounds.bounds(held(), late | {"recorded": day(1, 1)}) == (day(1, 1), day(1, 1))
    assert bounds.note_of(held(), late) == {"at": day(3), "source": "capsule:C", "run": "r", "ms": 2 * HOUR, "early": day(1, 2), "late": day(1, 5)}  # fmt: skip
    assert bounds.note_of(held(), late | {"source": "online"}) == {"at": day(3)}
    assert bounds.note_of(held(), queued())["ms"] == 0


def test_days_begin_at_midnight_where_they_are_and_a_year_of_them_is_enough() -> None:
    assert bounds.midnights(day(1, 6), day(3), "+00:00") == [day(2)]
    assert bounds.midnights(day(1, 6), day(3, 1), "+00:00") == [day(2), day(3)]
    assert bounds.midnights(day(1, 6), day(2), "+02:00") == [day(1, 22)]
    assert bounds.midnights(day(1, 6), day(1, 7), "+00:00") == []
    assert len(bounds.midnights(day(0), day(9999), "+00:00")) == 366
    assert bounds.between([day(1), day(2), day(3), day(4), day(2)], day(1), day(4)) == [
        day(1),
        day(2),
        day(3),
        day(4),
    ]
    assert bounds.between([day(0), day(5)], day(1), day(4)) == [day(1), day(4)]


def test_the_latest_of_each_is_counted_back_from_the_return() -> None:
    def one(ms: int, run: str = "r") -> dict[str, Any]:
        return queued({"n": 1, "run": run, "ms": ms})

    queue = [one(HOUR), one(3 * HOUR), one(HOUR, "s")]
    assert bounds.latest_of(queue, {"run": "s", "ms": 2 * HOUR}, day(9)) == [
        day(8, 20),
        day(8, 22),
        day(8, 23),
    ]
    assert bounds.latest_of(queue, {"run": "t", "ms": 2 * HOUR}, day(9)) == [
        day(8, 19),
        day(8, 21),
        day(8, 22),
    ]
    assert bounds.latest_of(queue, None, day(9)) == [day(8, 21), day(8, 23), day(9)]
    assert (
        bounds.latest_of([one(HOUR), queued(), one(3 * HOUR)], {"run": "r", "ms": 3 * HOUR}, day(9))
        == [day(9)] * 3
    )
    assert bounds.latest_of([one(HOUR)], {"run": "r", "ms": 0}, day(9)) == [day(9)]
