"""The forms of what commands say: identifiers, days, times, words, amounts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from proband.record.declare.wording import FREE, OF_THE_STUDY, REMEMBERED, TRACED, UNIT
from proband.record.events import FIRST_YEAR, LAST_YEAR, canonical_time

#: an identifier of the record: participant, product, site, person, donation number
REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9._=&-]{0,63}$"
Ref = Annotated[str, Field(pattern=REFERENCE, description="identifier")]


@dataclass(frozen=True, slots=True)
class StaffMark:
    """Marks a field that names a member of staff."""


STAFF = StaffMark()
#: whom an event names besides its actor: a member of staff with a role at the event's site on its day, or the event is refused
StaffRef = Annotated[
    str, Field(pattern=REFERENCE, description="a member of staff, with a role at this site"), STAFF
]


def _real_day(text: str) -> str:
    """A day that the calendar has, in years that a programme can know."""
    if not FIRST_YEAR <= date.fromisoformat(text).year <= LAST_YEAR:
        raise ValueError(f"the year is not from {FIRST_YEAR} to {LAST_YEAR}")
    return text


def _one_form(text: object) -> object:
    """A moment in any ordinary form of ISO 8601 as the stamp that the log knows."""
    return canonical_time(text) if isinstance(text, str) else text


#: a calendar day
Day = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="day, YYYY-MM-DD"), AfterValidator(_real_day)
]
#: a UTC time to the millisecond
Stamp = Annotated[
    str,
    BeforeValidator(_one_form),
    Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", description="UTC time"),
]
#: what people type: it is kept in the vault, and the event holds a commitment to it
Words = Annotated[str, Field(min_length=1, max_length=4000), FREE]
#: what people type of a product, without which it could not be traced
TracedWords = Annotated[str, Field(min_length=1, max_length=4000), TRACED]
#: a date as people remember it
RememberedDate = Annotated[str, Field(min_length=1, max_length=4000), REMEMBERED]
#: a text of the programme, the study, or the record's own making
StudyWords = Annotated[str, Field(min_length=1, max_length=4000), OF_THE_STUDY]
#: a language, such as ``en`` or ``de-CH``
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="language, as en or de-CH")]
#: a sha256 in hexadecimal digits
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="sha256")]
#: a bundle, compressed, in lines (:mod:`proband.record.kept_bundle`)
KeptBundle = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9+/=]{1,16000}$", description="base64"), OF_THE_STUDY]],
    Field(min_length=1, max_length=64),
]
#: the name of a task, as the record gives it: ``report:AE-1:gb-7``
TaskName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._=&:#-]{0,255}$", description="name of a task")
]


class Data(BaseModel):
    """What a command says beyond who, where, when and about whom; unknown keys are refused, absent ones are ``null``."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False, defer_build=True
    )


def _marked(annotation: Any) -> bool:
    return STAFF in getattr(annotation, "__metadata__", ()) or any(map(_marked, get_args(annotation)))


def _models(annotation: Any) -> list[type[Data]]:
    own = [annotation] if isinstance(annotation, type) and issubclass(annotation, Data) else []
    return own + [model for inner in get_args(annotation) for model in _models(inner)]


def staff_fields(data: type[Data]) -> tuple[str, ...]:
    """The fields that name members of staff, one each or a list of them.

    Raises
    ------
    ValueError
        Where a model within the data names one: the gate would not see it.
    """
    found = []
    for name, field in data.model_fields.items():
        if STAFF in field.metadata or _marked(field.annotation):
            found.append(name)
        if any(staff_fields(model) for model in _models(field.annotation)):
            raise ValueError(f"{data.__name__}.{name}: name members of staff in the data themselves")
    return tuple(found)


class Amount(Data):
    """A quantity with its unit.

    * ``value``: the number
    * ``unit``: its unit
    """

    value: float
    unit: Annotated[str, Field(min_length=1, max_length=32), UNIT]


def is_amount(value: object) -> bool:
    """Whether a value is an amount, as a body has it that no door has looked at."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("unit"), str)
        and isinstance(value.get("value"), int | float)
        and math.isfinite(value["value"])
    )


def amount_words(value: Mapping[str, Any] | None) -> str:
    """An amount as people read it; nothing where there is none."""
    return "" if value is None else f"{value['value']:g} {value['unit']}"
