"""A case as a draft of an ICH E2B(R3) individual case safety report: HL7 v3 XML with the identifiers of ICH.

Structure and identifiers follow the implementation guide (ICH, Implementation Guide for Electronic Transmission of Individual Case Safety Reports (ICSRs),
E2B(R3) Data Elements and Message Specification, 12 April 2013, sections 3.3.6 and 3.4; read in the copy at library.raps.org/ectd). Each element
carries the number of its data element in a comment, as the examples of the guide do. What the record does not hold and the site did not supply is
sent as a null flavour where the guide allows one, left out where it is optional, and listed as missing in any case. No code of MedDRA comes from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5
from xml.etree.ElementTree import Comment, Element, SubElement, indent, register_namespace, tostring

from proband.record.regulators.case import CaseSupplement, CodedTerm, GivenDose, SafetyCase

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: the root of ICH's identifiers
ICH = "2.16.840.1.113883.3.989.2.1"
MEDDRA = "2.16.840.1.113883.6.163"
OBSERVATIONS, COUNTRIES = f"{ICH}.1.19", "1.0.3166.1.2.2"

DRAFT = "DRAFT made by Proband; not for transmission. Whoever reports completes, checks and sends it by their own validated system."

register_namespace("", HL7)
register_namespace("xsi", XSI)


@dataclass(frozen=True, slots=True)
class DraftReport:
    """A draft: its bytes, and the data elements that are missing in it, each with what would fill it."""

    content: bytes
    missing: tuple[tuple[str, str], ...]


class _Writer:
    """Builds the tree, and keeps what is missing."""

    def __init__(self) -> None:
        self.missing: list[tuple[str, str]] = []

    def lacks(self, element: str, what: str) -> None:
        self.missing.append((element, what))

    def add(self, parent: Element, path: str, note: str = "", /, **attributes: str) -> Element:
        """Elements below a parent, one in another; the last one has the attributes, with the data element's number behind it."""
        for step in path.split("/"):
            name, _, wanted = step.partition("@")
            parent = SubElement(
                parent, f"{{{HL7}}}{name}", dict(pair.split("=") for pair in wanted.split("@") if pair)
            )
        for key, value in attributes.items():
            parent.set(f"{{{XSI}}}type" if key == "xsi_type" else key, value)
        if note:
            parent.append(Comment(f" {note} "))
        return parent

    def words(self, text: str, parent: Element, path: str, note: str, /, **attributes: str) -> None:
        """An element with a text, exactly as it is; the data element's number stands behind it, so that nothing stands within."""
        self.add(parent, path, **attributes).text = text
        parent.append(Comment(f" {note} "))

    def value(
        self,
        parent: Element,
        path: str,
        note: str,
        value: str | None,
        name: str = "value",
        /,
        *,
        null: str | None = None,
        **more: str,
    ) -> None:
        """An element with one attribute, or its null flavour, or nothing, where it is not known."""
        if value is not None:
            self.add(parent, path, note, **{name: value}, **more)
            return
        if null is not None:
            self.add(parent, path, note, nullFlavor=null, **more)

    def observation(self, parent: Element, code: str, note: str, kind: str, /, **value: str) -> None:
        """A statement about what stands above it, by its number in ICH's list of observations."""
        seen = self.add(parent, "outboundRelationship2@typeCode=PERT/observation@classCode=OBS@moodCode=EVN")
        self.add(seen, "code", code=code, codeSystem=OBSERVATIONS)
        self.add(seen, "value", note, xsi_type=kind, **value)


def icsr_of(case: SafetyCase, site: CaseSupplement, *, created: str) -> DraftReport:
    """A draft of the report of a case.

    Parameters
    ----------
    case, site
        The case as it stands, and what the site adds.
    created
        When the draft is made, a UTC stamp.
    """
    write = _Writer()
    now = _seconds(created)
    number = site.case_number or f"DRAFT-{case.study}-{case.event.id}"
    if site.case_number is None:
        write.lacks("C.1.1", "case_number: the sender's number of the case, country-organisation-number")
    root = Element(f"{{{HL7}}}MCCI_IN200100UV01", {"ITSVersion": "XML_1.0"})
    root.append(Comment(f" {DRAFT} "))
    write.add(root, "id", "N.1.2", extension=f"{number}-{case.seq}", root=f"{ICH}.3.22")
    write.add(root, "creationTime", "N.1.5", value=now)
    write.add(root, "responseModeCode", code="D")
    write.add(root, "interactionId", extension="MCCI_IN200100UV01", root="2.16.840.1.113883.1.6")
    write.add(root, "name", "N.1.1", code="1", codeSystem=f"{ICH}.1.1")
    message = write.add(root, "PORR_IN049016UV")
    write.add(message, "id", "N.2.r.1", extension=number, root=f"{ICH}.3.1")
    write.add(message, "creationTime", "N.2.r.4", value=now)
    write.add(message, "interactionId", extension="PORR_IN049016UV", root="2.16.840.1.113883.1.6")
    write.add(message, "processingCode", code="D")
    write.add(message, "processingModeCode", code="T")
    write.add(message, "acceptAckCode", code="AL")
    for end, element, identifier, given in (
        ("receiver@typeCode=RCV", "N.2.r.3", "12", site.receiver),
        ("sender@typeCode=SND", "N.2.r.2", "11", site.sender),
    ):
        _device(write, message, end, element, f"{ICH}.3.{identifier}", given)
    act = write.add(message, "controlActProcess@classCode=CACT@moodCode=EVN")
    write.add(act, "code", code="PORR_TE049016UV", codeSystem="2.16.840.1.113883.1.18")
    write.add(act, "effectiveTime", "C.1.2", value=now)
    _investigation(
        write,
        write.add(act, "subject@typeCode=SUBJ/investigationEvent@classCode=INVSTG@moodCode=EVN"),
        case,
        site,
        number,
    )
    for end, element, identifier, given in (
        ("receiver@typeCode=RCV", "N.1.4", "14", site.receiver),
        ("sender@typeCode=SND", "N.1.3", "13", site.sender),
    ):
        _device(write, root, end, element, f"{ICH}.3.{identifier}", given)
    indent(root)
    return DraftReport(
        tostring(root, encoding="utf-8", xml_declaration=True), tuple(dict.fromkeys(write.missing))
    )


def _device(write: _Writer, parent: Element, end: str, element: str, root: str, given: str | None) -> None:
    if given is None:
        write.lacks(element, f"{'receiver' if end.startswith('receiver') else 'sender'}: its identifier")
    write.value(
        parent,
        f"{end}/device@classCode=DEV@determinerCode=INSTANCE/id",
        element,
        given,
        "extension",
        null="NI",
        root=root,
    )


def _investigation(
    write: _Writer, event: Element, case: SafetyCase, site: CaseSupplement, number: str
) -> None:
    write.add(event, "id", "C.1.1", extension=number, root=f"{ICH}.3.1")
    write.add(event, "id", "C.1.8.1", extension=number, root=f"{ICH}.3.2")
    write.add(event, "code", code="PAT_ADV_EVNT", codeSystem="2.16.840.1.113883.5.4")
    if site.narrative is None:
        write.lacks("H.1", "narrative: the course in words")
    write.words(f"{DRAFT}\n{site.narrative or case.event.term}", event, "text", "H.1")
    write.add(event, "statusCode", code="active")
    write.add(event, "effectiveTime/low", "C.1.4", value=case.first_received.replace("-", ""))
    write.add(event, "availabilityTime", "C.1.5", value=case.latest.replace("-", ""))
    assessment = write.add(
        event, "component@typeCode=COMP/adverseEventAssessment@classCode=INVSTG@moodCode=EVN"
    )
    role = write.add(assessment, "subject1@typeCode=SBJ/primaryRole@classCode=INVSBJ")
    _patient(write, role, case, site)
    reaction = _uuid(case, "reaction")
    _reaction(write, role, case, site, reaction)
    products = list(_products(case, site))
    _drugs(write, role, case, site, products)
    for index, product in enumerate(products):
        _causality(write, assessment, case, reaction, _uuid(case, f"product-{index}"), product)
    if site.documents is None:
        write.lacks("C.1.6.1", "documents: whether the sender holds further documents on the case")
    else:
        held = write.add(event, "component@typeCode=COMP/observationEvent@classCode=OBS@moodCode=EVN")
        write.add(held, "code", code="1", codeSystem=OBSERVATIONS)
        write.add(held, "value", "C.1.6.1", xsi_type="BL", value="true" if site.documents else "false")
    first = write.add(event, "component@typeCode=COMP/observationEvent@classCode=OBS@moodCode=EVN")
    write.add(first, "code", code="23", codeSystem=OBSERVATIONS)
    write.add(first, "value", "C.1.7", xsi_type="BL", value="true" if case.reports else "false")
    versions = {term.version for term in (site.reaction, site.indication) if term is not None}
    if len(versions) > 1:
        write.lacks(
            "E.i.2.1a", f"one version of MedDRA for the whole report, not {' and '.join(sorted(versions))}"
        )
    if site.first_sender is None:
        write.lacks("C.1.8.2", "first_sender: regulator or other")
    else:
        origin = write.add(
            event, "outboundRelationship@typeCode=SPRT/relatedInvestigation@classCode=INVSTG@moodCode=EVN"
        )
        write.add(origin, "code", code="1", codeSystem=f"{ICH}.1.22")
        write.add(
            origin,
            "subjectOf2@typeCode=SUBJ/controlActEvent@classCode=CACT@moodCode=EVN/author@typeCode=AUT/assignedEntity@classCode=ASSIGNED/code",
            "C.1.8.2",
            code="1" if site.first_sender == "regulator" else "2",
            codeSystem=f"{ICH}.1.3",
        )
    _reporter(write, event, site)
    _sender(write, event, site)
    for code, kind, value, element in (
        ("1", "CE", {"code": "2" if case.own else "1", "codeSystem": f"{ICH}.1.2"}, "C.1.3"),
        ("2", "BL", {"nullFlavor": "NI"}, "C.1.9.1"),
    ):
        about = write.add(
            event, "subjectOf2@typeCode=SUBJ/investigationCharacteristic@classCode=OBS@moodCode=EVN"
        )
        write.add(about, "code", code=code, codeSystem=f"{ICH}.1.23")
        write.add(about, "value", element, xsi_type=kind, **value)


def _patient(write: _Writer, role: Element, case: SafetyCase, site: CaseSupplement) -> None:
    person = write.add(role, "player1@classCode=PSN@determinerCode=INSTANCE")
    # initials identify: there are such data, and they are not given
    write.add(person, "name", "D.1", nullFlavor="MSK")
    if site.sex is None:
        write.lacks("D.5", "sex: 1 male, 2 female")
    write.value(
        person,
        "administrativeGenderCode",
        "D.5",
        None if site.sex is None else str(site.sex),
        "code",
        null="UNK",
        codeSystem="1.0.5218",
    )
    write.add(person, "birthTime", "D.2.1", nullFlavor="MSK")
    if case.died is not None:
        write.add(person, "deceasedTime", "D.9.1", value=case.died[:10].replace("-", ""))
    if case.own:
        study = write.add(role, "subjectOf1@typeCode=SBJ/researchStudy@classCode=CLNTRL@moodCode=EVN")
        if site.sponsor_study_number is None:
            write.lacks("C.5.3", "sponsor_study_number: the number of the study at its sponsor")
        write.value(
            study, "id", "C.5.3", site.sponsor_study_number, "extension", null="NASK", root=f"{ICH}.3.5"
        )
        write.add(study, "code", "C.5.4", code="1", codeSystem=f"{ICH}.1.8")
        write.words(case.title, study, "title", "C.5.2")
    for amount, code, element, unit in ((site.age, "3", "D.2.2", "a"), (site.weight, "7", "D.3", "kg")):
        if amount is None:
            write.lacks(element, "age: in years at the onset" if code == "3" else "weight: in kilograms")
            continue
        seen = write.add(role, "subjectOf2@typeCode=SBJ/observation@classCode=OBS@moodCode=EVN")
        write.add(seen, "code", code=code, codeSystem=OBSERVATIONS)
        write.add(seen, "value", element, xsi_type="PQ", value=f"{amount:g}", unit=unit)


def _reaction(write: _Writer, role: Element, case: SafetyCase, site: CaseSupplement, identifier: str) -> None:
    event = case.event
    seen = write.add(role, "subjectOf2@typeCode=SBJ/observation@classCode=OBS@moodCode=EVN")
    write.add(seen, "id", root=identifier)
    write.add(seen, "code", code="29", codeSystem=OBSERVATIONS)
    when = write.add(seen, "effectiveTime", xsi_type="IVL_TS")
    if case.onset is None:
        write.lacks("E.i.4", "the onset is not known to the year")
    write.value(when, "low", "E.i.4", case.onset, null="ASKU")
    _coded(write, seen, "E.i.2.1", site.reaction, "reaction", event.term)
    if site.country is None:
        write.lacks("E.i.9", "country: in which it happened")
    else:
        write.add(seen, "location@typeCode=LOC/locatedEntity@classCode=LOCE/locatedPlace@classCode=COUNTRY@determinerCode=INSTANCE/code", "E.i.9",
                  code=site.country, codeSystem=COUNTRIES)  # fmt: skip
    write.observation(
        seen, "37", "E.i.3.1", "CE", code="3" if event.serious else "2", codeSystem=f"{ICH}.1.10"
    )
    if event.serious and not (event.fatal or event.life_threatening or site.criteria):
        write.lacks(
            "E.i.3.2", "criteria: why it is serious (hospitalisation, disability, birth-defect, other)"
        )
    for code, element, holds in (
        ("34", "E.i.3.2a", event.fatal), ("21", "E.i.3.2b", event.life_threatening), ("33", "E.i.3.2c", "hospitalisation" in site.criteria),
        ("35", "E.i.3.2d", "disability" in site.criteria), ("12", "E.i.3.2e", "birth-defect" in site.criteria), ("26", "E.i.3.2f", "other" in site.criteria),
    ):  # fmt: skip
        # the guide knows true and no information; it knows no "false"
        write.observation(seen, code, element, "BL", **({"value": "true"} if holds else {"nullFlavor": "NI"}))
    outcome = 5 if event.fatal else site.outcome
    if outcome is None:
        write.lacks("E.i.7", "outcome: 0 unknown … 5 fatal")
    write.observation(
        seen, "27", "E.i.7", "CE", code=str(0 if outcome is None else outcome), codeSystem=f"{ICH}.1.11"
    )
    # confirmed by a health professional: who the reporter is, the site says
    if site.reporter_qualification in (1, 2, 3):
        write.observation(seen, "24", "E.i.8", "BL", value="true")


def _coded(
    write: _Writer, parent: Element, element: str, term: CodedTerm | None, field: str, words: str | None
) -> None:
    """A term of MedDRA, or its null flavour where the site supplied none; the reporter's words stand beside it."""
    if term is None:
        write.lacks(f"{element}a/b", f"{field}: code and version of MedDRA, from whoever holds the licence")
        value = write.add(parent, "value", f"{element}b", xsi_type="CE", nullFlavor="NI")
    else:
        value = write.add(
            parent,
            "value",
            f"{element}b",
            xsi_type="CE",
            code=term.code,
            codeSystem=MEDDRA,
            codeSystemVersion=term.version,
        )
    if words:
        write.words(words, value, "originalText", "E.i.1.1a", language="eng")


@dataclass(frozen=True, slots=True)
class _Product:
    """A product of a case: its name, its doses, whether it is blinded, and its role (1 suspect, 4 not administered)."""

    name: str
    doses: tuple[GivenDose, ...] = ()
    blinded: bool = False
    role: str = "1"


def _products(case: SafetyCase, site: CaseSupplement) -> Iterator[_Product]:
    """The suspect products, each once; a case without any has one that was not administered."""
    if case.blinded:
        yield _Product("blinded study product", case.doses, blinded=True)
    elif case.doses:
        for kind in case.kinds:
            yield _Product(
                case.named(kind, site), tuple(dose for dose in case.doses if (dose.kind or "unknown") == kind)
            )
    elif case.elsewhere:
        yield from map(_Product, case.products_elsewhere)
    else:
        yield _Product("none was given", role="4")


def _drugs(
    write: _Writer, role: Element, case: SafetyCase, site: CaseSupplement, products: list[_Product]
) -> None:
    group = write.add(role, "subjectOf2@typeCode=SBJ/organizer@classCode=CATEGORY@moodCode=EVN")
    write.add(group, "code", code="4", codeSystem=f"{ICH}.1.20")
    if site.product_name and len(case.kinds) > 1:
        write.lacks(
            "G.k.2.2",
            f"product_name: one name for {len(case.kinds)} products; each stands under the programme's own",
        )
    if case.doses and case.elsewhere:
        write.lacks(
            "G.k.1",
            f"treated elsewhere as well ({', '.join(case.products_elsewhere)}): add it where it may have a part",
        )
    for index, product in enumerate(products):
        drug = write.add(
            group, "component@typeCode=COMP/substanceAdministration@classCode=SBADM@moodCode=EVN"
        )
        write.add(drug, "id", root=_uuid(case, f"product-{index}"))
        kind = write.add(
            drug,
            "consumable@typeCode=CSM/instanceOfKind@classCode=INST/kindOfProduct@classCode=MMAT@determinerCode=KIND",
        )
        write.words(product.name, kind, "name", "G.k.2.2")
        if product.blinded:
            write.observation(drug, "6", "G.k.2.5", "BL", value="true")
        for dose in product.doses:
            given = write.add(
                drug,
                "outboundRelationship2@typeCode=COMP/substanceAdministration@classCode=SBADM@moodCode=EVN",
            )
            when = write.add(given, "effectiveTime", xsi_type="IVL_TS")
            write.add(when, "low", "G.k.4.r.4", value=dose.on.replace("-", ""))
            if dose.route:
                write.words(dose.route, given, "routeCode/originalText", "G.k.4.r.10.1")
            if dose.lots:
                made = write.add(
                    given,
                    "consumable@typeCode=CSM/instanceOfKind@classCode=INST/productInstanceInstance@classCode=MMAT@determinerCode=INSTANCE",
                )
                write.words(", ".join(dose.lots), made, "lotNumberText", "G.k.4.r.7")
        if site.indication is None:
            write.lacks("G.k.7.r.2", "indication: code and version of MedDRA, from whoever holds the licence")
        else:
            why = write.add(drug, "inboundRelationship@typeCode=RSON/observation@classCode=OBS@moodCode=EVN")
            write.add(why, "code", code="19", codeSystem=OBSERVATIONS)
            _coded(write, why, "G.k.7.r.2", site.indication, "indication", None)
            # by whom it was reported: the primary source
            write.add(
                why,
                "performer@typeCode=PRF/assignedEntity@classCode=ASSIGNED/code",
                code="3",
                codeSystem=f"{ICH}.1.21",
            )


def _causality(
    write: _Writer, assessment: Element, case: SafetyCase, reaction: str, identifier: str, product: _Product
) -> None:
    """The role of a product, and who judged it how: the persons by their number in the order in which they judged, never by name."""
    event = case.event
    role = write.add(assessment, "component@typeCode=COMP/causalityAssessment@classCode=OBS@moodCode=EVN")
    write.add(role, "code", code="20", codeSystem=OBSERVATIONS)
    write.add(role, "value", "G.k.1", xsi_type="CE", code=product.role, codeSystem=f"{ICH}.1.13")
    write.add(
        role, "subject2@typeCode=SUBJ/productUseReference@classCode=SBADM@moodCode=EVN/id", root=identifier
    )
    for index, related in enumerate(event.assessments.values(), start=1):
        judged = write.add(
            assessment, "component@typeCode=COMP/causalityAssessment@classCode=OBS@moodCode=EVN"
        )
        write.add(judged, "code", code="39", codeSystem=OBSERVATIONS)
        write.words(
            ("a relation is possible" if related else "no relation"),
            judged,
            "value",
            "G.k.9.i.2.r.3",
            xsi_type="ST",
        )
        write.words("two people judge independently", judged, "methodCode/originalText", "G.k.9.i.2.r.2")
        write.words(
            f"assessor {index}",
            judged,
            "author@typeCode=AUT/assignedEntity@classCode=ASSIGNED/code/originalText",
            "G.k.9.i.2.r.1",
        )
        write.add(
            judged,
            "subject1@typeCode=SUBJ/adverseEffectReference@classCode=OBS@moodCode=EVN/id",
            root=reaction,
        )
        write.add(
            judged,
            "subject2@typeCode=SUBJ/productUseReference@classCode=SBADM@moodCode=EVN/id",
            root=identifier,
        )
    if len(event.assessments) < 2:
        write.lacks("G.k.9.i.2", "the judgement of causality by two people, in the record")


def _reporter(write: _Writer, event: Element, site: CaseSupplement) -> None:
    source = write.add(event, "outboundRelationship@typeCode=SPRT")
    write.add(source, "priorityNumber", "C.2.r.5", value="1")
    author = write.add(source, "relatedInvestigation@classCode=INVSTG@moodCode=EVN")
    write.add(author, "code", code="2", codeSystem=f"{ICH}.1.22")
    entity = write.add(
        author,
        "subjectOf2@typeCode=SUBJ/controlActEvent@classCode=CACT@moodCode=EVN/author@typeCode=AUT/assignedEntity@classCode=ASSIGNED",
    )
    person = write.add(entity, "assignedPerson@classCode=PSN@determinerCode=INSTANCE")
    for part, element in (("given", "C.2.r.1.2"), ("family", "C.2.r.1.4")):
        write.add(person, f"name/{part}", element, nullFlavor="MSK")
    if site.reporter_qualification is None:
        write.lacks("C.2.r.4", "reporter_qualification: 1 physician … 5 consumer")
    qualification = None if site.reporter_qualification is None else str(site.reporter_qualification)
    write.value(
        person,
        "asQualifiedEntity@classCode=QUAL/code",
        "C.2.r.4",
        qualification,
        "code",
        null="UNK",
        codeSystem=f"{ICH}.1.6",
    )
    if site.reporter_country is None:
        write.lacks("C.2.r.3", "reporter_country: by ISO 3166-1")
    write.value(person, "asLocatedEntity@classCode=LOCE/location@classCode=COUNTRY@determinerCode=INSTANCE/code", "C.2.r.3", site.reporter_country, "code",
                null="NASK", codeSystem=COUNTRIES)  # fmt: skip


def _sender(write: _Writer, event: Element, site: CaseSupplement) -> None:
    entity = write.add(
        event,
        "subjectOf1@typeCode=SUBJ/controlActEvent@classCode=CACT@moodCode=EVN/author@typeCode=AUT/assignedEntity@classCode=ASSIGNED",
    )
    write.add(entity, "code", "C.3.1", code="3", codeSystem=f"{ICH}.1.7")
    if site.organisation is None:
        write.lacks("C.3.2", "organisation: the name of the sending organisation")
        return
    organisation = write.add(entity, "representedOrganization@classCode=ORG@determinerCode=INSTANCE")
    inner = write.add(
        organisation,
        "assignedEntity@classCode=ASSIGNED/representedOrganization@classCode=ORG@determinerCode=INSTANCE",
    )
    write.words(site.organisation, inner, "name", "C.3.2")


def _uuid(case: SafetyCase, what: str) -> str:
    """An identifier within the message: the same for the same case, so that a draft made twice is the same."""
    return str(uuid5(NAMESPACE_OID, f"{case.study}/{case.event.id}/{what}"))


def _seconds(stamp: str) -> str:
    """A UTC stamp in the digits of HL7, with its offset."""
    return stamp[:19].replace("-", "").replace("T", "").replace(":", "") + "+0000"
