"""Kits: masked products that are known by a number, so that who gives them and who gets them cannot see which arm is in them.

The content of a kit stands in no event: the log holds a salted commitment, and the vault keeps content and salt under a key of its own. The record says which
kit a person gets; the gate at the dose compares kit with kit; whoever may know (``kit.keep``) is told what is in which, and that is a read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from proband.record.afterwards import found_late
from proband.record.commands.administration import (
    checked_otherwise,
    dose_given,
    dose_given_in_deviation,
    not_given,
)
from proband.record.commands.allocation import note_reading
from proband.record.commands.bedside import dose_words
from proband.record.commands.manufacture import note_lots
from proband.record.declare.change import Body, changes
from proband.record.declare.command import (
    AT_ANY_STAGE,
    Context,
    CustodyWords,
    KeepsSecrets,
    OpensSealed,
    WayBack,
    command,
    never,
)
from proband.record.declare.data import Amount, Data, Digest, Ref, Stamp
from proband.record.declare.gate import gate, may
from proband.record.declare.wording import CODE
from proband.record.errors import RecordError, Refusal
from proband.record.gates.product import mismatch
from proband.record.gates.stages import ALLOCATED, ENROLLED, KNOWN_PRODUCT, of_person
from proband.record.known import known_at
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.places import arms_of, places_of, plan_sealed
from proband.record.product import Container
from proband.record.programme_view import ProgrammeView
from proband.record.questions import might
from proband.record.sealed_lists import in_drawn_order, kit_commitment, kit_is_kept
from proband.record.state import State
from proband.record.vault import Vault


@gate(
    "kit",
    mend="take the kit that the record assigns, from the stock of this site",
    says="what is wrong with the kit",
)
def kit(c: Context) -> Refusal | None:
    """A masked person is given the very kit that was assigned to them: released, here, unexpired, and used once."""
    if c.view is None or not c.view.is_allocation_masked:
        return Refusal("gate.kit.open")
    differ = c.view.arms_differ_in
    if differ:
        return Refusal("gate.kit.differ", fields=differ)
    return c.told("kit")


def _here(c: Context, product: Container | None) -> Refusal | None:
    if product is None or product.kit is None:
        return Refusal("gate.kit.unknown", subject=c.subject)
    if product.place != c.body["site"]:
        return Refusal("gate.kit.place", kit=product.id, place=product.place)
    if product.expires_at is None or product.expires_at <= c.now:
        return Refusal("gate.kit.expired", kit=product.id, at=product.expires_at)
    gone = sorted(set(product.lots) & c.state.recalled.keys())
    if gone:
        return Refusal("gate.kit.recalled", kit=product.id, lots=gone)
    if _arms_of(c.state, product.packed_under) != _arms_of(c.state, c.version):
        return Refusal("gate.kit.packed", kit=product.id, packed_under=product.packed_under[:12])
    return None


def _arms_of(state: State, version: str) -> dict[str, Any]:
    """How each arm is given under a version: a kit that was packed for one way is not a kit of the other."""
    view = state.programmes.get(version)
    return {arm.id: view.regimen.get(arm.regimen or "") for arm in view.arms} if view is not None else {}


def _released_otherwise(state: State, product: Container, version: str) -> bool:
    """Whether a version asks other things of the products than the one did under which a kit was released."""
    then, now = state.programmes.get(product.released_under), state.programmes.get(version)
    return then is None or now is None or _products_of(then) != _products_of(now)


def _products_of(view: ProgrammeView) -> dict[str, Any]:
    return {name: view.product.get(name) for name in view.given_products}


def _not_released(c: Context, product: Container) -> Refusal | None:
    """What is wrong with the release of a kit: none, by other rules of its products than those of now, or by somebody who could not release it."""
    if product.status != "released":
        return Refusal("gate.kit.taken", kit=product.id, status=product.status)
    if _released_otherwise(c.state, product, c.version):
        return Refusal("gate.kit.again", kit=product.id, released_under=product.released_under[:12])
    might_not = [
        who for who in product.signers if not might(c, who, "product.release", product.released_at or "")
    ]
    return Refusal("gate.kit.nobody", name=might_not[0], kit=product.id) if might_not else None


def _content_is_kept(folder: Path, vault: KeepsSecrets | None, data: Mapping[str, Any]) -> bool:
    """Whether the vault has what a commitment stands for: a kit of which nobody knows the content could be given to nobody."""
    return isinstance(vault, Vault) and kit_is_kept(vault, data["commitment"])


def _not_new(c: Context) -> Refusal | None:
    used = c.state.kits.get(c.data["commitment"])
    if used is not None:
        return Refusal("gate.kit.commitment", kit=used)
    return (
        Refusal("gate.kit.expired", kit=c.subject, at=c.data["expires_at"])
        if c.data["expires_at"] <= c.now
        else None
    )


@command("kit.receive", "kit.received", permission="kit.keep", subject="product", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature="receipt", reason=False, live=False, gates=(), bears=never, handed_over=_content_is_kept, kit=_not_new,
         unique=lambda c: [c.subject] if c.subject in c.state.products else [], custody=CustodyWords("kit received"))  # fmt: skip
class ReceiveKit(Data):
    """A kit comes into the stock of a site: its number, until when it is good, and a commitment to what is in it.

    * ``commitment``: the commitment to its content; the record makes it, and keeps the content in the vault
    * ``expires_at``: until when it may be given
    * ``lots``: the lots that are printed on it; one that only the kits of one arm have would tell them apart, and does not belong here
    """

    commitment: Digest
    expires_at: Stamp
    lots: list[Ref] = []


@changes("kit.received")
def _received(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]] = Container(
        body["subject"], "", "", "", body["at"], [], [], "", status="manufactured", expires_at=data["expires_at"], place=body["site"],
        kit=data["commitment"], packed_under=state.programme,
    )  # fmt: skip
    state.kits[data["commitment"]] = body["subject"]
    note_lots(state, state.products[body["subject"]], data.get("lots", []))


def _signable(c: Context) -> Refusal | None:
    return _here(c, c.product)


def _unreleased(state: State, product: Container) -> bool:
    """Whether a kit can be signed for: it is not released, or was by other rules of its products than those of now."""
    again = product.status == "released" and _released_otherwise(state, product, state.programme)
    return product.status == "manufactured" or again


def _signed_by_now(state: State, product: Container) -> list[str]:
    """Who has signed for a kit by the rules of now; what was signed by others counts no longer."""
    return (
        []
        if _released_otherwise(state, product, state.programme) and product.released_under
        else product.signers
    )


@command("kit.release", "kit.released", permission="product.release", subject="product", withdrawal=None, hold="release", consent=None,
         current_version=False, watched=False, signature="release", reason=False, live=True, gates=(), kit=_signable, keeps_refusal=True, own_site=False,
         two_persons=((lambda c: _signed_by_now(c.state, c.product) if c.product else ()), "signed for", "sign"),
         stage=((lambda c: c.product and c.product.kit and _unreleased(c.state, c.product), "a kit that came into the stock and is not released"),),
         custody=CustodyWords("kit released", decides=True))  # fmt: skip
class ReleaseKit(Data):
    """One releasing signature for a kit, by its number; it is released when as many have signed as any product of the programme asks for.

    Where an amendment asks other things of the products since, a kit is released again before it is given.
    """


@changes("kit.released")
def _released(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    if not _signed_by_now(state, product):
        product.signers.clear()
        product.status = "manufactured"
    product.released_under = state.programme
    product.signers.append(body["actor"])
    needed = max((one.release_signatures for one in state.view.products), default=2) if state.view else 2
    if len(product.signers) >= needed:
        product.status, product.released_at, product.release_recorded = "released", body["at"], known_at(body)
        product.release_kind = "ordinary"


def in_stock(state: State, site: str, at: str) -> list[Container]:
    """The kits that could be assigned at a site at a moment, those first that expire first."""
    free = [
        one
        for one in browse_values(state.products)
        if one.kit
        and one.status == "released"
        and not one.participant
        and one.place == site
        and (one.expires_at or "") > at
        and not state.recalled.keys() & set(one.lots)
        and _arms_of(state, one.packed_under) == _arms_of(state, state.programme)
        and not _released_otherwise(state, one, state.programme)
    ]
    return sorted(free, key=lambda one: (one.expires_at or "", one.id))


def _assigned_to(state: State, participant: str) -> list[Container]:
    """The kits that somebody was ever assigned."""
    person = state.participants.get(participant)
    return [state.products[name] for name in person.kits] if person is not None else []


def _held(state: State, participant: str) -> list[Container]:
    """The kits that somebody has and was not given yet."""
    return [one for one in _assigned_to(state, participant) if one.status in ("manufactured", "released")]


def next_kit(state: State, participant: str, given: dict[str, Any], secrets: OpensSealed) -> dict[str, Any]:
    """The kit that somebody gets next: of their arm, in the stock of their site, each of those with the same chance.

    Not the one that expires first: those that are passed over would be of the other arms, and whoever gets one of them later with them. What is refused
    must not tell the arm either: where the stock of any arm is out at the site nobody is given a kit, whichever arm they are in.

    Raises
    ------
    RecordError
        ``record.allocation.given`` where the caller names the kit; ``record.kit.stock``.
    """
    person, view = state.participants.get(participant), state.view
    if person is None or view is None or person.place is None or person.scheme is None:
        return {}
    mine = _assigned_to(state, participant)
    if given.get("kit") is not None and any(one.id == given["kit"] for one in mine):
        # a command that is sent again says what stands
        return {}
    if given.get("kit") is not None:
        raise RecordError("record.allocation.given", fields=["kit"])
    sealed = next(one for one in state.schemes if one["commitment"] == person.scheme)
    plan = plan_sealed(sealed)
    if plan is None:
        return {}
    places = places_of(state, person.scheme)
    seed = secrets(person.scheme)
    arms = arms_of(seed, plan, places)
    arm = next(arm for place, arm in zip(places, arms, strict=True) if place.participant == participant)
    site = person.site
    stock: dict[str, list[str]] = {one.id: [] for one in plan.arms}
    there = {one.id: one for one in in_stock(state, site, state.recorded)}
    # every kit is drawn for and opened, whichever arm it is of: neither a time nor an order tells one
    for name in in_drawn_order(seed, participant, len(mine) + 1, there):
        content = secrets.kit(there[name].kit or "")
        if kit_commitment(state.study, name, content) == there[name].kit and content["arm"] in stock:
            stock[content["arm"]].append(name)
    if not all(stock.values()):
        raise RecordError("record.kit.stock", site=site)
    return {"kit": stock[arm][0], "number": len(mine) + 1}


def _not_in_stock(c: Context) -> Refusal | None:
    person, data = c.participant, c.data
    found = c.state.products.get(data["kit"] or "")
    refusal = _here(c, found)
    if refusal is not None or found is None or person is None:
        return refusal
    if found.participant:
        return Refusal("gate.kit.taken", kit=found.id, status="assigned")
    if (unreleased := _not_released(c, found)) is not None:
        return unreleased
    count = len(_assigned_to(c.state, person.id))
    return (
        None
        if data["number"] == count + 1
        else Refusal("gate.kit.number", number=data["number"], due=count + 1)
    )


def _has_none(c: Context, person: Participant) -> bool:
    return not _held(c.state, person.id)


@command("kit.assign", "kit.assigned", permission="participant.allocate", subject="participant", withdrawal="treatment", hold="administration", consent="in-force",
         current_version=True, watched=False, signature=None, reason=False, live=True, gates=("alive", "approval", "capacity"), kit=_not_in_stock, completion=next_kit, gives=("kit", "number"), draws=True,
         stage=(ENROLLED, ALLOCATED, of_person(lambda c, p: p.place is not None and p.arm is None, "a place under seal"),
                of_person(_has_none, "nobody who still has a kit that was not given")))  # fmt: skip
class AssignKit(Data):
    """The record says which kit somebody gets next; whoever asks names the participant and nothing else.

    * ``kit``: the number of the kit; the record gives it
    * ``number``: how many kits they then have had; the record gives it
    """

    kit: Ref | None = None
    number: int | None = None


@changes("kit.assigned")
def _assigned(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[data["kit"]]
    product.participant = body["subject"]
    state.participants[body["subject"]].kits.append(product.id)
    state.made_for.setdefault(body["subject"])
    product.permitted["kit"] = known_at(body)


def _other_kit(c: Context) -> Refusal | None:
    product, person, data = c.product, c.participant, c.data
    refusal = _here(c, product)
    if refusal is not None or product is None or person is None:
        return refusal or Refusal("gate.kit.unknown", subject=c.subject)
    if product.administered_at or product.disposed:
        return Refusal("gate.kit.taken", kit=product.id, status=product.status)
    if (unreleased := _not_released(c, product)) is not None:
        return unreleased
    due = [one.id for one in _held(c.state, person.id)]
    if product.id not in due or data["kit"] != product.id or data["wristband"] != person.id:
        return mismatch(
            f"wristband {data['wristband']}, for whom kit {', '.join(due) or 'none'} is assigned",
            f"kit {data['kit']}",
        )
    regimen = c.regimen
    signers = {
        one["signer"]
        for one in c.body["signatures"]
        if may(c.view, one["role"], "product.verify") or one["signer"] == c.body["actor"]
    }
    if regimen is not None and data["route"] != regimen.route.value:
        return Refusal("gate.route.regimen", route=regimen.route.value, wanted=data["route"])
    if regimen is None or len(signers) < regimen.bedside_persons:
        return Refusal(
            "gate.bedside.persons", signed=len(signers), needed=regimen.bedside_persons if regimen else 2
        )
    return None


@command("kit.give", "kit.given", permission="product.administer", of_its_time=True, way_back=WayBack(not_given), subject="product", withdrawal="treatment", hold="administration",
         consent="in-force", current_version=True, watched=True, reason=False, gates=("alive", "approval", "capacity", "verdict", "confirmation", "forecast", "course", "dose", "companions", "interval"),
         stage=(KNOWN_PRODUCT, ENROLLED, ALLOCATED), kit=_other_kit, second_check=checked_otherwise, signature="administration", live=True,
         offline=True, keeps_refusal=True, custody=CustodyWords("kit given", dose_words))  # fmt: skip
class GiveKit(Data):
    """Give somebody the kit that was assigned to them: the scans of wristband and kit must say so, and as many people sign as stand at the bed.

    Without network too, from a capsule: the kit that was assigned before is given, and no other is assigned there.

    * ``participant``: who is treated
    * ``wristband``: what the scan of the wristband gives
    * ``kit``: what the scan of the kit gives
    * ``route``: the route by which it is given
    * ``dose``: what is given
    * ``inputs``: what the dose is worked out from, by name: weight, age, surface
    """

    participant: Ref
    wristband: Ref
    kit: Ref
    route: Ref
    dose: Amount
    inputs: dict[Annotated[str, CODE], Amount] = {}


changes("kit.given", when_void=dose_given_in_deviation, result=found_late)(dose_given)


@command("kit.open", "kit.opened", permission="kit.keep", subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature="unblinding", reason=True, live=False, gates=(), bears=never)  # fmt: skip
class OpenKits(Data):
    """Read what is in kits, to prepare them or to keep the stock: told to whoever keeps them; it is logged as a read.

    * ``kits``: which; of all, where none is named
    """

    kits: list[Ref] = []


@changes("kit.opened")
def _opened(state: State, body: Body, data: dict[str, Any]) -> None:
    note_reading(state, body, "kits read", None)
