"""Gates at the bed: the dose, the second check of it, and the two people who scan."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.terms import ProbandError, Quantity


@gate("dose", mend="give what the rule needs, with units, and the dose that it gives")
def dose(c: Context) -> Refusal | None:
    """The amount is what the bundle's arithmetic gives for this person; the record proposes none."""
    regimen = c.regimen
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


@gate(
    "second-check",
    mend="have this dose checked for this person by a second person",
    says="how the second check is missing",
)
def second_check(c: Context) -> Refusal | None:
    """A second person in the programme's checking role has worked out the same dose for the same person and container."""
    if c.product is None or c.regimen is None:
        return Refusal("second-check", "there is no product to check", "name a product")
    refusal: Refusal | None = c.command.says["second-check"](c)
    return refusal


@gate(
    "bedside", mend="scan wristband and bag with a second person", says="how the check at the bed is missing"
)
def bedside(c: Context) -> Refusal | None:
    """As many people as the programme asks for stood at this bed, minutes ago, and scanned wristband and bag."""
    if c.product is None or c.regimen is None:
        return Refusal("bedside", "there is no product at this bed", "name a product")
    refusal: Refusal | None = c.command.says["bedside"](c)
    return refusal
