"""Entry and tables: text, units, gaps, columns; what cannot be read gives no score and says so."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from proband.instruments import InstrumentError, Reason, get, score, score_batch, score_table
from proband.instruments.scoring import RULE
from proband.terms import Quantity

LABS = {"bilirubin": "2.1 mg/dL", "creatinine": "1.9 mg/dL", "inr": 1.8, "dialysis": "no"}


def test_ways_to_write_an_answer() -> None:
    wanted = score("meld", **LABS)
    assert wanted.value == 22
    for bilirubin in (
        2.1,
        "2.1",
        "2.1mg/dL",
        (2.1, "mg/dL"),
        [2.1, "mg/dL"],
        Quantity(value=2.1, unit="mg/dL"),
    ):
        assert score("meld", **(LABS | {"bilirubin": bilirubin})).value == 22
    for dialysis in ("no", "No", False, 0, "false", 0.0):
        assert score("meld", **(LABS | {"dialysis": dialysis})).value == 22
    assert score("meld", **(LABS | {"dialysis": "yes"})).value > 22


@pytest.mark.parametrize("blank", [None, "", "NA", "unknown", math.nan, " "])
def test_blanks_are_missing(blank: object) -> None:
    result = score("meld", **(LABS | {"inr": blank}))
    assert result.value is None
    assert result.reason.code == "instruments.score.missing"
    assert result.reason.items == ("inr",)


@pytest.mark.parametrize("text", ["<5", "> 3", "high", "2,1", True])
def test_a_bound_or_a_word_is_not_a_value(text: object) -> None:
    result = score("meld", **(LABS | {"bilirubin": text}))
    assert result.reason.code == "instruments.score.impossible"
    assert result.reason.items == ("bilirubin",)


@pytest.mark.parametrize("text", ["1,8", "1.8.2", "1 8", "1.8 10"])
def test_a_slip_of_the_pen_is_not_read_as_another_number(text: str) -> None:
    result = score("meld", **(LABS | {"inr": text}))
    assert result.value is None
    assert result.reason.items == ("inr",)


def test_dialysis_is_never_taken_as_no_unless_said() -> None:
    labs = {name: value for name, value in LABS.items() if name != "dialysis"}
    assert score("meld", **labs).reason.items == ("dialysis",)
    assumed = score("meld", assume={"dialysis": "no"}, **labs)
    assert assumed.value == 22
    assert assumed.assumed == {"dialysis": "no"}
    assert "assumed, not given" in assumed.explain()
    # an assumption never overrides what was given
    assert score("meld", assume={"dialysis": "no"}, **(labs | {"dialysis": "yes"})).assumed == {}


def test_a_slip_of_unit_is_refused_with_the_likely_unit() -> None:
    result = score("meld-3", **LABS, sodium=135, sex="male", albumin=38)
    assert result.value is None
    assert "38 would be usual in g/L" in result.reason.message
    assert score("meld", **(LABS | {"bilirubin": "60 mg/dL"})).warnings


def test_a_unit_of_another_kind_is_an_error_that_names_the_right_ones() -> None:
    with pytest.raises(InstrumentError, match="bilirubin") as refused:
        score("meld", **(LABS | {"bilirubin": "2.1 mmHg"}))
    assert "umol/L" in refused.value.mend
    with pytest.raises(InstrumentError, match="no conversion"):
        score("meld", conversion="about", **LABS)
    with pytest.raises(InstrumentError, match="system"):
        score("meld", units="imperial", **LABS)
    # urea nitrogen in mg/dL is another quantity than urea
    with pytest.raises(InstrumentError, match="urea"):
        score("gahs", age=50, white_cells=10, urea="20 mg/dL", inr=1, bilirubin=100)


def test_the_constants_used_are_recorded() -> None:
    labs = {"bilirubin": "54 umol/L", "creatinine": "170 umol/L", "inr": 2.0, "dialysis": False}
    values = {}
    for conversion in ("molar-mass", "conventional", "17.104-88.42"):
        result = score("meld", conversion=conversion, **labs)
        assert result.conversion == result.as_dict()["conversion"] == conversion
        values[conversion] = result.unrounded
    assert len(set(values.values())) == 3
    assert max(values.values()) - min(values.values()) < 0.0031
    assert values["conventional"] == pytest.approx(24.798, abs=0.0005)


def test_an_age_outside_the_population_is_warned_of() -> None:
    labs = {"ast": 40, "alt": 40, "platelets": 200}
    assert any("35" in warning for warning in score("fib-4", age=25, **labs).warnings)
    assert not score("fib-4", age=35, **labs).warnings


def test_systems_of_units() -> None:
    si = score(
        "meld-3",
        units="si",
        bilirubin=51.312,
        creatinine=133,
        inr=1.5,
        sodium=131,
        albumin=22,
        sex="m",
        dialysis=0,
    )
    us = score(
        "meld-3",
        units="us",
        bilirubin=3,
        creatinine=1.5045,
        inr=1.5,
        sodium=131,
        albumin=2.2,
        sex="m",
        dialysis=0,
    )
    assert si.value == us.value
    assert si.inputs["bilirubin"]["used"] == pytest.approx(3.0, abs=1e-4)
    assert si.inputs["albumin"]["given"] == "22 g/L"


def test_a_converted_value_does_not_slip_over_a_cut_off() -> None:
    """3 mg/dL scores 2; so does its exact equivalent in SI, whatever the last bits of the conversion."""
    rest = {"albumin": "3.0 g/dL", "inr": 1.9, "ascites": "slight", "encephalopathy": "none"}
    from proband.terms import convert

    for mg in (2.0, 3.0):
        text = f"{convert(mg, 'mg/dL', 'umol/L', 'bilirubin')!r} umol/L"
        assert score("child-pugh", bilirubin=text, **rest).details["points_bilirubin"] == 2


TABLE = pl.DataFrame(
    {
        "id": ["p1", "p2", "p3", "p4"],
        "bili": ["2.1 mg/dL", "36 umol/L", "<1", None],
        "creatinine": [1.9, 1.9, 1.9, 1.9],
        "inr": [1.8, 1.8, 1.8, 0.1],
        "dialysis": ["no", "no", "no", None],
    }
)


def test_score_table_appends_and_explains() -> None:
    scored = score_table("meld", TABLE, {"bilirubin": "bili"})
    assert scored.columns[: len(TABLE.columns)] == TABLE.columns
    assert scored["meld"].to_list() == [22, 22, None, None]
    assert scored["meld_variant"].unique().to_list() == ["optn"]
    reasons = scored["meld_reason"].to_list()
    assert reasons[:2] == [None, None]
    assert reasons[2] == "impossible or unreadable: bilirubin"
    assert reasons[3] == "impossible or unreadable: inr; missing: bilirubin, dialysis"
    detailed = score_table("meld", TABLE, {"bilirubin": "bili"}, details=True)
    assert detailed["meld_creatinine_used"][0] == 1.9
    odd = score_table(
        "meld", TABLE.with_columns(creatinine=pl.lit(20.0)), {"bilirubin": "bili"}, details=True
    )
    assert odd["meld_unusual"].to_list() == ["creatinine"] * 4
    assert detailed["meld_unusual"].to_list() == [None] * 4


def test_score_table_refuses_what_does_not_fit() -> None:
    with pytest.raises(InstrumentError, match="no column 'bil'"):
        score_table("meld", TABLE, {"bilirubin": "bil"})
    with pytest.raises(InstrumentError, match="no item"):
        score_table("meld", TABLE, {"bili": "bili"})
    with pytest.raises(InstrumentError, match="already has columns"):
        score_table("meld", score_table("meld", TABLE, {"bilirubin": "bili"}), {"bilirubin": "bili"})


def test_empty_and_foreign_tables() -> None:
    empty = score_table("meld", TABLE.head(0), {"bilirubin": "bili"})
    assert len(empty) == 0
    assert "meld_reason" in empty.columns
    foreign = score_table("meld", pl.DataFrame({"x": [1, 2, 3]}))
    assert foreign["meld"].to_list() == [None] * 3
    assert foreign["meld_reason"].to_list() == ["missing: bilirubin, creatinine, inr, dialysis"] * 3


def test_batch_codes_decode() -> None:
    batch = score_batch(
        "lille",
        {
            "age": [50, 50, 50, 50, math.nan],
            "albumin": 25,
            "bilirubin_day_0": 300,
            "bilirubin_day_7": 200,
            "prothrombin_time": 20,
            "renal_insufficiency": [0, math.nan, 0, math.nan, 0],
            "creatinine": [math.nan, 1.0, 2.0, math.nan, math.nan],
        },
    )
    assert batch.reason.tolist() == [Reason.SCORED, Reason.SCORED, RULE + 1, RULE, Reason.MISSING]
    assert batch.value[0] == batch.value[1]
    assert "contradicts" in batch.why(2).message
    assert "renal insufficiency is unknown" in batch.why(3).message
    assert set(batch.why(3).items) == {"renal_insufficiency", "creatinine"}
    assert batch.why(0) is None
    assert len(batch) == 5
    assert batch.to_frame()["lille_category"].to_list()[0] == "response"


def test_a_unit_for_no_item_is_refused() -> None:
    with pytest.raises(InstrumentError, match="no item 'bilirubine'"):
        score_batch("meld", {"bilirubin": [54.0]}, units={"bilirubine": "umol/L"})
    with pytest.raises(InstrumentError, match="no item 'bilirubine'"):
        score("meld", bilirubin=54, units={"bilirubine": "umol/L"})


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InstrumentError, match="different lengths"):
        score_batch("albi", {"bilirubin": np.ones(3), "albumin": np.full(4, 40.0)})


def test_meld_3_checks_the_variant_against_the_age() -> None:
    labs = LABS | {"sodium": 135, "albumin": "3 g/dL"}
    child = score("meld-3", sex="male", age_at_registration=15, **labs)
    assert "variant adolescent" in child.reason.message
    assert score("meld-3", variant="adolescent", age_at_registration=15, age=16, **labs).ok
    assert not score("meld-3", variant="adolescent", age_at_registration=10, age=11, **labs).ok
    assert not score("meld-3", variant="adolescent", age_at_registration=18, age=19, **labs).ok
    assert score("meld-3", **labs).reason.items == ("sex",), (
        "the adult form needs the sex, the adolescent one does not"
    )


def test_aclf_grades() -> None:
    calm = {
        "bilirubin": 3,
        "creatinine": 1.0,
        "renal_replacement": "no",
        "encephalopathy": "none",
        "inr": 1.2,
        "mean_arterial_pressure": 80,
        "vasopressors": "no",
        "pao2_fio2": 400,
    }

    def grade(**changes: object) -> str | None:
        return score("aclf-grade", **(calm | changes)).category

    assert grade() == "no ACLF"
    assert grade(creatinine=2.0) == "1a"
    assert grade(renal_replacement="yes") == "1a"
    assert grade(bilirubin=13) == "no ACLF"
    # The grade follows CLIF-SOFA, which counts 12.0 mg/dL as liver failure; the table of the CLIF-C OF score begins above it.
    assert grade(bilirubin=11.99, creatinine=1.6) == "no ACLF"
    assert grade(bilirubin=12, creatinine=1.6) == "1b"
    assert grade(bilirubin=13, creatinine=1.6) == "1b"
    assert grade(vasopressors="yes", encephalopathy="grade 2") == "1b"
    assert grade(encephalopathy="grade 3") == "no ACLF"
    assert grade(encephalopathy="grade 3", creatinine=1.5) == "1c"
    assert grade(encephalopathy="grade 3", inr=2.5) == "2"
    assert grade(encephalopathy="grade 4", inr=2.5, creatinine=3) == "3"
    no_pressure = {name: value for name, value in calm.items() if name != "mean_arterial_pressure"}
    assert "circulation" in score("aclf-grade", **no_pressure).reason.message
    assert score("aclf-grade", **(no_pressure | {"vasopressors": "yes", "creatinine": 2})).category == "2"


def test_organ_points_at_the_limits() -> None:
    base = dict(get("clif-c-of").example)

    def points(organ: str, variant: str = "kidney-from-3.5", **changes: object) -> float | None:
        return score("clif-c-of", variant=variant, **(base | changes)).details[f"points_{organ}"]

    assert [points("liver", bilirubin=x) for x in (5.99, 6, 12, 12.01)] == [1, 2, 2, 3]
    assert [points("kidney", creatinine=x) for x in (1.99, 2, 3.49, 3.5)] == [1, 2, 2, 3]
    assert points("kidney", variant="kidney-above-3.5", creatinine=3.5) == 2
    assert [points("coagulation", inr=x) for x in (1.99, 2, 2.49, 2.5)] == [1, 2, 2, 3]
    assert [points("circulation", mean_arterial_pressure=x) for x in (70, 69.9)] == [1, 2]
    assert [points("respiration", pao2_fio2=x) for x in (300.1, 300, 200.1, 200)] == [1, 2, 2, 3]
    assert [points("respiration", spo2_fio2=x) for x in (357.1, 357, 214.1, 214)] == [1, 2, 2, 3]


@pytest.mark.parametrize(
    ("term", "value", "baseline", "limit", "grade"),
    [
        ("bilirubin", 1.2, 1.0, 1.2, 0),
        ("bilirubin", 1.21, 1.0, 1.2, 1),
        ("bilirubin", 1.8, 1.0, 1.2, 1),
        ("bilirubin", 1.81, 1.0, 1.2, 2),
        ("bilirubin", 3.6, 1.0, 1.2, 2),
        ("bilirubin", 12.0, 1.0, 1.2, 3),
        ("bilirubin", 12.1, 1.0, 1.2, 4),
        # abnormal at baseline: multiples of the baseline, so the same value grades lower
        ("bilirubin", 3.6, 3.0, 1.2, 1),
        ("bilirubin", 3.0, 3.0, 1.2, 0),
        ("alt", 149, 100, 40, 0),
        ("alt", 150, 100, 40, 1),
        ("alt", 300, 100, 40, 1),
        ("alt", 301, 100, 40, 2),
        ("alt", 301, 40, 40, 3),
        ("alt", 801, 40, 40, 4),
        ("alp", 299, 150, 120, 0),
        ("alp", 300, 150, 120, 1),
        ("alp", 376, 150, 120, 2),
    ],
)
def test_ctcae_branches(term: str, value: float, baseline: float, limit: float, grade: int) -> None:
    result = score(f"ctcae-{term}", value=value, baseline=baseline, upper_limit=limit)
    assert result.value == grade
    assert not score(f"ctcae-{term}", value=value, upper_limit=limit).ok, "the baseline is required"
