"""Rating scales: items with points and their sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from proband.instruments.instrument import AnswerOption, Computed, FloatArray, Item, ItemKind, Limits, Rule
from proband.terms import Level, Source


def rated(
    name: str,
    label: str,
    high: float,
    *,
    low: float = 0,
    section: str = "",
    level: Level = Level.READ,
    required: bool = True,
    help: str = "",
) -> Item:
    """An item with whole points from ``low`` to ``high``."""
    return Item(
        name=name,
        label=label,
        kind=ItemKind.POINTS,
        unit="{points}",
        limits=Limits(possible_low=low, possible_high=high, source="range of the scale's item"),
        step=1,
        section=section,
        level=level,
        required=required,
        help=help,
    )


def weighted(name: str, label: str, points: Iterable[int], *, section: str, level: Level) -> Item:
    """An item whose answers carry unequal points; the points are the codes and the labels."""
    return Item(
        name=name,
        label=label,
        kind=ItemKind.CHOICE,
        unit="{points}",
        options=tuple(AnswerOption(code=point, label=str(point)) for point in points),
        section=section,
        level=level,
    )


def total(x: Mapping[str, FloatArray], names: Iterable[str]) -> FloatArray:
    """Sum of the named columns; NaN where one is missing."""
    chosen = list(names)
    result = np.array(x[chosen[0]], dtype=np.float64)
    for name in chosen[1:]:
        result += x[name]
    return result


def sum_rule(sections: Mapping[str, tuple[str, ...]]) -> Rule:
    """The rule of a summed scale, with each section's sum under ``sum_<section>`` (NaN where an item is missing)."""

    def compute(x: Mapping[str, FloatArray], variant: str) -> Computed:
        parts = {f"sum_{section}": total(x, names) for section, names in sections.items()}
        whole: FloatArray = np.zeros_like(next(iter(parts.values())))
        for part in parts.values():
            whole += part
        return Computed(whole, details=parts if len(parts) > 1 else {})

    return compute


def source(key: str, citation: str, level: Level = Level.READ, **more: str) -> Source:
    """A source with the level of what was taken from it."""
    return Source.model_validate({"id": key, "citation": citation, "level": level, **more})
