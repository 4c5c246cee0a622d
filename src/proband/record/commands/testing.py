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
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.product import Container, TestResult
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
    """What was not found of this container was found of nothing that was made from it; what was released on it is put aside."""
    since: str | None = None
    for product in (state.products[subject], *state.made_of(subject)):
        for results in product.tests.values():
            for one in results:
                if one.seq == seq and one.until in (None, state.seq):
                    one.until, since = state.seq, one.at
        if since is not None and product.status == "released" and not product.administered_at:
            _set_aside(product)
    return since


def _put_aside_instead(state: State, subject: str, seq: int) -> str | None:
    """What was given up by mistake is put aside: somebody looks into it before it goes on."""
    if state.products[subject].status in ("rejected", "failed"):
        _set_aside(state.products[subject])
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
    view = state.view
    rule = view.product.get(product.kind) if view else None
    test = next((test for test in rule.release_tests if test.id == data["test"]), None) if rule else None
    if test is None:
        return
    passes = test.passes(data["result"])
    result = TestResult(data["result"], body["at"], state.seq, passes)
    # what is found of the whole is found of its parts, also where it is entered after the division; what happened last counts in each
    for one in (product, *state.made_of(product.id)):
        pooled = one is not product and len(one.parents) > 1
        if pooled and passes:
            # one part that failed makes the pool fail: another that passes says nothing of it
            continue
        at = max(body["at"], one.made_at) if pooled else body["at"]
        one.tests.setdefault(test.id, []).append(statement(state, body, result, at))
        if not passes and test.required:
            _out_of_limits(state, body, one, test.id)


def _out_of_limits(state: State, body: Body, product: Container, test: str) -> None:
    product.out_of_specification.append(test)
    if product.status in ("in-process", "manufactured", "released"):
        product.status = "quarantined"
        product.investigated = False
        product.signers.clear()
        product.release_route = None
    if product.administered_at:
        state.product_failures[product.participant] = None
        add_task(state, "inform", product.participant, body["at"][:10], f"{test} of {product.id} failed after it was given",
              f"inform:{product.id}:{test}")  # fmt: skip


@quality("product.quarantine", "product.quarantined", at_closed_site=True, subject="product", stage=AT_ANY_STAGE, watched=False, gates=(),
         product_open=OPEN_OR_RELEASED, reason=True, custody=CustodyWords("quarantined"))  # fmt: skip
class Quarantine(Data):
    """Put a product aside until somebody has looked into it."""


@changes("product.quarantined")
def _quarantined(state: State, body: Body, data: dict[str, Any]) -> None:
    _set_aside(state.products[body["subject"]])


def _set_aside(product: Container) -> None:
    product.status = "quarantined"
    product.investigated = False
    product.signers.clear()
    product.release_route = None


@quality("product.investigate", "product.investigated", permission="product.quarantine", subject="product", watched=False,
         gates=(), stage=((lambda c: c.product and c.product.status == "quarantined", "a product in quarantine"),),
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
        product.status = "manufactured" if product.amount is not None else "in-process"
        product.excursion = False


@quality("product.reject", "product.rejected", way_back=WayBack(_put_aside_instead), at_closed_site=True, permission="product.quarantine", subject="product", stage=AT_ANY_STAGE,
         watched=False, gates=(), product_open=OPEN_OR_RELEASED, reason=True, signature="rejection",
         custody=CustodyWords("rejected", decides=True))  # fmt: skip
class Reject(Data):
    """Reject a product for good."""


@changes("product.rejected")
def _rejected(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].status = "rejected"


@quality("lot.recall", "lot.recalled", at_closed_site=True, bears=never, permission="product.recall", subject="study", stage=AT_ANY_STAGE, watched=False,
         gates=(), reason=True, signature="recall")  # fmt: skip
class RecallLot(Data):
    """Recall a reagent lot: every product that it touched is put aside, everybody who got one is followed.

    * ``lot``: the lot
    * ``notified_on``: the day of the notice
    """

    lot: Ref
    notified_on: Day


@changes("lot.recalled")
def _recalled(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in state.lots.get(data["lot"], []):
        product = state.products[name]
        if product.administered_at:
            add_task(state, "recall", product.participant, data["notified_on"], f"was given {name}, made with lot {data['lot']}",
                  f"recall:{data['lot']}:{name}")  # fmt: skip
        elif product.status in ("in-process", "manufactured", "released"):
            _set_aside(product)
