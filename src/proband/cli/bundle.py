"""Verbs on bundles: ``list``, ``check``, ``show``, ``key``, ``seal``, ``verify``, ``diff``, ``schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.conditions import day_of
from proband.cli.output import (
    NO,
    JsonFlag,
    err,
    errors_as_text,
    note,
    out,
    print_json,
    print_table,
    progress,
    say,
)
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.programme.problems import Problem

PROGRAMME = typer.Argument(
    ..., help="Folder of a bundle, or the name of one that comes with Proband.", metavar="PROGRAMME"
)


@verb("list")
def list_programmes(as_json: bool = JsonFlag) -> None:
    """List the programmes that come with Proband.

    Example: proband list
    """
    from proband.programme.loading import bundled, check

    with errors_as_text(as_json):
        rows = []
        for name in bundled():
            report = check(name)
            head = report.programme.head if report.programme else None
            rows.append({"id": name, "title": head.title if head else None, "version": head.version if head else None,
                         "status": head.status.value if head else "does not load", "errors": len(report.errors),
                         "hash": report.programme.hash if report.programme else None})  # fmt: skip
        if as_json:
            print_json(rows)
            return
        print_table(
            "",
            ["programme", "title", "version", "status"],
            [(r["id"], r["title"], r["version"], r["status"]) for r in rows],
        )


@verb("check")
def check_bundle(
    programmes: list[str] = typer.Argument(
        None, help="Folders or names; all that come with Proband if none is given."
    ),
    on: str | None = typer.Option(None, help="Judge approvals and facts as of this day (YYYY-MM-DD)."),
    quick: bool = typer.Option(
        False,
        "--quick",
        help="Only the bundle's own files: neither the instruments and tables that it names nor its pages are looked at.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Check bundles, and the pages that are made of them: every problem with file, line, key, value and mend. Ends with 1 if there is an error.

    Example: proband check ./my-programme
    """
    from proband.cli.checking import whole_check
    from proband.programme.loading import bundled, check

    with errors_as_text(as_json):
        day = None if on is None else day_of(on)
        names = programmes or bundled()
        results = []
        with progress("checking", len(names), quiet=as_json) as advance:
            for name in names:
                results.append((name, check(name, on=day) if quick else whole_check(name, day)))
                advance()
        if as_json:
            print_json([{"programme": name, "folder": report.folder, "ok": not report.errors, "todo": len(report.todos),
                         "hash": report.programme.hash if report.programme else None,
                         "problems": [problem.as_dict() for problem in report.problems]} for name, report in results])  # fmt: skip
        else:
            for name, report in results:
                _print_problems(report.problems)
                if report.programme and not report.errors:
                    head = report.programme.head
                    left = f", {len(report.todos)} to write" if report.todos else ""
                    say(
                        f"{name}: no errors, {len(report.warnings)} warnings{left} · {head.title} {head.version} ({head.status.value}) · {report.programme.hash[:16]}"
                    )
                    for banner in report.programme.banners:
                        note(banner)
                else:
                    say(f"{name}: {len(report.errors)} errors, {len(report.warnings)} warnings", "bold red")
        if any(report.errors for _, report in results):
            raise typer.Exit(NO)


def _print_problems(problems: tuple[Problem, ...]) -> None:
    from proband.programme.todo import CODE as TODO

    if not problems:
        return
    console = out()
    for problem in problems:
        if problem.code == TODO:  # a draft holds dozens: one line each
            console.print(f"[yellow]todo[/] [bold]{problem.file}:{problem.line}[/]", end=" ")
            console.print(problem.message, markup=False)
            continue
        colour = "red" if problem.severity == "error" else "yellow"
        where = f"{problem.file}:{problem.line}"
        console.print(f"[{colour}]{problem.severity}[/] [bold]{where}[/]", end=" ")
        value = f" = {problem.value}" if problem.value else ""
        console.print(f"{problem.key}{value}", markup=False, style="dim")
        console.print(f"    {problem.message}", markup=False)
        console.print(f"    Mend: {problem.mend}  ({problem.code})", markup=False)


@verb("show")
def show_bundle(programme: str = PROGRAMME, as_json: bool = JsonFlag) -> None:
    """Show what a bundle says, in short (or all of it as canonical data with --json).

    Example: proband show liver-cells
    """
    from proband.programme.loading import load

    with errors_as_text(as_json):
        loaded = load(programme)
        if as_json:
            print_json({"hash": loaded.hash, **loaded.as_data()})
            return
        head = loaded.head
        for banner in loaded.banners:
            say(banner, "bold yellow")
        say(f"{head.title}  {head.version}  ({head.status.value})", "bold")
        say(head.summary)
        rows: list[tuple[str, Any]] = [
            ("indication", head.indication.name),
            ("sub-indications", ", ".join(item.name for item in head.indication.sub_indications) or "none"),
            ("access", f"{head.access.route.value} in {', '.join(head.access.jurisdictions)}"),
            (
                "products",
                ", ".join(f"{product.name} ({product.kind.value})" for product in loaded.products.values()),
            ),
            ("arms", "; ".join(arm.name for arm in head.arms)),
            ("compared with", "; ".join(item.name for item in head.comparators)),
            ("criteria", len(loaded.eligibility.criteria)),
            ("visits", len(loaded.schedule.visits)),
            ("follow-up", f"{loaded.schedule.long_term_follow_up.years:g} years"),
            ("outcomes", "; ".join(f"{item.name} ({item.role})" for item in loaded.outcomes.outcomes)),
            ("stopping rules", len(loaded.safety.stopping_rules)),
            ("sources", len(loaded.sources)),
            ("hash", loaded.hash),
        ]
        print_table("", ["", ""], rows)


@verb("key")
def make_key(
    file: Path = typer.Argument(..., help="Where to write the private key (PEM, readable by you alone)."),
) -> None:
    """Make an Ed25519 signing key; prints the public key.

    Example: proband key ~/proband.pem
    """
    from proband.programme.sealing import new_key

    with errors_as_text():
        say(new_key(file))
        note(f"private key written to {file}; keep it off shared disks")


@verb("seal")
def seal_bundle(
    programme: str = PROGRAMME,
    key: Path = typer.Option(..., help="Private key made with `proband key`."),
    output: Path | None = typer.Option(
        None, "--out", help="Where to write the seal; seal.json in the bundle by default."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Sign a bundle: its files, its meaning, its version.

    Example: proband seal ./my-programme --key ~/proband.pem
    """
    from proband.programme.sealing import read_key, seal

    with errors_as_text(as_json):
        path = seal(programme, read_key(key), out=output)
        body = json.loads(path.read_text(encoding="utf-8"))
        if as_json:
            print_json({"seal": str(path), **body})
        else:
            say(
                f"sealed {body['programme']} {body['version']} {body['hash'][:16]} with {len(body['files'])} files: {path}"
            )


@verb("verify")
def verify_sealed(
    target: str = typer.Argument(
        ..., help="A bundle (folder or name), or the folder or URL of a record.", metavar="PROGRAMME|RECORD"
    ),
    seal_file: Path | None = typer.Option(None, "--seal", help="The seal, if it does not lie in the bundle."),
    public_key: str | None = typer.Option(None, help="The public key (base64) that must have signed."),
    heads: Path | None = typer.Option(
        None, help="For a record: the folder with the signed heads kept outside it."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Verify a sealed bundle or a record: finds a changed byte, a cut tail, a replaced head, a forged signature.

    Ends with 1 if anything was changed.

    Example: proband verify ./my-programme
    """
    from proband.programme.sealing import verify

    with errors_as_text(as_json):
        if _is_record(target):
            from proband.cli.record.verifying import verify_target

            verify_target(target, heads=heads, as_json=as_json)
            return
        report = verify(target, seal_file=seal_file, public_key=public_key)
        if as_json:
            print_json(report.as_dict())
        else:
            say(f"{report.programme} {report.version}, sealed {report.signed_at} by {report.public_key}")
            for finding in report.findings:
                say(f"  {finding}", "red")
            say(
                "the seal holds" if report.holds else "THE SEAL DOES NOT HOLD",
                "green" if report.holds else "bold red",
            )
        if not report.holds:
            raise typer.Exit(NO)


def _is_record(target: str) -> bool:
    path = Path(target)
    return (
        target.startswith(("postgresql://", "postgres://", "sqlite:"))
        or path.suffix in {".db", ".sqlite"}
        or (path.is_dir() and not (path / "programme.yaml").exists() and any(path.glob("*.db")))
    )


@verb("diff")
def diff_bundles(
    before: str = typer.Argument(..., help="The older version (folder or name)."),
    after: str = typer.Argument(..., help="The newer version (folder or name)."),
    as_json: bool = JsonFlag,
) -> None:
    """Show an amendment: what changed, of which kind (rights, safety, reliability, robustness), and who consents again.

    Example: proband diff ./programme-v1 ./programme-v2
    """
    from proband.programme.amendment import diff
    from proband.programme.loading import load

    with errors_as_text(as_json):
        amendment = diff(load(before), load(after))
        if as_json:
            print_json(amendment.as_dict())
            return
        say(
            f"{amendment.programme}: {amendment.before} ({amendment.before_hash[:12]}) → {amendment.after} ({amendment.after_hash[:12]})",
            "bold",
        )
        if not amendment.changes:
            say("no difference in meaning")
            return
        for kind in ("rights", "safety", "reliability", "robustness", "administrative"):
            changes = amendment.of_kind(kind)
            if changes:
                say(f"{kind} ({len(changes)})", "bold")
                for change in changes:
                    say(f"  {change}")
        say(f"consent again: {amendment.reconsent}", "bold")
        for reason in amendment.reconsent_because:
            say(f"  {reason}")
        for question in amendment.unresolved:
            err().print(f"unresolved: {question}", style="yellow", markup=False)


@verb("schema")
def write_schema(
    file: str | None = typer.Argument(
        None,
        help="One file of a bundle: programme.yaml, product.yaml, …; without it and --out, they are listed.",
    ),
    folder: Path | None = typer.Option(
        None, "--out", help="Write the schemas of all files into this folder."
    ),
) -> None:
    """Emit JSON Schema, so that an editor completes and checks a bundle while one types.

    Example: proband schema --out .schemas   (then: # yaml-language-server: $schema=.schemas/programme.schema.json)
    """
    from proband.programme.json_schema import FILES, schema, schema_file_name

    with errors_as_text():
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name in [file] if file else FILES:
                target = folder / schema_file_name(name)
                target.write_text(
                    json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
                )
                say(str(target))
            return
        if file is None:
            raise ProbandError("schema.unnamed", files=list(FILES))
        print_json(schema(file))
