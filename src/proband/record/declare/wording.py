"""How the texts of a command stand in its event: what may speak of a person is kept apart, and only a commitment to it is signed and chained.

Every field of every command that holds a text says what kind of text it is: an identifier or a code with its pattern, a choice, or one of the
kinds below. A field that says nothing is refused when its module is imported. What people type is free text, and free text may name somebody;
so it goes into the vault, under the key of the person it is about, and erasure reaches it there. A gate never reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from proband.record.remembered import remembered

if TYPE_CHECKING:
    from proband.record.state import State


@dataclass(frozen=True, slots=True)
class TextContext:
    """What a kind of text may look at: the data in which it stands, and the state before the event (``None``: not known)."""

    data: Mapping[str, Any]
    state: State | None = None


#: whether a text may stand in an event as it is
StandsOpen = Callable[[str, TextContext], bool]


def _never(text: str, context: TextContext) -> bool:
    return False


def _always(text: str, context: TextContext) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Wording:
    """A kind of text.

    ``open`` says which texts of the kind stand in the event as they are; every other one is kept in the vault (``free``), or refused (``coded``).
    ``traced``: the law asks for it as long as a product must be traced, so that it goes with the person's identity and not before.
    """

    kind: Literal["free", "coded", "open", "event", "entry"]
    open: StandsOpen = _never
    traced: bool = False


def coded(pattern: str) -> Wording:
    """A code or an identifier of this pattern, and nothing else."""
    form = re.compile(pattern)
    return Wording("coded", lambda text, context: form.fullmatch(text) is not None)


def open_where(stands: StandsOpen, *, traced: bool = False) -> Wording:
    """A text that the rules can read stands open (a date, a code of the programme); what people typed instead is free text."""
    return Wording("free", stands, traced)


_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=&:@#/+%-]{0,119}")


def is_code(text: str, context: TextContext | None = None) -> bool:
    """Whether a text has the form of a code or an identifier: no blanks, no punctuation of sentences."""
    return text == "" or _CODE.fullmatch(text) is not None


def reads_as_date(text: str, context: TextContext | None = None) -> bool:
    """Whether a text is a date as people remember it (``early March 2024``, ``before 2020``, ``unknown``) and nothing beside it."""
    return "\n" not in text and remembered(text) is not None


def _criterion_code(text: str, context: TextContext) -> bool:
    if is_code(text):
        return True
    view = context.state.view if context.state is not None else None
    return view is not None and view.eligibility is not None and text in view.texts_of_criteria


def _listed_event(text: str, context: TextContext) -> bool:
    view = context.state.view if context.state is not None else None
    return view is not None and text in view.safety.expected_events


def _category_of_causality(text: str, context: TextContext) -> bool:
    view = context.state.view if context.state is not None else None
    return view is not None and text in view.safety.grading.causality


def _level_of_scheme(text: str, context: TextContext) -> bool:
    schemes = context.state.schemes if context.state is not None else []
    return is_code(text) or any(
        text == factor or text in levels for scheme in schemes for factor, levels in _strata(scheme)
    )


def _strata(scheme: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The factors of a sealed list, or of a scheme of an earlier version, with their levels."""
    plan = scheme.get("plan")
    if plan:
        return [(factor["name"], factor["levels"]) for factor in plan["factors"]]
    return list((scheme.get("strata") or {}).items())


def _of_known_instrument(text: str, context: TextContext) -> bool:
    """The catalogue judges the answers, scores and version of an instrument that it has: those are its own words."""
    if re.fullmatch(r"v?[0-9][0-9.-]{0,20}", text):
        return True
    from proband.instruments.catalogue import REGISTRY

    return str(context.data.get("instrument")) in REGISTRY


#: what people type
FREE = Wording("free")
#: what people type of a product, and the law of tracing it asks for
TRACED = Wording("free", traced=True)
#: a date as people remember it; anything else typed there is free text
REMEMBERED = open_where(reads_as_date)
#: values that the criteria of the programme read
CRITERIA = open_where(_criterion_code)
#: a factor or level by which the sealed scheme allocates
STRATUM = open_where(_level_of_scheme)
#: an adverse event that the programme lists as expected
LISTED_EVENT = open_where(_listed_event)
#: a category of causality of the programme
CAUSALITY = open_where(_category_of_causality)
#: the words of an instrument of the catalogue; of another instrument nobody but the programme knows the form
INSTRUMENT = open_where(_of_known_instrument)
#: a finding that a release test is judged by, or free text
FINDING = open_where(lambda text, context: text.strip().lower() in ("negative", "positive", "conforms"))
#: a country by its code, or whatever people call it
COUNTRY = open_where(lambda text, context: re.fullmatch(r"[A-Z]{2}", text) is not None)
#: an attempt that was refused: who and where stand open, as identifiers; what was scanned or typed does not
ATTEMPT = open_where(
    lambda text, context: is_code(text) or re.fullmatch(r"[+*-]?[0-9T:.Z+-]*", text) is not None
)
#: a unit: no blanks
UNIT = coded(r"\S{1,32}")
#: a code of any kind: no blanks
CODE = coded(r"|[A-Za-z0-9][A-Za-z0-9._=&:@#/+%-]{0,119}")
BASE64 = coded(r"[A-Za-z0-9+/=_-]*")
#: the printed name of a member of staff: it stands in what they sign, by law, and no participant is meant
PRINTED_NAME = Wording("open", _always)
#: a text of the programme, of the study, or of the record's own making: about no person
OF_THE_STUDY = Wording("open", _always)
#: the data of another event, by the field ``event`` beside it
ENTRY = Wording("entry")
#: the whole body of another event
EVENT = Wording("event")


@dataclass(slots=True)
class TextPlace:
    """Where texts may stand within a value: the kind of the value itself, its fields, its entries, its keys."""

    wording: Wording | None = None
    fields: dict[str, TextPlace] = field(default_factory=dict)
    entries: TextPlace | None = None
    keys: Wording | None = None

    @property
    def empty(self) -> bool:
        """Whether no text can stand there that anybody must look at."""
        return self.wording is None and not self.fields and self.entries is None and self.keys is None


class TextVisitor(Protocol):
    """What is done with the texts of a value; each method gives what stands there afterwards."""

    def text(self, wording: Wording, text: str, path: str) -> str:
        """A text of a kind."""

    def nested_data(self, event: str, data: Mapping[str, Any], path: str) -> Any:
        """The data of another event."""

    def nested_body(self, body: Mapping[str, Any], path: str) -> Any:
        """The whole body of another event."""


def text_places(data: type[BaseModel]) -> TextPlace:
    """Where texts stand in the data of a command.

    Raises
    ------
    ValueError
        For a field with a text that says neither its pattern nor its kind.
    """
    found = TextPlace()
    for name, one in data.model_fields.items():
        place = _place(one.annotation, list(one.metadata), f"{data.__name__}.{name}")
        if not place.empty:
            found.fields[name] = place
    return found


def _place(annotation: Any, metadata: list[Any], where: str) -> TextPlace:
    said = [
        one for entry in metadata for one in (entry.metadata if isinstance(entry, FieldInfo) else [entry])
    ]
    wording = next((one for one in said if isinstance(one, Wording)), None)
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _place(inner, [*metadata, *more], where)
    if annotation is str:
        if wording is None and not any(getattr(one, "pattern", None) for one in said):
            raise ValueError(
                f"{where}: say what kind of text it is: a pattern, or a kind of proband.record.declare.wording"
            )
        return TextPlace(wording if wording is None or wording.kind != "open" else None)
    if annotation is Any or (origin in (dict, list) and wording is not None):
        if wording is None:
            raise ValueError(f"{where}: say what kind of text may stand in it")
        return _anywhere(wording)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return text_places(annotation)
    if origin is Literal or annotation in (int, float, bool, type(None)):
        return TextPlace()
    if origin is list:
        inner_place = _place(get_args(annotation)[0], [], where)
        return TextPlace(entries=None if inner_place.empty else inner_place)
    if origin is dict:
        of_key, of_value = (_place(one, [], where) for one in get_args(annotation))
        return TextPlace(entries=None if of_value.empty else of_value, keys=of_key.wording)
    if origin in (Union, UnionType):
        return _merged([_place(one, metadata if one is str else [], where) for one in get_args(annotation)])
    raise ValueError(f"{where}: a field of this kind ({annotation}) does not say where its texts stand")


def _anywhere(wording: Wording) -> TextPlace:
    """Texts at any depth, keys too, are of one kind."""
    if wording.kind == "open":
        return TextPlace()
    if wording.kind in ("event", "entry"):
        return TextPlace(wording)
    place = TextPlace(wording, keys=wording)
    place.entries = place
    return place


def _merged(places: list[TextPlace]) -> TextPlace:
    """One of several forms: a value has one of them, and its kind (text, list, object) tells which."""
    whole = TextPlace()
    for place in places:
        whole.wording = whole.wording or place.wording
        whole.fields |= place.fields
        whole.entries = whole.entries or place.entries
        whole.keys = whole.keys or place.keys
    return whole


def walked(place: TextPlace, value: Any, visitor: TextVisitor, path: str = "") -> Any:
    """A value with every text as the visitor gives it; what holds no text is handed on as it is."""
    if isinstance(value, str):
        return visitor.text(place.wording, value, path) if place.wording is not None else value
    if isinstance(value, Mapping):
        return _walked_fields(place, value, visitor, path)
    if isinstance(value, list | tuple) and place.entries is not None:
        return [walked(place.entries, one, visitor, f"{path}.{n}") for n, one in enumerate(value)]
    return value


def _walked_fields(place: TextPlace, value: Mapping[str, Any], visitor: TextVisitor, path: str) -> Any:
    found: dict[str, Any] = {}
    for name, one in value.items():
        inner = place.fields.get(name) or place.entries
        key = visitor.text(place.keys, name, path) if place.keys is not None else name
        if inner is None or one is None:
            found[key] = one
        elif inner.wording is EVENT and isinstance(one, Mapping):
            found[key] = visitor.nested_body(one, f"{path}.{name}")
        elif inner.wording is ENTRY and isinstance(one, Mapping):
            found[key] = visitor.nested_data(str(value.get("event")), one, f"{path}.{name}")
        else:
            found[key] = walked(inner, one, visitor, f"{path}.{name}")
    return found


#: the data of an event that nobody declares: codes, and nothing that somebody typed
ANYTHING = _anywhere(open_where(is_code))
