"""The verb ``demo``: check the programmes, ask of headlines, screen synthetic people, run the record, build the pages."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from pathlib import Path

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, progress, say
from proband.cli.verbs import verb


@verb("demo")
def demo(
    folder: Path = typer.Option(
        Path("demo"), "--out", help="Where to write the report and everything it shows."
    ),
    people: int = typer.Option(80, min=12, max=5000, help="Synthetic people per programme."),
    serve: bool | None = typer.Option(
        None,
        "--serve/--no-serve",
        help="Serve the report on 127.0.0.1 until Ctrl-C; by default on a terminal only.",
    ),
    open_browser: bool = typer.Option(True, "--open/--no-open", help="Open a browser where there is one."),
    as_json: bool = JsonFlag,
) -> None:
    """Run the main job on the programmes that come with Proband and write one report. Ends with 1 where a part of it did not hold.

    Example: proband demo --out demo --no-serve
    """
    from proband.showcase.demonstration import STEPS, demonstrate

    with errors_as_text(as_json):
        with progress("Proband demonstration", STEPS, quiet=as_json) as advance:
            shown = demonstrate(
                folder, people=people, told=(lambda _: None) if as_json else say, advance=advance
            )
        if as_json:
            print_json(shown.as_dict())
        else:
            say(f"report: {shown.path.resolve()}", "bold")
            say(f"        {shown.path.resolve().as_uri()}")
            note(f"{shown.report.seconds:.0f} s")
        if not shown.ok:
            raise typer.Exit(NO)
    if serve if serve is not None else (sys.stdout.isatty() and not as_json and not os.environ.get("CI")):
        _serve(folder, open_browser)


def _serve(folder: Path, open_browser: bool) -> None:
    from proband.pages.serving import server

    running = server(folder)
    url = f"http://127.0.0.1:{running.server_address[1]}/"
    say(f"served at {url} (Ctrl-C ends it)", "bold")
    if open_browser:
        threading.Timer(0.3, webbrowser.open, [url]).start()
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        note("ended")
    finally:
        running.server_close()
