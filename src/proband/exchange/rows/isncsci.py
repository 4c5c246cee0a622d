"""The ISNCSCI examination of the REDCap instrument ``isncsci_exam``, as the exchange keys of our own examination.

The instrument has a value field and three qualifying fields for each level: ``right_light_touch_c2_value``,
``…_considernormal``. ``ab-x`` means that a condition other than the spinal cord injury explains the finding: considered
normal (1) it is written ``x**``, considered not normal (2) ``x*``, as in the 2019 revision of the worksheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from proband.facts.observation import Presence
from proband.instruments.isncsci import classify
from proband.instruments.isncsci.criteria import ais_grade, neurological_level
from proband.instruments.isncsci.model import Exam, ExamError

_VALUE = re.compile(r"^(right|left)_(light_touch|pinprick|motor)_([clst]\d{1,2}(?:_\d)?)_value$")
_KINDS = {"light_touch": "Touch", "pinprick": "Prick", "motor": "Motor"}
_YES_NO = {"1": "Yes", "0": "No", "yes": "Yes", "no": "No", "y": "Yes", "n": "No", "nt": "NT", "2": "NT"}
#: fields of the instrument → our keys
ANORECTAL = {"voluntary_anal_contraction": "analContraction", "deep_anal_pressure": "analSensation"}
NON_KEY = {
    "lowest_non_key_muscle_with_motor_function_right": "rightLowestNonKeyMuscleWithMotorFunction",
    "lowest_non_key_muscle_with_motor_function_left": "leftLowestNonKeyMuscleWithMotorFunction",
}


def is_examination(header: list[str]) -> bool:
    """Whether a table holds this instrument."""
    return sum(_VALUE.match(each) is not None for each in header) >= 100


def exchange_key(column: str) -> str | None:
    """``right_light_touch_s4_5_value`` → ``s4_5RightTouch``; ``None`` for any other column."""
    found = _VALUE.match(column)
    if found:
        return f"{found[3]}{found[1].capitalize()}{_KINDS[found[2]]}"
    return ANORECTAL.get(column) or NON_KEY.get(column)


def examination(row: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The examination of one row as ``{exchange key: value}`` and what is wrong with it.

    A blank field is left out: an examination with a gap is refused by :class:`~proband.instruments.isncsci.model.Exam`
    and is not filled here.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for column, written in row.items():
        key = exchange_key(column)
        raw = written.strip()
        if key is None or not raw:
            continue
        if column in NON_KEY:
            if raw.lower() not in {"none", "n/a", "na", "0"}:
                found[key] = raw.upper()
            continue
        if column in ANORECTAL:
            said = _YES_NO.get(raw.lower())
            if said is None:
                problems.append(f"{column}: {raw!r} is neither yes, no nor NT")
            else:
                found[key] = said
            continue
        value = raw.lower()
        mark = ""
        if value.startswith("ab-"):
            value = value[3:]
            considered = row.get(column.removesuffix("_value") + "_considernormal", "").strip()
            if considered == "1":
                mark = "**"
            elif considered == "2":
                mark = "*"
            else:
                problems.append(f"{column}: {raw!r} does not say whether it is considered normal")
                continue
        found[key] = ("NT" if value == "nt" else value) + mark
    return found, problems


def classified(found: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the classifier of the instruments makes of an examination: (code, fields of the fact).

    Grade and level are given where exactly one is possible; otherwise they are unknown, with the possible ones. An
    examination with gaps is not classified: grade, level and motor points are unknown, with the first gap as the reason.
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
