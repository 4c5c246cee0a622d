"""The verb group ``evidence``: which rows were read by two people, recording that somebody read one, and what is due."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import typer

from proband.cli.bundle import PROGRAMME
from proband.cli.conditions import day_of
from proband.cli.output import REFUSED, JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.verbs import group, verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.programme import Programme
    from proband.programme.evidence import EvidenceRow

group(
    "evidence",
    "Evidence: figures read by two people, and what is to be looked at again. Example: proband evidence verify ./my-bundle --by 'second reader'",
)


@verb("evidence verify")
def verify(
    bundle: str = PROGRAMME,
    by: str | None = typer.Option(
        None,
        "--by",
        help="Who reads: walk the rows and record what you find; without it the rows are listed.",
    ),
    row: str | None = typer.Option(None, "--row", help="One row only: FILE#ROW."),
    agrees: bool | None = typer.Option(
        None, "--agrees/--differs", help="With --row: record the answer without asking."
    ),
    at: str | None = typer.Option(
        None, "--at", help="With --row: where it stands, such as 'page 4, table 2'."
    ),
    quote: str | None = typer.Option(
        None, "--quote", help="With --row: the words as printed, at most fifteen."
    ),
    on: str | None = typer.Option(None, "--on", help="Day of the reading; today by default."),
    as_json: bool = JsonFlag,
) -> None:
    """Walk the rows that were not read by two people: show number and quote, and record who agrees.

    Nobody is invented: a figure whose first reader is not known counts as read once, and becomes "read by two" when two named people have read it.

    Example: proband evidence verify ./my-bundle --by "second reader" --row results/vaquero-2017#ais-conversion --agrees
    """
    from proband.programme import load, locate
    from proband.programme.readings import to_read

    with errors_as_text(as_json):
        programme, folder = load(bundle), locate(bundle)
        rows = to_read(programme, by)
        if row is not None:
            if row not in programme.evidence:
                raise ProbandError("cli.evidence.row", row=row, programme=programme.id)
            rows = [programme.evidence[row]]
        if by is None:
            if as_json:
                print_json([_plain(each) for each in rows])
                return
            shown = [
                (r.pointer, r.shown(), r.source, r.at or "not recorded", r.quote or "", r.read_by)
                for r in rows
            ]
            print_table(
                f"Rows of {programme.id} that fewer than two people read ({len(rows)} of {len(programme.evidence)})",
                ["row", "numbers", "source", "place", "quote", "read by"],
                shown,
                numeric=(5,),
            )
            return
        day = date.today() if on is None else day_of(on)
        done = 0
        for each in rows:
            answer = (
                ("y" if agrees else "n")
                if row is not None and agrees is not None
                else _asked(each, str(programme.source(each.source)))
            )
            if answer == "q":
                break
            if answer != "s":
                where = at or (
                    typer.prompt("Where does it stand (page, table)", default=each.at or "")
                    if agrees is None
                    else ""
                )
                words = quote or (
                    typer.prompt("The words as printed, at most fifteen", default=each.quote or "")
                    if agrees is None
                    else ""
                )
                _record(folder, each, by, day, answer == "y", where, words)
                done += 1
        if as_json:
            print_json({"programme": programme.id, "recorded": done, "hash": load(folder).hash})
            return
        note(
            f"{done} readings recorded; {len(to_read(load(folder)))} rows are left that fewer than two people read"
        )


@verb("evidence due")
def due(
    bundle: list[str] = typer.Argument(
        None, help="Bundles, by folder or name; every shipped one by default."
    ),
    on: str | None = typer.Option(None, "--on", help="As of which day; today by default."),
    within: int = typer.Option(0, "--within", min=0, help="Look so many days ahead."),
    as_json: bool = JsonFlag,
) -> None:
    """List the facts, claims and searches whose day has come: what is to be looked at again.

    Ends with 3 where something is due, so that a monthly job can tell.

    Example: proband evidence due liver-cells --within 30
    """
    from proband.programme import bundled, load
    from proband.programme.due import evidence_due

    with errors_as_text(as_json):
        day = date.today() if on is None else day_of(on)
        found = [
            (each, evidence_due(each, day, within))
            for each in (load(name, on=day) for name in bundle or bundled())
        ]
        if as_json:
            print_json(
                [
                    {
                        "programme": programme.id,
                        "hash": programme.hash,
                        "on": day,
                        "searched_on": _searched_on(programme),
                        "due": [asdict(d) for d in dues],
                    }
                    for programme, dues in found
                ]
            )
        else:
            for programme, dues in found:
                last = _searched_on(programme)
                print_table(
                    f"Due in {programme.id} by {day} ({'never searched by a stated search' if last is None else f'searched on {last}'})",
                    ["due", "kind", "id", "last looked at", "what"],
                    [(d.due, d.kind, d.id, d.checked or "never", d.what) for d in dues],
                )
                note(f"{len(dues)} due in {programme.id}")
    if any(dues for _, dues in found):
        raise typer.Exit(REFUSED)


@verb("evidence checked")
def checked(
    bundle: list[str] = typer.Argument(
        None, help="Bundles, by folder or name; every shipped one by default."
    ),
    rows: bool = typer.Option(
        False, "--rows", help="Also list the rows that were corrected, cannot be checked or are open."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Count how many figures were held against public text again, and what came of it.

    Example: proband evidence checked spinal-cord-autologous --rows
    """
    from proband.programme import bundled, load
    from proband.programme.printed import evidence_checks

    with errors_as_text(as_json):
        found = [evidence_checks(load(name)) for name in bundle or bundled()]
        listed = [
            (each.programme, outcome, row)
            for each in found
            for outcome, part in (
                ("corrected", each.corrected),
                ("not-checkable", each.not_checkable),
                ("open", each.open),
            )
            for row in part
        ]
        if as_json:
            print_json(
                [
                    {
                        "programme": each.programme, "hash": each.programme_hash, "confirmed": len(each.confirmed), "corrected": len(each.corrected),
                        "not_checkable": len(each.not_checkable), "open": len(each.open),
                        "rows": [
                            {"row": row.place, "outcome": outcome, "source": row.source, "check": row.check.model_dump(mode="json") if row.check else None}
                            for programme, outcome, row in listed if programme == each.programme
                        ],
                    }
                    for each in found
                ]
            )  # fmt: skip
            return
        print_table(
            "Figures held against public text again",
            ["programme", "confirmed", "corrected", "not checkable", "open"],
            [
                (e.programme, len(e.confirmed), len(e.corrected), len(e.not_checkable), len(e.open))
                for e in found
            ],
            numeric=(1, 2, 3, 4),
        )
        if rows:
            print_table(
                "Rows that were not simply confirmed",
                ["row", "outcome", "was", "text"],
                [
                    (
                        f"{p}/{row.place}",
                        outcome,
                        (c.was or "") if (c := row.check) else "",
                        c.text if c else "",
                    )
                    for p, outcome, row in listed
                ],
            )


def _searched_on(programme: Programme) -> date | None:
    return programme.selection.searched_on if programme.selection else None


def _asked(row: EvidenceRow, source: str) -> str:
    """Show a row and ask whether its source says so: y, n, s (skip) or q (quit)."""
    say("")
    say(f"{row.pointer}   ({row.file}:{row.line})", style="bold")
    say(f"  {row.shown()}  [{row.unit}]  {row.note or ''}")
    say(f"  {source}")
    say(f"  place: {row.at or 'not recorded'}   quote: {row.quote or 'not recorded'}")
    answer = ""
    while answer not in {"y", "n", "s", "q"}:
        answer = str(typer.prompt("Does the source say so? y, n, s to skip, q to quit")).strip().lower()[:1]
    return answer


def _record(folder: object, row: EvidenceRow, by: str, day: date, agrees: bool, at: str, quote: str) -> None:
    from pathlib import Path

    from pydantic import ValidationError

    from proband.programme.evidence import SourceReading
    from proband.programme.readings import record

    try:
        reading = SourceReading(
            row=row.pointer,
            by=by,
            on=day,
            agrees=agrees,
            read=dict(row.numbers),
            at=at or None,
            quote=quote or None,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise ProbandError("cli.evidence.reading", field=first["loc"][0], reason=first["msg"]) from error
    record(Path(str(folder)), reading)


def _plain(row: EvidenceRow) -> dict[str, object]:
    return {
        "row": row.pointer, "file": row.file, "line": row.line, "numbers": dict(row.numbers), "unit": row.unit, "source": row.source,
        "level": row.level.value, "at": row.at, "quote": row.quote, "read_by": row.read_by, "readers": list(row.readers),
        "disputed": list(row.disputed),
    }  # fmt: skip
