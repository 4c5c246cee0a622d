"""Entry forms from an instrument's metadata, as plain JSON values."""

from __future__ import annotations

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
