"""The life of a participant and a product, from outside: what goes through, and what stops, with its reason."""

from __future__ import annotations

import pytest

from proband.record.errors import Refused

from .synthetic import Hospital, hospital


@pytest.fixture
def house() -> Hospital:
    return hospital()


def refused(call, *gates: str) -> Refused:
    with pytest.raises(Refused) as error:
        call()
    assert error.value.gates == list(gates), error.value
    for refusal in error.value.refusals:
        assert refusal.message
        assert refusal.mend
    return error.value


def test_a_whole_life_goes_through(house: Hospital) -> None:
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    person = house.record.state.participants["S-1"]
    assert person.number == 1
    assert person.stage == "in follow-up"
    assert [dose.valid for dose in person.doses] == [True]
    assert house.record.state.invalid == {}
