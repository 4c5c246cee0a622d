"""One protocol with a product for each form of the condition: nobody comes to the product of another form, nor to one while their form is unknown."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.fold import fold_all

from .synthetic import Hospital, doctor, hospital, view
from .test_course import refused

FORMS = {"first-cells": ["variant-a"], "second-cells": ["variant-b", "variant-c"], "any-cells": []}


def house_of(arms: dict[str, list[str]] | None = None) -> Hospital:
    one: dict[str, Any] = view().model_dump(mode="json")["arms"][0]
    changes = {
        "arms": [one | {"id": id, "sub_indications": forms} for id, forms in (arms or FORMS).items()],
        "forms": ["variant-a", "variant-b", "variant-c"],
        "allocation": {"method": "none", "concealment": "everybody gets the product of their form"},
    }
    house = hospital(changes=changes)
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step("S-1")
    return house


def allocate(house: Hospital, arm: str | None, form: str | None) -> None:
    data: dict[str, Any] = {"stratum": {"sub-indication": form} if form else {}}
    house.do("participant.allocate", "S-1", data | ({"arm": arm} if arm else {}), actor=doctor("north"))


@pytest.mark.parametrize(("arm", "form"), list(product(FORMS, ["variant-a", "variant-b", "variant-c", None])))
def test_an_arm_takes_people_of_its_forms_and_nobody_else(arm: str, form: str | None) -> None:
    house = house_of()
    if not FORMS[arm] or form in FORMS[arm]:
        allocate(house, arm, form)
        assert house.record.state.participants["S-1"].arm == arm
        assert fold_all(list(house.record.events()), "SYN") == house.record.state
    else:
        code = "gate.scheme.closed" if form else "gate.scheme.form-unsaid"
        assert refused(lambda: allocate(house, arm, form)) == [code]
        assert house.record.state.participants["S-1"].arm is None


def test_a_form_that_is_none_is_refused_and_the_form_alone_says_the_arm() -> None:
    house = house_of({"first-cells": ["variant-a"], "second-cells": ["variant-b"]})
    assert refused(lambda: allocate(house, "first-cells", "variant-x")) == ["gate.scheme.form-unknown"]
    with pytest.raises(Refused):
        allocate(house, None, None)
    allocate(house, None, "variant-b")
    assert house.record.state.participants["S-1"].arm == "second-cells"
