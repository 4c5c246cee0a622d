"""Commands of the living product: identity, collection, processing, testing, release, custody, bedside, disposal."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from proband.record.commands.declare import Amount, Data, Day, Ref, Stamp, Words, command

LIFE = ("stage", "alive", "withdrawal")


@command("therapy.open", "therapy.opened", permission="product.identify", subject="participant",
         gates=(*LIFE, "consent", "unique", "hold", "arm"))  # fmt: skip
class OpenTherapy(Data):
    """Allocate the chain-of-identity identifier of a therapy event, before or at the first collection."""

    coi: Ref
    regimen: Ref
    external: dict[Ref, Words] = {}


@command("product.collect", "product.collected", subject="participant",
         gates=(*LIFE, "consent", "hold", "identity-first", "unique", "identity"), live=True)  # fmt: skip
class Collect(Data):
    """Take starting material under the therapy event's identifier, with a donation number of its own."""

    coi: Ref
    din: Ref
    wristband: Ref
    material: Words
    volume: Amount | None = None


@command("product.make", "product.started", permission="product.process", subject="product",
         gates=("unique", "identity", "used"))  # fmt: skip
class Make(Data):
    """Begin to make a product from collections of one therapy event."""

    coi: Ref
    collections: Annotated[list[Ref], Field(min_length=1)]


class StepReading(Data):
    """A measured value at a step."""

    what: Ref
    value: float
    unit: Words


@command(
    "product.step",
    "product.processed",
    permission="product.process",
    subject="product",
    gates=("product-open",),
)
class StepPerformed(Data):
    """One process step: operators, equipment, reagent lots, temperatures, times, readings, deviation."""

    step: Ref
    operators: Annotated[list[Ref], Field(min_length=1)]
    equipment: list[Ref] = []
    lots: list[Ref] = []
    temperature: Amount | None = None
    start: Stamp
    end: Stamp
    readings: list[StepReading] = []
    deviation: str | None = None


class Part(Data):
    """One container that a product is divided into."""

    id: Ref
    amount: Amount


@command(
    "product.split",
    "product.divided",
    permission="product.process",
    subject="product",
    gates=("product-open", "unique", "used"),
)
class Split(Data):
    """Divide a product into containers (bags, injections, retained aliquots); the parent is used up."""

    into: Annotated[list[Part], Field(min_length=1)]
    purpose: Literal["doses", "retained-sample", "quality-control"] = "doses"


@command(
    "product.pool",
    "product.pooled",
    permission="product.process",
    subject="product",
    gates=("unique", "pooling", "used"),
)
class Pool(Data):
    """Pool products into one; never cells of different people, and never where the bundle says so."""

    products: Annotated[list[Ref], Field(min_length=2)]
    amount: Amount


@command(
    "product.finish",
    "product.manufactured",
    permission="product.process",
    subject="product",
    gates=("product-open",),
)
class Finish(Data):
    """Manufacture is complete: amount and day of expiry by the bundle's shelf life."""

    amount: Amount
    expires_at: Stamp


@command(
    "product.freeze",
    "product.frozen",
    permission="product.process",
    subject="product",
    gates=("product-open",),
)
class Freeze(Data):
    """Frozen: where it lies."""

    position: Words
    equipment: Ref


@command(
    "product.thaw",
    "product.thawed",
    permission="product.process",
    subject="product",
    gates=("product-open", "expiry"),
    live=True,
)
class Thaw(Data):
    """Thawed: the short clock of the bundle begins."""

    equipment: Ref


@command(
    "product.fail",
    "product.failed",
    permission="product.process",
    subject="product",
    gates=("product-open",),
    reason=True,
)
class Fail(Data):
    """Manufacture failed; the attempt keeps its place in the flow."""

    kind: Literal["no-growth", "contamination", "equipment", "out-of-specification", "other"]


@command(
    "product.test", "product.tested", permission="product.test", subject="product", gates=("test-known",)
)
class Test(Data):
    """A result of a release test; a result outside its limit puts the product into quarantine at once."""

    test: Ref
    result: float | str
    laboratory: Words
    method: str | None = None


@command("product.quarantine", "product.quarantined", permission="product.quarantine", subject="product", gates=("product-open",),
         reason=True)  # fmt: skip
class Quarantine(Data):
    """Put a product aside until somebody has looked into it."""


@command("product.investigate", "product.investigated", permission="product.quarantine", subject="product", gates=("stage",),
         signature="investigation")  # fmt: skip
class Investigate(Data):
    """The end of an investigation: what was found, and whether the product may go on."""

    finding: Words
    conclusion: Literal["goes-on", "rejected", "exceptional-release-possible"]


@command("product.release", "product.released", subject="product",
         gates=("stage", "tests", "labels", "custody", "two-persons", "hold", "expiry", "route"), signature="release", live=True,
         keeps_refusal=True)  # fmt: skip
class Release(Data):
    """One releasing signature for one route; released when the bundle's number of people have signed."""

    route: Ref


@command("product.release-exceptionally", "product.released-exceptionally", permission="product.release", subject="product",
         gates=("stage", "exception", "labels", "custody", "two-persons", "hold", "expiry", "route"), reason=True,
         signature="exceptional release", live=True, keeps_refusal=True)  # fmt: skip
class ReleaseExceptionally(Data):
    """One signature for release in spite of a result outside its limit, where the bundle allows it; never silent."""

    route: Ref
    risk_assessment: Words
    participant_informed: bool


@command("product.reject", "product.rejected", permission="product.quarantine", subject="product", gates=("product-open",), reason=True,
         signature="rejection")  # fmt: skip
class Reject(Data):
    """Reject a product for good."""


@command(
    "product.send",
    "product.sent",
    permission="product.process",
    subject="product",
    gates=("stage", "identity"),
    live=True,
)
class Send(Data):
    """Hand over for transport: two scans, temperature at departure."""

    to: Ref
    carrier: Words
    label: Ref
    coi: Ref
    temperature: Amount | None = None


@command("product.receive", "product.received", subject="product", gates=("stage", "identity"), live=True)
class Receive(Data):
    """Take over: two scans, the lowest and highest temperature of the journey, and whether it stayed in range."""

    label: Ref
    coi: Ref
    lowest: Amount | None = None
    highest: Amount | None = None
    in_range: bool


@command("dose.check", "dose.checked", permission="dose.check", subject="product", gates=("stage", "dose", "second-check"),
         signature="second check", live=True, keeps_refusal=True)  # fmt: skip
class CheckDose(Data):
    """A second person repeats the bundle's arithmetic for this participant and this container."""

    participant: Ref
    dose: Amount
    inputs: dict[str, Amount] = {}
    prepared_by: Ref


@command("bedside.verify", "bedside.verified", permission="product.verify", subject="product",
         gates=("stage", "alive", "withdrawal", "identity", "bedside"), signature="bedside check", live=True, offline=True,
         keeps_refusal=True)  # fmt: skip
class VerifyBedside(Data):
    """Two people, two scans: the wristband and the bag must name the same identity."""

    participant: Ref
    wristband: Ref
    bag: Ref
    label: Ref


ADMINISTRATION = (
    "stage", "alive", "withdrawal", "capacity", "consent", "verdict", "forecast", "hold", "release", "identity", "custody",
    "expiry", "route", "dose", "second-check", "bedside", "interval", "used", "arm",
)  # fmt: skip


@command("product.administer", "product.administered", subject="product", gates=ADMINISTRATION, signature="administration",
         live=True, offline=True, keeps_refusal=True)  # fmt: skip
class Administer(Data):
    """Give a product to a person. Every gate of the programme stands here."""

    participant: Ref
    coi: Ref
    wristband: Ref
    bag: Ref
    route: Ref
    dose: Amount
    inputs: dict[str, Amount] = {}


@command("deviation.record", "deviation.recorded", permission="product.administer", subject="product", reason=True, base=(
    "authority", "site", "clock", "reason", "signature"), signature="deviation")  # fmt: skip
class RecordDeviation(Data):
    """What was really given although no gate would have let it: the truth, marked as a deviation for ever."""

    participant: Ref
    route: Ref
    dose: Amount
    what_happened: Words


@command(
    "product.dispose",
    "product.disposed",
    permission="product.administer",
    subject="product",
    gates=("stage",),
    offline=True,
)
class Dispose(Data):
    """What became of the rest."""

    amount: Amount
    method: Words


@command("label.print", "label.printed", permission="product.label", subject="product", gates=("label",))
class PrintLabels(Data):
    """Print labels with two independent identifiers; every one of them must be accounted for."""

    labels: Annotated[list[Ref], Field(min_length=1)]
    coi: Ref


@command("label.fate", "label.accounted", permission="product.label", subject="product", gates=("label",))
class AccountLabels(Data):
    """What became of printed labels: applied, spoiled or destroyed."""

    labels: Annotated[list[Ref], Field(min_length=1)]
    fate: Literal["applied", "spoiled", "destroyed"]


@command(
    "lot.recall",
    "lot.recalled",
    permission="product.recall",
    subject="study",
    reason=True,
    signature="recall",
)
class RecallLot(Data):
    """Recall a reagent lot: every product that it touched is put aside, everybody who got one is followed."""

    lot: Ref
    notified_on: Day
