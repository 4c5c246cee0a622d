"""Handing over and taking over, with two scans each; and the labels that are scanned."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.programme.product import KeptRange
from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, CustodyWords, command
from proband.record.declare.data import Amount, Data, Ref, TracedWords, amount_words
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.gates.making import off_range
from proband.record.gates.product import mismatch
from proband.record.known import known_at
from proband.record.making import note_done, steps_recorded_as
from proband.record.product import Label
from proband.record.state import State
from proband.terms import ProbandError, convert

#: paper and boxes: of no site, and touching no person
handling = partial(command, subject="product", withdrawal=None, hold=None, consent=None, current_version=False, watched=False,
                   signature=None, reason=False, live=False, own_site=False)  # fmt: skip


@gate(
    "label",
    mend="name the container and each of its labels once",
    says="which label cannot be printed or accounted for",
)
def label(c: Context) -> Refusal | None:
    """A label is printed once, for a container of this identity, and its fate is told once."""
    product, names = c.product, c.data["labels"]
    if product is None or len(set(names)) != len(names):
        return Refusal("gate.label.unknown")
    return c.told("label")


def _not_to_print(c: Context) -> Refusal | None:
    product = c.product
    if product is None:
        return None
    if any(name in c.state.labels for name in c.data["labels"]):
        return Refusal("gate.label.printed")
    if c.data["coi"] != product.coi:
        return mismatch(f"label for {c.data['coi']}", f"container {product.id} of {product.coi}")
    return None


@handling("label.print", "label.printed", permission="product.label", stage=AT_ANY_STAGE, label=_not_to_print, unique=NewNames("labels", lambda body: body["data"]["labels"], known=True),
          custody=CustodyWords("labels printed", lambda data: f"{len(data['labels'])} labels"), gates=())  # fmt: skip
class PrintLabels(Data):
    """Print labels with two independent identifiers; every one of them must be accounted for.

    * ``labels``: the numbers of the labels
    * ``coi``: the chain-of-identity identifier on them
    """

    labels: Annotated[list[Ref], Field(min_length=1)]
    coi: Ref


@changes("label.printed")
def _printed(state: State, body: Body, data: dict[str, Any]) -> None:
    for name in data["labels"]:
        state.labels[name] = Label(name, body["subject"], data["coi"], len(state.labels) + 1)
        state.products[body["subject"]].labels.append(name)


def _not_to_account(c: Context) -> Refusal | None:
    product = c.product
    if product is None:
        return None
    for name in c.data["labels"]:
        entry = c.state.labels.get(name)
        if entry is None or entry.container != product.id:
            return Refusal("gate.label.other", label=name, product=product.id)
        if entry.fate != "printed" and not (entry.fate == "applied" and c.data["fate"] == "destroyed"):
            return Refusal("gate.label.told", label=name, fate=entry.fate)
    return None


@handling("label.fate", "label.accounted", permission="product.label", stage=AT_ANY_STAGE, label=_not_to_account,
          custody=CustodyWords("labels accounted for", lambda data: f"{len(data['labels'])} {data['fate']}"), gates=())  # fmt: skip
class AccountLabels(Data):
    """What became of printed labels: applied, spoiled or destroyed.

    * ``labels``: the numbers of the labels
    * ``fate``: what became of them
    """

    labels: Annotated[list[Ref], Field(min_length=1)]
    fate: Literal["applied", "spoiled", "destroyed"]


@changes("label.accounted")
def _accounted(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    for name in data["labels"]:
        state.labels[name].fate = data["fate"]
    product.permitted["labels"] = known_at(body)
    steps = steps_recorded_as(state.rule_of(product), "label")
    if any(state.labels[name].fate == "applied" for name in product.labels):
        note_done(product, steps, [body["actor"]], body, "product.label")
    else:
        for step in steps:
            product.done.pop(step.id, None)
            product.agreed.pop(step.id, None)


def _other_label(c: Context) -> tuple[str, str] | None:
    product, entry = c.product, c.state.labels.get(c.data["label"])
    if (
        product is not None
        and entry is not None
        and entry.container == product.id
        and entry.fate == "applied"
        and c.data["coi"] == product.coi
    ):
        return None
    return (
        f"label {c.data['label']} ({entry.container if entry else 'unknown'})",
        f"{c.subject} of {c.data['coi']}",
    )


def _kept(c: Context, amounts: list[Any]) -> KeptRange | None:
    """The range of the container's state, where one of the temperatures that are told lies outside it."""
    kept = c.rule.kept(c.product.condition) if c.rule is not None and c.product is not None else None
    told = [amount for amount in amounts if amount is not None]
    return (
        kept if kept is not None and any(off_range(amount, kept.low, kept.high) for amount in told) else None
    )


def _untold(c: Context, names: tuple[str, ...]) -> Refusal | None:
    kept = c.rule.kept(c.product.condition) if c.rule is not None and c.product is not None else None
    left = [name for name in names if c.data[name] is None]
    return (
        Refusal("gate.range.untold", fields=left, subject=c.subject, state=kept.state)
        if kept and left
        else None
    )


def _range_at_departure(c: Context) -> Refusal | None:
    kept = _kept(c, [c.data["temperature"]])
    if kept is not None:
        given = c.data["temperature"]
        return Refusal("gate.range.departure", value=given["value"], unit=given["unit"], state=kept.state)
    return _untold(c, ("temperature",))


def _range_of_the_journey(c: Context) -> Refusal | None:
    low, high = c.data["lowest"], c.data["highest"]
    if low is not None and high is not None:
        try:
            turned = convert(low["value"], low["unit"], high["unit"]) > high["value"]
        except ProbandError:
            turned = True
        if turned:
            return Refusal("gate.range.turned", low=amount_words(low), high=amount_words(high))
    if not c.data["in_range"]:
        return None
    kept = _kept(c, [low, high])
    if kept is not None:
        return Refusal("gate.range.journey", low=amount_words(low), high=amount_words(high), state=kept.state)
    return _untold(c, ("lowest", "highest"))


@handling("product.send", "product.sent", permission="product.process", live=True, identity=_other_label, range=_range_at_departure,
          stage=(
              (lambda c: c.product and c.product.status in ("in-process", "manufactured", "released"), "a product that may travel"),
              (lambda c: c.product and c.product.sent_to is None and c.product.place == c.body["site"], "the product here, and not on its way"),
              (lambda c: c.data["to"] in c.state.sites, "a site to send it to"),
          ),
          custody=CustodyWords("handed over", lambda data: (f"to {data['to']} by {data['carrier']}, label {data['label']}, {amount_words(data['temperature'])}")),
          gates=())  # fmt: skip
class Send(Data):
    """Hand over for transport: two scans, temperature at departure.

    * ``to``: the site that it goes to
    * ``carrier``: who carries it
    * ``label``: the label on the container, as scanned
    * ``coi``: the chain-of-identity identifier, as scanned
    * ``temperature``: the temperature at departure
    """

    to: Ref
    carrier: TracedWords
    label: Ref
    coi: Ref
    temperature: Amount | None = None


@changes("product.sent")
def _sent(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].sent_to = data["to"]


@handling("product.receive", "product.received", live=True, identity=_other_label, range=_range_of_the_journey, stage=(
    (lambda c: c.product and c.product.sent_to == c.body["site"], "a product that is on its way here"),
), custody=CustodyWords("taken over", lambda data: (
    f"label {data['label']}, {amount_words(data['lowest'])} to {amount_words(data['highest'])}, "
    + ("in range" if data["in_range"] else "OUT OF RANGE"))), gates=())  # fmt: skip
class Receive(Data):
    """Take over: two scans, the lowest and highest temperature of the journey, and whether it stayed in range: of the programme, where it names one.

    * ``label``: the label on the container, as scanned
    * ``coi``: the chain-of-identity identifier, as scanned
    * ``lowest``: the lowest temperature on the way
    * ``highest``: the highest temperature on the way
    * ``in_range``: whether it stayed in range all the way
    """

    label: Ref
    coi: Ref
    lowest: Amount | None = None
    highest: Amount | None = None
    in_range: bool


@changes("product.received")
def _received(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.place, product.sent_to, product.received_at = body["site"], None, body["at"]
    product.permitted["custody"] = known_at(body)
    if not data["in_range"]:
        product.excursion = True
