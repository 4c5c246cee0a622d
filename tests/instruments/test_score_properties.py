"""Invariants of every scored instrument: nothing missing is guessed, units do not matter, what should rise rises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.instruments import REGISTRY, Instrument, Item, ItemKind, Reason, get, score, score_batch
from proband.terms import convert

SCORED = [instrument for instrument in REGISTRY.values() if instrument.compute is not None]
by_id = pytest.mark.parametrize("instrument", SCORED, ids=lambda one: one.id)


def _variant(instrument: Instrument) -> str:
    return instrument.example_variant or instrument.default_variant or instrument.variants[0].name


def answers(item: Item) -> st.SearchStrategy[float]:
    """Possible answers of an item, in the rule's unit."""
    if item.kind is ItemKind.YES_NO:
        return st.sampled_from([0.0, 1.0])
    if item.kind is ItemKind.CHOICE:
        return st.sampled_from([option.code for option in item.options])
    low, high = item.limits.possible_low, item.limits.possible_high
    if item.kind is ItemKind.POINTS:
        return st.integers(int(low), int(high)).map(float)
    if low > 0:
        return st.floats(math.log(low), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))
    return st.floats(low, high)


def rows(instrument: Instrument) -> st.SearchStrategy[dict[str, float]]:
    return st.fixed_dictionaries({item.name: answers(item) for item in instrument.items})


def _columns(row: dict[str, float]) -> dict[str, Any]:
    return {name: np.array([value]) for name, value in row.items()}


@by_id
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_missing_required_answer_gives_no_score_and_is_named(instrument: Instrument, data: Any) -> None:
    row = data.draw(rows(instrument))
    name = data.draw(st.sampled_from(instrument.required_items(_variant(instrument)) or (None,)))
    if name is None:
        return
    batch = score_batch(instrument.id, _columns(row | {name: math.nan}), variant=_variant(instrument))
    assert math.isnan(batch.value[0])
    assert batch.category[0] == -1
    assert batch.reason[0] == Reason.MISSING
    assert batch.why(0).items == (name,)
    assert name in batch.reasons()[0]


@by_id
def test_nothing_given_gives_no_score(instrument: Instrument) -> None:
    result = score(instrument.id, variant=_variant(instrument))
    assert result.value is None
    assert result.unrounded is None
    assert result.category is None
    assert result.reason is not None
    assert result.reason.message


@by_id
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_impossible_answer_gives_no_score_and_is_named(instrument: Instrument, data: Any) -> None:
    row = data.draw(rows(instrument))
    item = data.draw(st.sampled_from(instrument.items))
    bad = [math.inf, -math.inf]
    if item.kind in {ItemKind.YES_NO, ItemKind.CHOICE}:
        bad += [0.5, -7.0, 99.0]
    else:
        bad += [
            item.limits.possible_high * 1.01 + 1,
            item.limits.possible_low - 0.5 - abs(item.limits.possible_low),
        ]
        if item.kind is ItemKind.POINTS:
            bad.append(item.limits.possible_low + 0.5)
    value = data.draw(st.sampled_from(bad))
    batch = score_batch(instrument.id, _columns(row | {item.name: value}), variant=_variant(instrument))
    assert math.isnan(batch.value[0])
    assert batch.reason[0] == Reason.IMPOSSIBLE
    assert item.name in batch.why(0).items


@by_id
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_score_stands_inside_its_range_and_has_no_reason(instrument: Instrument, data: Any) -> None:
    variant = data.draw(st.sampled_from([one.name for one in instrument.variants]))
    batch = score_batch(instrument.id, _columns(data.draw(rows(instrument))), variant=variant)
    value, reason = float(batch.value[0]), int(batch.reason[0])
    assert math.isnan(value) == (reason != Reason.SCORED)
    assert (batch.why(0) is None) == (reason == Reason.SCORED)
    published = not variant.startswith(("unos-unrounded", "kim-2008"))
    if not math.isnan(value) and published:
        assert instrument.total_low is None or value >= instrument.total_low - 1e-9
        assert instrument.total_high is None or value <= instrument.total_high + 1e-9
    if instrument.categories:
        assert (batch.category[0] >= 0) == (reason == Reason.SCORED)


@by_id
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_unit_of_entry_does_not_change_a_result(instrument: Instrument, data: Any) -> None:
    # values as laboratories print them: four significant digits
    row = {
        name: float(f"{value:.4g}") if get(instrument.id).item(name).kind is ItemKind.QUANTITY else value
        for name, value in data.draw(rows(instrument)).items()
    }
    inputs: dict[str, Any] = {}
    for item in instrument.items:
        value = row[item.name]
        if item.kind is ItemKind.QUANTITY and len(item.entry_units) > 1:
            unit = data.draw(st.sampled_from(item.entry_units))
            inputs[item.name] = f"{convert(value, item.unit, unit, item.analyte)!r} {unit}"
        else:
            inputs[item.name] = value
    variant = _variant(instrument)
    plain, converted = (score(instrument.id, variant=variant, **one) for one in (row, inputs))
    assert plain.ok == converted.ok
    assert plain.category == converted.category
    if plain.ok:
        assert converted.value == pytest.approx(plain.value, rel=1e-7, abs=1e-7)
    elif plain.reason and converted.reason:
        assert plain.reason.items == converted.reason.items


@by_id
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_one_row_and_a_batch_agree_and_order_does_not_matter(instrument: Instrument, data: Any) -> None:
    table = data.draw(st.lists(rows(instrument), min_size=2, max_size=5))
    variant = _variant(instrument)
    columns = {name: np.array([row[name] for row in table]) for name in instrument.item_names}
    batch = score_batch(instrument.id, columns, variant=variant)
    reversed_ = score_batch(instrument.id, {k: v[::-1] for k, v in columns.items()}, variant=variant)
    # vectorised logarithms may differ in the last bit by position
    np.testing.assert_allclose(batch.value, reversed_.value[::-1], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(batch.category, reversed_.category[::-1])
    for index, row in enumerate(table):
        alone = score(instrument.id, variant=variant, **row)
        assert (alone.value is None) == math.isnan(batch.value[index])
        if alone.value is not None:
            assert alone.value == pytest.approx(batch.value[index], rel=1e-12, abs=1e-12)
        assert (alone.category or None) == batch.categories()[index]


@by_id
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_explanation_contains_every_value_used(instrument: Instrument, data: Any) -> None:
    result = score(instrument.id, variant=_variant(instrument), **data.draw(rows(instrument)))
    text = result.explain()
    assert result.variant in text
    for name, entry in result.inputs.items():
        line = next(line for line in text.splitlines() if line.strip().startswith(f"{name}:"))
        assert entry["given"] in line
        if entry["label"]:
            assert entry["label"] in line
    if result.ok:
        assert f"result: {result.value:.10g}" in text
    else:
        assert result.reason.message in text


#: instrument, item, +1 if more of it never lowers the value, -1 if it never raises it
MONOTONE = [
    *((id, item, 1) for id in ("meld", "meld-na", "peld") for item in ("bilirubin", "inr")),
    ("meld", "creatinine", 1),
    ("meld", "dialysis", 1),
    ("meld-na", "creatinine", 1),
    ("meld-na", "sodium", -1),
    ("meld-3", "bilirubin", 1),
    ("meld-3", "inr", 1),
    ("meld-3", "sodium", -1),
    ("meld-3", "sex", 1),
    ("peld", "albumin", -1),
    ("peld", "growth_failure", 1),
    ("ukeld", "creatinine", 1),
    ("ukeld", "sodium", -1),
    ("meld-survival", "meld", -1),
    ("meld-3-survival", "meld_3", -1),
    ("child-pugh", "bilirubin", 1),
    ("child-pugh", "albumin", -1),
    ("child-pugh", "inr", 1),
    ("child-pugh", "ascites", 1),
    ("child-pugh", "encephalopathy", 1),
    ("albi", "bilirubin", 1),
    ("albi", "albumin", -1),
    ("fib-4", "age", 1),
    ("fib-4", "ast", 1),
    ("fib-4", "alt", -1),
    ("fib-4", "platelets", -1),
    ("apri", "ast", 1),
    ("apri", "platelets", -1),
    ("elf", "hyaluronic_acid", 1),
    ("elf", "piiinp", 1),
    ("elf", "timp_1", 1),
    ("maddrey", "prothrombin_time", 1),
    ("maddrey", "bilirubin", 1),
    ("lille", "age", 1),
    ("lille", "albumin", -1),
    ("lille", "bilirubin_day_7", 1),
    ("gahs", "age", 1),
    ("gahs", "urea", 1),
    ("gahs", "bilirubin", 1),
    *(
        (id, item, 1)
        for id in ("clif-c-of", "aclf-grade")
        for item in ("inr", "encephalopathy", "vasopressors")
    ),
    ("clif-c-of", "bilirubin", 1),
    ("clif-c-of", "mean_arterial_pressure", -1),
    ("clif-c-of", "pao2_fio2", -1),
    ("clif-c-aclf", "clif_c_of", 1),
    ("clif-c-ad", "sodium", -1),
    ("clif-c-ad", "white_cells", 1),
    ("clif-c-ad-mortality", "clif_c_ad", 1),
    ("kings-college-paracetamol", "arterial_ph", -1),
    ("kings-college-paracetamol", "inr", 1),
    ("kings-college-non-paracetamol", "bilirubin", 1),
    *((f"ctcae-{term}", "value", 1) for term in ("bilirubin", "alt", "ast", "alp")),
    ("sara", "gait", 1),
    ("gmfm-88", "d_3", 1),
    ("goal-attainment", "goal_1", 1),
    ("6mwt-predicted", "height", 1),
]


@pytest.mark.parametrize(("id", "name", "sign"), MONOTONE, ids=[f"{a}-{b}" for a, b, _ in MONOTONE])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_monotone_where_the_score_is_monotone(id: str, name: str, sign: int, data: Any) -> None:
    instrument = get(id)
    row = data.draw(rows(instrument))
    one, other = data.draw(answers(instrument.item(name))), data.draw(answers(instrument.item(name)))
    low, high = min(one, other), max(one, other)
    columns = {key: np.array([value, value]) for key, value in row.items()}
    columns[name] = np.array([low, high])
    if id == "meld-3" and name == "sodium":
        columns["bilirubin"] = np.minimum(columns["bilirubin"], 30.0)  # see the next test
    if id == "lille":
        columns["creatinine"] = np.full(2, np.nan)
    if id == "clif-c-of" and name == "mean_arterial_pressure":
        columns["vasopressors"] = np.zeros(2)
    batch = score_batch(id, columns, variant=_variant(instrument))
    if batch.scored.all():
        rise = sign * (batch.value[1] - batch.value[0])
        assert rise >= -1e-9, (batch.value, row)


def test_meld_3_turns_round_where_its_page_says_so() -> None:
    base = {"inr": 1.5, "sex": 0, "dialysis": 0}

    def rise(low: dict[str, float], high: dict[str, float]) -> float:
        return score("meld-3", **base, **high).unrounded - score("meld-3", **base, **low).unrounded

    for bilirubin, sign in ((30.0, -1), (31.0, 1)):
        more_sodium = rise(
            {"bilirubin": bilirubin, "creatinine": 1, "albumin": 3, "sodium": 125},
            {"bilirubin": bilirubin, "creatinine": 1, "albumin": 3, "sodium": 137},
        )
        assert more_sodium * sign > 0
    for creatinine, sign in ((2.7, -1), (2.8, 1)):
        more_albumin = rise(
            {"bilirubin": 5, "creatinine": creatinine, "albumin": 1.5, "sodium": 135},
            {"bilirubin": 5, "creatinine": creatinine, "albumin": 3.5, "sodium": 135},
        )
        assert more_albumin * sign > 0


def test_kings_college_waits_for_what_could_still_decide() -> None:
    """Three-valued: filling in what was unknown never overturns an answer that was given before."""
    rng = np.random.default_rng(20)
    for id in ("kings-college-paracetamol", "kings-college-non-paracetamol"):
        instrument = get(id)
        n = 20_000
        full = {}
        for item in instrument.items:
            if item.kind is ItemKind.CHOICE:
                full[item.name] = rng.choice([option.code for option in item.options], n)
            else:
                full[item.name] = rng.uniform(item.limits.usual_low, item.limits.usual_high, n)
        # INR and prothrombin time are two measures of one thing, and either answers: in one person they go together, by the
        # pairs that the criteria print (over 50 s with over 3.5, over 100 s with over 6.5). They are known independently.
        full["inr"] = np.interp(full["prothrombin_time"], [0.0, 50.0, 100.0, 400.0], [0.5, 3.5, 6.5, 24.5])
        partial = {name: np.where(rng.random(n) < 0.5, np.nan, column) for name, column in full.items()}
        for variant in instrument.variants:
            known = score_batch(id, full, variant=variant.name)
            some = score_batch(id, partial, variant=variant.name)
            assert known.scored.all()
            decided = some.scored
            assert 0.05 < decided.mean() < 0.95
            np.testing.assert_array_equal(some.value[decided], known.value[decided])


def test_blocks_do_not_show() -> None:
    """Rows on both sides of a block's edge get what they get alone."""
    from proband.instruments.scoring import BLOCK

    n = 2 * BLOCK + 7
    rng = np.random.default_rng(3)
    columns = {
        "bilirubin": rng.uniform(0.3, 30, n),
        "creatinine": rng.uniform(0.4, 6, n),
        "inr": rng.uniform(0.8, 4, n),
        "dialysis": (rng.random(n) < 0.1).astype(float),
    }
    columns["inr"][rng.random(n) < 0.05] = np.nan
    batch = score_batch("meld", columns)
    assert np.isnan(batch.value).sum() == np.isnan(columns["inr"]).sum() == (batch.reason == 1).sum()
    for row in (0, BLOCK - 1, BLOCK, 2 * BLOCK, n - 1):
        alone = score("meld", **{name: float(column[row]) for name, column in columns.items()})
        assert alone.value == (None if np.isnan(batch.value[row]) else batch.value[row])
