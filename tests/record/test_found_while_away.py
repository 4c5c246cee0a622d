"""A finding that comes in while a container of the family is out on a tablet reaches the dose that was given there, in whatever order they come home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proband.record.errors import RecordError
from proband.record.findings import board_pack
from proband.record.heads import SigningKey
from proband.record.tables import table

from .masked import MASKED, admitted, alike, drawn, given, seal_list
from .synthetic import WHY, Hospital, hospital, stands, view
from .tablet import Tablet, judging_nothing
from .test_donors import retract
from .test_family import enter, whole
from .test_kits import Ward, kit_of, received, scanned
from .test_stock import changes, dispensed, donor, lab, lot

Finding = Callable[[Hospital], Any]
#: what is found, of what: a sibling, the batch that they were made of, the very bag, its reagents
OF_A_BAG: dict[str, Finding] = {
    "sterility of a sibling": lambda house: enter(house, "W1c", "sterility", "positive"),
    "sterility of the batch": lambda house: enter(house, "W1", "sterility", "positive"),
    "a test after the release": lambda house: enter(house, "W1bx", "sterility-final", "positive"),
    "a contaminated cousin": lambda house: house.do("product.fail", "W1by", {"kind": "contamination"}, actor="lab-1", reason=WHY),
    "a recalled reagent": lambda house: house.do("lot.recall", "SYN", {"lot": "LOT-1", "notified_on": house.now[:10]}, actor="qa-1"),
}  # fmt: skip
OF_A_LOT: dict[str, Finding] = {
    "a test of the donor": lambda house: lab(house, "donor.test", "D-1", test="hiv", result="positive", sampled_on=house.now[:10], laboratory="x"),
    "what the donor learnt": lambda house: lab(house, "donor.follow", "D-1", finding="malignancy"),
    "sterility of the lot": lambda house: enter(house, "LOT-A", "sterility", "positive"),
    "a recall of the lot": lambda house: house.do("lot.recall", "SYN", {"lot": "lot_a", "notified_on": house.now[:10]}, actor="qa-1"),
}  # fmt: skip
#: when the finding comes in: before the dose, after it and before the tablet is home, when it is home
ORDERS = ("found, given, home", "given, found, home", "given, home, found")


def a_bag(where: str) -> tuple[Hospital, Tablet]:
    house = whole(where)
    house.release("W1a")
    label = next(name for name in house.record.state.products["W1a"].labels if house.record.state.labels[name].fate == "applied")  # fmt: skip
    house.check("W1a", "S-1")
    return house, Tablet(house, "W1a", "COI-1", label)


def a_pack(where: str) -> tuple[Hospital, Tablet]:
    house = hospital(where, changes=changes())
    donor(house)
    lot(house)
    house.admit("S-1")
    label = dispensed(house, "S-1", "PACK-1")
    house.check("PACK-1", "S-1")
    return house, Tablet(house, "PACK-1", "LOT-A", label)


def played(house: Hospital, order: str, found: Callable[[], Any], give: Callable[[], Any], back: Callable[[], Any]) -> None:  # fmt: skip
    acts = {"found": found, "given": give, "home": back}
    for one in order.split(", "):
        house.wait(minutes=10)
        acts[one]()
    house.wait(minutes=10)


def is_followed(house: Hospital, stands_still: bool = False) -> None:
    """The dose counts as given and does not simply stand: it is questioned or never valid, somebody has a task, they are watched and told, the board and the aftercare say so.

    Only what was recalled after the record had taken the dose in questions nothing of it: it is followed.
    """
    state = house.record.state
    (dose,) = [one for one in state.participants["S-1"].doses if one.happened]
    assert (not dose.valid or dose.standing == "questioned") != stands_still, dose
    open_tasks = [one for one in state.tasks.values() if one.done is None]
    mine = {one.kind for one in open_tasks if one.subject == "S-1"}
    assert "watch" in mine, mine
    assert mine & {"inform", "recall"}, mine
    assert stands_still or {one.kind for one in open_tasks} & {"conflict", "standing"}
    pack = board_pack(state)
    assert [one["participant"] for one in pack.watches] == ["S-1"]
    assert stands_still or pack.deviations
    (row,) = table(state, "aftercare")
    assert row["found_since"] or row["recalled_lots"]
    assert "watch:" in row["to_do"]
    stands(house)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("finding", [*OF_A_BAG, *OF_A_LOT])
def test_a_finding_reaches_what_was_given_without_network(where: str, finding: str, order: str) -> None:
    house, tablet = a_bag(where) if finding in OF_A_BAG else a_pack(where)
    tablet.issue()
    tablet.start()

    def give() -> None:
        tablet.check()
        house.wait(minutes=1)
        tablet.give()

    played(house, order, lambda: (OF_A_BAG | OF_A_LOT)[finding](house), give, tablet.back)
    is_followed(house, stands_still="recall" in finding and order == ORDERS[2])
    house.record.store.close()


@pytest.mark.parametrize("order", ORDERS)
def test_a_recall_reaches_a_kit_that_was_given_without_network(where: str, order: str) -> None:
    house = hospital(where, programme=view(**alike(), allocation=drawn(), masking=MASKED))
    house.record.key = SigningKey.generate()
    seal_list(house, bytes(32))
    admitted(house, "S-1")
    for number, arm in enumerate(("cells", "vehicle")):
        received(house, f"K-{number}", arm, ["PACK-1"])
        for actor in ("qa-1", "qa-2"):
            house.do("kit.release", f"K-{number}", {}, actor=actor)
    house.do("kit.assign", "S-1")
    kit = kit_of(house)
    house.check(kit, "S-1")
    ward = Ward(house)

    def give() -> None:
        ward.bedside.execute(scanned(kit))

    recalled = {"lot": "pack_1", "notified_on": house.now[:10]}
    played(house, order, lambda: house.do("lot.recall", "SYN", recalled, actor="qa-1"), give, ward.back)
    state = house.record.state
    (dose,) = state.participants["S-1"].doses
    kinds = {one.kind for one in state.tasks.values() if one.done is None and one.subject == "S-1"}
    assert {"watch", "recall"} <= kinds
    # what the record had taken in before anybody knew stands, and is followed; what comes home after the recall is a conflict, which people look at
    assert dose.valid == (order == ORDERS[2])
    house.record.store.close()


def test_a_wrong_bag_that_was_really_given_is_followed_by_what_was_known_of_it(where: str) -> None:
    """Not only a tablet is late: whoever records as a deviation that an infected bag was given has somebody who is watched from then on."""
    house = whole(where)
    enter(house, "W1c", "sterility", "positive")
    house.wait(minutes=5)
    told = {"participant": "S-1", "route": "intrathecal", "dose": {"value": 8e7, "unit": "{cells}"}, "what_happened": WHY}  # fmt: skip
    house.do("deviation.record", "W1a", told)
    kinds = {one.kind for one in house.record.state.tasks.values() if one.done is None and one.subject == "S-1"}  # fmt: skip
    assert {"watch", "inform", "deviation"} <= kinds
    assert house.record.state.product_failures
    stands(house)
    house.record.store.close()


def test_what_was_never_found_of_it_is_followed_no_longer(where: str) -> None:
    """The finding is taken back after the tablet has come home: its watch ends, as that of a dose that was known of."""
    house, tablet = a_pack(where)
    tablet.issue()
    tablet.start()
    seq = lab_seq(house)
    house.wait(minutes=10)
    with judging_nothing():
        tablet.check()
        house.wait(minutes=1)
        tablet.give()
    tablet.back()
    watches = [one for one in house.record.state.tasks.values() if one.kind == "watch"]
    assert [one.done for one in watches] == [None]
    retract(house, "donor.tested", seq)
    assert [one.done is not None for one in watches] == [True]
    assert house.record.state.product_failures == {}
    house.record.store.close()


def lab_seq(house: Hospital) -> int:
    OF_A_LOT["a test of the donor"](house)
    return house.record.state.seq


def test_a_dose_of_nothing_that_was_found_is_watched_by_nobody(where: str) -> None:
    house, tablet = a_bag(where)
    tablet.issue()
    tablet.start()
    house.wait(minutes=1)
    tablet.check()
    tablet.give()
    tablet.back()
    assert not [one for one in house.record.state.tasks.values() if one.kind in ("watch", "inform", "recall")]
    assert [one.stands for one in house.record.state.participants["S-1"].doses] == [True]
    with pytest.raises(RecordError):
        given(house, "S-1", "W1a")
    house.record.store.close()
