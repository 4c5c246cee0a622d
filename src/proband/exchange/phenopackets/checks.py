"""Whether a phenopacket that parses is also valid: fields, ids, labels, declared resources, ontology terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.exchange.ontology import Ontology
from proband.exchange.phenopackets.packet import concept
from proband.exchange.phenopackets.schema import MESSAGES
from proband.exchange.report import FileReport, Severity

_PREFIX_ALIASES = {
    "hpo": "hp",
    "orphanet": "orpha",
    "ordo": "orpha",
    "snomed": "snomedct",
    "mim": "omim",
    "icd10cm": "icd10",
}


def check_fields(node: Any, message: str, path: str, report: FileReport) -> None:
    """Report unknown fields and wrong shapes of one message and of those inside it."""
    if not isinstance(node, dict):
        report.find(Severity.ERROR, "phenopacket.shape", f"{message} must be an object", path)
        return
    fields = MESSAGES[message]
    for name, value in node.items():
        if name not in fields:
            where = f"{path}.{name}"
            report.find(
                Severity.ERROR, "phenopacket.unknown-field", f"{message} has no field {name!r}", where
            )
            report.ignore(f"{message}.{name}"[:80], "no field of schema v2", where)
            continue
        inner = fields[name]
        if inner and inner != "Phenopacket":
            where = f"{path}.{name}"
            for index, each in enumerate(value if isinstance(value, list) else [value]):
                check_fields(each, inner, f"{where}[{index}]" if isinstance(value, list) else where, report)


def ontology_classes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All ``{id, label}`` pairs that are ontology classes, with their paths (not resources, files or gene contexts)."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in {"metaData", "files", "pedigree"}:
                continue
            if not isinstance(value, dict | list):
                continue
            where = f"{path}.{name}" if path else name
            if name in _CLASSED:
                for index, each in enumerate(value if isinstance(value, list) else [value]):
                    if isinstance(each, dict):
                        yield (f"{where}[{index}]" if isinstance(value, list) else where), each
            yield from ontology_classes(value, where)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if isinstance(value, dict | list):
                yield from ontology_classes(value, f"{path}[{index}]")


_CLASSED = {
    "type",
    "severity",
    "modifiers",
    "ontologyClass",
    "assay",
    "term",
    "disease",
    "causeOfDeath",
    "gender",
    "taxonomy",
    "evidenceCode",
    "diseaseStage",
    "clinicalTnmFinding",
    "primarySite",
    "laterality",
    "treatmentTarget",
    "treatmentIntent",
    "responseToTreatment",
    "adverseEvents",
    "agent",
    "allelicState",
    "structuralType",
    "sampledTissue",
    "histologicalDiagnosis",
    "tumorProgression",
    "tumorGrade",
    "unit",
}


#: classes that say what something is: without a system nobody sees it
_NAMING = {"type", "assay", "term", "disease", "agent", "histologicalDiagnosis", "diagnosticMarkers", "treatmentTarget", "adverseEvents"}  # fmt: skip


def check_content(packet: dict[str, Any], meta: dict[str, Any], path: str, report: FileReport) -> None:
    """Report what the schema documentation requires or recommends and what is missing."""

    def error(code: str, message: str, where: str) -> None:
        report.find(Severity.ERROR, code, message, where)

    if not packet.get("id"):
        error("phenopacket.missing", "the phenopacket has no id", path)
    subject = packet.get("subject")
    if not isinstance(subject, dict):
        report.find(Severity.WARNING, "phenopacket.no-subject", "there is no subject", path)
    else:
        if not subject.get("id"):
            error("phenopacket.missing", "the subject has no id", f"{path}.subject")
        if "timeAtLastEncounter" not in subject:
            report.find(
                Severity.NOTE,
                "phenopacket.no-age",
                "no time at last encounter: the age is unknown",
                f"{path}.subject",
            )
    features = packet.get("phenotypicFeatures")
    if not features:
        report.find(Severity.WARNING, "phenopacket.no-phenotype", "there are no phenotypic features", path)
    for index, feature in enumerate(features if isinstance(features, list) else ()):
        kind = feature.get("type") if isinstance(feature, dict) else None
        identity = kind.get("id") if isinstance(kind, dict) else None
        if isinstance(identity, str) and not identity.startswith("HP:"):
            report.find(
                Severity.WARNING,
                "phenopacket.not-hpo",
                f"the phenotypic feature {identity[:40]!r} is no HPO term",
                f"{path}.phenotypicFeatures[{index}]",
            )
    _check_meta(meta, path, report)
    declared = _declared_prefixes(meta)
    missing: dict[str, str] = {}
    for where, each in ontology_classes(packet):
        identity = each.get("id")
        names_something = where.rpartition(".")[2].partition("[")[0] in _NAMING
        if not isinstance(identity, str) or not identity:
            error("phenopacket.missing", "an ontology class has no id", f"{path}.{where}")
            if names_something:
                report.lack_code(f"{path}.{where}")
            continue
        if not each.get("label"):
            error("phenopacket.missing", f"{identity[:40]} has no label", f"{path}.{where}")
        prefix, colon, _ = identity.partition(":")
        nameless = (concept(each) or ("",))[0] == ""
        if not colon or nameless:
            error("phenopacket.curie", f"{identity[:40]!r} is no CURIE (PREFIX:id)", f"{path}.{where}")
            if names_something and nameless:
                report.lack(
                    "phenopacket.system", f"{identity[:40]!r} is of no system that anybody knows", f"{path}.{where}",
                    "write the prefix of its system, as in HP:0002586", what="term without the prefix of its system",
                )  # fmt: skip
        elif _canonical(prefix) not in declared:
            missing.setdefault(prefix, f"{path}.{where}")
    for prefix, where in sorted(missing.items()):
        error("phenopacket.missing-resource", f"metaData.resources does not declare {prefix}", where)


def _check_meta(meta: dict[str, Any], path: str, report: FileReport) -> None:
    for name in ("created", "createdBy"):
        if not meta.get(name):
            report.find(
                Severity.ERROR, "phenopacket.missing", f"metaData.{name} is missing", f"{path}.metaData"
            )
    if not meta.get("phenopacketSchemaVersion"):
        report.find(
            Severity.WARNING,
            "phenopacket.missing",
            "the schema version is not stated; read as v2",
            f"{path}.metaData",
        )


def _canonical(prefix: str) -> str:
    lower = prefix.lower()
    return _PREFIX_ALIASES.get(lower, lower)


def _declared_prefixes(meta: dict[str, Any]) -> set[str]:
    resources = meta.get("resources")
    found = set()
    for each in resources if isinstance(resources, list) else ():
        if isinstance(each, dict):
            for name in ("namespacePrefix", "id"):
                if isinstance(each.get(name), str):
                    found.add(_canonical(each[name]))
    return found


def check_terms(packet: dict[str, Any], ontology: Ontology, path: str, report: FileReport) -> None:
    """With an ontology at hand: obsolete and unknown terms, and a term that is asserted together with its ancestor."""
    features = packet.get("phenotypicFeatures")
    observed: dict[str, str] = {}
    excluded: dict[str, str] = {}
    for index, feature in enumerate(features if isinstance(features, list) else ()):
        kind = feature.get("type") if isinstance(feature, dict) else None
        identity = kind.get("id") if isinstance(kind, dict) else None
        if not isinstance(identity, str) or not ontology.covers(identity):
            continue
        where = f"{path}.phenotypicFeatures[{index}]"
        standing = ontology.standing(identity)
        if standing is not None:
            report.find(Severity.ERROR, "phenopacket.obsolete-term", f"{identity} {standing}", where)
        (excluded if feature.get("excluded") is True else observed)[ontology.current(identity)] = where
    for term, where in observed.items():
        ancestors = ontology.ancestors(term)
        for other in sorted(ancestors & observed.keys()):
            report.find(
                Severity.ERROR,
                "phenopacket.annotation-propagation",
                f"{term} is asserted together with its ancestor {other}",
                where,
            )
        for other in sorted(ancestors & excluded.keys()):
            report.find(
                Severity.ERROR,
                "phenopacket.contradiction",
                f"{term} is present while its ancestor {other} is excluded",
                where,
            )
    for term, where in excluded.items():
        for other in sorted(ontology.ancestors(term) & excluded.keys()):
            report.find(
                Severity.ERROR,
                "phenopacket.annotation-propagation",
                f"{term} is excluded together with its ancestor {other}",
                where,
            )
