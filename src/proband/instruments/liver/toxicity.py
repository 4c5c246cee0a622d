"""Grading of the liver tests after CTCAE v5, with the branch for an abnormal baseline.

Multiples are of the upper limit of normal where the baseline was normal, and of the baseline where it was not. People
with cirrhosis nearly always start abnormal, so the baseline is a required answer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.instrument import (
    Computed,
    Direction,
    Disagreement,
    FloatArray,
    Instrument,
    Item,
    Limits,
    Rule,
    Variant,
)
from proband.instruments.liver import laboratory as lab
from proband.terms import Level

_SOURCE = lab.source(
    "ctcae-v5-wjh", "CTCAE v5 limits for liver tests in World J Hepatol 2026;18:113465, Table 1"
)
_INR_SOURCE = lab.source("ctcae-v5-inr", "CTCAE v5, INR; general knowledge, not checked", Level.UNVERIFIED)

#: lower limits of grades 1 to 4 in multiples; grade 1 differs by branch, and from the baseline it may include its limit
_LIMITS = {
    "bilirubin": (1.5, 3.0, 10.0),
    "alt": (3.0, 5.0, 20.0),
    "ast": (3.0, 5.0, 20.0),
    "alp": (2.5, 5.0, 20.0),
}
#: grade 1 on the baseline branch: above (bilirubin) or from (enzymes) this multiple
_BASELINE_START = {"bilirubin": (1.0, False), "alt": (1.5, True), "ast": (1.5, True), "alp": (2.0, True)}


def _rule(term: str) -> Rule:
    second, third, fourth = _LIMITS[term]
    start, included = _BASELINE_START[term]

    def compute(x: Mapping[str, FloatArray], variant: str) -> Computed:
        limit, baseline = x["upper_limit"], x["baseline"]
        abnormal = baseline > limit
        # Division leaves noise in the last digit, which would lift an exact multiple over its limit.
        multiple = np.round(x["value"] / np.where(abnormal, baseline, limit), 9)
        reached = multiple >= start if included else multiple > start
        grade = np.where(abnormal, reached, multiple > 1.0).astype(np.float64)
        grade += multiple > second
        grade += multiple > third
        grade += multiple > fourth
        return Computed(grade, details={"multiple": multiple, "from_baseline": abnormal.astype(np.float64)})

    return compute


def _inr_rule(x: Mapping[str, FloatArray], variant: str) -> Computed:
    on_anticoagulant = x["anticoagulant"] == 1.0
    multiple = np.round(x["value"] / x["baseline"], 9)
    start = np.where(on_anticoagulant, multiple > 1.0, x["value"] > 1.2)
    basis = np.where(on_anticoagulant, multiple, x["value"])
    grade = start.astype(np.float64)
    grade += basis > 1.5
    grade += basis > 2.5
    grade[x["bleeding"] == 1.0] = 3.0
    return Computed(
        grade, details={"multiple": multiple, "from_baseline": on_anticoagulant.astype(np.float64)}
    )


def _three(item: Item) -> tuple[Item, Item, Item]:
    low, high = item.limits.possible_low, item.limits.possible_high
    return (
        item.model_copy(update={"name": "value", "label": f"{item.label} now"}),
        item.model_copy(update={"name": "baseline", "label": f"{item.label} at baseline"}),
        item.model_copy(
            update={
                "name": "upper_limit",
                "label": f"Upper limit of normal of {item.label}",
                "limits": Limits(possible_low=low, possible_high=high),
            }
        ),
    )


def _laboratory_term(term: str, label: str, item: Item, formula: str, example: dict[str, str]) -> Instrument:
    return Instrument(
        id=f"ctcae-{term}",
        name=f"CTCAE v5 grade, {label} increased",
        area="liver",
        purpose=f"Severity of an increase of {label} as an adverse event",
        items=_three(item),
        value_name="grade",
        value_unit="{grade}",
        total_low=0,
        total_high=4,
        direction=Direction.HIGHER_IS_WORSE,
        version="5.0",
        licence="CTCAE is a work of the United States government; limits only, no term texts",
        sources=(_SOURCE,),
        variants=(Variant(name="v5", meaning="CTCAE version 5.0", level=Level.READ, source="ctcae-v5-wjh"),),
        default_variant="v5",
        details={
            "multiple": "value in multiples of the upper limit or of the baseline",
            "from_baseline": "1 if the baseline was abnormal and counts, else 0",
        },
        population="Participants of trials",
        formula=formula
        + " Multiples of the upper limit if the baseline was normal, of the baseline if not; 0 below grade 1.",
        disagreements=(
            Disagreement(
                where="the source's ALT row",
                what="grade 2 is garbled in print",
                here="the limits of the AST row, which is clean",
            ),
        )
        if term == "alt"
        else (),
        notes=("Grade 5 (death) is not a laboratory value and is recorded with the adverse event.",),
        example=dict(example),
        compute=_rule(term),
    )


_ENZYME = "Grade 1 > 1–3 × (abnormal baseline: 1.5–3 ×), 2 > 3–5 ×, 3 > 5–20 ×, 4 > 20 ×."

_INR = lab.inr()

CTCAE_LIVER: tuple[Instrument, ...] = (
    _laboratory_term(
        "bilirubin",
        "blood bilirubin",
        lab.bilirubin(),
        "Grade 1 > 1–1.5 ×, 2 > 1.5–3 ×, 3 > 3–10 ×, 4 > 10 ×.",
        {"value": "5.0 mg/dL", "baseline": "3.0 mg/dL", "upper_limit": "1.2 mg/dL"},
    ),
    _laboratory_term(
        "alt",
        "ALT",
        lab.enzyme("alt", "ALT"),
        _ENZYME,
        {"value": "280 U/L", "baseline": "100 U/L", "upper_limit": "40 U/L"},
    ),
    _laboratory_term(
        "ast",
        "AST",
        lab.enzyme("ast", "AST"),
        _ENZYME,
        {"value": "230 U/L", "baseline": "35 U/L", "upper_limit": "40 U/L"},
    ),
    _laboratory_term(
        "alp",
        "alkaline phosphatase",
        lab.enzyme("alp", "ALP"),
        "Grade 1 > 1–2.5 × (abnormal baseline: 2–2.5 ×), 2 > 2.5–5 ×, 3 > 5–20 ×, 4 > 20 ×.",
        {"value": "400 U/L", "baseline": "150 U/L", "upper_limit": "120 U/L"},
    ),
    Instrument(
        id="ctcae-inr",
        name="CTCAE v5 grade, INR increased",
        area="liver",
        purpose="Severity of an increase of the INR as an adverse event; unverified limits, shown as such",
        items=(
            _INR.model_copy(update={"name": "value", "label": "INR now"}),
            _INR.model_copy(update={"name": "baseline", "label": "INR at baseline"}),
            lab.yes_no("anticoagulant", "On an anticoagulant"),
            lab.yes_no("bleeding", "Bleeding"),
        ),
        value_name="grade",
        value_unit="{grade}",
        total_low=0,
        total_high=3,
        direction=Direction.HIGHER_IS_WORSE,
        version="5.0",
        licence="CTCAE is a work of the United States government; limits only, no term texts",
        sources=(_INR_SOURCE,),
        variants=(
            Variant(name="v5", meaning="CTCAE version 5.0", level=Level.UNVERIFIED, source="ctcae-v5-inr"),
        ),
        default_variant="v5",
        details={
            "multiple": "value in multiples of the baseline",
            "from_baseline": "1 if on an anticoagulant, so that the baseline counts, else 0",
        },
        population="Participants of trials",
        formula=(
            "Grade 1 > 1.2–1.5 (on an anticoagulant: > 1–1.5 × baseline), 2 > 1.5–2.5, 3 > 2.5 or bleeding; on an "
            "anticoagulant the multiples of the baseline count throughout."
        ),
        example={"value": 1.8, "baseline": 1.1, "anticoagulant": "no", "bleeding": "no"},
        compute=_inr_rule,
    ),
)
