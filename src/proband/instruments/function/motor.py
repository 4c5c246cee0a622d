"""Motor scales: spastic paraplegia (SPRS), ataxia (SARA), gross motor function (GMFM-88, structure only)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import rated, source, sum_rule, total
from proband.instruments.instrument import (
    Computed,
    Direction,
    Disagreement,
    FloatArray,
    ImportantChange,
    Instrument,
    Variant,
)
from proband.terms import Level

_SPRS_ITEMS = (
    ("walking_distance", "Walking distance without pause", "function"),
    ("gait_quality", "Gait quality", "function"),
    ("gait_speed", "Maximum gait speed", "function"),
    ("stairs", "Climbing stairs", "function"),
    ("stair_speed", "Speed of stair climbing", "function"),
    ("arising", "Arising from a chair", "function"),
    ("spasticity_adductors", "Spasticity, hip adductors", "spasticity and weakness"),
    ("spasticity_knee", "Spasticity, knee flexion", "spasticity and weakness"),
    ("weakness_hip", "Weakness, hip abduction", "spasticity and weakness"),
    ("weakness_foot", "Weakness, foot dorsiflexion", "spasticity and weakness"),
    ("contractures", "Contractures of the legs", "other"),
    ("pain", "Pain from the disease", "other"),
    ("bladder_bowel", "Bladder and bowel function", "other"),
)

SPRS = Instrument(
    id="sprs",
    name="Spastic Paraplegia Rating Scale (SPRS)",
    area="mitochondrial",
    purpose="Severity of spastic paraplegia",
    items=tuple(
        rated(name, label, 4, section=section, level=Level.UNVERIFIED) for name, label, section in _SPRS_ITEMS
    ),
    value_name="total",
    value_unit="{points}",
    total_low=0,
    total_high=52,
    direction=Direction.HIGHER_IS_WORSE,
    version="2006",
    licence="not stated; reproduced at hspersunite.org.au. Texts are not included here",
    sources=(
        source(
            "schule-2006",
            "Schüle et al. 2006, Neurology 67:430 (13 items, under 15 minutes, ICC 0.99, alpha 0.91)",
            doi="10.1212/01.wnl.0000228242.53336.90",
            pmid="16894103",
        ),
        source(
            "schule-2005",
            "Schüle et al. 2005, Aktuelle Neurologie 32:P495 (development version: five-point items, maximum 68)",
            Level.DERIVED,
            doi="10.1055/s-2005-919527",
        ),
        source(
            "hsp-austria",
            "Austrian cohort, 55 people with hereditary spastic paraplegia, 30 followed for a year (abstract)",
            pmcid="PMC9832334",
        ),
    ),
    variants=(
        Variant(
            name="13-items",
            meaning="13 items of 0 to 4: five-point items as in the development version, which had 17 and 68 points",
            level=Level.DERIVED,
            source="schule-2005",
        ),
    ),
    default_variant="13-items",
    population="Children and adults with pure or complicated spastic paraplegia",
    formula="Sum of 13 items of 0–4, so 0–52. Complicating signs are recorded in an inventory and not summed.",
    notes=(
        "No annual change in points was found; standardised response mean after one year 1.11 (30 people, `hsp-austria`).",
        "Item names are unverified; texts are on the form.",
    ),
    item_texts="structure only",
    example={name: 2 for name, _, _ in _SPRS_ITEMS},
    compute=sum_rule({"all": tuple(name for name, _, _ in _SPRS_ITEMS)}),
)

_AXIAL = (("gait", "Gait", 8), ("stance", "Stance", 6), ("sitting", "Sitting", 4), ("speech", "Speech", 6))
_LIMB = (
    ("finger_chase", "Finger chase"),
    ("nose_finger", "Nose-finger test"),
    ("fast_alternating", "Fast alternating hand movements"),
    ("heel_shin", "Heel-shin slide"),
)


def _sara(x: Mapping[str, FloatArray], variant: str) -> Computed:
    axial = total(x, (name for name, _, _ in _AXIAL))
    limb = 0.5 * total(x, (f"{name}_{side}" for name, _ in _LIMB for side in ("right", "left")))
    return Computed(axial + limb, details={"axial": axial, "limb": limb})


SARA = Instrument(
    id="sara",
    name="Scale for the Assessment and Rating of Ataxia (SARA)",
    area="mitochondrial",
    purpose="Severity of cerebellar ataxia",
    items=(
        *(rated(name, label, high, section="axial") for name, label, high in _AXIAL),
        *(
            rated(f"{name}_{side}", f"{label}, {side}", 4, section="limbs")
            for name, label in _LIMB
            for side in ("right", "left")
        ),
    ),
    value_name="total",
    value_unit="{points}",
    total_low=0,
    total_high=40,
    direction=Direction.HIGHER_IS_WORSE,
    version="8 items",
    licence="“Freely available” (NINDS CDE)",
    sources=(source("sara-ninds", "NINDS CDE and PhenX 220101 (14.2 ± 7.5 min, ICC 0.98, alpha 0.94)"),),
    variants=(
        Variant(
            name="8-items",
            meaning="limb items are the mean of both sides",
            level=Level.READ,
            source="sara-ninds",
        ),
    ),
    default_variant="8-items",
    details={
        "axial": "gait + stance + sitting + speech",
        "limb": "sum of the four limb items, each the mean of sides",
    },
    population="People with ataxia; confounded by age in young children",
    formula="gait 0–8 + stance 0–6 + sitting 0–4 + speech 0–6 + four limb items 0–4, each the mean of right and left; 0–40",
    example={
        **dict.fromkeys((name for name, _, _ in _AXIAL), 2),
        **{f"{name}_{side}": 1 + (side == "left") for name, _ in _LIMB for side in ("right", "left")},
    },
    compute=_sara,
)

#: dimension letter → (title, number of items)
GMFM_DIMENSIONS: dict[str, tuple[str, int]] = {
    "a": ("lying and rolling", 17),
    "b": ("sitting", 20),
    "c": ("crawling and kneeling", 14),
    "d": ("standing", 13),
    "e": ("walking, running and jumping", 24),
}


def gmfm_items(letter: str) -> tuple[str, ...]:
    """Names of a dimension's items, ``a_1`` … ``e_24``, numbered within the dimension."""
    return tuple(f"{letter}_{number}" for number in range(1, GMFM_DIMENSIONS[letter][1] + 1))


def _gmfm(x: Mapping[str, FloatArray], variant: str) -> Computed:
    percent = {
        f"percent_{letter}": total(x, gmfm_items(letter)) * (100.0 / (3.0 * count))
        for letter, (_, count) in GMFM_DIMENSIONS.items()
    }
    mean: FloatArray = np.zeros_like(x["a_1"])
    for part in percent.values():
        mean += part
    return Computed(mean / len(percent), details=percent)


GMFM_88 = Instrument(
    id="gmfm-88",
    name="Gross Motor Function Measure, 88 items (structure only)",
    area="mitochondrial",
    purpose="Gross motor function of children",
    items=tuple(
        rated(
            name,
            f"Item {name.split('_')[1]} of dimension {letter.upper()}",
            3,
            section=f"{letter.upper()} {title}",
        )
        for letter, (title, _) in GMFM_DIMENSIONS.items()
        for name in gmfm_items(letter)
    ),
    value_name="mean of dimensions",
    value_unit="%",
    total_low=0,
    total_high=100,
    direction=Direction.HIGHER_IS_BETTER,
    version="GMFM-88",
    licence="proprietary: manual and GMFM App+ are sold (Mac Keith Press, CanChild). Use only where the manual is held",
    sources=(
        source("gmfm-manual", "GMFM manual (Mac Keith Press, CanChild): structure; texts not included"),
    ),
    variants=(
        Variant(
            name="percent",
            meaning="per cent of each dimension's maximum, and the mean of the five",
            level=Level.READ,
            source="gmfm-manual",
        ),
    ),
    default_variant="percent",
    details={
        f"percent_{letter}": f"dimension {letter.upper()} {title}, per cent of maximum"
        for letter, (title, _) in GMFM_DIMENSIONS.items()
    },
    population="Children; not a measure validated for adults",
    formula="Each item 0–3. Dimension: points / (3 × items) × 100. Total: mean of the five dimensions.",
    disagreements=(
        Disagreement(
            where="GMFM-66",
            what="is valid in cerebral palsy only, as its form says",
            here="not offered; GMFM-88 per cent scores only",
        ),
        Disagreement(
            where="items not tested",
            what="some users count them as 0",
            here="a dimension with an item not tested has no per cent score, and there is no total",
        ),
    ),
    item_texts="structure only",
    example={name: 2 for letter in GMFM_DIMENSIONS for name in gmfm_items(letter)},
    important_changes=(
        ImportantChange(
            kind="minimal important change",
            value=None,
            unit="%",
            population="mitochondrial disease",
            source="none found",
            level=Level.NOT_FOUND,
        ),
    ),
    compute=_gmfm,
)
