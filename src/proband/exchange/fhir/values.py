"""FHIR data types as Proband's: codes, quantities, periods, references. Every function accepts any JSON and never fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from proband.exchange.json_values import NEVER, Moment, items, moment, number, obj, text
from proband.exchange.unit_ontology import UNIT_ONTOLOGY
from proband.exchange.written_numbers import slug
from proband.facts.observation import Presence
from proband.terms import UncertainDate, canonical_code, code_system, is_unit, same_unit, system_name

__all__ = [
    "ABSENT_REASONS",
    "NEVER",
    "Code",
    "Measured",
    "Moment",
    "choice_time",
    "code_set",
    "codes",
    "coding",
    "items",
    "local_code",
    "moment",
    "null_flavour",
    "number",
    "obj",
    "period",
    "quantity",
    "references",
    "text",
    "words",
]

#: FHIR R4 data-absent-reason (http://terminology.hl7.org/CodeSystem/data-absent-reason) and v3 NullFlavor → presence
ABSENT_REASONS: dict[str, Presence] = {
    "not-asked": Presence.NOT_ASKED,
    "NASK": Presence.NOT_ASKED,
    "masked": Presence.MASKED,
    "MSK": Presence.MASKED,
    "not-applicable": Presence.NOT_APPLICABLE,
    "NA": Presence.NOT_APPLICABLE,
}
_REASON_SYSTEMS = ("data-absent-reason", "NullFlavor")


@dataclass(frozen=True, slots=True)
class Code:
    """A coding: the short name of its system where Proband knows it (else the system as written), code, display."""

    system: str
    code: str
    display: str | None
    known: bool

    @property
    def key(self) -> str:
        """``system|code``."""
        return f"{self.system}|{self.code}"


@lru_cache(maxsize=65536)
def _code(system: str, code: str, display: str | None) -> Code:
    name = system_name(system)
    if name is None:
        return Code(code_system(system) or system, code, display, known=False)
    return Code(name, canonical_code(name, code), display, known=True)


def codes(concept: Any) -> list[Code]:
    """The codings of a CodeableConcept, those of known systems first, in the order written."""
    if not isinstance(concept, dict):
        return []
    try:
        return list(_codes_written(orjson.dumps(concept)))
    except TypeError:  # what no JSON is: a number beyond 64 bits
        return _codes(concept)


@lru_cache(maxsize=1024)
def _codes_written(written: bytes) -> tuple[Code, ...]:
    """The same by the text of a concept: a file repeats few of them many times."""
    return tuple(_codes(orjson.loads(written)))


def _codes(concept: Any) -> list[Code]:
    found = []
    for coding in items(obj(concept).get("coding")):
        entry = obj(coding)
        code = text(entry.get("code"))
        if code is not None:
            found.append(_code(text(entry.get("system")) or "", code, text(entry.get("display"))))
    found.sort(key=lambda each: not each.known)
    return found


def labels(resource: dict[str, Any]) -> list[Code]:
    """The tags and security labels of a resource."""
    meta = resource.get("meta")
    if not isinstance(meta, dict) or ("tag" not in meta and "security" not in meta):
        return []
    return codes({"coding": [*items(meta.get("tag")), *items(meta.get("security"))]})


def is_test_data(resource: dict[str, Any]) -> bool:
    """Whether a resource is labelled as test health data (HTEST of HL7 v3 ActReason): it is about nobody."""
    found = labels(resource)
    return bool(found) and any(each.code == "HTEST" for each in found)


#: labels (HL7 v3 ObservationValue) of what is not the whole record as it was written
_CHANGED = {
    "SUBSETTED": "elements are left out",
    "REDACTED": "elements are taken out",
    "MASKED": "values are masked",
    "ABSTRED": "it is an abstract of the record",
    "AGGRED": "it is a summary of several",
}


_DELETED = {"deleted", "entered-in-error", "entered in error", "voided", "void", "retracted", "nullified"}


def marked(resource: dict[str, Any]) -> tuple[str, ...]:
    """Why a resource cannot be taken at its word by its own labels: elements were left out or masked, or it was deleted."""
    given = labels(resource)
    found = [
        f"it is marked {each.code}: {_CHANGED[each.code]}, and which ones cannot be told"
        for each in given
        if each.code in _CHANGED
    ]
    found += [f"it is labelled {each.code[:40]!r}" for each in given if each.code.lower() in _DELETED]
    return tuple(found)


def named(reference: str) -> tuple[str, str]:
    """What a reference names, ``Type/id`` or an address of its own, and the version of it; empty where it says none."""
    written, _, version = reference.partition("/_history")
    whole = written if written.startswith("urn:") else "/".join(written.split("/")[-2:])
    return whole, version.removeprefix("/")


def notes(resource: dict[str, Any]) -> list[str | None]:
    """The words of the notes (Annotation) of a resource."""
    return [text(obj(each).get("text")) for each in items(resource.get("note"))]


#: extensions within extensions that are looked into
_DEEPEST = 4


def extension_words(node: dict[str, Any], depth: int = 0) -> list[str | None]:
    """The words that stand in the extensions of a resource: a site writes remarks there too."""
    found: list[str | None] = []
    for each in items(node.get("extension")):
        entry = obj(each)
        found += [text(entry.get(name)) for name in ("valueString", "valueMarkdown")]
        found += [
            words(entry.get("valueCodeableConcept")),
            text(obj(entry.get("valueAnnotation")).get("text")),
        ]
        if depth < _DEEPEST:
            found += extension_words(entry, depth + 1)
    return found


def null_flavour(concept: Any) -> Presence | None:
    """Why a CodeableConcept that must stand there says nothing (*masked*, *not asked*, *unknown*); ``None`` where it says something."""
    if not isinstance(concept, dict):
        return None
    try:
        return _flavour_written(orjson.dumps(concept))
    except TypeError:
        return _flavour(concept)


@lru_cache(maxsize=1024)
def _flavour_written(written: bytes) -> Presence | None:
    return _flavour(orjson.loads(written))


def _reasons(bearers: list[dict[str, Any]]) -> list[str | None]:
    """The reasons for being absent that elements bear as an extension."""
    return [
        text(obj(each).get("valueCode"))
        for bearer in bearers
        for each in items(bearer.get("extension"))
        if (text(obj(each).get("url")) or "").endswith("/data-absent-reason")
    ]


def _flavour(concept: Any) -> Presence | None:
    entry = obj(concept)
    given = [obj(each) for each in items(entry.get("coding"))]
    own = _reasons([entry, obj(entry.get("_text"))])
    of_codes = _reasons([*given, *(obj(each.get("_code")) for each in given)])
    # where only the code is missing ("unsupported"), the text beside it says what there is
    in_words = text(entry.get("text")) is not None and not any(text(each.get("code")) for each in given)
    reasons = own + [each for each in of_codes if not in_words or each == "masked"]
    flavoured = [each for each in given if (text(each.get("system")) or "").endswith(_REASON_SYSTEMS)]
    if len(flavoured) == len([each for each in given if text(each.get("code"))]):
        reasons += [text(each.get("code")) for each in flavoured]
    said = [each for each in reasons if each]
    if not said or (len(codes(concept)) > len(flavoured)):
        return None
    return next((ABSENT_REASONS[each] for each in said if each in ABSENT_REASONS), Presence.UNKNOWN)


def withheld(node: Any) -> Presence | None:
    """Why the extension *data-absent-reason* of an element says that it has no value; ``None`` where it says nothing."""
    for each in items(obj(node).get("extension")):
        if (text(obj(each).get("url")) or "").endswith("/data-absent-reason"):
            return ABSENT_REASONS.get(text(obj(each).get("valueCode")) or "", Presence.UNKNOWN)
    return None


def coding(node: Any) -> Code | None:
    """A single Coding."""
    entry = obj(node)
    code = text(entry.get("code"))
    return _code(text(entry.get("system")) or "", code, text(entry.get("display"))) if code else None


def words(concept: Any) -> str | None:
    """The text of a CodeableConcept, or the first display."""
    entry = obj(concept)
    written = text(entry.get("text"))
    if written:
        return written
    return next((each.display for each in codes(entry) if each.display), None)


def all_words(concepts: Iterable[Any]) -> str | None:
    """Every text and display of CodeableConcepts, each once, with a stroke between them; ``None`` where there are none."""
    found = [
        each
        for concept in concepts
        for each in (text(obj(concept).get("text")), *(code.display for code in codes(concept)))
    ]
    return " | ".join(dict.fromkeys(each for each in found if each)) or None


def code_set(concept: Any) -> set[str]:
    """The bare codes of a CodeableConcept (for status elements)."""
    return {each.code for each in codes(concept)}


def period(node: Any) -> Moment:
    """A Period: the interval from its start to its end; an open end stays open."""
    entry = obj(node)
    start, end = moment(entry.get("start")), moment(entry.get("end"))
    first, last = start.when.earliest, end.when.latest
    if first is not None and last is not None and first > last:
        return Moment(UncertainDate.unknown(), problem=f"period ends {last} before it starts {first}")
    return Moment(UncertainDate(first, last), start.time, start.offset, start.problem or end.problem)


def choice_time(node: dict[str, Any], stem: str) -> Moment:
    """``<stem>DateTime``, ``<stem>Instant``, ``<stem>Date`` or ``<stem>Period``; otherwise never."""
    for ending in ("DateTime", "Instant", "Date"):
        if stem + ending in node:
            return moment(node[stem + ending])
    if stem + "Period" in node:
        return period(node[stem + "Period"])
    return NEVER


_COMPARATORS = {"<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class Measured:
    """A Quantity: value, unit (UCUM code before printed unit), comparator, and what is odd about it."""

    value: float | None
    unit: str | None
    comparator: str | None
    problem: str | None = None
    printed: str | None = None


@lru_cache(maxsize=4096)
def units_differ(code: str, printed: str) -> bool:
    """Whether the printed unit is surely another one than the coded one. Letters that mean degrees to a reader are no unit here."""
    if code == printed or printed.strip(" °.") in {"C", "F", "K"} or not (is_unit(code) and is_unit(printed)):
        return False
    return not same_unit(code, printed)


def _said_of_number(entry: dict[str, Any]) -> str | None:
    """What stands beside a number of a quantity against it: it is withheld, or so uncertain that somebody said how much."""
    if "_value" in entry and withheld(entry["_value"]) is not None:
        return "it has a value, and says that the value is withheld or not known"
    for each in items(entry.get("extension")):
        if "uncertainty" in (text(obj(each).get("url")) or "").lower():
            return "its uncertainty is stated, and not read"
    return None


def quantity(node: Any) -> Measured:
    """Read a Quantity."""
    entry = obj(node)
    value = number(entry.get("value"))
    problem = None
    if value is None and entry.get("value") is not None:
        problem = f"value {str(entry.get('value'))[:40]!r} is not a number"
    system, code, printed = text(entry.get("system")), text(entry.get("code")), text(entry.get("unit"))
    unit = code or printed
    if code and system and "unitsofmeasure" not in system:
        if "ontobee.org/ontology/UO" in system or system.endswith("/uo.owl"):
            term = "UO:" + code.removeprefix("UO:").removeprefix("UO_")
            unit = UNIT_ONTOLOGY.get(term, printed or term)
        else:
            unit = printed or code
    if code and printed and unit == code and problem is None and units_differ(code, printed):
        problem = f"the unit is written {printed[:30]!r} and coded {code[:30]!r}, which differ"
    if problem is None and value is not None:
        problem = _said_of_number(entry)
    comparator = text(entry.get("comparator"))
    if comparator is not None and comparator not in _COMPARATORS:
        problem = f"comparator {comparator[:10]!r} is none of < <= > >="
        value = None
        comparator = None
    return Measured(value, unit, comparator, problem, printed if printed != unit else None)


def references(node: Any) -> Iterator[str]:
    """All literal references inside a JSON tree."""
    stack = [node]
    while stack:
        entry = stack.pop()
        if isinstance(entry, dict):
            reference = entry.get("reference")
            if isinstance(reference, str):
                yield reference
            stack.extend(entry.values())
        elif isinstance(entry, list):
            stack.extend(entry)


def local_code(words_: str) -> str:
    """The code of a fact without an external code: lower case, hyphens."""
    return slug(words_)
