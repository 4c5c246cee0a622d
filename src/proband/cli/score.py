"""The verb ``score``: one person, a file of answers, an examination, or a table."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.instruments import describe
from proband.cli.output import (
    REFUSED,
    JsonFlag,
    errors_as_text,
    note,
    print_json,
    print_table,
    progress,
    say,
)
from proband.cli.verbs import verb
from proband.terms import Level, ProbandError

if TYPE_CHECKING:
    import polars as pl

    from proband.instruments import Instrument, Item

#: from so many examinations on, whoever waits is told for what
_MANY_EXAMINATIONS = 5_000

#: rows per step of a table, so that the progress bar moves
_CHUNK = 250_000

_BARE_NUMBER = r"\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*"


class ScoreUsageError(ProbandError):
    """The command line of ``proband score`` is wrong."""


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ScoreUsageError("cli.score.assignment", option=option, text=text)
        pairs[name.replace("-", "_")] = value
    return pairs


def _read_answers(instrument: Instrument, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Answers by item from ``--item value``, ``--item=value``, ``--item`` and ``--no-item`` (yes or no); and the rest."""
    answers: dict[str, str] = {}
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        item, negated = _named(instrument, name)
        if item.kind.value == "yes-no" and not equals:
            following = queue[0].lower() if queue else ""
            if negated:
                value = "no"
            elif following in {"yes", "no", "true", "false", "y", "n", "1", "0"}:
                value = queue.pop(0)
            else:
                value = "yes"
        elif not equals:
            if not queue or queue[0].startswith("--"):
                raise ScoreUsageError("cli.score.value", name=name, example=_sample(item))
            value = queue.pop(0)
            # "--bilirubin 2.1 mg/dL" without quotes: the unit is the next word
            if item.kind.value == "quantity" and queue and queue[0] in item.entry_units:
                value = f"{value} {queue.pop(0)}"
        if item.name in answers:
            raise ScoreUsageError("cli.score.twice", name=name)
        answers[item.name] = value
    return answers, rest


def _named(instrument: Instrument, option: str) -> tuple[Item, bool]:
    plain = option.replace("-", "_")
    if plain in instrument.item_names:
        return instrument.item(plain), False
    if plain.startswith("no_") and plain[3:] in instrument.item_names:
        item = instrument.item(plain[3:])
        if item.kind.value == "yes-no":
            return item, True
    names = ", ".join(f"--{name.replace('_', '-')}" for name in instrument.item_names[:30])
    raise ScoreUsageError("cli.score.item", instrument=instrument.id, option=option, names=names)


def _sample(item: Item) -> str:
    if item.options:
        return repr(item.options[0].label)
    if item.kind.value == "yes-no":
        return "yes"
    bare = item.kind.value != "quantity" or item.unit == "1" or item.unit.startswith("{")
    return "NUMBER" if bare else _with_unit("NUMBER", item.unit)


def _with_unit(number: str, unit: str) -> str:
    return f'"{number} {unit}"' if unit[0].isdigit() else f"{number}{unit}"


def _how_to_give(item: Item) -> str:
    option = item.name.replace("_", "-")
    return f"--{option} or --no-{option}" if item.kind.value == "yes-no" else f"--{option} {_sample(item)}"


def _refuse_bare_numbers(instrument: Instrument, answers: Mapping[str, str], units: Any) -> None:
    """A bare number is refused where several units are in use: a slip would pass as a plausible value."""
    if isinstance(units, str):
        return
    for name, answer in answers.items():
        item = instrument.item(name)
        is_number = re.fullmatch(_BARE_NUMBER, answer) is not None
        if item.unit_must_be_said and is_number and name not in (units or {}):
            option = f"--{name.replace('_', '-')}"
            choices = " or ".join(f"{option} {_with_unit(answer.strip(), unit)}" for unit in item.entry_units)
            raise ScoreUsageError(
                "cli.score.unit",
                item=name,
                answer=answer,
                choices=choices,
                details={"units": list(item.entry_units)},
            )


def _units(system: str | None, single: list[str]) -> Any:
    if system is not None and system not in {"us", "si"}:
        raise ScoreUsageError("cli.score.system", system=system)
    if single and system:
        raise ScoreUsageError("cli.score.units")
    return system or (_pairs(single, "--unit") if single else None)


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
            _isncsci(list(ctx.args), input, output, explain=explain, as_json=as_json)
            return
        answers, rest = _read_answers(instrument, list(ctx.args))
        chosen_units = _units(units, unit)
        stand_ins = _pairs(assume, "--assume")
        _refuse_bare_numbers(instrument, stand_ins, chosen_units)
        if input is not None:
            if answers or rest:
                raise ScoreUsageError("cli.score.mixed", arguments=" ".join(ctx.args))
            _table(
                instrument,
                input,
                output,
                _pairs(column, "--map"),
                variant=variant,
                units=chosen_units,
                conversion=conversion,
                assume=stand_ins,
                details=details,
                as_json=as_json,
            )
            return
        if len(rest) == 1 and rest[0].endswith(".json") and not answers:
            answers = _answers_of_file(Path(rest[0]))
        elif rest:
            raise ScoreUsageError("cli.score.rest", argument=rest[0])
        _refuse_bare_numbers(instrument, answers, chosen_units)
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


def _answers_of_file(path: Path) -> dict[str, str]:
    data = _load_json(path)
    if not isinstance(data, dict):
        raise ScoreUsageError("cli.score.object", path=path)
    return {str(name): "" if value is None else str(value) for name, value in data.items()}


def _load_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScoreUsageError("cli.score.unreadable", path=path, reason=error.strerror) from None
    except ValueError as error:
        raise ScoreUsageError("cli.score.json", path=path, error=str(error)) from None


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
                note("give " + ", ".join(_how_to_give(instrument.item(name)) for name in result.reason.items))
    if result.reason is not None:
        raise typer.Exit(REFUSED)


def _read_table(path: Path) -> pl.DataFrame:
    import polars as pl

    if not path.is_file():
        raise ScoreUsageError("cli.score.file", path=path)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ScoreUsageError("cli.score.table", path=path, error=str(error)) from None
    raise ScoreUsageError("cli.score.input", file=path.name)


def _write_table(table: pl.DataFrame, path: Path | None) -> None:
    if path is None:
        typer.echo(table.write_csv(), nl=False)
    elif path.suffix == ".parquet":
        table.write_parquet(path)
    elif path.suffix == ".csv":
        table.write_csv(path)
    else:
        raise ScoreUsageError("cli.score.out", file=path.name)


def _check_columns(
    instrument: Instrument, table: pl.DataFrame, mapping: Mapping[str, str], units: Any
) -> None:
    """Numeric columns of items with several units in use must have their unit said."""
    import polars as pl

    if isinstance(units, str):
        return
    for item in instrument.items:
        column = mapping.get(item.name, item.name)
        if column not in table.columns or not item.unit_must_be_said or item.name in (units or {}):
            continue
        cells = table[column]
        # one "<5" makes a whole column text: its other cells are still numbers without a unit
        if cells.dtype.is_numeric() or (
            cells.dtype == pl.String and cells.str.contains(f"^{_BARE_NUMBER}$").any()
        ):
            raise ScoreUsageError(
                "cli.score.column-unit",
                column=column,
                item=item.name,
                label=item.label,
                units=item.entry_units,
            )


def _table(
    instrument: Instrument,
    source: Path,
    target: Path | None,
    mapping: Mapping[str, str],
    *,
    variant: str | None,
    units: Any,
    conversion: str,
    assume: Mapping[str, str],
    details: bool,
    as_json: bool,
) -> None:
    import polars as pl

    from proband.instruments import score_table

    if target is not None and target.suffix not in {".csv", ".parquet"}:
        raise ScoreUsageError("cli.score.out", file=target.name)
    table = _read_table(source)
    _check_columns(instrument, table, mapping, units)
    start = time.perf_counter()
    parts = []
    with progress(f"{instrument.id}, {len(table)} rows", len(table), quiet=len(table) <= _CHUNK) as advance:
        for offset in range(0, max(len(table), 1), _CHUNK):
            part = table.slice(offset, _CHUNK)
            parts.append(
                score_table(
                    instrument.id,
                    part,
                    mapping,
                    variant=variant,
                    units=units,
                    conversion=conversion,
                    assume=assume,
                    details=details,
                )
            )
            advance(len(part))
    scored = pl.concat(parts)
    seconds = time.perf_counter() - start
    reasons = scored[f"{instrument.id}_reason"].drop_nulls().value_counts(sort=True)
    summary: dict[str, Any] = {
        "instrument": instrument.id,
        "variant": instrument.variant(variant).name,
        "level": instrument.variant(variant).level.value,
        "rows": len(scored),
        "scored": len(scored) - int(reasons["count"].sum() or 0),
        "no_score": dict(reasons.iter_rows()),
        "seconds": round(seconds, 3),
        "output": str(target) if target else None,
    }
    if as_json:
        if target is None:
            summary["table"] = scored.to_dicts()
        else:
            _write_table(scored, target)
        print_json(summary)
        return
    _write_table(scored, target)
    note(
        f"{summary['scored']} of {summary['rows']} rows scored in {seconds:.2f} s, variant {summary['variant']}"
    )
    for reason, count in summary["no_score"].items():
        note(f"  {count} without a score: {reason}")


def _isncsci(
    words: list[str], source: Path | None, target: Path | None, *, explain: bool, as_json: bool
) -> None:
    from proband.instruments.isncsci import Exam, classify

    if source is not None:
        _isncsci_table(source, target, as_json=as_json)
        return
    if len(words) != 1 or words[0].startswith("--"):
        raise ScoreUsageError("cli.score.examination")
    path = Path(words[0])
    _load_json(path)
    result = classify(Exam.from_json(path.read_text(encoding="utf-8"), file=str(path)))
    if as_json:
        answer: dict[str, Any] = {
            "instrument": "isncsci",
            "variant": "2019",
            "answers": result.to_dict(),
            "warnings": list(result.warnings),
        }
        if explain:
            answer["explanation"] = {key: result.explain(key) for key in result.to_dict()}
        print_json(answer)
    elif explain:
        say(result.explain())
    else:
        say(f"AIS {result.ais}, neurological level {result.neurological_level}", "bold")
        print_table("", ["answer", "value"], list(result.to_dict().items()))
        for warning in result.warnings:
            note(f"look again: {warning}")


def _isncsci_table(source: Path, target: Path | None, *, as_json: bool) -> None:
    import polars as pl

    from proband.instruments.isncsci import ExamBatch, classify_batch
    from proband.instruments.isncsci.batch import is_compiled

    if target is not None and target.suffix not in {".csv", ".parquet"}:
        raise ScoreUsageError("cli.score.out", file=target.name)
    table = _read_table(source)
    batch = ExamBatch.from_columns({name: table[name].to_list() for name in table.columns})
    if len(batch) >= _MANY_EXAMINATIONS:
        note(
            "the first run on this machine compiles the classification: some seconds, once"
            if is_compiled()
            else f"{len(batch)} examinations take about {len(batch) * 0.0007:.0f} s; with the extra they take less than one: "
            "pip install 'proband[speed]'"
        )
    reasons: dict[int, list[str]] = {}
    for row, problem in batch.problems:
        reasons.setdefault(row, []).append(str(problem))
    scored = table.hstack(
        [
            *(
                pl.Series(f"isncsci_{key}", values, dtype=pl.String)
                for key, values in classify_batch(batch).to_columns().items()
            ),
            pl.Series(
                "isncsci_reason",
                [("; ".join(reasons[row]) if row in reasons else None) for row in range(len(table))],
                dtype=pl.String,
            ),
        ]
    )
    summary = {"instrument": "isncsci", "rows": len(table), "scored": int(batch.valid.sum())}
    if as_json:
        if target is None:
            print_json(summary | {"table": scored.to_dicts()})
            return
        _write_table(scored, target)
        print_json(summary | {"output": str(target)})
        return
    _write_table(scored, target)
    note(f"{summary['scored']} of {summary['rows']} examinations classified")
