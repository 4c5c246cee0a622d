"""What the person says: pain, and the global impression of change and of severity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import rated, source
from proband.instruments.instrument import (
    AnswerOption,
    Computed,
    Direction,
    FloatArray,
    ImportantChange,
    Instrument,
    Item,
    ItemKind,
    Rule,
    Variant,
)
from proband.terms import Level


def _itself(name: str, *, first: int = 0, categories: bool = False) -> Rule:
    """The rule of an instrument whose only answer is its value."""

    def compute(x: Mapping[str, FloatArray], variant: str) -> Computed:
        column = np.array(x[name])
        index = np.where(np.isnan(column), 0.0, column - first).astype(np.int8) if categories else None
        return Computed(column, category=index)

    return compute


PAIN = Instrument(
    id="pain-nrs",
    name="Numeric pain rating, 0 to 10",
    area="general",
    purpose="Intensity of pain as the person rates it",
    items=(rated("pain", "Pain, 0 none to 10 worst imaginable", 10),),
    value_unit="{points}",
    total_low=0,
    total_high=10,
    direction=Direction.HIGHER_IS_WORSE,
    version="11 points",
    licence="free",
    sources=(source("nrs", "Numeric rating scale; general knowledge", Level.UNVERIFIED),),
    variants=(Variant(name="0-10", meaning="whole numbers 0 to 10", level=Level.UNVERIFIED, source="nrs"),),
    default_variant="0-10",
    important_changes=(
        ImportantChange(
            kind="minimal important change",
            value=1.8,
            unit="points (or 36 %)",
            population="spinal cord injury",
            source="general knowledge",
            level=Level.UNVERIFIED,
        ),
        ImportantChange(
            kind="cut-off",
            value=4.5,
            unit="points",
            population="spinal cord injury, separated people with and without pain medication",
            source="survey of pain after spinal cord injury, reference not recorded",
            level=Level.READ,
        ),
    ),
    population="People who can rate their own pain",
    formula="The number itself; say which period and which pain (now, average, worst) was asked",
    example={"pain": 6},
    compute=_itself("pain"),
)

_CHANGE = (
    "very much improved",
    "much improved",
    "minimally improved",
    "no change",
    "minimally worse",
    "much worse",
    "very much worse",
)
_SEVERITY = ("none", "mild", "moderate", "severe")


def _options(labels: tuple[str, ...], first: int) -> tuple[AnswerOption, ...]:
    return tuple(AnswerOption(code=index + first, label=label) for index, label in enumerate(labels))


PGI_CHANGE = Instrument(
    id="pgi-change",
    name="Patient global impression of change",
    area="general",
    purpose="Overall change since the start, as the person sees it",
    items=(
        Item(
            name="change",
            label="Since the start, overall I am",
            kind=ItemKind.CHOICE,
            options=_options(_CHANGE, 1),
            help="In arrays: 1 very much improved to 7 very much worse",
        ),
    ),
    value_unit="{points}",
    total_low=1,
    total_high=7,
    direction=Direction.HIGHER_IS_WORSE,
    version="7 points",
    licence="derived from the Clinical Global Impressions (NIMH, Guy), in general use without licence (unverified)",
    sources=(
        source(
            "pgi-guy",
            "Mohebbi et al. 2018 on the patient global impression, derived from Guy's CGI; labels from "
            "general knowledge",
            Level.UNVERIFIED,
        ),
    ),
    variants=(
        Variant(name="7-points", meaning="1 best to 7 worst", level=Level.UNVERIFIED, source="pgi-guy"),
    ),
    default_variant="7-points",
    categories=_CHANGE,
    population="People who can judge their own state; parents' ratings are another instrument",
    formula="The answer itself, 1 to 7",
    example={"change": "minimally improved"},
    compute=_itself("change", first=1, categories=True),
)

PGI_SEVERITY = Instrument(
    id="pgi-severity",
    name="Patient global impression of severity",
    area="general",
    purpose="Overall severity now, as the person sees it",
    items=(
        Item(
            name="severity",
            label="Overall, the condition is now",
            kind=ItemKind.CHOICE,
            options=_options(_SEVERITY, 0),
            help="In arrays: 0 none to 3 severe",
        ),
    ),
    value_unit="{points}",
    total_low=0,
    total_high=3,
    direction=Direction.HIGHER_IS_WORSE,
    version="4 points",
    licence="in general use without licence (unverified)",
    sources=(
        source("pgi-severity", "Patient global impression of severity; general knowledge", Level.UNVERIFIED),
    ),
    variants=(
        Variant(name="4-points", meaning="0 none to 3 severe", level=Level.UNVERIFIED, source="pgi-severity"),
    ),
    default_variant="4-points",
    categories=_SEVERITY,
    population="People who can judge their own state",
    formula="The answer itself, 0 to 3; other forms have five or seven answers and are not comparable",
    example={"severity": "moderate"},
    compute=_itself("severity", categories=True),
)
