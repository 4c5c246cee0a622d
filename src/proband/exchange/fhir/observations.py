"""Facts out of Observation and QuestionnaireResponse, the two resources whose values take many forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.fhir.answers import ABSENT_CODES as _ABSENT
from proband.exchange.fhir.answers import PRESENT_CODES as _PRESENT
from proband.exchange.fhir.answers import contradiction, no_number, withholds
from proband.exchange.fhir.drafts import (
    Draft,
    ExtractionContext,
    Resource,
    about_another,
    attributes_of,
    coded,
    draft_of,
    part_of_a_no,
    patient_behind,
    specimen_of,
)
from proband.exchange.fhir.facts import READERS
from proband.exchange.fhir.mentions import mentioned
from proband.exchange.fhir.reference_ranges import limits_for, person_described
from proband.exchange.fhir.specimens import named_otherwise
from proband.exchange.may_name import asks_for_a_diagnosis, like_icd10_in, of_family, through
from proband.exchange.remarks import problem_with_result
from proband.exchange.variants import acmg_class, zygosity_of
from proband.exchange.written_numbers import number_in
from proband.facts.called import called
from proband.facts.left import LEFT, left_in_words
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import KINDS, recorded_in
from proband.facts.result_names import may_be_anything
from proband.terms.answers import Answer, answer_of

#: systems whose codes name a finding, so that an Observation without a value states the finding itself
_FINDINGS = {"HPO", "MONDO", "ORPHA", "OMIM", "ICD-10", "ICD-9-CM"}
_VALUES = [
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
    "valueDecimal",
    "valueDate",
    "valueCoding",
    "valueUri",
    "valueAttachment",
    "valueReference",
]
#: genomic source classes (answers of LOINC 48002-0) of a variant that is not the person's: of a tumour, of a fetus
_OF_A_TUMOUR = {"LA6684-0", "LA18195-0"}
_OF_A_FETUS = {"LA6685-7", "LA18196-8", "LA10429-1"}
_LOINC_LINK = re.compile(r"(?:^|/)(\d{1,7}-\d)$")


#: no result yet, or none any more: such an Observation says nothing and never displaces a result
_NO_RESULT = {"registered", "preliminary", "partial", "cancelled"}
#: statuses of a result that stands
RESULT = {"final", "amended", "corrected", "appended"}


def _observation(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status")) or "unknown"
    if status == "entered-in-error":
        context.ignore("Observation", "entered in error", position)
        return
    draft = draft_of(context, resource, position, v.choice_time(resource, "effective"), "subject")
    if draft is None:
        return
    whose = about_another(context, resource, draft.subject)
    if whose is not None:
        context.ignore("Observation", f"about another, not the person: {whose}", position)
        return
    against = problem_with_result(v.notes(resource))
    if against is not None and not draft.problems:
        draft.problems = (against,)
    draft.person = person_described(patient_behind(context, resource))
    draft.specimen = specimen_of(context, resource)
    draft.place = {name: resource[name] for name in ("bodySite",) if name in resource}
    attributes = attributes_of(status=status if status not in RESULT else None)
    for fact in _facts(context, draft, resource, position, attributes):
        if status in RESULT:
            yield fact
            if (
                fact.text
                and fact.value is None
                and fact.presence is Presence.PRESENT
                and "same-as" not in fact.attributes
            ):
                yield from _called_as_value(draft, resource, fact)
            if fact.presence is not Presence.ABSENT and fact.value_code and "same-as" not in fact.attributes:
                yield from _named_as_value(draft, fact)
            elif (
                fact.text
                and fact.value is None
                and fact.presence is Presence.PRESENT
                and fact.text not in {"true", "false"}
            ):
                yield from _named_in_words(context, draft, resource, fact)
        elif status in _NO_RESULT:
            yield replace(fact, presence=Presence.NOT_FINAL)
        else:
            yield replace(fact, presence=Presence.UNKNOWN)


def _named_as_value(draft: Draft, fact: Observation) -> Iterator[Observation]:
    """A diagnosis that stands as the value of a result ("Diagnosis: C22.0"), unless the question is about a relative."""
    if of_family(fact.code, fact.display):
        return
    codings = [{"system": fact.value_system, "code": fact.value_code, "display": fact.text}]
    codings += [
        dict(zip(("system", "code"), key.split("|", 1), strict=False))
        for key in fact.attributes.get("value-codes", ())
    ]
    yield from mentioned(draft, [{"coding": codings}], "Observation.value")


def _called_as_value(draft: Draft, resource: Resource, fact: Observation) -> Iterator[Observation]:
    """What bears the name of the value of a result ("Histology: …"), unless the question is about relatives."""
    if of_family(fact.code, fact.display) or of_family("", v.words(resource.get("code"))):
        return
    for system, code in called([fact.text]):
        yield draft.fact(
            system, code, presence=Presence.UNKNOWN, persists=True, until=through(draft.at.when), attributes=attributes_of(kind="mention", where="Observation.value")
        )  # fmt: skip


def _named_in_words(
    context: ExtractionContext, draft: Draft, resource: Resource, fact: Observation
) -> Iterator[Observation]:
    """A diagnosis that stands as the value of a result in words: nobody sees it, but for the codes among them."""
    asked = [(each.system, each.code) for each in v.codes(resource.get("code"))]
    asked.append((fact.system, fact.code))  # of a part
    question = v.words(resource.get("code")) or fact.display
    if "same-as" in fact.attributes or not asks_for_a_diagnosis(asked, question):
        return
    found = like_icd10_in(fact.text or "")
    if found:
        yield from mentioned(
            draft, [{"coding": [{"system": "ICD-10", "code": each} for each in found]}], "Observation.value"
        )
    else:
        context.report.lack_code(draft.position)


def _facts(
    context: ExtractionContext, draft: Draft, resource: Resource, position: str, attributes: dict[str, Any]
) -> Iterator[Observation]:
    """The facts of an Observation, as if it were final."""
    components = v.items(resource.get("component"))
    if any(each.key == "LOINC|69548-6" for each in v.codes(resource.get("code"))):
        yield _variant(draft, resource, components, attributes)
        return
    if not components and resource.get("hasMember") and not any(name in resource for name in _VALUES):
        context.ignore("Observation", "a panel: its members are read for themselves", position)
        return
    if not components or any(name in resource for name in (*_VALUES, "dataAbsentReason")):
        yield from _one(draft, resource, attributes)
    for index, component in enumerate(components):
        part = v.obj(component)
        inner = replace(draft, position=f"{position}.component[{index}]")
        parent = next((each.key for each in v.codes(resource.get("code"))), None)
        yield from _one(inner, part, {**attributes, **attributes_of(panel=parent)})


def _one(draft: Draft, node: dict[str, Any], attributes: dict[str, Any]) -> Iterator[Observation]:
    fields = _value_fields(node)
    low, high = limits_for(node, fields.get("unit"), draft.person, draft.at.when)
    extra = dict(attributes)
    extra.update(fields.pop("attributes", {}))
    presence = fields.pop("presence", Presence.PRESENT)
    problem = fields.pop("problem", None)
    stated = _stated_presence(node)
    if stated is not None:
        presence = stated
    if not fields.pop("valued"):
        found = v.codes(node.get("code"))
        if presence is Presence.PRESENT and not (stated or (found and found[0].system in _FINDINGS)):
            presence = Presence.UNKNOWN
            problem = problem or "no value"
        elif presence is Presence.PRESENT and stated is None and withholds(node):
            # a finding without a value states itself, but not where the value is withheld or the interpretation denies it
            presence, problem = (
                Presence.UNKNOWN,
                problem or "its value is withheld, or its interpretation denies it",
            )
    interpretation = [each.code for every in v.items(node.get("interpretation")) for each in v.codes(every)]
    extra.update(attributes_of(interpretation=interpretation))
    at_odds = contradiction(node)
    if at_odds is not None and presence.is_known:
        presence, problem = Presence.UNKNOWN, problem or at_odds
    if fields.get("value") is not None:
        problem = problem or no_number(node) or named_otherwise(node.get("code"))
    problem = problem or draft.specimen.problem_with(node)
    if (
        presence is Presence.ABSENT
        and (part := part_of_a_no({**draft.place, **node}, node.get("code"))) is not None
    ):
        presence = Presence.NOT_APPLICABLE
        extra["part"] = part
    said: dict[str, Any] = {
        "presence": presence,
        "problem": problem,
        "reference_low": low,
        "reference_high": high,
        **fields,
    }
    yield from coded(draft, node.get("code"), "observation", attributes=extra, **said)
    answered = fields["text"] if isinstance(fields.get("text"), str) else ""
    denied = presence is Presence.ABSENT or answer_of(answered) is Answer.NO
    asked = None if denied else left_in_words(v.all_words([node.get("code")]) or "")
    if asked is not None or left_in_words(answered) is not None:
        yield draft.fact(*LEFT, text=asked or answered, attributes=extra)
    if presence is not Presence.ABSENT:
        for key in _may_be(node, fields):
            yield draft.fact(*key, attributes={**extra, "same-as": "its own code"}, **said)
        words = None if fields.get("value") is not None else v.all_words([node.get("code")])
        for key in (
            called(words.split(" | ")) if words else ()
        ):  # a question under another code may bear the name
            yield draft.fact(*key, attributes={**extra, "same-as": "its own code"}, **said)
    if (
        presence is Presence.PRESENT
        and not fields.keys() & {"value", "value_code"}
        and fields.get("text") in {None, "true"}
    ):
        systems = {each.system for each in v.codes(node.get("code"))} & KINDS["diagnosis"]
        if systems:  # a finding that is there
            yield draft.fact(
                *recorded_in("diagnosis", systems),
                presence=Presence.UNKNOWN,
                problem=problem,
                attributes=attributes_of(kind="where-recorded"),
            )


def _may_be(node: dict[str, Any], fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Codes of the facts that a result may be something which its own code does not say (:mod:`proband.facts.result_names`)."""
    concept = node.get("code")
    found = v.codes(concept)
    names = [v.words(concept), *(each.display for each in found)]
    names += [each.code for each in found if not each.known]
    keys = ((each.system, each.code) for each in found)
    return may_be_anything(keys, names, fields.get("value"), fields.get("unit"))


def _value_fields(node: dict[str, Any]) -> dict[str, Any]:
    """Fields of an Observation from ``value[x]`` or ``dataAbsentReason``; ``valued`` says whether there was a value."""
    name = next((each for each in _VALUES if each in node), None)
    if name is None:
        reason = v.code_set(node.get("dataAbsentReason"))
        presence = next(
            (v.ABSENT_REASONS[each] for each in reason if each in v.ABSENT_REASONS), Presence.UNKNOWN
        )
        if not reason and node.get("dataAbsentReason") is None:
            return {"valued": False}
        return {
            "valued": True,
            "presence": presence,
            "attributes": attributes_of(missing=next(iter(sorted(reason)), None)),
        }
    raw = node[name]
    withheld = v.withheld(node.get(f"_{name}")) or v.withheld(raw)
    if withheld is not None:
        return {
            "valued": True,
            "presence": withheld,
            "problem": "it has a value, and says that the value is withheld or not known",
        }
    if name == "valueQuantity":
        measured = v.quantity(raw)
        fields: dict[str, Any] = {
            "value": measured.value,
            "unit": measured.unit,
            "comparator": measured.comparator,
        }
        fields["valued"] = measured.value is not None
        fields["problem"] = measured.problem
        fields["attributes"] = attributes_of(printed_unit=measured.printed)
        if measured.value is None:
            fields["presence"] = Presence.UNKNOWN
        return fields
    if name in {"valueInteger", "valueDecimal"}:
        number = v.number(raw)
        return {
            "valued": number is not None,
            "value": number,
            "presence": Presence.PRESENT if number is not None else Presence.UNKNOWN,
        }
    if name == "valueBoolean":
        if not isinstance(raw, bool):
            return {
                "valued": False,
                "problem": f"value {str(raw)[:20]!r} is not true or false",
                "presence": Presence.UNKNOWN,
            }
        return {
            "valued": True,
            "text": str(raw).lower(),
            "presence": Presence.PRESENT if raw else Presence.ABSENT,
        }
    if name in {"valueCodeableConcept", "valueCoding"}:
        return _concept_fields({"coding": [raw]} if name == "valueCoding" else raw)
    if name == "valueRange":
        return _range_fields(v.obj(raw))
    if name == "valueRatio":
        top, bottom = v.quantity(v.obj(raw).get("numerator")), v.quantity(v.obj(raw).get("denominator"))
        shown = f"{top.comparator or ''}{_shown(top.value)} {top.unit or ''} / {_shown(bottom.value)} {bottom.unit or ''}"
        return {"valued": True, "text": " ".join(shown.split())}
    if name == "valuePeriod":
        return {"valued": True, "text": str(v.period(raw).when)}
    if name in {"valueSampledData", "valueAttachment"}:
        return {
            "valued": True,
            "text": None,
            "attributes": {"unread": name},
            "problem": f"{name} is not read",
            "presence": Presence.UNKNOWN,
        }
    if name == "valueReference":
        return {
            "valued": True,
            "text": v.text(v.obj(raw).get("display")) or v.text(v.obj(raw).get("reference")),
        }
    written = v.text(raw)
    if written is None:
        return {"valued": False, "presence": Presence.UNKNOWN, "problem": f"{name} is not a text"}
    fields = {"valued": True, "text": written}
    if name == "valueString":
        bound = number_in(written)
        if bound is not None:
            without = None if bound.unit else "a bound given as text, without a unit"
            fields.update(value=bound.value, comparator=bound.comparator, unit=bound.unit, problem=without)
    return fields


def _concept_fields(raw: Any) -> dict[str, Any]:
    found = v.codes(raw)
    fields: dict[str, Any] = {"valued": True, "text": v.words(raw)}
    if found:
        first = found[0]
        fields.update(value_system=first.system or None, value_code=first.code)
        if len(found) > 1:
            fields["attributes"] = {"value-codes": [each.key for each in found[1:]]}
        bare = {each.code for each in found}
        if {each.key for each in found} & _ABSENT:
            fields["presence"] = Presence.ABSENT
        nulls = [
            v.ABSENT_REASONS[each]
            for each in bare
            if each in v.ABSENT_REASONS and first.system.endswith("NullFlavor")
        ]
        if nulls:
            fields["presence"] = nulls[0]
    elif fields["text"] is None:
        fields.update(valued=False, presence=Presence.UNKNOWN)
    return fields


def _range_fields(raw: dict[str, Any]) -> dict[str, Any]:
    low, high = v.quantity(raw.get("low")), v.quantity(raw.get("high"))
    unit = low.unit or high.unit
    if low.value is not None and high.value is None:
        return {"valued": True, "value": low.value, "unit": unit, "comparator": ">="}
    if high.value is not None and low.value is None:
        return {"valued": True, "value": high.value, "unit": unit, "comparator": "<="}
    shown = f"{_shown(low.value)} – {_shown(high.value)} {unit or ''}".strip()
    return {"valued": True, "text": shown, "unit": unit, "problem": "a range, not one value"}


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _stated_presence(node: dict[str, Any]) -> Presence | None:
    """What a ``phenotype-status`` extension says (RareLink and others state presence there)."""
    for each in v.items(node.get("extension")):
        entry = v.obj(each)
        url = v.text(entry.get("url")) or ""
        if url.rpartition("/")[2] == "phenotype-status":
            said = {each.key for each in v.codes(entry.get("valueCodeableConcept"))}
            if said & _ABSENT:
                return Presence.ABSENT
            return Presence.PRESENT if said & _PRESENT else Presence.UNKNOWN
    return None


# -- genomics: HL7 Genomics Reporting, code 69548-6 and its components ---------------------------------------------------


def _variant(
    draft: Draft, resource: Resource, components: list[Any], attributes: dict[str, Any]
) -> Observation:
    """A variant by the HL7 Genomics Reporting guide (LOINC 69548-6 with components)."""
    parts: dict[str, Any] = {}
    for component in components:
        for code in v.codes(v.obj(component).get("code")):
            if code.system == "LOINC":
                parts.setdefault(code.code, v.obj(component))

    def said(loinc: str) -> tuple[str | None, str | None]:
        part = parts.get(loinc)
        if part is None:
            return None, None
        concept = part.get("valueCodeableConcept")
        found = v.codes(concept)
        written = v.text(part.get("valueString"))
        return (found[0].code if found else written), (v.words(concept) or written)

    gene_code, gene = said("48018-6")
    hgvs, _ = said("48004-6")
    zygosity_code, zygosity = said("53034-5")
    meaning_code, meaning = said("53037-8")
    source_class, _ = said("48002-0")
    status = {each.key for each in v.codes(resource.get("valueCodeableConcept"))}
    presence = Presence.ABSENT if status & _ABSENT else Presence.PRESENT
    if gene_code and gene_code.isdigit():
        gene_code = f"HGNC:{gene_code}"
    return draft.fact(
        "Proband",
        "somatic-variant"
        if source_class in _OF_A_TUMOUR
        else "fetal-variant"
        if source_class in _OF_A_FETUS
        else "variant",
        presence=presence,
        text=hgvs,
        value_system="HGNC" if gene_code and gene_code.startswith("HGNC:") else None,
        value_code=gene_code,
        attributes={
            **attributes,
            **attributes_of(
                gene=gene or gene_code,
                hgvs=hgvs,
                zygosity=zygosity_of(zygosity_code, zygosity),
                allelic_state=zygosity or zygosity_code,
                pathogenicity=acmg_class(meaning_code, meaning),
            ),
        },
    )


# -- questionnaires --------------------------------------------------------------------------------------------------------


_ANSWERED = {"completed", "amended"}


def _response(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status")) or "unknown"
    if status == "entered-in-error":
        context.ignore("QuestionnaireResponse", "entered in error", position)
        return
    draft = draft_of(context, resource, position, v.moment(resource.get("authored")), "subject", "source")
    if draft is None:
        return
    form = v.text(resource.get("questionnaire"))
    forms = context.forms() if form else None
    attributes = attributes_of(questionnaire=form, status=status if status not in _ANSWERED else None)
    stack = [(f"{position}.item[{index}]", each) for index, each in enumerate(v.items(resource.get("item")))]
    while stack:
        where, node = stack.pop(0)
        item = v.obj(node)
        link = v.text(item.get("linkId")) or "unnamed"
        found = _LOINC_LINK.search(link)
        system, code = ("LOINC", found[1]) if found else ("Proband", f"item.{v.local_code(link)}")
        meant = forms.codes_of(form, link, resource) if forms else []
        answers = v.items(item.get("answer"))
        for index, answer in enumerate(answers):
            entry = v.obj(answer)
            fields = _value_fields(entry)
            inner = replace(draft, position=f"{where}.answer[{index}]")
            if fields.pop("valued"):
                extra = {**attributes, **fields.pop("attributes", {})}
                if status not in _ANSWERED:
                    fields["presence"] = Presence.NOT_FINAL if status == "in-progress" else Presence.UNKNOWN
                at_odds = contradiction(entry)
                if at_odds is not None and fields.get("presence", Presence.PRESENT).is_known:
                    fields |= {"presence": Presence.UNKNOWN, "problem": fields.get("problem") or at_odds}
                shown = v.text(item.get("text"))
                fact = inner.fact(system, code, display=shown, attributes=extra, **fields)
                yield fact
                if meant:
                    yield from coded(
                        inner,
                        {"coding": meant, "text": shown},
                        code,
                        attributes={**extra, "item": link},
                        **fields,
                    )
                elif found is None and v.text(item.get("definition")) is None:
                    context.report.own_names[f"Proband|{code}"] += 1
                if fact.presence is not Presence.ABSENT and fact.value_code:
                    yield from _named_as_value(inner, fact)
            else:
                context.ignore("QuestionnaireResponse.item.answer", "it has no value that can be read", where)
            stack.extend((f"{where}.answer[{index}].item", each) for each in v.items(entry.get("item")))
        stack.extend((f"{where}.item[{index}]", each) for index, each in enumerate(v.items(item.get("item"))))


READERS["Observation"] = _observation
READERS["QuestionnaireResponse"] = _response
