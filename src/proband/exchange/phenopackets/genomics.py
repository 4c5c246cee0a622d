"""Diseases, interpretations and variants of a phenopacket: three kinds of facts, none made from another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.exchange.json_values import items, obj, text
from proband.exchange.may_name import may_name, nobody_asks
from proband.exchange.phenopackets.ages import Timed
from proband.exchange.phenopackets.packet import Packet, concept, presence_of
from proband.exchange.report import FileReport, Severity
from proband.exchange.variants import acmg_class, zygosity_of
from proband.exchange.written_numbers import slug
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import recorded_in
from proband.terms import SYSTEMS, UncertainDate


def diseases_of(about: Packet, packet: dict[str, Any], report: FileReport) -> Iterator[Observation]:
    """Facts of ``diseases``: each as ``Proband|disease`` and under its own code; excluded means absent."""
    for index, each in enumerate(items(packet.get("diseases"))):
        disease = obj(each)
        where = f"diseases[{index}]"
        term = concept(disease.get("term"))
        if term is None:
            report.ignore("Disease", "it has no term", f"{about.path}.{where}")
            continue
        presence, problem = presence_of(disease)
        if (named := nobody_asks([term[:2]] if term[0] else ())) is not None:
            report.local_only[named] += 1
        stages = [part[1] for part in map(concept, items(disease.get("diseaseStage"))) if part]
        resolved = disease.get("resolution")
        yield from _disease(
            about,
            term,
            where,
            about.time(disease.get("onset")),
            presence,
            problem,
            {"stage": stages},
            about.time(resolved).at.when if resolved is not None else None,
        )


def _disease(
    about: Packet,
    term: tuple[str, str, str | None],
    where: str,
    timed: Timed | None,
    presence: Presence,
    problem: str | None,
    attributes: dict[str, Any],
    ended: UncertainDate | None = None,
) -> Iterator[Observation]:
    rest: dict[str, Any] = {
        "persists": presence is not Presence.ABSENT,
        "until": ended if presence is not Presence.ABSENT else None,
        "presence": presence,
        "problem": problem,
        "attributes": attributes,
        "display": term[2],
    }
    yield about.fact(
        "Proband",
        "disease",
        where,
        timed,
        value_system=term[0] or None,
        value_code=term[1],
        text=term[2],
        **rest,
    )
    yield about.fact(term[0], term[1] if term[0] else slug(term[1]), where, timed, **rest)
    if presence is not Presence.ABSENT and not presence.is_silent:
        systems = {named for named, _ in may_name(term[0], term[1])} | {term[0]}
        told = {
            **rest,
            "presence": Presence.UNKNOWN,
            "attributes": {"kind": "where-recorded"},
        }
        yield about.fact(*recorded_in("diagnosis", systems), where, timed, **told)
    if presence is not Presence.ABSENT and term[0] not in SYSTEMS:
        yield from about.mentions(("", term[1], term[2]), where, timed)


def interpretation_of(
    about: Packet,
    node: dict[str, Any],
    index: int,
    packet: dict[str, Any],
    diagnosed: set[str | None],
    excluded: set[str | None],
    report: FileReport,
) -> Iterator[Observation]:
    """Facts of one interpretation: its variants, and its diagnosis where ``diseases`` does not state it already."""
    where = f"interpretations[{index}]"
    progress = (text(node.get("progressStatus")) or "UNKNOWN_PROGRESS").upper()
    diagnosis = obj(node.get("diagnosis"))
    if not diagnosis:
        report.ignore("Interpretation", "it has no diagnosis", f"{about.path}.{where}")
        return
    disease = concept(diagnosis.get("disease"))
    solved = progress in {"SOLVED", "COMPLETED"}
    # what is excluded and yet the solution is said both ways; what was only looked into stays excluded
    if disease and disease[1] not in diagnosed and (solved or disease[1] not in excluded):
        yield from _disease(
            about,
            disease,
            f"{where}.diagnosis",
            None,
            Presence.PRESENT if solved else Presence.UNKNOWN,
            None,
            {"from": "interpretation", "progress": progress.lower()},
        )
    samples = {text(obj(each).get("id")): obj(each) for each in items(packet.get("biosamples"))}
    for part, each in enumerate(items(diagnosis.get("genomicInterpretations"))):
        genomic = obj(each)
        place = f"{where}.diagnosis.genomicInterpretations[{part}]"
        holder = text(genomic.get("subjectOrBiosampleId"))
        sample = samples.get(holder) if holder not in {about.subject_id, about.subject} else None
        given_by = text(sample.get("individualId")) if sample else None
        if given_by and given_by not in {about.subject_id, about.subject}:
            report.find(
                Severity.WARNING,
                "phenopacket.other-subject",
                f"the variant is of a sample of {given_by[:40]!r}, who is not the subject; not read",
                f"{about.path}.{place}",
            )
            report.ignore("GenomicInterpretation", "about another than the subject", f"{about.path}.{place}")
            continue
        # A number that names neither the subject nor a biosample: nobody can say whose the variant is. It is kept as a
        # fact that proves neither a yes nor a no.
        unresolved = (
            holder if sample is None and holder not in {"", about.subject_id, about.subject, None} else None
        )
        if unresolved:
            report.find(
                Severity.WARNING,
                "phenopacket.other-subject",
                f"the variant is interpreted for {unresolved[:40]!r}, which is neither the subject nor a biosample of it; "
                "it proves nothing about the subject",
                f"{about.path}.{place}",
            )
        status = (text(genomic.get("interpretationStatus")) or "UNKNOWN_STATUS").lower().replace("_", "-")
        shared = {
            "disease": disease[1] if disease else None,
            "disease-label": disease[2] if disease else None,
            "interpretation": status,
            **({"interpreted-for": unresolved} if unresolved else {}),
        }
        presence = Presence.UNKNOWN if unresolved else Presence.PRESENT
        variant = obj(genomic.get("variantInterpretation"))
        if variant:
            yield _variant(about, variant, place, shared, _kind_of_variant(status, sample), presence)
        else:
            gene = obj(genomic.get("gene")) or obj(genomic.get("geneDescriptor"))
            yield about.fact(
                "Proband",
                "gene-of-interest",
                place,
                value_system="HGNC" if str(gene.get("valueId", "")).startswith("HGNC:") else None,
                value_code=text(gene.get("valueId")),
                text=text(gene.get("symbol")),
                presence=Presence.UNKNOWN,
                attributes=shared,
            )


#: what only the sample of a tumour states about itself
_SIGNS_OF_TUMOUR = (
    "histologicalDiagnosis",
    "tumorProgression",
    "tumorGrade",
    "pathologicalStage",
    "pathologicalTnmFinding",
    "diagnosticMarkers",
)


def _kind_of_variant(status: str, sample: dict[str, Any] | None) -> str:
    """Under which code a variant is a fact: the person's, a tumour's, or one that was looked at and rejected as the cause.

    A rejected variant is no "no" either: it does not say that there is no other.
    """
    if sample is not None and any(sample.get(sign) for sign in _SIGNS_OF_TUMOUR):
        return "somatic-variant"
    return "rejected-variant" if status == "rejected" else "variant"


def _variant(
    about: Packet, node: dict[str, Any], where: str, shared: dict[str, Any], code: str, presence: Presence
) -> Observation:
    described = obj(node.get("variationDescriptor"))
    gene = obj(described.get("geneContext"))
    expressions = {
        str(obj(each).get("syntax")).lower(): text(obj(each).get("value"))
        for each in items(described.get("expressions"))
    }
    hgvs = expressions.get("hgvs.c") or expressions.get("hgvs") or expressions.get("hgvs.g")
    state = obj(described.get("allelicState"))
    structural = concept(described.get("structuralType"))
    gene_id = text(gene.get("valueId"))
    return about.fact(
        "Proband",
        code,
        where,
        text=hgvs or text(described.get("label")) or text(described.get("id")),
        value_system="HGNC" if gene_id and gene_id.startswith("HGNC:") else None,
        value_code=gene_id,
        presence=presence,
        attributes={
            "gene": text(gene.get("symbol")),
            "zygosity": zygosity_of(text(state.get("id")), text(state.get("label"))),
            "allelic-state": text(state.get("label")) or text(state.get("id")),
            "pathogenicity": acmg_class(text(node.get("acmgPathogenicityClassification"))),
            "hgvs": expressions.get("hgvs.c"),
            "expressions": {name: value for name, value in expressions.items() if value and name != "hgvs.c"},
            "structural": structural[2] or structural[1] if structural else None,
            **shared,
        },
    )
