"""The verb ``natural-history``: what happens to people who are not treated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from proband.cli.conditions import BASELINE, BASELINE_WINDOW, ERA, FOLLOW_UP, LEVEL, WHERE, named
from proband.cli.output import JsonFlag, errors_as_text, print_json, print_table, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    pass


def _predicted(forecast: Any, people: int | None) -> list[float] | None:
    """What a new group of ``people`` will show: counts for shares, mean change for scores (95 %)."""
    if people is None:
        return None
    interval = forecast.counts(people) if hasattr(forecast, "counts") else forecast.group_mean(people)
    return [round(float(v), 3) for v in interval]


@verb("natural-history")
def natural_history_verb(
    programme: str = typer.Argument(..., help="Name of a bundle, or its folder."),
    outcome: str | None = typer.Option(
        None, "--outcome", "-o", help="Outcome to forecast; without it the outcomes and tables are listed."
    ),
    baseline: str | None = BASELINE,
    level: str | None = LEVEL,
    where: list[str] = WHERE,
    baseline_window: str | None = BASELINE_WINDOW,
    follow_up: str | None = FOLLOW_UP,
    era: str | None = ERA,
    people: int | None = typer.Option(
        None,
        "--people",
        min=1,
        max=100_000,
        help="Also predict what a new group of so many people will show.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Show what happens without the therapy: the tables of a bundle, or the forecast for one question.

    Ends with 3 where no published natural history covers the question.

    Example: proband natural-history spinal-cord-autologous --outcome ais-conversion --baseline A --level T1-9
    --baseline-window 30d --follow-up 1y
    """
    from proband.natural_history import published_tables
    from proband.natural_history.conditions import Conditions
    from proband.natural_history.questions import outcome as find
    from proband.natural_history.questions import outcomes
    from proband.programme import load

    with errors_as_text(as_json):
        loaded = load(programme)
        if outcome is None:
            known, tables = outcomes(loaded), published_tables(loaded)
            if as_json:
                print_json(
                    {
                        "programme": loaded.id,
                        "programme_hash": loaded.hash,
                        "outcomes": {k: {"kind": v.kind, "better": v.better} for k, v in known.items()},
                        "tables": {
                            k: {
                                "title": t.title,
                                "rows": len(t),
                                "usable": len(t.usable()),
                                "domain": t.domain,
                            }
                            for k, t in tables.items()
                        },
                    }
                )
                return
            print_table(
                "Outcomes",
                ["outcome", "kind", "better"],
                [(o.name, o.kind, o.better) for o in known.values()],
            )
            print_table(
                "Tables",
                ["table", "title", "rows", "in calculations"],
                [(k, t.title, len(t), len(t.usable())) for k, t in tables.items()],
                numeric=(2, 3),
            )
            return
        found = find(loaded, outcome)
        conditions = Conditions(baseline, level, baseline_window, follow_up, era, named(where))
        ask = found.changes if found.kind == "change" else found.proportions
        if ask is None:
            raise ProbandError("cli.outcome", outcome=outcome)
        forecasts = [f for _, f in ask(loaded, conditions, None)]
        if as_json:
            print_json(
                [
                    {
                        "label": f.label,
                        "mean": f.mean,
                        "pooled": f.pooled,
                        "interval95": list(f.interval()),
                        "people": people,
                        "predicted95": _predicted(f, people),
                        "domain": f.domain,
                        "level": f.level.value,
                        "programme_hash": f.programme_hash,
                        "assumptions": list(f.assumptions),
                        "sources": [s.model_dump(mode="json", exclude_none=True) for s in f.sources],
                    }
                    for f in forecasts
                ]
            )
            return
        scale, unit = (1.0, "") if found.kind == "change" else (100.0, " %")
        for f in forecasts:
            low, high = f.interval()
            say(
                f"{f.label}: {scale * f.mean:.1f}{unit}, new cohorts {scale * low:.1f} to {scale * high:.1f}{unit} (95 %)"
            )
            seen = _predicted(f, people)
            if seen is not None:
                say(f"  a new group of {people}: {seen[0]:g} to {seen[1]:g} (95 %)")
            say(f"  {f.domain}")
            for line in f.assumptions:
                say("  - " + line)
            say(f"  Sources ({f.level.value}): " + "; ".join(str(s) for s in f.sources))
        say(f"Programme {loaded.id}, {loaded.hash}")
