"""Body surface from height and weight: Mosteller, Du Bois."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.body.kidney import height, weight
from proband.instruments.function.scales import source
from proband.instruments.instrument import (
    Computed,
    Direction,
    Disagreement,
    FloatArray,
    Instrument,
    Variant,
)
from proband.terms import Level

_MOSTELLER = source(
    "mosteller-1987",
    "Mosteller 1987, Simplified calculation of body-surface area, as quoted in a bibliography of such equations",
    Level.SECONDARY,
    url="http://globalrph.com/bsa2.htm",
    seen="the equation",
)
_DU_BOIS = source(
    "du-bois-1916",
    "Du Bois and Du Bois 1916, as quoted in the same bibliography",
    Level.SECONDARY,
    url="http://globalrph.com/bsa2.htm",
    seen="the equation",
)


def _surface(x: Mapping[str, FloatArray], variant: str) -> Computed:
    if variant == "du-bois":
        return Computed(0.007184 * np.power(x["height"], 0.725) * np.power(x["weight"], 0.425))
    return Computed(np.sqrt(x["height"] * x["weight"] / 3600.0))


BODY_SURFACE = Instrument(
    id="body-surface",
    name="Body surface area",
    area="general",
    purpose="Surface of the body, by which clearances and volumes are compared between people",
    items=(height(), weight()),
    value_name="body surface",
    value_unit="m2",
    direction=Direction.NO_DIRECTION,
    version="Mosteller 1987; Du Bois 1916",
    licence="published equations, free to use",
    sources=(_MOSTELLER, _DU_BOIS),
    variants=(
        Variant(
            name="mosteller",
            meaning="√(height (cm) × weight (kg) / 3600)",
            level=Level.SECONDARY,
            source="mosteller-1987",
        ),
        Variant(
            name="du-bois",
            meaning="0.007184 × height (cm)^0.725 × weight (kg)^0.425",
            level=Level.SECONDARY,
            source="du-bois-1916",
        ),
    ),
    default_variant="mosteller",
    population="Children and adults; Du Bois was made from nine people and is too low in obesity",
    formula="Mosteller √(h × w / 3600); Du Bois 0.007184 × h^0.725 × w^0.425; h in cm, w in kg, m²",
    disagreements=(
        Disagreement(
            where="Mosteller and Du Bois",
            what="differ by one to two per cent in most adults, by more in obesity and in small children",
            here="chosen by name and stored with the value",
        ),
    ),
    example={"height": "170 cm", "weight": "70 kg"},
    compute=_surface,
)
