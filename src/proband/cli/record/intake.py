"""The verb that takes files of other systems into a record: ``intake``."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.reading_notes import MAPPING_HELP, WHAT_IS_READ, completeness, not_here
from proband.cli.record.group import FOLDER, opened
from proband.cli.verbs import verb
from proband.terms import ProbandError

if TYPE_CHECKING:
    from proband.exchange.intake import Intake, Sent
    from proband.exchange.reading import Reading

_SHOWN = 30


@verb("record intake")
def intake(
    folder: Path = FOLDER,
    sources: list[Path] = typer.Argument(..., help=f"{WHAT_IS_READ}.", metavar="FILES..."),
    participant: str = typer.Option(
        ..., "--participant", help="Whose data they are: the pseudonym in the record."
    ),
    person: list[str] = typer.Option(
        [],
        "--person",
        help="The name of this person in the files, where it is not the pseudonym; repeat it for several.",
    ),
    visit: str | None = typer.Option(
        None,
        "--visit",
        help="The outcomes of this visit; without it the verdict on eligibility.",
    ),
    through: str | None = typer.Option(
        None, "--through", help="The verdict on eligibility, through this visit; with --visit both."
    ),
    on: str | None = typer.Option(
        None, "--on", help="The day (YYYY-MM-DD); for a visit the day it was held, else today."
    ),
    variant: list[str] = typer.Option(
        [], "--variant", help="INSTRUMENT=NAME: the published form, for instruments that have no default one."
    ),
    mapping: Path | None = typer.Option(None, "--mapping", help=MAPPING_HELP),
    ontology: Path | None = typer.Option(
        None, "--ontology", help="OBO graph (hp.json) to check terms against."
    ),
    actor: str = typer.Option(
        "", "--actor", help="Who does it (a person of the record); needed without --dry-run."
    ),
    role: str = typer.Option("", "--role", help="In which role."),
    site: str = typer.Option("", "--site", help="At which site."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be recorded, and record nothing."),
    as_json: bool = JsonFlag,
) -> None:
    """Take files of one person into the record: a verdict on eligibility, or the outcomes of a visit, and what became of every datum.

    Taking the same files in twice records them once. Gates are asked when the commands are sent.

    Example: proband record intake ./sci ./bundle.json --participant S-0001 --person patient-7 --dry-run
    """
    from proband.exchange import read
    from proband.exchange.intake import carry_out
    from proband.exchange.intake import intake as plan

    with errors_as_text(as_json), opened(folder) as record:
        if not dry_run and not (actor and role and site):
            raise ProbandError("cli.record.intake")
        reading = read(sources, mapping=mapping, ontology=ontology)
        observations = list(reading)
        _check_read(reading, len(observations))
        taken = plan(
            record.state,
            observations,
            participant,
            persons=person,
            visit=visit,
            through=through,
            on=_day(on),
            today=record.clock().date(),
            variants=dict(_pairs(variant)),
            report=reading.report,
        )
        sent = [] if dry_run else carry_out(record, taken, actor=actor, role=role, site=site)
        if as_json:
            print_json(_plain(taken, sent, reading, dry_run=dry_run))
        else:
            _show(taken, sent, reading, dry_run=dry_run)


def _check_read(reading: Reading, facts: int) -> None:
    from proband.exchange import ReadError

    declined = reading.report.declined
    if declined:
        first = declined[0]
        why = first.declined.message if first.declined else ""
        raise ReadError("exchange.intake.declined", count=len(declined), first=first.file, why=why)
    if not facts:
        raise ReadError("exchange.intake.nothing", files=len(reading.files))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ProbandError("cli.date", text=text) from None


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ProbandError("cli.record.variant", text=text)
        found.append((name, value))
    return found


def _plain(taken: Intake, sent: list[Sent], reading: Reading, *, dry_run: bool) -> dict[str, Any]:
    return taken.as_dict() | {
        "dry_run": dry_run,
        "sent": [_event(one) for one in sent if not one.repeated],
        "already_there": [_event(one) for one in sent if one.repeated],
        "ignored_in_reading": [
            {"what": one.what, "reason": one.reason, "n": one.n} for one in reading.report.ignored
        ],
        "reading": completeness(reading.report),
    }


def _event(one: Sent) -> dict[str, Any]:
    return {"verb": one.verb, "seq": one.seq, "consequences": list(one.consequences)}


def _show(taken: Intake, sent: list[Sent], reading: Reading, *, dry_run: bool) -> None:
    where = f" at {taken.visit}" if taken.visit else ""
    say(f"{taken.participant}{where}, as of {taken.day}, under version {taken.programme[:12]}:")
    for index, command in enumerate(taken.commands):
        became = "would be recorded"
        if not dry_run:
            became = (
                f"already there, event {sent[index].seq}"
                if sent[index].repeated
                else f"event {sent[index].seq}"
            )
        say(f"  {_words(command.verb, command.data)}: {became}")
    if sent and all(one.repeated for one in sent):
        say("  nothing was added: all of it stands in the record already")
    if not taken.commands:
        say("  nothing to record: no instrument was answered")
    say(f"{len(taken.accounts)} observations: {len(taken.used)} used, {len(taken.left)} left.")
    print_table("Used", ["what", "for"], [(one.what, "; ".join(one.uses)) for one in taken.used[:_SHOWN]])
    reasons = Counter((one.what, one.left) for one in taken.left)
    if reasons:
        print_table(
            "Left, and why",
            ["n", "what", "why"],
            [(n, what, why) for (what, why), n in reasons.most_common(_SHOWN)],
            numeric=[0],
        )
    more = max(len(taken.used), len(reasons)) - _SHOWN
    if more > 0:
        note(f"{more} more: --json shows them all")
    for line in not_here(reading.report):
        note(line)
    if reading.report.ignored:
        note(
            f"{sum(one.n for one in reading.report.ignored)} things in the files are no observations: `proband read` lists them"
        )


def _words(verb: str, data: dict[str, Any]) -> str:
    if verb == "participant.screen":
        return f"{verb}: {data['outcome']}" + (
            f" ({'; '.join(data['reasons'][:5])})" if data["reasons"] else ""
        )
    name = data["instrument"]
    score = data["scores"].get(name)
    result = data["no_score"] or (f"{score:g}" if isinstance(score, float) else score)
    return f"{verb}: {name}, {len(data['items'])} items, {result}"
