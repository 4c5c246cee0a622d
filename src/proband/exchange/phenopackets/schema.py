"""The messages of phenopacket schema v2, as far as fields are checked, and the signs of v1.

Field names were written from the GA4GH schema documentation (phenopacket-schema.readthedocs.io, version 2.0). Both JSON
spellings are legal protobuf JSON: camelCase and the original snake_case; reading normalises to camelCase.
"""

from __future__ import annotations

import re
from typing import Any

from proband.exchange.report import declined

_CURIE = ("id", "label")
#: message → fields; the value of a field names the message inside, where it is checked too
MESSAGES: dict[str, dict[str, str]] = {
    "Phenopacket": {
        "id": "",
        "subject": "Individual",
        "phenotypicFeatures": "PhenotypicFeature",
        "measurements": "Measurement",
        "biosamples": "",
        "interpretations": "Interpretation",
        "diseases": "Disease",
        "medicalActions": "MedicalAction",
        "files": "",
        "metaData": "MetaData",
    },
    "Family": {
        "id": "",
        "proband": "Phenopacket",
        "relatives": "Phenopacket",
        "consanguinousParent": "",
        "consanguinousParents": "",  # the spelling of the published message, beside that of its documentation
        "pedigree": "",
        "files": "",
        "metaData": "MetaData",
    },
    "Cohort": {"id": "", "description": "", "members": "Phenopacket", "files": "", "metaData": "MetaData"},
    "Individual": {
        "id": "",
        "alternateIds": "",
        "dateOfBirth": "",
        "timeAtLastEncounter": "TimeElement",
        "vitalStatus": "VitalStatus",
        "sex": "",
        "karyotypicSex": "",
        "gender": "OntologyClass",
        "taxonomy": "OntologyClass",
    },
    "VitalStatus": {
        "status": "",
        "timeOfDeath": "TimeElement",
        "causeOfDeath": "OntologyClass",
        "survivalTimeInDays": "",
    },
    "PhenotypicFeature": {
        "description": "",
        "type": "OntologyClass",
        "excluded": "",
        "severity": "OntologyClass",
        "modifiers": "OntologyClass",
        "onset": "TimeElement",
        "resolution": "TimeElement",
        "evidence": "",
    },
    "TimeElement": {
        "gestationalAge": "",
        "age": "",
        "ageRange": "",
        "ontologyClass": "OntologyClass",
        "timestamp": "",
        "interval": "",
    },
    "Measurement": {
        "description": "",
        "assay": "OntologyClass",
        "value": "",
        "complexValue": "",
        "timeObserved": "TimeElement",
        "procedure": "",
    },
    "Interpretation": {"id": "", "progressStatus": "", "diagnosis": "Diagnosis", "summary": ""},
    "Diagnosis": {"disease": "OntologyClass", "genomicInterpretations": "GenomicInterpretation"},
    "GenomicInterpretation": {
        "subjectOrBiosampleId": "",
        "interpretationStatus": "",
        "gene": "",
        "geneDescriptor": "",
        "variantInterpretation": "VariantInterpretation",
    },
    "VariantInterpretation": {
        "acmgPathogenicityClassification": "",
        "therapeuticActionability": "",
        "variationDescriptor": "",
    },
    "Disease": {
        "term": "OntologyClass",
        "excluded": "",
        "onset": "TimeElement",
        "resolution": "TimeElement",
        "diseaseStage": "OntologyClass",
        "clinicalTnmFinding": "OntologyClass",
        "primarySite": "OntologyClass",
        "laterality": "OntologyClass",
    },
    "MedicalAction": {
        "procedure": "",
        "treatment": "",
        "radiationTherapy": "",
        "therapeuticRegimen": "",
        "treatmentTarget": "OntologyClass",
        "treatmentIntent": "OntologyClass",
        "responseToTreatment": "OntologyClass",
        "adverseEvents": "OntologyClass",
        "treatmentTerminationReason": "OntologyClass",
    },
    "MetaData": {
        "created": "",
        "createdBy": "",
        "submittedBy": "",
        "resources": "Resource",
        "updates": "",
        "phenopacketSchemaVersion": "",
        "externalReferences": "",
    },
    "Resource": dict.fromkeys(("id", "name", "url", "version", "namespacePrefix", "iriPrefix"), ""),
    "OntologyClass": dict.fromkeys(_CURIE, ""),
}
_SNAKE = re.compile(r"_([a-z0-9])")
_LARGEST = 5_000_000


def camel_keys(root: dict[str, Any]) -> dict[str, Any]:
    """The top keys in camelCase, enough to tell what a document is."""
    return dict(zip(camel_case(dict.fromkeys(root)), root.values(), strict=False))


def camel_case(node: Any) -> Any:
    """A copy with every key in camelCase and YAML's dates as text.

    Raises
    ------
    Declined
        ``phenopacket.too-large`` above five million nodes (YAML aliases can multiply without end).
    """
    budget = [_LARGEST]

    def walk(entry: Any, depth: int) -> Any:
        budget[0] -= 1
        if budget[0] < 0 or depth > 200:
            raise declined("phenopacket.too-large")
        if isinstance(entry, dict):
            return {
                _SNAKE.sub(lambda found: found[1].upper(), str(key)): walk(value, depth + 1)
                for key, value in entry.items()
            }
        if isinstance(entry, list | tuple):
            return [walk(value, depth + 1) for value in entry]
        return entry

    return walk(node, 0)


def message_of(root: dict[str, Any]) -> str | None:
    """``Phenopacket``, ``Family`` or ``Cohort`` by what stands in it (keys in camelCase), or ``None``."""
    if "$schema" in root or "graphs" in root or "resourceType" in root:
        return None
    if "members" in root:
        return "Cohort"
    if "proband" in root or "relatives" in root:
        return "Family"
    marks = {
        "subject",
        "phenotypicFeatures",
        "interpretations",
        "diseases",
        "metaData",
        "medicalActions",
        "biosamples",
    }
    return "Phenopacket" if len(marks & root.keys()) >= 2 or ("metaData" in root and "id" in root) else None


def sign_of_v1(root: dict[str, Any], kind: str) -> str | None:
    """What shows that a message is of schema 1, or ``None``."""
    meta = root.get("metaData")
    stated = meta.get("phenopacketSchemaVersion") if isinstance(meta, dict) else None
    if isinstance(stated, str | int | float) and str(stated).startswith("1"):
        return f"metaData.phenopacketSchemaVersion is {stated!r}"
    packets: list[Any] = [root]
    if kind == "Family":
        relatives = root.get("relatives")
        packets = [root.get("proband"), *(relatives if isinstance(relatives, list) else [])]
    elif kind == "Cohort":
        packets = root["members"] if isinstance(root["members"], list) else []
    for packet in packets:
        if not isinstance(packet, dict):
            continue
        for field in ("genes", "variants", "htsFiles"):
            if field in packet:
                return f"Phenopacket.{field}"
        subject = packet.get("subject")
        for field in ("ageAtCollection", "ageRangeAtCollection", "datasetId"):
            if isinstance(subject, dict) and field in subject:
                return f"Individual.{field}"
        features = packet.get("phenotypicFeatures")
        for feature in features if isinstance(features, list) else ():
            for field in ("negated", "ageOfOnset", "classOfOnset"):
                if isinstance(feature, dict) and field in feature:
                    return f"PhenotypicFeature.{field}"
    return None
