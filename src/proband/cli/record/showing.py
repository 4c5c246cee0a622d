"""Verbs that show what a record says: ``show``, ``recall``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.record.group import FOLDER, READER, READER_KEY, WHY_READ, opened, shown_to
from proband.cli.verbs import verb
from proband.record import RecordError, recall
from proband.record.denominators import Flow
from proband.record.reading import narrowed
from proband.record.seeing import flow_seen, rows_seen, sees, works_everywhere
from proband.record.standing import standing_words
from proband.record.tables import TABLES


@verb("record show")
def show(
    folder: Path = FOLDER,
    what: str = typer.Argument(
        "flow", help=f"flow, pack, visits, custody, events, history, or a table: {', '.join(TABLES)}."
    ),
    of: str | None = typer.Option(
        None,
        help="One participant only; custody: the chain-of-identity identifier; events: the subject; history: a participant or a container; a table: a key of it.",
    ),
    field: str | None = typer.Option(
        None, help="history: only fields in whose path this stands, as outcomes or standing."
    ),
    product: str | None = typer.Option(None, help="custody: one container only."),
    on: str | None = typer.Option(None, help="visits: as of this day (YYYY-MM-DD); today without it."),
    person: str | None = READER,
    key: Path | None = READER_KEY,
    reason: str | None = WHY_READ,
    as_json: bool = JsonFlag,
) -> None:
    """Show the flow of participants, the pack of the safety board, a table, the visits due, the custody of a product, the events of a subject, or its history: old value, new value, by whom, why, under which version.

    Where anybody is masked, or arms are drawn, it is shown to somebody: say who reads (--as). Whoever is named is shown what is of their sites, and of the study.

    Example: proband record show ./sci visits --on 2026-06-01 --as dr-1
    """
    with errors_as_text(as_json), opened(folder) as record:
        rows: list[dict[str, Any]]
        who, columns = shown_to(record, person, key, what, of, reason)
        if who is not None and not works_everywhere(record.state, who):
            note(
                f"only what is of {', '.join(sorted(who.sites))}, where {who.id} works, or of the whole study"
            )
        if what == "flow":
            _show_flow(flow_seen(record.state, who), columns, as_json)
            if not as_json:
                say(standing_words(record.state), style="dim")
            return
        if what == "pack":
            from proband.record.findings import board_pack

            _show_pack(board_pack(record.state).as_dict(), as_json)
            return
        if what == "custody":
            from proband.record.custody import chain_of

            if of is None or of not in record.state.therapies:
                raise RecordError("record.show.custody", event=of)
            rows = [link.as_dict() for link in chain_of(record, of, product=product)]
        elif what == "history":
            from proband.record.history import history

            if of is None:
                raise RecordError("record.show.history", subject=of)
            rows = [entry.as_dict() for entry in history(record, of, field)]
            if not as_json:
                _show_history(rows)
                return
        elif what == "events":
            from proband.record.audit import trail

            rows = [
                row for row in trail(record, of) if who is None or sees(record.state, who, row["subject"])
            ]
        else:
            from proband.record.projection import show as rows_of

            try:
                rows = rows_of(record.state, what, _day(on), of)
            except KeyError:
                raise RecordError("record.show.table", table=what, tables=list(TABLES)) from None
            rows = record.texts.revealed(rows_seen(record.state, who, rows))
        if columns is not None:
            rows = narrowed(record.state, what, rows, columns)
            note(f"only what tells {person} no arm: {', '.join(columns)}")
        if as_json:
            print_json(rows)
            return
        names = list(rows[0]) if rows else ["nothing"]
        print_table("", names, [["" if row[name] is None else row[name] for name in names] for row in rows])
        say(standing_words(record.state), style="dim")


def _show_flow(counts: Flow, steps: tuple[str, ...] | None, as_json: bool) -> None:
    """The counts; of a masked reader some steps only, and nothing of what became of anybody."""
    if steps is not None:
        told = {step: counts.steps[step] for step in steps}
        note("only the steps before anything is made or given: what follows tells arms")
        if as_json:
            print_json({"steps": told})
            return
        print_table("What happened to everybody", ["step", "people"], list(told.items()), numeric=[1])
        return
    if as_json:
        print_json(counts.as_dict())
        return
    print_table("What happened to everybody", ["step", "people"], list(counts.steps.items()), numeric=[1])
    print_table(
        "What became of those who consented", ["end", "people"], list(counts.ends.items()), numeric=[1]
    )
    if counts.historical:
        print_table(
            "Of these by what happened before the record was begun: counted, and valid by none of its gates",
            ["step", "people"],
            list(counts.historical.items()),
            numeric=[1],
        )


def _show_pack(pack: dict[str, Any], as_json: bool) -> None:
    """What the safety board is shown: each list that has anything in it, and the others by name."""
    if as_json:
        print_json(pack)
        return
    say(
        f"{pack['study']} as of event {pack['as_of']}, {pack['programme']}; no arm stands in it", style="bold"
    )
    print_table("Counts", ["step", "people"], list(pack["counts"].items()), numeric=[1])
    lists = {name: rows for name, rows in pack.items() if isinstance(rows, list)}
    for name, rows in lists.items():
        if rows:
            print_table(
                name, list(rows[0]), [["" if one is None else one for one in row.values()] for row in rows]
            )
    empty = [name for name, rows in lists.items() if not rows]
    if empty:
        say(f"nothing stands under: {', '.join(empty)}")
    say(pack["keys"], style="dim")


def _show_history(rows: list[dict[str, Any]]) -> None:
    """One block for each event: what happened, by whom, why, under which version; then old value → new value of each field."""
    last = None
    for row in rows:
        if row["seq"] != last:
            last = row["seq"]
            why = f", because: {row['why']}" if row["why"] else ""
            signed = f"; signed: {row['signed']}" if row["signed"] else ""
            say(
                f"event {row['seq']}, {row['at'][:16]}Z: {row['event']} by {row['by']}, version {row['version']}{why}{signed}",
                style="bold",
            )
        if row["field"]:
            say(f"  {row['field']}: {_shown(row['old'])} → {_shown(row['new'])}")
        if row["void"]:
            say(f"  void, by the gates: {row['void']}")
    if not rows:
        say("nothing of it was ever changed")


def _shown(value: Any) -> str:
    return "(nothing)" if value is None or value == "" else str(value)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise RecordError("record.show.day", text=text) from None


@verb("record recall")
def recall_lot(
    folder: Path = FOLDER,
    lot: str = typer.Argument(..., help="Reagent lot.", metavar="LOT"),
    person: str | None = READER,
    key: Path | None = READER_KEY,
    reason: str | None = WHY_READ,
    as_json: bool = JsonFlag,
) -> None:
    """From a reagent lot to the products that it touched and the people who got one.

    Example: proband record recall ./sci MEDIUM-202606 --as qa-1
    """
    with errors_as_text(as_json), opened(folder) as record:
        who = shown_to(record, person, key, "recall", None, reason)[0]
        rows = [
            row for row in recall(record.state, lot) if who is None or sees(record.state, who, row.product)
        ]
        if who is not None and not works_everywhere(record.state, who):
            note(
                f"only what is of {', '.join(sorted(who.sites))}: what the lot touched elsewhere is told to whoever works at every site"
            )
        if as_json:
            print_json([row.as_dict() for row in rows])
            return
        given = {row.participant for row in rows if row.administered_at}
        print_table(f"lot {lot}: {len(rows)} products, {len(given)} people were given one", ["product", "participant", "number", "status", "given", "place"],
                    [(row.product, row.participant, row.number, row.status, row.administered_at, row.place) for row in rows])  # fmt: skip
