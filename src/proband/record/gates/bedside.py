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
        return Refusal("gate.dose.regimen")
    inputs, given = c.data["inputs"], c.data["dose"]
    try:
        known = {name: Quantity(**inputs[name]) for name in ("weight", "age", "surface") if name in inputs}
        permitted = regimen.compute(
            weight=known.get("weight"), age=known.get("age"), surface=known.get("surface")
        )
        fits = permitted.permits(Quantity(**given))
    except (ProbandError, ValueError) as error:
        return Refusal("gate.dose.inputs", error=str(error))
    if not fits:
        low, high = permitted.permitted
        return Refusal(
            "gate.dose.outside", value=given["value"], unit=given["unit"], low=low, high=high, permitted=permitted.unit,
            tolerance=f", the tolerance of {permitted.tolerance_percent:g} % included" if permitted.tolerance_percent else "",
            steps=permitted.steps,
        )  # fmt: skip
    return None


@gate(
    "second-check",
    mend="have this dose checked for this person by a second person",
    says="how the second check is missing",
)
def second_check(c: Context) -> Refusal | None:
    """A second person in the programme's checking role has worked out the same dose for the same person and container."""
    if c.product is None or c.regimen is None:
        return Refusal("gate.second-check.product")
    return c.told("second-check")


@gate(
    "bedside", mend="scan wristband and bag with a second person", says="how the check at the bed is missing"
)
def bedside(c: Context) -> Refusal | None:
    """As many people as the programme asks for stood at this bed, minutes ago, and scanned wristband and bag."""
    if c.product is None or c.regimen is None:
        return Refusal("gate.bedside.product")
    return c.told("bedside")
