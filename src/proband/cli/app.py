"""The command ``proband``: the root of its verbs, and how every run ends.

Whatever happens in a verb ends in one of the documented exit codes, as one paragraph or, with ``--json``, as one JSON object
on standard output. The verbs themselves are found by :mod:`proband.cli.verbs`.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

import typer

import proband
from proband.cli.output import CLOSED, INTERRUPTED, OK, PipeClosed, report_error, watch_pipe
from proband.cli.verbs import VerbGroup
from proband.terms.errors import ProbandError
from proband.terms.extras import missing

HELP = """Proband: write the protocol once, seal a forecast before anyone is treated, run every patient and every cell
product through it, and publish what happened, with the denominators, whether or not it worked.

Start with: proband demo · proband check spinal-cord-autologous ·
proband headline "2 of 4" --programme spinal-cord-autologous --outcome ais-conversion --baseline A --level cervical
--baseline-window 14-28d --follow-up 1y

Exit codes: 0 done · 1 the answer is no · 2 the command or its input is wrong · 3 refused with a reason ·
4 done, but not everything could be read · 70 a fault of Proband itself · 130 interrupted · 141 nobody reads the output any more.
"""

app = typer.Typer(
    name="proband",
    cls=VerbGroup,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"proband {proband.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line; a refusal ends as one paragraph (or one JSON object), never as a traceback."""
    # what is imported is never garbage: nobody looks for any while it is (a twelfth of the start of a verb)
    gc.disable()
    watch_pipe()
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except PipeClosed:
        code = CLOSED
        _hush()
    sys.exit(code)


def _hush() -> None:
    """Nobody reads any more: what is still unwritten goes nowhere, so that the end of the process finds no closed pipe."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except PipeClosed:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments and give its exit code; every error is reported here."""
    as_json = "--json" in arguments[: arguments.index("--")] if "--" in arguments else "--json" in arguments
    try:
        ended = app(arguments, prog_name="proband", standalone_mode=False)
    except ProbandError as error:
        return report_error(error, as_json=as_json)
    except typer.TyperException as error:
        return _usage(error, as_json=as_json)
    except ModuleNotFoundError as error:
        named = missing(error)
        return (
            report_error(named, as_json=as_json)
            if isinstance(named, ProbandError)
            else _fault(error, as_json)
        )
    except OSError as error:
        file = None if error.filename is None else str(error.filename)
        return report_error(
            ProbandError("door.file", file=file, reason=error.strerror or str(error)), as_json=as_json
        )
    except (KeyboardInterrupt, typer.Abort):
        ended = INTERRUPTED
    except Exception as error:
        return _fault(error, as_json)
    if ended == INTERRUPTED:
        sys.stderr.write("interrupted\n")
    return ended if isinstance(ended, int) else OK


def _usage(error: typer.TyperException, *, as_json: bool) -> int:
    """What was typed wrongly: as Typer says it, with the line of use, or as JSON."""
    context = getattr(error, "ctx", None)
    if not as_json:
        error.show()  # type: ignore[attr-defined]
        return error.exit_code
    path = context.command_path if context is not None else "proband"
    return report_error(
        ProbandError("door.usage", text=error.format_message().rstrip("."), help=f"{path} --help"),
        as_json=True,
    )


def _fault(error: Exception, as_json: bool) -> int:
    """What should not have happened: the traceback on standard error, and an exit code that is no answer."""
    import traceback

    traceback.print_exception(error)
    return report_error(
        ProbandError("door.fault", kind=type(error).__name__, text=str(error)), as_json=as_json
    )
