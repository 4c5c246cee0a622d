"""The invariants that the structure check evaluates, by type; each is named by its key in the R4 specification.

All other invariants are known by name only (``structure.json.gz``): where a resource calls for one of them, the report
says that invariants were not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]+")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")


class RuleCheck(Protocol):
    """What a rule may say: an error, something that stays unchecked, a reference inside the resource."""

    unchecked: set[str]
    local_references: list[tuple[str, str]]

    @property
    def resource_types(self) -> frozenset[str]:
        """The resource types of R4."""

    def error(self, code: str, message: str, path: str, mend: str = "") -> None:
        """Record a breach of R4."""


def _observation(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    valued = any(name.startswith("value") for name in node)
    if valued and "dataAbsentReason" in node:
        check.error("fhir.obs-6", "a value and dataAbsentReason exclude each other", path)
    categories = node.get("category")
    for category in categories if isinstance(categories, list) else ():
        if "vital-signs" in _codes(category):
            check.unchecked.add("profiles")  # R4 puts every vital sign under a profile of its own


def _questionnaire_item(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    enable = node.get("enableWhen")
    if isinstance(enable, list) and len(enable) > 1 and "enableBehavior" not in node:
        check.error("fhir.que-12", "several enableWhen need enableBehavior", path)
    if node.get("type") == "display" and ("required" in node or "repeats" in node):
        check.error("fhir.que-6", "a display item is neither required nor repeated", path)


def _extension(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    valued = any(name.startswith(("value", "_value")) for name in node)
    if valued == ("extension" in node):
        check.error("fhir.ext-1", "an extension has either a value or extensions, and not neither", path)
    check.unchecked.add("extensions")
    url = node.get("url")
    if isinstance(url, str):
        if "|" in url:
            check.error(
                "fhir.extension-url", f"the extension URL {_shown(url)} must not carry a version", path
            )
        elif path.count("xtension[") == 1 and not _ABSOLUTE.match(url):
            check.error("fhir.extension-url", f"the extension URL {_shown(url)} must be absolute", path)


def _period(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    start, end = node.get("start"), node.get("end")
    if (
        isinstance(start, str)
        and isinstance(end, str)
        and start[:10] > end[:10]
        and len(start) >= len(end[:10])
    ):
        check.error("fhir.per-1", f"the period ends ({end}) before it starts ({start})", path)


def _reference(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    reference = node.get("reference")
    if not isinstance(reference, str):
        return
    if reference.startswith("#"):
        check.local_references.append((reference[1:], path))
        return
    found = _RELATIVE.match(reference)
    if found and found[1] not in check.resource_types:
        check.error("fhir.reference-type", f"{found[1][:40]!r} is no resource type of R4", path)


def _coding(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    check.unchecked.add("terminology")
    system = node.get("system")
    if isinstance(system, str) and system and not _ABSOLUTE.match(system):
        check.error("fhir.system", f"the code system {_shown(system)} must be an absolute URI", path)


def _meta(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    if node.get("profile"):
        check.unchecked.add("profiles")


def _signature(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    check.unchecked.add("signatures")


def _quantity(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    if "code" in node and "system" not in node:
        check.error(
            "fhir.qty-3", "a unit code needs its system", path, 'add "system": "http://unitsofmeasure.org"'
        )


def _response(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    check.unchecked.add("questionnaire")  # whether the answers fit the form


def _condition(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    verification = _codes(node.get("verificationStatus"))
    if "entered-in-error" in verification and "clinicalStatus" in node:
        check.error("fhir.con-5", "a condition entered in error has no clinicalStatus", path)
    if any(name.startswith("abatement") for name in node) and "clinicalStatus" in node:
        clinical = _codes(node.get("clinicalStatus"))
        if not clinical & {"inactive", "resolved", "remission"}:
            check.error(
                "fhir.con-4", "a condition that has abated is inactive, resolved or in remission", path
            )


def _allergy(check: RuleCheck, node: dict[str, Any], path: str) -> None:
    erroneous = "entered-in-error" in _codes(node.get("verificationStatus"))
    if erroneous == ("clinicalStatus" in node):
        check.error("fhir.ait-1", "clinicalStatus is needed, unless the allergy was entered in error", path)


RULES: dict[str, Callable[[RuleCheck, dict[str, Any], str], None]] = {
    "Observation": _observation,
    "Observation.component": _observation,
    "Questionnaire.item": _questionnaire_item,
    "Extension": _extension,
    "Period": _period,
    "Reference": _reference,
    "Coding": _coding,
    "Meta": _meta,
    "Signature": _signature,
    "Quantity": _quantity,
    "QuestionnaireResponse": _response,
    "Condition": _condition,
    "AllergyIntolerance": _allergy,
}


def _codes(concept: Any) -> set[str]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    found: Iterable[Any] = codings if isinstance(codings, list) else ()
    return {str(coding.get("code")) for coding in found if isinstance(coding, dict)}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"
