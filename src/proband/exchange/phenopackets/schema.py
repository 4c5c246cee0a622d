"""The messages of phenopacket schema v2, as far as fields are checked, and the signs of v1.

Field names were written from the GA4GH schema documentation (phenopacket-schema.readthedocs.io, version 2.0). Both JSON
spellings are legal protobuf JSON: camelCase and the original snake_case; reading normalises to camelCase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
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
#: up to which depth and size it is looked whether a document needs a copy
_SHALLOW, _SMALL = 40, 200_000


def camel_keys(root: dict[str, Any]) -> dict[str, Any]:
    """The top keys in camelCase, enough to tell what a document is."""
    return dict(zip(camel_case(dict.fromkeys(root)), root.values(), strict=False))


def camel_case(node: Any) -> Any:
    """A document with every key in camelCase: itself where it is written so, else a copy.

    Raises
    ------
    Declined
        ``phenopacket.too-large`` above five million nodes (YAML aliases can multiply without end).
    """
    if _is_camel_case(node):
        return node
    budget = [_LARGEST]

    def walk(entry: Any, depth: int) -> Any:
        if not isinstance(entry, dict | list | tuple):
            return entry
        budget[0] -= len(entry)
        if budget[0] < 0 or (depth >= 200 and entry):
            raise declined("phenopacket.too-large")
        if isinstance(entry, dict):
            return {
                _camel(str(key)): walk(value, depth + 1) if isinstance(value, dict | list | tuple) else value
                for key, value in entry.items()
            }
        return [walk(value, depth + 1) for value in entry]

    return walk(node, 0)


def _is_camel_case(node: Any) -> bool:
    """Whether every key is in camelCase, level by level; not where that takes long, or is deep."""
    level, seen = [node], 0
    for _ in range(_SHALLOW):
        inner: list[Any] = []
        for entry in level:
            if isinstance(entry, dict):
                for key in entry:
                    if type(key) is not str or "_" in key:
                        return False
                held: Iterable[Any] = entry.values()
            elif isinstance(entry, list):
                held = entry
            else:  # a tuple, of which the copy makes a list
                return False
            inner += [each for each in held if isinstance(each, dict | list | tuple)]
            seen += len(entry)
        if not inner:
            return True
        if seen > _SMALL:
            return False
        level = inner
    return False


@lru_cache(maxsize=4096)
def _camel(key: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), key)


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
