"""The outcomes that a bundle's tables answer by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from proband.natural_history.askable import AskableOutcome, Changes, Offer, Proportions, Rates
from proband.natural_history.conditions import Conditions, parse_mix
from proband.natural_history.kinds.forecasts import (
    TableQuestion,
    asked,
    change_forecast,
    rate_forecast,
    share_forecast,
)
from proband.natural_history.kinds.rows import time_unit
from proband.natural_history.tables import published
from proband.programme import Programme
from proband.programme.natural_history import TIME_UNITS, TableAnswer

#: most questions of one outcome that a form offers
_OFFERED = 24
_SHORT = {days: unit for unit, days in zip("dwmy", TIME_UNITS.values(), strict=True)}
F = TypeVar("F")


def table_outcomes(programme: Programme) -> Iterator[AskableOutcome]:
    """Every outcome that a table of the bundle declares under ``answers``."""
    for table, described in sorted(programme.natural_history.items()):
        for outcome, answer in described.answers.items():
            yield _askable(programme, table, outcome, answer)


def _askable(programme: Programme, table: str, outcome: str, answer: TableAnswer) -> AskableOutcome:
    usable = published(programme, table).usable()
    needs = {"follow_up": _times(programme, table, answer)[-1]}
    if usable:
        named = ["baseline", *answer.strata[1:]]
        needs |= {name: usable[0].text(c) for name, c in zip(named, answer.strata, strict=False)}
    base = AskableOutcome(
        outcome,
        {"change": "change", "time-to-event": "survival"}.get(answer.kind, "proportion"),
        answer.better,
        answer.event,
        needs=needs,
        blind=tuple(answer.blind),
        offers=_offers(programme, table, outcome, answer),
    )

    def ask(
        forecast: Callable[[Programme, TableQuestion], F],
    ) -> Callable[[Programme, Conditions, int | None], list[tuple[int, F]]]:
        def answered(programme: Programme, conditions: Conditions, people: int | None) -> list[tuple[int, F]]:
            example = needs.get("baseline", "")
            said = (
                (conditions.get(answer.strata[0]) or conditions.need("baseline", example))
                if answer.strata
                else "all"
            )
            mix = parse_mix(said, people, answer.strata[0] if answer.strata else "baseline")
            return [
                (n, forecast(programme, asked(programme, table, outcome, conditions, each)))
                for each, n in mix
            ]

        return answered

    if answer.kind == "change":
        changes: Callable[[Programme, Conditions, int | None], Changes] = ask(change_forecast)
        return replace(base, changes=changes)
    shares: Callable[[Programme, Conditions, int | None], Proportions] = ask(share_forecast)
    if answer.kind != "counts":
        return replace(base, proportions=shares)
    rates: Callable[[Programme, Conditions, int | None], Rates] = ask(rate_forecast)
    return replace(base, proportions=shares, rates=rates)


def _times(programme: Programme, table: str, answer: TableAnswer) -> list[str]:
    rows = published(programme, table)
    short = _SHORT[time_unit(rows, answer)]
    printed = {r.number("time") for r in rows.usable() if "time" in r.cells}
    inside = sorted(t for t in printed if t is not None and answer.times[0] <= t <= answer.times[1])
    return [f"{t:g}{short}" for t in inside or [answer.times[1]]]


def _offers(programme: Programme, table: str, outcome: str, answer: TableAnswer) -> tuple[Offer, ...]:
    """The printed times of every stratum, where a form has fields for what tells the people apart."""
    if not set(answer.strata[1:]) <= {"level"}:
        return ()
    rows = published(programme, table).usable()
    values = [tuple(dict.fromkeys(r.text(c) for r in rows)) for c in answer.strata] + [("",)] * 2
    offer = Offer(outcome, values[0], values[1], follow_up=tuple(_times(programme, table, answer)))
    return (offer,) if len(list(offer.questions())) <= _OFFERED else ()
