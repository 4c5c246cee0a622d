"""The documentation of every instrument, generated from its metadata: ``python -m proband.instruments.documentation FOLDER``.

The worked example is computed when the page is written, so a page cannot show a result that the code does not give.
``--check`` writes nothing and fails if a page in the folder is not what would be written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from proband.instruments.catalogue import REGISTRY
from proband.instruments.instrument import ImportantChange, Instrument, Item, ItemKind
from proband.instruments.scoring import score_one
from proband.terms import Level, Source
from proband.terms.markdown import table

#: pages list this many items in full; longer instruments list one row per section
_ITEMS_SHOWN = 40

_AREAS = (
    ("liver", "Liver"),
    ("mitochondrial", "Mitochondrial disease"),
    ("spinal cord", "Spinal cord injury"),
    ("general", "General"),
)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table in whose cells a star is a star: names of neurological levels and units have some."""
    return table(columns, ([str(cell).replace("*", "\\*") for cell in row] for row in rows))


def _mark(level: Level) -> str:
    return "" if level is Level.READ else f" [{level.value}]"


def _range(low: float, high: float) -> str:
    if not np.isfinite(low) and not np.isfinite(high):
        return ""
    return f"{low:g} to {high:g}".replace("-inf to", "up to").replace("to inf", "and above")


def _answers(item: Item) -> str:
    if item.kind is ItemKind.YES_NO:
        return "yes, no"
    if item.kind is ItemKind.CHOICE:
        return "; ".join(
            option.label if option.label == f"{option.code:g}" else f"{option.label} ({option.code:g})"
            for option in item.options
        )
    if item.kind is ItemKind.POINTS:
        return _range(item.limits.possible_low, item.limits.possible_high)
    unit = "" if item.unit.startswith(("{", "1")) and item.unit[:2] != "10" else f" {item.unit}"
    possible = _range(item.limits.possible_low, item.limits.possible_high)
    usual = _range(item.limits.usual_low, item.limits.usual_high)
    others = [other for other in item.entry_units if other != item.unit]
    also = f"; also in {', '.join(others)}" if others else ""
    return f"{possible}{unit}" + (f" (usual {usual})" if usual and usual != possible else "") + also


def _items(instrument: Instrument) -> Iterator[str]:
    yield "## Items"
    yield ""
    if instrument.item_texts == "structure only":
        yield "Structure only: the item texts are not free to copy, or belong to the form and manual named under licence."
        yield ""
    needed: dict[str, list[str]] = {}
    for variant in instrument.variants:
        for name in variant.needs:
            needed.setdefault(name, []).append(variant.name)
    if len(instrument.items) > _ITEMS_SHOWN:
        sections: dict[str, list[Item]] = {}
        for item in instrument.items:
            sections.setdefault(item.section, []).append(item)
        yield from _table(
            ("section", "items", "first and last", "answers"),
            (
                (
                    title,
                    len(members),
                    f"`{members[0].name}` … `{members[-1].name}`",
                    "; ".join(sorted({_answers(item) for item in members})),
                )
                for title, members in sections.items()
            ),
        )
        return

    def need(item: Item) -> str:
        if item.required:
            return "required"
        return f"required by {', '.join(needed[item.name])}" if item.name in needed else "optional"

    yield from _table(
        ("item", "meaning", "answers and limits", "", "remark"),
        (
            (f"`{item.name}`", f"{item.label}{_mark(item.level)}", _answers(item), need(item), item.help)
            for item in instrument.items
        ),
    )
    if any(item.kind is ItemKind.QUANTITY for item in instrument.items):
        yield "Outside its limits a value is impossible and gives no score; outside the usual range it is scored with a warning."
        yield ""


def _change(change: ImportantChange) -> tuple[str, ...]:
    value = "not found" if change.value is None else f"{change.value:g}"
    if change.high is not None:
        value += f" to {change.high:g}"
    if change.value is not None:
        value += f" {change.unit}"
    return (change.kind, value, change.population, change.source, change.level.value)


def _source(source: Source) -> str:
    link = f" <{source.link}>" if source.link else ""
    note = f"; {source.note}" if source.note else ""
    return f"* `{source.id}`: {source.citation}{note}{_mark(source.level)}{link}"


def _example(instrument: Instrument) -> Iterator[str]:
    yield "## Worked example"
    yield ""
    if instrument.id == "isncsci":
        from proband.instruments.isncsci import Exam, classify

        examined = classify(Exam.from_dict(instrument.example))
        yield "A synthetic examination: normal down to T4, nothing below, no anal sensation or contraction."
        yield ""
        yield "```text"
        yield examined.explain("asiaImpairmentScale")
        yield "```"
        yield ""
        yield from _table(("answer", "value"), list(examined.to_dict().items()))
        return
    result = score_one(instrument, instrument.example, variant=instrument.example_variant)
    yield "Synthetic values; computed when this page was written."
    yield ""
    yield "```text"
    lines = result.explain().splitlines()
    if len(lines) > _ITEMS_SHOWN:
        given = len(instrument.items)
        lines = [lines[0], f"  ({given} items given)", *lines[1 + given :]]
    yield from lines
    yield "```"
    yield ""


def page(instrument: Instrument) -> str:
    """The page of one instrument as Markdown."""
    lines: list[str] = [
        f"# {instrument.name}",
        "",
        "<!-- generated by python -m proband.instruments.documentation; do not edit -->",
        "",
        f"{instrument.purpose}.",
        "",
    ]
    low = "" if instrument.total_low is None else f"{instrument.total_low:g}"
    high = "" if instrument.total_high is None else f"{instrument.total_high:g}"
    span = f"{low} to {high}" if low and high else f"from {low}" if low else "no fixed range"
    lines += _table(
        ("", ""),
        (
            ("id", f"`{instrument.id}`"),
            ("value", f"{instrument.value_name}, {span}"),
            ("direction", instrument.direction.value),
            ("version", instrument.version),
            ("population", instrument.population),
            ("licence", instrument.licence),
        ),
    )
    lines += ["## Rule", "", instrument.formula, ""]
    lines += _items(instrument)
    lines += ["## Variants", ""]
    lines += _table(
        ("variant", "meaning", "level", "source"),
        (
            (
                f"`{one.name}`" + (" (default)" if one.name == instrument.default_variant else ""),
                one.meaning,
                one.level.value,
                f"`{one.source}`" if one.source else "",
            )
            for one in instrument.variants
        ),
    )
    if instrument.default_variant is None:
        lines += ["There is no default: name the variant.", ""]
    if instrument.categories:
        lines += [f"Categories: {'; '.join(instrument.categories)}.", ""]
    if instrument.details:
        lines += [
            "Further outputs: " + "; ".join(f"`{k}` {v}" for k, v in instrument.details.items()) + ".",
            "",
        ]
    lines += ["## No score", "", "A missing or impossible answer gives no score and names the item."]
    if instrument.rules:
        lines += ["Further reasons:", "", *(f"* {rule}" for rule in instrument.rules)]
    lines += [""]
    if instrument.important_changes:
        lines += ["## Changes that matter", ""]
        lines += _table(
            ("kind", "value", "population", "source", "level"), map(_change, instrument.important_changes)
        )
    lines += _example(instrument)
    if instrument.disagreements:
        lines += ["## Known disagreements", ""]
        lines += _table(
            ("where", "what", "here"), ((one.where, one.what, one.here) for one in instrument.disagreements)
        )
    if instrument.notes:
        lines += ["## Notes", "", *(f"* {note}" for note in instrument.notes), ""]
    lines += ["## Sources", "", *(_source(source) for source in instrument.sources), ""]
    return "\n".join(lines)


#: what was asked for and is not computed, each with the reason
_NOT_HERE = (
    (
        "Chronic Liver Disease Questionnaire (CLDQ)",
        "its owner (the Center for Outcomes Research in Liver Disease, corld.org) offers the questionnaires as a service; no "
        "licence was found under which its 29 questions and their scoring may be copied. A total that the owner's form gives "
        "can be recorded as an outcome.",
    ),
    (
        "PELD Cr",
        "livers for children are allocated by it in the United States since 13 July 2023; its coefficients were looked for "
        "and not found in a source that can be quoted.",
    ),
)


def index() -> str:
    """The page that lists all instruments."""
    lines = [
        "# Instruments",
        "",
        "<!-- generated by python -m proband.instruments.documentation; do not edit -->",
        "",
        "Each instrument is a vectorised function with its metadata. A missing or impossible answer gives no score with the",
        "reason. Levels say how well a rule's source was checked: `read`, `derived`, `secondary`, `unverified`.",
        "Not for clinical use unless verified by a clinician.",
        "",
        "`proband instruments ID` shows one, `proband score ID …` computes it; in Python, `proband.instruments.score`,",
        "`score_batch` and `score_table`.",
        "",
    ]
    titles = dict(_AREAS)
    titles |= {one.area: one.area.capitalize() for one in REGISTRY.values() if one.area not in titles}
    for area, title in titles.items():
        lines += [f"## {title}", ""]
        lines += _table(
            ("instrument", "id", "purpose", "level", "direction"),
            (
                (
                    f"[{one.name}]({one.id}.md)",
                    f"`{one.id}`",
                    one.purpose,
                    ", ".join(dict.fromkeys(variant.level.value for variant in one.variants)),
                    one.direction.value,
                )
                for one in REGISTRY.values()
                if one.area == area
            ),
        )
    lines += ["## Not here, and why", ""]
    lines += _table(("instrument", "reason"), _NOT_HERE)
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """File name → text, for every instrument and the index."""
    return {"index.md": index()} | {f"{one.id}.md": page(one) for one in REGISTRY.values()}


def stale(folder: Path) -> list[str]:
    """Names of the pages in ``folder`` that are missing or differ from what would be written now."""
    return [
        name
        for name, text in pages().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages into a folder, or check them; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is out of date")
    options = parser.parse_args(arguments)
    if options.check:
        old = stale(options.folder)
        for name in old:
            sys.stderr.write(f"{options.folder / name} is out of date\n")
        return 1 if old else 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (options.folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
