"""Small checks of eligibility criteria: what can never hold, never fail, contradicts, is turned round or lacks a unit.

Each function looks for one thing and yields :class:`~proband.programme.model.ValidationFinding` values whose path starts in
``eligibility.yaml``. Whether a condition can hold is decided by :mod:`proband.programme.satisfiability`, within what the
observables declare plausible; a condition with too many cases is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from proband.programme.eligibility import (
    Criterion,
    CriterionKind,
    ElapsedTime,
    Eligibility,
    FromFacts,
    Scope,
    Scored,
)
from proband.programme.expression import (
    MIRRORED,
    And,
    Comparison,
    KnownValue,
    Name,
    Node,
    Not,
    Number,
    Or,
    TextSpan,
    atom_names,
    atoms,
    term_names,
)
from proband.programme.model import ValidationFinding
from proband.programme.satisfiability import Undecided, satisfiable
from proband.programme.value_range import Value
from proband.terms import convert


def never_met(e: Eligibility) -> Iterator[ValidationFinding]:
    """Criteria that nobody can meet (an inclusion then excludes everyone, an exclusion no one)."""
    for n, c in enumerate(e.criteria):
        if not _possible(e, e.expressions[c.id].root):
            what = "everyone is out" if c.kind is CriterionKind.INCLUDE else "it excludes no one"
            yield ValidationFinding(
                _when(n),
                f"{c.id} can never be met: {what}",
                "check the limits against each other and the plausible range",
            )


def never_fails(e: Eligibility) -> Iterator[ValidationFinding]:
    """Criteria that everyone meets (an exclusion then excludes everyone, an inclusion no one)."""
    for n, c in enumerate(e.criteria):
        root = e.expressions[c.id].root
        if any(isinstance(a, KnownValue) for a in atoms(root)):
            continue  # known(x) is never false, but it may be unknown: it has its use
        if not _possible(e, Not(root)):
            what = "it keeps no one out" if c.kind is CriterionKind.INCLUDE else "everyone is out"
            yield ValidationFinding(
                _when(n), f"{c.id} can never fail: {what}", "check the limits against the plausible range"
            )


def inverted(e: Eligibility) -> Iterator[ValidationFinding]:
    """Exclusions that shut out everyone whom an inclusion asks for, and would not if a comparison were turned round."""
    for (_, one), (m, other) in _contradictory(e):
        turned = _turned(e, one, other)
        if turned is not None:
            yield ValidationFinding(
                _when(m),
                f"{other.id} excludes the whole range that {one.id} asks for ({one.when})",
                f"is the comparison the wrong way round? perhaps: {turned}",
            )


def contradictions(e: Eligibility) -> Iterator[ValidationFinding]:
    """Pairs of criteria that nobody can pass together, and cohorts whose criteria together let no one pass."""
    blamed: set[str] = set()
    for (_, one), (m, other) in _contradictory(e):
        blamed |= {one.id, other.id}
        if _turned(e, one, other) is None:
            yield ValidationFinding(
                _when(m),
                f"nobody can pass {one.id} and {other.id}: {one.when} / {other.when}",
                "change one of the two",
            )
    for cohort in e.cohort_ids():
        own = [c for c in e.criteria if _in_cohort(c, cohort) and not c.visits and c.asked(Scope.ENTRY)]
        if blamed & {c.id for c in own} or any(not _possible(e, _pass(e, c)) for c in own):
            continue
        if not _possible(e, And(tuple(_pass(e, c) for c in own))):
            where = f" of cohort {cohort}" if cohort else ""
            yield ValidationFinding(
                ("criteria",),
                f"all criteria{where} together let no one pass",
                "compare those that share an observable",
            )


def outside_plausible(e: Eligibility) -> Iterator[ValidationFinding]:
    """Limits that lie outside the plausible range of their observable: a slip of unit or of a decimal point."""
    for n, c in enumerate(e.criteria):
        for atom in atoms(e.expressions[c.id].root):
            if not isinstance(atom, Comparison):
                continue
            for side, other in ((atom.left, atom.right), (atom.right, atom.left)):
                if not (isinstance(side, Name) and isinstance(other, Number)):
                    continue
                o = e.by_id[side.id]
                if o.plausible_result is None:
                    continue
                low, high = o.plausible_result.low, o.plausible_result.high
                if low is not None and high is not None and not low <= other.value <= high:
                    yield ValidationFinding(
                        _when(n),
                        f"{c.id}: the limit {other.text} lies outside the plausible {low:g} to {high:g} {o.result_unit or ''}".rstrip(),
                        "check the unit of the limit, or the plausible range",
                    )


def limits_without_unit(e: Eligibility) -> Iterator[ValidationFinding]:
    """Limits on a number whose observable states no unit: 40 of what?"""
    for n, c in enumerate(e.criteria):
        for atom in atoms(e.expressions[c.id].root):
            if not isinstance(atom, Comparison):
                continue
            for name in dict.fromkeys([*term_names(atom.left), *term_names(atom.right)]):
                o = e.by_id[name]
                if o.type == "number" and o.result_unit is None:
                    yield ValidationFinding(
                        _when(n),
                        f"{c.id}: the limit on {name} has no unit",
                        f"give the observable {name} a unit ('1' for a plain number)",
                    )


def below_age(e: Eligibility, years: float) -> bool:
    """Whether somebody younger than that can pass the criteria of a cohort at screening.

    Where no criterion speaks of age, everybody can; where the criteria have too many cases, it is held to be possible.
    """
    ages = [
        o for o in e.observables
        if isinstance(o, ElapsedTime) and (o.elapsed.since, o.elapsed.until) == ("birth", "screening")
    ]  # fmt: skip
    young = tuple(
        Comparison(
            Name(o.id), "<", Number(convert(years, "a", o.elapsed.unit), f"{years:g} a"), TextSpan(0, 0)
        )
        for o in ages
    )
    if not young:
        return True
    for cohort in e.cohort_ids():
        own = [c for c in e.criteria if _in_cohort(c, cohort) and not c.visits and c.asked(Scope.ENTRY)]
        if _possible(e, And((*young, *(_pass(e, c) for c in own)))):
            return True
    return False


def read_by_criteria(e: Eligibility) -> set[str]:
    """The observables that criteria read, directly or through another observable."""
    used = {name for x in e.expressions.values() for name in x.names}
    for _ in e.observables:
        for o in e.observables:
            if o.id in used:
                used |= set(o.needs)
    return used


def unused(e: Eligibility) -> Iterator[ValidationFinding]:
    """Observables that no criterion reads, directly or through another observable."""
    used = read_by_criteria(e)
    for n, o in enumerate(e.observables):
        if o.id not in used:
            yield ValidationFinding(
                ("observables", n, "id"), f"no criterion reads {o.id}", "use it or remove it"
            )


def unfillable(e: Eligibility, codes: Collection[tuple[str, str]]) -> Iterator[ValidationFinding]:
    """Observables that no source fills.

    Parameters
    ----------
    codes
        The (system, code) pairs that the sources can give: those seen in a record, or those that a mapping and the
        case report forms offer.
    """
    offered = set(codes)
    days = {a.id: {c.key for c in a.codes} for a in e.anchors}
    days |= {"birth": {("Proband", "birth-date")}, "consent": {("Proband", "consent-date")}}
    for n, o in enumerate(e.observables):
        if isinstance(o, ElapsedTime):
            lacking = [
                a for a in (o.elapsed.since, o.elapsed.until) if a != "screening" and not days[a] & offered
            ]
            if lacking:
                yield ValidationFinding(
                    ("observables", n, "elapsed"),
                    f"no source gives the day of {' or '.join(lacking)}, which {o.id} needs",
                    "map a field to it",
                )
        elif isinstance(o, FromFacts) and not isinstance(o, Scored) and not set(o.code_keys) & offered:
            listed = ", ".join(f"{c.system} {c.code}" for c in o.codes)
            yield ValidationFinding(
                ("observables", n, "codes"),
                f"no source fills {o.id} ({listed})",
                "add a code that a source uses, or a field to a form",
            )


def _when(n: int) -> tuple[str | int, ...]:
    return ("criteria", n, "when")


def _possible(e: Eligibility, node: Node) -> dict[str, Value] | bool:
    try:
        found = satisfiable(node, e.signatures)
    except Undecided:
        return True
    return False if found is None else (found or True)


def _pass(e: Eligibility, c: Criterion) -> Node:
    root = e.expressions[c.id].root
    return root if c.kind is CriterionKind.INCLUDE else Not(root)


def _in_cohort(c: Criterion, cohort: str | None) -> bool:
    return not c.cohorts or cohort in c.cohorts


Numbered = tuple[int, Criterion]


def _contradictory(e: Eligibility) -> Iterator[tuple[Numbered, Numbered]]:
    """Pairs that share an observable, a cohort, a visit and a scope, each possible alone and impossible together."""
    listed = list(enumerate(e.criteria))
    names = {c.id: {n for a in atoms(e.expressions[c.id].root) for n in atom_names(a)} for c in e.criteria}
    for index, (n, a) in enumerate(listed):
        for m, b in listed[index + 1 :]:
            together = not a.cohorts or not b.cohorts or set(a.cohorts) & set(b.cohorts)
            visits = set(a.visits or ["screening"]) & set(b.visits or ["screening"])
            scopes = any(a.asked(scope) and b.asked(scope) for scope in Scope)
            if not (names[a.id] & names[b.id] and together and visits and scopes):
                continue
            one, other = _pass(e, a), _pass(e, b)
            if not (_possible(e, one) and _possible(e, other)) or _possible(e, And((one, other))):
                continue
            first, second = ((n, a), (m, b)) if a.kind is CriterionKind.INCLUDE else ((m, b), (n, a))
            yield first, second


def _turned(e: Eligibility, one: Criterion, other: Criterion) -> str | None:
    """The exclusion with one comparison turned round, if that would lift the contradiction."""
    if other.kind is not CriterionKind.EXCLUDE or one.kind is not CriterionKind.INCLUDE:
        return None
    expression = e.expressions[other.id]
    for atom in atoms(expression.root):
        if not isinstance(atom, Comparison) or atom.op in {"==", "!="}:
            continue
        turned = replace(atom, op=MIRRORED[atom.op])
        root = _replaced(expression.root, atom, turned)
        if _possible(e, And((_pass(e, one), Not(root)))):
            piece = other.when[atom.span.start : atom.span.end]
            return other.when.replace(piece, piece.replace(atom.op, turned.op, 1), 1)
    return None


def _replaced(node: Node, old: Comparison, new: Comparison) -> Node:
    if isinstance(node, And):
        return And(tuple(_replaced(item, old, new) for item in node.items))
    if isinstance(node, Or):
        return Or(tuple(_replaced(item, old, new) for item in node.items))
    if isinstance(node, Not):
        return Not(_replaced(node.item, old, new))
    return new if node is old else node
