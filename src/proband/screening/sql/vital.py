"""Who has died, or left a study, by the day of screening, in SQL: the rules of :mod:`proband.screening.vital`."""

from __future__ import annotations

from sqlglot import exp

from proband.facts.deaths import DEATH_KEYS
from proband.facts.left import AGREED, LEFT
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Rules
from proband.screening.sql.building import (
    all_of,
    among,
    any_of,
    at_least,
    at_most,
    case,
    column,
    equal,
    first_of,
    is_known,
    is_null,
    named,
    number,
    select,
    word_of,
)
from proband.screening.sql.days import FAR, Statement, today_at
from proband.screening.sql.dialects import Dialect
from proband.screening.vital import DEAD_WORDS, VITAL_STATUS


def dead_statement(rules: Rules, dialect: Dialect) -> Statement:
    """The query of the table ``the_dead`` over ``observations``, written once for some rules and an engine.

    ``subject`` and ``sure`` (1 or 0) of whoever may have died, or left a study and agreed to none since.
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
    present = equal(o["presence"], dialect.text("present"))
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
    death = any_of(all_of(status, in_words), elsewhere)
    left, agreed = (
        all_of(equal(o["system"], dialect.text(system)), equal(o["code"], dialect.text(code)))
        for system, code in (LEFT, AGREED)
    )

    def most(*cases: tuple[exp.Expression, exp.Expression]) -> exp.Expression:
        return exp.Max(this=case(*cases, otherwise=number(-FAR)))

    yes, no = number(1), number(0)
    sure = most((all_of(death, status, by_then, sound), yes), (death, no))
    gone = most((left, first_of(last, number(FAR))))
    back = most((all_of(agreed, sound, is_known(first)), first))
    query = select(
        [o["subject"], named(sure, "sure"), named(gone, "gone"), named(back, "back")], "observations", "o"
    )
    query = query.where(
        present,
        any_of(death, left, agreed),
        any_of(is_null(column("first_day", "o")), at_most(first, today_at())),
        copy=False,
    ).group_by(o["subject"], copy=False)
    sure, gone, back = column("sure", "g"), column("gone", "g"), column("back", "g")
    left_still = all_of(at_least(gone, back), at_least(gone, number(1 - FAR)))
    found = (
        exp.select(
            column("subject", "g"), named(case((equal(sure, yes), yes), otherwise=no), "sure"), copy=False
        )
        .from_(query.subquery("g", copy=False))
        .where(any_of(at_least(sure, no), left_still), copy=False)
    )
    return Statement.of(dialect.render(found))


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
