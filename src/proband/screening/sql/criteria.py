"""All criteria over one row per person, and the verdict, by sqlglot."""

from __future__ import annotations

from sqlglot import exp

from proband.programme.eligibility import CriterionKind
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Rules
from proband.screening.sql.building import all_of, any_of, equal, joined
from proband.screening.sql.conditions import ConditionCompiler, Form
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.vital import heeding_death


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


#: the column of ``verdicts`` that says who had surely died; it is for counting, and no criterion
DECEASED = "deceased"


def verdict_select(rules: Rules, source: exp.Select, *, heed_death: bool = False) -> exp.Select:
    """The criteria, the outcome by cohort (true, false, NULL) and the verdict in words, one row per person.

    ``heed_death``: whether there is a table ``the_dead``, whose people are not eligible whatever the criteria say.
    """
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
    said: exp.Expression = verdict
    if heed_death:
        said = heeding_death(verdict, exp.column("sure", table="x"))
    kept = [exp.column(exp.to_identifier(c.alias_or_name, quoted=True)) for c in columns[1:-1]]
    died = equal(exp.column("sure", table="x"), exp.Literal.number(1)) if heed_death else exp.false()
    died = exp.Coalesce(this=died, expressions=[exp.false()])
    found = exp.select(
        exp.column("subject", table="d"),
        *kept,
        exp.alias_(died, DECEASED, copy=False),
        exp.alias_(said, "verdict", copy=False),
        copy=False,
    ).from_(decided.subquery("d", copy=False))
    if not heed_death:
        return found
    on = equal(exp.column("subject", table="x"), exp.column("subject", table="d"))
    return joined(found, "the_dead", "x", on)


def _passes(rules: Rules, key: str, *, kind: CriterionKind) -> exp.Expression:
    found = exp.column(exp.to_identifier(key, quoted=True), table="c")
    return found if kind is CriterionKind.INCLUDE else exp.not_(found, copy=False)


def verdict_text(rules: Rules, dialect: Dialect, form: Form = "bounded", *, heed_death: bool = False) -> str:
    """The query of the table ``verdicts`` over ``observables``, written once for some rules, an engine and a form."""
    key = ("verdicts", dialect.name, form, str(heed_death))
    if key not in rules.written:
        statement = verdict_select(rules, criteria_select(rules, dialect, form), heed_death=heed_death)
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
