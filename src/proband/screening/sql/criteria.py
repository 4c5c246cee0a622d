"""All criteria over one row per person, and the verdict, by sqlglot."""

from __future__ import annotations

from sqlglot import exp

from proband.programme.eligibility import CriterionKind
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Rules
from proband.screening.sql.building import all_of, any_of
from proband.screening.sql.conditions import ConditionCompiler, Form
from proband.screening.sql.dialects import Dialect


def criteria_select(
    rules: Rules, dialect: Dialect, form: Form = "bounded", *, table: str = "observables"
) -> exp.Select:
    """One column per criterion: true, false or NULL, as the expression is written (an exclusion true means *out*)."""
    compiler = ConditionCompiler(rules, dialect, form)
    columns: list[exp.Expression] = [exp.column("subject")]
    columns += [
        exp.alias_(
            compiler.condition(i.expression.root, i.visit), exp.to_identifier(i.key, quoted=True), copy=False
        )
        for i in rules.instances
    ]
    return exp.select(*columns, copy=False).from_(table)


def verdict_select(rules: Rules, source: exp.Select) -> exp.Select:
    """The criteria, the outcome by cohort (true, false, NULL) and the verdict in words, one row per person."""
    columns: list[exp.Expression] = [exp.column("subject", table="c")]
    columns += [exp.column(exp.to_identifier(i.key, quoted=True), table="c") for i in rules.instances]
    cohorts: list[exp.Expression] = []
    for cohort in rules.eligibility.cohort_ids():
        own = [_passes(rules, i.key, kind=i.criterion.kind) for i in rules.instances if i.concerns(cohort)]
        passes = (
            all_of(*own) if own else exp.cast(exp.Null(), "boolean")
        )  # nothing was asked: nothing is known
        cohorts.append(exp.paren(passes, copy=False))
        if cohort is not None:
            columns.append(exp.alias_(passes.copy(), exp.to_identifier(f"cohort {cohort}", quoted=True)))
    columns.append(exp.alias_(any_of(*cohorts), "passes", copy=False))
    decided = exp.select(*columns, copy=False).from_(source.subquery("c", copy=False))
    verdict = exp.Case().when(exp.column("passes"), exp.Literal.string(EligibilityStatus.ELIGIBLE.value))
    verdict = verdict.when(
        exp.not_(exp.column("passes"), copy=False), exp.Literal.string(EligibilityStatus.NOT_ELIGIBLE.value)
    ).else_(exp.Literal.string(EligibilityStatus.NEEDS_DATA.value))
    kept = [exp.column(exp.to_identifier(c.alias_or_name, quoted=True)) for c in columns[1:-1]]
    return exp.select(
        exp.column("subject"), *kept, exp.alias_(verdict, "verdict", copy=False), copy=False
    ).from_(decided.subquery("d", copy=False))


def _passes(rules: Rules, key: str, *, kind: CriterionKind) -> exp.Expression:
    found = exp.column(exp.to_identifier(key, quoted=True), table="c")
    return found if kind is CriterionKind.INCLUDE else exp.not_(found, copy=False)


def verdict_text(rules: Rules, dialect: Dialect, form: Form = "bounded") -> str:
    """The query of the table ``verdicts`` over ``observables``, written once for some rules, an engine and a form."""
    key = ("verdicts", dialect.name, form)
    if key not in rules.written:
        statement = verdict_select(rules, criteria_select(rules, dialect, form))
        rules.written[key] = dialect.render(statement, pretty=True)
    return str(rules.written[key])


def readable(rules: Rules, dialect: Dialect) -> str:
    """The criteria as a person reads them: one line each, over stored observables (one column each, NULL if unknown).

    The first line says as a comment which programme's criteria they are: the statement goes where the programme is not.
    """
    compiler = ConditionCompiler(rules, dialect, "exact")
    lines = []
    for i in rules.instances:
        text = dialect.render(compiler.condition(i.expression.root, i.visit))
        label = dialect.render(exp.to_identifier(i.key, quoted=True))
        lines.append(f"  {text} AS {label}")
    return (
        f"-- criteria of {rules.programme_hash}\nSELECT subject,\n" + ",\n".join(lines) + "\nFROM observables"
    )
