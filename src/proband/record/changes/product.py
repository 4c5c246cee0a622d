"""What events of a living product change, from the identifier to the disposal of the rest."""

from __future__ import annotations

from typing import Any

from proband.record.changes.declare import (
    Body,
    add_task,
    changes,
    note_dose,
)
from proband.record.events import moment, stamp
from proband.record.programme_view import duration
from proband.record.state import (
    Collection,
    Container,
    Label,
    State,
    TestResult,
    TherapyEvent,
)  # fmt: skip


@changes("therapy.opened")
def _therapy(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    regimen = view.regimen[data["regimen"]] if view else None
    state.therapies[data["coi"]] = TherapyEvent(
        data["coi"],
        body["subject"],
        data["regimen"],
        regimen.product if regimen else "",
        body["at"],
        state.seq,
    )
    state.participants[body["subject"]].therapies.append(data["coi"])


@changes("product.collected")
def _collected(state: State, body: Body, data: dict[str, Any]) -> None:
    state.collections[data["din"]] = Collection(
        data["din"], data["coi"], body["subject"], body["at"], body["site"], state.seq
    )
    person = state.participants[body["subject"]]
    person.collected_at = person.collected_at or body["at"]


@changes("product.started")
def _started(state: State, body: Body, data: dict[str, Any]) -> None:
    therapy = state.therapies.get(data["coi"])
    name = body["subject"]
    if therapy is None:
        return
    state.products[name] = Container(
        name, therapy.product, data["coi"], therapy.participant, body["at"], list(data["collections"]), [], therapy.regimen,
        place=body["site"],
    )  # fmt: skip
    state.makers.setdefault(therapy.participant)
    for din in data["collections"]:
        if din in state.collections:
            state.collections[din].used_by = name


@changes("product.processed")
def _processed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.steps += 1
    for lot in data["lots"]:
        if lot not in product.lots:
            product.lots.append(lot)
            state.lots.setdefault(lot, []).append(product.id)


def _child(
    state: State, parents: list[Container], name: str, amount: dict[str, Any], body: Body
) -> Container:
    first = parents[0]
    child = Container(
        name, first.kind, first.coi, first.participant, body["at"],
        [din for parent in parents for din in parent.collections], [parent.id for parent in parents], first.regimen,
        status="manufactured" if all(parent.status == "manufactured" for parent in parents) else first.status,
        amount=amount["value"], unit=amount["unit"], remaining=amount["value"], frozen=first.frozen, place=body["site"],
    )  # fmt: skip
    child.expires_at = min((parent.expires_at for parent in parents if parent.expires_at), default=None)
    child.excursion = any(parent.excursion for parent in parents)
    child.investigated = all(parent.investigated for parent in parents)
    for parent in parents:
        # what was found of the whole holds for every part of it
        child.tests.update(parent.tests)
        child.out_of_specification.extend(parent.out_of_specification)
        for lot in parent.lots:
            if lot not in child.lots:
                child.lots.append(lot)
                state.lots.setdefault(lot, []).append(name)
    state.products[name] = child
    return child


@changes("product.divided")
def _divided(state: State, body: Body, data: dict[str, Any]) -> None:
    parent = state.products[body["subject"]]
    for part in data["into"]:
        child = _child(state, [parent], part["id"], part["amount"], body)
        if data["purpose"] != "doses":
            child.status = "retained"
        parent.remaining -= part["amount"]["value"] if parent.amount is not None else 0.0
    if data["purpose"] == "doses":
        parent.status = "used"


@changes("product.pooled")
def _pooled(state: State, body: Body, data: dict[str, Any]) -> None:
    parents = [state.products[name] for name in data["products"]]
    _child(state, parents, body["subject"], data["amount"], body)
    for parent in parents:
        parent.status = "used"


@changes("product.manufactured")
def _manufactured(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    expires = data["expires_at"]
    if rule is not None and rule.shelf_life is not None:
        # the bundle's shelf life is the most that a label may say
        expires = min(expires, stamp(moment(body["at"]) + duration(rule.shelf_life)))
    product.status = "manufactured"
    product.amount = product.remaining = data["amount"]["value"]
    product.unit = data["amount"]["unit"]
    product.expires_at = expires
    person = state.participants[product.participant]
    person.manufactured_at = person.manufactured_at or body["at"]


@changes("product.frozen")
def _frozen(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].frozen = True


@changes("product.thawed")
def _thawed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.frozen = False
    product.thawed_at = body["at"]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    if rule is not None and rule.after_thaw is not None:
        limit = stamp(moment(body["at"]) + duration(rule.after_thaw))
        product.expires_at = min(product.expires_at or limit, limit)


@changes("product.failed")
def _failed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.status = "failed"
    state.product_failures[product.participant] = None


@changes("product.tested")
def _tested(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    test = next((test for test in rule.release_tests if test.id == data["test"]), None) if rule else None
    if test is None:
        return
    passes = test.passes(data["result"])
    product.tests[test.id] = TestResult(data["result"], body["at"], state.seq, passes)
    if passes or not test.required:
        return
    product.out_of_specification.append(test.id)
    if product.status in ("in-process", "manufactured", "released"):
        product.status = "quarantined"
        product.investigated = False
        product.signers.clear()
        product.release_route = None
    if product.administered_at:
        state.product_failures[product.participant] = None
        add_task(state, "inform", product.participant, body["at"][:10], f"{test.id} of {product.id} failed after it was given",
              f"inform:{product.id}:{test.id}")  # fmt: skip


@changes("product.quarantined")
def _quarantined(state: State, body: Body, data: dict[str, Any]) -> None:
    _set_aside(state.products[body["subject"]])


def _set_aside(product: Container) -> None:
    product.status = "quarantined"
    product.investigated = False
    product.signers.clear()
    product.release_route = None


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


def _sign(state: State, body: Body, kind: str, needed: int) -> None:
    product = state.products[body["subject"]]
    product.signers.append(body["actor"])
    product.release_route = body["data"]["route"]
    if len(product.signers) >= needed:
        product.status = "released"
        product.release_kind = kind
        product.released_at = body["at"]
        person = state.participants[product.participant]
        person.released_at = person.released_at or body["at"]


@changes("product.released")
def _released(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    rule = view.product.get(state.products[body["subject"]].kind) if view else None
    _sign(state, body, "ordinary", rule.release_signatures if rule else 2)


@changes("product.released-exceptionally")
def _released_exceptionally(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    rule = view.product.get(state.products[body["subject"]].kind) if view else None
    terms = rule.out_of_specification if rule else None
    _sign(state, body, "exceptional", terms.signatures if terms else 99)


@changes("product.rejected")
def _rejected(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].status = "rejected"


@changes("product.sent")
def _sent(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].sent_to = data["to"]


@changes("product.received")
def _received(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.place, product.sent_to = body["site"], None
    if not data["in_range"]:
        product.excursion = True


@changes("dose.checked")
def _dose_checked(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].dose_checked = {**data, "by": body["actor"], "at": body["at"]}


@changes("bedside.verified")
def _bedside(state: State, body: Body, data: dict[str, Any]) -> None:
    people = sorted({entry["signer"] for entry in body["signatures"] if entry["meaning"] == "bedside check"})
    state.products[body["subject"]].checked = {
        "participant": data["participant"], "at": body["at"], "site": body["site"], "persons": people,
    }  # fmt: skip


@changes("product.administered")
def _administered(state: State, body: Body, data: dict[str, Any]) -> None:
    note_dose(state, body, valid=True)


@changes("deviation.recorded")
def _deviation(state: State, body: Body, data: dict[str, Any]) -> None:
    state.deviations[state.seq] = {"kind": "administration in deviation", "subject": body["subject"], **data}
    add_task(
        state,
        "deviation",
        data["participant"],
        body["at"][:10],
        data["what_happened"],
        f"deviation:{state.seq}",
    )
    note_dose(state, body, valid=False)


@changes("product.disposed")
def _disposed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.disposed = True
    product.remaining = 0.0
    if product.status not in ("administered", "failed", "rejected"):
        product.status = "disposed"


@changes("label.printed")
def _printed(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in data["labels"]:
        state.labels[name] = Label(name, body["subject"], data["coi"], len(state.labels) + 1)
        state.products[body["subject"]].labels.append(name)


@changes("label.accounted")
def _accounted(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in data["labels"]:
        state.labels[name].fate = data["fate"]


@changes("lot.recalled")
def _recalled(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in state.lots.get(data["lot"], []):
        product = state.products[name]
        if product.administered_at:
            add_task(state, "recall", product.participant, data["notified_on"], f"was given {name}, made with lot {data['lot']}",
                  f"recall:{data['lot']}:{name}")  # fmt: skip
        elif product.status in ("in-process", "manufactured", "released"):
            _set_aside(product)
