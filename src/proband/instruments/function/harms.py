"""The adverse event: severity, seriousness, expectedness and causality are four questions, and none answers another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import source
from proband.instruments.instrument import (
    AnswerOption,
    Computed,
    Direction,
    Disagreement,
    FloatArray,
    Instrument,
    Item,
    ItemKind,
    Variant,
)
from proband.instruments.liver.laboratory import yes_no
from proband.terms import Level

_SEVERITY = ("mild", "moderate", "severe", "life-threatening", "death")
_CAUSALITY = ("not related", "unlikely", "possible", "probable", "definite")
SERIOUS = (
    ("death", "Resulted in death"),
    ("life_threatening", "Was life-threatening"),
    ("hospitalisation", "Needed or prolonged a stay in hospital"),
    ("disability", "Left persistent or significant disability"),
    ("congenital_anomaly", "Is a congenital anomaly or birth defect"),
    ("medically_important", "Is otherwise medically important"),
)


def _adverse_event(x: Mapping[str, FloatArray], variant: str) -> Computed:
    answers = [x[name] for name, _ in SERIOUS]
    serious = answers[0] == 1.0
    for answer in answers[1:]:
        serious = serious | (answer == 1.0)
    related = x["causality"] >= (2.0 if variant == "related-from-possible" else 1.0)
    unexpected = x["expected"] == 0.0
    category = np.zeros(len(related), dtype=np.int8)
    category[serious & ~related] = 1
    category[~serious & related] = 2
    category[serious & related] = 3
    category[serious & related & unexpected] = 4
    fatal = x["severity"] == 5.0
    rule = np.zeros(len(related), dtype=np.uint8)
    rule[fatal != (x["death"] == 1.0)] = 1
    rule[(x["severity"] == 4.0) & (x["life_threatening"] == 0.0)] = 2
    rule[(rule == 0) & serious & related & np.isnan(x["expected"])] = 3
    return Computed(
        np.array(x["severity"]),
        category=category,
        details={"serious": serious.astype(np.float64), "related": related.astype(np.float64)},
        rule=rule,
    )


ADVERSE_EVENT = Instrument(
    id="adverse-event",
    name="Adverse event record",
    area="general",
    purpose="Severity × seriousness × expectedness × causality of one event",
    items=(
        Item(
            name="severity",
            label="Severity (CTCAE grade)",
            kind=ItemKind.CHOICE,
            options=tuple(
                AnswerOption(code=grade, label=label, also=(f"grade {grade}", str(grade)))
                for grade, label in enumerate(_SEVERITY, start=1)
            ),
            section="severity",
        ),
        *(yes_no(name, label).model_copy(update={"section": "seriousness"}) for name, label in SERIOUS),
        Item(
            name="causality",
            label="Relation to the treatment",
            kind=ItemKind.CHOICE,
            options=tuple(
                AnswerOption(code=code, label=label, also=("unrelated",) if code == 0 else ())
                for code, label in enumerate(_CAUSALITY)
            ),
            section="causality",
            help="In arrays: 0 not related to 4 definite",
        ),
        yes_no(
            "expected",
            "Expected by the reference safety information",
            required=False,
            help="Needed only for a serious event that is related",
        ).model_copy(update={"section": "expectedness"}),
    ),
    value_name="severity grade",
    value_unit="{grade}",
    total_low=1,
    total_high=5,
    direction=Direction.HIGHER_IS_WORSE,
    version="ICH E2A concepts, CTCAE v5 grades",
    licence="definitions in general use; CTCAE is a work of the United States government. No MedDRA terms",
    sources=(
        source(
            "ich-e2a",
            "ICH E2A definitions (serious, unexpected, reasonable possibility) as quoted by public glossaries",
            Level.SECONDARY,
        ),
    ),
    variants=(
        Variant(
            name="related-from-possible",
            meaning="a reasonable possibility begins at “possible”",
            level=Level.SECONDARY,
            source="ich-e2a",
        ),
        Variant(
            name="related-from-unlikely",
            meaning="only “not related” excludes a relation",
            level=Level.SECONDARY,
            source="ich-e2a",
        ),
    ),
    default_variant="related-from-possible",
    categories=(
        "adverse event",
        "serious adverse event",
        "adverse reaction",
        "serious adverse reaction, expected",
        "suspected unexpected serious adverse reaction (SUSAR)",
    ),
    details={"serious": "1 if any seriousness criterion is met", "related": "1 if related under the variant"},
    rules=(
        "severity and outcome contradict each other: grade 5 is death, and death is grade 5",
        "grade 4 is life-threatening, but the criterion “life-threatening” is answered with no",
        "expectedness is unknown, and decides for a serious event that is related",
    ),
    population="Participants of any programme",
    formula=(
        "Serious: any of the six criteria. Related: causality at or above the variant's step. Serious, related and not "
        "expected: SUSAR. Severity is reported beside it and never replaces seriousness."
    ),
    disagreements=(
        Disagreement(
            where="“severe” and “serious”",
            what="are often taken for one another",
            here="two questions; a severe headache need not be serious, a mild seizure may be",
        ),
    ),
    notes=("Deadlines for reporting depend on the country and stand in the programme, not here.",),
    example={
        "severity": "severe",
        "death": "no",
        "life_threatening": "no",
        "hospitalisation": "yes",
        "disability": "no",
        "congenital_anomaly": "no",
        "medically_important": "no",
        "causality": "possible",
        "expected": "no",
    },
    compute=_adverse_event,
)
