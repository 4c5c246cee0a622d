"""What must be so of a bag at the bed: one list of gates, passed when it is scanned and again when it is given.

What would stop the dose for the bag's sake stops the scan already, in the words of the same gate: two people who scan a bag that nobody released, that has
expired or that is somebody else's are told so while there is time to fetch another one.
"""

from __future__ import annotations

from typing import Any

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.gates.making import not_frozen, sum_in
from proband.record.gates.product import wanted_route
from proband.record.making import missing_at_the_bed
from proband.record.product import ROUNDING
from proband.record.questions import done_by_nobody
from proband.record.specification import failing, not_excepted, outstanding


@gate("release", mend="wait for the release")
def release(c: Context) -> Refusal | None:
    """The product is released, by as many people as the programme asks for, and by all that the version in force asks of it now."""
    product, rule = c.product, c.rule
    if product is None or product.status != "released":
        return Refusal(
            "gate.release.status", subject=c.subject, status=product.status if product else "unknown"
        )
    if rule is None:
        return Refusal("gate.release.kind", product=product.id, kind=product.kind)
    route = product.release_route
    left = outstanding(product, rule, route)
    if left or not rule.release_tests_for(route):
        return Refusal("gate.release.asked", product=product.id, tests=left or [f"any test for {route}"])
    excepted = set(product.excepted) - set(not_excepted(rule, product.excepted))
    bad = [test for test in failing(product, rule, route) if test not in excepted]
    if bad:
        return Refusal("gate.release.outside", product=product.id, tests=bad)
    nobody = done_by_nobody(c, "release")
    return (
        Refusal("gate.release.nobody", name=nobody.who, subject=product.id, at=nobody.at) if nobody else None
    )


def _not_ready(c: Context) -> Refusal | None:
    product, rule = c.product, c.rule
    if product is None or rule is None:
        return None
    if product.prepared_at is None and rule.after_preparation is not None:
        return Refusal("gate.condition.unprepared", product=product.id)
    refusal = not_frozen(c)
    nobody = done_by_nobody(c, "condition") if refusal is None else None
    if nobody is not None:
        return Refusal("gate.condition.nobody", name=nobody.who, work=nobody.work, subject=product.id, at=nobody.at)  # fmt: skip
    return refusal


def _steps_at_the_bed(c: Context) -> Refusal | None:
    product, rule = c.product, c.rule
    left = missing_at_the_bed(rule, product) if product is not None and rule is not None else []
    if left:
        return Refusal("gate.steps.missing", product=c.subject, steps=left)
    nobody = done_by_nobody(c, "steps")
    return Refusal("gate.steps.nobody", name=nobody.who, work=nobody.work, subject=c.subject, at=nobody.at) if nobody else None  # fmt: skip


def _other_route_released(c: Context) -> Refusal | None:
    product, wanted = c.product, wanted_route(c)
    # what nobody released was released for no route: the gate on releases says so
    if product is None or product.release_route in (None, wanted):
        return None
    return Refusal("gate.route.released", product=product.id, route=product.release_route, wanted=wanted)


def _nothing_left(c: Context) -> Refusal | None:
    product = c.product
    if product is None:
        return None
    if product.administered_at or product.disposed:
        return Refusal("gate.used.given", product=product.id)
    given = c.data.get("dose")
    if given is None:
        # it is scanned; how much of it is given is not said yet
        return None
    amount = sum_in([(given["value"], given["unit"])], product.unit) if product.unit else 0.0
    # a dose in a unit that says nothing of what is in the container (tablets, grams) is held against the dose rule alone
    if isinstance(amount, float) and amount > product.remaining * (1 + ROUNDING):
        return Refusal(
            "gate.used.remaining", product=product.id, remaining=product.remaining, unit=product.unit
        )
    return None


def other_bag(c: Context) -> tuple[str, str] | None:
    """The two identities that do not agree: whose wristband it is, and whose bag; the identifier on the bag too, where it is said."""
    product, person = c.product, c.participant
    if product is None or person is None:
        return c.subject, str(c.data.get("participant"))
    band, bag = c.data["wristband"], c.data["bag"]
    ours = c.data.get("coi", product.coi) == product.coi
    if band == person.id == product.participant and bag == product.id and ours:
        return None
    return f"wristband {band}", f"bag {bag} of {product.participant} ({product.coi})"


#: the gates of the bag that ask nothing of a command; the label is one of them
OF_THE_BAG = ("release", "labels", "recalled", "custody", "expiry")
#: what is said to those that ask something; the hold on administration is said as ``hold``, and the two scans as ``identity``
SAID_OF_THE_BAG: dict[str, Any] = {
    "condition": _not_ready,
    "steps": _steps_at_the_bed,
    "route": _other_route_released,
    "used": _nothing_left,
    "arm": lambda c: c.product.regimen if c.product else "",
}
