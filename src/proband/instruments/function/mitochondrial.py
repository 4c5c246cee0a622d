"""The Newcastle scales of mitochondrial disease: paediatric (NPMDS) and adult (NMDAS)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import rated, source, sum_rule, total
from proband.instruments.instrument import Computed, Direction, Disagreement, FloatArray, Instrument, Variant
from proband.terms import Level

_UNCHECKED = Level.UNVERIFIED

_FUNCTION = (
    ("vision_function", "Vision"),
    ("hearing", "Hearing"),
    ("communication", "Communication"),
    ("feeding", "Feeding"),
    ("mobility", "Mobility"),
    ("self_care", "Self-care"),
    ("education", "Education"),
)
_SYSTEMS = (
    ("seizures", "Seizures"),
    ("encephalopathy", "Encephalopathy"),
    ("bleeding_infection", "Bleeding or infection"),
    ("gastrointestinal", "Gastrointestinal"),
    ("endocrine", "Endocrine"),
    ("respiratory", "Respiratory"),
    ("cardiovascular", "Cardiovascular"),
    ("renal", "Renal"),
    ("liver", "Liver"),
    ("blood", "Blood"),
)
_CLINICAL = (
    ("growth", "Growth and development"),
    ("vision_clinical", "Vision, examined"),
    ("eye_movement", "Ptosis and eye movement"),
    ("myopathy", "Myopathy"),
    ("pyramidal", "Pyramidal"),
    ("extrapyramidal", "Extrapyramidal"),
    ("neuropathy", "Neuropathy"),
    ("ataxia", "Ataxia"),
)
#: asked from two years on
_FROM_TWO = ("self_care", "education")


def _names(pairs: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(name for name, _ in pairs)


def _npmds(x: Mapping[str, FloatArray], variant: str) -> Computed:
    function = tuple(name for name in _names(_FUNCTION) if variant != "0-24-months" or name not in _FROM_TWO)
    sections = {"I": function, "II": _names(_SYSTEMS), "III": _names(_CLINICAL)}
    parts = {f"sum_{section}": total(x, names) for section, names in sections.items()}
    whole = parts["sum_I"] + parts["sum_II"] + parts["sum_III"]
    category = (whole >= 15.0).astype(np.int8)
    category += whole > 25.0
    return Computed(whole, category=category, details=parts)


_NPMDS_SOURCE = source(
    "phoenix-2006",
    "Phoenix et al. 2006, Neuromuscul Disord 16:814; PhenX 220701; NINDS CDE; Lim et al. 2021",
    pmid="17123819",
)

NPMDS = Instrument(
    id="npmds",
    name="Newcastle Paediatric Mitochondrial Disease Scale (NPMDS), sections I to III",
    area="mitochondrial",
    purpose="Severity and progression of mitochondrial disease in children",
    items=(
        *(
            rated(
                name, label, 3, section="I current function", level=_UNCHECKED, required=name not in _FROM_TWO
            )
            for name, label in _FUNCTION
        ),
        *(rated(name, label, 3, section="II system specific", level=_UNCHECKED) for name, label in _SYSTEMS),
        *(
            rated(name, label, 3, section="III clinical assessment", level=_UNCHECKED)
            for name, label in _CLINICAL
        ),
    ),
    value_name="total",
    value_unit="{points}",
    total_low=0,
    direction=Direction.HIGHER_IS_WORSE,
    version="2006, three age versions",
    licence="PhenX lists it as publicly available; no formal licence text was seen. Use with its manual",
    sources=(_NPMDS_SOURCE,),
    variants=(
        Variant(
            name="0-24-months",
            meaning="without self-care and education; six-monthly",
            level=_UNCHECKED,
            source="phoenix-2006",
        ),
        Variant(
            name="2-11-years",
            meaning="with self-care and education",
            level=_UNCHECKED,
            source="phoenix-2006",
            needs=_FROM_TWO,
        ),
        Variant(
            name="12-18-years",
            meaning="with self-care and education",
            level=_UNCHECKED,
            source="phoenix-2006",
            needs=_FROM_TWO,
        ),
    ),
    default_variant=None,
    categories=("mild (0 to 14)", "moderate (15 to 25)", "severe (above 25)"),
    details={f"sum_{section}": f"sum of section {section}" for section in ("I", "II", "III")},
    population="Children and adolescents up to 18 years with mitochondrial disease",
    age_low=0,
    age_high=18,
    formula="Sum of sections I to III; nearly every item 0 normal, 1 mild, 2 moderate, 3 severe. Section IV (quality of life) apart.",
    notes=(
        "The list of items and the highest total were not confirmed against the forms: check with the manual before use. "
        "Values computed from this list are marked unverified.",
        "Item texts and the manual: PhenX 220701 to 220703.",
    ),
    item_texts="structure only",
    example={name: 1 for name, _ in (*_FUNCTION, *_SYSTEMS, *_CLINICAL)},
    example_variant="2-11-years",
    compute=_npmds,
)

_ADULT = {
    "I": (
        ("vision", "Vision"),
        ("hearing", "Hearing"),
        ("speech", "Speech"),
        ("swallowing", "Swallowing"),
        ("handwriting", "Handwriting"),
        ("cutlery", "Cutting food and handling utensils"),
        ("dressing", "Dressing"),
        ("hygiene", "Hygiene"),
        ("exercise", "Exercise tolerance"),
        ("gait", "Gait stability"),
    ),
    "II": (
        ("psychiatric", "Psychiatric"),
        ("migraine", "Migraine headaches"),
        ("seizures", "Seizures"),
        ("stroke_like", "Stroke-like episodes"),
        ("encephalopathic", "Encephalopathic episodes"),
        ("gastrointestinal", "Gastrointestinal symptoms"),
        ("diabetes", "Diabetes mellitus"),
        ("respiratory", "Respiratory muscle weakness"),
        ("cardiovascular", "Cardiovascular system"),
    ),
    "III": (
        ("visual_acuity", "Visual acuity"),
        ("ptosis", "Ptosis"),
        ("eye_movement", "External ophthalmoplegia"),
        ("dysarthria", "Dysphonia or dysarthria"),
        ("myopathy", "Myopathy"),
        ("ataxia", "Cerebellar ataxia"),
        ("neuropathy", "Neuropathy"),
        ("pyramidal", "Pyramidal involvement"),
        ("extrapyramidal", "Extrapyramidal"),
        ("cognition", "Cognition"),
    ),
}

NMDAS = Instrument(
    id="nmdas",
    name="Newcastle Mitochondrial Disease Adult Scale (NMDAS), sections I to III",
    area="mitochondrial",
    purpose="Severity and progression of mitochondrial disease in adults",
    items=tuple(
        rated(name, label, 5, section=f"{section} {title}", level=_UNCHECKED)
        for (section, pairs), title in zip(
            _ADULT.items(), ("current function", "system specific", "clinical assessment"), strict=True
        )
        for name, label in pairs
    ),
    value_name="total",
    value_unit="{points}",
    total_low=0,
    total_high=145,
    direction=Direction.HIGHER_IS_WORSE,
    version="2006",
    licence="“Freely available” (NINDS CDE F1922); forms and manual from newcastle-mitochondria.com. SF-12 of section IV is sold",
    sources=(
        source(
            "schaefer-2006",
            "Schaefer et al. 2006, Neurology; NINDS CDE F1922 (items 0 to 5, sections summed)",
            url="https://www.newcastle-mitochondria.com",
        ),
    ),
    variants=(
        Variant(
            name="sections-1-3",
            meaning="29 items, 10 + 9 + 10; the count of items is unverified",
            level=_UNCHECKED,
            source="schaefer-2006",
        ),
    ),
    default_variant="sections-1-3",
    details={f"sum_{section}": f"sum of section {section}" for section in _ADULT},
    population="People of 16 years and over with mitochondrial disease",
    age_low=16,
    formula="Sum of sections I to III, each item 0 to 5; section IV (SF-12) apart. 0–145 if there are 29 items.",
    disagreements=(
        Disagreement(
            where="PhenX 220704",
            what="says 0 to 3 per item, copied from the paediatric scale",
            here="0 to 5, as NINDS and the manual say",
        ),
    ),
    notes=(
        "The item names and their number were not confirmed against the form; texts are in the free form and manual.",
    ),
    item_texts="structure only",
    example={name: 1 for pairs in _ADULT.values() for name, _ in pairs},
    compute=sum_rule({section: _names(pairs) for section, pairs in _ADULT.items()}),
)
