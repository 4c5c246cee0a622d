"""The verb group ``forecast``: say beforehand what a study is expected to show, seal it, and score it afterwards."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.bundle import PROGRAMME
from proband.cli.conditions import BASELINE, BASELINE_WINDOW, ERA, FOLLOW_UP, LEVEL, WHERE, day_of, named
from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.verbs import group, verb

if TYPE_CHECKING:
    from proband.trial.forecast.document import ForecastDocument, SealedForecast
    from proband.trial.forecast.league import Board, ScoredForecast

group(
    "forecast",
    "Forecasts: sealed before the first dose, scored afterwards. Example: proband forecast draft ./my-bundle --outcome walking --people 20 --by me",
)


@verb("forecast draft")
def draft(
    bundle: str = PROGRAMME,
    outcome: str = typer.Option(..., "--outcome", "-o", help="Outcome of the bundle's natural history."),
    people: int = typer.Option(..., "--people", min=1, max=100_000, help="How many people will be treated."),
    by: str = typer.Option(..., "--by", help="Who forecasts."),
    baseline: str | None = BASELINE,
    level: str | None = LEVEL,
    where: list[str] = WHERE,
    baseline_window: str | None = BASELINE_WINDOW,
    follow_up: str | None = FOLLOW_UP,
    era: str | None = ERA,
    estimand: str | None = typer.Option(
        None, "--estimand", help="Estimand of the bundle; its primary one by default."
    ),
    share: float | None = typer.Option(
        None, "--share", help="Expected share, where it is not that of untreated people."
    ),
    worth: float | None = typer.Option(
        None, "--worth", help="How many people's experience the expected share is worth."
    ),
    mean: float | None = typer.Option(None, "--mean", help="Expected mean, for a score."),
    sd: float | None = typer.Option(
        None, "--sd", help="How far off it may be: one standard deviation, chance included."
    ),
    source: str | None = typer.Option(
        None, "--source", help="Source of the bundle that supplies the effect; else it is your own judgement."
    ),
    why: str | None = typer.Option(None, "--why", help="Why, in a sentence."),
    known: bool = typer.Option(
        False, "--outcome-known", help="The outcome may be known: retrospective, for ever."
    ),
    on: str | None = typer.Option(None, "--on", help="Day that the forecaster states; today by default."),
    out: Path = typer.Option(Path("forecast.json"), "--out", help="Where to write it."),
    as_json: bool = JsonFlag,
) -> None:
    """Write a forecast: what untreated people would show, and beside it what you expect. Without an expectation it is 'no effect'.

    Ends with 3 where no published natural history covers the question.

    Example: proband forecast draft spinal-cord-autologous --outcome ais-conversion --baseline A --level T1-9
    --baseline-window 30d --follow-up 1y --people 30 --by "trial statistician" --share 0.25 --worth 20
    """
    from proband.natural_history.conditions import Conditions
    from proband.programme import load
    from proband.trial.forecast.draft import draft_forecast, expected

    with errors_as_text(as_json):
        programme = load(bundle)
        conditions = Conditions(baseline, level, baseline_window, follow_up, era, named(where))
        made = draft_forecast(
            programme, outcome, conditions, people, made_by=by, made_on=date.today() if on is None else day_of(on), estimand=estimand, outcome_known=known
        )  # fmt: skip
        if any(each is not None for each in (share, worth, mean, sd, source)):
            reason = why or "The forecaster's own expectation."
            made = expected(made, share=share, worth=worth, mean=mean, sd=sd, source=source, why=reason)
        _write(out, made.model_dump(mode="json"))
        if as_json:
            print_json({"file": str(out), "hash": made.hash, "forecast": made.model_dump(mode="json")})
            return
        _tell(made)
        say(f"Written to {out}. Seal it before anybody is treated: proband forecast seal {out} --key KEY")


@verb("forecast seal")
def seal(
    file: Path = typer.Argument(..., help="A forecast that `proband forecast draft` wrote."),
    key: Path = typer.Option(
        ..., "--key", help="Private key (Ed25519, PEM); made there if there is no such file."
    ),
    programme: str | None = typer.Option(
        None, "--programme", help="The bundle to hold it against; it must say the same."
    ),
    out: Path | None = typer.Option(
        None, "--out", help="Where to write the sealed forecast; beside the draft by default."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Sign a forecast. That it was made in time is proven by the record that it is entered into, not by the day inside it.

    Example: proband forecast seal forecast.json --key statistician.pem --programme ./my-bundle
    """
    from proband.programme import load
    from proband.programme.sealing import new_key, read_key
    from proband.trial.forecast.document import forecast_from, seal_forecast

    with errors_as_text(as_json):
        document = forecast_from(_read(file), load(programme) if programme else None)
        if not key.exists():
            note(f"new key {key}, public part {new_key(key)}: keep the file to yourself")
        sealed = seal_forecast(document, read_key(key))
        target = out or file.with_name(f"{file.stem}.sealed.json")
        _write(target, sealed.as_dict())
        if as_json:
            print_json({"file": str(target), **sealed.as_dict()})
            return
        say(f"{target}: sealed, hash {document.hash}.")
        say(f"Enter it before the first dose: proband record do RECORD forecast.seal STUDY --file {target}")


@verb("forecast score")
def score(
    file: Path = typer.Argument(..., help="A sealed forecast."),
    seen: str = typer.Option(..., "--seen", help="What was seen: yes or no, a count, or a number."),
    record: Path | None = typer.Option(
        None, "--record", help="The record that it was sealed into: it says whether that was in time."
    ),
    out: Path | None = typer.Option(
        None, "--out", help="Also keep the score in a file, for proband forecast league."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Score a sealed forecast by what was seen, beside 'no effect'. Without a record that proves the order it counts as retrospective.

    Example: proband forecast score forecast.sealed.json --seen 7 --record ./sci
    """
    from proband.trial.forecast.document import read_sealed
    from proband.trial.forecast.league import score_forecast

    with errors_as_text(as_json):
        sealed = read_sealed(file.read_bytes())
        in_time = None if record is None else _in_time(record, sealed.document)
        scored = score_forecast(sealed.document, _number(seen), sealed_before_first_dose=in_time)
        if out is not None:
            _write(out, {"sealed": sealed.as_dict(), **scored.as_dict()})
        if as_json:
            print_json(scored.as_dict())
            return
        say(scored.words)
        _show([scored])
        if scored.retrospective:
            say(_why_retrospective(sealed, record, in_time))


@verb("forecast league")
def league_verb(
    folder: Path = typer.Argument(..., help="Folder with scores that `proband forecast score --out` wrote."),
    html: Path | None = typer.Option(None, "--html", help="Also write the page with its picture."),
    as_json: bool = JsonFlag,
) -> None:
    """Put scored forecasts together: those sealed in time, and apart from them the retrospective ones; 'no effect' always beside them.

    Example: proband forecast league ./scores --html league.html
    """
    from proband.pages.forecast_league import board_data, league_page
    from proband.trial.forecast.league import league

    with errors_as_text(as_json):
        found = league([_scored(path) for path in sorted(folder.glob("*.json"))])
        if html is not None:
            _write_text(html, league_page(found))
        if as_json:
            print_json({"words": found.words, "sealed": board_data(found.sealed), "retrospective": board_data(found.retrospective),
                        "forecasts": [each.as_dict() for each in found.forecasts]})  # fmt: skip
            return
        say(found.words)
        for title, board in (
            ("Sealed in time", found.sealed),
            ("Retrospective, for ever", found.retrospective),
        ):
            if board.n:
                _board(title, board)
        if found.forecasts:
            _show(found.forecasts)


@verb("forecast backtest")
def backtest_verb(
    bundles: list[str] = typer.Argument(
        None, help="Names of bundles, or their folders; without any, all that ship with Proband."
    ),
    html: Path | None = typer.Option(None, "--html", help="Also write the scoreboard as a page."),
    as_json: bool = JsonFlag,
) -> None:
    """Try two frozen rules, 'no effect' and 'as earlier studies', on published studies: retrospective, for ever, and no target.

    Ends with 1 where the rules say something else than when they were frozen.

    Example: proband forecast backtest --html scoreboard.html
    """
    from proband.pages.back_tests import RULES, back_tests_page
    from proband.programme import bundled, load
    from proband.trial.forecast.backtest import back_tests

    with errors_as_text(as_json):
        board = back_tests([load(name) for name in bundles or bundled()])
        if html is not None:
            _write_text(html, back_tests_page(board))
    if as_json:
        print_json(board.as_dict())
    else:
        say(
            f"Retrospective, for ever: {board.comparisons} comparisons, {board.favourable} in favour of the product.",
            "bold",
        )
        print_table(
            "Mean Brier score (smaller is better); no target", ["rule", "comparisons", "Brier", "95 % interval"],
            [(RULES[each.rule], each.n, f"{each.brier[0]:.2f}", "" if each.brier[1] is None else f"{each.brier[1][0]:.2f} to {each.brier[1][1]:.2f}")
             for each in board.rules if each.brier]
            + ([("how often the others came out in favour", board.comparisons, f"{board.base_rate:.2f}", "")] if board.base_rate is not None else [])
            + [(f"740 investigators, {what} of their own trials", "", f"{score:.2f}", "") for what, score in board.investigators.items()],
            numeric=(1, 2),
        )  # fmt: skip
        left = [each for each in board.studies if not each.forecasts]
        say(f"{len(left)} studies could not be tried: {', '.join(each.id for each in left)}.")
        for name in board.changed:
            note(f"{name}: the rules say something else than when they were frozen")
    raise typer.Exit(NO if board.changed else 0)


def _scored(path: Path) -> ScoredForecast:
    """A kept score, worked out again from the sealed forecast inside: a figure that was changed in the file does not count."""
    from proband.trial.forecast.document import ForecastError, read_sealed
    from proband.trial.forecast.league import score_forecast

    told = _read(path)
    try:
        sealed, seen, late = told["sealed"], float(told["seen"]), bool(told["retrospective"])
    except (KeyError, TypeError, ValueError) as error:
        raise ForecastError("forecast.file", path=path, reason=f"it holds no score ({error})") from error
    document = read_sealed(json.dumps(sealed)).document
    return score_forecast(document, seen, sealed_before_first_dose=not late)


def _in_time(folder: Path, document: ForecastDocument) -> bool:
    """Whether the record holds this forecast as sealed before the first dose."""
    from proband.cli.record.group import opened

    with opened(folder) as record:
        record.catch_up()
        return any(
            each["forecast"] == document.hash and not each["retrospective"]
            for each in record.state.forecasts.values()
        )


def _why_retrospective(sealed: SealedForecast, record: Path | None, in_time: bool | None) -> str:
    if sealed.document.outcome_known:
        return "Retrospective: its maker may have known the outcome."
    if record is None:
        return "Retrospective: no record was given that proves that it was sealed before the first dose."
    return f"Retrospective: {record} does not hold it as sealed before the first dose."


def _number(text: str) -> float:
    from proband.trial.forecast.document import ForecastError

    said = {"yes": 1.0, "no": 0.0}.get(text.strip().lower())
    if said is not None:
        return said
    try:
        return float(text)
    except ValueError:
        raise ForecastError("forecast.seen", reason=f"{text!r} is neither yes, no nor a number") from None


def _read(path: Path) -> dict[str, Any]:
    from proband.trial.forecast.document import ForecastError

    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ForecastError("forecast.file", path=path, reason=str(error)) from error
    if not isinstance(told, dict):
        raise ForecastError("forecast.file", path=path, reason="it is no JSON object")
    return told


def _write(path: Path, data: dict[str, Any]) -> None:
    _write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    """Write a new file: a forecast or its score is never overwritten."""
    from proband.trial.forecast.document import ForecastError

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ForecastError("forecast.exists", path=path) from None


def _tell(document: ForecastDocument) -> None:
    say(document.question)
    if document.basis.kind != "no-effect":
        rests = (
            f"source {document.basis.source}"
            if document.basis.source
            else "the forecaster's own judgement, no source"
        )
        say(f"Expected ({rests}): {document.prediction.said()}.")
    say(f"If nobody is helped: {document.comparator.prediction.said()}.")


def _show(scored: list[ScoredForecast] | tuple[ScoredForecast, ...]) -> None:
    print_table(
        "Scores: smaller is better; 'no effect' beside each",
        ["forecast", "stated day", "kind", "seen", "CRPS", "no effect", "log", "no effect", "inside 95"],
        [
            (
                each.document.hash[:12], each.document.made_on.isoformat(), "retrospective" if each.retrospective else "sealed in time",
                f"{each.seen:g}", f"{each.scores.crps:.4g}", f"{each.null.crps:.4g}", f"{each.scores.log:.4g}", f"{each.null.log:.4g}",
                "yes" if each.inside else "no",
            )
            for each in scored
        ],
        numeric=(3, 4, 5, 6, 7),
    )  # fmt: skip


def _board(title: str, board: Board) -> None:
    say(f"{title}: {board.n} forecasts; closer than 'no effect' {board.better[0]} times, as close {board.better[1]} times; "
        f"{board.inside[0]} outcomes inside 95 in a hundred.")  # fmt: skip
    if board.brier is not None:
        mean, interval = board.brier
        span = "" if interval is None else f" ({interval[0]:.2f} to {interval[1]:.2f})"
        base = "" if board.base_rate is None else f", base rate of the others {board.base_rate:.2f}"
        say(
            f"  yes or no: Brier {mean:.2f}{span} over {board.chances}, {board.happened} came true; no effect {board.no_effect:.2f}{base}"
        )
