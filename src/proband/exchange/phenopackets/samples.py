"""Measurements of a phenopacket, and what its samples say: results, and diagnoses that a pathologist made of a piece.

A sample of another person gives nothing. What is measured in a sample of the person is measured of the person; what its histology
names is a mention (:mod:`proband.facts.mentions`), for nobody says there that the person has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from proband.exchange.fhir.specimens import UNSAID, SpecimenSaid
from proband.exchange.fhir.specimens import otherwise as named_otherwise
from proband.exchange.fhir.values import units_differ
from proband.exchange.json_values import items, number, obj, text
from proband.exchange.phenopackets.ages import Timed
from proband.exchange.phenopackets.packet import Packet, concept, is_animal
from proband.exchange.remarks import problem_in, problem_with_result
from proband.exchange.report import FileReport
from proband.exchange.unit_ontology import UNIT_ONTOLOGY
from proband.facts.observation import Observation, Presence
from proband.facts.result_names import may_be_anything
from proband.terms import SYSTEMS, TermError
from proband.terms.units import convert

#: elements of a sample that name what was found in it
_NAMED = ("histologicalDiagnosis", "diagnosticMarkers")


def facts_of_sample(
    about: Packet, sample: dict[str, Any], where: str, report: FileReport
) -> Iterator[Observation]:
    """That the sample was taken, what was measured in it, and what its histology names."""
    whose = text(sample.get("individualId"))
    if whose and whose not in {about.subject_id, about.subject}:
        report.ignore("Biosample", "of another than the subject", f"{about.path}.{where}")
        return
    if is_animal(sample):
        report.ignore("Biosample", "of an animal", f"{about.path}.{where}")
        return
    tissue = concept(sample.get("sampledTissue")) or concept(sample.get("sampleType"))
    taken = about.time(sample.get("timeOfCollection"))
    yield about.fact(
        "Proband",
        "specimen",
        where,
        taken,
        text=text(sample.get("id")),
        value_system=tissue[0] if tissue else None,
        value_code=tissue[1] if tissue else None,
        display=tissue[2] if tissue else None,
    )
    names = [concept(sample.get(each)) for each in ("sampledTissue", "sampleType", "materialSample")]
    material = SpecimenSaid.of(None, " ".join(each[2] or "" for each in names if each))
    yield from measurements_of(about, sample, f"{where}.", report, taken, material)
    for name in _NAMED:
        for found in map(concept, items(sample.get(name))):
            if found is not None:
                yield from about.mentions(
                    found, f"{where}.{name}", taken, diagnosis=name == "histologicalDiagnosis"
                )
    for each in items(sample.get("phenotypicFeatures")):
        found = concept(obj(each).get("type"))
        if found is not None and obj(each).get("excluded") is not True:
            yield from about.mentions(found, f"{where}.phenotypicFeatures", taken)


def measurements_of(
    about: Packet,
    holder: dict[str, Any],
    place: str,
    report: FileReport,
    otherwise: Timed | None = None,
    material: SpecimenSaid = UNSAID,
) -> Iterator[Observation]:
    """Facts of the measurements of a packet, or of a sample: then of the day on which it was taken, where they have none of their own."""
    for index, each in enumerate(items(holder.get("measurements"))):
        measured = obj(each)
        where = f"{place}measurements[{index}]"
        assay = concept(measured.get("assay"))
        if assay is None:
            report.ignore("Measurement", "it has no assay", f"{about.path}.{where}")
            continue
        timed = about.time(measured.get("timeObserved"))
        if measured.get("timeObserved") is None and otherwise is not None:
            timed = otherwise
        remark = [text(measured.get("description"))]
        against = problem_in(remark) or problem_with_result(remark)
        if assay[0] == "LOINC":
            against = against or material.problem_with_codes([assay[1]])
            against = against or (named_otherwise(assay[1], assay[2]) if assay[2] else None)
            against = against or _taken_from(obj(measured.get("procedure"))).problem_with_codes([assay[1]])
        if against:
            timed = replace(timed, problem=against)
        value = obj(measured.get("value"))
        if "complexValue" in measured:
            for part, entry in enumerate(items(obj(measured["complexValue"]).get("typedQuantities"))):
                kind = concept(obj(entry).get("type"))
                if kind:
                    found = _quantity(
                        about, kind, obj(obj(entry).get("quantity")), f"{where}.complexValue[{part}]", timed
                    )
                    yield from _with_names(found)
        elif "ontologyClass" in value:
            said = concept(value["ontologyClass"])
            found = about.fact(
                assay[0],
                assay[1],
                where,
                timed,
                display=assay[2],
                text=said[2] if said else None,
                value_system=said[0] if said else None,
                value_code=said[1] if said else None,
                presence=Presence.PRESENT if said else Presence.UNKNOWN,
            )
            yield from _with_names(found)
        else:
            yield from _with_names(_quantity(about, assay, obj(value.get("quantity")), where, timed))


def _with_names(found: Observation) -> Iterator[Observation]:
    """A result, and what it may be that its code does not say (:mod:`proband.facts.result_names`)."""
    yield found
    own = (found.system, found.code)
    names = [found.display, None if found.system in SYSTEMS else found.code]
    if found.system in SYSTEMS and found.system not in {"Proband", "SNOMED", "LOINC"}:
        return  # a finding, or what else a known system names
    for system, code in may_be_anything([own], names, found.value, found.unit):
        yield replace(
            found, system=system, code=code, attributes={**found.attributes, "same-as": "|".join(own)}
        )


def _taken_from(procedure: dict[str, Any]) -> SpecimenSaid:
    """Of what a sample is by the words of how and where it was taken."""
    named = (concept(procedure.get(each)) for each in ("code", "bodySite"))
    return SpecimenSaid.of(None, " ".join(each[2] or "" for each in named if each))


def _unit(node: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """The unit that a quantity or a range has, its identifier and its label."""
    unit_class = obj(node.get("unit"))
    identity, label = text(unit_class.get("id")), text(unit_class.get("label"))
    if not identity:
        return None, identity, label
    if identity.upper().startswith("UCUM:"):
        return identity.partition(":")[2], identity, label
    return UNIT_ONTOLOGY.get(identity, label or identity), identity, label


def _limits(of: dict[str, Any], unit: str | None) -> tuple[float | None, float | None]:
    """The limits of normal in the unit of the value; none where they are in one that never becomes it."""
    own, _, label = _unit(of)
    low, high = number(of.get("low")), number(of.get("high"))
    if own in (None, unit):
        return low, high
    try:
        if unit is None or (label is not None and units_differ(str(own), label)):
            return None, None
        converted = [None if each is None else convert(each, str(own), unit) for each in (low, high)]
    except TermError:
        return None, None
    return converted[0], converted[1]


def _quantity(
    about: Packet, kind: tuple[str, str, str | None], node: dict[str, Any], where: str, timed: Timed
) -> Observation:
    value = number(node.get("value"))
    unit, identity, label = _unit(node)
    low, high = _limits(obj(node.get("referenceRange")), unit)
    odd = unit is not None and label is not None and units_differ(unit, label)
    return about.fact(
        kind[0],
        kind[1],
        where,
        timed,
        display=kind[2],
        value=value,
        unit=unit,
        reference_low=low,
        reference_high=high,
        presence=Presence.PRESENT if value is not None else Presence.UNKNOWN,
        problem="no value"
        if value is None
        else f"the unit is {unit!r}, and its label {str(label)[:40]!r}"
        if odd
        else None,
        attributes={"unit-id": identity, "unit-label": label},
    )
