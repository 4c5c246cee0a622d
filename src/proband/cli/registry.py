"""The verb ``serve``: the registry over a record, in a browser on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, print_table, progress, say
from proband.cli.verbs import verb

if TYPE_CHECKING:
    from proband.record import Record


@verb("serve")
def serve(
    folder: Path = typer.Argument(
        Path("registry"),
        help="Folder of a record; where there is none, the demonstration hospital is played into it.",
        metavar="[RECORD]",
    ),
    port: int = typer.Option(8000, min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one."),
    name: list[str] = typer.Option(
        [], "--name", help="A further host name under which a proxy reaches it; repeat it."
    ),
    https: bool = typer.Option(
        False, "--https", help="A proxy before it speaks HTTPS: cookies travel by nothing else."
    ),
    know_arms: list[str] = typer.Option(
        [],
        "--knows-arms",
        help="A role that knows who gets what, where the programme hides it from anybody; repeat it. Kept for the next time.",
    ),
    passkeys: bool | None = typer.Option(
        None,
        "--passkeys/--passwords",
        help="Whoever may sign must do so by a passkey, or may also by a password (at first). Kept for the next time.",
    ),
    once: bool | None = typer.Option(
        None,
        "--once/--stay",
        help="Make one request to the home of everybody and end; by default where there is no terminal.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Serve the registry of a record on this machine. Whoever has no account yet gets one, with a password that is told here and once.

    Ends with 1 where a home could not be shown. DATABASE_URL names a prepared PostgreSQL database for the log of a new record.

    Example: proband serve ./registry --port 8000
    """
    with errors_as_text(as_json), open_registry(
        folder, hosts=name, https=https, know_arms=know_arms or None, passkeys=passkeys, quiet=as_json
    ) as (record, new):  # fmt: skip
        if not as_json:
            tell_passwords(record, new)
        if once if once is not None else (as_json or not sys.stdout.isatty()):
            shown = shown_homes(record, quiet=as_json)
            if as_json:
                print_json({"study": record.study, "homes": shown, "accounts_made": len(new)})
            if set(shown.values()) - {200}:
                raise typer.Exit(NO)
            return
        serve_until_ended(record, port)


@contextmanager
def open_registry(
    folder: Path,
    *,
    hosts: Sequence[str] = (),
    https: bool = False,
    know_arms: Sequence[str] | None = None,
    passkeys: bool | None = None,
    quiet: bool = False,
) -> Iterator[tuple[Record, list[tuple[str, str]]]]:
    """The record of a folder, ready to be served, and the one-time passwords of whoever had no account; where there is no record the
    demonstration hospital is played into it."""
    from proband.registry.serving import prepared

    if not (folder / "record.json").is_file():
        from proband.showcase.hospital.working import working_hospital

        with progress("Playing the demonstration hospital", 700, quiet=quiet) as advance:
            played = working_hospital(
                folder,
                datetime.now(UTC),
                store=os.environ.get("DATABASE_URL") or None,
                progress=lambda _: advance(1),
            )
        know_arms = know_arms or played
    record = prepared(folder, hosts=hosts, https=https, know_arms=know_arms, passkeys=passkeys)
    from proband.registry import opened
    from proband.registry.accounts import admit_all

    try:
        yield record, list(admit_all(record))
    finally:
        opened.close()


def tell_passwords(record: Record, new: Sequence[tuple[str, str]]) -> None:
    """Tell the one-time passwords, once."""
    if new:
        roles = record.state.persons
        print_table(
            "One-time passwords, told now and never again", ["person", "roles", "password"],
            [(person, ", ".join(roles[person].roles), password) for person, password in new],
        )  # fmt: skip


def shown_homes(record: Record, *, quiet: bool) -> dict[str, int]:
    """One request to the home of everybody: person → status."""
    from proband.registry.serving import homes

    shown = homes()
    if not quiet:
        good = sum(status == 200 for status in shown.values())
        say(f"{record.study}: the homes of {good} of {len(shown)} people were shown")
    return shown


def serve_until_ended(record: Record, port: int) -> None:
    """Serve on this machine until Ctrl-C."""
    from proband.registry.serving import server

    running = server(port)
    say(f"{record.study} at http://localhost:{running.effective_port} (Ctrl-C ends it)", "bold")
    try:
        running.run()
    except KeyboardInterrupt:
        note("ended")
    finally:
        running.close()
