"""Six-minute walk: the distance, and the distance predicted for a healthy adult."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import source
from proband.instruments.instrument import (
    Computed,
    Direction,
    Disagreement,
    FloatArray,
    ImportantChange,
    Instrument,
    Item,
    ItemKind,
    Limits,
    Variant,
)
from proband.instruments.liver.laboratory import age, sex
from proband.terms import Level

_ENRIGHT = source(
    "enright-1998",
    "Enright and Sherrill 1998, as quoted in a table of reference equations of the European Respiratory Society",
    url="http://erj.ersjournals.com/highwire/markup/107615/expansion",
    seen="both equations; the lower limit for men only",
)
_ATS = source(
    "six-minute-walk", "Six-minute walk, public protocol of the American Thoracic Society", Level.UNVERIFIED
)


def _body(*, required: bool) -> tuple[Item, ...]:
    years = age(required=required).model_copy(
        update={
            "limits": Limits(possible_low=0.0, possible_high=125.0, usual_low=40.0, usual_high=80.0),
            "help": "The equation was made from healthy adults of 40 to 80 years",
        }
    )
    return (
        years,
        sex().model_copy(update={"required": required}),
        Item(
            name="height",
            label="Height",
            kind=ItemKind.QUANTITY,
            unit="cm",
            units=("cm", "m"),
            limits=Limits(possible_low=30.0, possible_high=260.0, usual_low=130.0, usual_high=210.0),
            required=required,
        ),
        Item(
            name="weight",
            label="Weight",
            kind=ItemKind.QUANTITY,
            unit="kg",
            limits=Limits(possible_low=1.0, possible_high=500.0, usual_low=35.0, usual_high=180.0),
            required=required,
        ),
    )


def predicted_distance(x: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Predicted distance in metres, and the lower limit of normal (men only; NaN for women)."""
    years, height, weight, female = x["age"], x["height"], x["weight"], x["sex"]
    men = 7.57 * height - 5.02 * years - 1.76 * weight - 309.0
    women = 2.11 * height - 5.78 * years - 2.29 * weight + 667.0
    distance = np.where(female == 1.0, women, men)
    distance[np.isnan(female)] = np.nan
    return distance, np.where(female == 0.0, men - 153.0, np.nan)


def _predicted(x: Mapping[str, FloatArray], variant: str) -> Computed:
    distance, lower = predicted_distance(x)
    return Computed(
        np.where(distance > 0.0, distance, np.nan),
        details={"lower_limit": lower},
        rule=(distance <= 0.0).astype(np.uint8),
    )


SIX_MINUTE_PREDICTED = Instrument(
    id="6mwt-predicted",
    name="Six-minute walk, predicted distance",
    area="general",
    purpose="Distance that a healthy adult of this age, sex, height and weight walks in six minutes",
    items=_body(required=True),
    value_name="predicted distance",
    value_unit="m",
    direction=Direction.NO_DIRECTION,
    version="Enright and Sherrill 1998",
    licence="published formula, free to use",
    sources=(_ENRIGHT,),
    variants=(
        Variant(
            name="enright-sherrill-1998",
            meaning="men 7.57 h − 5.02 a − 1.76 w − 309; women 2.11 h − 5.78 a − 2.29 w + 667",
            level=Level.READ,
            source="enright-1998",
        ),
    ),
    default_variant="enright-sherrill-1998",
    details={"lower_limit": "lower limit of normal in m (men: predicted − 153; none given for women)"},
    rules=("the equation gives no positive distance for these measures",),
    population="Healthy adults of 40 to 80 years; outside that the value is an extrapolation and is warned of",
    age_low=40,
    age_high=80,
    formula=(
        "Men: 7.57 × height (cm) − 5.02 × age − 1.76 × weight (kg) − 309; lower limit 153 m less. "
        "Women: 2.11 × height − 5.78 × age − 2.29 × weight + 667."
    ),
    disagreements=(
        Disagreement(
            where="other populations",
            what="more than a dozen equations are published, with differences of tens of metres",
            here="one, by name; change over time needs none",
        ),
    ),
    notes=("The offset of the lower limit for women was not seen in a source and is therefore not given.",),
    example={"age": 50, "sex": "male", "height": "170 cm", "weight": "80 kg"},
    compute=_predicted,
)


def _six_minute_walk(x: Mapping[str, FloatArray], variant: str) -> Computed:
    distance, lower = predicted_distance(x)
    percent = np.where(distance > 0.0, 100.0 * x["distance"] / distance, np.nan)
    return Computed(
        np.array(x["distance"]),
        details={"predicted": distance, "percent_predicted": percent, "lower_limit": lower},
    )


SIX_MINUTE_WALK = Instrument(
    id="6mwt",
    name="Six-minute walk test",
    area="general",
    purpose="Walking endurance",
    items=(
        Item(
            name="distance",
            label="Distance walked in six minutes",
            kind=ItemKind.QUANTITY,
            unit="m",
            units=("m",),
            limits=Limits(possible_low=0.0, possible_high=1200.0, usual_low=0.0, usual_high=900.0),
        ),
        *_body(required=False),
    ),
    value_name="distance",
    value_unit="m",
    total_low=0,
    direction=Direction.HIGHER_IS_BETTER,
    version="ATS protocol",
    licence="public protocol",
    sources=(_ATS, _ENRIGHT),
    variants=(
        Variant(
            name="distance",
            meaning="the distance, with per cent of predicted where age, sex, height and weight are given",
            level=Level.READ,
            source="enright-1998",
        ),
    ),
    default_variant="distance",
    details={
        "predicted": "predicted distance in m (Enright and Sherrill 1998)",
        "percent_predicted": "distance in per cent of predicted",
        "lower_limit": "lower limit of normal in m (men only)",
    },
    important_changes=(
        ImportantChange(
            kind="minimal important change",
            value=33.3,
            unit="m",
            population="adults with primary mitochondrial myopathy (a third of a standard deviation)",
            source="J Neurol 2022, doi 10.1007/s00415-022-11324-3 (abstract)",
            level=Level.READ,
        ),
        ImportantChange(
            kind="measurement error",
            value=20.4,
            unit="m",
            population="adults with primary mitochondrial myopathy on placebo, day 5 (learning; 3.0 m when adjusted)",
            source="MMPOWER, Neurology 2018;90:e1212",
            level=Level.READ,
        ),
        ImportantChange(
            kind="minimal important change",
            value=0.10,
            unit="m/s",
            population="spinal cord injury",
            source="general knowledge",
            level=Level.UNVERIFIED,
        ),
    ),
    population="People who can walk",
    formula="Metres walked in six minutes",
    notes=(
        "The learning effect is large: take at least three baseline walks before a change means anything.",
    ),
    example={"distance": "420 m", "age": 50, "sex": "male", "height": "170 cm", "weight": "80 kg"},
    compute=_six_minute_walk,
)
