"""The verbs ``headline``, ``natural-history`` and ``therapies``: what would have happened without the treatment?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, progress, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.programme import Programme


def named(pairs: list[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping.

    Raises
    ------
    ProbandError
        If a text is not of that form.
    """
    out: dict[str, str] = {}
    for text in pairs:
        name, mark, value = text.partition("=")
        if not (mark and name.strip() and value.strip()):
            raise ProbandError("cli.headline.where", text=text)
        out[name.strip()] = value.strip()
    return out


@verb("headline")
def headline_verb(
    text: str = typer.Argument(
        "",
        help='The headline: "2 of 4", "17 of 50 against 0 of 20", "the score fell by 2 points in 20 people".',
    ),
    programme: str = typer.Option(..., "--programme", "-p", help="Name of a bundle, or its folder."),
    outcome: str | None = typer.Option(
        None,
        "--outcome",
        "-o",
        help="Outcome, as the bundle names it; without it they are listed.",
    ),
    baseline: str | None = typer.Option(
        None,
        "--baseline",
        help='Grade, stage, score or disease at the start; a mix carries counts: "A:6,B:2,C:5".',
    ),
    level: str | None = typer.Option(
        None, "--level", help="Level, where the bundle's tables tell people apart by one."
    ),
    where: list[str] = typer.Option(
        [],
        "--where",
        help="Anything else that tells people apart, as NAME=VALUE; may be given more than once.",
    ),
    baseline_window: str | None = typer.Option(
        None, "--baseline-window", help="Time from the start to the first examination: 14-28d."
    ),
    follow_up: str | None = typer.Option(
        None, "--follow-up", help="Time from the start to the last examination: 1y, 24w."
    ),
    era: str | None = typer.Option(None, "--era", help="Calendar years: 2013-2015, 2010s."),
    control_baseline: str | None = typer.Option(
        None, "--control-baseline", help="The control group's mix where it differs."
    ),
    people: int | None = typer.Option(
        None, "--people", min=1, help="Number of people, where a mean change does not say it."
    ),
    trials: int = typer.Option(
        10_000, "--trials", min=100, max=1_000_000, help="Do-nothing trials to replay."
    ),
    seed: int = typer.Option(20260101, "--seed", help="Seed: the same seed gives the same answer."),
    difference: float | None = typer.Option(
        None, "--difference", help="Difference for the design that would tell: share or points."
    ),
    groups: str | None = typer.Option(
        None,
        "--groups",
        help="How two groups were made: randomised, matched, other-clinic, historical or unknown (which is taken where nothing is said).",
    ),
    source: list[str] = typer.Option(
        [],
        "--source",
        help="Id of a source in the bundle that the headline comes from; may be given more than once.",
    ),
    outcomes: int = typer.Option(
        1, "--outcomes", min=1, max=1000, help="Outcomes that were looked at in all."
    ),
    looks: int = typer.Option(1, "--looks", min=1, max=1000, help="Times at which they were looked at."),
    examiners: int | None = typer.Option(
        None, "--examiners", min=1, help="Examiners who share the people of a trial (2)."
    ),
    no_examiner_error: bool = typer.Option(
        False, "--no-examiner-error", help="Do not draw examiners' leanings."
    ),
    no_heterogeneity: bool = typer.Option(
        False, "--no-heterogeneity", help="Take every cohort as the average one."
    ),
    story: Path | None = typer.Option(
        None, "--from", help="Find the claims of a story instead: a text file, or - for what is piped in."
    ),
    card: Path | None = typer.Option(
        None, "--card", help="Write the answer as a card: NAME.svg a drawing of 1200 by 630, else a page."
    ),
    html: Path | None = typer.Option(None, "--html", help="Write the answer as one self-contained page."),
    as_json: bool = JsonFlag,
) -> None:
    """Ask of a headline how often it would have happened if nobody had been treated.

    Ends with 3 where no published natural history covers the question.

    Example: proband headline "2 of 4" --programme spinal-cord-autologous --outcome ais-conversion --baseline A
    --level cervical --baseline-window 14-28d --follow-up 1y
    """
    from proband.natural_history.questions import outcomes as askable
    from proband.pages.headline.replays import in_words
    from proband.programme import load
    from proband.trial.headline.answer import headline
    from proband.trial.headline.words import answer_in_numbers, what_would_tell

    with errors_as_text(as_json):
        if bool(text) == (story is not None):
            raise ProbandError("trial.headline.text-or-story")
        lines: tuple[str, ...] = ()
        with progress("replaying trials in which nobody was treated", quiet=as_json):
            loaded = load(programme)
            if story is not None:
                found = _one_claim(story, loaded, outcome)
                lines = found.lines
                text, outcome = found.text, found.outcome
            if outcome is None:
                raise ProbandError("trial.headline.outcome", programme=loaded.id, known=list(askable(loaded)))
            result = headline(
                text,
                programme=loaded,
                outcome=outcome,
                baseline=baseline,
                level=level,
                baseline_window=baseline_window,
                follow_up=follow_up,
                era=era,
                where=named(where),
                control_baseline=control_baseline,
                people=people,
                trials=trials,
                seed=seed,
                difference=difference,
                groups=groups,
                sources=source,
                outcomes=outcomes,
                looks=looks,
                examiners=examiners,
                examiner_error=False if no_examiner_error else None,
                heterogeneity=not no_heterogeneity,
            )
        if html is not None:
            from proband.pages.headline.answer import answer_page

            try:
                html.write_text(answer_page(result), encoding="utf-8")
            except OSError as error:
                raise ProbandError("cli.write", path=html, reason=error.strerror) from error
        if card is not None:
            from proband.pages.headline.card import card_page, card_svg

            made = card_svg(result) if card.suffix.lower() == ".svg" else card_page(result)
            try:
                card.write_text(made, encoding="utf-8")
            except OSError as error:
                raise ProbandError("cli.write", path=card, reason=error.strerror) from error
        if as_json:
            print_json(result.to_dict() | ({"story": list(lines)} if story is not None else {}))
            return
        for line in lines:
            say(line)
        say(result.understood)
        say("")
        say(result.words)
        say("")
        print_table("", ["question", "answer"], answer_in_numbers(result))
        if result.natural_history_refused:
            say("No natural history: " + result.natural_history_refused)
        say("")
        say(in_words(result))
        say("")
        say("What this comparison cannot see")
        for line in result.cannot_see:
            say("  - " + line)
        say("What would tell: " + what_would_tell(result))
        say("Compared with: " + "; ".join(result.domains))
        say("Assumptions")
        for line in result.assumptions:
            say("  - " + line)
        say(f"Sources ({result.level.value}): " + "; ".join(str(s) for s in result.sources))
        say(f"Programme {result.programme}, {result.programme_hash}")
        for path in (html, card):
            if path is not None:
                note(f"written to {path}")


@dataclass(frozen=True, slots=True)
class _Story:
    """The one claim of a story that is asked, and what is said of the story before."""

    text: str
    outcome: str
    lines: tuple[str, ...]


def _one_claim(story: Path, programme: Programme, outcome: str | None) -> _Story:
    """The first claim that was read whole; everything else of the story that carries a number is listed beside it."""
    from proband.natural_history.questions import outcome as find
    from proband.trial.headline.reading import forms
    from proband.trial.headline.story import read_story

    try:
        told = sys.stdin.read() if str(story) == "-" else story.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProbandError("cli.read", path=story, reason=str(error)) from error
    found = read_story(told, programme, outcome=outcome)
    lines = [f"Read whole: “{c.text}” ({c.outcome}). {c.read.understood}" for c in found.understood]
    for claim in found.partly:
        rest = " … ".join(f"“{w}”" for w in claim.left_out)
        lines.append(f"Read in part: “{claim.text}” ({claim.outcome}). Not read, and not answered: {rest}.")
    lines += [f"Not read: “{s.sentence}”: {s.why}." for s in found.not_understood]
    if not found.understood:
        raise ProbandError(
            "trial.headline.story-empty",
            claims=[f'"{c.text}" --outcome {c.outcome}' for c in found.partly],
            forms=forms(find(programme, outcome)) if outcome else ['"2 of 4 improved"'],
            details={"lines": lines},
        )
    first = found.understood[0]
    return _Story(first.text, first.outcome, tuple(lines))


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
    baseline: str | None = typer.Option(
        None, "--baseline", help="Grade, stage, score or disease at the start."
    ),
    level: str | None = typer.Option(
        None, "--level", help="Level, where the bundle's tables tell people apart by one."
    ),
    where: list[str] = typer.Option(
        [], "--where", help="Anything else that tells people apart, as NAME=VALUE."
    ),
    baseline_window: str | None = typer.Option(
        None, "--baseline-window", help="Time from the start to the first examination."
    ),
    follow_up: str | None = typer.Option(
        None, "--follow-up", help="Time from the start to the last examination."
    ),
    era: str | None = typer.Option(None, "--era", help="Calendar years."),
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
                say(f"  a new group of {people} people: {seen[0]:g} to {seen[1]:g} (95 %)")
            say(f"  {f.domain}")
            for line in f.assumptions:
                say("  - " + line)
            say(f"  Sources ({f.level.value}): " + "; ".join(str(s) for s in f.sources))
        say(f"Programme {loaded.id}, {loaded.hash}")


@verb("therapies")
def therapies_verb(
    query: str = typer.Argument("", help="Gene, disorder or therapy; empty lists everything."),
    programme: str | None = typer.Option(
        None,
        "--programme",
        "-p",
        help="Name of a bundle, or its folder; without it the bundle that comes with Proband and has such a table.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Search the table gene → mechanism → candidate therapy, with what must be avoided. Never a dose, never advice.

    Ends with 1 if nothing is found.

    Example: proband therapies COQ4
    """
    from proband.natural_history.therapies import TABLE, search
    from proband.programme import bundled, load

    with errors_as_text(as_json):
        named_or_shipped = [load(programme)] if programme else [load(name) for name in bundled()]
        carriers = [p for p in named_or_shipped if f"evidence/{TABLE}.csv" in p.tables]
        found = search(query, programme=(carriers or named_or_shipped)[0])
        if as_json:
            print_json(found.to_dict())
            return
        for rule in found.contraindications:
            say(
                f"AVOID {rule.avoid} with {', '.join(rule.genes)}: {rule.why} [{rule.level.value}]",
                style="bold",
            )
        print_table(
            "",
            ["genes", "disorder", "therapy", "route", "grade", "outcome", "level"],
            [
                (", ".join(t.genes), t.disorder, t.therapy, t.route, t.grade, t.outcome, t.level.value)
                for t in found.therapies
            ],
        )
        for line in found.notes:
            say(line)
