"""Gates at the bed: the dose, the second check of it, and the two people who scan."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.gates.course import amount_fault, at_step


@gate("dose", mend="give what the rule needs, with units, and the dose that it gives")
def dose(c: Context) -> Refusal | None:
    """The amount is what the bundle's arithmetic gives for this person at their step, from what was measured of them; the record proposes none."""
    regimen, whole = c.regimen, c.course
    if regimen is None or whole is None:
        return Refusal("gate.dose.regimen")
    person = c.participant
    found = at_step(c, person, whole) if person is not None else None
    return amount_fault(c, regimen.dose, found.step.fraction if found is not None else 1.0)


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
