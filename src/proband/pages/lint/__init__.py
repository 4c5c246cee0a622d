"""Lint rules for public pages, one small module each; a page that breaks one with severity error does not build.

A rule is a function from a :class:`~proband.pages.ledger.Ledger` to problems, each with file, line, value and mend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import (
    banned_words,
    certainty_missing,
    charge_banner,
    composite_unsplit,
    dose_supplier_preparation,
    experimental_wording,
    expired,
    interest_missing,
    levels_rise,
    number_outside_slot,
    options_asymmetric,
    page_incomplete,
    pooled_forms,
    reading_grade,
    relative_effect_alone,
    same_denominator,
    significance_alone,
    simulation_as_benefit,
    small_cells,
    sources_resolve,
    story_alone,
    word_trial,
    zero_without_bound,
)
from proband.programme.problems import Problem

Rule = Callable[[Ledger], Iterator[Problem]]

#: code of a rule → the rule; the order is that of the report
RULES: dict[str, Rule] = {
    module.CODE: module.check
    for module in (
        sources_resolve,
        number_outside_slot,
        relative_effect_alone,
        significance_alone,
        zero_without_bound,
        composite_unsplit,
        same_denominator,
        options_asymmetric,
        pooled_forms,
        levels_rise,
        certainty_missing,
        interest_missing,
        simulation_as_benefit,
        banned_words,
        experimental_wording,
        word_trial,
        charge_banner,
        story_alone,
        small_cells,
        dose_supplier_preparation,
        expired,
        reading_grade,
        page_incomplete,
    )
}


def lint(ledger: Ledger) -> list[Problem]:
    """Every problem that the rules find in a ledger, in the order of file, line and rule."""
    return sorted(problem for rule in RULES.values() for problem in rule(ledger))


__all__ = ["RULES", "Rule", "lint"]
