"""The verb group ``study``: lock the plan, make the board's open and closed report, the final report and the lay summary."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli import looking
from proband.cli.conditions import day_of
from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.verbs import group, verb

if TYPE_CHECKING:
    from proband.trial.study.plan import LockedPlan

group(
    "study",
    "A study as it goes: its locked plan, what its board sees, its final report. Example: proband study lock liver-cells --study cirrhosis --by me --key me.pem",
)

#: the log of everybody who looked by arm, beside the reports
LOG = "access.jsonl"

_Programme = typer.Argument(..., help="Name of a bundle, or its folder.")
_Table = typer.Argument(
    ..., help="trial.parquet of a record's export or of a simulation.", exists=True, dir_okay=False
)
_Plan = typer.Option(..., "--plan", help="The locked plan.", exists=True, dir_okay=False)
_On = typer.Option(None, "--on", help="Day of the cut: later rows are left out; today by default.")
_Out = typer.Option(Path("board"), "--out", help="Folder for the reports; none is ever overwritten.")
_Earlier = typer.Option(
    [], "--earlier", help="Closed report (JSON) of an earlier look; give every one.", exists=True, dir_okay=False
)  # fmt: skip


@verb("study lock")
def lock(
    programme: str = _Programme,
    by: str = typer.Option(..., "--by", help="Who locks it."),
    key: Path = typer.Option(
        ..., "--key", help="Private key (Ed25519, PEM); made there if there is no such file."
    ),
    study: str | None = typer.Option(
        None, "--study", help="Which of its studies (trials.yaml); the first where none is named."
    ),
    simulation: Path | None = typer.Option(
        None, "--simulation", help="report.json of the simulation that it rests on.", exists=True
    ),
    replaces: Path | None = typer.Option(
        None, "--replaces", help="The plan that this one amends.", exists=True
    ),
    why: str | None = typer.Option(None, "--why", help="Why it is amended."),
    on: str | None = typer.Option(None, "--on", help="Day that is stated; today by default."),
    out: Path = typer.Option(Path("plan.json"), "--out", help="Where to write it."),
    as_json: bool = JsonFlag,
) -> None:
    """Lock the analysis plan of a study: questions and their hashes, error, looks, the code; signed, and amended only in the open.

    Example: proband study lock liver-cells --study cirrhosis --by "trial statistician" --key me.pem --out plan.json
    """
    from proband.programme import load
    from proband.programme.sealing import new_key, read_key
    from proband.trial.study.plan import lock_plan, read_plan

    with errors_as_text(as_json):
        loaded = load(programme)
        before = read_plan(replaces.read_bytes()) if replaces else None
        if not key.exists():
            note(f"new key {key}, public part {new_key(key)}: keep the file to yourself")
        sealed = lock_plan(
            loaded, study, by=by, on=_day(on), key=read_key(key),
            simulation=_json(simulation, "simulation report") if simulation else None, replaces=before, why=why,
        )  # fmt: skip
        _write(out, sealed.as_dict())
        if as_json:
            print_json({"file": str(out), **sealed.as_dict()})
            return
        say(f"{out}: locked, hash {sealed.document.hash}.")
        print_table(
            sealed.document.title, ["question", "error", "after", "looks", "hash"],
            [(q.id, f"{q.error:g}", q.after or "", ", ".join(f"{f:g}" for f in q.looks), q.hash[:16]) for q in sealed.document.questions],
        )  # fmt: skip


@verb("study open")
def open_verb(
    programme: str = _Programme,
    table: Path = _Table,
    plan: Path = _Plan,
    on: str | None = _On,
    out: Path = _Out,
    as_json: bool = JsonFlag,
) -> None:
    """Make the open report of a board: everybody together; no number in it depends on who is in which arm, and sealed arms stay sealed.

    Example: proband study open liver-cells ./out/trial.parquet --plan plan.json --on 2027-03-01 --out board
    """
    from proband.analysis.trial_frame import read_trial
    from proband.pages.study_reports import open_page
    from proband.programme import load
    from proband.trial.study.board import open_report

    with errors_as_text(as_json):
        day = _day(on)
        rows = read_trial(str(table))
        looking.hold_arms(table, rows, None)
        report = open_report(_plan(plan), load(programme), rows, day).as_dict()
        name = f"open-{day}"
        _write(out / f"{name}.json", report)
        _write_text(out / f"{name}.html", open_page(report))
        if as_json:
            print_json(report)
            return
        say(f"{report['allocated']} of {report['planned']} people allocated by {day}.", "bold")
        say(f"{(out / f'{name}.html').resolve()}")


@verb("study closed")
def closed_verb(
    programme: str = _Programme,
    table: Path = _Table,
    plan: Path = _Plan,
    by: str = typer.Option(..., "--by", help="Who looks."),
    why: str = typer.Option(..., "--why", help="For what: it stands in the log of access."),
    on: str | None = _On,
    earlier: list[Path] = _Earlier,
    record: Path | None = looking.RECORD,
    actor: str | None = looking.ACTOR,
    role: str = looking.ROLE,
    site: str = looking.SITE,
    allocation: Path | None = looking.ALLOCATION,
    out: Path = _Out,
    as_json: bool = JsonFlag,
) -> None:
    """Make the closed report of a board, by arm: harms, composites split, and the primary question at its limit. Who looks is logged first.

    Example: proband study closed liver-cells ./out/trial.parquet --plan plan.json --on 2027-03-01 --by "board statistician" --why "first look" --out board
    """
    from proband.analysis.trial_frame import read_trial
    from proband.pages.study_reports import closed_page
    from proband.programme import load
    from proband.trial.study.board import closed_report

    with errors_as_text(as_json):
        day, locked = _day(on), _plan(plan)
        name, rows = f"closed-{day}", read_trial(str(table))
        looking.enter_look(table, rows, looking.Looker(record, actor, role, site, why))
        found = closed_report(
            locked, load(programme), rows, day, earlier=[_json(path, "closed report") for path in earlier],
            allocation=looking.hold_arms(table, rows, record, allocation),
        )  # fmt: skip
        access = _logged(out, name, by, why, locked.hash, found.head.table)
        report = {**found.as_dict(), "access": access}
        _write(out / f"{name}.json", report)
        _write_text(out / f"{name}.html", closed_page(report))
        if as_json:
            print_json(report)
            return
        say("For the board alone.", "bold")
        look = report["look"]
        if look is None:
            say(report["no_look"])
        else:
            say(f"{look['people']} people ({look['fraction']:.0%} of the information): p = {look['result']['p']:.4g}, limit {look['limit']:.4g}: {'crossed' if look['crossed'] else 'not crossed'}.")  # fmt: skip
        harm = report["harm"]
        if harm is not None:
            reached = harm["crossed_after"] is not None
            say(f"Boundary of harm: {harm['harmed']} of {harm['treated']} treated; {'reached' if reached else 'not reached'}.", "bold" if reached else None)  # fmt: skip
        say(f"{(out / f'{name}.html').resolve()}")
        note(report["head"]["allocation"])
        note(f"logged in {out / LOG}")


@verb("study final")
def final_verb(
    programme: str = _Programme,
    table: Path = _Table,
    plan: Path = _Plan,
    on: str | None = _On,
    by: str = typer.Option(..., "--by", help="Who looks: it stands in the log of access."),
    earlier: list[Path] = _Earlier,
    stopped: str | None = typer.Option(
        None,
        "--stopped",
        help="Why the study ended before its plan; without it everybody must have come to every visit.",
    ),
    record: Path | None = looking.RECORD,
    actor: str | None = looking.ACTOR,
    role: str = looking.ROLE,
    site: str = looking.SITE,
    allocation: Path | None = looking.ALLOCATION,
    out: Path = typer.Option(Path("final"), "--out", help="Folder for the report; none is ever overwritten."),
    as_json: bool = JsonFlag,
) -> None:
    """Make the final report: every question in the order of the plan at its limit, the primary one first whatever it showed, composites split.

    Example: proband study final liver-cells ./out/trial.parquet --plan plan.json --by "trial statistician" --earlier board/closed-2027-03-01.json --out final
    """
    from proband.analysis.trial_frame import read_trial
    from proband.pages.study_reports import final_page
    from proband.programme import load
    from proband.trial.study.final import final_report

    with errors_as_text(as_json):
        locked, rows = _plan(plan), read_trial(str(table))
        looking.enter_look(table, rows, looking.Looker(record, actor, role, site, stopped or "final report"))
        found = final_report(
            locked, load(programme), rows, _day(on), earlier=[_json(path, "closed report") for path in earlier],
            stopped=stopped, allocation=looking.hold_arms(table, rows, record, allocation),
        )  # fmt: skip
        access = _logged(out, "final", by, stopped or "final report", locked.hash, found.head.table)
        report = {**found.as_dict(), "access": access}
        _write(out / "final.json", report)
        _write_text(out / "final.html", final_page(report))
        if as_json:
            print_json(report)
            return
        say(report["first"], "bold")
        print_table(
            "", ["question", "answer", "limit", "what was found"],
            [(q["id"], q["verdict"], f"{q['limit']:.4g}", q["said"]) for q in report["questions"]],
        )  # fmt: skip
        for remark in (*report["head"]["remarks"], report["head"]["allocation"]):
            note(remark)
        say(f"{(out / 'final.html').resolve()}")


@verb("study lay")
def lay_verb(
    programme: str = _Programme,
    report: Path = typer.Argument(
        ..., help="final.json of proband study final.", exists=True, dir_okay=False
    ),
    on: str | None = typer.Option(None, "--on", help="Day for which it is written; today by default."),
    synthetic: bool = typer.Option(
        False, "--synthetic", help="The people are made up; the page says so at its head."
    ),
    out: Path = typer.Option(Path("lay-summary.html"), "--out", help="Where to write it."),
) -> None:
    """Write the summary for lay people, with the ten elements of EU Annex V, from the final report.

    Example: proband study lay liver-cells final/final.json --out lay-summary.html
    """
    from proband.pages.catalogue import Catalogue
    from proband.pages.lay_summary import lay_summary_page
    from proband.pages.ledger import Ledger
    from proband.pages.study_reports import lay_results
    from proband.programme import load

    with errors_as_text():
        day = _day(on)
        loaded = load(programme, on=day)
        results = lay_results(loaded, _json(report, "final report"), synthetic=synthetic)
        page = lay_summary_page(loaded, Ledger.of(loaded, day), Catalogue(), results=results)
        _write_text(out, page.html)
        say(f"{out.resolve()}")


@verb("study access")
def access_verb(
    folder: Path = typer.Argument(Path("board"), help="Folder of the board's reports."),
    as_json: bool = JsonFlag,
) -> None:
    """Show who looked at a study by arm, and check that nobody changed the log.

    Example: proband study access board
    """
    from proband.trial.study.access import read_log

    with errors_as_text(as_json):
        log = folder / LOG
        entries = read_log(log.read_text(encoding="utf-8")) if log.exists() else ()
        if as_json:
            print_json([{name: getattr(entry, name) for name in entry.__slots__} for entry in entries])
            return
        print_table(
            "Looked at by arm", ["when", "who", "why", "report", "plan"],
            [(e.at, e.who, e.why, e.report, e.plan[:12]) for e in entries],
        )  # fmt: skip
        say(f"{len(entries)} entries, each bound to the one before.")


def _logged(out: Path, report: str, by: str, why: str, plan: str, table: str) -> str:
    """Write who looks into the log before anything is shown; gives the hash of the entry."""
    from proband.trial.study.access import next_entry, read_log

    log = out / LOG
    written = log.read_text(encoding="utf-8") if log.exists() else ""
    line = next_entry(
        written, who=by, why=why, at=datetime.now(UTC).isoformat(timespec="seconds"), report=report, plan=plan, table=table
    )  # fmt: skip
    _new(out / f"{report}.json")
    with log.open("a", encoding="utf-8") as file:
        file.write(line)
    return read_log(written + line)[-1].hash


def _plan(path: Path) -> LockedPlan:
    from proband.trial.study.plan import read_plan

    return read_plan(path.read_bytes()).document


def _day(on: str | None) -> date:
    return date.today() if on is None else day_of(on)


def _json(path: Path, what: str) -> dict[str, Any]:
    from proband.trial.study.plan import StudyError

    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise StudyError("study.file", what=what, reason=str(error)) from error
    if not isinstance(told, dict):
        raise StudyError("study.file", what=what, reason="it is no JSON object")
    return told


def _write(path: Path, data: dict[str, Any]) -> None:
    _write_text(path, json.dumps(data, indent=1, ensure_ascii=False, default=str, allow_nan=False) + "\n")


def _new(path: Path) -> None:
    from proband.trial.study.plan import StudyError

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise StudyError("study.exists", path=path)


def _write_text(path: Path, text: str) -> None:
    _new(path)
    path.write_text(text, encoding="utf-8")
