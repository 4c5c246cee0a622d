"""Synthetic people as phenopackets: features, variants and disease only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.showcase.people.synthetic import SYNTHETIC

_HPO = {
    "id": "hp",
    "name": "human phenotype ontology",
    "url": "http://purl.obolibrary.org/obo/hp.owl",
    "version": "2025-01-16",
    "namespacePrefix": "HP",
    "iriPrefix": "http://purl.obolibrary.org/obo/HP_",
}
_ZYGOSITY = {
    "homozygous": {"id": "GENO:0000136", "label": "homozygous"},
    "heterozygous": {"id": "GENO:0000135", "label": "heterozygous"},
    "hemizygous": {"id": "GENO:0000134", "label": "hemizygous"},
}


def write_phenopackets(persons: Sequence[list[Observation]], folder: Path) -> None:
    """Features, variants and disease only: the form holds no laboratory history, so such people *need data*."""
    folder.mkdir(parents=True, exist_ok=True)
    for facts in persons:
        subject: dict[str, Any] = {"id": facts[0].subject}
        features, genomic = [], []
        for fact in facts:
            if fact.code == "sex" and fact.text:
                subject["sex"] = fact.text.upper()
            elif fact.code == "birth-date" and fact.text:
                subject["dateOfBirth"] = f"{fact.text}T00:00:00Z"
            elif fact.system == "HPO":
                feature: dict[str, Any] = {"type": {"id": fact.code, "label": fact.display or fact.code}}
                features.append(feature | ({"excluded": True} if fact.presence is Presence.ABSENT else {}))
            elif fact.code == "variant":
                genomic.append(_interpretation(facts[0].subject, fact.attributes))
        packet = {
            "id": facts[0].subject,
            "subject": subject,
            "phenotypicFeatures": features,
            "metaData": {
                "created": "2026-01-01T00:00:00Z",
                "createdBy": SYNTHETIC,
                "phenopacketSchemaVersion": "2.0",
                "resources": [_HPO],
            },
        }
        if genomic:
            packet["interpretations"] = [
                {
                    "id": "1",
                    "progressStatus": "SOLVED",
                    "diagnosis": {
                        "disease": {"id": "MONDO:0030003", "label": "synthetic diagnosis"},
                        "genomicInterpretations": genomic,
                    },
                }
            ]
        (folder / f"{facts[0].subject}.json").write_text(json.dumps(packet, indent=1), encoding="utf-8")


def _interpretation(subject: str, variant: dict[str, Any]) -> dict[str, Any]:
    return {
        "subjectOrBiosampleId": subject,
        "interpretationStatus": "CAUSATIVE",
        "variantInterpretation": {
            "acmgPathogenicityClassification": str(variant["pathogenicity"]).upper().replace("-", "_"),
            "variationDescriptor": {
                "id": "v",
                "geneContext": {"valueId": "HGNC:28242", "symbol": variant["gene"]},
                "expressions": [{"syntax": "hgvs.c", "value": variant["hgvs"]}],
                "allelicState": _ZYGOSITY[str(variant["zygosity"])],
            },
        },
    }
