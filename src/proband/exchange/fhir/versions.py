"""Signs that a resource is written in another FHIR version than R4.

Files rarely state their version. Each sign below is an element, a shape or a resource type that one version has and
R4 4.0.1 has not (or has otherwise); it names the version(s) that write so. A file with a sign is declined: reading
DSTU2 as R4 gives plausible nonsense (a bilirubin series with values in quotes and no category).

Sources: the R4 page "Change history / Differences from R3" (http://hl7.org/fhir/R4/diff.html), the R3 page of the same
name for DSTU2, and the R5 "R4 ↔ R5" differences (http://hl7.org/fhir/R5/diff.html).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

DSTU2, STU3, OLD, R5 = "DSTU2", "STU3", "DSTU2 or STU3", "R5"

#: resource types that R4 does not have
TYPES: dict[str, str] = {
    **dict.fromkeys(
        [
            "MedicationOrder",
            "DiagnosticOrder",
            "DeviceUseRequest",
            "ReferralRequest",
            "BodySite",
            "Conformance",
            "Order",
            "OrderResponse",
            "ImagingObjectSelection",
        ],
        DSTU2,
    ),
    **dict.fromkeys(
        [
            "ProcedureRequest",
            "Sequence",
            "DataElement",
            "ServiceDefinition",
            "EligibilityRequest",
            "EligibilityResponse",
            "ImagingManifest",
            "ProcessRequest",
            "ProcessResponse",
            "ExpansionProfile",
            "BodySite",
        ],
        STU3,
    ),
    **dict.fromkeys(
        [
            "ActorDefinition",
            "ArtifactAssessment",
            "ConditionDefinition",
            "DeviceAssociation",
            "DeviceDispense",
            "DeviceUsage",
            "EncounterHistory",
            "FormularyItem",
            "GenomicStudy",
            "ImagingSelection",
            "InventoryItem",
            "InventoryReport",
            "MolecularDefinition",
            "NutritionIntake",
            "Permission",
            "PersonalRelationship",
            "Requirements",
            "TestPlan",
            "Transport",
        ],
        R5,
    ),
    **dict.fromkeys(
        [
            "Citation",
            "NutritionProduct",
            "SubscriptionStatus",
            "SubscriptionTopic",
            "AdministrableProductDefinition",
            "ClinicalUseDefinition",
            "ManufacturedItemDefinition",
            "MedicinalProductDefinition",
            "PackagedProductDefinition",
            "RegulatedAuthorization",
            "SubstanceDefinition",
            "Ingredient",
            "EvidenceReport",
        ],
        "R4B or R5",
    ),
}

#: (resource type, element) → version, where the mere presence of the element is a sign
ELEMENTS: dict[tuple[str, str], str] = {
    ("Patient", "animal"): OLD,
    ("Patient", "careProvider"): DSTU2,
    ("Observation", "comments"): DSTU2,
    ("Observation", "comment"): STU3,
    ("Observation", "context"): STU3,
    ("Observation", "related"): OLD,
    ("Observation", "triggeredBy"): R5,
    ("Condition", "patient"): DSTU2,
    ("Condition", "dateRecorded"): DSTU2,
    ("Condition", "context"): STU3,
    ("Condition", "assertedDate"): STU3,
    ("Condition", "participant"): R5,
    ("AllergyIntolerance", "substance"): DSTU2,
    ("AllergyIntolerance", "status"): DSTU2,
    ("AllergyIntolerance", "assertedDate"): STU3,
    ("AllergyIntolerance", "participant"): R5,
    ("Procedure", "notPerformed"): DSTU2,
    ("Procedure", "notDone"): STU3,
    ("Procedure", "context"): STU3,
    ("Procedure", "occurrenceDateTime"): R5,
    ("Procedure", "occurrencePeriod"): R5,
    ("MedicationRequest", "context"): STU3,
    ("MedicationRequest", "definition"): STU3,
    ("MedicationRequest", "medication"): R5,
    ("MedicationStatement", "patient"): DSTU2,
    ("MedicationStatement", "wasNotTaken"): DSTU2,
    ("MedicationStatement", "taken"): STU3,
    ("MedicationStatement", "medication"): R5,
    ("MedicationAdministration", "wasNotGiven"): DSTU2,
    ("MedicationAdministration", "notGiven"): STU3,
    ("MedicationAdministration", "medication"): R5,
    ("Immunization", "wasNotGiven"): DSTU2,
    ("Immunization", "notGiven"): STU3,
    ("Immunization", "vaccinationProtocol"): OLD,
    ("Immunization", "date"): OLD,
    ("Encounter", "patient"): DSTU2,
    ("Encounter", "indication"): DSTU2,
    ("Encounter", "actualPeriod"): R5,
    ("Encounter", "admission"): R5,
    ("DiagnosticReport", "context"): STU3,
    ("DiagnosticReport", "codedDiagnosis"): OLD,
    ("FamilyMemberHistory", "notDone"): STU3,
    ("QuestionnaireResponse", "context"): STU3,
    ("QuestionnaireResponse", "parent"): STU3,
    ("QuestionnaireResponse", "group"): DSTU2,
    ("Questionnaire", "group"): DSTU2,
    ("Consent", "except"): STU3,
    ("Consent", "consentingParty"): STU3,
    ("Consent", "grantor"): R5,
    ("Consent", "decision"): R5,
    ("Specimen", "treatment"): DSTU2,
    ("ResearchStudy", "jurisdiction"): STU3,
    ("ResearchStudy", "progressStatus"): R5,
    ("ResearchStudy", "associatedParty"): R5,
    ("BiologicallyDerivedProduct", "biologicalSourceEvent"): R5,
    ("ImagingStudy", "accession"): OLD,
    ("CarePlan", "context"): STU3,
    ("CarePlan", "definition"): STU3,
    ("AdverseEvent", "occurrenceDateTime"): R5,
}


def _first(node: Any) -> Any:
    return node[0] if isinstance(node, list) and node else None


def _family_is_list(resource: dict[str, Any]) -> bool:
    name = _first(resource.get("name"))
    return isinstance(name, dict) and isinstance(name.get("family"), list)


def _object(element: str) -> Callable[[dict[str, Any]], bool]:
    return lambda resource: isinstance(resource.get(element), dict)


def _string(element: str) -> Callable[[dict[str, Any]], bool]:
    return lambda resource: isinstance(resource.get(element), str)


def _array(element: str) -> Callable[[dict[str, Any]], bool]:
    return lambda resource: isinstance(resource.get(element), list)


def _item_options(resource: dict[str, Any]) -> bool:
    stack = [resource.get("item")]
    for _ in range(10_000):
        if not stack:
            break
        items = stack.pop()
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                if "options" in item or "option" in item:
                    return True
                stack.append(item.get("item"))
    return False


#: (resource type, what is seen, version, test) for shapes
SHAPES: tuple[tuple[str, str, str, Callable[[dict[str, Any]], bool]], ...] = (
    ("Patient", "HumanName.family is a list", DSTU2, _family_is_list),
    ("Practitioner", "name is an object", DSTU2, _object("name")),
    ("Patient", "active is a string", DSTU2, _string("active")),
    ("Observation", "category is an object", OLD, _object("category")),
    ("Condition", "category is an object", DSTU2, _object("category")),
    ("Condition", "clinicalStatus is a string", OLD, _string("clinicalStatus")),
    ("Condition", "verificationStatus is a string", OLD, _string("verificationStatus")),
    ("AllergyIntolerance", "clinicalStatus is a string", STU3, _string("clinicalStatus")),
    ("AllergyIntolerance", "type is an object", R5, _object("type")),
    ("MedicationStatement", "category is an array", R5, _array("category")),
    ("Encounter", "class is a string", DSTU2, _string("class")),
    ("Encounter", "class is an array", R5, _array("class")),
    ("QuestionnaireResponse", "questionnaire is a Reference", OLD, _object("questionnaire")),
    ("Questionnaire", "item.options or item.option", STU3, _item_options),
    ("Consent", "policyRule is a string", STU3, _string("policyRule")),
    ("DocumentReference", "class is an object", OLD, _object("class")),
)
#: the same by resource type
_ELEMENTS_OF: dict[str, dict[str, str]] = defaultdict(dict)
for (_kind, _element), _version in ELEMENTS.items():
    _ELEMENTS_OF[_kind][_element] = _version
_SHAPES_OF: dict[str, list[tuple[str, str, Callable[[dict[str, Any]], bool]]]] = defaultdict(list)
for _kind, _seen, _version, _test in SHAPES:
    _SHAPES_OF[_kind].append((_seen, _version, _test))
_DECLARING = {"StructureDefinition", "CapabilityStatement", "ImplementationGuide"}


def foreign_sign(resource: dict[str, Any]) -> tuple[str, str] | None:
    """``(version, sign)`` if the resource is written in another version than R4, else ``None``.

    R4B counts as R4 for the resources whose facts are read; where R4B added a type, that type is a sign.
    """
    name = resource.get("resourceType")
    if not isinstance(name, str):
        return None
    if name in TYPES:
        return TYPES[name], f"the resource type {name}"
    telling = _ELEMENTS_OF.get(name)
    if telling is not None and not telling.keys().isdisjoint(resource):
        element = next(each for each in resource if each in telling)
        return telling[element], f"{name}.{element}"
    for seen, version, test in _SHAPES_OF.get(name, ()):
        if test(resource):
            return version, f"{name}: {seen}"
    stated = resource.get("fhirVersion")
    if name in _DECLARING and isinstance(stated, str) and not stated.startswith("4.0"):
        return f"FHIR {stated}", f"{name}.fhirVersion is {stated!r}"
    return None
