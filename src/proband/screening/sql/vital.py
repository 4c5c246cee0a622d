"""Who has died by the day of screening, in SQL: the rules of :mod:`proband.screening.vital`."""

from __future__ import annotations

from sqlglot import exp

from proband.facts.deaths import DEATH_KEYS
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Rules
from proband.screening.sql.building import (
    all_of,
    among,
    any_of,
    at_most,
    case,
    column,
    equal,
    first_of,
    is_null,
    named,
    number,
    select,
    word_of,
)
from proband.screening.sql.days import Statement, today_at
from proband.screening.sql.dialects import Dialect
from proband.screening.vital import DEAD_WORDS, VITAL_STATUS


def dead_statement(rules: Rules, dialect: Dialect) -> Statement:
    """The query of the table ``the_dead`` over ``observations``, written once for some rules and an engine.

    ``subject`` and ``sure`` (1 or 0) of whoever may have died.
    """
    key = ("the dead", dialect.name)
    if key not in rules.written:
        rules.written[key] = _dead_statement(dialect)
    found = rules.written[key]
    assert isinstance(found, Statement)  # noqa: S101
    return found


def _dead_statement(dialect: Dialect) -> Statement:
    o = {
        name: column(name, "o")
        for name in ("subject", "system", "code", "presence", "text", "value_code", "problems")
    }
    first, last = (dialect.day(column(name, "o")) for name in ("first_day", "last_day"))
    undated = all_of(is_null(column("first_day", "o")), is_null(column("last_day", "o")))
    by_then = any_of(undated, at_most(last, today_at()))
    sound = equal(first_of(o["problems"], exp.Literal.string("")), exp.Literal.string(""))
    status = all_of(
        equal(o["system"], dialect.text(VITAL_STATUS[0])), equal(o["code"], dialect.text(VITAL_STATUS[1]))
    )
    sure = case((all_of(status, by_then, sound), number(1)), otherwise=number(0))
    query = select([o["subject"], named(exp.Max(this=sure), "sure")], "observations", "o")
    words = dialect.texts(sorted(DEAD_WORDS))
    elsewhere = any_of(
        *(
            all_of(
                equal(o["system"], dialect.text(system)),
                among(o["code"], dialect.texts(sorted(code for each, code in DEATH_KEYS if each == system))),
            )
            for system in sorted({system for system, _ in DEATH_KEYS})
        )
    )
    in_words = any_of(among(word_of(o["text"]), words), among(word_of(o["value_code"]), words))
    query = query.where(
        equal(o["presence"], dialect.text("present")),
        any_of(all_of(status, in_words), elsewhere),
        any_of(is_null(column("first_day", "o")), at_most(first, today_at())),
        copy=False,
    )
    return Statement.of(dialect.render(query.group_by(o["subject"], copy=False)))


def heeding_death(verdict: exp.Expression, sure: exp.Expression) -> exp.Expression:
    """The verdict in words, if the person may have died; ``sure`` is that column of ``the_dead``, NULL for the others."""
    eligible, out, data = (exp.Literal.string(s.value) for s in (
        EligibilityStatus.ELIGIBLE, EligibilityStatus.NOT_ELIGIBLE, EligibilityStatus.NEEDS_DATA
    ))  # fmt: skip
    return case(
        (equal(sure, number(1)), out),
        (all_of(equal(sure, number(0)), equal(verdict, eligible)), data),
        otherwise=verdict,
    )
