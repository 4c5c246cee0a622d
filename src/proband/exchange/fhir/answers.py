"""What the parts of an answer say: value, its codes and its words, interpretation. Where they contradict, nobody knows.

A laboratory may send ``valueBoolean: false`` with the interpretation *positive*, a form the code for "no" with the words
"not known". Neither is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.exchange.fhir import values as v
from proband.terms.answers import Answer, answer_of

YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
#: coded answers that say "it is there" or "it is not": SNOMED CT qualifiers, LOINC answers, HL7 v2 table 0136
PRESENT_CODES = {
    *(f"SNOMED|{code}" for code in ("52101004", "373066001", "410605003", "410515003")),
    *(f"LOINC|{code}" for code in ("LA9633-4", "LA33-6")),
    f"{YES_NO}|Y",
}
ABSENT_CODES = {
    *(f"SNOMED|{code}" for code in ("2667000", "373067005", "410594000", "410516002")),
    *(f"LOINC|{code}" for code in ("LA9634-2", "LA32-8")),
    f"{YES_NO}|N",
}
#: qualifiers of results that say so too, which are no findings by themselves
_POSITIVE = {"SNOMED|10828004", "SNOMED|260373001", "LOINC|LA6576-8", "LOINC|LA11882-0"}
_NEGATIVE = {"SNOMED|260385009", "SNOMED|260415000", "LOINC|LA6577-6", "LOINC|LA11883-8"}
#: every code that answers, and names no finding
ANSWER_CODES = PRESENT_CODES | ABSENT_CODES | _POSITIVE | _NEGATIVE
#: HL7 v3 ObservationInterpretation; *N* is normal, and says neither; what is abnormal is no plain "no"
_INTERPRETED = {
    **dict.fromkeys(("POS", "DET", "RR", "E", "WR", "A", "AA"), Answer.YES),
    **dict.fromkeys(("NEG", "ND", "NR"), Answer.NO),
    **dict.fromkeys(("IND", "UNE", "IE", "AC", "TOX", "QCF"), Answer.UNTOLD),
}
#: what the same says of a number: it is none of the person, or only a limit of the instrument
_NO_NUMBER = {
    "QCF": "quality control failed", "IE": "the evidence is insufficient", "IND": "indeterminate", "UNE": "unsuited to the test",
    "AC": "anti-complementary substances are present", "TOX": "cytotoxic substances are present", "<": "off the scale, too low to measure",
    ">": "off the scale, too high to measure",
}  # fmt: skip
#: the elements that say yes or no
_SAYING = frozenset({"valueBoolean", "valueCodeableConcept", "valueCoding", "valueString", "interpretation"})
_INTERPRETATIONS = ("v3-ObservationInterpretation", "v2-0078", "v2/0078")


def _interpreted(node: dict[str, Any]) -> Iterator[str]:
    """The codes of HL7 by which an Observation or a component is interpreted."""
    for concept in v.items(node.get("interpretation")):
        for coding in v.items(v.obj(concept).get("coding")):
            system = v.text(v.obj(coding).get("system")) or ""
            if not system or system.endswith(_INTERPRETATIONS):
                yield v.text(v.obj(coding).get("code")) or ""


def no_number(node: dict[str, Any]) -> str | None:
    """Why a number does not count by the interpretation beside it; ``None`` where that leaves it standing."""
    if "interpretation" not in node:
        return None
    why = next((_NO_NUMBER[each] for each in _interpreted(node) if each in _NO_NUMBER), None)
    return f"it is interpreted as {why}" if why else None


def _of_concept(concept: Any) -> Iterator[Answer | None]:
    for each in v.codes(concept):
        if each.key in PRESENT_CODES or each.key in _POSITIVE:
            yield Answer.YES
        elif each.key in ABSENT_CODES or each.key in _NEGATIVE:
            yield Answer.NO
        if each.display:
            yield answer_of(each.display)
    written = v.text(v.obj(concept).get("text"))
    if written:
        yield answer_of(written)


def _answers(node: dict[str, Any]) -> Iterator[Answer | None]:
    """What each part of an Observation, a component or an answer says."""
    if isinstance(node.get("valueBoolean"), bool):
        yield Answer.YES if node["valueBoolean"] else Answer.NO
    if "valueCodeableConcept" in node:
        yield from _of_concept(node["valueCodeableConcept"])
    if "valueCoding" in node:
        yield from _of_concept({"coding": [node["valueCoding"]]})
    written = v.text(node.get("valueString"))
    if written:
        yield answer_of(written)
    yield from (_INTERPRETED.get(each) for each in _interpreted(node))
    for concept in v.items(node.get("interpretation")):
        words = v.text(v.obj(concept).get("text"))
        if words:
            yield answer_of(words)


def contradiction(node: dict[str, Any]) -> str | None:
    """Why an answer is none: its parts say different things; ``None`` where they agree."""
    if _SAYING.isdisjoint(node):  # a number alone contradicts nothing
        return None
    said = sorted({each.value for each in _answers(node) if each is not None})
    return f"its value, its words and its interpretation say {' and '.join(said)}" if len(said) > 1 else None


def withholds(node: dict[str, Any]) -> bool:
    """Whether an Observation without a value says that there is none (``_valueBoolean``), or interprets it as no or as open."""
    if any(name.startswith("_value") for name in node):
        return True
    return any(each in {Answer.NO, Answer.UNTOLD} for each in _answers(node))
