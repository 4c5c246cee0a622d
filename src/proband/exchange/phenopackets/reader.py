"""Phenopackets v2 to facts.

An excluded feature is absent, not present. A subject without vital status is *unknown*, although the schema's own
comment would have it alive. An age becomes days only with a birth date. A variant is a fact about a gene
(``Proband|variant``), a disease a fact of its own (``Proband|disease``): neither is made from the other.

Each phenopacket is one record: the subject of its facts is the *phenopacket's* id, because ``subject.id`` ("II-1") is
unique only inside its record; it is kept in the attribute ``subject-id``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.exchange.json_values import Moment, items, number, obj, text
from proband.exchange.ontology import Ontology
from proband.exchange.phenopackets.ages import Timed, birth_of
from proband.exchange.phenopackets.checks import check_content, check_fields, check_terms
from proband.exchange.phenopackets.genomics import diseases_of, interpretation_of
from proband.exchange.phenopackets.packet import Packet, concept, is_animal, part_of_a_no, presence_of
from proband.exchange.phenopackets.samples import facts_of_sample, measurements_of
from proband.exchange.phenopackets.schema import MESSAGES, camel_case, camel_keys, message_of, sign_of_v1
from proband.exchange.readers import FileAtHand, reader
from proband.exchange.remarks import problem_in
from proband.exchange.report import FileReport, declined
from proband.exchange.safe_yaml import load_yaml, looks_like_phenopacket
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import recorded_in
from proband.terms import SYSTEMS

_SEXES = {"MALE": "male", "FEMALE": "female", "OTHER_SEX": "other", 1: "female", 2: "male", 3: "other"}
_VITAL = {"ALIVE": "alive", "DECEASED": "deceased", 1: "alive", 2: "deceased", "1": "alive", "2": "deceased"}


def read_document(
    root: Any, file: str, report: FileReport, ontology: Ontology | None = None
) -> Iterator[Observation]:
    """Facts of a Phenopacket, Family or Cohort.

    Raises
    ------
    Declined
        ``phenopacket.version`` (v1, with the sign), ``phenopacket.unknown`` (no phenopacket),
        ``phenopacket.malformed`` (a field at the top that no schema has).
    """
    document = camel_case(root)
    kind = message_of(document) if isinstance(document, dict) else None
    if kind is None:
        raise declined("phenopacket.unknown")
    report.format = f"Phenopacket v2 {kind}"
    sign = sign_of_v1(document, kind)
    if sign:
        raise declined("phenopacket.version", key=sign.split(" ")[0], sign=sign)
    strange = [name for name in document if name not in MESSAGES[kind]]
    if strange:
        raise declined("phenopacket.malformed", key=strange[0][:60], kind=kind, field=strange[0][:60])
    check_fields(document, kind, kind, report)
    report.unchecked.add("terminology" if ontology else "ontology")
    meta = obj(document.get("metaData"))
    packets: list[tuple[str, Any]]
    if kind == "Phenopacket":
        packets = [(kind, document)]
    elif kind == "Family":
        packets = [("Family.proband", document.get("proband"))] if document.get("proband") else []
        packets += [
            (f"Family.relatives[{index}]", each)
            for index, each in enumerate(items(document.get("relatives")))
        ]
        if document.get("pedigree"):
            report.ignore(
                "Family.pedigree", "who is whose parent is not a fact that criteria use", "Family.pedigree"
            )
    else:
        packets = [
            (f"Cohort.members[{index}]", each) for index, each in enumerate(items(document.get("members")))
        ]
    if document.get("files"):
        report.ignore(f"{kind}.files", "links to other files are not followed", f"{kind}.files")
    pedigree = {
        text(obj(each).get("individualId")): obj(each)
        for each in items(obj(document.get("pedigree")).get("persons"))
    }
    for path, node in packets:
        packet = obj(node)
        if kind != "Phenopacket":
            check_fields(packet, "Phenopacket", path, report)
        # members of families and cohorts may leave the meta data to the whole
        check_content(packet, obj(packet.get("metaData")) or meta, path, report)
        if ontology:
            check_terms(packet, ontology, path, report)
        yield from _packet(packet, path, file, report, pedigree)


def _packet(
    packet: dict[str, Any],
    path: str,
    file: str,
    report: FileReport,
    pedigree: dict[str | None, dict[str, Any]],
) -> Iterator[Observation]:
    person = obj(packet.get("subject"))
    identity, subject_id = text(packet.get("id")), text(person.get("id"))
    subject = identity or subject_id
    if subject is None:
        report.ignore("Phenopacket", "neither the phenopacket nor its subject has an id", path)
        report.lacking["phenopacket that names nobody"] += 1
        return
    if is_animal(person):
        report.ignore("Phenopacket", "about an animal, not a person", path)
        return
    report.read["Phenopacket"] += 1
    birth, birth_problem = birth_of(person.get("dateOfBirth"))
    about = Packet(subject, subject_id, file, path, birth)
    if person:
        yield from _subject(about, person, birth_problem)
        yield from _in_pedigree(about, person, pedigree.get(subject_id) if subject_id else None, report)
    else:
        report.ignore("Phenopacket.subject", "there is none: sex, age and vital status are unknown", path)
    yield from _features(about, packet, report)
    yield from measurements_of(about, packet, "", report)
    diagnosed: set[str | None] = set()
    excluded: set[str | None] = set()
    for fact in diseases_of(about, packet, report):
        (excluded if fact.presence is Presence.ABSENT else diagnosed).add(fact.value_code)
        yield fact
    for index, each in enumerate(items(packet.get("interpretations"))):
        yield from interpretation_of(about, obj(each), index, packet, diagnosed, excluded, report)
    for index, each in enumerate(items(packet.get("medicalActions"))):
        yield from _action(about, obj(each), index, report)
    for index, each in enumerate(items(packet.get("biosamples"))):
        yield from facts_of_sample(about, obj(each), f"biosamples[{index}]", report)
    if packet.get("files"):
        report.ignore("Phenopacket.files", "links to other files are not followed", f"{path}.files")


def _subject(about: Packet, person: dict[str, Any], birth_problem: str | None) -> Iterator[Observation]:
    known = about.birth.earliest is not None
    others = [each for each in (text(other) for other in _list(person.get("alternateIds"))) if each]
    yield about.fact(
        "Proband",
        "birth-date",
        "subject",
        Timed(Moment(about.birth)),
        text=str(about.birth) if known else None,
        presence=Presence.PRESENT if known else Presence.UNKNOWN,
        problem=birth_problem,
        attributes={"subject-id": about.subject_id, "identifiers": others},
    )
    sex = person.get("sex")
    said = _SEXES.get(sex) if isinstance(sex, str | int) else None
    yield about.fact(
        "Proband",
        "sex",
        "subject.sex",
        text=said,
        presence=Presence.PRESENT if said else Presence.UNKNOWN,
        problem=f"sex {str(sex)[:20]!r} is none of the schema"
        if sex not in (None, 0, "UNKNOWN_SEX") and not said
        else None,
        attributes={"karyotypic": text(person.get("karyotypicSex"))},
    )
    given = person.get("vitalStatus")
    vital = {"status": given} if isinstance(given, str) else obj(given)
    raw_status = vital.get("status")
    status = (
        _VITAL.get(raw_status.strip().upper() if isinstance(raw_status, str) else raw_status)
        if isinstance(raw_status, str | int)
        else None
    )
    doubt = _death_beside(vital) if status != "deceased" else None
    if doubt is not None:
        status = "deceased"
    last = about.time(person.get("timeAtLastEncounter"))
    died = about.time(vital.get("timeOfDeath"))
    cause = concept(vital.get("causeOfDeath"))
    yield about.fact(
        "Proband",
        "vital-status",
        "subject.vitalStatus",
        died if status == "deceased" else Timed(last.at),
        text=status,
        presence=Presence.PRESENT if status else Presence.UNKNOWN,
        problem=doubt,
        attributes={
            "cause": cause[1] if cause else None,
            "survival-days": number(vital.get("survivalTimeInDays")) or None,
        },
    )
    if last.years is not None or last.problem:
        yield about.fact(
            "Proband",
            "age-at-last-encounter",
            "subject.timeAtLastEncounter",
            last,
            value=last.years,
            unit="a" if last.years is not None else None,
            presence=Presence.PRESENT if last.years is not None else Presence.UNKNOWN,
        )


def _in_pedigree(
    about: Packet, person: dict[str, Any], own: dict[str, Any] | None, report: FileReport
) -> Iterator[Observation]:
    """The sex of a person as the pedigree of the family has it, where the packet has another or none: neither is chosen, and two people may be mixed."""
    sex, given = (own or {}).get("sex"), person.get("sex")
    said, known = (_SEXES.get(each) if isinstance(each, str | int) else None for each in (sex, given))
    if said is not None and said != known:
        yield about.fact("Proband", "sex", "pedigree.sex", text=said)
        if known is not None:
            report.lack(
                "phenopacket.pedigree", f"{about.subject[:60]} is {known} in the packet and {said} in the pedigree: two people may be mixed", about.path,
                "say which of the two is right", what="person of another sex in the pedigree",
            )  # fmt: skip


def _death_beside(vital: dict[str, Any]) -> str | None:
    """What is said of a death by other fields than the status, which does not say so; ``None`` where nothing is."""
    named = [name for name in ("timeOfDeath", "causeOfDeath") if vital.get(name)]
    if number(vital.get("survivalTimeInDays")):
        named.append("survivalTimeInDays")
    return f"vitalStatus has {named[0]}, and its status does not say that the person died" if named else None


def _features(about: Packet, packet: dict[str, Any], report: FileReport) -> Iterator[Observation]:
    for index, each in enumerate(items(packet.get("phenotypicFeatures"))):
        feature = obj(each)
        where = f"phenotypicFeatures[{index}]"
        kind = concept(feature.get("type"))
        if kind is None:
            report.ignore("PhenotypicFeature", "it has no type", f"{about.path}.{where}")
            continue
        presence, problem = presence_of(feature)
        problem = problem or problem_in([text(feature.get("description"))])
        narrowed = presence is Presence.NOT_APPLICABLE
        severity = concept(feature.get("severity"))
        ended, onset = about.time(feature.get("resolution")), about.time(feature.get("onset"))
        yield about.fact(
            kind[0],
            kind[1],
            where,
            onset,
            display=kind[2],
            presence=presence,
            problem=problem,
            persists=feature.get("resolution") is not None and presence is not Presence.ABSENT,
            until=ended.at.when
            if feature.get("resolution") is not None and presence is not Presence.ABSENT
            else None,
            attributes={
                "kind": "phenotypic-feature",
                "part": part_of_a_no(feature) if narrowed else None,
                "severity": severity[2] or severity[1] if severity else None,
                "modifiers": [part[1] for part in map(concept, items(feature.get("modifiers"))) if part],
                "resolved": ended.attributes.get("age")
                or (str(ended.at.when) if ended.at.when.earliest else None),
            },
        )
        if presence is not Presence.ABSENT and not presence.is_silent:
            yield about.fact(
                *recorded_in("diagnosis", {kind[0]}),
                where,
                onset,
                display=kind[2],
                presence=Presence.UNKNOWN,
                persists=True,
                until=ended.at.when if feature.get("resolution") is not None else None,
                attributes={"kind": "where-recorded"},
            )
        if kind[0] not in SYSTEMS and presence is not Presence.ABSENT:
            yield from about.mentions(("", *kind[1:]), where, onset)


def _action(about: Packet, node: dict[str, Any], index: int, report: FileReport) -> Iterator[Observation]:
    where = f"medicalActions[{index}]"
    target = concept(node.get("treatmentTarget"))
    shared = {"target": target[1] if target else None}
    for name in ("treatmentTarget", "adverseEvents"):
        for each in map(concept, items(node.get(name))):
            if each is not None:
                yield from about.mentions(each, f"{where}.{name}", diagnosis=True)
    if "treatment" in node:
        treatment = obj(node["treatment"])
        agent = concept(treatment.get("agent"))
        if agent:
            doses = items(treatment.get("doseIntervals"))
            for dose in doses or [None]:
                timed = None if dose is None else about.time({"interval": obj(dose).get("interval")})
                yield about.fact(
                    agent[0],
                    agent[1],
                    where,
                    timed,
                    display=agent[2],
                    attributes={"kind": "treatment", **shared},
                )
                yield about.fact(
                    *recorded_in("drug", {agent[0]}),
                    where,
                    timed,
                    presence=Presence.UNKNOWN,
                    attributes={"kind": "where-recorded"},
                    display=agent[2],
                )
            return
    elif "procedure" in node:
        procedure = obj(node["procedure"])
        code = concept(procedure.get("code"))
        if code:
            timed = about.time(procedure.get("performed"))
            yield about.fact(
                code[0], code[1], where, timed, display=code[2], attributes={"kind": "procedure", **shared}
            )
            yield about.fact(
                *recorded_in("procedure", {code[0]}),
                where,
                timed,
                presence=Presence.UNKNOWN,
                attributes={"kind": "where-recorded"},
                display=code[2],
            )
            return
    regimen = concept(obj(node.get("therapeuticRegimen")).get("ontologyClass"))
    if regimen:
        yield about.fact(
            regimen[0], regimen[1], where, None, display=regimen[2], attributes={"kind": "regimen", **shared}
        )
        return
    if "treatment" in node or "therapeuticRegimen" in node:
        report.lack("code.words-only", "a treatment has no code, and criteria ask for codes: nobody sees it", f"{about.path}.{where}", "send its code, or let somebody read it", what="drug in words without a code")  # fmt: skip
    kinds = [
        name for name in ("radiationTherapy", "therapeuticRegimen", "treatment", "procedure") if name in node
    ]
    report.ignore(
        f"MedicalAction.{kinds[0] if kinds else '?'}", "it has no code that is read", f"{about.path}.{where}"
    )


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


@reader(
    "phenopackets 2",
    "json",
    looks=lambda file: isinstance(file.root, dict) and message_of(camel_keys(file.root)) is not None,
)
def read_packet(file: FileAtHand) -> Iterator[Observation]:
    """Facts of a phenopacket, a family or a cohort in JSON."""
    return read_document(file.root, file.name, file.report, file.ontology)


@reader("phenopackets 2 in YAML", "text", looks=lambda file: looks_like_phenopacket(file.content.head))
def read_packet_in_yaml(file: FileAtHand) -> Iterator[Observation]:
    """Facts of a phenopacket in YAML."""
    document = load_yaml(file.content.read_text(file.report))
    return read_document(document, file.name, file.report, file.ontology)
