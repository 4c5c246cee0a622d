"""What every part of a bundle shares: strictness, identifiers, and the basis of the numbers in it.

Every number in a bundle stands below a mapping that carries ``source`` and ``level``: its own, or that of an ancestor
(:class:`Based`). A design choice of the programme itself is no exception; its source is the programme and its level is
``inference``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from proband.terms import Level, Quantity, TermError, compatible, jurisdiction

Id = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short key: lower case, digits and hyphens")
]
Text = Annotated[str, Field(min_length=3)]


def _canonical(code: str) -> str:
    """The canonical code of a place, refused at its own line where nobody has a name for it."""
    try:
        return jurisdiction(code)
    except TermError as error:
        raise ValueError(str(error)) from error


Jurisdiction = Annotated[str, AfterValidator(_canonical)]


@dataclass(frozen=True, slots=True)
class OfTime:
    """Marks a quantity as a length of time; the lint ``durations`` refuses a sign that it cannot have."""

    sign: Literal["more than none", "none or more", "before or after"] = "more than none"


def _measured_in(unit: str, what: str) -> AfterValidator:
    """Refuse a quantity that measures something else, at its own line, before anything reckons with it."""

    def is_one(quantity: Quantity) -> Quantity:
        if not compatible(quantity.unit, unit):
            raise ValueError(f"{quantity} is no {what}")
        return quantity

    return AfterValidator(is_one)


_TIME = _measured_in("d", "length of time; write one such as 7 d, 6 mo or 1 a")
Duration = Annotated[Quantity, _TIME, OfTime()]
Slack = Annotated[Quantity, _TIME, OfTime("none or more")]
Offset = Annotated[Quantity, _TIME, OfTime("before or after")]
Percentage = Annotated[Quantity, _measured_in("%", 'share; write it in "%"')]
Temperature = Annotated[Quantity, _measured_in("Cel", "temperature; write it in Cel")]


class Model(BaseModel):
    """A strict, frozen piece of a bundle: unknown keys are refused, nothing is coerced, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)


class Based(Model):
    """A piece that may carry numbers: ``source`` (id of a Source in ``evidence/``) and ``level`` cover all that stands below.

    Both or neither: where neither is written, the enclosing piece must have them (the loader checks this).
    """

    source: Annotated[str | None, Field(description="Id of a source in evidence/*.yaml")] = None
    level: Annotated[Level | None, Field(description="Verification level of what stands here")] = None
    note: Annotated[str | None, Field(description="Remark for the reader; it decides nothing")] = None


@dataclass(frozen=True, slots=True)
class ValidationFinding:
    """One thing that a validator of a whole file found: where inside the validated piece, what, and the mend."""

    path: tuple[str | int, ...]
    message: str
    mend: str = "correct what the message names"


class Findings(ValueError):
    """Several findings at once, each at its own place; the loader turns each into a problem with its own line."""

    def __init__(self, findings: Sequence[ValidationFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.message for finding in findings))
