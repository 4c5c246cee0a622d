"""ISNCSCI examinations inside other files: findings by the names that instruments and messages give them, scored by our own classifier.

LOINC has no panel of this examination that we could find (searched in November 2026), so that its findings are known by their names: the exchange keys of the
published test cases (``c5RightTouch``), those of the Praxis form (``rightLightTouchC5``), the REDCap instrument's (``right_light_touch_c5_value``), and any other
order of level, side and quality (``C5_R_LT``). A mapping may name a column ``Proband|isncsci.c5-right-touch``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import permutations
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.instruments.isncsci import classify
from proband.instruments.isncsci.criteria import ais_grade, neurological_level
from proband.instruments.isncsci.model import OPTIONAL_KEYS, REQUIRED_KEYS, Exam, ExamError

#: so many of the 134 findings make it this examination and nothing else
FEWEST = 100
_PARTS = {
    "level": r"(?P<level>s45|[cts]\d{1,2}|l\d)",
    "side": r"(?P<side>right|left|r|l)",
    "quality": r"(?P<quality>lighttouch|touch|lt|pinprick|prick|pp|motorfunction|motor|mot|muscle)",
}
_ORDERS = tuple(re.compile("".join(_PARTS[each] for each in order)) for order in permutations(_PARTS))
_QUALITIES = {"l": "Touch", "t": "Touch", "p": "Prick", "m": "Motor"}
_ANORECTAL = {
    **dict.fromkeys(("voluntaryanalcontraction", "vac", "analcontraction"), "analContraction"),
    **dict.fromkeys(("deepanalpressure", "dap", "analsensation"), "analSensation"),
}
_NON_KEY = re.compile(r"(right|left)?lowestnonkeymuscle(?:withmotorfunction)?(right|left)?")
_AROUND = re.compile(r"^(?:item\.)?(?:isncsci|asia)?(?:exam)?|(?:value|score|grade)$")
_REVISION = re.compile(r"(isncsci|form|exam)*(revision|version|edition|standards?|rules)(year)?")
_KNOWN = frozenset((*REQUIRED_KEYS, *OPTIONAL_KEYS))


@lru_cache(maxsize=8192)
def exchange_key(name: str) -> str | None:
    """The exchange key of a finding by its name in whatever spelling; ``None`` for any other name, or one of two meanings."""
    compact = re.sub(r"[^a-z0-9]", "", name.lower())
    for plain in (compact, _AROUND.sub("", compact)):
        if plain in _ANORECTAL:
            return _ANORECTAL[plain]
        if (lowest := _NON_KEY.fullmatch(plain)) and (lowest[1] is None) != (lowest[2] is None):
            return f"{lowest[1] or lowest[2]}LowestNonKeyMuscleWithMotorFunction"
        keys = {_key(found) for order in _ORDERS if (found := order.fullmatch(plain))} & _KNOWN
        if keys:
            return keys.pop() if len(keys) == 1 else None
    return None


def _key(found: re.Match[str]) -> str:
    level = "s4_5" if found["level"] == "s45" else found["level"]
    return f"{level}{'Right' if found['side'].startswith('r') else 'Left'}{_QUALITIES[found['quality'][0]]}"


def says_revision(name: str) -> bool:
    """Whether a column or an item says by which revision of the standards an examination was made."""
    return _REVISION.fullmatch(re.sub(r"[^a-z]", "", name.lower())) is not None


def older_marks(found: Mapping[str, str]) -> list[str]:
    """What in the findings is written as before the revision of 2019: a full strength with a star."""
    return [
        f"{key}: 5* is how revisions before 2019 write a strength that would be normal; in that of 2019 it is 0** to 4**, or NT**"
        for key, value in found.items()
        if key.endswith("Motor") and re.fullmatch(r"5\*+", value)
    ]


def classified(found: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the classifier of the instruments makes of an examination: (code, fields of the fact).

    Grade and level are given where exactly one is possible; otherwise they are unknown, with the possible ones. An
    examination with gaps, or of another revision, is not classified: grade, level and motor points are unknown, with the reason.
    """
    try:
        answer = classify(Exam.from_dict(dict(found)))
    except ExamError as error:
        for code in ("isncsci-ais", "isncsci-nli", "isncsci-motor-total"):
            yield code, {"presence": Presence.UNKNOWN, "attributes": {"why": error.message[:200]}}
        return
    by = {"derived-from": "isncsci-exam", "by": "Proband, revision of 2019"}
    for code, possible in (("isncsci-ais", ais_grade(answer)), ("isncsci-nli", neurological_level(answer))):
        distinct = tuple(dict.fromkeys(possible))
        if len(distinct) == 1:
            yield code, {"text": distinct[0], "attributes": by}
        else:
            yield code, {"presence": Presence.UNKNOWN, "attributes": {**by, "possible": list(distinct)}}
    sides = [answer.total(key) for key in ("rightMotorTotal", "leftMotorTotal")]
    if None in sides:
        yield "isncsci-motor-total", {"presence": Presence.UNKNOWN, "attributes": by}
    else:
        yield (
            "isncsci-motor-total",
            {"value": float(sum(each or 0 for each in sides)), "unit": "{points}", "attributes": by},
        )


def examined(facts: Sequence[Observation]) -> Iterator[Observation]:
    """The examination that the facts of one resource make together, and its classification; nothing where they make none."""
    findings: dict[str, Observation] = {}
    problems: list[str] = []
    revision = ""
    for each in facts:
        names = [each.display or "", each.code.removeprefix("item."), each.code.removeprefix("isncsci.")]
        key = next((known for name in names if (known := exchange_key(name))), None)
        if key is None:
            revision = revision or next((_written(each) for name in names if says_revision(name)), "")
        elif key in findings and _written(findings[key]) != _written(each):
            problems.append(f"{key} stands twice: {_written(findings[key])!r} and {_written(each)!r}")
        elif key not in findings:
            findings[key] = each
    if len(findings) < FEWEST:
        return
    found = {key: written for key, each in findings.items() if (written := _written(each))}
    first = next(iter(findings.values()))
    problems += [problem for each in findings.values() for problem in each.problems][:5]
    yield from examination_facts(
        found, revision, tuple(dict.fromkeys(problems)), replace(first, attributes={})
    )


def examination_facts(
    found: Mapping[str, str], revision: str, problems: tuple[str, ...], pattern: Observation
) -> Iterator[Observation]:
    """An examination and its classification as facts that stand where ``pattern`` stands."""
    problems = (*problems, *older_marks(found))
    plain = replace(
        pattern, system="Proband", value=None, unit=None, text=None, value_system=None, value_code=None, comparator=None, presence=Presence.PRESENT,
        reference_low=None, reference_high=None, display=None,
    )  # fmt: skip
    told = {**pattern.attributes, **({"revision": revision} if revision else {})}
    classes = list(classified({**found, "revision": revision} if revision else found))
    reasons = dict.fromkeys(fields["attributes"].get("why", "") for _, fields in classes)
    # of another revision the whole examination is in doubt, else only what was made of it
    exam = (*problems, *(why for why in reasons if revision and "revision" in why))
    yield replace(plain, code="isncsci-exam", attributes={**told, "exam": dict(found)}, problems=exam)
    for code, fields in classes:
        yield replace(
            plain, code=code, problems=problems, **{**fields, "attributes": {**told, **fields["attributes"]}}
        )


def _written(fact: Observation) -> str:
    """A finding as the exchange form writes it; blank where nothing was found, which is not the same as not testable."""
    if fact.presence is Presence.ABSENT:
        return "No"
    if fact.presence is not Presence.PRESENT:
        return ""
    if fact.value is not None and fact.comparator is None:
        return f"{fact.value:g}"
    said = (fact.text or fact.value_code or "").strip()
    return {"true": "Yes", "false": "No"}.get(said.lower(), said)
