"""The verb, and the score of one person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.instruments import describe
from proband.cli.output import REFUSED, JsonFlag, errors_as_text, note, print_json, say
from proband.cli.score.answers import (
    ScoreUsageError,
    answers_of_file,
    how_to_give,
    pairs,
    read_answers,
    refuse_bare_numbers,
    units_of,
)
from proband.cli.score.examinations import score_examinations
from proband.cli.score.tables import score_table
from proband.cli.verbs import verb
from proband.terms import Level

if TYPE_CHECKING:
    from proband.instruments import Instrument


@verb(
    "score",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def score(
    ctx: typer.Context,
    id: str = typer.Argument(
        "", metavar="ID", help="Id of the instrument; `proband instruments` lists them."
    ),
    variant: str | None = typer.Option(None, "--variant", help="Published form, by name."),
    units: str | None = typer.Option(None, "--units", help="Units of bare numbers: us or si."),
    unit: list[str] = typer.Option([], "--unit", help="Unit of one item's bare numbers: bilirubin=umol/L."),
    conversion: str = typer.Option(
        "molar-mass", "--conversion", help="Constants: molar-mass, conventional (17.1; 88.4), 17.104-88.42."
    ),
    assume: list[str] = typer.Option([], "--assume", help="Answer to take where none is given: dialysis=no."),
    input: Path | None = typer.Option(None, "--input", help="Table to score: CSV or Parquet."),
    output: Path | None = typer.Option(
        None, "--out", help="Where to write the scored table: CSV or Parquet."
    ),
    column: list[str] = typer.Option([], "--map", help="Column of an item: bilirubin=bili_umol_l."),
    details: bool = typer.Option(False, "--details", help="Table: add the rule's further columns."),
    explain: bool = typer.Option(False, "--explain", help="Show the way to the result."),
    as_json: bool = JsonFlag,
    wants_help: bool = typer.Option(
        False, "--help", "-h", help="Show this message, or the instrument's items if one is named."
    ),
) -> None:
    """Score one person or a table. Items are options: `--item value`; `proband score ID --help` lists them.

    A missing or impossible answer gives no score but the reason, and ends with 3.

    Example: proband score meld --bilirubin 2.1mg/dL --creatinine 1.9mg/dL --inr 1.8 --no-dialysis ·
    proband score child-pugh --bilirubin 43umol/L --albumin 30g/L --inr 1.9 --ascites slight --encephalopathy none ·
    proband score isncsci exam.json --explain ·
    proband score meld-na --input patients.csv --units si --map sodium=na --assume dialysis=no --out scored.parquet
    """
    from proband.instruments import get

    with errors_as_text(as_json):
        if as_json and not (wants_help or id):
            raise ScoreUsageError("door.usage", text="no instrument is named", help="proband score --help")
        if wants_help or not id:
            typer.echo(ctx.get_help())
            if wants_help and id:
                typer.echo("")
                describe(get(id))
            if not wants_help:
                raise typer.Exit(2)
            return
        instrument = get(id)
        if id == "isncsci":
            score_examinations(list(ctx.args), input, output, explain=explain, as_json=as_json)
            return
        answers, rest = read_answers(instrument, list(ctx.args))
        chosen_units = units_of(units, unit)
        stand_ins = pairs(assume, "--assume")
        refuse_bare_numbers(instrument, stand_ins, chosen_units)
        if input is not None:
            if answers or rest:
                raise ScoreUsageError("cli.score.mixed", arguments=" ".join(ctx.args))
            score_table(
                instrument,
                input,
                output,
                pairs(column, "--map"),
                variant=variant,
                units=chosen_units,
                conversion=conversion,
                assume=stand_ins,
                details=details,
                as_json=as_json,
            )
            return
        if len(rest) == 1 and rest[0].endswith(".json") and not answers:
            answers = answers_of_file(Path(rest[0]))
        elif rest:
            raise ScoreUsageError("cli.score.rest", argument=rest[0])
        refuse_bare_numbers(instrument, answers, chosen_units)
        _one(
            instrument,
            answers,
            variant,
            chosen_units,
            conversion,
            stand_ins,
            explain=explain,
            as_json=as_json,
        )


def _one(
    instrument: Instrument,
    answers: Mapping[str, str],
    variant: str | None,
    units: Any,
    conversion: str,
    assume: Mapping[str, str],
    *,
    explain: bool,
    as_json: bool,
) -> None:
    from proband.instruments.scoring import score_one

    result = score_one(
        instrument, answers, variant=variant, units=units, conversion=conversion, assume=assume
    )
    if as_json:
        print_json(result.as_dict() | ({"explanation": result.explain().splitlines()} if explain else {}))
    elif explain:
        say(result.explain())
    elif result.reason is None:
        mark = "" if result.level is Level.READ else f" [{result.level.value}]"
        category = f" ({result.category})" if result.category else ""
        say(f"{result.name} {result.value:.6g}{category}, variant {result.variant}{mark}")
        if result.unrounded is not None and result.unrounded != result.value:
            say(f"before rounding and limits {result.unrounded:.6g}")
        for name, value in result.assumed.items():
            say(f"assumed, not given: {name} = {value}")
    if not as_json and not explain:
        for warning in result.warnings:
            note(f"look again: {warning}")
        if result.reason is not None:
            say(f"{result.name}: no score. {result.reason.message}")
            if result.reason.code == "instruments.score.missing":
                note("give " + ", ".join(how_to_give(instrument.item(name)) for name in result.reason.items))
    if result.reason is not None:
        raise typer.Exit(REFUSED)
