"""The verb ``qualify``: the analyses rerun against published reference numbers where they are installed, as a signed report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import (
    NO,
    JsonFlag,
    errors_as_text,
    note,
    print_json,
    print_table,
    progress,
    say,
)
from proband.cli.verbs import verb


@verb("qualify")
def qualify_verb(
    only: str = typer.Option("", "--only", help="Only analyses whose name holds this."),
    plain: bool = typer.Option(
        False, "--plain", help="Leave out the compiled kernels, which take a minute to compile at first."
    ),
    key: Path | None = typer.Option(
        None, "--key", help="Private key (Ed25519, PEM) to sign the report with; `proband key` makes one."
    ),
    out: Path | None = typer.Option(None, "--out", help="Where to write the report as JSON."),
    check: Path | None = typer.Option(
        None, "--check", help="Hold a report against its signature instead of running anything."
    ),
    public_key: str | None = typer.Option(
        None, "--public-key", help="With --check: the key (base64) that must have signed."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Rerun the analyses against published reference numbers on this installation, and print a report that can be signed.

    It needs neither R nor a network, and no file beside the installed package. Ends with 1 if a number lies outside its tolerance.

    Example: proband qualify --key ~/proband.pem --out qualification.json · proband qualify --check qualification.json
    """
    from proband.analysis.qualification.qualify import cases, digest, qualify, verified
    from proband.programme.sealing import read_key

    with errors_as_text(as_json):
        if check is not None:
            report = verified(check.read_bytes(), public_key)
            _tell(report, as_json)
            if report["environment"]["analyses"] != digest():
                note("it was made with other files of the analyses than those that are installed here")
        else:
            signer = read_key(key) if key else None
            if out is not None:  # before the minutes of work, not after them
                out.parent.mkdir(parents=True, exist_ok=True)
            with progress("analyses", len(cases()), quiet=as_json) as advance:
                found = qualify(compiled=not plain, only=only, advance=advance)
            report = found.report(datetime.now(UTC), signer)
            if out is not None:
                out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            _tell(report, as_json)
            if out is not None and not as_json:
                say(f"report: {out.resolve()}")
        if not report["passed"]:
            raise typer.Exit(NO)


def _tell(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    print_table(
        "",
        ["analysis", "against", "what", "numbers", "tolerance", "largest difference", ""],
        [
            [each["analysis"], each["reference"], each["what"], str(each["numbers"]),
             f"{each['tolerance']:g}" + (" relative" if each["relative"] else ""),
             each["reason"] or ("none comparable" if each["largest_difference"] is None else f"{each['largest_difference']:.0e}"),
             "" if each["passed"] else "FAILED"]
            for each in report["comparisons"]
        ],
        numeric=(3,),
    )  # fmt: skip
    for each in report["not_tried"]:
        note(f"{each['analysis']}: not tried, {each['reason']}")
    where = report["environment"]
    libraries = ", ".join(f"{name} {found or 'absent'}" for name, found in where["libraries"].items())
    note(f"Proband {where['proband']}, analyses {where['analyses'][:16]}; {where['python']}; {libraries}; {where['system']}; {report['at']}")  # fmt: skip
    say(report["verdict"], "bold green" if report["passed"] else "bold red")
    if "public_key" in report:
        say(f"Signed by {report['public_key']}.")
    else:
        say("Not signed: give --key to sign it.")
