"""MELD and its successors, their survival functions, PELD and UKELD."""

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
    ItemKind,
    Limits,
    Variant,
)
from proband.instruments.liver import laboratory as lab
from proband.terms import Level

_DIALYSIS = lab.yes_no(
    "dialysis", "Dialysis", help="Two or more dialyses in the last 7 days, or 24 h of CVVHD: yes or no"
)
_OPTN = lab.source(
    "optn-meld",
    "UNOS/OPTN MELD formula as coded in CU-Anschutz-DOS-CORP/sas-macros, meld.sas, and as given by QxMD",
)
_OPTN_NA = lab.source(
    "optn-meld-na",
    "OPTN liver policy in force 11 January 2016 to 12 July 2023, as coded in the same public macros",
)
_KIM_2008 = lab.source(
    "kim-2008",
    "Kim 2008 MELD-Na as the R packages ameld and transplantr print it; primary paper not checked",
    Level.DERIVED,
    note="coefficients reproduce 287 printed values of each package to 1e-6",
)
_OPTN_3 = lab.source("optn-meld-3", "OPTN liver policy from 13 July 2023; Kim et al. 2021 (MELD 3.0)")


def meld_unrounded(
    bilirubin: FloatArray, creatinine: FloatArray, inr: FloatArray, dialysis: FloatArray, cap: float = 4.0
) -> tuple[FloatArray, FloatArray]:
    """10 x (0.957 ln Cr + 0.378 ln bilirubin + 1.120 ln INR + 0.643) with the bounds of OPTN, and the creatinine used.

    Bilirubin and creatinine in mg/dL; values below 1 become 1, creatinine above ``cap`` and that of people on dialysis
    becomes 4.0. Neither rounded nor limited.
    """
    used = np.clip(creatinine, 1.0, cap)
    on_dialysis = dialysis == 1.0
    if on_dialysis.any():
        used[on_dialysis] = 4.0
    score = np.log(used)
    score *= 9.57
    score += 3.78 * np.log(np.maximum(bilirubin, 1.0))
    score += 11.2 * np.log(np.maximum(inr, 1.0))
    score += 6.43
    return score, used


def _meld(x: Mapping[str, FloatArray], variant: str) -> Computed:
    raw, used = meld_unrounded(x["bilirubin"], x["creatinine"], x["inr"], x["dialysis"])
    return Computed(np.clip(lab.half_up(raw), 6.0, 40.0), raw, details={"creatinine_used": used})


MELD = Instrument(
    id="meld",
    name="MELD",
    area="liver",
    purpose="Short-term mortality in chronic liver disease, for adults and adolescents on a transplant list",
    items=(lab.bilirubin(), lab.creatinine(), lab.inr(), _DIALYSIS),
    value_unit="{points}",
    total_low=6,
    total_high=40,
    direction=Direction.HIGHER_IS_WORSE,
    version="UNOS/OPTN",
    licence="published formula, free to use",
    sources=(_OPTN,),
    variants=(
        Variant(
            name="optn",
            meaning="10 × (i rounded to one decimal), limits 6 to 40; creatinine 1 to 4 mg/dL, 4 on dialysis",
            level=Level.READ,
            source="optn-meld",
        ),
    ),
    default_variant="optn",
    details={"creatinine_used": "creatinine after bounds and dialysis rule, mg/dL"},
    population="People aged 12 years and over with chronic liver disease",
    age_low=12,
    formula=(
        "i = 0.957 ln creatinine + 0.378 ln bilirubin + 1.120 ln INR + 0.643 (mg/dL). Values below 1.0 become 1.0; "
        "creatinine above 4.0 becomes 4.0, and 4.0 after two or more dialyses in 7 days or 24 h of CVVHD. "
        "MELD = 10 × i rounded to one decimal, so a whole number, limited to 6–40."
    ),
    disagreements=(
        Disagreement(
            where="R packages ameld and transplantr",
            what="return MELD unrounded and not limited to 40",
            here="`unrounded` gives the same number; `value` is rounded and limited",
        ),
        Disagreement(
            where="constants for µmol/L",
            what="17.1 and 88.4 (transplantr), 17.104 and 88.42 (ameld), or molar masses",
            here='molar masses by default; the others by `conversion="conventional"` and `"17.104-88.42"`',
        ),
        Disagreement(
            where="a public web application",
            what="caps bilirubin at 4 mg/dL and lets INR below 1 count",
            here="bilirubin has no upper bound, INR is raised to 1",
        ),
    ),
    notes=(
        "Dialysis must be answered. Where a file has no such column, say `assume` dialysis = no; it is then recorded.",
    ),
    example={"bilirubin": "2.1 mg/dL", "creatinine": "1.9 mg/dL", "inr": 1.8, "dialysis": "no"},
    compute=_meld,
)


def _meld_na(x: Mapping[str, FloatArray], variant: str) -> Computed:
    uncapped = variant == "kim-2008-transplantr"
    raw, used = meld_unrounded(
        x["bilirubin"], x["creatinine"], x["inr"], x["dialysis"], cap=np.inf if uncapped else 4.0
    )
    if variant == "optn-2016":
        start = lab.half_up(raw)
        deficit = 137.0 - np.clip(x["sodium"], 125.0, 137.0)
        with_sodium = start + 1.32 * deficit - 0.033 * start * deficit
        unrounded = np.where(start > 11.0, with_sodium, start)
        return Computed(
            np.clip(lab.half_up(unrounded), 6.0, 40.0),
            unrounded,
            details={"meld_i": start, "creatinine_used": used},
        )
    if variant == "unos-unrounded":
        deficit = 137.0 - np.clip(x["sodium"], 125.0, 137.0)
        unrounded = np.where(raw > 11.0, raw + 1.32 * deficit - 0.033 * raw * deficit, raw)
    elif variant == "kim-2008":
        deficit = 140.0 - np.clip(x["sodium"], 125.0, 140.0)
        unrounded = raw + deficit - 0.025 * raw * deficit
    else:
        deficit = 140.0 - x["sodium"]
        unrounded = np.where(raw > 11.0, raw + deficit - 0.025 * raw * deficit, raw)
    return Computed(unrounded, unrounded, details={"meld_i": raw, "creatinine_used": used})


MELD_NA = Instrument(
    id="meld-na",
    name="MELD-Na",
    area="liver",
    purpose="MELD with the serum sodium, for adults and adolescents on a transplant list",
    items=(lab.bilirubin(), lab.creatinine(), lab.inr(), lab.sodium(), _DIALYSIS),
    value_unit="{points}",
    total_low=6,
    total_high=40,
    direction=Direction.HIGHER_IS_WORSE,
    version="OPTN 2016",
    licence="published formula, free to use",
    sources=(_OPTN_NA, _OPTN, _KIM_2008),
    variants=(
        Variant(
            name="optn-2016",
            meaning="MELD(i) rounded first; sodium term only if the rounded MELD(i) is above 11; rounded; 6 to 40",
            level=Level.READ,
            source="optn-meld-na",
        ),
        Variant(
            name="unos-unrounded",
            meaning="the same formula without the first rounding, unrounded and without limits (as R package ameld)",
            level=Level.DERIVED,
            source="optn-meld-na",
        ),
        Variant(
            name="kim-2008",
            meaning="MELD + (140 − Na) − 0.025 MELD (140 − Na), Na 125 to 140, unrounded, at every MELD",
            level=Level.DERIVED,
            source="kim-2008",
        ),
        Variant(
            name="kim-2008-transplantr",
            meaning=(
                "as R package transplantr 0.2.0 computes it: no bounds on Na, no sodium at MELD ≤ 11, no upper bound on "
                "creatinine; for reproducing its numbers only"
            ),
            level=Level.DERIVED,
            source="kim-2008",
        ),
    ),
    default_variant="optn-2016",
    details={
        "meld_i": "MELD before the sodium term",
        "creatinine_used": "creatinine after bounds and dialysis rule, mg/dL",
    },
    population="People aged 12 years and over with chronic liver disease",
    age_low=12,
    formula=(
        "MELD(i) as for MELD, rounded to a whole number. If MELD(i) > 11: MELD(i) + 1.32 (137 − Na) − 0.033 MELD(i) "
        "(137 − Na), with Na bounded to 125–137 mmol/L; otherwise MELD(i). Rounded, limited to 6–40. "
        "The test and the sodium term both use the rounded MELD(i)."
    ),
    disagreements=(
        Disagreement(
            where="implementations that round only at the end",
            what="differ in 14.7 % of simulated patients, by up to 12 points",
            here="`optn-2016` rounds first, as the policy says; `unos-unrounded` is the other order",
        ),
        Disagreement(
            where="a public calculator library",
            what="applies the sodium term at MELD(i) ≤ 11, up to 13 points more",
            here="no sodium term at 11 or below",
        ),
        Disagreement(
            where="R package transplantr 0.2.0, `meld_na`",
            what="is a 2008-type formula with the coefficient 0.025 under the same name",
            here="only under the name `kim-2008-transplantr`",
        ),
        Disagreement(
            where="QxMD",
            what="mentions sodium adjusted for glucose",
            here="not in the policy formula, not applied",
        ),
    ),
    example={
        "bilirubin": "3.0 mg/dL",
        "creatinine": "1.5 mg/dL",
        "inr": 1.8,
        "sodium": "130 mmol/L",
        "dialysis": "no",
    },
    compute=_meld_na,
)


def _meld_3(x: Mapping[str, FloatArray], variant: str) -> Computed:
    used = np.clip(x["creatinine"], 1.0, 3.0)
    on_dialysis = x["dialysis"] == 1.0
    if variant != "adult-no-dialysis-rule" and on_dialysis.any():
        used[on_dialysis] = 3.0
    log_creatinine = np.log(used)
    log_bilirubin = np.log(np.maximum(x["bilirubin"], 1.0))
    deficit = 137.0 - np.clip(x["sodium"], 125.0, 137.0)
    lack = 3.5 - np.clip(x["albumin"], 1.5, 3.5)
    raw = 9.09 * np.log(np.maximum(x["inr"], 1.0))
    raw += 4.56 * log_bilirubin + 0.82 * deficit - 0.24 * deficit * log_bilirubin
    raw += 11.14 * log_creatinine + 1.85 * lack - 1.83 * lack * log_creatinine
    registered, now = x["age_at_registration"], x["age"]
    if variant == "adolescent":
        raw += 7.33
        rule = np.where((registered >= 18.0) | (now < 12.0), np.uint8(2), np.uint8(0))
    else:
        raw += 6.0 + 1.33 * x["sex"]
        rule = np.where(registered < 18.0, np.uint8(1), np.uint8(0))
    return Computed(
        np.clip(lab.half_up(raw), 6.0, 40.0),
        raw,
        details={"creatinine_used": used},
        rule=rule.astype(np.uint8),
    )


MELD_3 = Instrument(
    id="meld-3",
    name="MELD 3.0",
    area="liver",
    purpose="Short-term mortality in chronic liver disease, with sex, sodium and albumin, for liver allocation",
    items=(
        lab.bilirubin(),
        lab.creatinine(),
        lab.inr(),
        lab.sodium(),
        lab.albumin(),
        lab.sex().model_copy(update={"required": False}),
        _DIALYSIS,
        lab.age(required=False).model_copy(
            update={"name": "age_at_registration", "label": "Age at registration"}
        ),
        lab.age(required=False),
    ),
    value_unit="{points}",
    total_low=6,
    total_high=40,
    direction=Direction.HIGHER_IS_WORSE,
    version="OPTN 13 July 2023",
    licence="published formula, free to use",
    sources=(_OPTN_3,),
    variants=(
        Variant(
            name="adult",
            meaning="registered at 18 or over: 1.33 for female sex, constant 6; creatinine 1 to 3 mg/dL, 3 on dialysis",
            level=Level.READ,
            source="optn-meld-3",
            needs=("sex",),
        ),
        Variant(
            name="adolescent",
            meaning="registered before 18 and now at least 12: no sex term, constant 7.33",
            level=Level.READ,
            source="optn-meld-3",
        ),
        Variant(
            name="adult-no-dialysis-rule",
            meaning="as adult but ignoring dialysis, as R package ameld computes it; not the policy",
            level=Level.DERIVED,
            source="optn-meld-3",
            needs=("sex",),
        ),
    ),
    default_variant="adult",
    details={"creatinine_used": "creatinine after bounds and dialysis rule, mg/dL"},
    rules=(
        "registered before 18: use the variant adolescent (12 and over); under 12 allocation uses PELD Cr, which is not computed here",
        "the variant adolescent is for people registered before 18 who are now at least 12",
    ),
    population=(
        "Adults (variant adult); 12 to 17 at registration or turned 12 since (variant adolescent); not for children under 12 "
        "(PELD Cr in allocation since 13 July 2023, not computed here)"
    ),
    age_low=12,
    formula=(
        "1.33 (female) + 4.56 ln bilirubin + 0.82 (137 − Na) − 0.24 (137 − Na) ln bilirubin + 9.09 ln INR + "
        "11.14 ln creatinine + 1.85 (3.5 − albumin) − 1.83 (3.5 − albumin) ln creatinine + 6. "
        "Bilirubin, INR and creatinine at least 1; creatinine at most 3.0 mg/dL and 3.0 on dialysis; Na 125–137 mmol/L; "
        "albumin 1.5–3.5 g/dL. Rounded, 6–40 in allocation. Registered before 18 and now at least 12: no sex term, 7.33 "
        "instead of 6."
    ),
    disagreements=(
        Disagreement(
            where="a public text",
            what="gives dialysis a creatinine of 4.0",
            here="3.0, as the policy says",
        ),
        Disagreement(
            where="Kim 2021",
            what="sets no upper limit of 40",
            here="`unrounded` is unlimited, `value` is limited as in allocation",
        ),
    ),
    notes=(
        "Age at registration and present age are optional; given, they are checked against the variant.",
        "The published formula is not monotone everywhere: above a bilirubin of 30.5 mg/dL (e^(0.82/0.24)) a lower sodium "
        "lowers the score, and above a creatinine of 2.75 mg/dL (e^(1.85/1.83)) a lower albumin does (derived).",
    ),
    example={
        "bilirubin": "4 mg/dL",
        "creatinine": "1.2 mg/dL",
        "inr": 1.6,
        "sodium": "132 mmol/L",
        "albumin": "2.8 g/dL",
        "sex": "female",
        "dialysis": "no",
    },
    compute=_meld_3,
)


def _points_item(name: str, label: str, high: float) -> Item:
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit="{score}",
        limits=Limits(possible_low=-20.0, possible_high=high, usual_low=0.0, usual_high=60.0),
    )


def _meld_survival(x: Mapping[str, FloatArray], variant: str) -> Computed:
    return Computed(np.power(0.98465, np.exp(0.1635 * (x["meld"] - 10.0))))


MELD_SURVIVAL = Instrument(
    id="meld-survival",
    name="90-day survival from MELD",
    area="liver",
    purpose="Expected survival without a transplant at 90 days from an unrounded MELD",
    items=(_points_item("meld", "MELD (unrounded)", 80.0),),
    value_name="survival",
    value_unit="1",
    total_low=0,
    total_high=1,
    direction=Direction.HIGHER_IS_BETTER,
    version="as in R package ameld",
    licence="published formula, free to use",
    sources=(
        lab.source(
            "ameld-pmeld",
            "R package ameld (ampel-leipzig/ameld), 90-day survival from MELD; primary paper not checked",
            Level.DERIVED,
            note="reproduces 290 printed values to 1e-6",
        ),
    ),
    variants=(
        Variant(
            name="90-day",
            meaning="0.98465^exp(0.1635 (MELD − 10))",
            level=Level.DERIVED,
            source="ameld-pmeld",
        ),
    ),
    default_variant="90-day",
    population="Candidates for liver transplantation; a property of groups, not a prediction for one person",
    formula="S(90 d) = 0.98465 ^ exp(0.1635 (MELD − 10))",
    example={"meld": 20},
    compute=_meld_survival,
)

_BASELINE_SURVIVAL = {15: 0.991, 30: 0.981, 45: 0.971, 60: 0.963, 75: 0.955, 90: 0.946}


def _meld_3_survival(x: Mapping[str, FloatArray], variant: str) -> Computed:
    start = _BASELINE_SURVIVAL[int(variant.removesuffix("-day"))]
    return Computed(np.power(start, np.exp(0.17698 * x["meld_3"] - 3.56)))


MELD_3_SURVIVAL = Instrument(
    id="meld-3-survival",
    name="Survival from MELD 3.0",
    area="liver",
    purpose="Expected survival without a transplant at 15 to 90 days from MELD 3.0",
    items=(_points_item("meld_3", "MELD 3.0", 80.0),),
    value_name="survival",
    value_unit="1",
    total_low=0,
    total_high=1,
    direction=Direction.HIGHER_IS_BETTER,
    version="2021",
    licence="published formula, free to use",
    sources=(
        lab.source(
            "meld-3-survival",
            "MELD 3.0 survival function as coded in a public application; primary (Kim et al. 2021) not checked",
        ),
    ),
    variants=tuple(
        Variant(
            name=f"{day}-day",
            meaning=f"S0({day} d) = {start}",
            level=Level.READ,
            source="meld-3-survival",
        )
        for day, start in _BASELINE_SURVIVAL.items()
    ),
    default_variant="90-day",
    population="Candidates for liver transplantation; a property of groups, not a prediction for one person",
    formula="S(t) = S0(t) ^ exp(0.17698 MELD 3.0 − 3.56), S0 by day: "
    + ", ".join(f"{day} d {start}" for day, start in _BASELINE_SURVIVAL.items()),
    example={"meld_3": 15},
    compute=_meld_3_survival,
)


def _peld(x: Mapping[str, FloatArray], variant: str) -> Computed:
    floor = 1.0 if variant == "floors" else 0.0
    raw = 4.80 * np.log(np.maximum(x["bilirubin"], floor))
    raw += 18.57 * np.log(np.maximum(x["inr"], floor))
    raw -= 6.87 * np.log(np.maximum(x["albumin"], floor))
    raw += 4.36 * x["under_1_year"] + 6.67 * x["growth_failure"]
    return Computed(lab.half_up(raw), raw)


PELD = Instrument(
    id="peld",
    name="PELD",
    area="liver",
    purpose="Short-term mortality of children under 12 on a liver transplant list, by the formula of 2002 (no longer that of allocation)",
    items=(
        lab.bilirubin(),
        lab.inr(),
        lab.albumin(),
        lab.yes_no("under_1_year", "Under 1 year of age at listing"),
        lab.yes_no("growth_failure", "Growth failure", help="Below −2 standard deviations"),
    ),
    value_unit="{points}",
    direction=Direction.HIGHER_IS_WORSE,
    version="McDiarmid 2002",
    licence="published formula, free to use",
    sources=(lab.source("mcdiarmid-2002", "McDiarmid et al. 2002 (PELD)"),),
    variants=(
        Variant(
            name="floors",
            meaning="bilirubin, INR and albumin below 1.0 become 1.0, as in allocation until 12 July 2023",
            level=Level.READ,
            source="mcdiarmid-2002",
        ),
        Variant(name="no-floors", meaning="without lower bounds", level=Level.READ, source="mcdiarmid-2002"),
    ),
    default_variant="floors",
    population="Children under 12 years; may be negative",
    age_low=0,
    age_high=11,
    formula=(
        "4.80 ln bilirubin + 18.57 ln INR − 6.87 ln albumin + 4.36 (under 1 year at listing) + 6.67 (growth failure); "
        "bilirubin mg/dL, albumin g/dL; rounded, halves away from zero."
    ),
    disagreements=(
        Disagreement(
            where="a public TypeScript library",
            what="swaps the two weights (age 6.67, growth failure 4.36)",
            here="age 4.36, growth failure 6.67",
        ),
        Disagreement(
            where="R package transplantr 0.2.0", what="has no lower bounds", here="variant `no-floors`"
        ),
        Disagreement(
            where="PELD Cr, by which livers are allocated in the United States since 13 July 2023",
            what="adds creatinine and splines; its coefficients were looked for and not found",
            here="not computed: this is the formula that it replaced",
        ),
    ),
    example={
        "bilirubin": "3.1 mg/dL",
        "inr": 2,
        "albumin": "2.5 g/dL",
        "under_1_year": "no",
        "growth_failure": "yes",
    },
    compute=_peld,
)


def _ukeld(x: Mapping[str, FloatArray], variant: str) -> Computed:
    raw = 5.395 * np.log(x["inr"]) + 1.485 * np.log(x["creatinine"]) + 3.13 * np.log(x["bilirubin"])
    raw -= 81.565 * np.log(x["sodium"])
    raw += 435.0
    return Computed(lab.half_up(raw), raw)


UKELD = Instrument(
    id="ukeld",
    name="UKELD",
    area="liver",
    purpose="Mortality on the United Kingdom's liver transplant list",
    items=(lab.bilirubin("umol/L"), lab.creatinine("umol/L"), lab.inr(), lab.sodium()),
    value_unit="{points}",
    direction=Direction.HIGHER_IS_WORSE,
    version="as in R package transplantr",
    licence="published formula, free to use",
    sources=(
        lab.source(
            "transplantr-ukeld",
            "UKELD as R package transplantr computes it; primary paper not checked",
            Level.DERIVED,
            note="reproduces 287 printed values to 1e-6",
        ),
    ),
    variants=(
        Variant(
            name="uk",
            meaning="no bounds; rounded to a whole number, `unrounded` beside it",
            level=Level.DERIVED,
            source="transplantr-ukeld",
        ),
    ),
    default_variant="uk",
    population="Adults with chronic liver disease",
    age_low=18,
    formula="5.395 ln INR + 1.485 ln creatinine + 3.13 ln bilirubin − 81.565 ln Na + 435 (µmol/L, mmol/L)",
    disagreements=(
        Disagreement(
            where="R package transplantr 0.2.0, US units",
            what="divides by the conversion constant where it should multiply",
            here="units are converted by `proband.terms`",
        ),
    ),
    example={"bilirubin": "212 umol/L", "creatinine": "54 umol/L", "inr": 1.0, "sodium": "126 mmol/L"},
    compute=_ukeld,
)
