"""The verb that drafts the report of a case for a regulator: ``case``."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.record.group import ACTOR, FOLDER, READER, READER_KEY, ROLE, SITE, WHY_READ, opened, shown_to
from proband.cli.record.written import documents_of
from proband.cli.verbs import verb
from proband.record.unbroken import unbroken

if TYPE_CHECKING:
    from proband.record.regulators.case import CaseSupplement


@verb("record case")
def case(
    folder: Path = FOLDER,
    event: str = typer.Argument(..., help="The adverse event.", metavar="EVENT"),
    form: str = typer.Option(
        "e2b", "--form", help="e2b (ICH E2B(R3) XML) or medwatch (fields of FDA 3500A)."
    ),
    supplement: Path | None = typer.Option(
        None,
        "--with",
        help="What the site adds: a YAML or JSON file with licensed codes, identifiers, age, sex …",
    ),
    target: Path | None = typer.Option(
        None, "--out", help="A new file: .xml for e2b; .csv or .json for medwatch."
    ),
    purpose: str = typer.Option(..., help="For whom it is; noted in the log."),
    actor: str = ACTOR,
    role: str = ROLE,
    site: str = SITE,
    person: str | None = READER,
    key: Path | None = READER_KEY,
    reason: str | None = WHY_READ,
    as_json: bool = JsonFlag,
) -> None:
    """Draft the report of an adverse event for a regulator, note in the log that it left the record, and list what is missing in it.

    It is a draft and says so. Codes of MedDRA come from whoever holds the licence; what nobody supplied is a null flavour. A masked allocation that nobody has opened
    stays masked. Where anybody is masked, or arms are drawn, whoever drafts shows who they are (--as), and works where the event was; the custodian (--actor) notes that it leaves. Ends with 3 if a gate says no.

    Example: proband record case ./sci AE-7 --form e2b --with site.yaml --out ae-7.xml --purpose "MHRA, 7 days" --actor dm-1 --as dr-1
    """
    from proband.record import Command, RecordError
    from proband.record.declare.form import filled
    from proband.record.events import stamp
    from proband.record.regulators.case import CaseSupplement, case_of
    from proband.record.regulators.icsr import icsr_of
    from proband.record.regulators.medwatch import medwatch_of

    with errors_as_text(as_json), opened(folder) as record:
        # who notes that it leaves is the custodian, from whom arms may be hidden; who drafts, and reads, is somebody else then
        shown_to(record, person, key, "case", event, reason)
        if form not in ("e2b", "medwatch"):
            raise RecordError("record.case.form", form=form)
        if target is not None and target.exists():
            raise RecordError("record.case.file", path=target)
        given = documents_of(supplement)[0] if supplement is not None else {}
        added: CaseSupplement = CaseSupplement.model_validate(
            filled("record case", CaseSupplement, [], given)
        )
        found = case_of(record, event)
        data = {"purpose": purpose, "tables": [f"case={event}", f"form={form}"], "upto": record.state.seq}
        created = stamp(record.clock())
        content = b""
        missing: list[list[str]] = []
        fields: list[dict[str, str]] = []
        if form == "e2b":
            draft = icsr_of(found, added, created=created)
            content, missing = draft.content, [list(one) for one in draft.missing]
        else:
            fields = [one.as_dict() for one in medwatch_of(found, added, created=created)]
            missing = [[one["place"], one["missing"]] for one in fields if one["missing"]]
        with unbroken():
            # the log says first that it leaves
            receipt = record.execute(
                Command("record.export", record.study, data, actor=actor, role=role, site=site)
            )
            if target is not None and form == "e2b":
                target.write_bytes(content)
            elif target is not None:
                _write(target, fields)
        if as_json:
            shown = {"xml": content.decode()} if form == "e2b" else {"fields": fields}
            print_json(
                {
                    "draft": True,
                    "event": receipt.seq,
                    "blinded": found.blinded,
                    "missing": missing,
                    "file": str(target) if target else None,
                    **shown,
                }
            )
            return
        if form == "medwatch":
            print_table(
                "DRAFT",
                ["place", "field", "value"],
                [(one["place"], one["label"], one["value"]) for one in fields],
            )
        elif target is None:
            sys.stdout.write(content.decode() + "\n")
        if target is not None:
            say(f"{target}: a DRAFT, event {receipt.seq} of the log")
        if found.blinded:
            note("the allocation is masked: neither arm nor product is named")
        for place, what in missing:
            note(f"missing {place}: {what}")


def _write(target: Path, rows: list[dict[str, str]]) -> None:
    import json

    if target.suffix.lower() == ".json":
        target.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["place", "label", "value", "missing"])
        writer.writeheader()
        writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)


def _plain(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
