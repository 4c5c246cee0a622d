"""Examinations of the spinal nerves: one as a file, or a table of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proband.cli.output import note, print_json, print_table, say
from proband.cli.score.answers import ScoreUsageError, load_json
from proband.cli.score.tables import read_table, write_table

#: from so many examinations on, whoever waits is told for what
_MANY_EXAMINATIONS = 5_000


def score_examinations(
    words: list[str], source: Path | None, target: Path | None, *, explain: bool, as_json: bool
) -> None:
    """Score one examination of a JSON file, or a table of them."""
    from proband.instruments.isncsci import Exam, classify

    if source is not None:
        _isncsci_table(source, target, as_json=as_json)
        return
    if len(words) != 1 or words[0].startswith("--"):
        raise ScoreUsageError("cli.score.examination")
    path = Path(words[0])
    load_json(path)
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
    table = read_table(source)
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
        write_table(scored, target)
        print_json(summary | {"output": str(target)})
        return
    write_table(scored, target)
    note(f"{summary['scored']} of {summary['rows']} examinations classified")
