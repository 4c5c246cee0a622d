"""The verb group ``page``: check the claims, build the public pages, and look at them on this machine."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import (
    NO,
    JsonFlag,
    errors_as_text,
    fail,
    note,
    print_json,
    print_table,
    progress,
    say,
)
from proband.cli.verbs import group, verb
from proband.terms.errors import ProbandError
from proband.terms.processors import usable

if TYPE_CHECKING:
    from proband.programme import Programme
    from proband.record.publishing import PublicRecord
    from proband.trial.headline.claimed import ClaimedHeadlines

group(
    "page",
    "Public pages: check claims, build the site, serve it on this machine. Example: proband page build --out site",
)

#: hardest sentences of a programme that are shown in full
_HARDEST = 5

_Bundles = typer.Argument(
    None, help="Names of bundles, or their folders; without any, all that ship with Proband."
)
_On = typer.Option(
    None, "--on", formats=["%Y-%m-%d"], help="Day for which to build; facts go stale by it. Default: today."
)


def _chosen(bundles: list[str] | None) -> list[str]:
    from proband.programme.loading import bundled

    return list(bundles or bundled())


def _loaded(bundles: list[str] | None, on: date | None) -> list[Programme]:
    from proband.programme import load

    return [load(name, on=on) for name in _chosen(bundles)]


def _answered(programmes: list[Programme]) -> list[ClaimedHeadlines]:
    """The answers that the pages show, made before them."""
    from proband.trial.headline.claimed import claimed_headlines

    return [claimed_headlines(programme) for programme in programmes]


def _day(on: datetime | None) -> date | None:
    return on.date() if on else None


def _records(folders: list[Path], on: date | None) -> list[PublicRecord]:
    """What each record lets be shown of itself."""
    from proband.record import Record
    from proband.record.publishing import published

    found = []
    for folder in folders:
        with Record.open(folder) as opened:
            if opened.state.view is None:
                raise ProbandError("pages.record", folder=folder)
            found.append(published(opened.state, on or date.today()))
    return found


@verb("page check")
def check_verb(bundles: list[str] = _Bundles, on: datetime = _On, as_json: bool = JsonFlag) -> None:
    """List every rule that claims, facts and pages break, with file and line, and the sentences that are hardest to read. Ends with 1 if there is an error.

    Example: proband page check spinal-cord-autologous
    """
    from proband.pages.site import checked
    from proband.programme import check as check_bundle

    with errors_as_text(as_json), progress("checking", quiet=as_json):
        read = [check_bundle(name, on=_day(on)) for name in _chosen(bundles)]
        programmes = [report.programme for report in read if report.programme]
        problems = [problem for report in read if not report.programme for problem in report.problems]
        found, reports = checked(programmes, _answered(programmes), on=_day(on))
        problems += found
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        hard = {one.programme: [asdict(each) for each in one.hard_sentences] for one in reports}
        listed = [problem.as_dict() for problem in problems]
        print_json({"errors": len(errors), "problems": listed, "hard_sentences": hard})
    else:
        for problem in problems:
            say(str(problem))
        for one in reports:
            if one.hard_sentences:
                say(f"{one.programme}: {len(one.hard_sentences)} printed sentences above reading grade 8")
            for each in one.hard_sentences[:_HARDEST]:
                say(f"  {each.grade:g} {each.page}: {each.sentence}")
        say(f"{len(errors)} errors, {len(problems) - len(errors)} warnings")
    raise typer.Exit(NO if errors else 0)


@verb("page build")
def build_verb(
    bundles: list[str] = _Bundles,
    out: Path = typer.Option(Path("site"), "--out", "-o", help="Folder for the pages."),
    on: datetime = _On,
    language: str = typer.Option(
        "en",
        "--language",
        help="Language of the fixed texts: en, qps (pseudo, right to left), or that of a .po file.",
    ),
    catalogues: Path = typer.Option(
        None, "--catalogues", help="Folder with LANGUAGE.po; default: those that ship with Proband."
    ),
    no_self_check: bool = typer.Option(
        False, "--no-self-check", help="Leave the self-check out, where a country does not allow it."
    ),
    for_investigators: bool = typer.Option(
        False, "--for-investigators", help="Also write the handbooks, which hold the regimen."
    ),
    record: list[Path] = typer.Option(
        None,
        "--record",
        help="Folder of a record that gets a page of its own; of real people it shows only what the record's own state allows. May be given again.",
    ),
    kept: Path = typer.Option(
        None,
        "--kept",
        help="Folder that keeps what was made for the next build; default: .OUT.kept beside OUT. It is as private as the site.",
    ),
    anew: bool = typer.Option(False, "--anew", help="Make every page again, and keep nothing."),
    base_url: str = typer.Option(
        "",
        "--base-url",
        help="Address under which the site will stand; what machines read then names whole addresses, and relative ones without.",
    ),
    workers: int = typer.Option(
        None,
        "--workers",
        min=1,
        max=256,
        help="Most processes that make pages; the pages do not depend on it. Default: as many as there are processors.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Build the pages; nothing is written, and it ends with 1, if a single rule is broken. What would come out the same is not made again.

    Example: proband page build --out site
    """
    from proband.cli.kept_texts import TextFolder
    from proband.pages.site import build
    from proband.programme.problems import BundleError
    from proband.trial.headline.claimed import claimed_headlines

    beside = kept or out.absolute().parent / f".{out.absolute().name}.kept"
    with errors_as_text(as_json):
        try:
            with progress("building", quiet=as_json):
                programmes = _loaded(bundles, _day(on))
                shown = _records(record or [], _day(on))
                site = build(
                    programmes, claimed_headlines, on=_day(on), language=language, self_check=not no_self_check,
                    for_investigators=for_investigators, catalogues=catalogues,
                    records=shown, kept=None if anew else TextFolder(beside),
                    workers=workers or usable(), base_url=base_url,
                )  # fmt: skip
        except BundleError as error:
            if as_json:
                print_json({"built": False, "problems": [problem.as_dict() for problem in error.problems]})
            else:
                for problem in error.problems:
                    say(str(problem))
                say(f"nothing was written: {len(error.problems)} problems")
            raise typer.Exit(NO) from error
        try:
            written = site.write(out)
        except OSError as error:
            fail(ProbandError("cli.write", path=out, reason=error.strerror), as_json=as_json)
    report = site.report()
    if as_json:
        print_json({"built": True, "out": str(out), "files": [str(path) for path in written], **report})
        return
    rows = [
        (p["programme"], f"{p['highest_reading_grade']:g}", p["ipdas"], p["annex_v"], str(len(p["warnings"])))
        for p in report["programmes"]
    ]
    print_table("Build report", ["programme", "hardest part (grade)", "IPDAS", "Annex V", "warnings"], rows)
    for programme in report["programmes"]:
        for warning in programme["warnings"]:
            note(warning)
    for one in shown:
        for line in (*one.kept_back, *one.recognised):
            note(f"{one.programme}, from the record: {line}")
    say(f"{len(written)} files in {out}; open {out / 'index.html'}")


@verb("page preview")
def preview_verb(
    record: Path = typer.Argument(..., help="Folder of a record."),
    participant: str = typer.Option(..., "--participant", help="Whose line is shown, by their pseudonym."),
    out: Path = typer.Option(Path("preview.html"), "--out", "-o", help="File for the preview."),
    as_json: bool = JsonFlag,
) -> None:
    """Show a family exactly what would be published of them, and by what they could be known; publication.approve signs its hash.

    Example: proband page preview study --participant S-1 --out preview.html
    """
    from proband.pages.record_page import preview_page
    from proband.record import Record
    from proband.record.publishing import line_now

    with errors_as_text(as_json):
        with Record.open(record) as opened:
            course, digest = line_now(opened.state, participant)
        try:
            out.write_text(preview_page(participant, course, digest), encoding="utf-8")
        except OSError as error:
            raise ProbandError("cli.write", path=out, reason=error.strerror) from error
    if as_json:
        print_json({"out": str(out), "preview": digest})
    else:
        say(f"{out}: preview {digest}")


@verb("page strings")
def strings_verb(
    bundles: list[str] = _Bundles,
    out: Path = typer.Option(Path("messages.pot"), "--out", "-o", help="File for the template."),
    on: datetime = _On,
) -> None:
    """Write the template from which a translation is made: fill msgstr, save it as LANGUAGE.po, build with --language.

    Example: proband page strings --out messages.pot
    """
    from proband.pages.site import strings

    with errors_as_text():
        programmes = _loaded(bundles, _day(on))
        text = strings(programmes, _answered(programmes), on=_day(on))
    out.write_text(text, encoding="utf-8")
    say(f"{text.count('msgid') - 1} texts in {out}")


@verb("page serve")
def serve_verb(
    folder: Path = typer.Argument(Path("site"), help="Folder of a built site."),
    port: int = typer.Option(
        8123, "--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one."
    ),
) -> None:
    """Show a built site on this machine only (127.0.0.1) until Ctrl-C.

    Example: proband page serve site
    """
    from proband.pages.serving import server

    if not (folder / "index.html").is_file():
        fail(ProbandError("pages.unbuilt", folder=folder))
    running = server(folder, port)
    say(f"http://127.0.0.1:{running.server_address[1]}/index.html (Ctrl-C ends it)")
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        note("ended")
    finally:
        running.server_close()
