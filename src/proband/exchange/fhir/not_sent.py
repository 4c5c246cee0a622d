"""What a resource names of the person that is not among the files: a diagnosis of a stay, a result of a report, a drug.

A reference that leads nowhere says that something is on record which nobody here sees; so do the words of a diagnosis without its code.
Neither may count as silence, so both make a reading incomplete.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from proband.exchange.fhir.values import codes, named, null_flavour, words
from proband.exchange.json_values import items, obj, text
from proband.exchange.may_name import nobody_asks

Resource = dict[str, Any]

_REASON = (("reasonReference",),)
#: where a resource refers to what the person has, takes, or was measured with, as paths of elements (R4)
_REFERRING: dict[str, tuple[tuple[str, ...], ...]] = {
    "Encounter": (("diagnosis", "condition"), *_REASON),
    "EpisodeOfCare": (("diagnosis", "condition"),),
    "Claim": (("diagnosis", "diagnosisReference"),),
    "ExplanationOfBenefit": (("diagnosis", "diagnosisReference"),),
    "Procedure": (*_REASON, ("complicationDetail",), ("report",)),
    "MedicationRequest": (*_REASON, ("medicationReference",), ("supportingInformation",)),
    "MedicationStatement": (*_REASON, ("medicationReference",)),
    "MedicationAdministration": (*_REASON, ("medicationReference",)),
    "MedicationDispense": (("medicationReference",),),
    "ServiceRequest": (*_REASON, ("supportingInfo",)),
    "ImagingStudy": _REASON,
    "Immunization": (*_REASON, ("reaction", "detail")),
    "CarePlan": (("addresses",),),
    "ClinicalImpression": (("problem",), ("finding", "itemReference")),
    "AdverseEvent": (("resultingCondition",),),
    "Condition": (("evidence", "detail"),),
    "List": (("entry", "item"),),
    "DiagnosticReport": (("result",),),
    "Observation": (("hasMember",),),
}  # fmt: skip
#: types of what such a reference names that give facts of the person
_OF_FACTS = {
    "Condition", "Observation", "DiagnosticReport", "Procedure", "Medication", "MedicationRequest", "MedicationStatement",
    "MedicationAdministration", "MedicationDispense", "AllergyIntolerance",
}  # fmt: skip
#: elements that name a diagnosis as a concept
_DIAGNOSING: dict[str, tuple[tuple[str, ...], ...]] = {
    "Claim": (("diagnosis", "diagnosisCodeableConcept"),),
    "ExplanationOfBenefit": (("diagnosis", "diagnosisCodeableConcept"),),
    "Procedure": (("complication",), ("code",)),
    "DiagnosticReport": (("conclusionCode",),),
    "ClinicalImpression": (("finding", "itemCodeableConcept"),),
    "Flag": (("code",),),
    "AdverseEvent": (("event",),),
    "DetectedIssue": (("code",),),
}
#: the paths whose references are to diagnoses, so that their words are one
_OF_DIAGNOSES = {("diagnosis", "condition"), ("diagnosis", "diagnosisReference"), ("addresses",), ("problem",), ("resultingCondition",), ("entry", "item")}  # fmt: skip
#: types that refer to a diagnosis
_NAMING = {kind for kind, paths in _REFERRING.items() if not _OF_DIAGNOSES.isdisjoint(paths)}
#: reasons in words that name no diagnosis, each word of which is one of these
_WORD = (
    r"routine|annual|yearly|regular|planned|elective|general|medical|clinical|first|initial|new|next|patient|outpatient|inpatient|check|up|checkup|follow|followup|visit|consultation|consult|control|review|appointment|screening"
    r"|vaccination|immuni[sz]ation|blood|draw|test|tests|laboratory|lab|prescription|refill|exam|examination|physical|admission|discharge|referral|for|and|the|of|a|to"
    r"|kontrolle|verlaufskontrolle|nachsorge|vorstellung|wiedervorstellung|vorsorge|impfung|termin|blutentnahme|rezept|aufnahme|entlassung|zur|und"
    r"|suivi|contr(?:ô|o)le|visite|consulta|revisi(?:ó|o)n|visita|seguimiento|controllo|rinnovo"
)
_NO_DIAGNOSIS = re.compile(rf"(?:(?:{_WORD})(?:[\s,;/.&-]+|$))+", re.IGNORECASE)
_WITHDRAWN = {"entered-in-error", "nullified"}


def _at(resource: Resource, path: tuple[str, ...]) -> Iterator[Any]:
    nodes: list[Any] = [resource]
    for name in path:
        nodes = [each for node in nodes for each in items(obj(node).get(name))]
    yield from nodes


def _section_entries(resource: Resource) -> Iterator[Any]:
    sections = list(items(resource.get("section")))
    while sections:
        each = obj(sections.pop())
        yield from items(each.get("entry"))
        sections += items(each.get("section"))


def _references(resource: Resource) -> Iterator[tuple[Any, bool]]:
    """The references of a resource to what the person has, and whether each is to a diagnosis."""
    kind = resource.get("resourceType")
    if kind == "Composition":
        yield from ((each, False) for each in _section_entries(resource))
    elif kind == "List":  # what was taken from a list need not be here
        yield from ((obj(each).get("item"), True) for each in items(resource.get("entry")) if obj(each).get("deleted") is not True)  # fmt: skip
    elif isinstance(kind, str):
        for path in _REFERRING.get(kind, ()):
            if path[0] in resource:
                yield from ((each, path in _OF_DIAGNOSES) for each in _at(resource, path))


def _name(node: Any) -> str | None:
    """What a reference names that gives facts: ``Type/id`` or its ``urn:``; ``None`` for anything else, or what stands inside the resource."""
    written = text(obj(node).get("reference"))
    if written is None or written.startswith("#"):
        return None
    name = named(written)[0]
    if name.startswith("urn:"):
        return name
    return name if name.partition("?")[0].partition("/")[0] in _OF_FACTS else None


class NotSent:
    """The names of a reading that something refers to and no file holds: :meth:`add` what is there, then :meth:`settle`."""

    def __init__(self) -> None:
        self._wanted: array[int] = array("q")
        self._urns: array[int] = array("q")
        self._gone: frozenset[str] = frozenset()

    def add(self, resource: Resource, url: str | None) -> None:
        """Take what a resource refers to, and the address under which its bundle has it."""
        if url is not None and url.startswith("urn:"):
            self._urns.append(hash(url))
        self._wanted.extend(hash(name) for node, _ in _references(resource) if (name := _name(node)))

    def settle(self, held: array[int], resources: Callable[[], Iterable[tuple[Resource, str]]]) -> None:
        """Keep what is named and not held; ``held`` are the hashes of the names (``Type/id``) of everything that the files hold.

        ``resources`` gives each resource with its name, and is asked only where something is missing.
        """
        here = np.concatenate([np.frombuffer(each, dtype=np.int64) for each in (held, self._urns) if each] or [np.empty(0, np.int64)])  # fmt: skip
        wanted = np.frombuffer(self._wanted, dtype=np.int64) if self._wanted else np.empty(0, np.int64)
        gone = set(np.setdiff1d(wanted, here).tolist())
        if gone:
            named_there = (_name(node) for resource, _ in resources() for node, _ in _references(resource))
            self._gone = frozenset(name for name in named_there if name is not None and hash(name) in gone)
        del here, wanted
        self._wanted, self._urns = array("q"), array("q")

    def by(self, resource: Resource) -> Iterator[str]:
        """The names that a resource refers to and no file holds."""
        if self._gone and text(resource.get("status")) not in _WITHDRAWN:
            for node, _ in _references(resource):
                name = _name(node)
                if name is not None and name in self._gone:
                    yield name


def in_words_alone(resource: Resource) -> int:
    """How many diagnoses a resource names in words and nothing else: neither a code nor a reference."""
    kind = resource.get("resourceType")
    diagnosing = _DIAGNOSING.get(kind, ()) if isinstance(kind, str) else ()
    if (kind not in _NAMING and not diagnosing and "reasonCode" not in resource) or text(
        resource.get("status")
    ) in _WITHDRAWN:
        return 0
    found = sum(
        of_diagnosis and text(obj(node).get("reference")) is None and (text(obj(node).get("display")) is not None or "identifier" in obj(node))
        for node, of_diagnosis in _references(resource)
    )  # fmt: skip
    for path in diagnosing:
        found += sum(
            words(each) is not None and not codes(each) and null_flavour(each) is None
            for each in _at(resource, path)
        )
    found += sum(
        (said := words(each)) is not None and not codes(each) and null_flavour(each) is None and not _NO_DIAGNOSIS.fullmatch(said.strip())
        for each in items(resource.get("reasonCode"))
    )  # fmt: skip
    return found


def diagnosed_in(resource: Resource) -> Iterator[Any]:
    """The concepts of a resource, elsewhere than in a Condition, that are diagnoses by the element in which they stand."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind in {"Procedure", "DetectedIssue"}:
        return
    for path in _DIAGNOSING.get(kind, ()):
        yield from _at(resource, path)


def of_local_codes(resource: Resource) -> Iterator[str]:
    """The systems of diagnoses that stand elsewhere than in a Condition under codes for which nobody can ask: a flag, a bill, a conclusion."""
    kind = resource.get("resourceType")
    if (
        not isinstance(kind, str)
        or kind in {"Procedure", "DetectedIssue"}
        or text(resource.get("status")) in _WITHDRAWN
    ):
        return
    for path in _DIAGNOSING.get(kind, ()):
        for each in _at(resource, path):
            named = nobody_asks((code.system, code.code) for code in codes(each))
            if named is not None:
                yield named
