"""Entry forms from an instrument's metadata: a layout as plain JSON values, and a plain HTML form."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from proband.instruments.instrument import Instrument, Item, ItemKind


def _bound(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _field(item: Item, required: bool) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": item.name,
        "label": item.label,
        "kind": item.kind.value,
        "required": required,
        "help": item.help,
    }
    if item.kind is ItemKind.QUANTITY:
        field |= {
            "unit": item.unit,
            "units": list(item.entry_units),
            "possible": [_bound(item.limits.possible_low), _bound(item.limits.possible_high)],
            "usual": [_bound(item.limits.usual_low), _bound(item.limits.usual_high)],
        }
    elif item.kind is ItemKind.POINTS:
        field |= {
            "possible": [_bound(item.limits.possible_low), _bound(item.limits.possible_high)],
            "step": item.step,
        }
    else:
        options = item.options
        field["choices"] = (
            [{"code": option.code, "label": option.label} for option in options]
            if options
            else [{"code": 1, "label": "yes"}, {"code": 0, "label": "no"}]
        )
    return field


def form_layout(instrument: Instrument, variant: str | None = None) -> dict[str, Any]:
    """The form as plain JSON values: sections with fields, in order.

    Each field has name, label, kind, required, help, and by kind: unit, units, possible and usual bounds (in ``unit``),
    step, choices. No field has a value beforehand: an answer that was not given must stay recognisable.
    """
    chosen = variant or instrument.default_variant or instrument.variants[0].name
    required = set(instrument.required_items(chosen))
    sections: dict[str, list[dict[str, Any]]] = {}
    for item in instrument.items:
        sections.setdefault(item.section, []).append(_field(item, item.name in required))
    return {
        "instrument": instrument.id,
        "title": instrument.name,
        "version": instrument.version,
        "variant": chosen,
        "licence": instrument.licence,
        "item_texts": instrument.item_texts,
        "sections": [{"title": title, "fields": fields} for title, fields in sections.items()],
    }


def form_html(instrument: Instrument, variant: str | None = None) -> str:
    """The form as an HTML fragment: one ``<form>``, a fieldset per section, a label per field, nothing preselected.

    Quantities have a number and, where several units are in use, a unit that must be chosen. All text is escaped; there
    is no script and nothing is loaded.
    """
    layout = form_layout(instrument, variant)
    lines = [f'<form class="instrument" data-instrument="{escape(instrument.id)}" method="post">']
    lines.append(f"<h2>{escape(layout['title'])}</h2>")
    for section in layout["sections"]:
        lines.append("<fieldset>")
        lines.append(f"<legend>{escape(section['title'] or layout['title'])}</legend>")
        for field in section["fields"]:
            lines += _html_field(instrument.id, field)
        lines.append("</fieldset>")
    lines += ['<button type="submit">Save</button>', "</form>"]
    return "\n".join(lines) + "\n"


def _html_field(instrument: str, field: dict[str, Any]) -> list[str]:
    name = escape(field["name"])
    key = escape(f"{instrument}-{field['name']}")
    required = " required" if field["required"] else ""
    described = f' aria-describedby="{key}-help"' if field["help"] else ""
    hint = [f'<small id="{key}-help">{escape(field["help"])}</small>'] if field["help"] else []
    label = escape(field["label"])
    if "choices" in field:
        options = "".join(
            f'<option value="{choice["code"]:g}">{escape(choice["label"])}</option>'
            for choice in field["choices"]
        )
        return [
            f'<p><label for="{key}">{label}</label>',
            f'<select id="{key}" name="{name}"{required}{described}><option value=""></option>{options}</select>',
            *hint,
            "</p>",
        ]
    units = field.get("units", [])
    low, high = field["possible"]
    # with a choice of units the bounds depend on the unit and are checked when the form is read
    bounds = "" if len(units) > 1 else "".join(
        f' {word}="{value:g}"' for word, value in (("min", low), ("max", high)) if value is not None
    )  # fmt: skip
    step = f"{field['step']:g}" if field.get("step") else "any"
    lines = [
        f'<p><label for="{key}">{label}</label>',
        f'<input id="{key}" name="{name}" type="number" step="{step}" inputmode="decimal"{bounds}{required}{described}>',
    ]
    if len(units) > 1:
        options = "".join(f"<option>{escape(unit)}</option>" for unit in units)
        lines.append(
            f'<select name="{name}_unit" aria-label="Unit of {label}"{required}><option value=""></option>{options}</select>'
        )
    elif units and units[0] not in {"1", "{score}", "{INR}", "{points}"}:
        lines.append(f"<span>{escape(units[0])}</span>")
    return [*lines, *hint, "</p>"]
