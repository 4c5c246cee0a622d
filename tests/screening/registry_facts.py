"""From facts read off registry pages to the criterion language, by rules that know no trial.

Each printed criterion becomes one expression made of pieces. A piece knows its observable and can make the records of
a person below, at and above each of its limits, and what the printed operator and flags say about those three.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.screening.calendar import exact_months
from proband.terms import UncertainDate

AS_OF = date(2026, 3, 15)
LEVELS = [
    *(f"C{n}" for n in range(1, 9)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
]
TIME_UNITS = {"a", "mo", "wk", "d", "h"}
UCUM = {"units/wk": "1", "g/d": "g/d", "units": "1"}
Facts = list[Observation]


@dataclass
class Probe:
    """One limit: the record below, at and above it, and whether the piece must then hold."""

    limit: str
    records: dict[str, Facts]
    holds: dict[str, bool]


@dataclass
class Piece:
    text: str
    observables: list[dict[str, Any]]
    anchors: set[str] = field(default_factory=set)
    probes: list[Probe] = field(default_factory=list)
    true: Facts = field(default_factory=list)
    false: Facts = field(default_factory=list)


@dataclass
class Written:
    """One printed criterion in our language: pieces joined by ``or``, each perhaps with conditions joined by ``and``."""

    text: str
    pieces: list[Piece]
    conditions: list[Piece]
    cohort: str | None = None

    def cases(self) -> list[tuple[str, Facts, bool | None]]:
        """(what, record, expected truth): each limit below, at and above; everything true, nothing true, and missing."""
        held = [f for c in self.conditions for f in c.true]
        found: list[tuple[str, Facts, bool | None]] = []
        for index, piece in enumerate(self.pieces):
            others = [f for n, p in enumerate(self.pieces) if n != index for f in p.false]
            for probe in piece.probes:
                for position, record in probe.records.items():
                    found.append(
                        (f"{probe.limit} {position}", [*record, *others, *held], probe.holds[position])
                    )
            found.append(("true", [*piece.true, *others, *held], True))
            found.append(("false", [*piece.false, *others, *held], False))
            found.append(("missing", [*others, *held], None))
            for condition in self.conditions:
                rest = [f for c in self.conditions if c is not condition for f in c.true]
                found.append(("condition missing", [*piece.true, *others, *rest], None))
                found.append(("condition false", [*piece.true, *others, *rest, *condition.false], False))
        return found


def slug(text: str) -> str:
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return ("v_" + found if not found[:1].isalpha() else found)[:50].strip("_")


def code(text: str) -> dict[str, str]:
    return {"system": "Proband", "code": slug(text).replace("_", "-")}


def fact(what: str, day: date | None = AS_OF, **more: Any) -> Observation:
    when = UncertainDate.unknown() if day is None else UncertainDate.on(day)
    return Observation("p", "Proband", slug(what).replace("_", "-"), when=when, **more)


def holds(op: str, position: str) -> bool:
    return {
        "<": position == "below",
        "<=": position != "above",
        ">": position == "above",
        ">=": position != "below",
    }[op]


def bounds_of(c: dict[str, Any]) -> list[tuple[str, Any]]:
    """The printed limits as (operator, limit)."""
    if c["op"] == "between":
        return [
            (">=" if c["low_inclusive"] else ">", c["low"]),
            ("<=" if c["high_inclusive"] else "<", c["high"]),
        ]
    return [(c["op"], c["value"])]


def write(c: dict[str, Any]) -> Written:
    """One printed criterion."""
    if "any_of" in c:
        parts = [write(one) for one in c["any_of"]]
        assert not any(p.conditions for p in parts)
        pieces = [piece for p in parts for piece in p.pieces]
        return Written(" or ".join(p.text for p in pieces), pieces, [])
    cohort = str(c["cohort"]) if "cohort" in c else None
    what = re.sub(r", (\w+) cohort$", "", c["what"])
    if (said := re.search(r", (\w+) cohort$", c["what"])) is not None:
        cohort = said[1]
    pieces = _pieces({**c, "what": what})
    conditions: list[Piece] = []
    if "sex" in c:
        conditions.append(_code("sex", [c["sex"]], ["male", "female", "other"]))
    if "condition" in c:
        conditions.append(_yes(re.sub(r"^with ", "", c["condition"])))
    if "alt" in c:
        found = re.match(r"(\S+) ([<>]=?) ([\d.]+) (\S+)$", c["alt"])
        assert found is not None, c["alt"]
        pieces += _pieces({"what": found[1], "op": found[2], "value": float(found[3]), "unit": found[4]})
    core = " or ".join(p.text for p in pieces)
    if conditions:
        core = " and ".join([*(p.text for p in conditions), f"({core})" if len(pieces) > 1 else core])
    return Written(core, pieces, conditions, cohort)


def _pieces(c: dict[str, Any]) -> list[Piece]:
    what, op, unit = c["what"], c.get("op"), c.get("unit")
    if op in {None, "absent", "present"}:
        return _free(what)
    if op == "in":
        if all(isinstance(v, str) for v in c["value"]):
            if re.search(r"\bgrade\b", what):
                return [_ordered(what, list("ABCDE"), in_=c["value"])]
            return [_code(what, c["value"], None)]
        return [_in_numbers(what, c["value"])]
    if isinstance(bounds_of(c)[0][1], str):
        return [_ordered(what, LEVELS, bounds=bounds_of(c))]
    names = re.split(r", | or ", what)
    if unit == "x ULN":
        return [_number(name, bounds_of(c), "U/L", uln=True) for name in names]
    if unit and unit.split()[0] in TIME_UNITS:
        return [_elapsed(c, what, unit)]
    window = None
    if unit and (recent := re.match(r"(\S+) in last (\d+) (\w+)$", unit)) is not None:
        unit, window = recent[1], f"-{recent[2]} {recent[3]}"
    return [_number(what, bounds_of(c), UCUM.get(unit or "1", unit or "1"), window=window)]


def _free(what: str) -> list[Piece]:
    rostral = re.search(r"^(.*), NLI ([CTLS]\d+) or higher \(rostral\)$", what)
    if rostral is not None:  # "or higher" on the spine means nearer to the head
        level = _ordered("neurological level", LEVELS, bounds=[("<=", rostral[2])])
        free = _yes(rostral[1])
        return [_both(free, level)]
    above = re.search(r"^(.*) class above ([A-C])$", what)
    if above is not None:
        return [_ordered(f"{above[1]} class", ["A", "B", "C"], bounds=[(">", above[2])])]
    return [_yes(what)]


def _both(one: Piece, two: Piece) -> Piece:
    probes = [Probe(p.limit, {k: [*one.true, *v] for k, v in p.records.items()}, p.holds) for p in two.probes]
    return Piece(
        f"({one.text} and {two.text})",
        [*one.observables, *two.observables],
        one.anchors | two.anchors,
        probes,
        [*one.true, *two.true],
        [*one.false, *two.true],
    )


def _yes(what: str) -> Piece:
    id = slug(what)
    observable = {"id": id, "label": what + " (yes or no)", "type": "boolean", "codes": [code(what)]}
    return Piece(id, [observable], true=[fact(what)], false=[fact(what, presence=Presence.ABSENT)])


def _code(what: str, wanted: list[str], values: list[str] | None) -> Piece:
    id = slug(what)
    observable = {
        "id": id,
        "label": what + " (code)",
        "type": "code",
        "codes": [code(what)],
        **({"values": values} if values else {}),
    }
    other = next(v for v in [*(values or []), "m.1A>G"] if v not in wanted)
    return Piece(
        f"{id} in {wanted!r}", [observable], true=[fact(what, text=wanted[0])], false=[fact(what, text=other)]
    )


def _in_numbers(what: str, wanted: list[float]) -> Piece:
    id = slug(what)
    observable = _numeric(what, "1")
    low, high = min(wanted), max(wanted)
    inside = {v: [fact(what, value=float(v), unit="1")] for v in (low - 1, *wanted, high + 1)}
    probes = [Probe(f"in {v}", {"at": record}, {"at": v in wanted}) for v, record in inside.items()]
    return Piece(f"{id} in {wanted!r}", [observable], probes=probes, true=inside[low], false=inside[low - 1])


def _ordered(
    what: str, values: list[str], *, bounds: list[tuple[str, str]] | None = None, in_: list[str] | None = None
) -> Piece:
    id = slug(what)
    observable = {
        "id": id,
        "label": what + " (scale)",
        "type": "ordered",
        "values": values,
        "codes": [code(what)],
    }

    def record(rank: int) -> Facts:
        return [fact(what, text=values[rank])]

    if in_ is not None:
        probes = [Probe(f"in {v}", {"at": record(i)}, {"at": v in in_}) for i, v in enumerate(values)]
        false = next(i for i, v in enumerate(values) if v not in in_)
        return Piece(
            f"{id} in {in_!r}",
            [observable],
            probes=probes,
            true=record(values.index(in_[0])),
            false=record(false),
        )
    assert bounds is not None
    probes = []
    for op, limit in bounds:
        at = values.index(limit)
        spots = {"below": at - 1, "at": at, "above": at + 1}
        spots = {k: v for k, v in spots.items() if 0 <= v < len(values)}
        probes.append(
            Probe(limit, {k: record(v) for k, v in spots.items()}, {k: holds(op, k) for k in spots})
        )
    text = " and ".join(f"{id} {op} {limit!r}" for op, limit in bounds)
    true, false = _pick(probes)
    return Piece(text, [observable], probes=probes, true=true, false=false)


def _pick(probes: list[Probe]) -> tuple[Facts, Facts]:
    """A record for which the piece holds, and one for which it does not."""
    true = next(p.records[k] for p in probes for k in p.records if p.holds[k])
    false = next(p.records[k] for p in probes for k in p.records if not p.holds[k])
    return true, false


def _numeric(what: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "id": slug(what),
        "label": what + " (value)",
        "type": "number",
        "unit": unit,
        "codes": [code(what)],
        **more,
    }


def _number(
    what: str, bounds: list[tuple[str, float]], unit: str, *, uln: bool = False, window: str | None = None
) -> Piece:
    more: dict[str, Any] = {}
    if uln:
        more["relative_to"] = "uln"
    if window:
        more |= {"window": {"start": window}, "aggregate": "worst", "worse": "high"}
    observable = _numeric(what, unit, **more)
    id = observable["id"]

    def record(value: float) -> Facts:
        if uln:  # a result of 40 times the multiple, with its own upper limit of 40
            return [fact(what, value=value * 40, unit=unit, reference_high=40.0)]
        return [fact(what, value=value, unit=unit)]

    probes = []
    for op, limit in bounds:
        step = 0.001 * max(1.0, abs(limit))
        spots = {"below": limit - step, "at": limit, "above": limit + step}
        probes.append(
            Probe(f"{limit:g}", {k: record(v) for k, v in spots.items()}, {k: holds(op, k) for k in spots})
        )
    text = " and ".join(
        f"{id} {op} {limit:g}" if limit < 1e5 else f"{id} {op} {int(limit)}" for op, limit in bounds
    )
    true, false = _pick(probes)
    return Piece(text, [observable], probes=probes, true=true, false=false)


def _elapsed(c: dict[str, Any], what: str, unit_text: str) -> Piece:
    unit = unit_text.split()[0]
    since, until = "injury", "screening"
    if what == "age":
        since, until = "birth", c.get("at", "screening")
    elif unit_text.endswith("after injury"):
        until = slug(what).replace("_", "-")
    elif not what.startswith("time since injury"):
        since = slug(what).replace("_", "-")
    observables: dict[str, dict[str, Any]] = {}

    def observable(in_unit: str) -> str:
        id = f"{slug(what)}_{in_unit}"
        observables[id] = {
            "id": id,
            "label": f"{what} in {in_unit}",
            "type": "number",
            "elapsed": {"since": since, "until": until, "unit": in_unit},
        }
        return id

    probes, parts = [], []
    for op, limit in bounds_of(c):
        in_unit = unit
        if c.get("low_text") and limit == c.get("low"):  # as printed: "2 weeks", not half a month
            count, word = c["low_text"].split()
            limit, in_unit = float(count), {"weeks": "wk", "days": "d"}[word]
        parts.append(f"{observable(in_unit)} {op} {limit:g}")
        make = _record_maker(since, until, in_unit)
        spots = {k: make(limit, k) for k in ("below", "at", "above")}
        spots = {k: v for k, v in spots.items() if v is not None}
        probes.append(
            Probe(f"{limit:g} {in_unit}", spots, {k: _elapsed_holds(op, k, what, in_unit) for k in spots})
        )
    anchors = {a for a in (since, until) if a not in {"birth", "screening", "consent"}}
    true, false = _pick(probes)
    return Piece(" and ".join(parts), list(observables.values()), anchors, probes, true, false)


def _elapsed_holds(op: str, position: str, what: str, unit: str) -> bool:
    return holds(op, position)


def _record_maker(since: str, until: str, unit: str) -> Callable[[float, str], Facts | None]:
    """Records whose elapsed time is one step below, exactly at, or one step above a limit.

    A step is a day, for hours a minute; for completed years of age "above" is the next birthday.
    """

    def make(limit: float, position: str) -> Facts | None:
        end = AS_OF
        if unit == "h":
            at = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 20, 0)
            shift = {"below": 1, "at": 0, "above": -1}[position]
            start = at - timedelta(hours=limit) + timedelta(minutes=shift)
            return [
                _anchor(since, start.date(), time=start),
                *([] if until == "screening" else [_anchor(until, at.date(), time=at)]),
            ]
        day = _start(end, limit, unit)
        if since == "birth" and unit == "a":
            if position == "below":
                day += timedelta(days=1)
            elif position == "above":
                day = _start(end, limit + 1, unit)
        else:
            day += timedelta(days={"below": 1, "at": 0, "above": -1}[position])
        if day > end:
            return None  # nobody is younger than nothing
        return [_anchor(since, day), *([] if until == "screening" else [_anchor(until, end)])]

    return make


def _start(end: date, amount: float, unit: str) -> date:
    if unit in {"d", "wk"}:
        return end - timedelta(days=round(amount * (7 if unit == "wk" else 1)))
    months = round(amount * (12 if unit == "a" else 1))
    year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
    start = date(year, month + 1, end.day)
    epoch = date(1970, 1, 1)
    assert exact_months((start - epoch).days, (end - epoch).days) == months
    return start


def _anchor(id: str, day: date, time: datetime | None = None) -> Observation:
    code = {"birth": "birth-date", "consent": "consent-date"}.get(id, f"{id}-day")
    return Observation("p", "Proband", code, when=UncertainDate.on(day), time=time)


def anchor_model(id: str) -> dict[str, Any]:
    return {"id": id, "label": f"day of {id}", "codes": [{"system": "Proband", "code": f"{id}-day"}]}
