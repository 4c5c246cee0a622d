"""Testing the product, putting it aside, looking into it, rejecting it, recalling what a reagent lot touched."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from proband.record.declare.change import Body, add_task, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, Context, CustodyWords, WayBack, command, never
from proband.record.declare.data import Data, Day, Ref, TracedWords, Words
from proband.record.declare.gate import gate
from proband.record.declare.wording import FINDING, FREE
from proband.record.errors import Refusal
from proband.record.events import ASKED_SINCE_VERSION
from proband.record.family import given_of, spread, take_finding_back, watch
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.product import TestResult
from proband.record.specification import final_findings, is_final, outside, tested_too_often
from proband.record.state import State

#: quality control works for every site, and touches no person
quality = partial(command, withdrawal=None, hold=None, consent=None, current_version=False, signature=None, reason=False,
                  live=False, own_site=False)  # fmt: skip


@gate("test-known", mend="use the programme's tests, and enter what was measured")
def test_known(c: Context) -> Refusal | None:
    """The test is one of the programme's for this product, with a result of its kind."""
    rule = c.rule
    test = next((test for test in rule.release_tests if test.id == c.data["test"]), None) if rule else None
    if test is None:
        return Refusal("gate.test-known.unknown", test=c.data["test"])
    numeric = test.operator not in ("negative", "conforms")
    if numeric == isinstance(c.data["result"], str):
        return Refusal(
            "gate.test-known.number" if numeric else "gate.test-known.finding",
            test=test.name,
            result=c.data["result"],
        )
    return None


def _not_tested(state: State, subject: str, seq: int) -> str | None:
    """What was not found of this container was found of none of its family; what was released on it is put aside."""
    return take_finding_back(state, subject, seq)


def _put_aside_instead(state: State, subject: str, seq: int) -> str | None:
    """What was given up by mistake is put aside: somebody looks into it before it goes on."""
    if state.products[subject].status in ("rejected", "failed"):
        state.products[subject].set_aside()
    return None


@quality("product.test", "product.tested", way_back=WayBack(_not_tested), at_closed_site=True, subject="product", stage=AT_ANY_STAGE, watched=True, gates=("test-known",),
         custody=CustodyWords("tested", lambda data: f"{data['test']}: {data['result']}"))  # fmt: skip
class Test(Data):
    """A result of a release test; a result outside its limit puts the product into quarantine at once.

    * ``test``: the test, as the programme names it
    * ``result``: the number that was measured, or the finding
    * ``laboratory``: who measured it
    * ``method``: how
    """

    test: Ref
    result: float | Annotated[str, FINDING]
    laboratory: TracedWords
    method: Annotated[str | None, FREE] = None


@changes("product.tested")
def _tested(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    rule = state.rule_of(product)
    test = next((test for test in rule.release_tests if test.id == data["test"]), None) if rule else None
    if test is None:
        return
    passes = test.passes(data["result"])
    final = is_final(test.attribute) and test.required
    counted = body["v"] >= ASKED_SINCE_VERSION
    result = TestResult(data["result"], body["at"], state.seq, passes, product.id, final, counted)
    if not passes and test.required:
        spread(state, body, product, test.id, result, test.attribute)
        return
    # what is found of the whole is found of its parts, also where it is entered after the division; what happened last counts in each
    for one in (product, *state.made_of(product.id)):
        if one is not product and len(one.parents) > 1:
            # another part of the pool may have failed: one that passes says nothing of it
            continue
        one.tests.setdefault(test.id, []).append(statement(state, body, result))


@quality("product.quarantine", "product.quarantined", at_closed_site=True, subject="product", stage=AT_ANY_STAGE, watched=False, gates=(),
         product_open=OPEN_OR_RELEASED, reason=True, custody=CustodyWords("quarantined"))  # fmt: skip
class Quarantine(Data):
    """Put a product aside until somebody has looked into it."""


@changes("product.quarantined")
def _quarantined(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.set_aside()
    # what is dispensed of a lot is the lot, wherever it is
    for one in state.made_of(product.id) if product.serves_many else ():
        if one.status in OPEN_OR_RELEASED:
            one.set_aside()


@gate("way-out", mend="reject it, or take the way that the programme names")
def way_out(c: Context) -> Refusal | None:
    """An investigation opens no other way than the programme names: a retest, an exceptional release, or none."""
    product, rule, conclusion = c.product, c.rule, c.data["conclusion"]
    if product is None or rule is None or conclusion == "rejected":
        return None
    final = final_findings(product)
    if final:
        return Refusal("gate.way-out.final", product=product.id, tests=final)
    terms = rule.out_of_specification
    if conclusion == "exceptional-release-possible":
        allowed = terms is not None and terms.exceptional_release
        return None if allowed else Refusal("gate.way-out.exception", product=product.id)
    retest = terms.retest if terms is not None else []
    named = [test for test in rule.release_tests if test.attribute not in retest]
    against = outside(product, rule, named)
    if against:
        return Refusal("gate.way-out.retest", product=product.id, tests=against)
    often = tested_too_often(product, rule)
    return Refusal("gate.way-out.often", product=product.id, tests=often, retests=terms.retests if terms else 0) if often else None  # fmt: skip


@quality("product.investigate", "product.investigated", permission="product.quarantine", subject="product", watched=False,
         gates=("way-out",), stage=((lambda c: c.product and c.product.status == "quarantined", "a product in quarantine"),),
         signature="investigation", custody=CustodyWords("investigated", decides=True))  # fmt: skip
class Investigate(Data):
    """The end of an investigation: what was found, and whether the product may go on.

    * ``finding``: what was found
    * ``conclusion``: what becomes of the product
    """

    finding: Words
    conclusion: Literal["goes-on", "rejected", "exceptional-release-possible"]


@changes("product.investigated")
def _investigated(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    if data["conclusion"] == "rejected":
        product.status = "rejected"
        return
    product.investigated = True
    if data["conclusion"] == "goes-on":
        made = product.amount is not None or product.kit is not None
        product.status = "manufactured" if made else "in-process"
        product.excursion = False


@quality("product.reject", "product.rejected", way_back=WayBack(_put_aside_instead), at_closed_site=True, permission="product.quarantine", subject="product", stage=AT_ANY_STAGE,
         watched=False, gates=(), product_open=OPEN_OR_RELEASED, reason=True, signature="rejection",
         custody=CustodyWords("rejected", decides=True))  # fmt: skip
class Reject(Data):
    """Reject a product for good."""


@changes("product.rejected")
def _rejected(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.status = "rejected"
    for one in state.made_of(product.id) if product.serves_many else ():
        if one.status in OPEN_OR_RELEASED:
            one.status = "rejected"


@quality("lot.recall", "lot.recalled", at_closed_site=True, everywhere=True, bears=never, permission="product.recall", subject="study", stage=AT_ANY_STAGE, watched=False,
         gates=(), reason=True, signature="recall")  # fmt: skip
class RecallLot(Data):
    """Recall a reagent lot: nothing is made with it, every product that it touched is put aside and not used, everybody who got one is followed.

    * ``lot``: the lot
    * ``notified_on``: the day of the notice
    """

    lot: Ref
    notified_on: Day


@changes("lot.recalled")
def _recalled(state: State, body: Body, data: dict[str, Any]) -> None:
    lot = state.note_lot(data["lot"])
    state.recalled[lot] = state.seq
    touched = [state.products[name] for name in state.lots.get(lot, ())]
    for product in touched:
        if product.status in ("in-process", "manufactured", "released"):
            product.set_aside()
    for person, dose in given_of(state, touched):
        add_task(state, "recall", person.id, data["notified_on"], f"was given {dose.product}, made with lot {lot}", f"recall:{lot}:{dose.product}")  # fmt: skip
        watch(
            state,
            person.id,
            body["day"],
            f"{dose.product}, given on {dose.at[:10]}, was made with lot {lot}, which was recalled",
            dose.product,
        )


@quality("lot.reinstate", "lot.reinstated", at_closed_site=True, everywhere=True, bears=never, permission="product.recall", subject="study", watched=False, gates=("second-person",),
         stage=((lambda c: c.state.lot_as_known(c.data["lot"]) in c.state.recalled, "a lot that was recalled"),), reason=True, signature="recall")  # fmt: skip
class ReinstateLot(Data):
    """Whoever recalled a lot has withdrawn the recall: two people say so; what it touched stays aside until it was looked into.

    * ``lot``: the lot
    """

    lot: Ref


@changes("lot.reinstated")
def _reinstated(state: State, body: Body, data: dict[str, Any]) -> None:
    state.recalled.pop(state.lot_as_known(data["lot"]), None)
