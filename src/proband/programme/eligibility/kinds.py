"""Which kind of observable a mapping of a bundle is: told by the keys that stand in it, so that nobody has to name it.

:data:`KINDS` is the one list: reading, the JSON Schema for editors, and what is said of a key that stands in the wrong
place are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from proband.programme.eligibility.computed import (
    ElapsedTime,
    Multiple,
    ScoredCode,
    ScoredLevel,
    ScoredNumber,
    ScoredYesNo,
)
from proband.programme.eligibility.measured import (
    CodedWord,
    DatedEvent,
    EventCount,
    MeasuredNumber,
    OrderedLevel,
    StableTime,
    Trend,
    YesNo,
)
from proband.programme.eligibility.observable import Observable
from proband.programme.expression import ValueType
from proband.programme.model import Findings, ValidationFinding


class UntypedObservable(Observable, extra="ignore"):
    """What stands where ``type`` is missing, or none that there is: read only to say so."""


@dataclass(frozen=True, slots=True)
class ObservableKind:
    """One kind: its class, what it is called, and what a mapping must hold to be of it."""

    model: type[Observable]
    words: str
    key: str | None = None
    type: str | None = None
    aggregate: str | None = None

    @property
    def tag(self) -> str:
        """Its name inside the union."""
        return self.model.__name__

    def is_told_by(self, data: Mapping[str, Any]) -> bool:
        """Whether a mapping is of this kind, given that it is of none before it."""
        return (
            (self.key is None or data.get(self.key) is not None)
            and (self.type is None or data.get("type") == self.type)
            and (self.aggregate is None or data.get("aggregate") == self.aggregate)
        )

    def condition(self) -> JsonSchemaValue:
        """The same as JSON Schema."""
        needed = {"type": self.type, "aggregate": self.aggregate}
        found: JsonSchemaValue = {"required": [k for k, v in needed.items() if v is not None]}
        found["properties"] = {k: {"const": v} for k, v in needed.items() if v is not None}
        if self.key is not None:
            found["required"].append(self.key)
            found["properties"][self.key] = {"not": {"type": "null"}}
        return found


#: every kind; the first that a mapping tells counts
KINDS: tuple[ObservableKind, ...] = (
    ObservableKind(ElapsedTime, "times between two anchors ('elapsed')", key="elapsed"),
    ObservableKind(ScoredNumber, "scores that are numbers ('derived')", key="derived", type="number"),
    ObservableKind(ScoredLevel, "scores that have an order ('derived')", key="derived", type="ordered"),
    ObservableKind(ScoredCode, "scores that are codes ('derived')", key="derived", type="code"),
    ObservableKind(ScoredYesNo, "scores that say yes or no ('derived')", key="derived", type="boolean"),
    ObservableKind(Multiple, "multiples ('relative_to')", key="relative_to"),
    ObservableKind(EventCount, "counts ('aggregate: count')", type="number", aggregate="count"),
    ObservableKind(Trend, "slopes ('aggregate: slope')", type="number", aggregate="slope"),
    ObservableKind(
        StableTime, "stable times ('aggregate: stable-for')", type="number", aggregate="stable-for"
    ),
    ObservableKind(MeasuredNumber, "measured numbers ('type: number')", type="number"),
    ObservableKind(YesNo, "what is yes or no ('type: boolean')", type="boolean"),
    ObservableKind(CodedWord, "codes ('type: code')", type="code"),
    ObservableKind(OrderedLevel, "levels with an order ('type: ordered')", type="ordered"),
    ObservableKind(DatedEvent, "days ('type: date')", type="date"),
)


def kind_of(data: Mapping[str, Any]) -> ObservableKind | None:
    """The kind that a mapping tells by its keys, or ``None`` where its ``type`` is missing or none that there is."""
    return next((kind for kind in KINDS if kind.is_told_by(data)), None)


@cache
def _defaults() -> dict[str, list[tuple[ObservableKind, Any]]]:
    """Key → the kinds that have it, each with the value that it has where it is not written."""
    found: dict[str, list[tuple[ObservableKind, Any]]] = {}
    for kind in KINDS:
        for name, info in kind.model.model_fields.items():
            found.setdefault(name, []).append((kind, info.get_default(call_default_factory=True)))
    return found


def _own_keys(data: Mapping[str, Any], kind: ObservableKind) -> dict[str, Any]:
    """The keys of a mapping without those of other kinds that say nothing.

    A key of another kind that holds what is so anyway (null, or its default there) may stand: it changes nothing, and
    whoever writes every key of a form meets no refusal.

    Raises
    ------
    Findings
        For keys of other kinds that do say something: they would have no effect here.
    """
    own: dict[str, Any] = {}
    found: list[ValidationFinding] = []
    for name, value in data.items():
        bearers = _defaults().get(name, [])
        if not bearers or any(bearer is kind for bearer, _ in bearers):
            own[name] = value
        elif value is not None and all(_other(value, default) for _, default in bearers):
            places = ", ".join(bearer.words for bearer, _ in bearers)
            message = f"{data.get('id', 'an observable')}: {name!r} has no meaning for {kind.words}"
            found.append(ValidationFinding((name,), message, f"remove it; it belongs to {places}"))
    if found:
        raise Findings(found)
    return own


def _other(value: Any, default: Any) -> bool:
    plain = list(default) if isinstance(default, tuple) else default
    return bool(value != plain)


def _tag(value: Any) -> str:
    """The branch of the union that reads a value."""
    if isinstance(value, Observable):
        return type(value).__name__
    kind = kind_of(value) if isinstance(value, Mapping) else None
    return kind.tag if kind else UntypedObservable.__name__


def _read(value: Any, read: Callable[[Any], Observable]) -> Observable:
    kind = kind_of(value) if isinstance(value, Mapping) else None
    return read(_own_keys(value, kind) if kind else value)


class _ByKind:
    """Reads an observable as the kind that its keys tell, and describes all of them to an editor."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        models: list[type[Observable]] = [*(kind.model for kind in KINDS), UntypedObservable]
        choices = {model.__name__: handler.generate_schema(model) for model in models}
        union = core_schema.tagged_union_schema(choices, discriminator=_tag)
        return core_schema.no_info_wrap_validator_function(_read, union)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """If it has the keys of a kind, then it is of that kind, else of one that follows."""
        *models, _ = handler(schema)["oneOf"]
        found: JsonSchemaValue = {
            "required": ["type"],
            "properties": {"type": {"enum": list(get_args(ValueType))}},
        }
        for kind, model in reversed(list(zip(KINDS, models, strict=True))):
            found = {"if": kind.condition(), "then": model, "else": found}
        return found


#: an observable of a bundle: validates to one of the classes in :data:`KINDS`
if TYPE_CHECKING:
    AnyObservable = Observable
else:  # the classes stand in the annotation for those who walk through it: messages, the table of fields
    AnyObservable = Annotated[reduce(or_, (kind.model for kind in KINDS)), _ByKind()]

_READER: TypeAdapter[Observable] = TypeAdapter(AnyObservable, config=ConfigDict(defer_build=True))


def observable(data: Mapping[str, Any]) -> Observable:
    """One observable from plain values, as one that a bundle declares.

    Raises
    ------
    pydantic.ValidationError
        For what a bundle would be refused for.
    """
    return _READER.validate_python(data)
