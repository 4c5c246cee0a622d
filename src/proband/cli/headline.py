"""The verb ``headline``: what would have happened without the treatment?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.conditions import named
from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, progress, say
from proband.cli.story import one_claim
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.natural_history.askable import AskableOutcome


def _with_needs(outcome: AskableOutcome, given: dict[str, str | None]) -> str:
    """The name of an outcome, with the options that it needs and that were not given."""
    from proband.trial.headline.options import OPTION_OF

    missing = [f"--{OPTION_OF.get(n, n)}" for n in outcome.needs if not given.get(n)]
    return f"{outcome.name} (with {' '.join(missing)})" if missing else outcome.name


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
                found = one_claim(story, loaded, outcome, None if as_json else say)
                lines = found.lines
                text, outcome = found.text, found.outcome
            if outcome is None:
                given = {
                    "baseline": baseline,
                    "level": level,
                    "window": baseline_window,
                    "follow_up": follow_up,
                }
                raise ProbandError(
                    "trial.headline.outcome",
                    programme=loaded.id,
                    known=[_with_needs(o, given) for o in askable(loaded).values()],
                )
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
