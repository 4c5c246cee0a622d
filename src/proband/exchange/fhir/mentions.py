"""Diagnoses that stand elsewhere than in a Condition: what a report concludes, why somebody was admitted, what was billed.

Nobody says there that the person has it: a reason may be a suspicion, a bill a wish. It is no silence either. Each becomes a mention
(:mod:`proband.facts.mentions`), which lets no older "no" and no silence answer for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.fhir.answers import ANSWER_CODES
from proband.exchange.fhir.drafts import Draft, ExtractionContext, Resource, attributes_of, draft_of
from proband.exchange.may_name import may_name, through
from proband.facts.mentions import mention_of
from proband.facts.observation import Observation

#: elements that hold concepts, of any resource, and those inside lists of parts (element, inner element)
_PLACES = ("reasonCode", "reasonCodeableConcept", "complication", "indication")
_PARTS = (
    ("diagnosis", "diagnosisCodeableConcept"),
    ("finding", "itemCodeableConcept"),
    ("evidence", "code"),
    ("reaction", "manifestation"),
)
#: elements of one type of resource
_OWN = {"DiagnosticReport": ("conclusionCode",), "Flag": ("code",), "AdverseEvent": ("event",)}
#: whoever these are about, it is not what the person has
_NOT_THEIRS = {"FamilyMemberHistory", "AllergyIntolerance", "RiskAssessment", "Goal", "Immunization"}
_NOTHING = {"entered-in-error", "cancelled", "revoked", "nullified", "rejected"}
_TIMES = (
    "effectiveDateTime", "performedDateTime", "occurrenceDateTime", "authoredOn", "recordedDate", "created", "date", "issued",
    "effectivePeriod", "performedPeriod", "occurrencePeriod", "period", "billablePeriod",
)  # fmt: skip


def diagnoses(concept: Any) -> Iterator[v.Code]:
    """The codes of a concept that may name a diagnosis, each with the broader one under which it stands.

    What has the form of an ICD-10 code and stands under no system, or under one that is not known, may be one.
    """
    for each in v.codes(concept):
        if each.key in ANSWER_CODES:
            continue
        for system, code in may_name(each.system, each.code):
            yield v.Code(system, code, each.display, each.known or system == "ICD-10")


def mentioned(
    draft: Draft, concepts: Iterable[Any], where: str, at: v.Moment | None = None
) -> Iterator[Observation]:
    """A mention for each diagnosis that concepts name: from its day on, and until nobody knows when."""
    seen: set[str] = set()
    moment = at or draft.at
    until = through(moment.when)
    for concept in concepts:
        for each in diagnoses(concept):
            if each.key in seen:
                continue
            seen.add(each.key)
            system, code = mention_of(each.system, each.code)
            yield draft.fact(
                system, code, at=moment, display=each.display or v.words(concept), persists=True, until=until,
                attributes=attributes_of(kind="mention", where=where),
            )  # fmt: skip


def of_unknown_systems(draft: Draft, concept: Any, where: str) -> Iterator[Observation]:
    """Mentions of what a condition may be whose code stands under no system that is known, though it has the form of one."""
    codings = ((each, v.coding(each)) for each in v.items(v.obj(concept).get("coding")))
    unknown = [each for each, found in codings if found is not None and not found.known]
    if unknown:
        found = mentioned(draft, [{"coding": unknown, "text": v.words(concept)}], where)
        yield from (each for each in found if each.code.startswith("mentioned.ICD-10|"))


def _places(resource: Resource) -> Iterator[tuple[str, list[Any]]]:
    kind = str(resource.get("resourceType"))
    for name in (*_PLACES, *_OWN.get(kind, ())):
        if name in resource:
            found = resource[name]
            yield f"{kind}.{name}", v.items(found) if isinstance(found, list) else [found]
    for outer, inner in _PARTS:
        if outer in resource:
            parts = (v.obj(each).get(inner) for each in v.items(resource[outer]))
            held = [
                part
                for each in parts
                if each is not None
                for part in (each if isinstance(each, list) else [each])
            ]
            if held:
                yield f"{kind}.{outer}.{inner}", held


def mentions(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    """What a resource mentions besides what its reader makes of it; nothing of one that is withdrawn or about another."""
    if resource.get("resourceType") in _NOT_THEIRS or v.text(resource.get("status")) in _NOTHING:
        return
    found = list(_places(resource))
    if not any(each for _, concepts in found for concept in concepts for each in diagnoses(concept)):
        return
    draft = draft_of(context, resource, position, _day_of(resource), "subject", "patient")
    if draft is None:
        return
    for where, concepts in found:
        yield from mentioned(draft, concepts, where)


def _day_of(resource: Resource) -> v.Moment:
    for name in _TIMES:
        if name in resource:
            given = resource[name]
            return v.moment(v.obj(given).get("start")) if isinstance(given, dict) else v.moment(given)
    return v.NEVER
