"""Release for one route: every test within its limit, or an exception that is never silent; two people sign."""

from __future__ import annotations

from functools import partial
from typing import Any

from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, CustodyWords, command
from proband.record.declare.data import Data, Ref, Words
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.gates.making import due
from proband.record.known import known_at
from proband.record.questions import HANDS, Hand
from proband.record.specification import failing, final_findings, not_excepted, outstanding
from proband.record.state import State


@gate("tests", mend="wait for the results, or quarantine and investigate")
def tests(c: Context) -> Refusal | None:
    """Every required test for the route is there and within its limit; a route without limits gets no release."""
    product, rule, route = c.product, c.rule, c.data["route"]
    if product is None or rule is None or not rule.release_tests_for(route):
        return Refusal("gate.tests.route", route=route)
    missing = outstanding(product, rule, route)
    if missing:
        return Refusal("gate.tests.missing", product=product.id, tests=missing)
    bad = failing(product, rule, route)
    if bad:
        return Refusal("gate.tests.outside", product=product.id, tests=bad)
    return None


@gate("exception", mend="reject the product, or finish what an exceptional release needs")
def exception(c: Context) -> Refusal | None:
    """Release in spite of a result outside its limit: only where the programme allows, investigated, never an infection."""
    product, rule, route = c.product, c.rule, c.data["route"]
    if product is None or rule is None:
        return Refusal("gate.exception.unknown")
    terms = rule.out_of_specification
    if terms is None or not terms.exceptional_release:
        return Refusal("gate.exception.forbidden")
    if not rule.release_tests_for(route) or outstanding(product, rule, route):
        return Refusal("gate.exception.incomplete", product=product.id, route=route)
    never = final_findings(product)
    if never:
        return Refusal("gate.exception.never", product=product.id, tests=never)
    if forbidden := not_excepted(rule, failing(product, rule, route)):
        return Refusal(
            "gate.exception.attribute", product=product.id, tests=forbidden, allowed=terms.attributes
        )
    if not product.investigated:
        return Refusal("gate.exception.investigation", product=product.id)
    if not c.data["participant_informed"]:
        return Refusal("gate.exception.untold")
    return None


def _other_route_signed(c: Context) -> Refusal | None:
    product = c.product
    if product is not None and product.signers and product.release_route not in (None, c.data["route"]):
        return Refusal("gate.route.first", route=product.release_route)
    return None


signing = partial(command, permission="product.release", subject="product", withdrawal=None, hold="release", consent=None,
                  current_version=False, watched=False, signature=None, reason=False, own_site=False, live=True,
                  keeps_refusal=True, route=_other_route_signed,
                  two_persons=((lambda c: c.product.signers if c.product else ()), "signed for", "sign"))  # fmt: skip


@signing("product.release", "product.released", gates=("tests", "labels", "custody", "expiry", "recalled"), steps=due("release"), signature="release",
         stage=((lambda c: c.product and c.product.status == "manufactured", "a finished product that is not in quarantine"),),
         custody=CustodyWords("release signed", lambda data: f"for {data['route']}", decides=True))  # fmt: skip
class Release(Data):
    """One releasing signature for one route; released when the bundle's number of people have signed.

    * ``route``: for which route
    """

    route: Ref


@changes("product.released")
def _released(state: State, body: Body, data: dict[str, Any]) -> None:
    rule = state.rule_of(state.products[body["subject"]])
    _sign(state, body, "ordinary", rule.release_signatures if rule else 2)


def _sign(state: State, body: Body, kind: str, needed: int) -> None:
    product = state.products[body["subject"]]
    product.signers.append(body["actor"])
    product.release_route = body["data"]["route"]
    if len(product.signers) >= needed:
        product.status = "released"
        product.release_kind = kind
        rule = state.rule_of(product)
        product.excepted = (
            failing(product, rule, product.release_route) if rule and kind == "exceptional" else []
        )
        product.released_at = body["at"]
        product.release_recorded = known_at(body)
        person = state.participants.get(product.participant)
        if person is not None:
            person.released_at = person.released_at or body["at"]


@signing("product.release-exceptionally", "product.released-exceptionally", gates=("exception", "labels", "custody", "expiry", "recalled"), steps=due("release"),
         reason=True, signature="exceptional release",
         stage=((lambda c: c.product and c.product.status in ("manufactured", "quarantined"), "a finished product"),),
         custody=CustodyWords("exceptional release signed", lambda data: f"for {data['route']}", decides=True))  # fmt: skip
class ReleaseExceptionally(Data):
    """One signature for release in spite of a result outside its limit, where the bundle allows it; never silent.

    * ``route``: for which route
    * ``risk_assessment``: why the benefit outweighs the risk
    * ``participant_informed``: whether the participant knows and agrees
    """

    route: Ref
    risk_assessment: Words
    participant_informed: bool


@changes("product.released-exceptionally")
def _released_exceptionally(state: State, body: Body, data: dict[str, Any]) -> None:
    rule = state.rule_of(state.products[body["subject"]])
    terms = rule.out_of_specification if rule else None
    _sign(state, body, "exceptional", terms.signatures if terms else 99)


HANDS.append(
    lambda product: [
        Hand("release", "product.release", "release", who, product.released_at)
        for who in product.signers
        if product.released_at is not None
    ]
)
