"""The verb ``screen``: who qualifies, who does not, who lacks which datum; one person explained, a hospital counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.conditions import day_of
from proband.cli.output import (
    NO,
    NOT_ALL_READ,
    JsonFlag,
    errors_as_text,
    note,
    print_json,
    print_table,
    progress,
    say,
)
from proband.cli.reading_notes import MAPPING_HELP, WHAT_IS_READ, completeness, notes
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    import polars as pl

    from proband.exchange import ReadingReport
    from proband.exchange.gathering import Gathered
    from proband.programme import Programme
    from proband.screening.sql.many import Screened

_FORMATS = ("parquet", "csv", "html")


@verb("screen")
def screen_verb(
    programme: str = typer.Argument(..., help="A bundle: the name of one that is shipped, or a folder."),
    sources: list[Path] = typer.Argument(
        None,
        help=f"{WHAT_IS_READ}; or a long table written by `proband read --out`.",
        metavar="SOURCE...",
    ),
    as_of: str | None = typer.Option(None, "--as-of", help="Day of screening (YYYY-MM-DD); default: today."),
    through: str = typer.Option(
        "screening",
        "--through",
        help="The last visit that is judged: screening, or a visit of the programme with those before it.",
    ),
    explain: str | None = typer.Option(
        None, "--explain", help="Explain the verdict on the person with this id."
    ),
    plain: bool = typer.Option(False, "--plain", help="With --explain: the form for families."),
    engine: str = typer.Option("duckdb", "--engine", help="duckdb, postgres, sqlite or spark."),
    dsn: str | None = typer.Option(
        None, "--dsn", envvar="PROBAND_DSN", help="Address of the PostgreSQL server (postgresql://…)."
    ),
    out: str | None = typer.Option(
        None,
        "--out",
        help="Write one row per person: parquet, csv or html, or a file name that ends so. With --explain: the verdict as html.",
    ),
    sql: str | None = typer.Option(
        None, "--sql", help="Print the criteria as SQL for duckdb, postgres, sqlite or spark, and end."
    ),
    full: bool = typer.Option(
        False, "--full", help="With --sql: the whole statement, from observations to verdict."
    ),
    mapping: Path | None = typer.Option(None, "--mapping", help=MAPPING_HELP),
    allow_unread: bool = typer.Option(
        False,
        "--allow-unread",
        help="Judge and end as if everything were read although files or parts of them were not.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Screen records against a programme: eligible, not eligible or needs data, and why. Ends with 1 if nobody is eligible; ends with 4 if something could not be read.

    Example: proband screen liver-cells ./records --as-of 2026-11-01 --explain patient-7
    """
    from proband.programme import load

    with errors_as_text(as_json):
        day = date.today() if as_of is None else day_of(as_of)
        loaded = load(programme)
        if sql is not None:
            _print_sql(loaded, sql, day, full, through)
            return
        if not sources:
            raise ProbandError("cli.screen.source")
        with _gathered(loaded, sources, mapping, day, through, quiet=as_json) as facts:
            report = facts.report
            said = [] if report is None else notes(report, *facts.later_than(day), day)
            if not as_json:
                for line in [*said, *_way(facts)]:
                    note(line)
            eligible = True
            if explain is not None:
                person = explain if report is None else report.merged.get(explain, explain)
                _explain(loaded, facts, person, day, plain, out, as_json, through, accept_unread=allow_unread)
            else:
                eligible = _screen_all(loaded, facts, day, engine, dsn, out, as_json, through, said)
        if report is not None and not report.complete and not allow_unread:
            raise typer.Exit(NOT_ALL_READ)
        if not eligible:
            raise typer.Exit(NO)


def _print_sql(programme: Programme, name: str, day: date, full: bool, through: str) -> None:
    from proband.screening.rules import rules_for
    from proband.screening.sql.criteria import readable, verdict_text
    from proband.screening.sql.dialects import dialect
    from proband.screening.sql.observables import ObservableQuery
    from proband.screening.sql.plan import scores_of

    try:
        known = dialect(name)
    except ValueError as error:
        raise ProbandError("cli.screen.dialect", problem=str(error)) from None
    rules = rules_for(programme, through)
    if not full:
        typer.echo(readable(rules, known))
        return
    computed = [o.id for o in scores_of(rules)]
    if computed:
        typer.echo(f"-- computed by instruments after this step, not in SQL: {', '.join(computed)}")
    typer.echo(f"-- criteria of {rules.programme_hash}")
    typer.echo("CREATE TABLE observables AS")
    typer.echo(ObservableQuery(rules, known).text(day) + ";")
    typer.echo("CREATE TABLE verdicts AS")
    typer.echo(verdict_text(rules, known) + ";")


def _gathered(
    programme: Programme, sources: list[Path], mapping: Path | None, day: date, through: str, *, quiet: bool
) -> Gathered:
    """What the files say, outside of memory, with the reading report where they are of other systems."""
    from proband.exchange import Progress, gather

    with progress("reading", quiet=quiet) as advance:
        done = 0

        def tell(state: Progress) -> None:
            nonlocal done
            advance(state.files_done - done)
            done = state.files_done

        # planned days lie ahead and are facts; what was measured after the day of screening is left out by screening itself
        facts = gather(sources, programme, day, through=through, mapping=mapping, progress=tell, workers=None)
    if facts.report is not None and not facts.report.facts:
        facts.close()
        raise ProbandError("cli.screen.nothing", files=len(facts.report.files))
    return facts


def _way(facts: Gathered) -> list[str]:
    """How tables of the OMOP CDM were read."""
    if facts.in_columns:
        return ["OMOP tables, read in columns: positions inside the files are not given"]
    return [f"OMOP tables, read row by row: {facts.why_by_row}"] if facts.why_by_row else []


def _explain(
    programme: Programme,
    facts: Gathered,
    subject: str,
    day: date,
    plain: bool,
    out: str | None,
    as_json: bool,
    through: str,
    *,
    accept_unread: bool,
) -> None:
    import difflib

    from proband.exchange.intake.plan import not_read
    from proband.screening import Screening, as_dict, as_text, persons
    from proband.screening import plain as plain_form

    found = dict(persons(facts.facts_of(subject), [subject]))
    if subject not in found:
        near = difflib.get_close_matches(subject, facts.subjects(), n=3)
        raise ProbandError("cli.screen.subject", subject=subject, near=near)
    target = None if out is None else _target(out, ("html",))
    lacking = [] if facts.report is None or accept_unread else not_read(facts.report)
    verdict = Screening(programme, through).verdict(found[subject], day, subject=subject).as_read(lacking)
    if target is not None:
        from proband.pages.screening.verdict import verdict_page

        target.write_text(verdict_page(verdict, programme), encoding="utf-8")
    if as_json:
        read = {} if facts.report is None else {"reading": completeness(facts.report)}
        print_json(as_dict(verdict, programme.eligibility) | read)
    elif plain:
        typer.echo(plain_form(verdict, programme.eligibility))
    else:
        typer.echo(as_text(verdict, programme.eligibility))


def _screen_all(
    programme: Programme,
    facts: Gathered,
    day: date,
    engine: str,
    dsn: str | None,
    out: str | None,
    as_json: bool,
    through: str,
    said: list[str],
) -> bool:
    """Whether anybody is eligible; prints and writes what was found."""
    from proband.programme.criteria_checks import unfillable
    from proband.screening.sql.many import nearly, screen_loaded

    target = None if out is None else _target(out)
    report = facts.report
    observables = programme.eligibility.observables
    unfilled = [observables[int(f.path[1])].id for f in unfillable(programme.eligibility, facts.codes())]
    with progress(f"screening on {engine}", quiet=as_json):
        database = facts.on(engine, dsn=dsn)
        screened = screen_loaded(programme, database, day, through=through)
        away = nearly(programme, database, through=through)
    if target is not None:
        _write(target, programme, screened)
    funnel = screened.funnel
    if as_json:
        print_json(
            {
                "programme": screened.programme_hash,
                "as_of": day.isoformat(),
                "engine": engine,
                "funnel": funnel.as_dict(),
                "one_datum_away": away["subject"].n_unique(),
                "cheapest_data": [{"observable": n, "persons": c} for n, c in _asked(away)],
                "unfilled": unfilled,
                "complete": None if report is None else report.complete,
                "said": said,
                "in_columns": facts.in_columns,
                "reading": None if report is None else report.as_dict(),
                "out": str(target) if target else None,
            }
        )
    else:
        _show(programme, screened, away, report, unfilled)
        if target is not None:
            say(f"{len(screened.table)} rows written to {target}")
    return funnel.eligible > 0


def _asked(away: pl.DataFrame) -> list[tuple[str, int]]:
    counted = away.group_by("label").len().sort(["len", "label"], descending=[True, False])
    return [(str(label), int(count)) for label, count in counted.iter_rows()]


def _show(
    programme: Programme,
    screened: Screened,
    away: pl.DataFrame,
    report: ReadingReport | None,
    unfilled: list[str],
) -> None:
    funnel, eligibility = screened.funnel, programme.eligibility
    if report is not None:
        note(f"{len(report.files)} files; `proband read` shows what was read, declined and ignored, and why")
    print_table(
        f"{programme.head.title}, screened on {screened.as_of}",
        ("criterion", "rule", "pass", "stop", "unknown", "left", "only this"),
        [
            (
                s.key,
                _short(eligibility.words(s.key.partition("@")[0])),
                s.passed,
                s.stopped,
                s.unknown,
                s.left,
                s.only,
            )
            for s in funnel.steps
        ],
        numeric=(2, 3, 4, 5, 6),
    )
    labels = {cohort.id: cohort.label for cohort in eligibility.cohorts}
    for branch in funnel.branches:
        own = [s for s in branch.steps if s.key not in {step.key for step in funnel.steps}]
        print_table(
            f"of these, {labels[branch.cohort]}: {branch.eligible} eligible, {branch.needs_data} need data",
            ("criterion", "rule", "pass", "stop", "unknown", "left", "only this"),
            [
                (
                    s.key,
                    _short(eligibility.words(s.key.partition("@")[0])),
                    s.passed,
                    s.stopped,
                    s.unknown,
                    s.left,
                    s.only,
                )
                for s in own
            ],
            numeric=(2, 3, 4, 5, 6),
        )
    if funnel.deceased:
        say(f"{funnel.deceased} had died by that day, and are counted in no step as left")
    by = "" if report is None or report.complete else " by what was read"
    say(
        f"{funnel.persons} persons: {funnel.eligible} eligible{by}, {funnel.not_eligible} not eligible, "
        f"{funnel.needs_data} need data, {away['subject'].n_unique()} of them one datum away"
    )
    for label, count in _asked(away)[:5]:
        say(f"  {count} could be settled by: {label}")
    if unfilled:
        shown = ", ".join(unfilled[:8]) + (f" and {len(unfilled) - 8} more" if len(unfilled) > 8 else "")
        note(f"no source fills: {shown}")


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + " …"


def _target(out: str, formats: tuple[str, ...] = _FORMATS) -> Path:
    if out in formats:
        return Path(f"screening.{out}")
    path = Path(out)
    if path.suffix.lstrip(".") not in formats:
        raise ProbandError("cli.screen.out", out=out, formats=formats)
    return path


def _write(target: Path, programme: Programme, screened: Screened) -> None:
    match target.suffix:
        case ".parquet":
            screened.rows().write_parquet(target)
        case ".csv":
            screened.rows().write_csv(target)
        case _:
            from proband.pages.screening.funnel import screening_page

            target.write_text(screening_page(programme, screened), encoding="utf-8")
