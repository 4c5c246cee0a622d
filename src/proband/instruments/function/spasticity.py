"""Spasticity of one muscle group: modified Ashworth and modified Tardieu."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import rated, source
from proband.instruments.instrument import (
    AnswerOption,
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
from proband.terms import Level

_GRADES = ("0", "1", "1+", "2", "3", "4")


def _ashworth(x: Mapping[str, FloatArray], variant: str) -> Computed:
    rank = x["grade"]
    if variant == "rank":
        value = rank
    else:
        value = np.where(rank <= 1.0, rank, np.where(rank == 2.0, 1.5, rank - 1.0))
    category = np.where(np.isnan(rank), 0.0, rank).astype(np.int8)
    return Computed(np.array(value), category=category)


MODIFIED_ASHWORTH = Instrument(
    id="modified-ashworth",
    name="Modified Ashworth Scale",
    area="general",
    purpose="Resistance to passive movement of one muscle group",
    items=(
        Item(
            name="grade",
            label="Grade",
            kind=ItemKind.CHOICE,
            options=tuple(AnswerOption(code=rank, label=grade) for rank, grade in enumerate(_GRADES)),
            help="In arrays: rank 0 to 5, so 2 stands for grade 1+",
        ),
    ),
    value_name="rank",
    value_unit="{grade}",
    total_low=0,
    total_high=5,
    direction=Direction.HIGHER_IS_WORSE,
    version="modified (with 1+)",
    licence="free; cite the authors",
    sources=(
        source(
            "mas-table",
            "J NeuroEng Rehabil 2013;10:61, Table 2: the six grades and ranks 0 to 5 for analysis",
            doi="10.1186/1743-0003-10-61",
        ),
        source("mas-half", "Counting 1+ as 1.5: general knowledge, not checked", Level.UNVERIFIED),
    ),
    variants=(
        Variant(name="rank", meaning="ranks 0 to 5, with 1+ at 2", level=Level.READ, source="mas-table"),
        Variant(
            name="one-and-a-half",
            meaning="1+ counted as 1.5, others as their number (0 to 4)",
            level=Level.UNVERIFIED,
            source="mas-half",
        ),
    ),
    default_variant="rank",
    categories=_GRADES,
    important_changes=(
        ImportantChange(
            kind="minimal important change",
            value=1,
            unit="grade",
            population="spinal cord injury",
            source="general knowledge; reliability only fair",
            level=Level.UNVERIFIED,
        ),
    ),
    population="People with raised tone",
    formula="The ordinal grade 0, 1, 1+, 2, 3, 4, as its rank.",
    disagreements=(
        Disagreement(
            where="grade 1+",
            what="counted as rank 2 or as 1.5",
            here="chosen by name; the grade itself is kept",
        ),
    ),
    example={"grade": "1+"},
    compute=_ashworth,
)


def _tardieu(x: Mapping[str, FloatArray], variant: str) -> Computed:
    dynamic = x["r2"] - x["r1"]
    return Computed(dynamic, rule=(dynamic < 0.0).astype(np.uint8))


def _angle(name: str, label: str) -> Item:
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit="deg",
        limits=Limits(possible_low=-90.0, possible_high=200.0, usual_low=-45.0, usual_high=180.0),
    )


MODIFIED_TARDIEU = Instrument(
    id="modified-tardieu",
    name="Modified Tardieu Scale",
    area="general",
    purpose="Dynamic component of spasticity of one muscle group",
    items=(
        _angle("r1", "R1: angle of catch at fast stretch (V3)"),
        _angle("r2", "R2: end of passive range at slow stretch (V1)"),
        rated("quality", "Quality of muscle reaction", 5, level=Level.UNVERIFIED),
    ),
    value_name="R2 − R1",
    value_unit="deg",
    direction=Direction.HIGHER_IS_WORSE,
    version="modified",
    licence="published method; no licence seen",
    sources=(
        source(
            "tardieu-2019",
            "J Rehabil Med 2019, 16501977-2496 (velocity V3 varies 18–29 % between raters)",
        ),
    ),
    variants=(
        Variant(
            name="r2-r1", meaning="difference of the two angles", level=Level.READ, source="tardieu-2019"
        ),
    ),
    default_variant="r2-r1",
    rules=("R1 (catch) lies beyond R2 (passive range): check the two angles",),
    important_changes=(
        ImportantChange(
            kind="measurement error",
            value=2.6,
            high=10.7,
            unit="deg",
            population="joint-end angle, mean absolute difference between raters",
            source="J Rehabil Med 2019, 16501977-2496",
            level=Level.READ,
        ),
    ),
    population="People with spasticity",
    formula="R2 − R1 in degrees, both measured so that more stretch is a larger angle; quality of reaction 0–5 recorded beside it",
    example={"r1": 10, "r2": 35, "quality": 2},
    compute=_tardieu,
)
