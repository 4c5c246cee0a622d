"""Gates at the bed: the arm, the release, route and dose, the second check, two people and two scans, the spacing of doses."""

from __future__ import annotations

from datetime import date

from proband.record.errors import Refusal
from proband.record.events import moment
from proband.record.gates.declare import Context, gate, may
from proband.record.gates.product import regimen_of
from proband.record.programme_view import days
from proband.terms import ProbandError, Quantity, UncertainDate

#: a bedside check is good for so many minutes (design choice: longer than any injection takes)
BEDSIDE_MINUTES = 60


@gate("arm")
def arm(c: Context) -> Refusal | None:
    """The regimen is that of the participant's arm; an arm without a regimen gets no product."""
    person, view = c.participant, c.view
    if person is None or view is None:
        return Refusal("arm", "there is no participant", "refer the person first")
    wanted = c.data["regimen"] if c.verb == "therapy.open" else (c.product.regimen if c.product else "")
    if wanted not in view.regimen:
        return Refusal(
            "arm",
            f"{wanted or 'no regimen'} is no regimen of the programme",
            "name a regimen of the programme",
        )
    if person.arm is not None and view.arm[person.arm].regimen != wanted:
        return Refusal(
            "arm",
            f"{person.id} is in {person.arm}, whose regimen is {view.arm[person.arm].regimen or 'none'}",
            "treat by the arm",
        )
    return None


@gate("two-persons")
def two_persons(c: Context) -> Refusal | None:
    """One person signs once: the second signature is another person's."""
    actor = c.body["actor"]
    if c.verb == "adverse-event.judge":
        event = c.state.adverse_events.get(c.subject)
        if event is not None and actor in event.assessments:
            return Refusal(
                "two-persons", f"{actor} has already judged {c.subject}", "a second person must judge"
            )
        return None
    product = c.product
    if product is not None and actor in product.signers:
        return Refusal(
            "two-persons", f"{actor} has already signed for {product.id}", "a second person must sign"
        )
    return None


@gate("release")
def release(c: Context) -> Refusal | None:
    """The product is released, by as many people as the programme asks for."""
    product = c.product
    if product is None or product.status != "released":
        return Refusal(
            "release",
            f"STOP: {c.subject} is not released ({product.status if product else 'unknown'})",
            "wait for the release",
        )
    return None


@gate("route")
def route(c: Context) -> Refusal | None:
    """The route is the regimen's, and the one for which the product was released."""
    product, wanted, regimen = c.product, c.data["route"], regimen_of(c)
    if product is None or regimen is None or regimen.route.value != wanted:
        return Refusal(
            "route",
            f"the regimen is given {regimen.route.value if regimen else 'by no known route'}, not {wanted}",
            "use the regimen's route",
        )
    if c.verb == "product.administer" and product.release_route != wanted:
        return Refusal(
            "route",
            f"{product.id} was released for {product.release_route}, not for {wanted}",
            "a release holds for its route only",
        )
    if product.signers and product.release_route not in (None, wanted):
        return Refusal(
            "route", f"the first signature was for {product.release_route}", "both sign for the same route"
        )
    return None


@gate("dose")
def dose(c: Context) -> Refusal | None:
    """The amount is what the bundle's arithmetic gives for this person; the record proposes none."""
    regimen = regimen_of(c)
    if regimen is None:
        return Refusal("dose", "there is no regimen for this product", "name a product of a regimen")
    inputs, given = c.data["inputs"], c.data["dose"]
    try:
        known = {name: Quantity(**inputs[name]) for name in ("weight", "age", "surface") if name in inputs}
        permitted = regimen.compute(
            weight=known.get("weight"), age=known.get("age"), surface=known.get("surface")
        )
        fits = permitted.permits(Quantity(**given))
    except (ProbandError, ValueError) as error:
        return Refusal(
            "dose", f"the dose cannot be worked out: {error}", "give what the rule needs, with units"
        )
    if not fits:
        return Refusal("dose", f"{given['value']:g} {given['unit']} is not {permitted.low:g}–{permitted.high:g} {permitted.unit}",
                       "; ".join(permitted.steps))  # fmt: skip
    return None


@gate("second-check")
def second_check(c: Context) -> Refusal | None:
    """A second person in the programme's checking role has worked out the same dose for the same person and container."""
    product, regimen = c.product, regimen_of(c)
    if product is None or regimen is None:
        return Refusal("second-check", "there is no product to check", "name a product")
    if c.verb == "dose.check":
        if c.body["role"] != regimen.checked_by or c.body["actor"] == c.data["prepared_by"]:
            return Refusal(
                "second-check",
                f"the check is made by another person, a {regimen.checked_by}",
                "ask the second person",
            )
        return None
    check = product.dose_checked
    if check is None:
        return Refusal(
            "second-check", f"nobody has checked the dose of {product.id}", "have the dose checked"
        )
    if check["participant"] != c.data["participant"] or check["dose"] != c.data["dose"]:
        return Refusal("second-check", f"what was checked is {check['dose']['value']:g} {check['dose']['unit']} for {check['participant']}",
                       "have this dose checked for this person")  # fmt: skip
    return None


@gate("bedside")
def bedside(c: Context) -> Refusal | None:
    """As many people as the programme asks for stood at this bed, minutes ago, and scanned wristband and bag."""
    product, regimen = c.product, regimen_of(c)
    if product is None or regimen is None:
        return Refusal("bedside", "there is no product at this bed", "name a product")
    if c.verb == "bedside.verify":
        signers = {
            entry["signer"] for entry in c.body["signatures"]
            if entry["meaning"] == "bedside check" and may(c.view, entry["role"], "product.verify")
        }  # fmt: skip
        if len(signers) < regimen.bedside_persons:
            return Refusal(
                "bedside",
                f"{len(signers)} of {regimen.bedside_persons} people have scanned and signed",
                "a second person scans and signs",
            )
        return None
    check = product.checked
    if check is None or check["participant"] != c.data["participant"] or check["site"] != c.body["site"]:
        return Refusal(
            "bedside",
            f"no bedside check of {product.id} for {c.data['participant']}",
            "scan wristband and bag with a second person",
        )
    minutes = (moment(c.at) - moment(check["at"])).total_seconds() / 60
    if not 0 <= minutes <= BEDSIDE_MINUTES:
        return Refusal(
            "bedside",
            f"the bedside check is {minutes:.0f} minutes old",
            f"scan again; a check holds for {BEDSIDE_MINUTES} minutes",
        )
    return None


@gate("interval")
def interval(c: Context) -> Refusal | None:
    """Number, spacing, washout and staggering as the programme has them."""
    person, regimen, view = c.participant, regimen_of(c), c.view
    if person is None or regimen is None or view is None:
        return Refusal("interval", "there is no participant or regimen", "name both")
    today = date.fromisoformat(c.at[:10])
    if person.doses:
        if regimen.administrations is not None and len(person.doses) >= regimen.administrations:
            return Refusal(
                "interval",
                f"{person.id} has had {len(person.doses)} of {regimen.administrations}",
                "the regimen is complete",
            )
        if regimen.interval is not None:
            gap = (moment(c.at) - moment(person.doses[-1].at)).total_seconds() / 86_400
            wanted, slack = (
                days(regimen.interval),
                days(regimen.interval_tolerance) if regimen.interval_tolerance else 0.0,
            )
            if not wanted - slack <= gap <= wanted + slack:
                return Refusal(
                    "interval",
                    f"{gap:.0f} days since the last dose; the regimen says {wanted:g} ± {slack:g}",
                    "wait, or ask for an amendment",
                )
        return None
    if regimen.washout is not None:
        wash = days(regimen.washout)
        for entry in person.cointerventions.values():
            if entry["counts_for_washout"] and (
                entry["end"] is None or (today - date.fromisoformat(entry["end"])).days < wash
            ):
                return Refusal(
                    "interval",
                    f"{entry['kind']} ended {entry['end'] or 'not yet'}; the washout is {wash:g} days",
                    "wait for the washout",
                )
        for entry in person.elsewhere:
            try:
                latest = UncertainDate.parse(entry["when"]).latest
            except ProbandError:
                latest = None
            if latest is None or (today - latest).days < wash:
                return Refusal(
                    "interval",
                    f"treatment elsewhere ({entry['when']}) may lie inside the washout of {wash:g} days",
                    "find out when it was, or wait",
                )
    stagger = view.safety.staggering
    if stagger is not None and len(c.state.treated) < stagger.first and c.state.last_first_dose is not None:
        gap = (moment(c.at) - moment(c.state.last_first_dose)).total_seconds() / 86_400
        if gap < days(stagger.wait):
            return Refusal(
                "interval",
                f"{gap:.1f} days since the person before; the first {stagger.first} wait {days(stagger.wait):g}",
                "wait",
            )
    return None
