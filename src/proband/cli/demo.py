"""The verb ``demo``: check the programmes, ask of headlines, screen synthetic people, run the record, build the pages."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, progress, say
from proband.cli.registry import open_registry, serve_until_ended, shown_homes, tell_passwords
from proband.cli.verbs import verb

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

#: the folder of the record of the demonstration hospital, beside report and pages
REGISTRY = "registry"


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
    registry: bool = typer.Option(
        True,
        "--registry/--no-registry",
        help="End at a working registry of the demonstration hospital; the extra registry must be installed.",
    ),
    port: int = typer.Option(8000, min=0, max=65535, help="Port of the registry; 0 takes a free one."),
    open_browser: bool = typer.Option(True, "--open/--no-open", help="Open a browser where there is one."),
    as_json: bool = JsonFlag,
) -> None:
    """Run the main job on the programmes that come with Proband, write one report, and end at a working registry. Ends with 1 where a part of it did not hold.

    Without a terminal the home of everybody in the registry is asked for once.

    Example: proband demo --out demo --no-serve
    """
    from proband.showcase.demonstration import STEPS, demonstrate

    with errors_as_text(as_json):
        with progress("Proband demonstration", STEPS, quiet=as_json) as advance:
            shown = demonstrate(
                folder, people=people, told=(lambda _: None) if as_json else say, advance=advance
            )
        if not as_json:
            say(f"report: {shown.path.resolve()}", "bold")
            say(f"        {shown.path.resolve().as_uri()}")
            for href in shown.as_dict()["site"][:1]:
                say(f"pages:  {(folder / href).resolve().as_uri()}")
            note(f"{shown.report.seconds:.0f} s")
        stays = (
            serve if serve is not None else (sys.stdout.isatty() and not as_json and not os.environ.get("CI"))
        )
        homes = (
            _registry(folder, port, stays, open_browser, as_json)
            if registry and _installed(as_json)
            else None
        )
        if as_json:
            print_json(shown.as_dict() | {"registry": homes})
        if not shown.ok or set((homes or {}).values()) - {200}:
            raise typer.Exit(NO)
    if stays and homes is None:
        _serve(folder, open_browser)


def _installed(quiet: bool) -> bool:
    """Whether the registry can be opened; where it cannot, it is said what is missing."""
    from proband.terms.extras import ExtraMissing

    try:
        import proband.registry  # noqa: F401
    except ExtraMissing as missing:
        if not quiet:
            note(f"no registry: {missing.message}; {missing.mend}")
        return False
    return True


def _registry(folder: Path, port: int, stays: bool, open_browser: bool, quiet: bool) -> dict[str, int] | None:
    """A registry of the demonstration hospital, begun anew: served beside the report, or every home asked for once."""
    place = folder / REGISTRY
    if (place / "record.json").is_file():
        shutil.rmtree(place)
    with open_registry(place, quiet=quiet) as (record, new):
        if not stays:
            return shown_homes(record, quiet=quiet)
        tell_passwords(record, new)
        beside, url = _server(folder, open_browser)
        threading.Thread(target=beside.serve_forever, daemon=True).start()
        say(f"report and pages at {url}", "bold")
        try:
            serve_until_ended(record, port)
        finally:
            beside.shutdown()
            beside.server_close()
    return {}


def _server(folder: Path, open_browser: bool) -> tuple[ThreadingHTTPServer, str]:
    """A server of report and pages and its address, which a browser is about to ask for. The record beside them, with its keys, is not served."""
    from proband.pages.serving import server

    running = server(folder, hidden=[REGISTRY])
    url = f"http://127.0.0.1:{running.server_address[1]}/"
    if open_browser:
        threading.Timer(0.3, webbrowser.open, [url]).start()
    return running, url


def _serve(folder: Path, open_browser: bool) -> None:
    running, url = _server(folder, open_browser)
    say(f"served at {url} (Ctrl-C ends it)", "bold")
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        note("ended")
    finally:
        running.server_close()
