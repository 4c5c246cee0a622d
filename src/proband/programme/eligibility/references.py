"""What the parts of ``eligibility.yaml`` say of each other: ids used twice, references to nothing, circles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proband.programme.eligibility.computed import ElapsedTime, Multiple, Scored
from proband.programme.eligibility.criterion import (
    LATER_SCOPES,
    Cohort,
    Criterion,
    Scope,
    ScreeningVisit,
)
from proband.programme.eligibility.observable import FromFacts, Observable
from proband.programme.eligibility.windows import BUILT_IN_ANCHORS, Anchor
from proband.programme.model import ValidationFinding

Path = tuple[str | int, ...]


def doubled_ids(part: str, ids: Sequence[str]) -> Iterator[ValidationFinding]:
    """Ids that an earlier item of the same list bears."""
    for index, id in enumerate(ids):
        if id in ids[:index]:
            yield ValidationFinding(
                (part, index, "id"), f"the id {id!r} is used twice in {part}", "give each its own id"
            )


def anchor_findings(
    anchors: Sequence[Anchor], visits: Sequence[ScreeningVisit], observables: Sequence[Observable]
) -> Iterator[ValidationFinding]:
    """Anchors that exist already, and anchors that are named and do not exist."""
    for index, anchor in enumerate(anchors):
        if anchor.id in BUILT_IN_ANCHORS:
            yield ValidationFinding(
                ("anchors", index, "id"), f"anchor {anchor.id!r} exists already", "choose another id"
            )
    known = set(BUILT_IN_ANCHORS) | {a.id for a in anchors}
    named: list[tuple[Path, str]] = [(("visits", i, "anchor"), v.anchor) for i, v in enumerate(visits)]
    for index, o in enumerate(observables):
        named += [(("observables", index, *path), id) for path, id in _anchors_of(o)]
    for path, id in named:
        if id not in known:
            yield ValidationFinding(
                path, f"there is no anchor {id!r}", f"use one of: {', '.join(sorted(known))}"
            )


def _anchors_of(o: Observable) -> list[tuple[Path, str]]:
    if isinstance(o, ElapsedTime):
        return [(("elapsed", "since"), o.elapsed.since), (("elapsed", "until"), o.elapsed.until)]
    if isinstance(o, FromFacts) and o.window:
        return [(("window", "anchor"), o.window.anchor)]
    return []


def observable_findings(observables: Sequence[Observable]) -> Iterator[ValidationFinding]:
    """Observables that are computed from something that is not there, or cannot serve."""
    by_id = {o.id: o for o in observables}
    for index, o in enumerate(observables):
        for path, id in _inputs_of(o):
            if id not in by_id:
                yield ValidationFinding(
                    ("observables", index, *path),
                    f"there is no observable {id!r}",
                    "declare it among the observables",
                )
        if isinstance(o, Multiple) and isinstance(by_id.get(o.relative_to), Scored):
            yield ValidationFinding(
                ("observables", index, "relative_to"),
                f"the baseline {o.relative_to!r} is computed by an instrument",
                "take an observable that is read from facts as the baseline",
            )
    for index, o in enumerate(observables):
        for other in _scores_on_record_under(by_id, o):
            yield ValidationFinding(
                ("observables", index, "derived"),
                f"both {o.id} and {other}, from which it is computed, may also stand on record",
                "take the codes from one of them: two scores on record in one chain could turn a definite answer around",
            )
    circle = _circle(by_id)
    if circle:
        yield ValidationFinding(
            ("observables",),
            f"observables depend on each other in a circle: {' → '.join(circle)}",
            "cut the circle",
        )


def _inputs_of(o: Observable) -> list[tuple[Path, str]]:
    if isinstance(o, Scored):
        return [(("derived", "inputs", item), id) for item, id in o.derived.inputs.items()]
    if isinstance(o, Multiple):
        return [(("relative_to",), id) for id in o.needs]
    return []


def _scores_on_record_under(by_id: dict[str, Observable], o: Observable) -> list[str]:
    """The scores with codes of their own from which a score with codes of its own is computed, at any depth."""
    if not (isinstance(o, Scored) and o.codes):
        return []
    seen, stack = set[str](), [o.id]
    while stack:
        here = by_id.get(stack.pop())
        new = set(here.needs) - seen if here else set()
        seen |= new
        stack += new
    under = [by_id[n] for n in sorted(seen - {o.id}) if n in by_id]
    return [x.id for x in under if isinstance(x, Scored) and x.codes]


def _circle(by_id: dict[str, Observable]) -> list[str]:
    """A circle among observables, closed (``a → b → a``); empty where there is none."""
    for start in by_id:
        path, stack = [start], [iter(by_id[start].needs)]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                path.pop()
            elif step in path:
                return [*path[path.index(step) :], step]
            elif step in by_id:
                path.append(step)
                stack.append(iter(by_id[step].needs))
    return []


def criterion_findings(
    criteria: Sequence[Criterion], cohorts: Sequence[Cohort], visits: Sequence[ScreeningVisit]
) -> Iterator[ValidationFinding]:
    """Criteria of cohorts or visits that do not exist; none that is asked on coming in; a visit that is called as a scope is."""
    for index, visit in enumerate(visits):
        if visit.id in LATER_SCOPES:
            yield ValidationFinding(
                ("visits", index, "id"),
                f"{visit.id!r} is the name of a scope of criteria",
                "choose another id",
            )
    if criteria and not any(c.asked(Scope.ENTRY) for c in criteria):
        yield ValidationFinding(
            ("criteria",), "no criterion is asked on entry", "name entry among the scopes of those that are"
        )
    defined = {
        "cohorts": {c.id for c in cohorts},
        "visits": {v.id for v in visits} | {"screening"},
    }
    for index, c in enumerate(criteria):
        for key, names in (("cohorts", c.cohorts), ("visits", c.visits)):
            for name in names:
                if name not in defined[key]:
                    yield ValidationFinding(
                        ("criteria", index, key),
                        f"there is no {key[:-1]} {name!r}",
                        f"declare it among the {key}",
                    )
