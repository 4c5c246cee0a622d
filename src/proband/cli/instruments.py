"""The verb ``instruments``: list them, describe one, print its form or its data dictionary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, print_table, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.instruments import Instrument, Item


class InstrumentsUsageError(ProbandError):
    """The command line of ``proband instruments`` is wrong."""


@verb("instruments")
def list_instruments(
    id: str | None = typer.Argument(None, metavar="[ID]", help="Show this instrument in full."),
    form: str | None = typer.Option(
        None, "--form", help="Print its entry form: json, html, or svg (isncsci)."
    ),
    dictionary: str | None = typer.Option(
        None, "--dictionary", help="Print its data dictionary: csv, or redcap (18 columns)."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """List the instruments, or describe one: items, units, limits, variants, sources, licence.

    Example: proband instruments · proband instruments meld-3 · proband instruments sara --form html ·
    proband instruments child-pugh --dictionary redcap
    """
    from proband.instruments import REGISTRY, data_dictionary, form_layout, get, redcap_dictionary

    with errors_as_text(as_json):
        if id is None:
            if form or dictionary:
                raise InstrumentsUsageError("cli.instruments.unnamed")
            _list(list(REGISTRY.values()), as_json)
            return
        instrument = get(id)
        if form is not None:
            if form == "json":
                print_json(form_layout(instrument))
            elif form == "html":
                from proband.pages.examination.entry_form import entry_form

                typer.echo(entry_form(instrument), nl=False)
            elif form == "svg" and instrument.id == "isncsci":
                from proband.pages.examination.isncsci_sheet import isncsci_sheet

                typer.echo(isncsci_sheet())
            else:
                kinds = "json, html or svg" if instrument.id == "isncsci" else "json or html"
                raise InstrumentsUsageError(
                    "cli.instruments.form", form=form, instrument=instrument.id, kinds=kinds
                )
        elif dictionary is not None:
            if dictionary not in {"csv", "redcap"}:
                raise InstrumentsUsageError("cli.instruments.dictionary", dictionary=dictionary)
            make = data_dictionary if dictionary == "csv" else redcap_dictionary
            typer.echo(make(instrument), nl=False)
        elif as_json:
            print_json(instrument.metadata())
        else:
            describe(instrument)


def _list(instruments: list[Instrument], as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "area": one.area,
                    "purpose": one.purpose,
                    "version": one.version,
                    "items": len(one.items),
                    "variants": [variant.name for variant in one.variants],
                    "direction": one.direction.value,
                    "licence": one.licence,
                }
                for one in instruments
            ]
        )
        return
    print_table("", ["id", "area", "instrument"], [(one.id, one.area, one.name) for one in instruments])


def _span(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}".strip()


def _answers(item: Item) -> str:
    if item.options:
        shown = [option.label for option in item.options[:8]]
        return " | ".join(shown) + (" …" if len(item.options) > 8 else "")
    if item.kind.value == "yes-no":
        return "yes | no"
    limits = item.limits
    span = f"{limits.possible_low:g} to {limits.possible_high:g}"
    return f"{span} {item.unit}" if item.kind.value == "quantity" else span


def describe(instrument: Instrument) -> None:
    """Print an instrument in full, as text."""
    say(f"{instrument.name} ({instrument.id})", "bold")
    say(instrument.purpose)
    say(f"Population: {instrument.population}")
    span = _span(instrument.total_low, instrument.total_high)
    say(f"Value: {instrument.value_name}{f', {span}' if span else ''}; {instrument.direction.value}")
    say(f"Rule: {instrument.formula}")
    say(f"Version: {instrument.version}. Licence: {instrument.licence}.")
    many = len(instrument.items) > 40
    shown = instrument.items[:12] if many else instrument.items
    required = instrument.required_items(instrument.default_variant or instrument.variants[0].name)
    print_table(
        "Items",
        ["item", "meaning", "answers (bounds in the rule's unit)", "units", ""],
        [
            (
                item.name,
                item.label,
                _answers(item),
                ", ".join(item.entry_units) if item.kind.value == "quantity" else "",
                "required" if item.name in required else "optional",
            )
            for item in shown
        ],
    )
    if many:
        note(f"and {len(instrument.items) - len(shown)} more items: --dictionary csv lists them all")
    print_table(
        "Variants",
        ["variant", "meaning", "level", ""],
        [
            (
                variant.name,
                variant.meaning,
                variant.level.value,
                "default" if variant.name == instrument.default_variant else "",
            )
            for variant in instrument.variants
        ],
    )
    for change in instrument.important_changes:
        value = "not found" if change.value is None else f"{change.value:g}"
        high = f"–{change.high:g}" if change.high is not None else ""
        say(
            f"{change.kind.capitalize()}: {value}{high}{f' {change.unit}' if change.value is not None else ''}, "
            f"{change.population} "
            f"({change.source}) [{change.level.value}]"
        )
    for one in instrument.disagreements:
        say(f"Disagreement: {one.where}: {one.what}. Here: {one.here}.")
    for remark in instrument.notes:
        say(f"Note: {remark}")
    for source in instrument.sources:
        say(f"Source: {source}")
    say(f"Example: {example_line(instrument)}")


def example_line(instrument: Instrument) -> str:
    """A command that scores the instrument's example; cut short where it is long."""
    if instrument.id == "isncsci":
        return "proband score isncsci exam.json --explain"
    words = ["proband score", instrument.id]
    if instrument.example_variant:
        words.append(f"--variant {instrument.example_variant}")
    for name, value in instrument.example.items():
        text = re.sub(r"(?<=\d) (?=[a-zA-Z])", "", str(value))
        words.append(f"--{name.replace('_', '-')} " + (f'"{text}"' if " " in text else text))
    return " ".join(words) if len(words) < 24 else " ".join(words[:12]) + " …"
