"""Faults that users of other systems reported in public, tried here as shapes: laboratories, randomisation, locks.

Each test names the report by repository and number; only the shape is taken from it.
"""

from __future__ import annotations

from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.history import history
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital, stands
from .test_family import enter, investigate, refused_by, whole
from .test_standing import SECOND, retract, treated
from .test_time import ago, gates_of, replayed


def bag(house: Hospital, name: str) -> dict[str, Any]:
    (found,) = [one for one in table(house.record.state, "products") if one["product"] == name]
    return found


def test_nothing_of_a_result_that_was_taken_back_is_kept_by_the_next_one() -> None:
    """senaite/senaite.core 1038: the detection limit of a retracted result went on in the new one."""
    house = whole()
    wrong = enter(house, "W1a", "viability", 12)
    assert bag(house, "W1a")["out_of_specification"] == "viability"
    retract(house, "W1a", wrong, "product.tested", "product.retract")
    assert bag(house, "W1a")["out_of_specification"] == ""
    investigate(house, "W1a")
    enter(house, "W1a", "viability", 88)
    house.release("W1a")
    assert (bag(house, "W1a")["status"], bag(house, "W1a")["out_of_specification"]) == ("released", "")
    stands(house)


def test_who_takes_one_result_back_keeps_the_others() -> None:
    """senaite/senaite.core 821: all results of a sample were retracted with one of them."""
    house = whole()
    one = enter(house, "W1a", "viability", 90)
    retract(house, "W1a", one, "product.tested", "product.retract")
    product = house.record.state.products["W1a"]
    assert [product.result(test).passes for test in ("viability", "sterility")] == [True, True]  # type: ignore[union-attr]
    house.release("W1a")
    stands(house)


def test_what_was_released_on_a_result_that_is_taken_back_is_not_released_any_more() -> None:
    """bikalims/bika.lims.legacy 1308 and senaite/senaite.core 977: what was retracted stayed "to be verified", or looked valid."""
    house = whole()
    house.release("W1a")
    result = next(one.seq for one in house.record.events() if one.body["event"] == "product.tested" and one.body["data"]["test"] == "sterility")  # fmt: skip
    retract(house, "W1", result, "product.tested", "product.retract")
    assert bag(house, "W1a")["status"] == "quarantined"
    assert refused_by(lambda: house.release("W1a"))
    stands(house)


def test_what_something_was_made_of_is_not_taken_back_before_that() -> None:
    """senaite/senaite.core 770: a request was retracted, and its analyses went on without it."""
    house = whole()
    taken = next(one for one in house.record.events() if one.body["command"] == "product.collect")
    with pytest.raises(Refused) as refused:
        retract(house, taken.body["subject"], taken.seq, "product.collected")
    assert "gate.retraction.stands" in [one.code for one in refused.value.refusals]
    assert bag(house, "W1a")["status"] == "manufactured"


@pytest.mark.parametrize("again", ["DIN-1", "din-1", "DIN.1"])
def test_one_number_is_of_one_person(again: str) -> None:
    """CDCgov/prime-reportstream 7835 and episphere/connect 553: three people's samples had one accession number."""
    house = hospital()
    house.admit("S-1")
    house.admit("S-2")
    house.collect("S-1", "COI-1", "DIN-1")
    assert gates_of(lambda: house.collect("S-2", "COI-2", again)) == ["unique"]
    replayed(house)


def test_why_an_entry_was_taken_back_is_kept_with_who_did_it() -> None:
    """vanderbilt-redcap/redcap_rsvc 562: a reason was asked for at a deletion, and kept nowhere; OpenClinica/OpenClinica 377: the trail named another user."""
    house, _ = treated()
    pain = {"visit": "month-1", "on": house.now[:10], "instrument": "pain-nrs", "items": {"pain": 7}}
    done = house.do("outcome.record", "S-01", pain, actor="dr-3")
    house.do("event.retract", "S-01", {"event": "outcome.recorded"}, corrects=done.seq, actor="dr-1", also=SECOND, reason="a slip of the pen")  # fmt: skip
    changes = list(history(house.record, "S-01", "items.pain"))
    assert [(one.new, one.by, one.why) for one in changes][-1] == (
        None,
        "dr-1 (physician)",
        "a slip of the pen",
    )
    assert changes[0].by == "dr-3 (physician)"


@pytest.mark.parametrize("verb", ["event.retract", "event.correct"])
def test_a_place_in_the_list_is_given_once_and_never_given_back(verb: str) -> None:
    """vanderbilt-redcap/redcap_rsvc 273: an administrator takes a randomisation away, and the place is drawn again."""
    house, _ = treated()
    drawn = next(one.seq for one in house.record.events() if one.body["event"] == "participant.allocated")
    data = {"event": "participant.allocated"} | (
        {"data": {"arm": "cells"}} if verb == "event.correct" else {}
    )
    also = SECOND if verb == "event.retract" else []
    gates = gates_of(lambda: house.do(verb, "S-01", data, corrects=drawn, also=also))
    assert gates == ["retraction" if verb == "event.retract" else "correction"]
    assert house.record.state.participants["S-01"].arm == "cells"


@pytest.mark.parametrize("of", ["visit", "participant", "study"])
def test_a_form_that_was_not_begun_is_as_locked_as_the_others(of: str) -> None:
    """OpenClinica/OpenClinica 1448 and 1219: a form that was not started could be filled in after the lock; a locked study still changed."""
    house, _ = treated()
    where = {"visit": ("participant.lock", "S-01", {"visit": "month-1"}), "participant": ("participant.lock", "S-01", {}), "study": ("study.lock", "SYN", {})}  # fmt: skip
    verb, subject, data = where[of]
    # the visit was begun, and nothing was measured at it
    house.do("visit.record", "S-01", {"visit": "month-1", "on": house.now[:10]})
    house.do(verb, subject, data, actor="sys-1", site="*" if of == "study" else "north")
    pain = {"visit": "month-1", "on": house.now[:10], "instrument": "pain-nrs", "items": {"pain": 7}}
    assert gates_of(lambda: house.do("outcome.record", "S-01", pain)) == ["locked"]
    another = {"visit": "baseline", "on": house.now[:10]}
    if of != "visit":
        assert gates_of(lambda: house.do("visit.record", "S-01", another)) == ["locked"]
    replayed(house)


def test_a_task_that_is_done_settles_no_dose() -> None:
    """YosemiteCrew/Yosemite-Crew 3148: a completed task was taken for proof that something was given."""
    house, seq = treated()
    house.do("participant.withdraw", "S-01", {"level": "treatment", "said": "no"}, at=ago(house, minutes=90), reason=WHY)  # fmt: skip
    (task,) = [name for name, one in house.record.state.tasks.items() if one.kind == "standing"]
    house.do("task.close", "S-01", {"task": task, "how": "looked at"})
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.seq, dose.standing, dose.stands) == (seq, "questioned", False)
