"""Random criteria and random records, from one seed: for comparing engines with each other and with the evaluator."""

# One line per kind of fact reads better than a comprehension for each.
# ruff: noqa: PERF401

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.programme.eligibility import Eligibility
from proband.terms import UncertainDate

AS_OF = date(2026, 3, 31)

_LEVELS = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "T1"]
_CODES: dict[str, list[tuple[str, str]]] = {
    "lab": [("LOINC", "777-3")],
    "two_codes": [("LOINC", "2160-0"), ("LOINC", "38483-4")],
    "bili": [("LOINC", "1975-2")],
    "inr": [("LOINC", "6301-6")],
    "alt": [("LOINC", "1742-6")],
    "grade": [("Proband", "grade")],
    "level": [("Proband", "level")],
    "flag": [("HPO", "HP:0001250")],
    "test": [("Proband", "pregnancy-test")],
    "sex": [("Proband", "sex")],
    "variant": [("Proband", "variant")],
    "event": [("Proband", "bleeding")],
    "score": [("Proband", "motor-score")],
    "disease": [("Proband", "disease")],
}
_ANCHORS = {
    "birth": "birth-date",
    "injury": "injury-date",
    "last-dose": "dose",
    "base": "baseline-visit",
    "consent": "consent-date",
}


def _codes(kind: str) -> list[dict[str, str]]:
    return [{"system": s, "code": c} for s, c in _CODES[kind]]


def random_eligibility(
    r: Random, *, criteria: int = 10, most: int | None = None, visits: bool = True
) -> Eligibility:
    """Observables of every kind, with random windows and aggregates, and random criteria over them."""
    observables = _observables(r)
    asked = observables if most is None else r.sample(observables, most)
    made = [
        {
            "id": f"X{n}",
            "kind": r.choice(["include", "exclude"]),
            "purpose": "safety",
            "reason": "random",
            "when": _condition(r, asked, r.randint(0, 3)),
            "visits": r.choice([[], [], [], ["baseline"], ["screening", "baseline"]]) if visits else [],
            "cohorts": r.choice([[], [], ["one"], ["two"]]),
        }
        for n in range(criteria)
    ]
    return Eligibility.model_validate(
        {
            "source": "random",
            "level": "inference",
            "anchors": [
                {
                    "id": i,
                    "label": i + " day",
                    "codes": [{"system": "Proband", "code": c}],
                    "pick": "last" if i == "last-dose" else r.choice(["first", "last"]),
                }
                for i, c in _ANCHORS.items()
                if i not in {"birth", "consent"}
            ],
            "visits": [{"id": "baseline", "label": "Baseline", "anchor": "base"}],
            "cohorts": [{"id": "one", "label": "Cohort one"}, {"id": "two", "label": "Cohort two"}],
            "observables": observables,
            "criteria": made,
        }
    )


def _window(r: Random) -> dict[str, Any] | None:
    if r.random() < 0.35:
        return None
    anchor = r.choice(["screening", "screening", "screening", "injury", "birth", "last-dose", "base"])
    unit = r.choice(["d", "d", "wk", "mo", "a"])
    start = r.randint(-40, 0) if unit == "d" else r.randint(-3, 0)
    if anchor != "screening" and r.random() < 0.7:
        return {
            "anchor": anchor,
            "start": f"{start} {unit}",
            "end": f"{abs(start) + r.randint(0, 20)} {unit}",
        }
    if r.random() < 0.3:
        return {"anchor": anchor, "end": f"{-r.randint(0, 10)} {unit}"}
    return {"anchor": anchor, "start": f"{start} {unit}"}


def _observables(r: Random) -> list[dict[str, Any]]:
    def base(id: str, kind: str, **more: Any) -> dict[str, Any]:
        window = _window(r)
        return {
            "id": id,
            "label": id.replace("_", " ") + " value",
            "codes": _codes(kind),
            **({"window": window} if window else {}),
            **more,
        }

    numeric = ["last", "first", "min", "max", "range"]
    found = [
        base(
            "lab",
            "lab",
            type="number",
            unit="10*9/L",
            aggregate=r.choice(numeric),
            plausible={
                "low": 0,
                "high": 1000,
                "unit": "10*9/L",
                "interval": "range",
                "source": "random",
                "level": "inference",
            },
        ),
        base(
            "lab_worst",
            "lab",
            type="number",
            unit="10*9/L",
            aggregate="worst",
            worse=r.choice(["high", "low"]),
        ),
        base(
            "two_codes",
            "two_codes",
            type="number",
            unit="mg/dL",
            analyte="creatinine",
            aggregate=r.choice(numeric),
        ),
        base(
            "bili",
            "bili",
            type="number",
            unit="mg/dL",
            analyte="bilirubin",
            unit_if_missing=r.choice([None, "mg/dL"]),
        ),
        base("inr", "inr", type="number", unit="1", aggregate=r.choice(["last", "first"])),
        base(
            "alt",
            "alt",
            type="number",
            unit="U/L",
            relative_to="uln",
            aggregate=r.choice(numeric),
            **r.choice([{}, {"uln": {"value": 40, "unit": "U/L", "source": "random", "level": "inference"}}]),
        ),
        base("first_lab", "lab", type="number", unit="10*9/L", aggregate="first"),
        {**base("lab_ratio", "lab", type="number", unit="10*9/L"), "relative_to": "first_lab"},
        base(
            "grade",
            "grade",
            type="ordered",
            values=["A", "B", "C", "D", "E"],
            synonyms={"AIS A": "A", "complete": "A"},
            aggregate=r.choice(["last", "first", "min", "max"]),
        ),
        base("level", "level", type="ordered", values=_LEVELS),
        base("encephalopathy", "grade", type="ordered", values=["0", "1", "2", "3", "4"]),
        base(
            "flag",
            "flag",
            type="boolean",
            aggregate=r.choice(["any", "last", "first"]),
            absent=r.choice(["unknown", "no"]),
        ),
        base(
            "test",
            "test",
            type="boolean",
            aggregate=r.choice(["any", "last", "first"]),
            absent=r.choice(["unknown", "no"]),
        ),
        base(
            "sex",
            "sex",
            type="code",
            values=["male", "female", "other"],
            synonyms={"m": "male", "w": "female"},
            aggregate=r.choice(["last", "any"]),
        ),
        base("free_code", "disease", type="code", aggregate=r.choice(["last", "first", "any"])),
        base(
            "biallelic",
            "variant",
            type="boolean",
            where={"gene": ["HPDL", "FBXL4"], "pathogenicity": ["pathogenic"], "zygosity": ["homozygous"]},
            absent=r.choice(["unknown", "no"]),
        ),
        base("has_disease", "disease", type="boolean", where={"value": ["MONDO:0000001", "hpdl deficiency"]}),
        base(
            "events", "event", type="number", unit="1", aggregate="count", absent=r.choice(["unknown", "no"])
        ),
        base(
            "variants",
            "variant",
            type="number",
            unit="1",
            aggregate="count",
            absent=r.choice(["unknown", "no"]),
        ),
        base("event_day", "event", type="date", aggregate=r.choice(["last", "first"])),
        base(
            "slope",
            "score",
            type="number",
            unit="1",
            aggregate="slope",
            slope_per=r.choice(["d", "wk", "mo", "a"]),
        ),
        base("steady", "score", type="number", unit="1", aggregate="stable-for", tolerance=r.choice([0, 1])),
        base("score", "score", type="number", unit="1"),
        base(
            "given_meld",
            "inr",
            type="number",
            unit="1",
            codes=[{"system": "Proband", "code": "fib4"}],
            derived={
                "instrument": "fib-4",
                "inputs": {"age": "age", "ast": "ast", "alt": "alt_plain", "platelets": "lab_last"},
            },
        ),
        base("ast", "alt", type="number", unit="U/L"),
        base("alt_plain", "alt", type="number", unit="U/L"),
        base("lab_last", "lab", type="number", unit="10*9/L"),
    ]
    elapsed = [
        ("age", "birth", "screening", "a", None),
        ("age_exact", "birth", "screening", "a", "exact"),
        ("months", "injury", "screening", "mo", None),
        ("months_done", "injury", "screening", "mo", "completed"),
        ("weeks", "injury", "screening", "wk", r.choice([None, "completed"])),
        ("days", "injury", "consent", "d", None),
        ("hours", "injury", "last-dose", "h", None),
        ("since_dose", "last-dose", "screening", "d", None),
        ("dose_months", "injury", "last-dose", "mo", None),
    ]
    for id, since, until, unit, count in elapsed:
        rule = {"since": since, "until": until, "unit": unit, **({"count": count} if count else {})}
        found.append({"id": id, "label": id + " value", "type": "number", "elapsed": rule})
    return found


def _condition(r: Random, observables: list[dict[str, Any]], depth: int) -> str:
    if depth > 0:
        kind = r.choice(["and", "or", "not", "atom"])
        if kind == "not":
            return f"not ({_condition(r, observables, depth - 1)})"
        if kind in {"and", "or"}:
            parts = [_condition(r, observables, depth - 1) for _ in range(r.randint(2, 3))]
            return "(" + f" {kind} ".join(parts) + ")"
    return _atom(r, observables)


_LIMITS: dict[str, list[float]] = {
    "lab": [50, 75, 100, 150], "lab_worst": [50, 100], "first_lab": [50, 100], "lab_last": [50, 100], "two_codes": [1, 1.2, 1.5, 2], "bili": [1, 2, 5],
    "inr": [1.3, 1.5, 2], "alt": [1, 2, 3], "lab_ratio": [0.5, 1, 2], "events": [0, 1, 2], "variants": [0, 1, 2], "slope": [0, -0.5, 1], "steady": [10, 30, 60], "score": [10, 20, 30],
    "age": [14, 18, 65], "age_exact": [14, 18, 65], "months": [0.5, 2, 12], "months_done": [1, 2, 12], "weeks": [6, 12], "days": [14, 37], "hours": [12, 24, 72],
    "since_dose": [30, 90], "dose_months": [1, 2], "given_meld": [1.3, 2.67], "ast": [40, 80], "alt_plain": [40, 80],
}  # fmt: skip


def _atom(r: Random, observables: list[dict[str, Any]]) -> str:
    o = r.choice(observables)
    id, kind = o["id"], o["type"]
    if r.random() < 0.06:
        return f"known({id})"
    if kind == "boolean":
        return r.choice([id, f"not {id}", f"{id} == False"])
    if kind == "code":
        values = ["male", "female"] if id == "sex" else ["MONDO:0000001", "hpdl deficiency"]
        return r.choice(
            [
                f"{id} == {r.choice(values)!r}",
                f"{id} in {values!r}",
                f"{id} != {values[0]!r}",
                f"{id} not in {values!r}",
            ]
        )
    op = r.choice(["<", "<=", ">", ">=", "==", "!="])
    if kind == "ordered":
        if r.random() < 0.4:
            return f"{id} {r.choice(['in', 'not in'])} {r.sample(o['values'], r.randint(1, 3))!r}"
        return f"{id} {op} {r.choice(o['values'])!r}"
    if kind == "date":
        return f"{id} {op} '{AS_OF - timedelta(days=r.randint(0, 30))}'"
    limits = _LIMITS[id]
    if r.random() < 0.15 and id == "bili":
        return f"bili {op} '34.2 umol/L'"
    if r.random() < 0.12:
        return f"{id} in {[r.choice(limits) for _ in range(2)]!r}"
    if r.random() < 0.12:
        return f"{min(limits)} <= {id} < {max(limits) + 1}"
    if r.random() < 0.12 and id in {"lab", "lab_worst", "first_lab", "lab_last"}:
        other = r.choice(["lab", "lab_worst", "first_lab", "lab_last"])
        return r.choice(
            [
                f"{id} {op} 2 * {other}",
                f"{id} - {other} {op} 0",
                f"{id} + {other} {op} 150",
                f"-{id} {op} -{r.choice(limits)}",
                f"2 * ({id} - {other}) {op} 25",
            ]
        )
    return f"{id} {op} {r.choice(limits)}"


# -- records

_PRESENCES = [Presence.UNKNOWN, Presence.MASKED, Presence.NOT_ASKED, Presence.NOT_APPLICABLE]


class _Tidy(Random):
    """A source of chance that mostly declines what makes records messy (each ``random() < p`` becomes rare)."""

    def random(self) -> float:
        return 1.0 - (1.0 - super().random()) * 0.25


def random_when(r: Random, centre: date, spread: int) -> tuple[UncertainDate, datetime | None]:
    """A day near another: mostly exact, sometimes an interval, open at an end, or unknown; sometimes with a time."""
    day = centre + timedelta(days=r.randint(-spread, spread // 4))
    way = r.random() if not isinstance(r, _Tidy) else Random.random(r) * 0.65
    if way < 0.62:
        time = (
            datetime(day.year, day.month, day.day, r.choice([0, 8, 8, 20]), r.choice([0, 30]))
            if r.random() < 0.3
            else None
        )
        if time is not None and r.random() < 0.5:  # half of the clocks say of which zone they are
            time = time.replace(tzinfo=timezone(timedelta(hours=r.choice([-8, 0, 2, 5.5]))))
        return UncertainDate.on(day), time
    if way < 0.8:
        return UncertainDate(day, day + timedelta(days=r.choice([1, 10, 40]))), None
    if way < 0.88:
        return UncertainDate(None, day), None
    if way < 0.94:
        return UncertainDate(day, None), None
    return UncertainDate.unknown(), None


def _fact(
    r: Random, subject: str, key: tuple[str, str], *, spread: int = 60, centre: date = AS_OF, **more: Any
) -> Observation:
    when, time = random_when(r, centre, spread)
    if r.random() < 0.07:
        more["presence"] = r.choice(_PRESENCES)
    elif r.random() < 0.12:
        more["presence"] = Presence.ABSENT
    if r.random() < 0.04:
        more["problems"] = ("looks wrong",)
    if r.random() < 0.3:
        more["resource"] = f"Thing/{r.randint(1, 3)}"
    return Observation(subject, *key, when=when, time=time, **more)


def _number(r: Random, values: list[float]) -> dict[str, Any]:
    value: float | None = r.choice(values)
    if r.random() < 0.08:
        value = r.choice([None, math.nan, math.inf, -math.inf])
    more: dict[str, Any] = {"value": value}
    if r.random() < 0.12:
        more["comparator"] = r.choice(["<", "<=", ">", ">=", "~"])
    return more


def random_person(r: Random, subject: str) -> list[Observation]:
    """A random record: values on, just inside and just outside usual limits, missing, bounded, flagged, uncertain."""
    tidy = r.random() < 0.6
    if tidy:
        r = _Tidy(r.getrandbits(64))
    found: list[Observation] = []

    def some(kind: str, most: int = 3) -> list[tuple[str, str]]:
        return [r.choice(_CODES[kind]) for _ in range(r.randint(1 if tidy else 0, most))]

    for key in some("lab"):
        found.append(
            _fact(
                r,
                subject,
                key,
                unit=r.choice(["10*9/L", "K/uL", "/uL", "mg/dL", None, ""]),
                **_number(r, [50, 75, 99.5, 100, 150, 100000, 2000]),
            )
        )
    for key in some("two_codes"):
        found.append(
            _fact(
                r,
                subject,
                key,
                unit=r.choice(["mg/dL", "umol/L", "mmHg", None]),
                **_number(r, [0.75, 1, 1.2, 1.5, 88.4, 106]),
            )
        )
    for key in some("bili"):
        found.append(
            _fact(
                r, subject, key, unit=r.choice(["mg/dL", "umol/L", None]), **_number(r, [1, 2, 5, 34.2, 85.5])
            )
        )
    for key in some("inr"):
        found.append(
            _fact(
                r, subject, key, unit=r.choice(["1", "{INR}", None, "%"]), **_number(r, [1.25, 1.3, 1.5, 2])
            )
        )
    for key in some("alt"):
        found.append(
            _fact(
                r,
                subject,
                key,
                unit=r.choice(["U/L", "ukat/L"]),
                reference_high=r.choice([None, 40, 50, 0, math.nan]),
                **_number(r, [40, 80, 120, 121, 2]),
            )
        )
    for key in some("grade"):
        found.append(
            _fact(
                r,
                subject,
                key,
                **r.choice(
                    [
                        {"text": "A"},
                        {"text": "b "},
                        {"value_code": "C"},
                        {"text": "AIS A"},
                        {"text": "?"},
                        {"value": 2.0},
                        {"value": 1.5},
                        {},
                    ]
                ),
            )
        )
    for key in some("level"):
        found.append(_fact(r, subject, key, text=r.choice([*_LEVELS, "c7", "", "L9"])))
    for key in some("flag"):
        found.append(_fact(r, subject, key))
    for key in some("test"):
        found.append(
            _fact(
                r,
                subject,
                key,
                **r.choice(
                    [
                        {},
                        {"text": "positive"},
                        {"text": "Negative"},
                        {"text": "trace"},
                        {"value": 1.0},
                        {"value": 0.0},
                        {"value": math.nan},
                        {"value": 7.0},
                    ]
                ),
            )
        )
    for key in some("sex", 2):
        found.append(
            _fact(
                r,
                subject,
                key,
                **r.choice(
                    [
                        {"text": "male"},
                        {"text": "FEMALE"},
                        {"value_code": "w", "text": "x"},
                        {"text": "m"},
                        {"text": "q"},
                        {},
                    ]
                ),
            )
        )
    for key in some("variant"):
        attributes = {
            "gene": r.choice(["HPDL", "hpdl", "FBXL4", "POLG"]),
            "pathogenicity": r.choice(["pathogenic", "benign", "unknown"]),
            "zygosity": r.choice(["homozygous", "heterozygous", "unknown"]),
            "hgvs": r.choice(["NM_1:c.1A>G", "NM_1:c.2del", "NM_1:c.2delT", "NM_2:c.1A>G", "p.Ile1Val"]),
        }
        for name in list(attributes):
            if r.random() < 0.1:
                del attributes[name]
        found.append(_fact(r, subject, key, attributes=attributes))
    for key in some("disease"):
        found.append(
            _fact(
                r,
                subject,
                key,
                **r.choice(
                    [
                        {"value_code": "MONDO:0000001", "text": "HPDL deficiency"},
                        {"text": "hpdl deficiency"},
                        {"value_code": "MONDO:0000002"},
                        {},
                    ]
                ),
            )
        )
    for key in some("event", 4):
        found.append(_fact(r, subject, key))
    if tidy or r.random() < 0.5:  # a clean series, so that slopes and steady times are often known
        day = AS_OF - timedelta(days=r.randint(0, 20))
        for _ in range(r.randint(1, 4)):
            found.append(
                Observation(
                    subject,
                    *_CODES["score"][0],
                    value=r.choice([10.0, 10.5, 12.25, 20.0]),
                    unit="1",
                    when=UncertainDate.on(day),
                )
            )
            day -= timedelta(days=r.choice([0, 7, 14, 31]))
    else:
        for key in some("score"):
            found.append(_fact(r, subject, key, unit="1", **_number(r, [10, 11, 20.5])))
    for code, centre, spread in (
        ("birth-date", date(1980, 2, 29), 20000),
        ("injury-date", AS_OF, 120),
        ("dose", AS_OF, 60),
        ("baseline-visit", AS_OF, 30),
        ("consent-date", AS_OF, 60),
    ):
        for _ in range(1 if tidy else r.choice([0, 1, 1, 1, 2])):
            found.append(_fact(r, subject, ("Proband", code), centre=centre, spread=spread))
    if r.random() < 0.3:
        found.append(
            Observation(
                subject,
                "Proband",
                "fib4",
                value=r.choice([1.0, 1.3, 3.0]),
                unit="1",
                when=UncertainDate.on(AS_OF),
            )
        )
    r.shuffle(found)
    return found
