"""What is made of a bundle, as text that can be compared: the pages, the simulated studies, what natural history answers, the statements of analyses.

The hash of the bundle changes with every change of meaning and stands on everything, so it is taken out: what is compared is the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date

from proband.natural_history.conditions import Conditions
from proband.natural_history.questions import outcomes
from proband.pages.site import build
from proband.programme import Programme
from proband.terms import ProbandError
from proband.trial.forecast.backtest import back_tests
from proband.trial.headline.claimed import claimed_headlines
from proband.trial.plan import plan_of, trials_of
from proband.trial.scenarios import scenarios_of
from proband.trial.simulation import simulate
from proband.trial.simulation_report import simulation_report

#: trials of each scenario: enough that a changed number shows, with the same seed
TRIALS = 10
_HASH = re.compile(r"\b[0-9a-f]{12,64}\b")


def pages(programme: Programme, on: date | None = None) -> str:
    """Every public page, with the answers to the headlines and the form that answers them in the browser."""
    site = build([programme], [claimed_headlines(programme)], on=on)
    return _bare("\n".join(page.html for page in site.pages))


def studies(programme: Programme, on: date | None = None) -> str:
    """The report of every planned trial, simulated with a fixed seed: accrual, loss, effects, looks, harm, and the answers of each analysis."""
    said = []
    try:
        trials = trials_of(programme)
    except ProbandError as refusal:  # a programme need not plan any
        return refusal.message
    for trial in trials:
        plan = plan_of(programme, trial.id)
        report = simulation_report(simulate(plan, scenarios_of(plan.trial), trials=TRIALS))
        said.append(json.dumps(report, default=str, sort_keys=True))
    return _bare("\n".join(said))


def tables(programme: Programme, on: date | None = None) -> str:
    """What natural history calculates with: the rows that enter, with their numbers, and what each outcome answers to its first offer."""
    said = []
    for name, outcome in outcomes(programme).items():
        asked = [conditions for offer in outcome.offers for conditions in offer.questions()]
        needs = dict(outcome.needs)
        if needs:
            asked.append(
                Conditions(
                    needs.get("baseline"), needs.get("level"), needs.get("window"), needs.get("follow_up")
                )
            )
        for conditions in asked:
            for ask in (outcome.proportions, outcome.changes, outcome.rates):
                if ask is None:
                    continue
                try:
                    said.append(f"{name} {conditions}: {ask(programme, conditions, 20)}")
                except ProbandError as refusal:
                    said.append(f"{name} {conditions}: {refusal.message}")
    return _bare("\n".join(said))


def backtests(programme: Programme, on: date | None = None) -> str:
    """What frozen rules would have said of published studies, with their scores and the studies that are left out."""
    return _bare(str(back_tests([programme])))


def _bare(text: str) -> str:
    return _HASH.sub("#", text)


READERS: dict[str, Callable[..., str]] = {
    "tables": tables,
    "backtests": backtests,
    "studies": studies,
    "pages": pages,
}
