"""A programme that has a bank beside the cells of its own people: a product made of donors for many, and one that is bought."""

from __future__ import annotations

from typing import Any

from .synthetic import ROLES, WHY, product, q, release_test, view

DONORS = {
    "source": "synthetic", "level": "inference",
    "consent": [
        {"id": "donor-1", "document": "consent/donor.md", "language": "en", "in_force": "2026-01-01"},
        {"id": "donor-2", "document": "consent/donor.md", "language": "en", "in_force": "2026-06-01"},
    ],
    "tests": [{"id": "hiv", "name": "HIV", "within": q(7, "d"), "method": WHY}, {"id": "hbv", "name": "HBV", "within": q(7, "d"), "method": WHY}],
    "follow_up": [q(30, "d")],
}  # fmt: skip
#: what each role may do besides, for the bank
MORE = {
    "operator": ["donor.*", "stock.keep"],
    "quality": ["donor.determine", "stock.keep"],
    "pharmacist": ["stock.*"],
    "physician": ["stock.dispense"],
}
WITH_A_BANK = [
    {"id": id, "name": id + " role", "training": training, "may": may + MORE.get(id, [])}
    for id, (may, training) in ROLES.items()
]


def bought() -> dict[str, Any]:
    """A medicine that comes from whoever makes it."""
    return product(id="tablet", name="tablet", kind="small-molecule", cell_class=None, routes=["oral"], manufacturing=[],
                   release_tests=[release_test("identity", "identity", "conforms") | {"routes": ["oral"]}])  # fmt: skip


def with_a_bank(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes of a programme, with a second product made of donors in the way of its first, an arm that is given it, and a medicine that is bought."""
    made, regimen = changes["products"][0], changes["regimens"][0]
    arms = view().model_dump(mode="json")["arms"]
    return {
        **changes,
        "roles": WITH_A_BANK,
        "products": [
            made,
            made
            | {"id": "bank", "name": "bank", "kind": "allogeneic-cells", "source_material": "cells of donors", "donors": DONORS},
            bought(),
        ],
        "regimens": [regimen, regimen | {"id": "banked", "product": "bank"}, regimen | {"id": "by-mouth", "product": "tablet", "route": "oral"}],
        "arms": [*arms, {"id": "bank", "name": "bank", "regimen": "banked", "weight": 1}],
    }  # fmt: skip
