"""Random yes/no observables and the conditions, tests and denials of random people, crowded into a few days.

Every way in which a "yes" or a "no" of one day may bear on another occurs often: onset and abatement to the day, to the
month, to the year, open at an end or unknown; a "no" before, within and after a condition; codes that include others;
words that cannot be read, facts that do not say what they are about; what was not asked.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.programme.eligibility import Eligibility
from proband.terms import UncertainDate

AS_OF = date(2026, 3, 31)
INFECTION, PERITONITIS, SEPSIS = ("Proband", "infection"), ("Proband", "peritonitis"), ("Proband", "sepsis")
_KEYS = (INFECTION, PERITONITIS, SEPSIS)
_LENGTHS = [None, None, "0 d", "3 d", "14 d", "1 mo", "1 a"]
_WINDOWS: list[dict[str, str] | None] = [
    None,
    {"start": "-5 d"},
    {"start": "-1 mo"},
    {"start": "-20 d", "end": "-4 d"},
    {"end": "-3 d"},
    {"anchor": "injury", "start": "-7 d", "end": "7 d"},
    {"anchor": "dose", "start": "0 d"},
    {"anchor": "dose", "start": "-1 mo", "end": "1 wk"},
]


def _written(key: tuple[str, str]) -> str:
    return "|".join(key)


def _yes_no(r: Random, number: int) -> dict[str, Any]:
    codes = r.sample(_KEYS, r.randint(1, 3))
    found: dict[str, Any] = {
        "id": f"q{number}",
        "label": f"question {number}",
        "type": "boolean",
        "codes": [{"system": system, "code": code} for system, code in codes],
        "aggregate": r.choice(["any", "any", "any", "last", "first"]),
        "absent": r.choice(["unknown", "unknown", "no"]),
        "no_means": r.choice(["now", "now", "ever", "always"]),
    }
    lengths = {"no_holds_for": r.choice(_LENGTHS), "yes_holds_for": r.choice([None, *_LENGTHS])}
    found |= {key: length for key, length in lengths.items() if length is not None}
    window = r.choice(_WINDOWS)
    if window is not None:
        found["window"] = window
    if len(codes) > 1 and r.random() < 0.5:
        found["subsumes"] = {_written(codes[0]): [_written(each) for each in codes[1:]]}
        if len(codes) > 2 and r.random() < 0.5:
            found["subsumes"] = {
                _written(codes[0]): [_written(codes[1])],
                _written(codes[1]): [_written(codes[2])],
            }
    if r.random() < 0.2:
        found["where"] = {"gene": ["hpdl"]}
    return found


def holding_eligibility(r: Random, questions: int = 8) -> Eligibility:
    """Questions, each asked as it is, for its "no", and whether it is known; a code and a level that persist beside them."""
    observables = [_yes_no(r, n) for n in range(questions)]
    word = {"codes": [{"system": "Proband", "code": "stage"}], "values": ["I", "II", "III"]}
    window = r.choice(_WINDOWS)
    observables += [
        {
            "id": id,
            "label": id,
            "type": kind,
            **word,
            "aggregate": r.choice(aggregates),
            **({"window": window} if window else {}),
        }
        for id, kind, aggregates in (
            ("stage", "ordered", ["last", "first", "min", "max"]),
            ("stage_code", "code", ["last", "first", "any"]),
        )
    ]
    asked = [o["id"] for o in observables[:questions]]
    conditions = [*asked, *(f"not {id}" for id in asked), *(f"known({id})" for id in asked)]
    conditions += ["stage >= 'II'", "stage_code == 'II'", "known(stage_code)"]
    return Eligibility.model_validate(
        {
            "source": "random",
            "level": "inference",
            "anchors": [
                {
                    "id": id,
                    "label": id,
                    "codes": [{"system": "Proband", "code": f"{id}-date"}],
                    "pick": r.choice(["first", "last"]),
                }
                for id in ("injury", "dose", "base")
            ],
            "visits": [{"id": "baseline", "label": "Baseline", "anchor": "base"}],
            "observables": observables,
            "criteria": [
                {
                    "id": f"X{n}",
                    "kind": "include",
                    "purpose": "safety",
                    "reason": "random",
                    "when": when,
                    "visits": r.choice([[], [], [], ["screening", "baseline"]]),
                }
                for n, when in enumerate(conditions)
            ],
        }
    )


def _day(r: Random) -> date:
    return AS_OF - timedelta(days=r.choice([-3, 0, 0, 1, 2, 3, 4, 5, 6, 9, 14, 15, 20, 31, 60, 370]))


def _when(r: Random, day: date) -> UncertainDate:
    match r.choice(["day", "day", "day", "days", "month", "year", "from", "to", "unknown"]):
        case "day":
            return UncertainDate.on(day)
        case "days":
            return UncertainDate(day, day + timedelta(days=r.choice([1, 4, 20])))
        case "month":
            return UncertainDate.parse(day.isoformat()[:7])
        case "year":
            return UncertainDate.parse(day.isoformat()[:4])
        case "from":
            return UncertainDate(day, None)
        case "to":
            return UncertainDate(None, day)
        case _:
            return UncertainDate.unknown()


def _end(r: Random, day: date) -> UncertainDate | None:
    if r.random() < 0.4:
        return None
    return _when(r, day + timedelta(days=r.choice([0, 1, 3, 8, 20])))


def _statement(r: Random, subject: str) -> Observation:
    day = _day(r)
    said: dict[str, Any] = r.choice(
        [
            {},
            {},
            {"presence": Presence.ABSENT},
            {"presence": Presence.ABSENT},
            {"text": "no"},
            {"text": "yes"},
            {"text": "perhaps"},
            {"presence": Presence.UNKNOWN},
            {"presence": r.choice([Presence.NOT_ASKED, Presence.NOT_APPLICABLE])},
            {"problems": ("looks wrong",)},
        ]
    )
    if r.random() < 0.5:
        said |= {"persists": True, "until": _end(r, day)}
    elif r.random() < 0.1:
        said |= {"until": _end(r, day)}
    if r.random() < 0.9:
        said |= {"attributes": {"gene": r.choice(["HPDL", "HPDL", "HPDL", "POLG", "unknown"])}}
    return Observation(subject, *r.choice(_KEYS), when=_when(r, day), **said)


def holding_person(r: Random, subject: str) -> list[Observation]:
    """A few statements of one person, often all of one kind, and the days that windows are counted from."""
    found = [_statement(r, subject) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 5]))]
    if r.random() < 0.35:  # a "no" of everything, lately: else a "no" of all codes is rare
        found += [
            Observation(
                subject,
                *key,
                presence=Presence.ABSENT,
                when=UncertainDate.on(AS_OF - timedelta(days=r.choice([0, 0, 1, 3, 6]))),
            )
            for key in r.choice([_KEYS, _KEYS[:1], _KEYS[:2]])
        ]
    for _ in range(r.choice([0, 1, 2])):
        day = _day(r)
        more: dict[str, Any] = {"persists": True, "until": _end(r, day)} if r.random() < 0.6 else {}
        text = r.choice(["I", "II", "II", "III", "?"])
        found.append(Observation(subject, "Proband", "stage", text=text, when=_when(r, day), **more))
    for anchor in ("injury", "dose", "base"):
        if r.random() < 0.85:
            day = _day(r)
            when = UncertainDate.on(day) if r.random() < 0.7 else _when(r, day)
            found.append(Observation(subject, "Proband", f"{anchor}-date", when=when))
    r.shuffle(found)
    return found
