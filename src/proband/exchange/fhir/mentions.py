"""Diagnoses that stand elsewhere than in a Condition: what a report concludes, why somebody was admitted, what was billed.

Nobody says there that the person has it: a reason may be a suspicion, a bill a wish. It is no silence either. Each becomes a mention
(:mod:`proband.facts.mentions`), which lets no older "no" and no silence answer for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.fhir.answers import ANSWER_CODES
from proband.exchange.fhir.drafts import Draft, ExtractionContext, Resource, attributes_of, draft_of
from proband.exchange.fhir.not_sent import diagnosed_in
from proband.exchange.may_name import DRUGS, badly_formed, may_name, through
from proband.facts.called import titled
from proband.facts.mentions import mention_of
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import recorded_in

#: the element of a type that says what the resource itself is of: its reader makes the fact
_MEDICATION = frozenset({"medicationCodeableConcept"})
_OWN = {
    "Immunization": frozenset({"vaccineCode"}),
    **{f"Medication{each}": _MEDICATION for each in ("Request", "Statement", "Administration", "Dispense")},
    **{
        each: frozenset({"code"})
        for each in ("Condition", "Procedure", "DiagnosticReport", "AllergyIntolerance")
    },
}
#: elements in which no diagnosis of the person is named: what is not yet or not theirs, what has a reader of its own, and what is paid for
_ELSEWHERE = frozenset(
    {"contained", "meta", "text", "modifierExtension", "identifier", "targetDisease", "contraindicatedVaccineCode", "stage", "bodySite", "interpretation", "subject", "patient",
     "substance", "item", "addItem", "adjudication", "total", "benefitBalance", "payment"}
)  # fmt: skip
#: whoever these are about, or however likely it is, it is not what the person has; results and forms have readers that know their questions
_NOT_THEIRS = {
    "FamilyMemberHistory",
    "RiskAssessment",
    "Goal",
    "Observation",
    "QuestionnaireResponse",
    "Patient",
    "Medication",
    "MedicationKnowledge",
    "Substance",
    "ActivityDefinition",
    "PlanDefinition",
    "Group",
}
_NOTHING = {"entered-in-error", "nullified"}
#: code systems of the standard itself, which name kinds and states of records and no diagnoses
_OF_HL7 = re.compile(r"https?://(?:terminology\.)?hl7\.org/(?!fhir/sid/)")
_TIMES = (
    "effectiveDateTime", "performedDateTime", "occurrenceDateTime", "authoredOn", "recordedDate", "created", "date", "issued",
    "effectivePeriod", "performedPeriod", "occurrencePeriod", "period", "billablePeriod",
)  # fmt: skip


def diagnoses(concept: Any) -> Iterator[v.Code]:
    """The codes of a concept that may name a diagnosis or a drug, each with the broader one under which it stands.

    What has the form of an ICD-10 code and stands under no system, or under one that is not known, may be one.
    """
    for each in v.codes(concept):
        if each.key in ANSWER_CODES or (not each.known and _OF_HL7.match(each.system)):
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


def where_named(draft: Draft, concept: Any) -> Observation:
    """In which systems a diagnosis is coded that stands elsewhere than in a Condition (:mod:`proband.facts.other_systems`)."""
    systems = {each.system for each in (*v.codes(concept), *diagnoses(concept))}
    return draft.fact(
        *recorded_in("diagnosis", systems), presence=Presence.UNKNOWN, persists=True, until=through(draft.at.when), attributes=attributes_of(kind="where-recorded"), display=v.all_words([concept]),
    )  # fmt: skip


def of_unknown_systems(draft: Draft, concept: Any, where: str) -> Iterator[Observation]:
    """Mentions of what a condition may be whose code stands under no system that is known, though it has the form of one."""
    codings = ((each, v.coding(each)) for each in v.items(v.obj(concept).get("coding")))
    unknown = [
        each
        for each, found in codings
        if found is not None and (not found.known or badly_formed(found.system, found.code))
    ]
    if unknown:
        found = mentioned(draft, [{"coding": unknown, "text": v.words(concept)}], where)
        yield from (
            each for each in found if each.code.startswith(("mentioned.ICD-10|", "mentioned.SNOMED|"))
        )


def _places(node: Resource, where: str, own: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Every concept of a resource at whatever depth, but what it is itself of, with its path."""
    for name, value in node.items():
        if name in own or name in _ELSEWHERE:
            continue
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, dict):
                if "coding" in each:
                    yield f"{where}.{name}", each
                elif name == "valueCoding":  # of an extension
                    yield f"{where}.{name}", {"coding": [each]}
                else:
                    yield from _places(each, f"{where}.{name}", frozenset())


def _paid_for(resource: Resource, kind: str) -> Iterator[tuple[str, Any]]:
    """The drugs that a bill is for: whoever paid for one may take it."""
    for each in v.items(resource.get("item")) if kind in {"Claim", "ExplanationOfBenefit"} else ():
        concept = v.obj(each).get("productOrService")
        if any(code.system in DRUGS for code in v.codes(concept)):
            yield f"{kind}.item.productOrService", concept


#: elements whose words say what an episode, a plan or a team is for
_TITLED = {"EpisodeOfCare": ("type",), "CarePlan": ("title", "category"), "CareTeam": ("name", "category"), "ImagingStudy": ("description",), "BodyStructure": ("morphology", "description"),
           "Condition": ("stage",), "Goal": ("description",)}  # fmt: skip


def _titles(resource: Resource, kind: str) -> Iterator[str]:
    """The titles under which somebody is cared for: who is in a programme for something may have it."""
    for name in _TITLED.get(kind, ()):
        given = resource.get(name)
        for each in [given] if isinstance(given, str) else v.items(given):
            words = v.text(each) if isinstance(each, str) else v.words(v.obj(each).get("summary", each))
            if words:
                yield words


def _under_titles(
    context: ExtractionContext, resource: Resource, position: str, kind: str
) -> Iterator[Observation]:
    """What a title may name, for yes/no questions that bear such a name."""
    words = list(_titles(resource, kind))
    draft = draft_of(context, resource, position, _day_of(resource), "subject", "patient") if words else None
    if draft is None:
        return
    for each in words:
        for system, code in titled(each):
            yield draft.fact(
                system, code, text=each[:120], presence=Presence.UNKNOWN, persists=True, until=through(draft.at.when), attributes=attributes_of(kind="title", where=kind),
            )  # fmt: skip


def mentions(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    """What a resource mentions besides what its reader makes of it; nothing of one that is withdrawn or about another."""
    kind = str(resource.get("resourceType"))
    if (kind in _NOT_THEIRS and kind not in _TITLED) or v.text(resource.get("status")) in _NOTHING:
        return
    if v.code_set(resource.get("verificationStatus")) & {"entered-in-error", "refuted"}:
        return
    if kind in _NOT_THEIRS:
        yield from _under_titles(context, resource, position, kind)
        return
    places = chain(_places(resource, kind, _OWN.get(kind, frozenset())), _paid_for(resource, kind))
    found = [(where, each) for where, each in places if next(diagnoses(each), None)]
    named = [each for each in diagnosed_in(resource) if v.codes(each)]
    yield from _under_titles(context, resource, position, kind)
    if not found and not named:
        return
    draft = draft_of(context, resource, position, _day_of(resource), "subject", "patient")
    if draft is None:
        return
    for where, concept in found:
        yield from mentioned(draft, [concept], where)
    for concept in named:
        yield where_named(draft, concept)


def _day_of(resource: Resource) -> v.Moment:
    for name in _TIMES:
        if name in resource:
            given = resource[name]
            return v.moment(v.obj(given).get("start")) if isinstance(given, dict) else v.moment(given)
    return v.NEVER
