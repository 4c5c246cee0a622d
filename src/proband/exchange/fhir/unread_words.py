"""What a resource holds in words, in a picture or in a file, and nowhere in codes: nobody here reads it, so nothing is complete.

A narrative says by its status whether it is more than the data (R4, Narrative.status: ``additional`` "may contain additional information not found in
the structured data"). A section of a document without entries, a report without a result or a coded conclusion, and a document that is kept
elsewhere hold nothing else. A section that is empty for a reason of ``nilknown`` says that there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proband.exchange.fhir.values import codes
from proband.exchange.json_values import items, obj, text

Resource = dict[str, Any]

#: what is said where somebody has to read
ADDITIONAL = "narrative that says more than its data"
SECTION = "section of a document in words alone"
WITHHELD = "section of a document that was left empty, not because nothing is known"
DOCUMENT = "document that nobody read"
MESSAGE = "message about somebody"
REPORT = "report in words or pictures alone"

#: types that are not about what a person has: their words are no findings
_NO_FINDINGS = {
    "Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "Questionnaire", "ValueSet", "CodeSystem", "StructureDefinition", "Bundle", "Parameters",
    "OperationOutcome", "Provenance", "AuditEvent", "Medication", "Substance", "Device", "Consent", "Coverage", "Appointment", "Schedule", "Slot", "Endpoint", "CapabilityStatement",
    "PlanDefinition", "ActivityDefinition", "Library", "Measure", "ConceptMap", "SearchParameter", "FamilyMemberHistory", "Goal", "Task", "RelatedPerson", "CareTeam",
}  # fmt: skip
_WITHDRAWN = {"entered-in-error", "cancelled", "superseded"}
#: reasons of an empty list or section by which nothing is on record (list-empty-reason)
_NIL = {"nilknown", "notstarted"}


def in_words(resource: Resource, find: Callable[[str], Any]) -> Iterator[str]:
    """What of a resource nobody reads, in the words of a report; ``find`` gives the resource to which an address leads, among the files."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind in _NO_FINDINGS or text(resource.get("status")) in _WITHDRAWN:
        return
    if text(obj(resource.get("text")).get("status")) == "additional":
        yield ADDITIONAL
    match kind:
        case "Composition":
            yield from _sections(resource)
        case "DocumentReference":
            if text(resource.get("docStatus")) not in _WITHDRAWN and _has_content(resource, find):
                yield DOCUMENT
        case "DiagnosticReport":
            told = text(resource.get("conclusion")) or any(map(_holds, items(resource.get("presentedForm"))))
            if told and not resource.get("result") and not resource.get("conclusionCode"):
                yield REPORT
        case "ClinicalImpression":
            if _said(resource, "summary", "description") and not resource.get("finding"):
                yield REPORT
        case "Communication":
            payload = [obj(each) for each in items(resource.get("payload"))]
            if any(_said(each, "contentString") or _holds(each.get("contentAttachment")) for each in payload):
                yield MESSAGE
        case "Media":
            if _holds(obj(resource.get("content"))):
                yield REPORT
        case "List":
            if not resource.get("entry") and _withheld(resource):
                yield WITHHELD


def _sections(document: Resource) -> Iterator[str]:
    waiting = list(items(document.get("section")))
    while waiting:
        section = obj(waiting.pop())
        inner = items(section.get("section"))
        waiting += inner
        status = text(obj(section.get("text")).get("status"))
        if not section.get("entry") and not inner:
            if section.get("emptyReason") is not None:
                if _withheld(section):
                    yield WITHHELD
            elif obj(section.get("text")).get("div") is not None:
                yield SECTION
        elif status == "additional":
            yield ADDITIONAL


def _withheld(node: dict[str, Any]) -> bool:
    reason = node.get("emptyReason")
    return reason is not None and not {each.code for each in codes(reason)} & _NIL


def _said(node: Resource, *names: str) -> bool:
    return any(text(node.get(each)) is not None for each in names)


def _holds(attachment: Any) -> bool:
    given = obj(attachment)
    return text(given.get("data")) is not None or text(given.get("url")) is not None


def _has_content(reference: Resource, find: Callable[[str], Any]) -> bool:
    held = [obj(obj(each).get("attachment")) for each in items(reference.get("content"))]
    return any(_holds(each) and not _is_read(find, text(each.get("url"))) for each in held)


def _is_read(find: Callable[[str], Any], url: str | None) -> bool:
    return url is not None and obj(find(url)).get("resourceType") in {"Bundle", "Composition"}
