"""Data dictionaries from an instrument's metadata: a plain CSV, and a CSV in the columns that REDCap imports."""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from proband.instruments.instrument import Instrument, Item, ItemKind

COLUMNS = (
    "instrument",
    "version",
    "name",
    "label",
    "section",
    "kind",
    "unit",
    "units",
    "choices",
    "possible_low",
    "possible_high",
    "usual_low",
    "usual_high",
    "required",
    "level",
    "help",
)

#: the eighteen columns of a REDCap data dictionary, in the order and spelling in which REDCap reads them
REDCAP_COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)


def _bound(value: float) -> str:
    return f"{value:.10g}" if np.isfinite(value) else ""


def _choices(item: Item) -> str:
    return " | ".join(f"{option.code:g}, {option.label}" for option in item.options)


def data_dictionary(instrument: Instrument) -> str:
    """One CSV row per item, in the columns :data:`COLUMNS`; choices as ``code, label | code, label``."""
    required = set(instrument.required_items(instrument.default_variant or instrument.variants[0].name))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in instrument.items:
        writer.writerow(
            (
                instrument.id,
                instrument.version,
                item.name,
                item.label,
                item.section,
                item.kind.value,
                item.unit if item.kind is ItemKind.QUANTITY else "",
                " ".join(item.entry_units) if item.kind is ItemKind.QUANTITY else "",
                "1, yes | 0, no" if item.kind is ItemKind.YES_NO else _choices(item),
                _bound(item.limits.possible_low),
                _bound(item.limits.possible_high),
                _bound(item.limits.usual_low),
                _bound(item.limits.usual_high),
                "yes" if item.name in required else "no",
                item.level.value,
                item.help,
            )
        )
    return text.getvalue()


def redcap_name(text: str) -> str:
    """A name as REDCap allows it: lower case, digits and underscores, a letter first."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    clean = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", snake)).strip("_")
    return clean if clean[:1].isalpha() else f"i_{clean}"


def field_name(instrument: Instrument, item: Item) -> str:
    """The name of an item's field in a form made from the dictionary; its unit is ``<name>_unit``."""
    return f"{redcap_name(instrument.id)}_{redcap_name(item.name)}"


def redcap_dictionary(instrument: Instrument, *, with_record_id: bool = True) -> str:
    """The instrument as a REDCap data dictionary (18 columns, one form).

    A quantity with several units in use becomes two fields, the number and the unit; the unit is required with it.
    ``with_record_id`` puts the field ``record_id`` first, which REDCap demands of a project's first form.
    """
    form = redcap_name(instrument.id)
    required = set(instrument.required_items(instrument.default_variant or instrument.variants[0].name))
    text = io.StringIO()
    writer = csv.DictWriter(text, REDCAP_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    if with_record_id:
        writer.writerow(_redcap_row("record_id", form, "text", "Record ID"))
    section = ""
    for item in instrument.items:
        name = field_name(instrument, item)
        row = _redcap_row(name, form, "text", item.label, item.help, required=item.name in required)
        if item.section and item.section != section:
            row["Section Header"] = section = item.section
        if item.kind is ItemKind.YES_NO:
            row["Field Type"] = "yesno"
        elif item.kind is ItemKind.CHOICE:
            row["Field Type"] = "radio" if len(item.options) <= 8 else "dropdown"
            row["Choices, Calculations, OR Slider Labels"] = _choices(item)
        else:
            several = item.unit_must_be_said
            row["Text Validation Type OR Show Slider Number"] = "integer" if item.step == 1 else "number"
            if not several:
                row["Text Validation Min"] = _bound(item.limits.possible_low)
                row["Text Validation Max"] = _bound(item.limits.possible_high)
                if item.kind is ItemKind.QUANTITY and not row["Field Note"]:
                    row["Field Note"] = item.unit
        writer.writerow(row)
        if item.unit_must_be_said:
            unit = _redcap_row(
                f"{name}_unit", form, "dropdown", f"Unit of {item.label}", required=item.name in required
            )
            unit["Choices, Calculations, OR Slider Labels"] = " | ".join(
                f"{number}, {spelling}" for number, spelling in enumerate(item.entry_units, start=1)
            )
            unit["Branching Logic (Show field only if...)"] = f"[{name}] <> ''"
            writer.writerow(unit)
    return text.getvalue()


def _redcap_row(
    name: str, form: str, kind: str, label: str, note: str = "", *, required: bool = False
) -> dict[str, str]:
    return {
        "Variable / Field Name": name,
        "Form Name": form,
        "Field Type": kind,
        "Field Label": label,
        "Field Note": note,
        "Required Field?": "y" if required else "",
    }
