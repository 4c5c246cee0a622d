"""Gates on the container: identity, what is left, open for work, where it is, expiry, arm, route, who has signed."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.making import MAKING

#: status of a container that may still be worked on
OPEN = ("in-process", "manufactured", "quarantined")
#: the same, and what was released: it may still be set aside
OPEN_OR_RELEASED = (*OPEN, "released")


@gate("arm", mend="treat by the arm, with a regimen of the programme", says="the regimen by which is treated")
def arm(c: Context) -> Refusal | None:
    """The regimen is that of the participant's arm; an arm without a regimen gets no product."""
    person, view = c.participant, c.view
    if person is None or view is None:
        return Refusal("gate.arm.participant")
    wanted = c.command.says["arm"](c)
    if wanted not in view.regimen:
        return Refusal("gate.arm.unknown", regimen=wanted)
    if person.arm is None and person.place is not None:
        return Refusal("gate.arm.sealed", person=person.id)
    if person.arm is not None and wanted not in [
        one.id for one in view.taking_turns(view.arm[person.arm].regimen)
    ]:
        return Refusal(
            "gate.arm.other", person=person.id, arm=person.arm, regimen=view.arm[person.arm].regimen
        )
    return None


@gate(
    "two-persons",
    mend="a second person signs",
    says="who has signed already, and the words for what they did and must do",
)
def two_persons(c: Context) -> Refusal | None:
    """One person signs once: the second signature is another person's."""
    signed, did, must = c.command.says["two-persons"]
    actor = c.body["actor"]
    if actor not in signed(c):
        return None
    return Refusal("gate.two-persons.same", actor=actor, did=did, subject=c.subject, must=must)


@gate(
    "route",
    mend="use the regimen's route; a release holds for its route only",
    says="which earlier choice of a route binds it",
)
def route(c: Context) -> Refusal | None:
    """The route is the regimen's, and the one for which the product was released."""
    product, wanted, regimen = c.product, wanted_route(c), c.regimen
    if product is not None and product.serves_many and c.view is not None:
        # a lot is nobody's: it is released for a route by which some regimen gives it
        own = [one for one in c.view.regimens if one.product == product.kind]
        regimen = next((one for one in own if one.route.value == wanted), own[0] if own else None)
    if product is None or regimen is None or regimen.route.value != wanted:
        return Refusal("gate.route.regimen", route=regimen.route.value if regimen else None, wanted=wanted)
    return c.told("route")


def wanted_route(c: Context) -> str | None:
    """The route by which it is to be given: as is said, and the regimen's where a container is only scanned."""
    said: str | None = c.data.get("route")
    return said if said is not None or c.regimen is None else c.regimen.route.value


@gate(
    "identity",
    mend="do not go on; put the container aside and call the laboratory",
    says="which two scans do not agree",
)
def identity(c: Context) -> Refusal | None:
    """Every scan resolves to the same person and the same therapy event; both are shown where they do not."""
    pair = c.command.says["identity"](c)
    return None if pair is None else mismatch(*pair)


def mismatch(one: str, other: str) -> Refusal:
    """The refusal that shows two identities which are not the same."""
    return Refusal("gate.identity.different", first=one, second=other)


@gate("used", mend="take what is still there", says="what of its material is no longer there")
def used(c: Context) -> Refusal | None:
    """What is used up is used up: collections, divided containers, given doses."""
    return c.told("used")


@gate(
    "product-open",
    mend="work on a container that is open, where it is",
    says="in which states the container may be",
)
def product_open(c: Context) -> Refusal | None:
    """The container exists, is at this site, and is still being worked on; a kit is made, and nobody opens it to work on it."""
    product = c.product
    if product is None:
        return Refusal("gate.product-open.unknown", subject=c.subject)
    if product.kit is not None and c.command.permission == MAKING:
        return Refusal("gate.product-open.kit", product=product.id)
    if product.status not in c.command.says["product-open"]:
        return Refusal("gate.product-open.status", product=product.id, status=product.status)
    if product.sent_to is not None or product.place != c.body["site"]:
        return Refusal(
            "gate.product-open.place", product=product.id, place=product.place, sent_to=product.sent_to
        )
    return None


@gate("custody", mend="receive the container here, with both scans")
def custody(c: Context) -> Refusal | None:
    """The container is here, taken over from whoever carried it, and stayed in range."""
    product = c.product
    if product is None:
        return Refusal("gate.custody.unknown", subject=c.subject)
    if product.sent_to is not None:
        return Refusal("gate.custody.sent", product=product.id, sent_to=product.sent_to)
    if product.place != c.body["site"]:
        return Refusal("gate.custody.place", product=product.id, place=product.place, site=c.body["site"])
    if product.received_at is not None and product.received_at > c.early:
        return Refusal("gate.custody.then", product=product.id, received_at=product.received_at, at=c.early)
    if product.excursion:
        return Refusal("gate.custody.temperature", product=product.id)
    return None


@gate("expiry", mend="dispose of it")
def expiry(c: Context) -> Refusal | None:
    """Not expired, by the later of the two clocks; a product without an expiry has none to be inside of."""
    product = c.product
    if product is None or product.expires_at is None:
        return Refusal("gate.expiry.unknown", subject=c.subject)
    if product.expires_at <= c.now:
        return Refusal("gate.expiry.passed", product=product.id, expired_at=product.expires_at)
    return None


@gate("labels", mend="print and apply a label, and account for every other")
def labels(c: Context) -> Refusal | None:
    """The container bears a label, and no printed label of it is unaccounted for."""
    mine = [c.state.labels[name] for name in c.product.labels] if c.product else []
    loose = [label.id for label in mine if label.fate == "printed"]
    if loose:
        return Refusal("gate.labels.loose", count=len(loose), subject=c.subject, labels=loose[:3])
    if not any(label.fate == "applied" for label in mine):
        return Refusal("gate.labels.none", subject=c.subject)
    return None
