"""The verb ``serve``: the registry over a record, in a browser on this machine."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, print_table, progress, say
from proband.cli.verbs import verb


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
    with errors_as_text(as_json):
        from proband.registry.serving import homes, prepared, server

        knowing = know_arms or None
        if not (folder / "record.json").is_file():
            from proband.showcase.hospital.working import working_hospital

            with progress("Playing the demonstration hospital", 700, quiet=as_json) as advance:
                played = working_hospital(
                    folder,
                    datetime.now(UTC),
                    store=os.environ.get("DATABASE_URL") or None,
                    progress=lambda _: advance(1),
                )
            knowing = knowing or played
        record = prepared(folder, hosts=name, https=https, know_arms=knowing, passkeys=passkeys)
        from proband.registry import opened
        from proband.registry.accounts import admit_all

        try:
            new = list(admit_all(record))
            if not as_json and new:
                roles = record.state.persons
                print_table(
                    "One-time passwords, told now and never again", ["person", "roles", "password"],
                    [(person, ", ".join(roles[person].roles), password) for person, password in new],
                )  # fmt: skip
            if once if once is not None else (as_json or not sys.stdout.isatty()):
                shown = homes()
                bad = {person: status for person, status in shown.items() if status != 200}
                if as_json:
                    print_json({"study": record.study, "homes": shown, "accounts_made": len(new)})
                else:
                    say(
                        f"{record.study}: the homes of {len(shown) - len(bad)} of {len(shown)} people were shown"
                    )
                if bad:
                    raise typer.Exit(NO)
                return
            running = server(port)
            say(f"{record.study} at http://localhost:{running.effective_port} (Ctrl-C ends it)", "bold")
            try:
                running.run()
            except KeyboardInterrupt:
                note("ended")
            finally:
                running.close()
        finally:
            opened.close()
