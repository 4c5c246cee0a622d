"""What every part of a bundle shares: strictness, identifiers, and the basis of the numbers in it.

Every number in a bundle stands below a mapping that carries ``source`` and ``level``: its own, or that of an ancestor
(:class:`Based`). A design choice of the programme itself is no exception; its source is the programme and its level is
``inference``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from proband.terms import Level

Id = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short key: lower case, digits and hyphens")
]
Text = Annotated[str, Field(min_length=3)]


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
