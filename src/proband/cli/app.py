"""The command ``proband``: its verbs, each registered by the module that holds it."""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module

import typer

from proband import __version__
from proband.cli.output import err, report_error
from proband.terms import ProbandError

HELP = """Proband: write the protocol once, seal a forecast before anyone is treated, run every patient and every cell
product through it, and publish what happened, with the denominators, whether or not it worked.

Start with: proband demo · proband check spinal-cord-autologous ·
proband headline "2 of 4" --programme spinal-cord-autologous --outcome ais-conversion --baseline A --level cervical
--baseline-window 14-28d --follow-up 1y

Exit codes: 0 done · 1 the answer is no · 2 the command or its input is wrong · 3 refused with a reason · 130 interrupted.
"""

#: modules of this package that register verbs, in the order in which the help lists them
VERBS = ("bundle", "headline", "screen", "read", "score", "record", "page", "demo")

app = typer.Typer(
    name="proband",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"proband {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    pass


for _name in VERBS:
    import_module(f"proband.cli.{_name}").register(app)


def _examples() -> str:
    """One example for every verb, taken from the verb's own help so that the two cannot differ."""
    lines = []
    for command in app.registered_commands:
        lines += _example(inspect.getdoc(command.callback) if command.callback else None)
    for group in app.registered_groups:
        inner = group.typer_instance.registered_commands if group.typer_instance else []
        for command in inner:
            lines += _example(inspect.getdoc(command.callback) if command.callback else None)
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _example(text: str | None) -> list[str]:
    found = re.search(r"Example: (proband .+?)(?:\n\s*\n|$)", text or "", flags=re.DOTALL)
    return (
        [re.split(r" · |   \(", " ".join(found[1].split()).replace("  ", " "))[0].split(" (then")[0]]
        if found
        else []
    )


app.info.epilog = _examples()


def main() -> None:
    """Run the command line; a refusal ends as one paragraph, never as a traceback."""
    try:
        app()
    except ProbandError as error:
        report_error(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err().print("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
