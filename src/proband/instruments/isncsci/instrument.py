"""ISNCSCI as an instrument among the others: its items and metadata; the engine is :mod:`proband.instruments.isncsci`."""

from __future__ import annotations

from collections.abc import Mapping

from proband.instruments.instrument import (
    AnswerOption,
    Direction,
    ImportantChange,
    Instrument,
    Item,
    ItemKind,
    Variant,
)
from proband.instruments.isncsci.form import FormField, form_layout
from proband.instruments.isncsci.grades import ANORECTAL_CODE, CODE
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLES, LEVELS, SIDES
from proband.instruments.isncsci.model import DAP_KEY, VAC_KEY, Exam, motor_key, prick_key, touch_key
from proband.terms import Level, Source


def _item(field: FormField) -> Item:
    """An item from a field of the examination form; its codes are those of the batch engine."""
    if field.key in (VAC_KEY, DAP_KEY):
        codes: Mapping[str, int] = ANORECTAL_CODE
    elif field.required:
        codes = CODE
    else:
        codes = {level: number for number, level in enumerate(LEVELS)}
    return Item(
        name=field.key,
        label=field.label,
        kind=ItemKind.CHOICE,
        options=tuple(AnswerOption(code=codes[choice.value], label=choice.value) for choice in field.choices),
        section=field.column,
        required=field.required,
        help=field.help,
    )


#: a synthetic complete injury: normal to T4, nothing below
_EXAMPLE = Exam.uniform().with_values(
    {
        **{
            key(side, level): "0"
            for side in SIDES
            for level in DERMATOMES[DERMATOMES.index("T5") :]
            for key in (touch_key, prick_key)
        },
        **{motor_key(side, level): "0" for side in SIDES for level in KEY_MUSCLES[5:]},
        VAC_KEY: "No",
        DAP_KEY: "No",
    }
)
_SECOND_READING = "Marino 2008, PMC2565479"

ISNCSCI = Instrument(
    id="isncsci",
    name="International Standards for Neurological Classification of Spinal Cord Injury (ISNCSCI)",
    area="spinal cord",
    purpose="Level and completeness of a spinal cord injury from sensation, key muscles and the anorectal findings",
    items=tuple(_item(field) for field in form_layout().fields),
    value_name="classification",
    value_unit="1",
    direction=Direction.NO_DIRECTION,
    version="2019 revision (8th edition)",
    licence=(
        "the rules are publicly documented; the American Spinal Injury Association holds the copyright in the standards "
        "and their worksheet, neither of which is copied here"
    ),
    sources=(
        Source(
            id="rupp-2021",
            citation="Rupp et al., Top Spinal Cord Inj Rehabil 2021;27(2):1–22 (2019 revision)",
            level=Level.READ,
        ),
        Source(
            id="praxis-2.0.6",
            citation="Praxis ISNCSCI algorithm 2.0.6 (praxis-isncsci/algorithm), the reference implementation",
            level=Level.READ,
        ),
        Source(id="marino-2008", citation=_SECOND_READING, pmcid="PMC2565479", level=Level.READ),
    ),
    variants=(
        Variant(
            name="2019",
            meaning="zones of partial preservation for incomplete injuries too; x* not normal, x** normal",
            level=Level.READ,
            source="rupp-2021",
        ),
    ),
    default_variant="2019",
    important_changes=(
        ImportantChange(
            kind="measurement error",
            value=2,
            unit="motor points",
            population="complete injury (repeatability, 95 % of differences below)",
            source=_SECOND_READING,
            level=Level.READ,
        ),
        ImportantChange(
            kind="measurement error",
            value=7,
            unit="sensory points",
            population="complete injury (repeatability, 95 % of differences below)",
            source=_SECOND_READING,
            level=Level.READ,
        ),
        ImportantChange(
            kind="measurement error",
            value=None,
            unit="points",
            population="incomplete injury (described as large; no number)",
            source=_SECOND_READING,
            level=Level.NOT_FOUND,
        ),
        ImportantChange(
            kind="minimal important change",
            value=2,
            unit="motor levels",
            population="complete tetraplegia (functional anchor)",
            source="Kramer 2012, doi 10.1177/1545968312447306",
            level=Level.READ,
        ),
        ImportantChange(
            kind="minimal important change",
            value=4.48,
            unit="motor points",
            population="spinal cord injury",
            source="general knowledge",
            level=Level.UNVERIFIED,
        ),
    ),
    population="People with a spinal cord injury; not usable below 6 years",
    age_low=6,
    formula=(
        "Sums, sensory and motor levels, neurological level, completeness, AIS and zones of partial preservation by the "
        "2019 rules; where a value is not testable, every possible answer is given."
    ),
    notes=(
        "Scored by `proband score isncsci exam.json`, or `proband.instruments.isncsci.classify` and `classify_batch`.",
        "Not for clinical use unless verified by a clinician.",
        "Disagreements with the reference implementation: [isncsci_disagreements.md](isncsci_disagreements.md).",
    ),
    item_texts="structure only",
    example=dict(_EXAMPLE.to_dict()),
)
